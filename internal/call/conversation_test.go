package call

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"lexline/internal/vad"
)

// simulation drives a conversation with random events from a seed against a
// carrier that plays in real time, and checks after every step what must hold
// whatever happens. A failure replays from its seed.
type simulation struct {
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	now  time.Duration
	talk conversation

	turnOpen bool // the endpointer's own state: changes alternate
	asked    int  // question in flight, 0 for none
	answered bool
	wordless bool          // nothing is said before the end
	length   int           // bytes of the answer being played
	offset   int           // of which so many were sent
	queue    []pendingMark // at the carrier: mark and the time its audio ends
	queueEnd time.Duration
	lossy    bool // the carrier loses every other mark
	ended    int
	reports  reportWitness
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	rng := rand.New(rand.NewPCG(seed, 1))
	rules := testRules
	if seed%3 == 0 { // callers are handed over, and not for ever listened to
		rules.maxTime, rules.personKey = 100*time.Second, '0'
		rules.keyed, rules.failed, rules.silent = transferTo("desk"), transferTo("desk"), transferTo("desk")
	}
	return &simulation{
		t: t, seed: seed, rng: rng, lossy: seed%5 == 0,
		talk: conversation{rules: rules},
	}
}

func (s *simulation) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("seed %d at %v, phase %d: %s", s.seed, s.now, s.talk.phase, fmt.Sprintf(format, args...))
}

// step advances 20 ms and feeds everything that happens in it.
func (s *simulation) step() {
	s.now += 20 * time.Millisecond
	for len(s.queue) > 0 && time.Duration(s.queue[0].upTo) <= s.now {
		id := s.queue[0].id
		s.queue = s.queue[1:]
		if !s.lossy || id%2 == 0 {
			s.feed(input{kind: inMark, mark: id})
		}
	}
	switch n := s.rng.IntN(1000); {
	case n < 12:
		s.turnOpen = !s.turnOpen
		change := vad.Ended
		if s.turnOpen {
			change = vad.Started
		}
		s.feed(input{kind: inFrame, change: change, talking: s.turnOpen})
	case n < 16:
		s.feed(input{kind: inKey, key: "0123456789*#"[s.rng.IntN(12)]})
	case n < 50 && s.asked > 0 && !s.answered:
		s.length, s.offset, s.answered = 1+s.rng.IntN(40000), 0, true
		s.feed(input{kind: inAnswer, turn: s.asked, last: s.rng.IntN(20) == 0})
	case n < 52 && s.asked > 0 && !s.answered:
		s.answered = true
		s.feed(input{kind: inFailure, turn: s.asked})
	case n == 52 && s.answered:
		s.feed(input{kind: inCut, turn: s.asked})
	case n == 53 && s.answered:
		s.feed(input{kind: inComplete, turn: s.asked})
	case n < 55:
		s.feed(input{kind: inMark, mark: 1<<20 + s.rng.Uint32N(50)}) // not one of ours
	case n < 57:
		s.feed(input{kind: inAnswer, turn: s.asked - 1}) // far too late
	case n == 57:
		s.feed(input{kind: inKeysDone})
	default:
		s.feed(input{kind: inFrame, talking: s.turnOpen})
	}
}

func (s *simulation) feed(in input) {
	if s.ended > 0 {
		return // Run stops at the end, too
	}
	in.available, in.ended = s.length-s.offset, s.length > 0 || s.wordless
	for _, act := range s.talk.step(s.now, in) {
		s.check(act)
	}
}

func (s *simulation) check(act action) {
	if s.ended > 0 {
		s.fail("action %d after the end", act.kind)
	}
	switch act.kind {
	case doAsk, doAskKeys:
		if s.asked > 0 && !s.answered {
			s.fail("question %d while %d is unanswered", act.turn, s.asked)
		}
		if act.turn != s.asked+1 && act.turn <= s.asked {
			s.fail("question %d after %d", act.turn, s.asked)
		}
		s.asked, s.answered = act.turn, false
	case doAbandon:
		s.answered = true
		s.length, s.offset = 0, 0
	case doRemind:
		if s.asked > 0 && !s.answered || s.turnOpen || s.now < s.queueEnd {
			s.fail("caller is asked again while there is something to wait for")
		}
		s.length, s.offset = 8000, 0
	case doApology, doGoodbye:
		s.length, s.offset = 8000, 0
	case doHandOver:
		s.wordless, s.length, s.offset = true, 0, 0
	case doClear:
		s.queue, s.queueEnd = nil, s.now
	case doPlay:
		s.sent(act)
	case doReport:
		if err := s.reports.take(*act.report, s.now); err != nil {
			s.fail("report: %v", err)
		}
	case doEnd:
		s.ended++
		if most := s.talk.rules.maxTime; most > 0 && s.now > most+overtime+15*time.Second {
			s.fail("ended so long after the longest time of %v", most)
		}
		if len(s.queue) > 0 && s.now < s.queueEnd {
			s.fail("ended %v before the last words were heard", s.queueEnd-s.now)
		}
	}
}

