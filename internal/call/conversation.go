package call

import (
	"cmp"
	"time"

	"lexline/internal/secret"
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
	change    vad.Change    // inFrame
	voiced    bool          // inFrame: the frame itself holds speech
	talking   bool          // inFrame: a turn of the caller's is open
	silence   time.Duration // inFrame, vad.Ended: since the caller's voice was last held
	onset     time.Duration // inFrame, vad.Started: since the first frame with the caller's voice
	refused   bool          // inFrame: the caller did not say enough to interrupt the bot
	sounds    bool          // inFrame: the carrier, which speaks itself, is heard to
	key       byte          // inKey
	mark      uint32        // inMark
	turn      int           // inAnswer, inFailure, inComplete, inCut: the turn it belongs to
	last      bool          // inAnswer: the call ends with it ...
	end       Termination   // ... like this
	failure   string        // inFailure, inCut: one word for why
	available int           // bytes of the answer's speech that exist but were not sent
	ended     bool          // the answer's speech is complete
}

type inputKind uint8

const (
	inTick     inputKind = iota // time has passed
	inFrame                     // a caller frame was judged
	inKey                       // a key was pressed
	inKeysDone                  // the carrier has waited, and no further one came
	inMark                      // a mark came back
	inAnswer                    // the bot's answer to a turn is known
	inFailure                   // the bot failed on a turn before it answered
	inComplete                  // all of the answer to a turn is there
	inCut                       // the answer to a turn lost the rest of its voice
)

// action is what a conversation wants done, in order.
type action struct {
	kind   actionKind
	turn   int    // doAsk, doAskKeys, doPlay
	keys   string // doAskKeys
	filler int    // doPlay: the filler to play of, counted from 1; 0 for the answer
	from   int    // doPlay: the first byte of it ...
	bytes  int    // ... and how many
	mark   uint32 // doPlay: the mark behind them
	end    Termination
	report *TurnReport // doReport
}

type actionKind uint8

const (
	doOpen     actionKind = iota // begin to keep an utterance, its pre-roll first
	doKeep                       // this frame belongs to the utterance being kept
	doFinish                     // the utterance is over
	doAsk                        // ask the bot with the utterance being kept
	doAskKeys                    // ask the bot with keyed digits
	doAbandon                    // drop the turn in progress: its answer is no longer wanted
	doPlay                       // send audio and its mark
	doClear                      // throw away what the carrier has not played
	doApology                    // the apology and the question again are the answer now
	doRemind                     // the reminder and the question again are
	doGoodbye                    // the words before the call is given up are
	doReport                     // a turn is over: tell of it
	doHandOver                   // nothing is said any more before the caller is handed over
	doEnd                        // the call is over
)

// maxKeys bounds the digits of one turn; Lex itself takes up to 1,024.
const maxKeys = 64

// rules are the settings of a conversation.
type rules struct {
	keyTimeout  time.Duration // digits are complete after this long without another
	keyEnd      byte          // or at this key, which is not part of them
	maxFailures int           // turns in a row that the bot may fail on
	giveUp      time.Duration // without a word of the bot, its turn has failed
	noInput     time.Duration // without a word of the caller, they are asked again; 0: never
	maxSilent   int           // times in a row that they are
	maxTime     time.Duration // the call may take; 0: for ever

	personKey                      byte // pressed alone it asks for somebody; 0: no key does
	keyed, failed, silent, tooLong Next // what becomes of callers who do, and in place of the goodbyes

	words       bool          // the carrier speaks: an answer is said whole, and cuts off what is being said
	fillers     []int         // lengths in bytes
	fillerAfter time.Duration // of silence that the bot owes words for, one begins ...
	fillerEvery time.Duration // ... but not sooner than this after another one began
}

