package region

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// beats writes a gateway's sign of life every 5 s until the context ends.
func beats(ctx context.Context, t *testing.T, table Table, from, id string, down ...string) {
	for seq := int64(1); ; seq++ {
		e := Evidence{Epoch: 1, Seq: seq, Regions: []string{east, west}, Down: down, Panic: len(down) == 2}
		err := table.Update(context.WithoutCancel(ctx), EvidenceKey(east, from), Change{Entry: Entry{Map: attrObservers, Name: id, Value: e.attributes()}})
		if err != nil {
			t.Error(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Second):
		}
	}
}

func TestCheckupAmongGateways(t *testing.T) {
	up, eastDown, allDown := []string{}, []string{east}, []string{east, west}
	for _, c := range []struct {
		name       string
		gateways   [][]string // what each holds down
		dead       bool       // they have stopped
		east, west proberFunc
		want       string
		waits      bool
	}{
		{"nothing to change", [][]string{up, up}, false, nil, nil, "us-east-1 ok", false},
		{"they agree", [][]string{eastDown, eastDown}, false, refuse(Soft), nil, "us-west-2 ok", true},
		{"one says otherwise", [][]string{up}, false, refuse(Soft), nil, "us-east-1 ok", true},
		{"two say otherwise", [][]string{up, up}, false, refuse(Soft), nil, "us-east-1 ok", true},
		{"one agrees and one does not", [][]string{eastDown, up}, false, refuse(Soft), nil, "us-west-2 ok", true},
		{"they are dead", [][]string{up, up}, true, refuse(Soft), nil, "us-west-2 ok", true},
		{"they see what looks dead from here", [][]string{up, up}, false, blackHole, blackHole, "us-east-1 ok", true},
		{"one sees what looks dead from here", [][]string{up}, false, blackHole, blackHole, "us-east-1 ok", true},
		{"all is dead to everybody", [][]string{allDown, allDown}, false, blackHole, blackHole, "us-east-1 degraded", true},
		{"all is dead and so are they", [][]string{up}, true, blackHole, blackHole, "us-east-1 degraded", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t)
				k.check()
				ctx, cancel := context.WithCancel(t.Context())
				var all sync.WaitGroup
				for i, down := range c.gateways {
					all.Go(func() {
						time.Sleep(time.Duration(i) * 1700 * time.Millisecond)
						beats(ctx, t, k.table, []string{east, west}[i%2], fmt.Sprintf("gw%d", i), down...)
					})
				}
				time.Sleep(21 * time.Second)
				if c.dead {
					cancel()
				}
				k.probes[east], k.probes[west] = c.east, c.west
				time.Sleep(time.Second)
				report := k.check()
				cancel()
				all.Wait()
				k.says(c.want)
				if waited := report.Seconds >= 6; waited != c.waits || report.Seconds > 6.5 {
					t.Errorf("it took %.1f s, want it to wait %v", report.Seconds, c.waits)
				}
				alive := len(c.gateways)
				if c.dead || !c.waits {
					alive = 0
				}
				if report.Others != alive {
					t.Errorf("it counts %d others, want %d", report.Others, alive)
				}
			})
		})
	}
}

// TestCheckupTooShortToWatch has less time than it takes to see who is alive.
func TestCheckupTooShortToWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		beats(gone, t, k.table, west, "gw") // once, long ago
		k.probes[east] = refuse(Hard)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		report, err := RunCheckup(ctx, k.config())
		must(t, err)
		k.says("us-east-1 ok")
		if report.Written || report.Why != "there was no time to see who else is alive" {
			t.Errorf("written %v: %s", report.Written, report.Why)
		}
	})
}

