package region

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// proberFunc is a prober for tests.
type proberFunc func(ctx context.Context, region string, deep bool) (Class, error)

func (f proberFunc) Probe(ctx context.Context, region string, deep bool) (Class, error) {
	return f(ctx, region, deep)
}

// healthy answers every probe after 50 ms.
func healthy(context.Context, string, bool) (Class, error) {
	time.Sleep(50 * time.Millisecond)
	return None, nil
}

// blackHole answers when the time is up.
func blackHole(ctx context.Context, _ string, _ bool) (Class, error) {
	<-ctx.Done()
	return Soft, ctx.Err()
}

// kept runs a keeper in a bubble while do runs, and stops it.
func kept(t *testing.T, cfg KeeperConfig, do func(k *Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if cfg.Settings.Regions == nil {
			cfg.Settings.Regions = []string{east, west}
		}
		k, err := NewKeeper(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { k.Run(ctx) })
		do(k)
		cancel()
		running.Wait()
	})
}

// stateOf returns what is held of a region.
func stateOf(t *testing.T, k *Keeper, region string) State {
	t.Helper()
	c, ok := k.View().Of(region)
	if !ok {
		t.Fatalf("there is no region %s", region)
	}
	return c.State
}

func TestKeeperProbes(t *testing.T) {
	for _, c := range []struct {
		name  string
		probe proberFunc // of the home region
		want  State      // of it, after 10 s
	}{
		{"well", healthy, Healthy},
		{"black hole", blackHole, Down},
		{"too slow", func(ctx context.Context, region string, deep bool) (Class, error) {
			select {
			case <-time.After(1500 * time.Millisecond):
				return None, nil
			case <-ctx.Done():
				return None, ctx.Err() // of no class: counts as soft
			}
		}, Down},
		{"panics", func(context.Context, string, bool) (Class, error) { panic("a prober's fault") }, Down},
		{"no credentials", func(context.Context, string, bool) (Class, error) { return Ours, errors.New("no credentials") }, Healthy},
		{"deaf to the context", func(context.Context, string, bool) (Class, error) {
			time.Sleep(20 * time.Second)
			return None, nil
		}, Suspect},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			var asking, most int
			prober := proberFunc(func(ctx context.Context, region string, deep bool) (Class, error) {
				if region == west {
					return healthy(ctx, region, deep)
				}
				mu.Lock()
				asking++
				most = max(most, asking)
				mu.Unlock()
				defer func() {
					mu.Lock()
					asking--
					mu.Unlock()
				}()
				return c.probe(ctx, region, deep)
			})
			kept(t, KeeperConfig{Prober: prober}, func(k *Keeper) {
				time.Sleep(8 * time.Second)
				if got := stateOf(t, k, east); got != c.want {
					t.Errorf("after 8 s: %s, want %s\n%+v", got, c.want, k.Status())
				}
				if got := stateOf(t, k, west); got != Healthy {
					t.Errorf("after 8 s the other region is %s, want %s", got, Healthy)
				}
				if want := map[bool]string{true: west, false: east}[c.want == Down]; k.Active() != want {
					t.Errorf("after 8 s: active is %s, want %s", k.Active(), want)
				}
			})
			if most != 1 {
				t.Errorf("%d probes of one region at a time, want 1", most)
			}
		})
	}
}

// TestKeeperComesBack counts on probes alone: they fail, and later are good again.
func TestKeeperComesBack(t *testing.T) {
	var k *Keeper
	prober := proberFunc(func(ctx context.Context, region string, deep bool) (Class, error) {
		if region == east && k.Now() < time.Minute {
			return blackHole(ctx, region, deep)
		}
		return healthy(ctx, region, deep)
	})
	synctest.Test(t, func(t *testing.T) {
		var err error
		if k, err = NewKeeper(KeeperConfig{Settings: Settings{Regions: []string{east, west}}, Prober: prober}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { k.Run(ctx) })
		defer running.Wait()
		defer cancel()
		for _, c := range []struct {
			at   time.Duration
			want State
			left float64 // seconds of the hold, at most
		}{
			{50 * time.Second, Down, 60},
			{90 * time.Second, Down, 45},
			{145 * time.Second, Recovering, 0},
			{190 * time.Second, Healthy, 0},
		} {
			time.Sleep(c.at - k.Now())
			got := k.Status().Regions[0]
			if got.State != c.want || got.HoldLeftSeconds > c.left {
				t.Errorf("at %s: %s (%s), %.1f s of the hold left; want %s, at most %.0f s", c.at, got.State, got.Why, got.HoldLeftSeconds, c.want, c.left)
			}
		}
	})
}

