package wholestack

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lexline/internal/call"
	"lexline/internal/region"
)

func TestNoFault(t *testing.T) {
	run(t, settings{once: true}, func(s *stack) {
		s.dial(20, 700*ms, nil)
		s.judge(promise{})
		if n := s.client.Counters(); n.Replays != 0 || n.Moved != 0 || n.Turns != 100 {
			t.Errorf("counters %+v; want 100 turns, no replay and no move", n)
		}
	})
}

// ownFault is one of the local Lex's faults.
func ownFault(list string) func(*place) { return func(p *place) { p.faults(list) } }

func blackHole(p *place) { p.host.Set(BlackHole) }

// The home region breaks in every way while ten calls are at any point of their
// dialog. Nobody's words are lost, nothing is done twice, the answers are a
// little late, and calls that begin eleven seconds later notice nothing.
func TestRegionBreaks(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*place)
		extra time.Duration // before an answer
		more  time.Duration // before the answer to a confirmation: it is not hedged
		later time.Duration // before the answers of later calls
		stays bool          // it is no reason to take the region out
	}{
		{name: "errors", fault: ownFault(`[{"kind":"error"}]`), extra: 100 * ms},
		{name: "errors of what stands before it", fault: ownFault(`[{"kind":"error","status":502}]`), extra: 100 * ms},
		{name: "errors after the work was done", fault: ownFault(`[{"kind":"error","when":"answer","operations":["RecognizeUtterance","RecognizeText"]}]`), extra: 1300 * ms},
		// A goodbye without words is no error, and then a deep probe takes its time.
		{name: "empty answers", fault: ownFault(`[{"kind":"empty","operations":["RecognizeUtterance","RecognizeText"]}]`), extra: 1300 * ms, later: 1300 * ms, stays: true},
		{name: "alias deleted", fault: (*place).aliasGone, extra: 100 * ms},
		{name: "access denied", fault: ownFault(`[{"kind":"error","type":"AccessDeniedException"}]`), extra: 100 * ms},
		{name: "resets", fault: ownFault(`[{"kind":"reset"}]`), extra: 100 * ms},
		{name: "resets before anything is read", fault: ownFault(`[{"kind":"reset","when":"accept"}]`), extra: 150 * ms},
		{name: "processes die", fault: (*place).kill, extra: 1300 * ms},
		{name: "hang", fault: ownFault(`[{"kind":"hang"}]`), extra: 1300 * ms, more: 1600 * ms},
		{name: "hang after the work was done", fault: ownFault(`[{"kind":"hang","when":"answer"}]`), extra: 1300 * ms, more: 1600 * ms},
		{name: "black hole", fault: blackHole, extra: 1300 * ms, more: 1600 * ms},
		{name: "half open", fault: func(p *place) { p.host.Set(HalfOpen) }, extra: 1300 * ms, more: 1600 * ms},
		{name: "slow", fault: ownFault(`[{"kind":"latency","delay":"3s"}]`), extra: 1300 * ms, more: 1600 * ms},
		{name: "voice drips", fault: ownFault(`[{"kind":"drip","bytes":160,"every":"300ms"}]`), extra: 1300 * ms, later: 1300 * ms, stays: true},
		{name: "voice breaks off", fault: ownFault(`[{"kind":"truncate","fraction":0.4}]`), extra: 100 * ms, stays: true},
		{name: "throttling", fault: ownFault(`[{"kind":"throttle"}]`), extra: 100 * ms, later: 100 * ms, stays: true},
		{name: "the bot's function fails", fault: ownFault(`[{"kind":"error","type":"DependencyFailedException"}]`), extra: 100 * ms, later: 100 * ms, stays: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			run(t, settings{once: true}, func(s *stack) {
				calls, apart := 10, 1300*ms
				if raceDetector {
					calls, apart = 3, 4300*ms
				}
				s.dial(calls, apart, nil)
				s.sleepUntil(14 * time.Second)
				tt.fault(s.east)
				s.sleepUntil(25 * time.Second)
				if c, _ := s.client.Keeper().View().Of(east); !c.Ejected && !tt.stays {
					t.Errorf("%s is %s, 11 s after it broke; want it taken out", east, c.State)
				}
				later := s.dial(2, 1700*ms, nil)
				s.judge(promise{extra: tt.extra, commits: tt.more})
				for _, c := range later {
					for n, turn := range c.turns {
						if took := turn.answered - turn.ended; took > usual+tt.later {
							t.Errorf("utterance %d of a later call was answered after %v, want %v", n+1, took, usual+tt.later)
						}
					}
				}
			})
		})
	}
}