func TestCheckupPins(t *testing.T) {
	pinned := func(t *testing.T, k *clinic, region string, d time.Duration) {
		must(t, SetPin(t.Context(), k.table, east, Pin{Region: region, Until: time.Now().Add(d), By: "olga", Why: "maintenance"}))
	}
	t.Run("holds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			pinned(t, k, east, time.Hour)
			k.probes[east] = refuse(Hard)
			k.every(time.Minute, 30*time.Minute, func(r CheckupReport) {
				k.says("us-east-1 ok")
				if v := k.verdict(); v.Pin.Region != east || r.Written {
					t.Fatalf("the pin is %+v, written %v", v.Pin, r.Written)
				}
			})
			must(t, k.table.Update(t.Context(), east, Change{Set: map[string]any{attrRegion: west}})) // the article's check
			k.check()
			k.says("us-east-1 ok")
			if v := k.verdict(); v.Pin.Region != east || v.Pin.By != "olga" {
				t.Errorf("the pin is %+v, want it kept", v.Pin)
			}
		})
	})
	t.Run("is over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			pinned(t, k, west, 10*time.Minute)
			k.every(time.Minute, 10*time.Minute, func(CheckupReport) { k.says("us-west-2 ok") })
			time.Sleep(time.Second)
			k.check()
			k.says("us-east-1 ok") // nothing ever spoke against it
			if v := k.verdict(); !v.Pin.IsZero() {
				t.Errorf("the pin is %+v, want none", v.Pin)
			}
			history, err := ReadHistory(t.Context(), k.table, east)
			must(t, err)
			last := history[len(history)-1]
			if last.What != "unpin" || last.From != west || last.To != east || last.By != "check-us-east-1" || last.Evidence == "" {
				t.Errorf("the last line of the audit trail is %+v", last)
			}
		})
	})
	t.Run("is taken away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			pinned(t, k, west, time.Hour)
			k.every(time.Minute, 3*time.Minute, func(CheckupReport) { k.says("us-west-2 ok") })
			if _, err := ClearPin(t.Context(), k.table, east, "olga", "drill over"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			k.check()
			k.says("us-east-1 ok")
			if v := k.verdict(); v.Why != "the pin was taken away by olga: drill over" {
				t.Errorf("calls moved home because %q, want the pin that was taken away", v.Why)
			}
		})
	})
	t.Run("is over and stays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			pinned(t, k, east, time.Minute)
			time.Sleep(2 * time.Minute)
			if report := k.check(); !report.Written || !k.verdict().Pin.IsZero() {
				t.Errorf("written %v, pin %+v; want it taken away", report.Written, k.verdict().Pin)
			}
			k.says("us-east-1 ok")
		})
	})
	t.Run("was set and over unseen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			pinned(t, k, west, time.Minute)
			time.Sleep(5 * time.Minute)
			k.check()
			k.says("us-east-1 ok") // an operator's order says nothing against home
		})
	})
	t.Run("was set and taken away unseen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			pinned(t, k, west, time.Hour)
			_, err := ClearPin(t.Context(), k.table, east, "olga", "")
			must(t, err)
			runs := 0
			k.every(time.Minute, 3*time.Minute, func(CheckupReport) {
				if k.verdict().Region == west {
					runs++
				}
			})
			k.says("us-east-1 ok")
			if runs > 1 {
				t.Errorf("%d runs left calls in the other region, want one at most", runs)
			}
		})
	})
}

// replicas is a global table: every region has a copy, writes reach the other one
// later, and the last writer's item wins as a whole.
type replicas struct {
	lag    time.Duration
	copies map[string]*Memory
	cut    bool

	mu    sync.Mutex
	stamp map[string]time.Time // of the newest write of each copy's items
	all   sync.WaitGroup
}

func newReplicas(lag time.Duration) *replicas {
	return &replicas{lag: lag, copies: map[string]*Memory{east: {}, west: {}}, stamp: map[string]time.Time{}}
}

type replica struct {
	*Memory
	of   *replicas
	here string
}

func (r *replicas) in(region string) Table { return &replica{r.copies[region], r, region} }

func (r *replica) Update(ctx context.Context, key string, c Change) error {
	if err := r.Memory.Update(ctx, key, c); err != nil {
		return err
	}
	item, err := r.Memory.Get(ctx, key)
	if err != nil {
		return err
	}
	r.of.mu.Lock()
	now, cut := time.Now(), r.of.cut
	r.of.stamp[r.here+key] = now
	r.of.mu.Unlock()
	if cut {
		return nil
	}
	there := map[string]string{east: west, west: east}[r.here]
	r.of.all.Go(func() {
		time.Sleep(r.of.lag)
		r.of.mu.Lock()
		defer r.of.mu.Unlock()
		if now.After(r.of.stamp[there+key]) {
			r.of.stamp[there+key] = now
			_ = r.of.copies[there].Put(context.Background(), item)
		}
	})
	return nil
}