func (s *simulation) sent(act action) {
	switch {
	case act.bytes <= 0:
		s.fail("played %d bytes", act.bytes)
	case act.filler > 0:
		if act.from+act.bytes > testRules.fillers[act.filler-1] {
			s.fail("played filler %d up to byte %d", act.filler, act.from+act.bytes)
		}
	case act.from != s.offset || s.offset+act.bytes > s.length:
		s.fail("played %d bytes from %d on; want them from %d on, of %d", act.bytes, act.from, s.offset, s.length)
	default:
		s.offset += act.bytes
	}
	s.queueEnd = max(s.queueEnd, s.now) + duration(act.bytes)
	if ahead := s.queueEnd - s.now; ahead > 400*time.Millisecond {
		s.fail("%v ahead of the ear", ahead)
	}
	s.queue = append(s.queue, pendingMark{act.mark, int(s.queueEnd)})
}

// TestConversationsUnderRandomEvents runs whole calls of random events.
func TestConversationsUnderRandomEvents(t *testing.T) {
	calls, ends, turns := 3000, 0, 0
	for seed := range uint64(calls) {
		s := newSimulation(t, seed)
		for s.ended == 0 && s.now < 3*time.Minute {
			s.step()
		}
		ends += s.ended
		turns += s.talk.counts.turns
		if s.ended == 0 && s.now >= 3*time.Minute && s.talk.phase == leaving {
			s.checkLeaves()
		}
		if err := s.reports.over(&s.talk); err != nil {
			s.fail("reports: %v", err)
		}
	}
	if ends < calls/10 || turns < calls*5 {
		t.Errorf("%d of %d calls ended and they had %d turns; the simulation exercises too little", ends, calls, turns)
	}
}

// checkLeaves runs on without events: a call that is leaving must come to its end.
func (s *simulation) checkLeaves() {
	for limit := s.now + 15*time.Second; s.ended == 0; s.now += 20 * time.Millisecond {
		s.feed(input{kind: inTick})
		if s.now > limit {
			s.fail("never left")
		}
	}
}

func TestPlayoutCountsGapsAndHearsByMarks(t *testing.T) {
	var p playout
	if n := p.next(0, 100, false); n != 100 {
		t.Errorf("first piece = %d bytes; want what there is, 100: the caller waits", n)
	}
	p.wentOut(0, 800, 1)
	if n := p.next(0, 100, false); n != 0 {
		t.Errorf("with 100 ms ahead and a bit more to send, next = %d; want 0: rather a full piece", n)
	}
	if n := p.next(0, 100, true); n != 100 {
		t.Errorf("at the end, next = %d; want the rest, 100", n)
	}
	if late, ours := p.returned(170*time.Millisecond, 1); !ours || p.heard != 800 || late != 70*time.Millisecond {
		t.Errorf("after its mark heard = %d, late %v, ours %t; want 800, 70ms behind the end of 100 ms, true", p.heard, late, ours)
	}
	for _, id := range []uint32{1, 9} {
		if _, ours := p.returned(170*time.Millisecond, id); ours {
			t.Errorf("mark %d was taken, which is not outstanding", id)
		}
	}
	p.wentOut(time.Second, 800, 2) // 900 ms too late
	if p.gaps != 1 {
		t.Errorf("gaps = %d; want 1", p.gaps)
	}
	if got := p.playing(time.Second + 50*time.Millisecond); got != 1200 {
		t.Errorf("50 ms into the second piece, playing = %d; want 1200", got)
	}
	if over, _ := p.over(time.Second + 100*time.Millisecond); over {
		t.Error("over although a mark is outstanding")
	}
	if over, late := p.over(1100*time.Millisecond + markCap); !over || !late {
		t.Errorf("%v after the end, over, late = %t, %t; want both", markCap, over, late)
	}
}

func TestMarkThatIsBackEarlyIsNotLate(t *testing.T) {
	var p playout
	p.wentOut(0, 800, 1)
	if late, ours := p.returned(60*time.Millisecond, 1); !ours || late != 0 {
		t.Errorf("a mark 40 ms before its sound can have ended: late %v, ours %t; want 0, true", late, ours)
	}
}

func TestPlayoutStopsWhenTheCarrierDoesNotPlay(t *testing.T) {
	var p playout
	now := time.Duration(0)
	for range 1000 {
		now += 20 * time.Millisecond
		if n := p.next(now, 1<<20, false); n > 0 {
			p.wentOut(now, n, uint32(p.sent))
		}
	}
	if p.sent > maxUnheard+chunkBytes {
		t.Errorf("%v sent without one mark; want at most %v", duration(p.sent), duration(maxUnheard))
	}
}
