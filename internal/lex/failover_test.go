package lex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/region"
)

type reply = func(p *place, w http.ResponseWriter, r *request)

func resetAfter(bytes int) reply {
	return onUtterance(func(_ *place, w http.ResponseWriter, r *request) {
		r.hear(bytes)
		reset(w)
	})
}

func errorAfter(bytes, status int, kind string) reply {
	return onUtterance(func(_ *place, w http.ResponseWriter, r *request) {
		http.NewResponseController(w).EnableFullDuplex()
		r.hear(bytes)
		fail(w, status, kind)
	})
}

func slow(d time.Duration) reply {
	return onUtterance(func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		select {
		case <-time.After(d):
			answerWell(p, w, r, heardIn(p, r))
		case <-r.in.Context().Done():
			p.mu.Lock()
			r.Gone = p.world.now()
			p.mu.Unlock()
		}
	})
}

func refusing(context.Context) error { return errors.New("connection refused") }

func blackHole(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

const half = 8000 // bytes of half a second on the wire

// A turn that the region of its call fails on is answered by the other one, from
// its first byte, with the state of the call in the same request and under the
// same key. Times count from the end of the utterance, which takes a second.
func TestTurnIsAnsweredElsewhere(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name     string
		east     reply
		reach    func(context.Context) error
		sentAt   time.Duration // when the other region is asked, from the begin of the utterance
		answered time.Duration // from its end
		class    region.Class  // that the failed attempt is counted under
		hedges   int64
		gone     time.Duration // when the first region's request is cancelled, from the begin of the utterance; 0: it was not
		firstHas int           // bytes that the first region got
	}{
		{name: "5xx at the end", east: failing(500, "InternalServerException"), sentAt: 1000 * ms, class: region.Soft, firstHas: 16000},
		{name: "5xx while the caller talks", east: errorAfter(half, 500, "InternalServerException"), sentAt: 500 * ms, class: region.Soft, firstHas: half},
		{name: "reset at the end", east: resetAfter(0), sentAt: 1000 * ms, class: region.Soft, firstHas: 16000},
		// A break is noticed with the next words.
		{name: "reset while the caller talks", east: resetAfter(half), sentAt: 600 * ms, class: region.Soft, firstHas: half},
		{name: "alias gone", east: errorAfter(1600, 404, "ResourceNotFoundException"), sentAt: 100 * ms, class: region.Hard, firstHas: 1600},
		{name: "no access", east: errorAfter(1600, 403, "AccessDeniedException"), sentAt: 100 * ms, class: region.Hard, firstHas: 1600},
		{name: "throttled", east: failing(429, "ThrottlingException"), sentAt: 1000 * ms, class: region.Load, firstHas: 16000},
		{name: "the bot's function failed", east: failing(424, "DependencyFailedException"), sentAt: 1000 * ms, class: region.Bot, firstHas: 16000},
		{name: "dial refused", reach: refusing, sentAt: 0, class: region.Soft},
		{name: "dial black-holed", reach: blackHole, sentAt: 500 * ms, class: region.Soft},
		{
			name: "hang after it was heard", east: hanging(), sentAt: 1900 * ms, answered: 900 * ms, hedges: 1, gone: 1900 * ms,
			firstHas: 16000,
		},
		{
			name: "hang while the caller talks", sentAt: 1900 * ms, answered: 900 * ms, hedges: 1, firstHas: half,
			east: onUtterance(func(p *place, _ http.ResponseWriter, r *request) {
				r.hear(half)
				<-p.far.closed // a process that was stopped notices nothing
			}),
		},
		{name: "slow", east: slow(4 * time.Second), sentAt: 1900 * ms, answered: 900 * ms, hedges: 1, gone: 1900 * ms, firstHas: 16000},
		{name: "nonsense", sentAt: 1000 * ms, class: region.Soft, firstHas: 16000, east: onUtterance(func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			io.WriteString(w, "<html>It works!</html>")
		})},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{Once: true}, east, west)
			session := w.client.Session(caller)
			w.first(t, session)
			w.at(east).tell(tt.east)
			if tt.reach != nil {
				w.at(east).reach(tt.reach)
			}
			a := w.say(t.Context(), session, 2)
			if a.err != nil || a.answered != tt.answered || a.returned != tt.answered {
				t.Errorf("answered after %v, returned %v, %v after the end of the utterance; want %v", a.err, a.answered, a.returned, tt.answered)
			}
			wholeVoice(t, a)
			w.checkReplay(t, tt.sentAt)
			if first := w.at(east).seen(); tt.reach == nil {
				if len(first) != 1 || first[0].Gone != tt.gone || !bytes.Equal(first[0].body, secondSent[:tt.firstHas]) {
					t.Errorf("first region: %d requests, cancelled at %v, %d bytes heard; want 1, %v, %d",
						len(first), first[0].Gone, len(first[0].body), tt.gone, tt.firstHas)
				}
			}
			n := w.client.Counters()
			if n.Replays != 1 || n.Hedges != tt.hedges || n.Raced != tt.hedges || n.Moved != 1 || n.Late != 0 ||
				tt.class != region.None && n.Attempts[tt.class] != 1 {
				t.Errorf("counters %+v; want 1 replay, %d of them hedges, 1 move, a failed attempt of class %q", n, tt.hedges, tt.class)
			}
			if c := w.condition(east); c.Ejected || c.Throttled != (tt.class == region.Load) {
				t.Errorf("condition of %s after one failure: %+v; want it not ejected", east, c)
			}
			if turn, state := session.State(); turn != 2 || session.Region() != west || !bytes.Contains(state, []byte(west)) {
				t.Errorf("after the turn: turn %d in %s, state %s; want turn 2 in %s", turn, session.Region(), state, west)
			}
		})
	}
}

