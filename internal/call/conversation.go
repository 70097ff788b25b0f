package call

import (
	"time"

	"lexline/internal/vad"
)

// phase is where a call stands between its caller and its bot.
type phase uint8

const (
	listening phase = iota // nobody's turn: waiting for the caller
	hearing                // an utterance is open, the bot is listening in
	owed                   // the caller is done, the bot owes an answer
	speaking               // an answer is being played
	leaving                // the last words are being played
)

// input is what a conversation is told: one event and the circumstances of the
// answer being played.
type input struct {
	kind      inputKind
	change    vad.Change // inFrame
	key       byte       // inKey
	mark      uint32     // inMark
	turn      int        // inAnswer, inFailure, inComplete, inCut: the turn it belongs to
	closed    bool       // inAnswer: the bot closed the dialog
	available int        // bytes of the answer's speech that exist but were not sent
	ended     bool       // the answer's speech is complete
}

type inputKind uint8

const (
	inTick     inputKind = iota // time has passed
	inFrame                     // a caller frame was judged
	inKey                       // a key was pressed
	inMark                      // a mark came back
	inAnswer                    // the bot's answer to a turn is known
	inFailure                   // the bot failed on a turn before it answered
	inComplete                  // all of the answer to a turn is there
	inCut                       // the answer to a turn lost the rest of its voice
)

// action is what a conversation wants done, in order.
type action struct {
	kind  actionKind
	turn  int    // doAsk, doAskKeys
	keys  string // doAskKeys
	bytes int    // doPlay: so many bytes of the current answer from where it stands
	mark  uint32 // doPlay: the mark behind them
	end   Termination
}

type actionKind uint8

const (
	doOpen    actionKind = iota // begin to keep an utterance, its pre-roll first
	doKeep                      // this frame belongs to the utterance being kept
	doFinish                    // the utterance is over
	doAsk                       // ask the bot with the utterance being kept
	doAskKeys                   // ask the bot with keyed digits
	doAbandon                   // drop the turn in progress: its answer is no longer wanted
	doPlay                      // send audio and its mark
	doClear                     // throw away what the carrier has not played
	doApology                   // play the apology in place of an answer
	doEnd                       // the call is over
)

// maxKeys bounds the digits of one turn; Lex itself takes up to 1,024.
const maxKeys = 64

// rules are the settings of a conversation.
type rules struct {
	keyTimeout  time.Duration // digits are complete after this long without another
	keyEnd      byte          // or at this key, which is not part of them
	maxFailures int           // turns in a row that the bot may fail on
}

// conversation decides a call: who talks, what is asked, what is played, when
// it ends. It is pure: time comes in with every step and all it wants done goes
// out as actions, so any run can be replayed.
type conversation struct {
	rules rules

	phase    phase
	turn     int  // latest turn opened
	engaged  bool // the caller began to talk or to key while the bot owed an answer
	keys     []byte
	lastKey  time.Duration
	unheard  int // turn whose answer is known and of which nothing was played yet; 0 for none
	failures int // in a row
	last     Termination
	marks    uint32 // latest mark sent
	out      playout
	acts     []action // reused by every step

	counts tally
}

// tally counts what happened in one call.
type tally struct {
	turns, bargeIns, failures, lateAnswers, lateMarks, droppedKeys, gaps int
}

// step takes one input at the time since the call began, which never goes back.
// The returned actions are valid until the next step.
func (c *conversation) step(now time.Duration, in input) []action {
	c.acts = c.acts[:0]
	switch in.kind {
	case inFrame:
		c.frame(in.change)
	case inKey:
		c.key(now, in.key)
	case inMark:
		c.out.returned(in.mark)
	case inAnswer:
		c.answer(in)
	case inFailure:
		if c.awaits(in.turn) {
			c.settle()
			c.failed()
		}
	case inComplete:
		if in.turn == c.turn {
			c.failures, c.unheard = 0, 0
		}
	case inCut:
		c.cut(in.turn)
	}
	c.keysComplete(now)
	c.play(now, in)
	return c.acts
}

func (c *conversation) do(a action) { c.acts = append(c.acts, a) }

func (c *conversation) frame(change vad.Change) {
	switch {
	case c.phase == leaving || len(c.keys) > 0:
		// Nobody interrupts a goodbye; digits being keyed are the turn.
	case c.phase == owed:
		c.frameWhileOwed(change)
	case change == vad.Started:
		c.interrupt()
		c.do(action{kind: doOpen})
		c.openTurn(hearing)
		c.do(action{kind: doAsk, turn: c.turn})
	case c.phase == hearing:
		c.do(action{kind: doKeep})
		if change == vad.Ended {
			c.phase = owed
			c.do(action{kind: doFinish})
		}
	}
}

// frameWhileOwed keeps what the caller says into the bot's thinking. If they
// still talk when the answer comes, it is the beginning of their next turn; if
// they stopped, it is no turn of its own.
func (c *conversation) frameWhileOwed(change vad.Change) {
	switch {
	case change == vad.Started:
		c.engaged = true
		c.do(action{kind: doOpen})
	case change == vad.Ended:
		c.engaged = false
	case c.engaged:
		c.do(action{kind: doKeep})
	}
}

