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

// line is one line of a log, without its time.
type line map[string]any

// logged returns a logger and what gives its lines.
func logged() (*slog.Logger, func() []line) {
	var mu sync.Mutex
	var text bytes.Buffer
	write := writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(p)
	})
	return slog.New(slog.NewJSONHandler(write, nil)), func() (lines []line) {
		mu.Lock()
		defer mu.Unlock()
		for one := range strings.Lines(text.String()) {
			var l line
			if err := json.Unmarshal([]byte(one), &l); err != nil {
				panic(err)
			}
			delete(l, "time")
			lines = append(lines, l)
		}
		return lines
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// of returns the first line with that message.
func of(lines []line, message string) line {
	for _, l := range lines {
		if l["msg"] == message {
			return l
		}
	}
	return nil
}

// TestKeeperLogsTheDeathOfAll has both regions go and come back.
func TestKeeperLogsTheDeathOfAll(t *testing.T) {
	logger, lines := logged()
	var mu sync.Mutex
	dead := true
	prober := proberFunc(func(ctx context.Context, region string, deep bool) (Class, error) {
		mu.Lock()
		gone := dead
		mu.Unlock()
		if gone {
			return blackHole(ctx, region, deep)
		}
		return healthy(ctx, region, deep)
	})
	kept(t, KeeperConfig{Prober: prober, Logger: logger}, func(k *Keeper) {
		time.Sleep(30 * time.Second)
		s := k.Status()
		if s.Regions[0].LastProbeError != noAnswer || time.Since(s.Regions[0].ProbeErrorAt) > 5*time.Second {
			t.Errorf("a region that says nothing: last error %q at %s, now %s; want %q, just now",
				s.Regions[0].LastProbeError, s.Regions[0].ProbeErrorAt, time.Now(), noAnswer)
		}
		mu.Lock()
		dead = false
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		if s := k.Status(); s.Regions[0].LastProbeError != "" || !s.Regions[0].ProbeErrorAt.IsZero() {
			t.Errorf("good again, and still its last error is %q of %s; want it forgotten", s.Regions[0].LastProbeError, s.Regions[0].ProbeErrorAt)
		}
	})
	for _, l := range lines() {
		for key, value := range l {
			if value == "" || l["msg"] == "panic" {
				t.Errorf("line %v has an empty %s, or says panic", l, key)
			}
		}
	}
	want := line{"level": "ERROR", "msg": "every region looks dead", "why": "none is taken out, turns are sent to all of them"}
	if diff := cmp.Diff(want, of(lines(), "every region looks dead")); diff != "" {
		t.Errorf("the beginning (-want +got):\n%s", diff)
	}
	if end := of(lines(), "not every region looks dead any more"); end == nil || end["level"] != "WARN" || end["why"] != "it answered a probe" {
		t.Errorf("the end = %v; want a warning that says why", end)
	}
}

func TestKeeperLogsTheProbesError(t *testing.T) {
	for _, c := range []struct {
		name  string
		probe proberFunc
		want  string
	}{
		{"an error", func(context.Context, string, bool) (Class, error) { return Soft, errors.New("connection refused") }, "connection refused"},
		{"silence", blackHole, noAnswer},
		{"a long one", func(context.Context, string, bool) (Class, error) { return Soft, errors.New(strings.Repeat("x", 1000)) }, strings.Repeat("x", maxText)},
		{"deaf to the context", func(context.Context, string, bool) (Class, error) {
			time.Sleep(time.Minute)
			return None, nil
		}, noAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			logger, lines := logged()
			prober := proberFunc(func(ctx context.Context, region string, deep bool) (Class, error) {
				if region == west {
					return healthy(ctx, region, deep)
				}
				return c.probe(ctx, region, deep)
			})
			kept(t, KeeperConfig{Prober: prober, Logger: logger}, func(k *Keeper) {
				time.Sleep(8 * time.Second)
				if audit := k.Status().Audit; len(audit) == 0 || audit[0].Error != c.want {
					t.Errorf("audit trail %+v; want the probe's error %.40q", audit, c.want)
				}
			})
			changed := of(lines(), "region changed")
			if changed == nil || changed["region"] != east || changed["to"] != "suspect" || changed["probe_error"] != c.want {
				t.Errorf("line %v; want %s suspect with the probe's error %.40q", changed, east, c.want)
			}
		})
	}
}

// TestStatusSaysWhereNewCallsGo holds what people are told to where calls are placed.
func TestStatusSaysWhereNewCallsGo(t *testing.T) {
	kept(t, KeeperConfig{Prober: proberFunc(func(ctx context.Context, region string, deep bool) (Class, error) {
		return None, nil
	}), Settings: Settings{Regions: []string{east, west}, Hold: 10 * time.Second, ProbeDownEvery: time.Second}}, func(k *Keeper) {
		seen := map[string]bool{}
		look := func(what string) {
			t.Helper()
			s, placed := k.Status(), map[string]int{}
			for i := range 2000 {
				placed[k.Place(fmt.Sprint("call ", i))]++
			}
			for _, r := range s.Regions {
				if share := float64(placed[r.Region]) / 20; share < float64(r.NewCalls)-4 || share > float64(r.NewCalls)+4 {
					t.Errorf("%s: %s got %.1f of 100 new calls, the status says %d", what, r.Region, share, r.NewCalls)
				}
			}
			if half := placed[s.NewCalls]; half < 900 {
				t.Errorf("%s: the status says new calls go to %s, which got %d of 2000", what, s.NewCalls, half)
			}
			seen[fmt.Sprint(s.Active, s.NewCalls, s.Regions[0].NewCalls)] = true
		}
		fail := func(times int) {
			for range times {
				k.Observe(Event{Kind: Outcome, Region: east, Class: Soft, Began: k.Now()})
			}
		}
		look("all well")
		fail(2)
		look("home suspect")
		if s := k.Status(); s.Active != east || s.NewCalls != west {
			t.Errorf("home suspect: active %s, new calls %s; want %s and %s", s.Active, s.NewCalls, east, west)
		}
		fail(3)
		look("home down")
		for range 60 {
			time.Sleep(time.Second)
			look("home coming back")
		}
		if err := k.Pin(west, time.Hour, "ann", ""); err != nil {
			t.Fatal(err)
		}
		look("pinned")
		if len(seen) < 5 {
			t.Errorf("only %v was seen; want all well, suspect, down, a tenth, half", seen)
		}
	})
}

