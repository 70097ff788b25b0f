package simulate

import (
	"testing"
	"time"

	"lexline/internal/region"
)

// put sends an utterance to a region, whole, and returns what comes of it within
// ten seconds, and whether anything does.
func put(r *run, i int, u utterance, state *dialog) (out outcome, answered bool) {
	q := &request{bot: r.bots[i], home: r.bots[i], what: u, done: func(o outcome) { out, answered = o, true }}
	if state != nil {
		q.carries, q.state = true, state.bytes()
	}
	q.home.send(q)
	q.home.complete(q)
	for end := r.w.now + 10*time.Second; r.w.next(end); {
		if answered {
			return out, true
		}
	}
	return out, answered
}

// asks makes a run with nothing in it but its regions.
func asks(faults ...Fault) (*run, func(number int, value uint8) utterance) {
	r := still(0, faults...)
	r.w.queue = nil
	said(r, 0, 0)
	return r, func(number int, value uint8) utterance {
		return utterance{call: r.callers[0], number: number, key: number, value: value, yes: value == 0}
	}
}

func TestRegionsKeepSessionsOfTheirOwn(t *testing.T) {
	r, say := asks()
	put(r, 0, say(1, 7), nil)
	there, _ := put(r, 1, say(2, 8), nil)
	if want := (dialog{N: 1, Slots: [8]uint8{8}}); there.state != want {
		t.Errorf("a region that knows nothing of turn 1 stands at %v; want %v: what a replay without state loses", there.state, want)
	}
	carried, _ := put(r, 1, say(2, 8), &dialog{N: 1, Slots: [8]uint8{7}})
	if want := (dialog{N: 2, Slots: [8]uint8{7, 8}}); carried.state != want {
		t.Errorf("with the state it stands at %v; want %v", carried.state, want)
	}
}

func TestOrdersArePlacedByKey(t *testing.T) {
	for _, hook := range []bool{true, false} {
		r, say := asks()
		r.ledger.hook = hook
		whole := dialog{N: 2, Slots: [8]uint8{7, 8}}
		put(r, 0, say(3, 0), &whole)
		again, _ := put(r, 1, say(3, 0), &whole)
		want := 2
		if hook {
			want = 1
		}
		if got := r.ledger.placed[turnKey{0, 1}]; got != want || again.state != (dialog{Order: 1}) {
			t.Errorf("with a hook: %v: the order was placed %d times, the second answer stands at %v; want %d, order 1", hook, got, again.state, want)
		}
	}
}

func TestFaultsOfARegion(t *testing.T) {
	during := func(kind FaultKind, share float64) []Fault {
		return []Fault{{Kind: kind, Share: share, To: time.Hour}}
	}
	tests := []struct {
		name     string
		faults   []Fault
		class    region.Class
		unsent   bool
		silent   bool // it may be
		executed bool
	}{
		{"none", nil, region.None, false, false, true},
		{"errors", during(Errors, 1), region.Soft, false, false, false},
		{"hang", during(Hang, 1), "", false, true, false},
		{"black hole", during(BlackHole, 1), region.Soft, true, true, false},
		{"gone", during(Gone, 1), region.Hard, true, false, false},
		{"slow", during(Slow, 4), region.None, false, false, true},
		{"throttle", during(Throttle, 1), region.Load, true, false, false},
		{"cut", during(Cut, 1), region.Soft, false, false, true},
		{"the bot fails", during(BotFails, 1), region.Bot, false, false, false},
		{"another gateway's network", []Fault{{Kind: Hang, Share: 1, To: time.Hour, Only: 2}}, region.None, false, false, true},
	}
	for _, tt := range tests {
		for range 8 { // some of it is left to chance
			r, say := asks(tt.faults...)
			out, answered := put(r, 0, say(1, 7), nil)
			executed := r.bots[0].session(0).lastTurn == 1
			if answered && (out.class != tt.class || out.unsent != tt.unsent) || !answered && !tt.silent || executed != tt.executed {
				t.Errorf("%s: answered %v with class %q, unsent %v, executed %v; want class %q, %v, %v",
					tt.name, answered, out.class, out.unsent, executed, tt.class, tt.unsent, tt.executed)
			}
		}
	}
}

func TestTwoRequestsOnOneSession(t *testing.T) {
	r, say := asks()
	first := &request{bot: r.bots[0], home: r.bots[0], what: say(1, 7), done: func(outcome) {}}
	r.bots[0].send(first)
	r.bots[0].complete(first)
	if out, answered := put(r, 0, say(1, 7), nil); !answered || !out.conflict {
		t.Errorf("a second request at once: %+v, answered %v; want a conflict", out, answered)
	}
}

func TestProbesSayWhatARegionIsLike(t *testing.T) {
	for kind, want := range map[FaultKind]region.Class{
		Errors: region.Soft, Hang: region.Soft, BlackHole: region.Soft, Gone: region.Hard, Throttle: region.Load, Cut: region.None,
	} {
		r, _ := asks(Fault{Kind: kind, Share: 1, To: time.Hour})
		var got *reply
		r.bots[0].probe(0, true, func(answer reply) { got = &answer })
		for r.w.next(2 * time.Second) { // all of it
		}
		if got == nil || got.class != want {
			t.Errorf("%v: a probe finds %+v; want class %q", kind, got, want)
		}
	}
}