// The region of a call dies at a certain moment of one of its turns.
func TestRegionDiesAtAMoment(t *testing.T) {
	moments := []struct {
		name      string
		utterance int
		phase     string
	}{
		{"before the first word", 0, pausing},
		{"during the first words", 1, speaking},
		{"in mid-utterance", 3, speaking},
		{"after an utterance", 3, waiting},
		{"while the answer is spoken", 3, listening},
		{"between two turns", 3, pausing},
		{"during the confirmation", 5, speaking},
		{"after the confirmation", 5, waiting},
		{"during the goodbye", 5, listening},
	}
	deaths := map[string]func(*place){
		"processes die":              (*place).kill,
		"black hole":                 blackHole,
		"work done and then silence": ownFault(`[{"kind":"hang","when":"answer","operations":["RecognizeUtterance"]}]`),
	}
	nth := 0
	for _, moment := range moments {
		for _, death := range slices.Sorted(maps.Keys(deaths)) {
			for _, once := range []bool{true, false} {
				strike := deaths[death]
				if nth++; raceDetector && nth%8 != 0 {
					continue
				}
				name := moment.name + ", " + death
				if !once {
					name += ", no exactly-once"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					run(t, settings{once: once}, func(s *stack) {
						now := make(chan struct{})
						s.dial(3, 2300*ms, func(utterance int, phase string) {
							if utterance == moment.utterance && phase == moment.phase {
								close(now)
							}
						})
						<-now
						time.Sleep(41 * time.Microsecond)
						strike(s.east)
						want := promise{extra: 1300 * ms, commits: 1600 * ms}
						if !once {
							// It is asked how the session stands, or the question is asked again.
							want.commits, want.repeats, want.careful = 4700*ms, 4, true
							want.raw = death == "work done and then silence"
						}
						s.judge(want)
					})
				})
			}
		}
	}
}

// Both regions die. Callers hear that it takes a while, then an apology and the
// question; when one region is back they go on where they were.
func TestBothRegionsDie(t *testing.T) {
	for name, strike := range map[string]func(*place){
		"errors": ownFault(`[{"kind":"error"}]`), "black hole": blackHole, "processes die": (*place).kill,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, settings{once: true}, func(s *stack) {
				s.dial(6, 1700*ms, nil)
				s.sleepUntil(14 * time.Second)
				strike(s.east)
				strike(s.west)
				s.sleepUntil(22 * time.Second)
				s.west.heal()
				s.judge(promise{extra: 5 * time.Second, repeats: 12})
				for i, c := range s.callers {
					if c.bot.moved() != west {
						t.Errorf("call %d ended in %s, want %s: it alone came back", i, c.bot.moved(), west)
					}
				}
			})
		})
	}
}

// A region that comes and goes is left alone after its second fall.
func TestFlapping(t *testing.T) {
	run(t, settings{once: true}, func(s *stack) {
		for range 6 {
			s.dial(4, 1100*ms, nil)
			time.Sleep(15 * time.Second)
			s.east.kill()
			time.Sleep(15 * time.Second)
			s.east.heal()
		}
		s.judge(promise{extra: 1300 * ms})
		moves := 0
		for _, c := range s.callers {
			if c.bot.moved() == west {
				moves++
			}
		}
		if n := s.client.Counters(); n.Moved > 10 || moves < 16 {
			t.Errorf("%d moves, %d of 24 calls in %s; want calls to move once, and to begin elsewhere after the first fall", n.Moved, moves, west)
		}
	})
}

