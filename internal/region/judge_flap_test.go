package region

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// fault is a way for a region to be in trouble.
type fault struct {
	name  string
	total bool // every turn and every deep probe meets it
	meet  func(w *world, kind query) answer
}

var faults = []fault{
	{"errors at once", true, func(*world, query) answer { return answer{class: Soft, took: 30 * time.Millisecond} }},
	{"black hole", true, func(*world, query) answer { return answer{gone: true} }},
	{"alias deleted", true, func(*world, query) answer { return answer{class: Hard, took: 40 * time.Millisecond} }},
	{"five times slow", true, func(w *world, _ query) answer {
		got := w.good()
		got.took *= 5
		return got
	}},
	{"only sessions open", true, func(w *world, kind query) answer {
		if kind == cheap {
			return w.good()
		}
		return answer{gone: true}
	}},
	{"a third fails", false, func(w *world, _ query) answer {
		if w.rng.IntN(10) < 3 {
			return answer{class: Soft, took: 30 * time.Millisecond}
		}
		return w.good()
	}},
	{"deaf, but reads", false, func(w *world, kind query) answer {
		if kind == turn {
			return answer{class: Soft, took: 30 * time.Millisecond}
		}
		return w.good()
	}},
}

// crowds are how often somebody speaks.
var crowds = []struct {
	name  string
	every time.Duration
}{
	{"50 calls", 170 * time.Millisecond},
	{"5 calls", 1700 * time.Millisecond},
	{"1 call", 8500 * time.Millisecond},
	{"no calls", 0},
}

// TestFaults has the home region break in every way, with many callers, few and
// none, and asks how soon new calls go elsewhere, and that they stay there.
func TestFaults(t *testing.T) {
	const begins = time.Minute
	for _, fault := range faults {
		for _, crowd := range crowds {
			t.Run(fault.name+"/"+crowd.name, func(t *testing.T) {
				for seed := range uint64(6) {
					var w *world
					w = newWorld(Settings{Regions: []string{east, west}, Seed: seed}, crowd.every, func(region string, at time.Duration, kind query) answer {
						if region == east && at >= begins {
							return fault.meet(w, kind)
						}
						return w.good()
					})
					w.run(begins)
					for w.now < begins+10*time.Second {
						w.run(w.now + 50*time.Millisecond)
						w.now += 50 * time.Millisecond
					}
					if got := w.judge.Place(w.now, "a new call"); fault.total && got != west {
						t.Errorf("seed %d: 10 s after the fault a new call goes to %s, want %s\n%s", seed, got, west, w.trace())
					}
					w.run(5 * time.Minute)
					if got := w.moves(); fault.total && len(got) != 1 {
						t.Errorf("seed %d: the active region moved %q, want once", seed, got)
					}
					if w.lost > 0 {
						t.Errorf("seed %d: %d turns were lost, want none\n%s", seed, w.lost, w.trace())
					}
					if fault.name == "deaf, but reads" && crowd.every > 0 && crowd.every < 2*time.Second && len(w.moves()) == 0 {
						t.Errorf("seed %d: the active region did not move, though no caller was heard", seed)
					}
				}
			})
		}
	}
}

// TestFlapping has the home region come and go for an hour.
func TestFlapping(t *testing.T) {
	for _, c := range []struct {
		period time.Duration
		most   int
	}{
		{15 * time.Second, 2},
		{60 * time.Second, 2},
		{300 * time.Second, 8},
	} {
		for _, fault := range faults[:5] {
			for _, crowd := range crowds {
				t.Run(fmt.Sprintf("%s/%s/%s", c.period, fault.name, crowd.name), func(t *testing.T) {
					var w *world
					w = newWorld(Settings{Regions: []string{east, west}, Seed: 3}, crowd.every, func(region string, at time.Duration, kind query) answer {
						if region == east && at/c.period%2 == 1 {
							return fault.meet(w, kind)
						}
						return w.good()
					})
					w.run(time.Hour)
					if got := w.moves(); len(got) < 1 || len(got) > c.most {
						t.Errorf("the active region moved %q, want 1 to %d times", got, c.most)
					}
					if w.lost > 0 {
						t.Errorf("%d turns were lost, want none", w.lost)
					}
				})
			}
		}
	}
}