// checkReplay fails unless the second region was asked once, at the given time,
// for all of turn 2.
func (w *world) checkReplay(t *testing.T, sentAt time.Duration) {
	t.Helper()
	got := w.at(west).seen()
	if len(got) != 1 {
		t.Fatalf("second region was asked %d times, want once", len(got))
	}
	if r := got[0]; r.At != sentAt || !bytes.Equal(r.body, secondSent) || r.State != stateIn(east) || r.Key != caller.ID+"/2" {
		t.Errorf("second region was asked at %v for %d bytes under key %s with state %s; want %v, %d, %s, %s",
			r.At, len(r.body), r.Key, r.State, sentAt, len(secondSent), caller.ID+"/2", stateIn(east))
	}
}

// Whoever answers first counts, and the other is cancelled.
func TestHedgeIsARace(t *testing.T) {
	tests := []struct {
		name       string
		east, west reply
		answered   time.Duration
		region     string
		asked      bool // the second region
	}{
		{"the first one in time", slow(899 * time.Millisecond), nil, 899 * time.Millisecond, east, false},
		{"the first one wins", slow(1200 * time.Millisecond), slow(time.Second), 1200 * time.Millisecond, east, true},
		{"the second one wins", slow(2 * time.Second), slow(300 * time.Millisecond), 1200 * time.Millisecond, west, true},
		{"the second one fails", slow(2 * time.Second), failing(500, "x"), 2 * time.Second, east, true},
		{"the first one fails later", func(p *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			time.Sleep(time.Second)
			reset(w)
		}, slow(time.Second), 1900 * time.Millisecond, west, true},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{Once: true}, east, west)
			session := w.client.Session(caller)
			w.first(t, session)
			w.at(east).tell(tt.east)
			w.at(west).tell(tt.west)
			a := w.say(t.Context(), session, 2)
			if a.err != nil || a.answered != tt.answered || session.Region() != tt.region {
				t.Errorf("answered by %s after %v, %v; want %s, %v", session.Region(), a.answered, a.err, tt.region, tt.answered)
			} else if a.answer.Region != tt.region {
				t.Errorf("the answer is of region %q; want %s", a.answer.Region, tt.region)
			}
			wholeVoice(t, a)
			second := w.at(west).seen()
			if len(second) > 0 != tt.asked {
				t.Fatalf("second region was asked %d times, want %v", len(second), tt.asked)
			}
			if !tt.asked {
				return
			}
			first := w.at(east).seen()[0]
			loser := first
			if tt.region == east {
				loser = second[0]
			}
			if tt.name != "the second one fails" && tt.name != "the first one fails later" && loser.Gone != time.Second+tt.answered {
				t.Errorf("the loser's request was cancelled at %v, want %v", loser.Gone, time.Second+tt.answered)
			}
			// What the loser did is not known: its session is told the state anew.
			w.mark()
			w.at(east).tell(nil)
			w.at(west).tell(nil)
			w.at(session.Region()).tell(failing(500, "x"))
			if a := w.say(t.Context(), session, 3); a.err != nil {
				t.Fatalf("turn 3: %v", a.err)
			}
			other := map[string]string{east: west, west: east}[tt.region]
			if got := w.at(other).seen(); len(got) != 1 || !bytes.Contains([]byte(got[0].State), []byte(`"turn":"`+caller.ID+`/2"`)) {
				t.Errorf("the loser was asked %d times for turn 3, with state %v; want once with that of turn 2", len(got), got)
			}
		})
	}
}

