package wholestack

import (
	"time"

	"lexline/internal/call"
	"lexline/internal/lexlocal"
)

// usual is what an answer takes without a fault: the silence that ends a turn,
// the way there and back, the bot, and the playout's next frame.
const usual = 800*ms + way + think + 100*ms

// promise is what the callers of a scenario may have to bear.
type promise struct {
	extra   time.Duration // before an answer, with the filler that may end before it
	commits time.Duration // before the answer to what may commit something: the last value, the confirmation; 0: as extra
	repeats int           // utterances that a caller is asked to repeat, in all
	early   bool          // calls end before their caller is done
}

// judge checks everything that was promised, once all calls are over.
func (s *stack) judge(want promise) {
	s.t.Helper()
	s.calls.Wait()
	repeats := 0
	for i, c := range s.callers {
		repeats += s.judgeCall(i, c, want)
	}
	if repeats > want.repeats {
		s.t.Errorf("%d utterances had to be repeated, want at most %d", repeats, want.repeats)
	}
	if !want.early {
		s.judgeOrders()
	}
	s.judgeUtterances()
}

// judgeCall checks one call and returns how many utterances were repeated.
func (s *stack) judgeCall(i int, c *caller, want promise) (repeats int) {
	s.t.Helper()
	if end := s.ends[c]; !want.early && (end.Result != call.Success || end.Reason != call.BotClosed) {
		s.t.Errorf("call %d ended with %s, %s, %v; want the bot to have closed it", i, end.Result, end.Reason, end.Err)
	}
	if !c.closed {
		s.t.Errorf("call %d: its leg was not closed", i)
	}
	if c.goodbye {
		s.t.Errorf("call %d was told goodbye by the gateway", i)
	}
	if c.longest > 4*time.Second {
		s.t.Errorf("call %d heard nothing for %v while an answer was owed, want 4s at most", i, c.longest)
	}
	for turn, n := range c.bot.turns {
		if n > 1 {
			s.t.Errorf("call %d: turn %d was answered %d times", i, turn, n)
		}
	}
	c.bot.mu.Lock()
	if c.bot.active != 0 {
		s.t.Errorf("call %d: a question to the bot is still under way", i)
	}
	c.bot.mu.Unlock()
	for n, t := range c.turns {
		if t.repeat {
			repeats++
		}
		if t.answered == 0 {
			continue // an apology instead, or the call's end
		}
		limit := usual + want.extra
		if (t.said.id == "ten" || t.said.id == "yes") && want.commits > 0 {
			limit = usual + want.commits
		}
		if took := t.answered - t.ended; took > limit {
			s.t.Errorf("call %d, utterance %d (%s) at %v: answered after %v, want %v at most",
				i, n+1, t.said.words, s.starts[c]+t.ended, took, limit)
		}
	}
	return repeats
}

// judgeOrders checks that each caller's order was placed once, as they said it.
// What is done under one key is done once: that is what lexhook is for.
func (s *stack) judgeOrders() {
	s.t.Helper()
	placed := map[string]map[string]lexlocal.Record{}
	for _, p := range []*place{s.east, s.west} {
		for _, r := range p.seen() {
			if r.State != "Fulfilled" || r.Intent != "OrderFlowers" || r.Turn == "" {
				continue
			}
			if placed[r.Session] == nil {
				placed[r.Session] = map[string]lexlocal.Record{}
			}
			placed[r.Session][r.Turn] = r
		}
	}
	for i, c := range s.callers {
		id := callID(i)
		if len(placed[id]) != 1 {
			s.t.Errorf("call %d placed %d orders, want 1", i, len(placed[id]))
		}
		for _, r := range placed[id] {
			want := c.words["FlowerType"].id
			if r.Slots["FlowerType"] != want || r.Slots["PickupTime"] != "10:00" || r.Slots["PickupDate"] == "" {
				s.t.Errorf("call %d ordered %v, want %s for tomorrow at 10:00", i, r.Slots, want)
			}
		}
	}
}

// judgeUtterances checks that what was answered had arrived somewhere as a whole.
func (s *stack) judgeUtterances() {
	s.t.Helper()
	whole := map[string]bool{}
	for _, p := range []*place{s.east, s.west} {
		for _, r := range p.seen() {
			for _, clip := range r.Clips {
				if clip.Arrived >= 0.99 {
					whole[r.Session+" "+clip.ID] = true
				}
			}
		}
	}
	for i, c := range s.callers {
		for n, t := range c.turns {
			if t.answered > 0 && !whole[callID(i)+" "+t.said.id] {
				s.t.Errorf("call %d, utterance %d (%s) was answered and arrived nowhere as a whole", i, n+1, t.said.words)
			}
		}
	}
}
