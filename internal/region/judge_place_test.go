package region

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPin(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	pin := Event{Kind: PinSet, Region: west, For: time.Minute, By: "ada", Why: "maintenance"}
	if diff := cmp.Diff([]string{"pin us-west-2 us-west-2", "active region moved us-west-2 us-west-2"}, said(j.Step(seconds(10), pin))); diff != "" {
		t.Errorf("pin (-want +got):\n%s", diff)
	}
	if got := j.out[1].Why; got != "pinned by ada: maintenance" {
		t.Errorf("it moved because %q, want the operator's reason", got)
	}
	now := script(t, j, times(5, "(soft)"))
	view := j.View(now)
	if j.Active() != west || view.Pinned != west || j.Place(now, "a call") != west || !view.Regions[1].Ejected {
		t.Errorf("pinned, and down: active %s, view %+v; want calls there although it is down", j.Active(), view)
	}
	if next := j.Next(); next > seconds(70) {
		t.Errorf("the pin ends at 70 s, the next tick is wanted at %s", next)
	}
	if diff := cmp.Diff([]string{"pin us-west-2", "active region moved us-east-1 us-east-1"}, said(j.Step(seconds(70), Event{Kind: Tick}))); diff != "" {
		t.Errorf("the pin's time is over (-want +got):\n%s", diff)
	}
	j.Step(seconds(80), Event{Kind: PinSet, Region: west, For: time.Hour, By: "ada"})
	if diff := cmp.Diff([]string{"pin us-west-2", "active region moved us-east-1 us-east-1"}, said(j.Step(seconds(90), Event{Kind: PinEnded, By: "ada"}))); diff != "" {
		t.Errorf("the pin is taken away (-want +got):\n%s", diff)
	}
	for name, e := range map[string]Event{
		"no pin to end":      {Kind: PinEnded},
		"a pin for no time":  {Kind: PinSet, Region: west, By: "ada"},
		"a pin to somewhere": {Kind: PinSet, Region: "mars-north-1", For: time.Hour},
	} {
		if got := said(j.Step(seconds(100), e)); got != nil {
			t.Errorf("%s: %v, want nothing", name, got)
		}
	}
	j = NewJudge(alone(Broken{PinIgnored: true}))
	j.Step(seconds(10), pin)
	if view := j.View(seconds(11)); j.Active() != east || view.Pinned != "" {
		t.Errorf("rule broken, pinned: active %s, view %+v; want no pin", j.Active(), view)
	}
}

// TestPlaceAvoidsSuspects has a suspect stay active and get no new calls.
func TestPlaceAvoidsSuspects(t *testing.T) {
	j := NewJudge(alone(Broken{}))
	now := script(t, j, "soft soft")
	if got := j.Active(); got != east {
		t.Errorf("home is suspect: active is %s, want %s", got, east)
	}
	if got := j.Place(now, "a call"); got != west {
		t.Errorf("home is suspect: a new call goes to %s, want %s", got, west)
	}
	now = script(t, j, "(soft) (soft)")
	if got := j.Place(now, "a call"); got != east {
		t.Errorf("both are suspect: a new call goes to %s, want %s", got, east)
	}
}

func TestShareIsEven(t *testing.T) {
	var counts [100]int
	for i := range 100_000 {
		counts[share(string(rune('a'+i%26))+time.Duration(i).String())]++
	}
	for percent, n := range counts {
		if n < 800 || n > 1200 {
			t.Errorf("of 100000 calls %d have share %d, want about 1000", n, percent)
		}
	}
}

func TestPeers(t *testing.T) {
	peers := func(region string, up, down int) Event {
		return Event{Kind: Peers, Region: region, Up: up, DownVotes: down}
	}
	t.Run("advice at the start", func(t *testing.T) {
		j := NewJudge(alone(Broken{}))
		j.Step(1, peers(east, 1, 2))
		if got := j.Verdicts()[0]; got.State != Suspect || got.Why != "2 of 3 other gateways hold it down" {
			t.Errorf("2 of 3 hold it down: %s (%s), want suspect by their advice", got.State, got.Why)
		}
		if got := j.Place(1, "a call"); got != west {
			t.Errorf("others hold it down: a new call goes to %s, want %s", got, west)
		}
		script(t, j, times(4, "deep-good"))
		if got := j.Verdicts()[0].State; got != Suspect {
			t.Errorf("4 of our own probes were good: %s, want %s", got, Suspect)
		}
		script(t, j, "deep-good")
		if got := j.Verdicts()[0].State; got != Healthy {
			t.Errorf("5 of our own probes were good: %s, want %s", got, Healthy)
		}
	})
	t.Run("where the table sends calls", func(t *testing.T) {
		j := NewJudge(alone(Broken{}))
		j.Step(1, Event{Kind: Advice, Region: west})
		if got := j.Place(1, "a call"); got != west || j.Active() != east {
			t.Errorf("the table says %s: a new call goes to %s, active is %s; want %s for now, and no move", west, got, j.Active(), west)
		}
		script(t, j, "good")
		j.Step(j.now, Event{Kind: Advice, Region: west})
		if got := j.Place(j.now, "a call"); got != east {
			t.Errorf("the table says %s, and %s answered: a new call goes to %s, want %s", west, east, got, east)
		}
	})
	t.Run("a tie is no advice", func(t *testing.T) {
		j := NewJudge(alone(Broken{}))
		j.Step(1, peers(east, 1, 1))
		if got := j.Verdicts()[0].State; got != Healthy {
			t.Errorf("1 of 2 hold it down: %s, want %s", got, Healthy)
		}
	})
	t.Run("no advice against evidence", func(t *testing.T) {
		j := NewJudge(alone(Broken{}))
		now := script(t, j, "good")
		j.Step(now, peers(east, 0, 9))
		if got := j.Verdicts()[0].State; got != Healthy {
			t.Errorf("all others hold down what answered: %s, want %s", got, Healthy)
		}
	})
	t.Run("a second opinion", func(t *testing.T) {
		j := NewJudge(alone(Broken{}))
		now := script(t, j, times(5, "soft"))
		if diff := cmp.Diff([]string{"doubt us-east-1 begin"}, said(j.Step(now, peers(east, 2, 1)))); diff != "" {
			t.Errorf("others hold it up (-want +got):\n%s", diff)
		}
		if got := j.Active(); got != west || !j.Doubtful(east) || j.Doubtful(west) {
			t.Errorf("others hold it up: active %s, doubtful %t, the other %t; want our own verdict with doubt", got, j.Doubtful(east), j.Doubtful(west))
		}
		if diff := cmp.Diff([]string{"doubt us-east-1 end"}, said(j.Step(now, peers(east, 1, 1)))); diff != "" {
			t.Errorf("others are of two minds (-want +got):\n%s", diff)
		}
	})
}