// A call stays where it was answered; the other region is not asked again.
func TestCallStaysMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(failing(500, "x"))
		w.say(t.Context(), session, 2)
		w.at(east).tell(nil)
		w.mark()
		for n := range 3 {
			if a := w.say(t.Context(), session, 3+n); a.err != nil || a.answered != 0 {
				t.Errorf("turn %d answered after %v, %v; want at once", 3+n, a.answered, a.err)
			}
		}
		second := w.at(west).seen()
		if len(w.at(east).seen()) != 0 || len(second) != 3 {
			t.Fatalf("regions asked %d and %d times, want 0 and 3", len(w.at(east).seen()), len(second))
		}
		for _, r := range second {
			if r.State != "" {
				t.Errorf("a region that holds the call was told the state %s, want none", r.State)
			}
		}
		// Back again only because the second region fails too, and then with the state.
		w.mark()
		w.at(west).tell(failing(500, "x"))
		if a := w.say(t.Context(), session, 6); a.err != nil || session.Region() != east {
			t.Fatalf("turn 6 answered in %s, %v; want %s", session.Region(), a.err, east)
		}
		if got := w.at(east).seen()[0]; !bytes.Contains([]byte(got.State), []byte(`"turn":"`+caller.ID+`/5"`)) {
			t.Errorf("state carried back: %s; want that of turn 5", got.State)
		}
		if a := w.client.Session(call.Info{ID: "CA2"}); a.Region() != "" {
			t.Errorf("a new call is in %s before its first turn, want nowhere", a.Region())
		}
	})
}

// Throttling moves turns, never a region, and there are no hedges meanwhile: the
// throttled region and its stand-in are given no more than they must have.
func TestThrottlingSpillsAndStopsHedges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		w.at(east).tell(failing(429, "ThrottlingException"))
		for n := range 20 {
			session := w.client.Session(call.Info{ID: fmt.Sprintf("CA%d", n)})
			if a := ask(t.Context(), session, spokenTurn(1)); a.err != nil || a.answered > 0 {
				t.Fatalf("call %d: answered after %v, %v; want at once", n, a.answered, a.err)
			}
		}
		if c := w.condition(east); c.Ejected || !c.Throttled {
			t.Errorf("%s after 20 refusals for load: %+v; want it throttled and not ejected", east, c)
		}
		session := w.client.Session(call.Info{ID: "CAhang"})
		w.at(west).tell(hanging())
		w.at(east).tell(nil)
		if a := ask(t.Context(), session, spokenTurn(1)); a.err != nil || a.answered != 3*time.Second {
			t.Errorf("a turn that hangs while a region throttles was answered after %v, %v; want 3s: without a hedge", a.answered, a.err)
		}
		if n := w.client.Counters(); n.Hedges != 0 {
			t.Errorf("%d hedges while a region throttles, want 0", n.Hedges)
		}
	})
}

// A second attempt that met another request on its session is the last there.
func TestConflictTwiceGoesElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(failing(409, "ConflictException"))
		a := w.say(t.Context(), session, 2)
		if a.err != nil || a.answered != 200*time.Millisecond || session.Region() != west {
			t.Errorf("answered in %s after %v, %v; want %s, 200ms", session.Region(), a.answered, a.err, west)
		}
		if got := w.at(east).seen(); len(got) != 2 || got[0].At != 0 || got[1].At != 1100*time.Millisecond {
			t.Errorf("%s was asked %d times, want at 0 and at 1.1s", east, len(got))
		}
		w.checkReplay(t, 1200*time.Millisecond)
		if n := w.client.Counters(); n.Conflicts != 2 || n.Attempts[region.Soft]+n.Attempts[region.Hard] != 0 || w.condition(east).State != region.Healthy {
			t.Errorf("counters %+v, %s is %s; want 2 conflicts that speak against nobody", n, east, w.condition(east).State)
		}
	})
}

// When the bot's own parts fail, one other region is asked, and no region blamed.
func TestBotThatFailsIsAskedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west, europe)
		for _, p := range w.places {
			p.tell(failing(424, "DependencyFailedException"))
		}
		for n := range 10 {
			a := ask(t.Context(), w.client.Session(call.Info{ID: fmt.Sprintf("CA%d", n)}), spokenTurn(1))
			if Class(a.err) != region.Bot || a.returned != 0 {
				t.Errorf("Ask = %v (class %q) after %v; want class bot at once", a.err, Class(a.err), a.returned)
			}
		}
		asked := len(w.at(east).seen()) + len(w.at(west).seen()) + len(w.at(europe).seen())
		if asked != 20 {
			t.Errorf("10 turns were sent %d times, want 20", asked)
		}
		for _, p := range w.places {
			if c := w.condition(p.name); c.State != region.Healthy {
				t.Errorf("%s is %s, want healthy: it was the bot", p.name, c.State)
			}
		}
	})
}