func TestKeeperObserves(t *testing.T) {
	var lines bytes.Buffer
	var kinds []string
	cfg := KeeperConfig{
		Prober:   proberFunc(healthy),
		Logger:   slog.New(slog.NewJSONHandler(&lines, nil)),
		OnAction: func(a Action) { kinds = append(kinds, a.Kind.String()) },
	}
	synctest.Test(t, func(t *testing.T) {
		cfg.Settings.Regions = []string{east, west}
		k, err := NewKeeper(cfg)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		for range 5 {
			k.Observe(Event{Kind: Outcome, Region: east, Class: Soft, Began: k.Now() - 3*time.Second})
		}
		if got := k.Place("a call"); got != west {
			t.Errorf("home is down: a new call goes to %s, want %s", got, west)
		}
		var down, moved map[string]any
		for line := range strings.Lines(lines.String()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			delete(entry, "time")
			switch {
			case entry["msg"] == "active region moved":
				moved = entry
			case entry["to"] == "down":
				down = entry
			}
		}
		const why = "5 turns in a row failed (soft), the last after 3.0 s"
		want := map[string]any{"level": "WARN", "msg": "region changed", "region": east, "from": "suspect", "to": "down", "why": why}
		if diff := cmp.Diff(want, down); diff != "" {
			t.Errorf("line of the region that is down (-want +got):\n%s", diff)
		}
		want = map[string]any{"level": "WARN", "msg": "active region moved", "region": west, "from": east, "to": west, "why": why}
		if diff := cmp.Diff(want, moved); diff != "" {
			t.Errorf("line of the move (-want +got):\n%s", diff)
		}
		if !strings.Contains(strings.Join(kinds, ","), "region changed,active region moved") {
			t.Errorf("told of %v, want the change and the move", kinds)
		}
	})
}

func TestKeeperPins(t *testing.T) {
	kept(t, KeeperConfig{Prober: proberFunc(healthy)}, func(k *Keeper) {
		for what, err := range map[string]error{
			"an unknown region": k.Pin("mars-north-1", time.Hour, "ada", ""),
			"no time":           k.Pin(west, 0, "ada", ""),
		} {
			if err == nil {
				t.Errorf("pin with %s: no error", what)
			}
		}
		if err := k.Pin(west, time.Hour, "ada", "a test"); err != nil {
			t.Fatal(err)
		}
		want := &PinStatus{Region: west, Until: time.Now().Add(time.Hour).Round(0), By: "ada", Why: "a test"}
		if diff := cmp.Diff(want, k.Status().Pin); diff != "" || k.Place("a call") != west {
			t.Errorf("pinned (-want +got):\n%s, a call goes to %s", diff, k.Place("a call"))
		}
		if err := k.Unpin("ada", "done"); err != nil || k.Status().Pin != nil || k.Active() != east {
			t.Errorf("unpinned: error %v, status %+v, active %s; want none, no pin, %s", err, k.Status().Pin, k.Active(), east)
		}
		if err := k.Pin(west, time.Minute, "ada", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second)
		if k.Status().Pin != nil || k.Active() != east {
			t.Errorf("after its time: %+v, active %s; want no pin, %s", k.Status().Pin, k.Active(), east)
		}
	})
}

