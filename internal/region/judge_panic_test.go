package region

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// said returns the actions but for the probes, as "kind region to".
func said(actions []Action) []string {
	var words []string
	for _, a := range actions {
		if a.Kind != Probe {
			words = append(words, strings.Join(strings.Fields(a.Kind.String()+" "+a.Region+" "+a.To), " "))
		}
	}
	return words
}

func TestPanic(t *testing.T) {
	both := times(5, "soft") + "10s " + times(5, "(soft)")
	together := times(3, "cheap-soft (cheap-soft)")
	for _, c := range []struct {
		name   string
		events string
		panics bool
		doubts bool
		active string
		want   []State
	}{
		{"one after the other", both, true, false, west, []State{Down, Down}},
		{"together", together, true, true, west, []State{Down, Down}},
		{"one answers a caller", both + "2s good", false, false, east, []State{Recovering, Down}},
		{"one answers a deep probe", both + "2s (deep-good)", false, false, west, []State{Down, Recovering}},
		{"one answers a cheap probe", both + "2s (cheap-good)", true, false, west, []State{Down, Down}},
		{"one refuses for load", both + "2s load", true, false, west, []State{Down, Down}},
		{"one answers, then the other", both + "2s good (deep-good)", false, false, east, []State{Recovering, Down}},
		{"one answers, and fails again", both + "2s good " + times(5, "soft"), true, false, east, []State{Down, Down}},
		{"they fell together and one answers", together + "2s deep-good", false, false, east, []State{Healthy, Suspect}},
		{"and the other as well", together + "2s (deep-good) deep-good", false, false, east, []State{Healthy, Healthy}},
		{"and the other does not", together + "2s (deep-good) " + times(3, "deep-soft"), false, false, west, []State{Down, Healthy}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := NewJudge(alone(Broken{}))
			now := script(t, j, c.events)
			var got []State
			for _, v := range j.Verdicts() {
				got = append(got, v.State)
			}
			if !slices.Equal(got, c.want) || j.Panic() != c.panics || j.Doubtful(east) != c.doubts || j.Active() != c.active {
				t.Errorf("after %q: %v, panic %t, doubt %t, active %s; want %v, %t, %t, %s",
					c.events, got, j.Panic(), j.Doubtful(east), j.Active(), c.want, c.panics, c.doubts, c.active)
			}
			for i, condition := range j.View(now).Regions {
				if want := c.want[i] == Down && !c.panics; condition.Ejected != want {
					t.Errorf("after %q: %s ejected is %t, want %t", c.events, condition.Name, condition.Ejected, want)
				}
			}
		})
	}
	t.Run("rule broken", func(t *testing.T) {
		j := NewJudge(alone(Broken{NoPanic: true}))
		now := script(t, j, both)
		if v := j.View(now); v.Panic || !v.Regions[0].Ejected || !v.Regions[1].Ejected {
			t.Errorf("both down: %+v; want both ejected and no panic", v)
		}
	})
}

// TestPanicIsTold shows the actions of a panic from its begin to its end.
func TestPanicIsTold(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	now := script(t, j, times(2, "cheap-soft (cheap-soft)")+"cheap-soft")
	fault := Event{Kind: Probed, Region: west, Class: Soft, Began: now}
	if diff := cmp.Diff([]string{"region changed us-west-2 down", "panic begin", "doubt begin"},
		said(j.Step(now+time.Second, fault))); diff != "" {
		t.Errorf("the last region falls (-want +got):\n%s", diff)
	}
	well := Event{Kind: Probed, Region: east, Deep: true, Began: now + 2*time.Second}
	want := []string{"panic us-east-1 end", "doubt end", "region changed us-east-1 healthy", "region changed us-west-2 suspect", "active region moved us-east-1 us-east-1"}
	if diff := cmp.Diff(want, said(j.Step(now+3*time.Second, well))); diff != "" {
		t.Errorf("one answers (-want +got):\n%s", diff)
	}
}

// TestBothDead has every region fail every turn: utterances that fail everywhere
// speak against no region, so it is the probes that find out.
func TestBothDead(t *testing.T) {
	for _, fault := range faults[:5] {
		t.Run(fault.name, func(t *testing.T) {
			const begins, ends = time.Minute, 3 * time.Minute
			var w *world
			w = newWorld(Settings{Regions: []string{east, west}, Seed: 5}, 170*time.Millisecond, func(_ string, at time.Duration, kind query) answer {
				if at >= begins && at < ends {
					return fault.meet(w, kind)
				}
				return w.good()
			})
			w.run(begins + 12*time.Second)
			if fault.name != "five times slow" && !w.judge.Panic() {
				t.Errorf("12 s after both died there is no panic\n%s", w.trace())
			}
			w.run(ends + 10*time.Second)
			if w.judge.Panic() {
				t.Errorf("10 s after both came back there is panic\n%s", w.trace())
			}
			lost := w.lost
			w.run(ends + time.Minute)
			if w.lost != lost {
				t.Errorf("%d turns were lost later than 10 s after both came back, want none\n%s", w.lost-lost, w.trace())
			}
		})
	}
}

func TestThreeRegions(t *testing.T) {
	const far = "eu-central-1"
	j := NewJudge(Settings{Regions: []string{east, west, far}, ProbeLost: 1000 * time.Hour})
	script(t, j, times(5, "soft"))
	if got := j.Active(); got != west {
		t.Errorf("the first of three is down: active is %s, want %s", got, west)
	}
	script(t, j, times(5, "(soft)"))
	if got := j.Active(); got != far || j.Panic() {
		t.Errorf("the first two of three are down: active is %s, panic %t; want %s, false", got, j.Panic(), far)
	}
	if got := j.Place(j.now, "a call"); got != far {
		t.Errorf("the first two of three are down: a new call goes to %s, want %s", got, far)
	}
}

func TestOneRegion(t *testing.T) {
	j := NewJudge(Settings{Regions: []string{east}, ProbeLost: 1000 * time.Hour})
	now := script(t, j, times(5, "soft"))
	v := j.View(now)
	if j.Active() != east || !v.Panic || v.Regions[0].Ejected || j.Doubtful(east) {
		t.Errorf("the only region is down: active %s, view %+v, doubt %t; want it active, a panic, not ejected, no doubt", j.Active(), v, j.Doubtful(east))
	}
}

// TestOneRegionComesBack: it is not probed while it is well, and when it was found to be
// dead, it is seen to be back although nobody calls any more.
func TestOneRegionComesBack(t *testing.T) {
	const begins, hushed, ends = 30 * time.Second, 40 * time.Second, 2 * time.Minute
	var w *world
	w = newWorld(Settings{Regions: []string{east}, ProbeEvery: 24 * time.Hour, DeepEvery: 24 * time.Hour, Seed: 5}, 170*time.Millisecond, func(_ string, at time.Duration, _ query) answer {
		if at >= begins && at < ends {
			return answer{class: Hard, took: time.Millisecond}
		}
		return w.good()
	})
	w.run(begins)
	if n := w.probesOf(east, true, 0, w.now) + w.probesOf(east, false, 0, w.now); n != 0 {
		t.Errorf("%d probes of the only region while it was well; want none", n)
	}
	w.run(hushed)
	if !w.judge.Panic() {
		t.Fatalf("10 s after the only region died there is no panic\n%s", w.trace())
	}
	w.every = time.Hour // nobody calls any more
	w.run(ends + 15*time.Second)
	if w.judge.Panic() {
		t.Errorf("15 s after the only region came back there is panic\n%s", w.trace())
	}
}