// conversation decides a call: who talks, what is asked, what is played, when
// it ends. It is pure: time comes in with every step and all it wants done goes
// out as actions, so any run can be replayed.
type conversation struct {
	rules rules

	phase    phase
	now      time.Duration // of this step
	turn     int           // latest turn opened
	engaged  bool          // the caller began to talk or to key while the bot owed an answer
	keys     []byte
	lastKey  time.Duration
	keyEnded bool             // the keys were ended by a key, not by time
	keyed    [2]time.Duration // first and latest key of those
	began    time.Duration    // first frame with the caller's voice, of the latest time that they began
	spoke    time.Duration    // latest one
	since    time.Duration    // from when the bot owes what it has not said
	quiet    time.Duration    // when the latest sound ended, be it the caller's or one that out has forgotten
	doomed   string           // why the bot failed on the turn while the caller was still talking; empty if it did not
	unheard  int              // turn whose answer is known and of which nothing was played yet; 0 for none
	said     int              // bytes of the answer that were sent
	paused   bool             // since then the carrier, which speaks itself, was silent
	there    int              // of so many that were there when the step began
	failures int              // in a row
	idle     time.Duration    // latest step in which the caller was not waited for
	silences int              // times in a row that they were asked again
	last     Termination
	marks    uint32 // latest mark sent
	out      playout
	filler   filler
	anew     bool     // in this step another answer took the place of the one that the input tells of
	acts     []action // reused by every step

	keyIsDigit bool // the bot asks for something that the key which asks for somebody may be of

	markOurs bool          // in this step a mark of what is played came back ...
	markLate time.Duration // ... this long after its sound must have ended

	following bool       // report is of a turn of which nothing was told yet
	report    TurnReport // of the latest turn, as far as it has come

	counts tally
}

// tally counts what happened in one call.
type tally struct {
	turns, bargeIns, failures, lateAnswers, lateMarks, droppedKeys, gaps int
	fillers, apologies, silences, refusals, farDrops                     int
}

// step takes one input at the time since the call began, which never goes back.
// The returned actions are valid until the next step.
func (c *conversation) step(now time.Duration, in input) []action {
	c.now, c.anew, c.acts = now, false, c.acts[:0]
	c.markOurs = false
	c.there = c.said + in.available
	switch in.kind {
	case inFrame:
		c.frame(in)
	case inKey:
		c.key(in.key)
	case inKeysDone:
		c.lastKey = min(c.lastKey, c.now-c.rules.keyTimeout)
	case inMark:
		c.returned(in.mark)
	case inAnswer:
		c.answer(in)
	case inFailure:
		c.fail(in)
	case inComplete:
		if in.turn == c.unheard {
			c.failures, c.unheard = 0, 0
		}
	case inCut:
		c.cut(in)
	}
	c.keysComplete()
	c.limitTime(in)
	c.losePatience(c.current(in))
	c.remind(in)
	c.play(c.current(in))
	return c.acts
}

// current returns the input without the answer that it tells of, if another one has
// taken its place in this step.
func (c *conversation) current(in input) input {
	if c.anew {
		in.available, in.ended = 0, false
	}
	return in
}

func (c *conversation) do(a action) { c.acts = append(c.acts, a) }

func (c *conversation) frame(in input) {
	if in.voiced || in.change == vad.Started {
		c.spoke = c.now
	}
	if in.refused {
		c.counts.refusals++
	}
	if c.rules.words {
		c.carrierSounds(in)
	}
	if in.change == vad.Started {
		c.silences, c.began = 0, c.now-in.onset
	}
	switch {
	case !c.heeds():
	case c.phase == owed:
		c.frameWhileOwed(in)
	case in.change == vad.Started:
		c.interrupt()
		c.do(action{kind: doOpen})
		c.openTurn(hearing)
		c.do(action{kind: doAsk, turn: c.turn})
	case c.phase == hearing:
		c.do(action{kind: doKeep})
		if in.change == vad.Ended {
			c.do(action{kind: doFinish})
			c.owes(c.fellSilent(in))
			c.report.Ended, c.report.Noticed = c.fellSilent(in), c.now
			if c.doomed != "" {
				c.failed(c.doomed)
			}
		}
	}
}

// heeds reports whether what the caller says matters: nobody interrupts a goodbye, and
// digits being keyed are the turn.
func (c *conversation) heeds() bool { return c.phase != leaving && len(c.keys) == 0 }

