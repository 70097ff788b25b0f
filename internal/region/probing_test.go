package region

import (
	"testing"
	"time"
)

// well is a world in which nothing is wrong.
func well(s Settings, every time.Duration) *world {
	s.Regions = []string{east, west}
	w := (*world)(nil)
	w = newWorld(s, every, func(string, time.Duration, query) answer { return w.good() })
	return w
}

// between reports whether n is one of a range.
func between(n, least, most int) bool { return least <= n && n <= most }

// TestProbes counts the probes of ten minutes.
func TestProbes(t *testing.T) {
	down := func(w *world) {
		w.ask = func(region string, _ time.Duration, kind query) answer {
			if region == west {
				return answer{class: Soft, took: time.Millisecond}
			}
			return w.good()
		}
	}
	for _, c := range []struct {
		name                  string
		settings              Settings
		every                 time.Duration
		change                func(*world)
		region                string
		cheapLeast, cheapMost int
		deepLeast, deepMost   int
	}{
		{name: "a region with callers needs none", every: 170 * time.Millisecond, region: east},
		{name: "its standby, each 2 s and every third one deep", every: 170 * time.Millisecond, region: west, cheapLeast: 190, cheapMost: 210, deepLeast: 90, deepMost: 110},
		{name: "nobody calls", region: east, cheapLeast: 190, cheapMost: 210, deepLeast: 90, deepMost: 110},
		{name: "down, each 10 s and all deep", change: down, region: west, cheapMost: 1, deepLeast: 55, deepMost: 66},
		{name: "five gateways", settings: Settings{Observers: 5}, region: west, deepLeast: 115, deepMost: 125},
		{name: "fifty gateways", settings: Settings{Observers: 50}, region: west, deepLeast: 10, deepMost: 14},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := well(c.settings, c.every)
			if c.change != nil {
				c.change(w)
			}
			w.run(10 * time.Minute)
			if n := w.probesOf(c.region, false, 0, w.now); !between(n, c.cheapLeast, c.cheapMost) {
				t.Errorf("%d cheap probes of %s in 10 min, want %d to %d", n, c.region, c.cheapLeast, c.cheapMost)
			}
			if n := w.probesOf(c.region, true, 0, w.now); !between(n, c.deepLeast, c.deepMost) {
				t.Errorf("%d deep probes of %s in 10 min, want %d to %d", n, c.region, c.deepLeast, c.deepMost)
			}
		})
	}
}

// TestProbesOfSuspects has a suspect probed deeply, each second, and half as often when throttled.
func TestProbesOfSuspects(t *testing.T) {
	for _, c := range []struct {
		events      string
		least, most int
	}{
		{"soft soft", 10, 11},
		{"soft soft load", 5, 6},
	} {
		j := NewJudge(alone(Broken{}))
		now := script(t, j, c.events)
		j.regions[0].probes.underWay = false
		n := 0
		for range 100 {
			now += 100 * time.Millisecond
			for _, a := range j.Step(now, Event{Kind: Tick}) {
				if a.Kind == Probe && a.Region == east {
					n++
					if !a.Deep {
						t.Errorf("after %q: a suspect was probed cheaply", c.events)
					}
					j.regions[0].probes.underWay = false // as if answered, and the answer told nothing
				}
			}
		}
		if !between(n, c.least, c.most) {
			t.Errorf("after %q: %d probes in 10 s, want %d to %d", c.events, n, c.least, c.most)
		}
	}
}

// TestProbesAreSpread asks that gateways that start together do not probe together.
func TestProbesAreSpread(t *testing.T) {
	var first [4]int // probes in each quarter of the first pause
	for seed := range uint64(400) {
		w := well(Settings{Seed: seed}, 0)
		w.run(2 * time.Second)
		for _, a := range w.actions {
			if a.Kind == Probe && a.Region == east {
				first[min(a.at*4/(2*time.Second), 3)]++
				break
			}
		}
	}
	for quarter, n := range first {
		if !between(n, 70, 130) {
			t.Errorf("%d of 400 gateways send their first probe in quarter %d of the first pause, want about 100: %v", n, quarter, first)
		}
	}
}

// TestUnansweredProbe has an edge that does not answer, or answers late.
func TestUnansweredProbe(t *testing.T) {
	j := NewJudge(Settings{Regions: []string{east}})
	sent := time.Duration(-1)
	probes := 0
	step := func(now time.Duration, e Event) {
		for _, a := range j.Step(now, e) {
			if a.Kind == Probe {
				probes++
				sent = now
			}
		}
	}
	for now := time.Duration(0); sent < 0; now = j.Next() {
		step(now, Event{Kind: Tick})
	}
	first := sent
	step(first+2900*time.Millisecond, Event{Kind: Tick})
	if got := j.Verdicts()[0].State; probes != 1 || got != Healthy {
		t.Fatalf("2.9 s without an answer: %d probes, %s; want 1 under way and no verdict", probes, got)
	}
	if next := j.Next(); next != first+3*time.Second {
		t.Errorf("the probe is given up at %s, the next tick is wanted at %s", first+3*time.Second, next)
	}
	step(first+3*time.Second, Event{Kind: Tick})
	if got := j.Verdicts()[0]; got.State != Suspect || got.Why != "a probe failed (soft)" {
		t.Errorf("3 s without an answer: %s (%s), want suspect", got.State, got.Why)
	}
	step(first+3100*time.Millisecond, Event{Kind: Probed, Region: east, Deep: true, Began: first})
	if got := j.Verdicts()[0].State; got != Suspect {
		t.Errorf("a good answer after it was given up: %s, want %s still", got, Suspect)
	}
	step(first+3200*time.Millisecond, Event{Kind: Probed, Region: east, Deep: true, Began: first + 3*time.Second})
	if got := j.Verdicts()[0].State; got != Healthy {
		t.Errorf("a good answer to the next: %s, want %s", got, Healthy)
	}
}

// TestOneProbeAtATime watches a world with a slow region.
func TestOneProbeAtATime(t *testing.T) {
	w := well(Settings{}, 0)
	w.ask = func(region string, _ time.Duration, _ query) answer {
		return answer{gone: region == east, took: 900 * time.Millisecond}
	}
	w.run(5 * time.Minute)
	last := map[string]time.Duration{}
	for _, a := range w.actions {
		if a.Kind != Probe {
			continue
		}
		if before, some := last[a.Region]; some && a.at-before < 900*time.Millisecond {
			t.Fatalf("probes of %s at %s and %s: two at a time", a.Region, before, a.at)
		}
		last[a.Region] = a.at
	}
}