// TestPinEndsAtOneTimeEverywhere has gateways that share a table tell of one pin, and
// of who took it away.
func TestPinEndsAtOneTimeEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, ctx := new(Memory), t.Context()
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		var keepers []*Keeper
		for i := range 2 {
			k, err := NewKeeper(KeeperConfig{
				Settings: Settings{Regions: []string{east, west}, Seed: uint64(i)}, Prober: proberFunc(healthy), Table: table,
				Sync: SyncConfig{Observer: ObserverSettings{ID: fmt.Sprint("gateway-", i), Region: east}},
			})
			if err != nil {
				t.Fatal(err)
			}
			keepers = append(keepers, k)
			running.Go(func() { k.Run(ctx) })
		}
		time.Sleep(20*time.Second + 700*time.Millisecond)
		if err := keepers[0].Pin(west, time.Hour, "ada", "a test"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		here, there := keepers[0].Status().Pin, keepers[1].Status().Pin
		if here == nil || there == nil || !here.Until.Equal(there.Until) || here.Until.Nanosecond() != 0 {
			t.Errorf("pinned for an hour here until %v, there until %v; want the same second", here, there)
		}
		if err := keepers[0].Unpin("bob", "done"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		for i, k := range keepers {
			audit := k.Status().Audit
			last := audit[len(audit)-2] // before the move that came of it
			if last.What != "pin" || last.Why != "taken away by bob: done" {
				t.Errorf("gateway %d tells %+v; want who took the pin away, and why", i, last)
			}
		}
		cancel()
		running.Wait()
	})
}

// TestPinToARegionOfOthersIsToldOnce writes a pin that this gateway cannot heed.
func TestPinToARegionOfOthersIsToldOnce(t *testing.T) {
	logger, lines := logged()
	table := new(Memory)
	cfg := KeeperConfig{
		Prober: proberFunc(healthy), Table: table, Logger: logger,
		Sync: SyncConfig{Observer: ObserverSettings{ID: "gateway", Region: east}},
	}
	article := Item{Key: east, Attributes: map[string]any{attrRegion: west}} // says neither who nor why
	if err := table.Put(t.Context(), article); err != nil {
		t.Fatal(err)
	}
	kept(t, cfg, func(k *Keeper) {
		time.Sleep(20 * time.Second)
		if err := SetPin(t.Context(), table, east, Pin{Region: "us-wets-2", Until: time.Now().Add(time.Hour), By: "ann"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := k.Status(); s.Pin != nil || s.NewCalls != east {
			t.Errorf("pinned to nowhere: pin %+v, new calls go to %s; want none, %s", s.Pin, s.NewCalls, east)
		}
	})
	var told []line
	for _, l := range lines() {
		for key, value := range l {
			if value == "" {
				t.Errorf("line %v has an empty %s", l, key)
			}
		}
		if l["msg"] == "pin to a region that this gateway does not have ignored" {
			told = append(told, l)
		}
	}
	if len(told) != 1 || told[0]["region"] != "us-wets-2" || told[0]["level"] != "WARN" {
		t.Errorf("told %v; want one warning that names the region", told)
	}
}

func TestKnownRegions(t *testing.T) {
	said := []Evidence{{Regions: []string{west, east}}, {Regions: []string{east}}}
	for _, c := range []struct {
		name string
		v    VerdictItem
		said []Evidence
		want []string
	}{
		{"nothing", VerdictItem{}, nil, nil},
		{"a verdict alone", VerdictItem{Region: east}, nil, []string{east}},
		{"gateways", VerdictItem{}, said, []string{east, west}},
		{"a verdict that came of a pin to nowhere", VerdictItem{Region: "us-wets-2"}, said, []string{east, west}},
	} {
		if diff := cmp.Diff(c.want, KnownRegions(c.v, c.said)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestClearPinTellsWhetherThereWasOne(t *testing.T) {
	table := new(Memory)
	clears := func(what string, want bool) {
		t.Helper()
		if was, err := ClearPin(t.Context(), table, east, "bob", "over"); was != want || err != nil {
			t.Errorf("%s: ClearPin = %t, %v; want %t", what, was, err, want)
		}
	}
	clears("no item", false)
	if err := SetPin(t.Context(), table, east, Pin{Region: west, Until: time.Now().Add(time.Hour), By: "ann"}); err != nil {
		t.Fatal(err)
	}
	clears("a pin", true)
	clears("no pin any more", false)
	entries, err := ReadHistory(t.Context(), table, east)
	if last := entries[len(entries)-1]; err != nil || last.What != "unpin" || last.From != west || last.By != "bob" {
		t.Errorf("the audit trail ends in %+v, %v; want the region that was pinned, and who took that away", last, err)
	}
}