// A pin moves the next turn of every call, and beats a region's own verdict; a
// pinned region that fails costs an attempt and no turn.
func TestPin(t *testing.T) {
	run(t, settings{once: true}, func(s *stack) {
		s.dial(5, 1700*ms, nil)
		s.sleepUntil(9 * time.Second)
		if err := s.client.Keeper().Pin(west, 10*time.Second, "operator", "maintenance"); err != nil {
			t.Fatal(err)
		}
		s.sleepUntil(15 * time.Second)
		s.west.kill()
		s.judge(promise{extra: 1300 * ms})
		if n := s.client.Counters(); n.Moved < 5 {
			t.Errorf("%d moves, want every call to have followed the pin", n.Moved)
		}
	})
}

// The stream of a call breaks at some moment of a turn, and its region dies before
// the call continues on another stream: it goes on elsewhere where it was.
func TestStreamBreaksAndRegionDies(t *testing.T) {
	for utterance, phase := range map[int]string{1: waiting, 2: speaking, 3: listening, 4: pausing, 5: waiting} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			run(t, settings{once: true}, func(s *stack) {
				broken := make(chan struct{})
				s.dial(3, 900*ms, func(n int, p string) {
					if n == utterance && p == phase {
						s.mu.Lock()
						s.callers[0].lost = true
						s.mu.Unlock()
						close(broken)
					}
				})
				first := s.callers[0]
				<-broken
				time.Sleep(time.Second)
				s.east.kill()
				s.judge(promise{extra: 1300 * ms, repeats: 1})
				if first.streams != 1 || first.bot.moved() != west {
					t.Errorf("the call had %d further streams and is in %s; want 1, %s", first.streams, first.bot.moved(), west)
				}
			})
		})
	}
}

// A gateway that is stopped in the middle of a fault stops at once.
func TestShutdownDuringAFault(t *testing.T) {
	for name, strike := range map[string]func(*place){
		"hang": ownFault(`[{"kind":"hang"}]`), "black hole": blackHole, "voice drips": ownFault(`[{"kind":"drip"}]`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, settings{}, func(s *stack) {
				s.dial(8, 500*ms, nil)
				s.sleepUntil(6 * time.Second)
				strike(s.east)
				strike(s.west)
				s.sleepUntil(8 * time.Second)
				s.stop()
				stopped := time.Now()
				s.calls.Wait()
				if took := time.Since(stopped); took > 100*ms {
					t.Errorf("the calls ended %v after the shutdown, want at once", took)
				}
				for i, c := range s.callers {
					if end := s.ends[c]; end.Reason != call.Shutdown {
						t.Errorf("call %d ended as %s, want %s", i, end.Reason, call.Shutdown)
					}
				}
				s.judge(promise{early: true, extra: 5 * time.Second})
			})
		})
	}
}

// The alias's quota is kept, and turns that find no room go elsewhere or wait.
func TestQuota(t *testing.T) {
	run(t, settings{once: true, quota: 2}, func(s *stack) {
		s.dial(8, 110*ms, nil)
		s.judge(promise{extra: 4 * time.Second})
		for _, name := range []string{east, west} {
			if room := s.client.Room(name); room.Most > 2 {
				t.Errorf("%s had %d requests at a time, want 2 at most", name, room.Most)
			}
		}
	})
}

// brokenTable is a Table that does not do what it should.
type brokenTable struct {
	get func(ctx context.Context, key string) (region.Item, error)
}

func (b brokenTable) Get(ctx context.Context, key string) (region.Item, error) {
	return b.get(ctx, key)
}

