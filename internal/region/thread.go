package region

import "time"

// Thread is the one course of a call's conversation through sessions in several
// regions. Each region keeps a session of the call, and knows only the turns
// that went there; the thread knows which answer was the latest that was
// accepted, and so what another region must be told to go on from there. It is
// pure and belongs to one call.
type Thread struct {
	broken Broken
	turn   int           // latest answered turn of this stream; 0: none
	at     int           // answers accepted so far, on all streams of the call
	state  []byte        // session state of the latest, as the region gave it
	copies []sessionCopy // one for each region that was asked
}

// sessionCopy is what a region's own session of the call is like.
type sessionCopy struct {
	region string
	at     int           // the answer after which it stood as the thread did
	ahead  int           // requests since then whose answers were not accepted: it may have gone on by them
	asked  time.Duration // latest request
}

// staleAfter is when a session that was not asked is told the state again: Lex
// forgets idle ones after 60 s at the earliest
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBot.html,
// idleSessionTTLInSeconds).
const staleAfter = 50 * time.Second

// NewThread returns the thread of a call in which nothing was said yet.
func NewThread(broken Broken) *Thread { return &Thread{broken: broken} }

// Turn returns the number of the latest turn that was answered, 0 for none, and
// the session state after it. The bytes must not be changed.
func (t *Thread) Turn() (turn int, state []byte) { return t.turn, t.state }

// Answered reports whether any turn of the call was answered: there is a state to
// carry.
func (t *Thread) Answered() bool { return t.at > 0 }

// Carries reports whether a request to the region has to carry the session
// state: its own session is missing, old, or has gone another way.
func (t *Thread) Carries(region string, now time.Duration) bool {
	if t.broken.ReplayWithoutState {
		return false
	}
	c := t.copy(region)
	switch {
	case c == nil:
		return t.Answered()
	case c.ahead > 0, c.at != t.at:
		return true
	}
	return t.Answered() && now-c.asked > staleAfter
}

// Sent notes that a turn was sent to the region. Until its answer is accepted
// nobody knows how the session there stands.
func (t *Thread) Sent(region string, now time.Duration) {
	c := t.copy(region)
	if c == nil {
		t.copies = append(t.copies, sessionCopy{region: region})
		c = &t.copies[len(t.copies)-1]
	}
	c.ahead++
	c.asked = now
}

// Unsent takes one Sent back: that request surely did nothing there.
func (t *Thread) Unsent(region string) {
	if c := t.copy(region); c != nil && c.ahead > 0 {
		c.ahead--
	}
}

// Accept takes the answer to a turn and reports whether it is accepted. An
// answer to a turn before one that was answered already is not: the conversation
// never goes back.
func (t *Thread) Accept(turn int, region string, state []byte, now time.Duration) bool {
	if turn <= t.turn && !t.broken.AcceptLowerTurn {
		return false
	}
	t.turn, t.state = turn, state
	t.at++
	t.Moved(region, now)
	return true
}

func (t *Thread) copy(region string) *sessionCopy {
	for i := range t.copies {
		if t.copies[i].region == region {
			return &t.copies[i]
		}
	}
	return nil
}

// Moved notes that the region has taken over the session as the thread has it,
// without a turn of its own.
func (t *Thread) Moved(region string, now time.Duration) {
	c := t.copy(region)
	if c == nil {
		t.copies = append(t.copies, sessionCopy{region: region})
		c = &t.copies[len(t.copies)-1]
	}
	c.at, c.ahead, c.asked = t.at, 0, now
}

// Restart makes the turns count from 1 again, as they do on a further stream of
// the call. What was answered is kept, and carried where it is needed.
func (t *Thread) Restart() { t.turn = 0 }

// Snapshot is a thread as it stood at one moment.
type Snapshot struct {
	at    int
	state []byte
}

// Snapshot returns how the conversation stands.
func (t *Thread) Snapshot() Snapshot { return Snapshot{t.at, t.state} }

// Retract takes the latest answer back: the conversation stands as it did before.
// The number of its turn is used up. No region's own session stands there now, so
// all are to be told.
func (t *Thread) Retract(before Snapshot) {
	t.state = before.state
	if before.at == 0 {
		t.at = 0
		for i := range t.copies {
			t.copies[i].at, t.copies[i].ahead = 0, t.copies[i].ahead+1
		}
		return
	}
	t.at++
}
