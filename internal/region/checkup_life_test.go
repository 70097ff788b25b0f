package region

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCheckupFlapping has a region that is well for two minutes and dead for two, for
// half a day: it is left to itself before long.
func TestCheckupFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		began := time.Now()
		k.probes[east] = func(ctx context.Context, region string, deep bool) (Class, error) {
			if int(time.Since(began)/(2*time.Minute))%2 == 1 {
				return Soft, errors.New("again")
			}
			return healthy(ctx, region, deep)
		}
		k.every(time.Minute, 12*time.Hour, nil)
		if v := k.verdict(); v.Version > 8 || v.Version < 3 {
			t.Errorf("the verdict was written %d times in half a day, want it to move a few times and stay", v.Version)
		}
		k.says("us-west-2 ok")
		delete(k.probes, east)
		k.every(time.Minute, 12*time.Minute, nil)
		k.says("us-east-1 ok")
	})
}

// TestCheckupTwice makes two runs at once of each: they decide as one.
func TestCheckupTwice(t *testing.T) {
	for _, shift := range []time.Duration{0, 10 * time.Millisecond, 300 * time.Millisecond, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			both := func() {
				var all sync.WaitGroup
				var kept [2]bool
				for i := range 2 {
					all.Go(func() {
						time.Sleep(time.Duration(i) * shift)
						kept[i] = k.check().MemoryFault == ""
					})
				}
				all.Wait()
				if shift == 0 && kept[0] == kept[1] {
					t.Errorf("of two runs at once both kept their memory: %v, want one to", kept)
				}
				time.Sleep(time.Minute)
			}
			both()
			k.probes[east] = blackHole
			both()
			k.says("us-west-2 ok")
			both()
			delete(k.probes, east)
			both()
			both()
			k.says("us-east-1 ok")
			history, err := ReadHistory(t.Context(), k.table, east)
			must(t, err)
			if v := k.verdict(); v.Version != 3 || len(history) != 3 {
				t.Errorf("with %v between them they wrote %d times and %d lines of history, want 3: %+v", shift, v.Version, len(history), history)
			}
		})
	}
}

// TestCheckupLate runs it now and then only: a row of good probes does not span hours.
func TestCheckupLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		k.probes[east] = refuse(Hard)
		k.check()
		delete(k.probes, east)
		k.check()
		time.Sleep(3 * time.Hour)
		if report := k.check(); report.Regions[0].State != Down {
			t.Errorf("after three hours without a look home is %s: %s", report.Regions[0].State, report.Regions[0].Why)
		}
		k.says("us-west-2 ok")
		time.Sleep(time.Minute)
		k.check()
		k.says("us-east-1 ok")
	})
}

// TestCheckupBesideTheArticle has the article's check write the same item: its word is
// taken for what it is, and never kept against what is known.
func TestCheckupBesideTheArticle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		article := func(region string) {
			must(t, k.table.Update(t.Context(), east, Change{Set: map[string]any{attrRegion: region}}))
		}
		k.every(time.Minute, 10*time.Minute, func(CheckupReport) { article(east) })
		if v := k.verdict(); v.Version != 1 {
			t.Errorf("where both agree the item was written %d times, want once", v.Version)
		}
		k.probes[east] = refuse(Soft) // to deep probes; the article's PutSession still works
		k.every(5*time.Minute, 30*time.Minute, func(CheckupReport) {
			k.says("us-west-2 ok")
			article(east)
		})
		k.check()
		k.says("us-west-2 ok")
		article(articleErr)
		k.check()
		k.says("us-west-2 ok")
		if report := k.check(); report.Written {
			t.Errorf("it wrote again: %s", report.Why)
		}
		// It writes the item anew, without a version.
		must(t, k.table.Put(t.Context(), Item{Key: east, Attributes: map[string]any{attrRegion: west}}))
		before := k.verdict().Version
		k.check()
		k.says("us-west-2 ok")
		if v := k.verdict(); v.Version <= before || v.By == "" {
			t.Errorf("the item is %+v, want it to have a version again", v)
		}
	})
}

// TestCheckupBesideGateways has two gateways and the check share a table while a
// region dies and comes back.
func TestCheckupBesideGateways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for i := range 2 {
			keeper, err := NewKeeper(KeeperConfig{
				Settings: Settings{Regions: []string{east, west}, Seed: uint64(i)},
				Prober:   proberFunc(func(ctx context.Context, region string, _ bool) (Class, error) { return k.Probe(ctx, region, true) }),
				Table:    k.table,
				Sync:     SyncConfig{Observer: ObserverSettings{ID: fmt.Sprintf("gw%d", i), Region: east}},
			})
			must(t, err)
			running.Go(func() { keeper.Run(ctx) })
		}
		time.Sleep(30 * time.Second)
		k.every(time.Minute, 5*time.Minute, nil)
		k.mu.Lock()
		k.probes[east] = blackHole
		k.mu.Unlock()
		k.every(time.Minute, 5*time.Minute, nil)
		k.says("us-west-2 ok")
		k.mu.Lock()
		k.probes[east] = healthy
		k.mu.Unlock()
		k.every(time.Minute, 5*time.Minute, nil)
		k.says("us-east-1 ok")
		history, err := ReadHistory(t.Context(), k.table, east)
		must(t, err)
		if v := k.verdict(); v.Version > 4 {
			t.Errorf("the verdict was written %d times: %+v", v.Version, history)
		}
		cancel()
		running.Wait()
	})
}

func TestCheckupStops(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.probes[east], k.probes[west] = blackHole, blackHole
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(after, cancel)
			began := time.Now()
			_, err := RunCheckup(ctx, k.config())
			if !errors.Is(err, context.Canceled) || time.Since(began) > after {
				t.Errorf("cancelled after %v it returned %v after %v", after, err, time.Since(began))
			}
			if v := k.verdict(); v.Region != "" {
				t.Errorf("it wrote %+v", v)
			}
		})
	}
}