func (b brokenTable) Put(ctx context.Context, item region.Item) error {
	_, err := b.get(ctx, item.Key)
	return err
}

func (b brokenTable) Update(ctx context.Context, key string, _ region.Change) error {
	_, err := b.get(ctx, key)
	return err
}

// The table may fail, hang or lie: calls are as quick as without it, and its
// advice is no reason to go to a region that is dead.
func TestTableIsBroken(t *testing.T) {
	verdict := func(name string, version int64) func(context.Context, string) (region.Item, error) {
		return func(_ context.Context, key string) (region.Item, error) {
			return region.Item{Key: key, Attributes: map[string]any{"lexRegion": name, "state": "ok", "version": version}}, nil
		}
	}
	tables := map[string]region.Table{
		"in memory": new(region.Memory),
		"hangs": brokenTable{func(ctx context.Context, _ string) (region.Item, error) {
			<-ctx.Done()
			return region.Item{}, ctx.Err()
		}},
		"ignores deadlines": brokenTable{func(context.Context, string) (region.Item, error) {
			time.Sleep(20 * time.Second)
			return region.Item{}, errors.New("too late")
		}},
		"fails":               brokenTable{func(context.Context, string) (region.Item, error) { return region.Item{}, errors.New("no table") }},
		"is empty for ever":   brokenTable{func(context.Context, string) (region.Item, error) { return region.Item{}, region.ErrNotFound }},
		"names nonsense":      brokenTable{verdict("mars-north-1", 3)},
		"names err":           brokenTable{verdict("err", -1)},
		"names a dead region": brokenTable{verdict(east, 1<<62)},
		"holds other types": brokenTable{func(_ context.Context, key string) (region.Item, error) {
			return region.Item{Key: key, Attributes: map[string]any{"lexRegion": int64(7), "version": "x", "pin": []any{true}}}, nil
		}},
	}
	for i, name := range slices.Sorted(maps.Keys(tables)) {
		table := tables[name]
		if raceDetector && i%3 != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, settings{once: true, table: table}, func(s *stack) {
				s.dial(4, 1700*ms, nil)
				s.sleepUntil(14 * time.Second)
				s.east.kill()
				s.sleepUntil(26 * time.Second)
				later := s.dial(2, 1700*ms, nil)
				s.judge(promise{extra: 1300 * ms})
				for _, c := range later {
					for n, turn := range c.turns {
						if took := turn.answered - turn.ended; took > usual {
							t.Errorf("utterance %d of a later call was answered after %v, want %v", n+1, took, usual)
						}
					}
				}
			})
		})
	}
}

// The oracle is worth what it notices: with a rule of the core broken, a fault
// that callers do not feel otherwise costs them something.
func TestOracleNotices(t *testing.T) {
	tests := []struct {
		name  string
		rules region.Broken
		once  bool

		utterance int // of the first call, after which the fault strikes
		fault     func(*place)
		want      string // part of what it says
	}{
		{"replays without the state", region.Broken{ReplayWithoutState: true}, true, 2, (*place).kill, "has lost its way"},
		{
			"hedges what commits",
			region.Broken{HedgeCommitting: true},
			false, 4,
			ownFault(`[{"kind":"hang","when":"answer","operations":["RecognizeUtterance"]}]`), "placed 2 orders",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, settings{once: tt.once, rules: tt.rules}, func(s *stack) {
				there := make(chan struct{})
				s.dial(2, 20*time.Second, func(utterance int, phase string) {
					if utterance == tt.utterance && phase == pausing {
						close(there)
					}
				})
				<-there
				tt.fault(s.east)
				found := s.violations(promise{extra: 1300 * ms, commits: 4700 * ms, repeats: 4, careful: true, raw: true})
				if !strings.Contains(strings.Join(found, "\n"), tt.want) {
					t.Errorf("the oracle says %q, want %q among it", found, tt.want)
				}
			})
		})
	}
}