// TestCheckupTwoRegions runs the check in both regions, with one table and with a
// copy in each, and has the whole home region die.
func TestCheckupTwoRegions(t *testing.T) {
	for _, lag := range []time.Duration{0, time.Second, 4 * time.Second} {
		t.Run(lag.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				global := newReplicas(lag)
				home, other := newClinic(t), newClinic(t)
				other.from = west
				home.table, other.table = global.in(east), global.in(west)
				if lag == 0 {
					other.table = home.table
				}
				homeDead := false
				minutes := func(n int) {
					for range n {
						if !homeDead {
							home.check()
						}
						time.Sleep(20 * time.Second)
						other.check()
						time.Sleep(40 * time.Second)
					}
				}
				writes := func() int64 { return other.verdict().Version }
				minutes(10)
				home.says("us-east-1 ok")
				other.says("us-east-1 ok")
				if writes() != 1 {
					t.Errorf("10 minutes without a fault took %d writes, want 1", writes())
				}

				// Home's bot dies: its own check says so, the other one leaves it to that.
				home.probes[east], other.probes[east] = blackHole, blackHole
				minutes(5)
				home.says("us-west-2 ok")
				other.says("us-west-2 ok")
				if v := other.verdict(); v.By != "check-us-east-1" || v.Version != 2 {
					t.Errorf("version %d was written by %s, want home's check to write once", v.Version, v.By)
				}
				home.probes[east], other.probes[east] = nil, nil
				minutes(5)
				home.says("us-east-1 ok")
				if writes() != 3 {
					t.Errorf("the verdict was written %d times, want 3", writes())
				}

				// The region dies with its check: the other one stands in for it.
				homeDead = true
				other.probes[east] = blackHole
				minutes(3)
				other.says("us-west-2 ok")
				if v := other.verdict(); v.By != "check-us-west-2" {
					t.Errorf("it was written by %s, want the check that is left", v.By)
				}

				// It comes back, and with it its check, whose memory is old.
				homeDead = false
				other.probes[east] = nil
				minutes(5)
				home.says("us-east-1 ok")
				other.says("us-east-1 ok")
				if writes() > 5 {
					t.Errorf("the verdict was written %d times, want 5", writes())
				}
				global.all.Wait()
			})
		})
	}
}

// TestCheckupStandInWaits has the check of the other region run twice at once while
// home's is alive: it must not take that for dead.
func TestCheckupStandInWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home, other := newClinic(t), newClinic(t)
		other.from, other.table = west, home.table
		for range 3 {
			home.check()
			other.check()
			time.Sleep(time.Minute)
		}
		home.check()
		other.probes[east] = refuse(Hard) // as seen from there alone
		other.check()
		report := other.check()
		home.says("us-east-1 ok")
		if report.Written {
			t.Errorf("it wrote: %s", report.Why)
		}
	})
}

// TestCheckupStandInLooksAgain has home's check give its first sign of life while the
// other one watches.
func TestCheckupStandInLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home, other := newClinic(t), newClinic(t)
		other.from, other.table = west, home.table
		must(t, home.table.Put(t.Context(), Item{Key: east, Attributes: map[string]any{attrRegion: east}}))
		other.probes[east] = refuse(Hard)
		other.check()
		home.says("us-east-1 ok")
		time.Sleep(time.Minute)
		var all sync.WaitGroup
		all.Go(func() {
			time.Sleep(3 * time.Second)
			home.check()
		})
		report := other.check()
		all.Wait()
		home.says("us-east-1 ok")
		if report.Written || report.Seconds < 6 {
			t.Errorf("after %.1f s: %s", report.Seconds, report.Why)
		}
		time.Sleep(time.Minute)
		other.check() // no sign since
		home.says("us-west-2 ok")
	})
}

// TestCheckupStandInAmongGateways has home's check be dead, and gateways there alive.
func TestCheckupStandInAmongGateways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		k.from = west
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { beats(ctx, t, k.table, east, "gw", east) })
		k.probes[east] = refuse(Hard)
		k.every(time.Minute, 3*time.Minute, func(r CheckupReport) {
			if r.Written {
				t.Errorf("it wrote, and the gateway is alive: %s", r.Why)
			}
		})
		cancel()
		all.Wait()
		k.check()
		k.says("us-west-2 ok")
	})
}

// TestCheckupDamagedEvidence finds nonsense for an evidence item: who writes it shows.
func TestCheckupDamagedEvidence(t *testing.T) {
	for _, alive := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			k.check()
			must(t, k.table.Put(t.Context(), Item{Key: EvidenceKey(east, west), Attributes: map[string]any{attrObservers: "none"}}))
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() {
				time.Sleep(time.Second)
				if alive {
					beats(ctx, t, k.table, west, "gw")
				}
			})
			k.probes[east] = refuse(Hard)
			k.check()
			cancel()
			all.Wait()
			k.says(map[bool]string{true: "us-east-1 ok", false: "us-west-2 ok"}[alive])
		})
	}
}

// TestCheckDoesNotWaitForAnother has a check of another region have written before:
// that gives no signs of life between its runs, so there is nothing to wait for.
func TestCheckDoesNotWaitForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		other := Evidence{Epoch: 1, Seq: 1, Regions: []string{east, west}, Once: true}
		c := Change{Entry: Entry{Map: attrObservers, Name: "lexDRTest-us-west-2", Value: other.attributes()}}
		if err := k.table.Update(t.Context(), EvidenceKey(east, west), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		k.probes[east] = refuse(Soft)
		if report := k.check(); report.Seconds >= 6 || report.Watched {
			t.Errorf("it took %.1f s, watched %v; want it to move the verdict at once", report.Seconds, report.Watched)
		}
		k.says("us-west-2 ok")
	})
}
