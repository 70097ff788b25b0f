package region

import (
	"math/rand/v2"
	"testing"
	"time"
)

// threadStory is the story of a call in the words of the tests: turns are sent to
// regions and answered or not.
type threadStory struct {
	*Thread
	t    *testing.T
	now  time.Duration
	turn int
}

func newThreadStory(t *testing.T) *threadStory {
	return &threadStory{Thread: NewThread(Broken{}), t: t}
}

// wants checks whether the next request to each region carries the state.
func (s *threadStory) wants(when string, inEast, inWest bool) {
	s.t.Helper()
	gotEast, gotWest := s.Carries(east, s.now), s.Carries(west, s.now)
	if gotEast != inEast || gotWest != inWest {
		s.t.Errorf("%s: it carries the state to east %v, west %v; want %v, %v", when, gotEast, gotWest, inEast, inWest)
	}
}

// answered sends the next turn to a region, which answers.
func (s *threadStory) answered(region, state string) {
	s.t.Helper()
	s.turn++
	s.Sent(region, s.now)
	s.now += time.Second
	if !s.Accept(s.turn, region, []byte(state), s.now) {
		s.t.Fatalf("the answer to turn %d was refused", s.turn)
	}
}

func TestThreadCarriesStateWhereItIsMissing(t *testing.T) {
	s := newThreadStory(t)
	s.wants("before anything was said", false, false)
	s.answered(east, "one")
	s.wants("after a turn in east", false, true)
	s.answered(west, "two")
	s.wants("after the next one in west", true, false)
	s.answered(east, "three")
	s.answered(east, "four")
	s.wants("after two more in east", false, true)
	if turn, state := s.Turn(); turn != 4 || string(state) != "four" {
		t.Errorf("it stands after turn %d with state %q; want 4, four", turn, state)
	}
}

func TestThreadDistrustsASessionThatMayHaveGoneOn(t *testing.T) {
	s := newThreadStory(t)
	s.answered(east, "one")
	s.Sent(east, s.now) // and nobody hears what came of it
	s.wants("after an attempt in east without an answer", true, true)
	s.Sent(east, s.now) // once more, with the state
	s.Unsent(east)
	s.wants("after another one that did nothing", true, true)
	s.turn++
	if !s.Accept(s.turn, east, []byte("two"), s.now) {
		t.Fatal("the answer was refused")
	}
	s.wants("after an answer of east", false, true)
}

func TestThreadTrustsASessionThatWasNotTouched(t *testing.T) {
	s := newThreadStory(t)
	s.answered(east, "one")
	s.Sent(east, s.now)
	s.Unsent(east)
	s.wants("after an attempt in east that did nothing", false, true)
	s.Unsent(east)
	s.Unsent(west)
	s.Sent(east, s.now)
	s.wants("after one more than was sent was taken back", true, true)
}

func TestThreadTellsAnIdleSessionAgain(t *testing.T) {
	s := newThreadStory(t)
	s.now += time.Hour
	s.wants("after an hour in which nothing was said", false, false)
	s.answered(east, "one")
	s.now += 50 * time.Second
	s.wants("after 50 s", false, true)
	s.now += time.Second
	s.wants("after 51 s: Lex may have forgotten it", true, true)
	s.Moved(east, s.now)
	s.wants("after east has taken over", false, true)
}

func TestThreadDistrustsTheFirstAttemptToo(t *testing.T) {
	s := newThreadStory(t)
	s.Sent(east, s.now)
	s.wants("after a first attempt in east without an answer", true, false)
	if s.Answered() {
		t.Error("it says that a turn was answered")
	}
}

func TestThreadMoves(t *testing.T) {
	s := newThreadStory(t)
	s.answered(east, "one")
	s.Moved(west, s.now)
	s.wants("after west has taken over", false, false)
	s.answered(west, "two")
	s.wants("after a turn in west", true, false)
}

func TestThreadNeverGoesBack(t *testing.T) {
	s := newThreadStory(t)
	s.answered(east, "one")
	s.answered(west, "two")
	for _, turn := range []int{2, 1, 0, -1} {
		if s.Accept(turn, east, []byte("old"), s.now) {
			t.Errorf("an answer to turn %d was accepted after turn 2", turn)
		}
	}
	if turn, state := s.Turn(); turn != 2 || string(state) != "two" {
		t.Errorf("it stands after turn %d with state %q; want 2, two", turn, state)
	}
	s.wants("after answers that were refused", true, false)
}

func TestThreadGoesOnOnAnotherStream(t *testing.T) {
	s := newThreadStory(t)
	s.answered(east, "one")
	s.answered(east, "two")
	s.Restart()
	s.turn = 0
	s.wants("on another stream", false, true)
	if _, state := s.Turn(); string(state) != "two" {
		t.Errorf("on another stream the state is %q; want two", state)
	}
	s.answered(west, "three")
	s.wants("after a turn there, in west", true, false)
}

// TestThreadDrawn keeps a model of two regions' sessions beside a thread: where a
// request does not carry the state, the session has to be as the thread has it.
func TestThreadDrawn(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 2))
		s := newThreadStory(t)
		sessions, truth := map[string]int{}, 0 // by what was last executed in them
		for step := range 60 {
			name := []string{east, west}[random.IntN(2)]
			carries := s.Carries(name, s.now)
			if !carries && sessions[name] != truth {
				t.Fatalf("seed %d, step %d: no state goes to %s, whose session stands at %d; want %d", seed, step, name, sessions[name], truth)
			}
			s.Sent(name, s.now)
			executed := random.IntN(3) > 0
			if executed {
				sessions[name] = step + 1
			}
			switch {
			case executed && random.IntN(2) == 0:
				s.turn++
				s.Accept(s.turn, name, nil, s.now)
				truth = step + 1
			case !executed && random.IntN(2) == 0:
				s.Unsent(name)
			}
			s.now += time.Duration(random.Int64N(int64(5 * time.Second)))
		}
	}
}

func TestBrokenThread(t *testing.T) {
	stateless := NewThread(Broken{ReplayWithoutState: true})
	stateless.Accept(1, east, []byte("one"), 0)
	if stateless.Carries(west, 0) {
		t.Error("replay without state: it carries the state")
	}
	forgetful := NewThread(Broken{AcceptLowerTurn: true})
	forgetful.Accept(2, east, []byte("two"), 0)
	if !forgetful.Accept(1, east, []byte("one"), 0) {
		t.Error("lower turn accepted: it was refused")
	}
}

func TestThreadTakesAnAnswerBack(t *testing.T) {
	s := newThreadStory(t)
	s.answered(east, "one")
	before := s.Snapshot()
	s.answered(east, "two") // and the caller never heard it
	s.Retract(before)
	s.wants("after turn 2 was taken back", true, true)
	if _, state := s.Turn(); string(state) != "one" || !s.Answered() {
		t.Errorf("after turn 2 was taken back the state is %q; want one", state)
	}
	if s.Accept(2, east, []byte("two"), s.now) {
		t.Error("a second answer to the turn that was taken back was accepted")
	}
	s.answered(west, "three")
	s.wants("after the next turn, in west", true, false)
}

func TestThreadTakesTheFirstAnswerBack(t *testing.T) {
	s := newThreadStory(t)
	before := s.Snapshot()
	s.answered(east, "one")
	s.Retract(before)
	s.wants("after the first turn was taken back", true, false)
	if _, state := s.Turn(); len(state) > 0 || s.Answered() {
		t.Errorf("after the first turn was taken back the state is %q, answered %v; want none", state, s.Answered())
	}
	s.answered(east, "two")
	s.wants("after the next turn, in east", false, true)
}