func TestKeeperStatus(t *testing.T) {
	kept(t, KeeperConfig{Prober: proberFunc(func(_ context.Context, region string, _ bool) (Class, error) {
		if region == west {
			return Soft, errors.New("probe us-west-2: no route to host")
		}
		return None, nil
	})}, func(k *Keeper) {
		time.Sleep(20 * time.Second)
		for range 25 {
			k.Observe(Event{Kind: Outcome, Region: east, Began: k.Now() - 400*time.Millisecond, Took: 400 * time.Millisecond})
		}
		k.Observe(Event{Kind: Outcome, Region: east, Class: Bot, Began: k.Now()})
		k.Observe(Event{Kind: LostRace, Region: east, Began: k.Now()})
		time.Sleep(time.Second)
		s := k.Status()
		if s.Active != east || s.Panic || s.Doubt || len(s.Regions) != 2 || len(s.Audit) == 0 {
			t.Fatalf("status %+v; want home active, no panic, two regions and what happened", s)
		}
		home, other := s.Regions[0], s.Regions[1]
		if home.Good != 25 || home.LostRaces != 1 || home.Failed[Bot] != 1 || home.LastClass != Bot ||
			home.Weight != 0.5 || home.Run != 0.5 || home.Turns != 10 || home.MedianSeconds != 0.4 ||
			time.Since(home.LastFaultAt) != time.Second || time.Since(home.LastGoodAt) > 3*time.Second {
			t.Errorf("evidence of %s: %+v; want 25 good, 1 lost race of weight 0.5, 1 bot's fault a second ago, 0.4 s", east, home)
		}
		if other.State != Down || !other.Ejected || other.Ramp != 0 || other.LastProbeError == "" || other.ProbesFailed < 3 || other.HoldSeconds != 60 {
			t.Errorf("evidence of %s: %+v; want it down by its probes, and the last error", west, other)
		}
		text, err := json.Marshal(s)
		if err != nil || !strings.Contains(string(text), `"state":"down"`) {
			t.Errorf("status as JSON: %s, error %v", text, err)
		}
	})
}

// TestKeeperRemembersLittle flaps until the audit trail is full.
func TestKeeperRemembersLittle(t *testing.T) {
	kept(t, KeeperConfig{Prober: proberFunc(healthy)}, func(k *Keeper) {
		for i := range 300 {
			if err := k.Pin([]string{west, east}[i%2], time.Hour, "ada", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		audit := k.Status().Audit
		if len(audit) != auditKept || audit[auditKept-1].Why != "pinned by ada: 299" {
			t.Errorf("300 pins: %d lines, the last %+v; want %d and the last pin", len(audit), audit[len(audit)-1], auditKept)
		}
	})
}

func TestNewKeeperRefuses(t *testing.T) {
	for name, cfg := range map[string]KeeperConfig{
		"no region":        {Prober: proberFunc(healthy)},
		"a region twice":   {Settings: Settings{Regions: []string{east, east}}, Prober: proberFunc(healthy)},
		"a nameless one":   {Settings: Settings{Regions: []string{""}}, Prober: proberFunc(healthy)},
		"no prober":        {Settings: Settings{Regions: []string{east}}},
		"a nameless table": {Settings: Settings{Regions: []string{east}}, Prober: proberFunc(healthy), Table: new(Memory)},
	} {
		if _, err := NewKeeper(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestKeepersShareATable has one gateway pin for two.
func TestKeepersShareATable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := new(Memory)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		var keepers []*Keeper
		for i := range 2 {
			k, err := NewKeeper(KeeperConfig{
				Settings: Settings{Regions: []string{east, west}, Seed: uint64(i)},
				Prober:   proberFunc(healthy),
				Table:    table,
				Sync:     SyncConfig{Observer: ObserverSettings{ID: fmt.Sprint("gateway-", i), Region: east}},
			})
			if err != nil {
				t.Fatal(err)
			}
			keepers = append(keepers, k)
			running.Go(func() { k.Run(ctx) })
		}
		time.Sleep(20 * time.Second)
		if err := keepers[0].Pin(west, time.Hour, "ada", "a test"); err != nil {
			t.Fatal(err)
		}
		if got := keepers[0].Active(); got != west {
			t.Errorf("pinned here: active is %s at once, want %s", got, west)
		}
		time.Sleep(15 * time.Second)
		if got := keepers[1].Active(); got != west {
			t.Errorf("pinned there: active is %s here after 15 s, want %s\n%+v", got, west, keepers[1].Status())
		}
		if err := keepers[1].Unpin("ada", "done"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		for i, k := range keepers {
			if got := k.Active(); got != east {
				t.Errorf("unpinned: active is %s at gateway %d after 15 s, want %s", got, i, east)
			}
		}
		pins := 0
		for _, line := range keepers[0].Status().Audit {
			if line.What == "pin" && line.To == west {
				pins++
			}
		}
		if pins != 1 {
			t.Errorf("the gateway that was pinned tells of %d pins, want 1: the table's echo is none", pins)
		}
		cancel()
		running.Wait()
	})
}