// With every region dead a turn fails within six seconds, not at once and never
// later, and nothing of it is left.
func TestEveryRegionIsDead(t *testing.T) {
	tests := []struct {
		name      string
		reply     reply
		reach     func(context.Context) error
		from, max time.Duration
	}{
		{"hang", dead, nil, 6 * time.Second, 6 * time.Second},
		{"error", func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(0)
			fail(w, 503, "x")
		}, nil, 50 * time.Millisecond, 2 * time.Second},
		{"reset in mid-utterance", func(_ *place, w http.ResponseWriter, r *request) {
			r.hear(half)
			reset(w)
		}, nil, 0, 2 * time.Second},
		{"refused", nil, refusing, 0, 2 * time.Second},
		{"black hole", nil, blackHole, 0, 6 * time.Second},
		{"no alias", failing(404, "ResourceNotFoundException"), nil, 0, 0},
	}
	for _, tt := range tests {
		for _, commits := range []bool{false, true} {
			for _, once := range []bool{false, true} {
				bubble(t, fmt.Sprintf("%s, committing %v, once %v", tt.name, commits, once), func(t *testing.T) {
					w := newWorld(t, Config{Once: once, NeverHedge: commits}, east, west)
					for _, p := range w.places {
						p.tell(tt.reply)
						p.reach(tt.reach)
					}
					session := w.client.Session(caller)
					a := w.say(t.Context(), session, 1)
					if a.err == nil || a.returned > 6*time.Second {
						t.Errorf("Ask = %v after %v; want an error within 6s", a.err, a.returned)
					}
					if !commits && once && (a.returned < tt.from || a.returned > tt.max) {
						t.Errorf("Ask = %v after %v; want it after %v to %v", a.err, a.returned, tt.from, tt.max)
					}
					// And the call goes on as soon as one of them is back.
					w.at(west).tell(nil)
					w.at(west).reach(nil)
					w.mark()
					if !once {
						return // its outcome would be unknown again, and there is no question to ask again yet
					}
					if a := w.say(t.Context(), session, 2); a.answered > 2*time.Second || a.err != nil {
						t.Errorf("with %s back: answered after %v, %v; want an answer within 2s", west, a.answered, a.err)
					}
				})
			}
		}
	}
}

// A quota that is used up sends turns to the other region; when that is full as
// well they wait for room.
func TestQuotaSpillsThenWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := []Place{{Quota: 2}, {Quota: 1}}
		w := newWorld(t, Config{Places: places, NeverHedge: true, Once: true}, east, west)
		for _, p := range w.places {
			p.tell(slow(time.Second))
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		took := map[time.Duration]int{}
		where := map[string]int{}
		for n := range 6 {
			all.Go(func() {
				time.Sleep(time.Duration(n) * time.Millisecond)
				session := w.client.Session(call.Info{ID: fmt.Sprintf("CA%d", n)})
				a := ask(t.Context(), session, spokenTurn(1))
				if a.err != nil {
					t.Errorf("call %d: %v", n, a.err)
				}
				mu.Lock()
				defer mu.Unlock()
				took[a.answered.Round(100*time.Millisecond)]++
				where[session.Region()]++
			})
		}
		all.Wait()
		if diff := cmp.Diff(map[time.Duration]int{time.Second: 3, 2 * time.Second: 3}, took); diff != "" {
			t.Errorf("six turns with room for three, a second each: times (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{east: 4, west: 2}, where); diff != "" {
			t.Errorf("answers by region (-want +got):\n%s", diff)
		}
		for name, limit := range map[string]int{east: 2, west: 1} {
			if room := w.client.Room(name); room.Most != limit || room.Held != 0 {
				t.Errorf("%s: %+v; want at most %d at a time and none now", name, room, limit)
			}
		}
	})
}

