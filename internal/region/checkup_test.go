package region

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clinic runs health checks against regions with faults, in a bubble.
type clinic struct {
	t      *testing.T
	table  Table
	probes map[string]proberFunc // by region; none: healthy
	from   string
	id     string
	hold   time.Duration
	log    bytes.Buffer // of logger
	logger *slog.Logger

	mu    sync.Mutex
	asked map[string]int
}

func newClinic(t *testing.T) *clinic {
	c := &clinic{t: t, table: &Memory{}, probes: map[string]proberFunc{}, asked: map[string]int{}}
	c.logger = slog.New(slog.NewTextHandler(&c.log, nil))
	return c
}

func (c *clinic) Probe(ctx context.Context, region string, deep bool) (Class, error) {
	c.mu.Lock()
	c.asked[region]++
	probe := c.probes[region]
	c.mu.Unlock()
	if !deep {
		c.t.Errorf("the probe of %s is not deep", region)
	}
	if probe == nil {
		probe = healthy
	}
	return probe(ctx, region, deep)
}

func (c *clinic) config() CheckupConfig {
	cfg := CheckupConfig{
		Settings: Settings{Regions: []string{east, west}, Hold: c.hold},
		From:     c.from, ID: c.id, Prober: c, Table: c.table,
		Logger: c.logger,
	}
	if cfg.From == "" {
		cfg.From = east
	}
	if cfg.ID == "" {
		cfg.ID = "check-" + cfg.From
	}
	return cfg
}

// check runs one.
func (c *clinic) check() CheckupReport {
	c.t.Helper()
	report, err := RunCheckup(c.t.Context(), c.config())
	if err != nil {
		c.t.Fatalf("run checkup: %v", err)
	}
	return report
}

// verdict is the item as it is.
func (c *clinic) verdict() VerdictItem {
	c.t.Helper()
	v, err := ReadVerdict(context.Background(), c.table, east)
	if err != nil && !errors.Is(err, ErrNotFound) {
		c.t.Fatal(err)
	}
	return v
}

func (c *clinic) says(want string) {
	c.t.Helper()
	v := c.verdict()
	if got := v.Region + " " + string(v.State); got != want {
		c.t.Fatalf("the verdict is %q (%s), want %q", got, v.Why, want)
	}
}

// every runs a check so often, for so long.
func (c *clinic) every(pause, d time.Duration, after func(CheckupReport)) {
	c.t.Helper()
	for range int(d / pause) {
		began := time.Now()
		report := c.check()
		if after != nil {
			after(report)
		}
		time.Sleep(pause - time.Since(began))
	}
}

func refuse(class Class) proberFunc {
	return func(context.Context, string, bool) (Class, error) {
		time.Sleep(20 * time.Millisecond)
		return class, errors.New("refused")
	}
}

// once fails the first probe.
func once(class Class) proberFunc {
	n := 0
	return func(ctx context.Context, region string, deep bool) (Class, error) {
		if n++; n == 1 {
			return class, errors.New("just this once")
		}
		return healthy(ctx, region, deep)
	}
}