// TestCheckupShort has very little time: what it has no time to find out it does not
// decide.
func TestCheckupShort(t *testing.T) {
	for limit := 100 * time.Millisecond; limit < 10*time.Second; limit += 150 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			k.probes[east] = blackHole
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			began := time.Now()
			report, err := RunCheckup(ctx, k.config())
			must(t, err)
			if took := time.Since(began); took > limit-checkupMargin && limit > checkupMargin {
				t.Errorf("with %v it took %v", limit, took)
			}
			want := "us-east-1 ok"
			if limit >= 6*time.Second {
				want = "us-west-2 ok"
			}
			waited := 0
			for _, f := range report.Regions[0].Failures {
				if strings.HasPrefix(f, "soft") {
					waited++
				}
			}
			if waited >= 3 && report.Regions[0].State == Down {
				want = "us-west-2 ok"
			}
			if int(limit/time.Second) < waited {
				t.Errorf("with %v it counts %d probes that took a second each", limit, waited)
			}
			k.says(want)
		})
	}
}

func TestCheckupProberPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.probes[east] = func(context.Context, string, bool) (Class, error) { panic("no such thing") }
		report := k.check()
		k.says("us-west-2 ok")
		if f := report.Regions[0].Failures; len(f) == 0 || !strings.Contains(f[0], "no such thing") {
			t.Errorf("it reports %q", f)
		}
	})
}

func TestCheckupConfig(t *testing.T) {
	k := newClinic(t)
	for _, c := range []struct {
		name   string
		change func(*CheckupConfig)
		want   string
	}{
		{"no regions", func(c *CheckupConfig) { c.Settings.Regions = nil }, "at least one region"},
		{"one region twice", func(c *CheckupConfig) { c.Settings.Regions = []string{east, east} }, "named twice"},
		{"no region's name", func(c *CheckupConfig) { c.Settings.Regions = []string{"err"} }, "no name of a region"},
		{"no id", func(c *CheckupConfig) { c.ID = "" }, `""`},
		{"an id with a space", func(c *CheckupConfig) { c.ID = "the check" }, "the check"},
		{"no prober", func(c *CheckupConfig) { c.Prober = nil }, "no prober"},
		{"no table", func(c *CheckupConfig) { c.Table = nil }, "no table"},
	} {
		cfg := k.config()
		cfg.ID = "check"
		c.change(&cfg)
		if _, err := RunCheckup(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one that says %q", c.name, err, c.want)
		}
	}
}

// TestCheckupSlowStandby has little time, home dead, and a standby that keeps it
// waiting: the verdict on home is written all the same.
func TestCheckupSlowStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		k.probes[east], k.probes[west] = refuse(Hard), blackHole
		ctx, cancel := context.WithTimeout(t.Context(), 3300*time.Millisecond)
		defer cancel()
		report, err := RunCheckup(ctx, k.config())
		must(t, err)
		k.says("us-west-2 ok")
		if report.MemoryFault != "" || len(report.TableFaults) > 0 {
			t.Errorf("it reports %q and %q", report.MemoryFault, report.TableFaults)
		}
	})
}

// TestCheckupWaitsForTheHold comes two seconds before the hold is over: it waits.
func TestCheckupWaitsForTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.probes[east] = refuse(Hard)
		k.check()
		delete(k.probes, east)
		began := time.Now()
		k.check()
		time.Sleep(58*time.Second - time.Since(began))
		if report := k.check(); report.Seconds < 2 || report.Seconds > 3 {
			t.Errorf("it took %.1f s, want it to wait two seconds", report.Seconds)
		}
		k.says("us-east-1 ok")
	})
}

// TestCheckupOthersMoved has somebody else move calls, as gateways do that were gone
// again before the check could see them.
func TestCheckupOthersMoved(t *testing.T) {
	moved := func(t *testing.T, k *clinic, region string) {
		v := k.verdict()
		next := VerdictItem{Region: region, State: TableOK, Version: v.Version + 1, By: "gw", Why: "they know", At: time.Now()}
		must(t, k.table.Update(t.Context(), east, next.change(v.Version)))
	}
	t.Run("away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			moved(t, k, west)
			k.check()
			k.says("us-west-2 ok")
			time.Sleep(time.Minute)
			k.check()
			k.says("us-east-1 ok")
		})
	})
	t.Run("back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.probes[east] = refuse(Hard)
			k.check()
			delete(k.probes, east)
			k.check()
			k.says("us-west-2 ok")
			moved(t, k, east)
			report := k.check()
			k.says("us-east-1 ok")
			if report.Written || report.Regions[0].State != Recovering {
				t.Errorf("written %v, home %s; want it taken for recovering", report.Written, report.Regions[0].State)
			}
			time.Sleep(time.Minute)
			k.probes[east] = refuse(Hard)
			if report = k.check(); report.Regions[0].HoldLeft != 120 {
				t.Errorf("it fell again soon, and its hold is %v s, want it doubled to 120", report.Regions[0].HoldLeft)
			}
		})
	})
	t.Run("back in an old copy", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			old, err := k.table.Get(t.Context(), east)
			must(t, err)
			k.probes[east] = refuse(Hard)
			k.check()
			delete(k.probes, east)
			must(t, k.table.Put(t.Context(), old))
			k.check()
			k.says("us-west-2 ok")
			if v := k.verdict(); v.Version <= 2 {
				t.Errorf("it is version %d, want one above the 2 that was seen before", v.Version)
			}
		})
	})
}
