package region

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOpinion is what the other gateways are told.
func TestOpinion(t *testing.T) {
	const why = "5 turns in a row failed (soft), the last after 0.4 s"
	peers := func(j *Judge) { j.Step(j.now, Event{Kind: Peers, Region: east, Up: 2}) }
	for _, c := range []struct {
		name   string
		events string
		then   func(*Judge)
		want   Opinion
	}{
		{"all is well", "good", nil, Opinion{}},
		{"suspicion is no opinion", "soft soft", nil, Opinion{}},
		{"down", times(5, "soft"), nil, Opinion{Down: map[string]string{east: why}}},
		{"down, and up for all others", times(5, "soft"), peers, Opinion{Down: map[string]string{east: why}, Doubt: true}},
		{"all down", times(5, "soft") + "10s " + times(5, "(soft)"), nil, Opinion{Down: map[string]string{east: why, west: why}, Panic: true}},
		{"all down at once", times(5, "soft") + times(5, "(soft)"), nil, Opinion{Down: map[string]string{east: why, west: why}, Panic: true, Doubt: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := NewJudge(alone(Broken{}))
			script(t, j, c.events)
			if c.then != nil {
				c.then(j)
			}
			if diff := cmp.Diff(c.want, j.Opinion()); diff != "" {
				t.Errorf("after %q (-want +got):\n%s", c.events, diff)
			}
		})
	}
}

// TestFleetProbesTogether has more and more gateways probe one region.
func TestFleetProbesTogether(t *testing.T) {
	for name, grow := range map[string]func(*Judge){
		"told so":         func(j *Judge) { j.SetObservers(20) },
		"by their votes":  func(j *Judge) { j.Step(0, Event{Kind: Peers, Region: west, Up: 15, DownVotes: 4}) },
		"told of nothing": func(j *Judge) { j.SetObservers(-1) },
	} {
		w := well(Settings{}, 0)
		grow(w.judge)
		w.run(10 * time.Minute)
		n := w.probesOf(west, true, 0, w.now) + w.probesOf(west, false, 0, w.now)
		if few := between(n, 27, 34); few != (name != "told of nothing") {
			t.Errorf("one of 20 gateways, %s: %d probes of %s in 10 min", name, n, west)
		}
	}
}

// TestAskingIsCheap counts what the path of every turn allocates.
func TestAskingIsCheap(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	now := script(t, j, times(30, "good"))
	e := Event{Kind: Outcome, Region: east, Began: now, Took: 400 * time.Millisecond, Turn: 1}
	for what, c := range map[string]struct {
		most float64
		do   func()
	}{
		"view":                {1, func() { _ = j.View(now) }},
		"place":               {0, func() { _ = j.Place(now, "CA0123456789") }},
		"step with an answer": {0, func() { j.Step(now, e) }},
	} {
		if got := testing.AllocsPerRun(100, c.do); got > c.most {
			t.Errorf("%s allocates %.0f times, want at most %.0f", what, got, c.most)
		}
	}
}