// frameWhileOwed keeps what the caller says into the bot's thinking. If they
// still talk when the answer comes, it is the beginning of their next turn; if
// they stopped, it is no turn of its own. Either way no filler talks into it.
func (c *conversation) frameWhileOwed(in input) {
	switch {
	case in.change == vad.Started:
		c.engaged = true
		c.hush()
		c.do(action{kind: doOpen})
	case in.change == vad.Ended:
		c.engaged = false
		c.quiet = max(c.quiet, c.fellSilent(in))
	case c.engaged:
		c.do(action{kind: doKeep})
	}
}

// fellSilent returns when the caller spoke last, in the step that finds their turn
// over. The endpointer bridges single frames, so it hears the voice end a little
// late; a click in the silence after it is no voice.
func (c *conversation) fellSilent(in input) time.Duration {
	return min(c.spoke, c.now-in.silence)
}

// owes gives the word to the bot: it has the whole turn now, and the caller has
// been waiting since they were done.
func (c *conversation) owes(done time.Duration) {
	c.phase, c.since, c.quiet = owed, c.now, max(c.quiet, done)
}

// openTurn starts a turn.
func (c *conversation) openTurn(next phase) {
	c.turn++
	c.counts.turns++
	c.phase, c.engaged, c.doomed = next, false, ""
	c.filler.count = 0
	c.beginReport(TurnSpoken)
	c.report.Began, c.report.Asked = c.began, c.now
}

// interrupt stops what the caller is being told, if they are.
func (c *conversation) interrupt() {
	if c.phase != speaking {
		c.hush()
		return
	}
	c.counts.bargeIns++
	c.report.Interrupted = true
	c.do(action{kind: doAbandon})
	c.do(action{kind: doClear})
	c.silenced()
}

// silenced leaves the answer that was being played.
func (c *conversation) silenced() {
	c.closeReport()
	c.forget()
	c.phase, c.said = listening, 0
}

// forget leaves what was sent behind: it was heard, given up or cleared.
func (c *conversation) forget() {
	c.quiet = max(c.quiet, min(c.now, c.out.end()))
	c.counts.gaps += c.out.gaps
	c.out = playout{pending: c.out.pending[:0]}
	c.filler.playing = 0
}

func (c *conversation) key(key byte) {
	if c.phase == leaving {
		return
	}
	c.lastKey, c.idle, c.silences = c.now, c.now, 0
	c.interrupt()
	c.quiet = c.now
	if c.phase == hearing {
		c.do(action{kind: doAbandon})
		c.closeReport()
		c.phase = listening
	}
	if len(c.keys) == 0 {
		c.keyed[0] = c.now
	}
	c.keyed[1] = c.now
	switch {
	case key == c.rules.keyEnd:
		if len(c.keys) > 0 {
			c.lastKey, c.keyEnded = c.now-c.rules.keyTimeout, true
		}
	case len(c.keys) == maxKeys:
		c.counts.droppedKeys++
	default:
		c.keys = append(c.keys, key)
		c.engaged = false // what they began to say is dropped for keys
	}
}

// keysComplete asks the bot with the digits once no more are expected. Digits
// keyed ahead wait until the bot has answered.
func (c *conversation) keysComplete() {
	complete := c.lastKey + c.rules.keyTimeout
	if len(c.keys) == 0 || c.phase == owed || c.phase == leaving || c.now < complete {
		return
	}
	if c.asksForSomebody() {
		c.closeReport()
		c.leave(Termination{Result: Success, Reason: KeyedForPerson, Next: c.rules.keyed})
		return
	}
	c.openTurn(owed)
	c.owes(complete)
	c.report.Kind, c.report.Keys, c.report.Keyed = TurnKeyed, len(c.keys), secret.New(string(c.keys))
	c.report.Began, c.report.Ended, c.report.Noticed = c.keyed[0], c.keyed[1], c.now
	c.do(action{kind: doAskKeys, turn: c.turn, keys: string(c.keys)})
	c.keys, c.keyEnded = c.keys[:0], false
}

func (c *conversation) answer(in input) {
	if !c.awaits(in.turn) {
		c.counts.lateAnswers++
		return
	}
	c.unheard, c.since = in.turn, c.now
	c.report.Answered = c.now
	c.settle()
	switch {
	case in.last:
		c.phase, c.last = leaving, in.end
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
		c.quiet = max(c.quiet, c.spoke)
		c.report.Ended, c.report.Noticed = c.spoke, c.now
	}
}