// A pinned region is asked first, whatever is known of it.
func TestPinnedRegionIsAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		if err := w.client.Keeper().Pin(west, time.Minute, "operator", "maintenance"); err != nil {
			t.Fatal(err)
		}
		if a := w.say(t.Context(), session, 2); a.err != nil || session.Region() != west {
			t.Errorf("answered in %s, %v; want %s", session.Region(), a.err, west)
		}
		w.checkReplay(t, 0)
		w.at(west).tell(failing(500, "x"))
		w.mark()
		if a := w.say(t.Context(), session, 3); a.err != nil || session.Region() != east || a.answered > 0 {
			t.Errorf("with the pinned region failing: answered in %s after %v, %v; want %s at once", session.Region(), a.answered, a.err, east)
		}
	})
}

// Regions may have the same bot under different ids.
func TestIDsDifferByRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true, Places: []Place{{Bot: "EASTEASTE1", Alias: "EASTALIAS1"}, {Bot: "WESTWESTW1", Alias: "WESTALIAS1"}}}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(failing(500, "x"))
		if a := w.say(t.Context(), session, 2); a.err != nil {
			t.Fatal(a.err)
		}
		for name, want := range map[string]string{
			east: "/bots/EASTEASTE1/botAliases/EASTALIAS1/botLocales/en_US/sessions/" + caller.ID + "/utterance",
			west: "/bots/WESTWESTW1/botAliases/WESTALIAS1/botLocales/en_US/sessions/" + caller.ID + "/utterance",
		} {
			if got := w.at(name).seen()[0].Path; got != want {
				t.Errorf("%s was asked %s, want %s", name, got, want)
			}
		}
	})
}

// A turn that the caller abandons is over in all regions at once.
func TestAbandonedTurnEndsEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(hanging())
		w.at(west).tell(hanging())
		ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer stop()
		a := w.say(ctx, session, 2)
		if a.answer != nil || a.returned != 1500*time.Millisecond {
			t.Errorf("Ask = %v after %v; want an error at once, 1.5s after the end", a.err, a.returned)
		}
		for _, p := range w.places {
			if got := p.seen(); len(got) != 1 || got[0].Gone != 2500*time.Millisecond {
				t.Errorf("%s: %d requests, cancelled at %v; want 1, 2.5s", p.name, len(got), got[0].Gone)
			}
		}
	})
}

// An utterance that makes every region fail speaks against the utterance: however
// many there are, no region is held to be in trouble, and good turns go on.
func TestPoisonousUtterance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		poisoned := onUtterance(func(p *place, hw http.ResponseWriter, r *request) {
			r.hear(0)
			if len(r.body) == 2 { // the keys are the poison
				fail(hw, 500, "InternalServerException")
				return
			}
			answerWell(p, hw, r, heardIn(p, r))
		})
		w.at(east).tell(poisoned)
		w.at(west).tell(poisoned)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.client.Run(ctx) })
		defer running.Wait()
		defer stop()
		for n := range 12 {
			w.mark()
			session := w.client.Session(call.Info{ID: fmt.Sprintf("CA%d", n)})
			a := ask(t.Context(), session, call.Turn{Number: 1, Text: "13"})
			asked := 0
			for _, p := range w.places {
				for _, op := range p.asked() {
					if op == "utterance" { // and not a probe
						asked++
					}
				}
			}
			if Class(a.err) != region.Soft || a.returned > 2*time.Second || asked != 4 {
				t.Errorf("poison %d: %v after %v and %d attempts; want an error of class soft within 2s, after 4", n, a.err, a.returned, asked)
			}
			if a := ask(t.Context(), session, spokenTurn(2)); a.err != nil || a.answered != 0 {
				t.Errorf("the turn after poison %d was answered after %v, %v; want at once", n, a.answered, a.err)
			}
		}
		for _, name := range []string{east, west} {
			if c := w.condition(name); c.State != region.Healthy {
				t.Errorf("%s is %s after 12 poisonous utterances, want healthy", name, c.State)
			}
		}
	})
}

// A region that is taken out by what other calls meet is not waited for.
func TestTurnLeavesARegionThatIsTakenOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{NeverHedge: true, Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(hanging())
		time.AfterFunc(1300*time.Millisecond, func() {
			for range 2 {
				w.client.Keeper().Observe(region.Event{Kind: region.Outcome, Region: east, Class: region.Hard, Began: w.client.keeper.Now()})
			}
		})
		a := w.say(t.Context(), session, 2)
		if a.err != nil || a.answered < 300*time.Millisecond || a.answered > 400*time.Millisecond || session.Region() != west {
			t.Errorf("answered in %s after %v, %v; want %s at most 100 ms after the region was taken out at 300ms", session.Region(), a.answered, a.err, west)
		}
		if n := w.client.Counters(); n.Hedges != 0 {
			t.Errorf("%d hedges of a turn that must not be hedged", n.Hedges)
		}
	})
}