func TestCheckupOneRun(t *testing.T) {
	for _, c := range []struct {
		name       string
		east, west proberFunc
		before     string // region of the item
		want       string
		atMost     time.Duration
		probes     [2]int
	}{
		{"all well", nil, nil, east, "us-east-1 ok", 200 * time.Millisecond, [2]int{1, 1}},
		{"no item yet", nil, nil, "", "us-east-1 ok", 200 * time.Millisecond, [2]int{1, 1}},
		{"one soft failure", once(Soft), nil, east, "us-east-1 ok", 500 * time.Millisecond, [2]int{2, 1}},
		{"one hard failure", once(Hard), nil, east, "us-east-1 ok", 500 * time.Millisecond, [2]int{2, 1}},
		{"refused", refuse(Soft), nil, east, "us-west-2 ok", time.Second, [2]int{3, 1}},
		{"alias gone", refuse(Hard), nil, east, "us-west-2 ok", time.Second, [2]int{2, 1}},
		{"black hole", blackHole, nil, east, "us-west-2 ok", 4 * time.Second, [2]int{3, 1}},
		{"standby refused", nil, refuse(Soft), east, "us-east-1 ok", time.Second, [2]int{1, 3}},
		{"both refused", refuse(Soft), refuse(Hard), east, "us-east-1 degraded", time.Second, [2]int{3, 2}},
		{"both black holes", blackHole, blackHole, east, "us-east-1 degraded", 4 * time.Second, [2]int{3, 3}},
		{"throttled", refuse(Load), nil, east, "us-east-1 ok", 2 * time.Second, [2]int{3, 1}},
		{"our own fault", refuse(Ours), refuse(Ours), east, "us-east-1 ok", 2 * time.Second, [2]int{3, 3}},
		{"no memory and calls elsewhere", nil, nil, west, "us-west-2 ok", 4 * time.Second, [2]int{5, 1}},
		{"no memory and both dead elsewhere", refuse(Soft), refuse(Soft), west, "us-west-2 degraded", 4 * time.Second, [2]int{1, 3}},
		{"article's err", nil, nil, "err", "us-east-1 ok", 200 * time.Millisecond, [2]int{1, 1}},
		{"nonsense", nil, nil, "Mars", "us-east-1 ok", 200 * time.Millisecond, [2]int{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t)
				k.probes[east], k.probes[west] = c.east, c.west
				if c.before != "" {
					must(t, k.table.Put(t.Context(), Item{Key: east, Attributes: map[string]any{attrRegion: c.before}}))
				}
				began := time.Now()
				report := k.check()
				took := time.Since(began)
				k.says(c.want)
				if took > c.atMost {
					t.Errorf("it took %v, want at most %v", took, c.atMost)
				}
				if got := [2]int{report.Regions[0].Probes, report.Regions[1].Probes}; got != c.probes {
					t.Errorf("it made %v probes, want %v", got, c.probes)
				}
				if v := k.verdict(); v.Version != 1 || v.By != "check-us-east-1" || v.At.IsZero() || v.Why == "" {
					t.Errorf("the item is %+v, want version 1 with by, why and at", v)
				}
				version := k.verdict().Version
				if report = k.check(); report.Written || k.verdict().Version != version {
					t.Errorf("the next run wrote it again: %+v", report)
				}
			})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckupBack sees a region go and come back on both schedules.
func TestCheckupBack(t *testing.T) {
	for _, every := range []time.Duration{time.Minute, 5 * time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t)
				k.every(every, 3*every, nil)
				k.probes[east] = refuse(Hard)
				k.every(every, 3*every, func(CheckupReport) { k.says("us-west-2 ok") })
				delete(k.probes, east)
				runs, began := 0, time.Now()
				for k.verdict().Region == west {
					if runs++; runs > 5 {
						t.Fatal("it never came back")
					}
					k.every(every, every, nil)
				}
				if runs != 2 {
					t.Errorf("it came back in run %d after %v, want run 2", runs, time.Since(began))
				}
				history, err := ReadHistory(t.Context(), k.table, east)
				must(t, err)
				var moves []string
				for _, e := range history {
					moves = append(moves, e.What+" "+e.From+">"+e.To)
				}
				if got, want := strings.Join(moves, ", "), "move >us-east-1, move us-east-1>us-west-2, move us-west-2>us-east-1"; got != want {
					t.Errorf("the audit trail has %s, want %s", got, want)
				}
			})
		})
	}
}

// TestCheckupNoise runs ten days with one in a hundred probes failing.
func TestCheckupNoise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		rng := rand.New(rand.NewPCG(1, 2))
		noisy := func(ctx context.Context, region string, deep bool) (Class, error) {
			k.mu.Lock()
			fails := rng.IntN(100) == 0
			k.mu.Unlock()
			if fails {
				return Soft, errors.New("noise")
			}
			return healthy(ctx, region, deep)
		}
		k.probes[east], k.probes[west] = noisy, noisy
		failures := 0
		k.every(time.Minute, 10*24*time.Hour, func(r CheckupReport) {
			for _, c := range r.Regions {
				failures += len(c.Failures)
			}
		})
		k.says("us-east-1 ok")
		if v := k.verdict(); v.Version != 1 {
			t.Errorf("the verdict was written %d times, want once", v.Version)
		}
		if failures < 200 {
			t.Errorf("%d probes failed: this shows nothing", failures)
		}
	})
}

func TestCheckupReportIsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.probes[east] = blackHole
		text, err := json.MarshalIndent(k.check(), "", " ")
		must(t, err)
		for _, want := range []string{`"written": true`, `"state": "down"`, `"soft: no answer in time"`, `"memory": "none"`} {
			if !bytes.Contains(text, []byte(want)) {
				t.Errorf("the report has no %s: %s", want, text)
			}
		}
		for _, want := range []string{`msg="verdict written"`, `msg="region checked" region=us-east-1 state=down`} {
			if !strings.Contains(k.log.String(), want) {
				t.Errorf("the log has no %s: %s", want, k.log.String())
			}
		}
		history, err := ReadHistory(t.Context(), k.table, east)
		must(t, err)
		if got, want := history[0].Evidence, "us-east-1 down: 3 probes in a row failed (soft): no answer in time; us-west-2 up"; got != want {
			t.Errorf("the evidence reads %q, want %q", got, want)
		}
	})
}