// fail takes it that the bot has failed on a turn. Nobody is interrupted for that:
// who is still talking hears of it when they are done.
func (c *conversation) fail(in input) {
	switch {
	case !c.awaits(in.turn):
	case c.phase == hearing:
		c.doomed = cmp.Or(in.failure, FailureOther)
	default:
		c.failed(in.failure)
	}
}

// goesOn reports whether the caller did not wait for the answer that has just
// come, and goes on with what they are saying or keying: that answer is not played.
func (c *conversation) goesOn() bool {
	switch {
	case len(c.keys) > 0:
		c.report.Interrupted = c.unheard != 0
		c.do(action{kind: doAbandon})
		c.closeReport()
		c.phase = listening
	case c.engaged:
		c.report.Interrupted = c.unheard != 0
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
func (c *conversation) cut(in input) {
	if in.turn != c.turn || c.phase != speaking && c.phase != listening {
		return
	}
	if c.unheard == in.turn && in.available == 0 {
		c.failed(in.failure)
	} else if c.phase == speaking {
		c.report.Failure = in.failure
	}
}

// losePatience ends the wait for a bot that does not keep its own limits: for an
// answer, or for the rest of one.
func (c *conversation) losePatience(in input) {
	stalled := c.playing() && in.available == 0 && !in.ended
	switch {
	case c.phase != owed && !stalled || c.now-c.since < c.rules.giveUp:
	case c.phase == owed, c.phase == speaking && c.unheard != 0:
		c.do(action{kind: doAbandon})
		c.failed(FailureLate)
	default:
		c.do(action{kind: doAbandon})
		c.report.Failure = FailureCut
		c.hush()
		c.finished()
	}
}

// failed apologises for a turn that got no answer and asks again, or ends the call
// if it was one too many. why is one word.
func (c *conversation) failed(why string) {
	c.unheard, c.doomed = 0, ""
	c.report.Failure, c.report.Answered = cmp.Or(why, FailureOther), 0
	c.failures++
	c.counts.failures++
	switch {
	case c.failures >= c.rules.maxFailures:
		c.leave(Termination{Result: UpstreamFault, Reason: BotFailed, Next: c.rules.failed})
	case c.goesOn():
	default:
		c.counts.apologies++
		c.announce(speaking, doApology)
	}
}

// announce has the caller told words of our own, which take the place of an answer.
func (c *conversation) announce(next phase, words actionKind) {
	c.phase = next
	c.said, c.there, c.anew = 0, 0, true
	c.since, c.quiet = c.now, c.now // the next sound is on its way
	c.do(action{kind: words})
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
func (c *conversation) play(in input) {
	if !c.fill(in) || !c.playing() {
		return
	}
	for {
		n := c.piece(in)
		if n == 0 {
			break
		}
		c.heardTurn()
		c.sounds()
		c.send(action{from: c.said, bytes: n})
		c.said += n
		c.since = c.now
		in.available -= n
	}
	over, late := c.out.over(c.now)
	if late {
		// The carrier returns no marks: what it holds is given up, so that a
		// call cannot hang on them.
		c.counts.lateMarks += len(c.out.pending)
	} else if !over || !in.ended || in.available > 0 {
		return
	}
	c.finished()
}

// piece returns how many bytes of the answer are to be sent now, 0 for none.
func (c *conversation) piece(in input) int {
	switch {
	case !c.rules.words:
		return c.out.next(c.now, in.available, in.ended)
	case !in.ended || in.available == 0:
		return 0
	}
	c.forget() // what is being said ends with the next words
	return in.available
}

// send puts a piece of sound and its mark into the carrier's queue.
func (c *conversation) send(piece action) {
	c.marks++
	c.out.wentOut(c.now, piece.bytes, c.marks)
	piece.kind, piece.turn, piece.mark = doPlay, c.turn, c.marks
	c.do(piece)
}

// finished goes on after an answer of which no more will be played.
func (c *conversation) finished() {
	leave := c.phase == leaving
	c.silenced()
	if leave {
		c.do(action{kind: doEnd, end: c.last})
	}
}
