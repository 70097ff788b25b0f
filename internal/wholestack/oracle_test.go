package wholestack

import (
	"fmt"
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
	commits time.Duration // before the answer to what may commit something; 0: as extra
	repeats int           // utterances that a caller is asked to repeat, in all
	early   bool          // calls end before their caller is done
	careful bool          // any turn is held to commit something
	raw     bool          // no code behind the bot sees to it that a turn's work is done once
}

// judge fails the test for everything that was promised and did not come about.
func (s *stack) judge(want promise) {
	s.t.Helper()
	for _, broken := range s.violations(want) {
		s.t.Error(broken)
	}
}

// violate notes a broken promise.
func (s *stack) violate(format string, values ...any) {
	s.broken = append(s.broken, fmt.Sprintf(format, values...))
}

// violations waits for all calls to end and returns the promises that were
// broken, in words.
func (s *stack) violations(want promise) []string {
	s.calls.Wait()
	repeats := 0
	for i, c := range s.callers {
		repeats += s.judgeCall(i, c, want)
	}
	if repeats > want.repeats {
		s.violate("%d utterances had to be repeated, want at most %d", repeats, want.repeats)
	}
	if !want.early {
		s.judgeOrders(want)
	}
	s.judgeUtterances()
	return s.broken
}

// course is what the bot asks for, in order.
var course = []string{"first", "FlowerType", "PickupDate", "PickupTime", "confirm"}

// judgeCall checks one call and returns how many utterances were repeated.
func (s *stack) judgeCall(i int, c *caller, want promise) (repeats int) {
	if end := s.ends[c]; !want.early && (end.Result != call.Success || end.Reason != call.BotClosed) {
		s.violate("call %d ended with %s, %s, %v; want the bot to have closed it", i, end.Result, end.Reason, end.Err)
	}
	if !c.closed {
		s.violate("call %d: its leg was not closed", i)
	}
	if c.goodbye {
		s.violate("call %d was told goodbye by the gateway", i)
	}
	if c.longest > 4*time.Second {
		s.violate("call %d heard nothing for %v while an answer was owed, want 4s at most", i, c.longest)
	}
	for turn, n := range c.bot.turns {
		if n > 1 {
			s.violate("call %d: turn %d was answered %d times", i, turn, n)
		}
	}
	c.bot.mu.Lock()
	if c.bot.active != 0 {
		s.violate("call %d: a question to the bot is still under way", i)
	}
	c.bot.mu.Unlock()
	next := 0 // of the utterances of an order
	for n, t := range c.turns {
		switch {
		case t.repeat:
			repeats++
		case next < len(course) && (t.said == c.words[course[next]]):
			next++
		default:
			s.violate("call %d had to say %q as utterance %d: the dialog has lost its way", i, t.said.words, n+1)
		}
		if t.answered == 0 {
			continue // an apology instead, or the call's end
		}
		limit := usual + want.extra
		if n > 0 && want.commits > 0 || want.careful {
			limit = usual + want.commits
		}
		if took := t.answered - t.ended; took > limit {
			s.violate("call %d, utterance %d (%s) at %v: answered after %v, want %v at most",
				i, n+1, t.said.words, s.starts[c]+t.ended, took, limit)
		}
	}
	return repeats
}

// judgeOrders checks that each caller's order was placed once, as they said it.
// What is done under one key is done once: that is what lexhook is for.
func (s *stack) judgeOrders(want promise) {
	placed := map[string]map[string]lexlocal.Record{}
	for _, p := range []*place{s.east, s.west} {
		for _, r := range p.seen() {
			if r.State != "Fulfilled" || r.Intent != "OrderFlowers" || r.Turn == "" {
				continue
			}
			if placed[r.Session] == nil {
				placed[r.Session] = map[string]lexlocal.Record{}
			}
			key := r.Turn
			if want.raw {
				key += " in " + p.name + fmt.Sprint(" at ", r.Time)
			}
			placed[r.Session][key] = r
		}
	}
	for i, c := range s.callers {
		id := callID(i)
		if len(placed[id]) != 1 {
			s.violate("call %d placed %d orders, want 1", i, len(placed[id]))
		}
		for _, r := range placed[id] {
			want := c.words["FlowerType"].id
			if r.Slots["FlowerType"] != want || r.Slots["PickupTime"] != "10:00" || r.Slots["PickupDate"] == "" {
				s.violate("call %d ordered %v, want %s for tomorrow at 10:00", i, r.Slots, want)
			}
		}
	}
}

// judgeUtterances checks that what was answered had arrived somewhere as a whole.
func (s *stack) judgeUtterances() {
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
				s.violate("call %d, utterance %d (%s) was answered and arrived nowhere as a whole", i, n+1, t.said.words)
			}
		}
	}
}
