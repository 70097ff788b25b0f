package call

import "sync/atomic"

// State is where a call stands between its caller and its bot, in one word.
type State string

// The states.
const (
	Listening State = "listening" // nobody's turn: the caller is waited for
	Hearing   State = "hearing"   // the caller talks
	Asking    State = "asking"    // the bot owes an answer
	Speaking  State = "speaking"  // the bot's answer, or words in its place, are played
	Leaving   State = "leaving"   // the last words are played
)

var stateOf = [...]State{listening: Listening, hearing: Hearing, owed: Asking, speaking: Speaking, leaving: Leaving}

// Progress is how far a call is. The call notes changes in it, at the cost of one
// load for a frame that changes nothing; any goroutine may read it, also when the
// call is over.
type Progress struct {
	packed atomic.Uint64 // turn<<8 | phase
}

// Turn is the number of the latest turn, 0 before the first.
func (p *Progress) Turn() int { return int(p.packed.Load() >> 8) }

// State is where the call stands.
func (p *Progress) State() State { return stateOf[p.packed.Load()&0xff] }

// note is called by the goroutine of the call.
func (p *Progress) note(turn int, ph phase) {
	if packed := uint64(turn)<<8 | uint64(ph); packed != p.packed.Load() {
		p.packed.Store(packed)
	}
}

// Progress is how far this call is.
func (c *Call) Progress() *Progress { return &c.progress }

// Caller is the caller's number as it may be shown: its last two digits.
func (i Info) Caller() string { return masked(i.From) }