// TestFailBack has the home region break and come back for good: it is given
// calls again after the hold, little by little.
func TestFailBack(t *testing.T) {
	const begins, ends = 60 * time.Second, 120 * time.Second
	w := (*world)(nil)
	w = newWorld(Settings{Regions: []string{east, west}}, 170*time.Millisecond, func(region string, at time.Duration, _ query) answer {
		if region == east && at >= begins && at < ends {
			return answer{gone: true}
		}
		return w.good()
	})
	w.run(5 * time.Minute)
	var back time.Duration
	for _, a := range w.actions {
		if a.Kind == Moved && a.To == east {
			back = a.at
		}
	}
	if len(w.moves()) != 2 || back < ends+60*time.Second || back > ends+85*time.Second {
		t.Fatalf("the active region moved %q, want away and back within 60 to 85 s of %s\n%s", w.moves(), ends, w.trace())
	}
	for _, c := range []struct {
		after    time.Duration
		min, max int
	}{
		{time.Second, 70, 130},
		{19 * time.Second, 70, 130},
		{21 * time.Second, 440, 560},
		{39 * time.Second, 440, 560},
		{41 * time.Second, 1000, 1000},
	} {
		w := (*world)(nil)
		w = newWorld(Settings{Regions: []string{east, west}}, 170*time.Millisecond, func(region string, at time.Duration, _ query) answer {
			if region == east && at >= begins && at < ends {
				return answer{gone: true}
			}
			return w.good()
		})
		w.run(back + c.after)
		home := 0
		for call := range 1000 {
			if w.judge.Place(back+c.after, fmt.Sprintf("CA%032x", call)) == east {
				home++
			}
		}
		if home < c.min || home > c.max {
			t.Errorf("%s after it came back %d of 1000 new calls go home, want %d to %d", c.after, home, c.min, c.max)
		}
	}
}

// TestRandomErrors feeds ten days of 50 calls whose turns fail at random, with
// lost races and slow answers beside, and asks that the active region never moves.
func TestRandomErrors(t *testing.T) {
	const days, pause = 10, 170 * time.Millisecond
	for _, c := range []struct {
		name              string
		fail, lose, crawl float64 // shares of the turns
		probes            float64 // share of the probes that fail
		pause             time.Duration
	}{
		{"1 % fail, 4 % lose the race, 1 % are slow", 0.01, 0.04, 0.01, 0.01, pause},
		{"2 % fail", 0.02, 0, 0, 0.01, 3 * pause},
		{"few calls", 0.01, 0.04, 0.01, 0.01, 3 * time.Second},
		{"no calls", 0, 0, 0, 0.01, 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			length := time.Duration(days * 24 * time.Hour)
			if testing.Short() || underRace {
				length /= 10
			}
			rng := rand.New(rand.NewPCG(11, 12))
			j := NewJudge(Settings{Regions: []string{east, west}})
			turns, moves := 0, 0
			var tell func(now time.Duration, e Event)
			tell = func(now time.Duration, e Event) {
				var ask []Action
				for _, a := range j.Step(now, e) {
					switch a.Kind {
					case Moved:
						moves++
						t.Errorf("after %d turns the active region moved from %s to %s: %s", turns, a.From, a.To, a.Why)
					case Probe:
						ask = append(ask, a)
					}
				}
				for _, a := range ask {
					answer := Event{Kind: Probed, Region: a.Region, Deep: a.Deep, Began: now, Took: 50 * time.Millisecond}
					if rng.Float64() < c.probes {
						answer.Class = Soft
					}
					tell(now, answer)
				}
			}
			for now, next := time.Duration(0), c.pause; now < length; {
				if now = min(next, j.Next()); now < next {
					tell(now, Event{Kind: Tick})
					continue
				}
				next += c.pause
				turns++
				e := Event{Kind: Outcome, Region: east, Began: now - 450*time.Millisecond, Took: 450 * time.Millisecond, Turn: uint64(turns)}
				switch dice := rng.Float64(); {
				case dice < c.fail:
					e.Class = Soft
				case dice < c.fail+c.lose:
					e.Kind = LostRace
				case dice < c.fail+c.lose+c.crawl:
					e.Took = 2 * time.Second
				}
				tell(now, e)
			}
			t.Logf("%d turns, %d moves", turns, moves)
		})
	}
}