// openTurn starts a turn.
func (c *conversation) openTurn(next phase) {
	c.turn++
	c.counts.turns++
	c.phase, c.engaged = next, false
}

// interrupt stops what the bot is saying, if it is.
func (c *conversation) interrupt() {
	if c.phase != speaking {
		return
	}
	c.counts.bargeIns++
	c.do(action{kind: doAbandon})
	c.do(action{kind: doClear})
	c.silenced()
}

// silenced forgets the answer being played.
func (c *conversation) silenced() {
	c.counts.gaps += c.out.gaps
	c.out = playout{pending: c.out.pending[:0]}
	c.phase = listening
}

func (c *conversation) key(now time.Duration, key byte) {
	if c.phase == leaving {
		return
	}
	c.lastKey = now
	c.interrupt()
	if c.phase == hearing {
		c.do(action{kind: doAbandon})
		c.phase = listening
	}
	switch {
	case key == c.rules.keyEnd:
		if len(c.keys) > 0 {
			c.lastKey = now - c.rules.keyTimeout
		}
	case len(c.keys) == maxKeys:
		c.counts.droppedKeys++
	default:
		c.keys = append(c.keys, key)
	}
}

// keysComplete asks the bot with the digits once no more are expected. Digits
// keyed ahead wait until the bot has answered.
func (c *conversation) keysComplete(now time.Duration) {
	if len(c.keys) == 0 || c.phase == owed || c.phase == leaving || now-c.lastKey < c.rules.keyTimeout {
		return
	}
	c.openTurn(owed)
	c.do(action{kind: doAskKeys, turn: c.turn, keys: string(c.keys)})
	c.keys = c.keys[:0]
}

func (c *conversation) answer(in input) {
	if !c.awaits(in.turn) {
		c.counts.lateAnswers++
		return
	}
	c.unheard = in.turn
	c.settle()
	switch {
	case in.closed:
		c.phase, c.last = leaving, Termination{Result: Success, Reason: BotClosed}
		c.keys = c.keys[:0]
	case c.goesOn():
		c.counts.bargeIns++
	default:
		c.phase = speaking
	}
}

// awaits reports whether an answer to turn is still wanted.
func (c *conversation) awaits(turn int) bool {
	return turn == c.turn && (c.phase == owed || c.phase == hearing)
}

// settle ends an utterance on which the bot decided before we did.
func (c *conversation) settle() {
	if c.phase == hearing {
		c.do(action{kind: doFinish})
	}
}

// goesOn reports whether the caller did not wait for the answer that has just
// come, and goes on with what they are saying or keying: that answer is not played.
func (c *conversation) goesOn() bool {
	switch {
	case len(c.keys) > 0:
		c.do(action{kind: doAbandon})
		c.phase = listening
	case c.engaged:
		c.do(action{kind: doAbandon})
		c.openTurn(hearing)
		c.do(action{kind: doAsk, turn: c.turn})
	default:
		return false
	}
	return true
}

// cut deals with an answer that lost its voice. Of a part the caller makes what
// they can; an answer without any is as good as none.
func (c *conversation) cut(turn int) {
	if turn != c.turn || c.unheard != turn || c.phase != speaking && c.phase != listening {
		return
	}
	c.silenced()
	c.failed()
}

// failed apologises for a turn that got no answer, or ends the call if it was one
// too many.
func (c *conversation) failed() {
	c.unheard = 0
	c.failures++
	c.counts.failures++
	switch {
	case c.failures >= c.rules.maxFailures:
		c.phase, c.last = leaving, Termination{Result: UpstreamFault, Reason: BotFailed}
	case c.goesOn():
		return
	default:
		c.phase = speaking
	}
	c.do(action{kind: doApology})
}

// heardTurn notes that an answer begins to be heard.
func (c *conversation) heardTurn() {
	if c.unheard != 0 {
		c.unheard, c.failures = 0, 0
	}
}

// playing reports whether the caller is being played an answer.
func (c *conversation) playing() bool { return c.phase == speaking || c.phase == leaving }

// play keeps the carrier's queue filled and notices when all was heard.
func (c *conversation) play(now time.Duration, in input) {
	if !c.playing() {
		return
	}
	for {
		n := c.out.next(now, in.available, in.ended)
		if n == 0 {
			break
		}
		c.marks++
		c.heardTurn()
		c.out.wentOut(now, n, c.marks)
		c.do(action{kind: doPlay, bytes: n, mark: c.marks})
		in.available -= n
	}
	over, late := c.out.over(now)
	if late {
		// The carrier returns no marks: what it holds is given up, so that a
		// call cannot hang on them.
		c.counts.lateMarks += len(c.out.pending)
	} else if !over || !in.ended || in.available > 0 {
		return
	}
	leave := c.phase == leaving
	c.silenced()
	if leave {
		c.do(action{kind: doEnd, end: c.last})
	}
}
