// Package call is the domain: one telephone call between a caller on a Leg and
// a Bot. It listens for turns, puts them to the bot, plays the answers ahead of
// the caller's ear by a known distance, stops when interrupted, and ends the
// call when the bot is done and its last words were heard.
//
// A call lives on one goroutine, in Run. That goroutine pulls events from the
// leg, and the caller's frames are its clock: there is no ticker. What happens
// next is decided by a pure state machine (conversation.go, filler.go, reminder.go,
// playout.go); this file only carries its decisions out. The package knows no
// carrier, no websocket and no Lex: they implement Leg and Bot.
package call

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"lexline/internal/vad"
)

// What others tell a call by wrapping them.
var (
	// ErrBadPeer is wrapped by a leg's errors when its peer broke the protocol, as
	// against a connection that was lost.
	ErrBadPeer = errors.New("peer broke the protocol")
	// ErrReplaced is wrapped by the cause with which a call's context is cancelled
	// when a newer stream of the same call takes over.
	ErrReplaced = errors.New("replaced by a newer stream of the same call")
)

// Faults of a question to the bot.
var (
	errNoAnswer = errors.New("the bot returned without an answer")
	errCutShort = errors.New("the answer's audio was cut short")
)

// Config holds what calls have in common. The zero value of a field means its default.
type Config struct {
	Logger      *slog.Logger          // default: slog.Default()
	Counters    *Counters             // default: counted nowhere
	NewDetector func() vad.FrameJudge // one for each call; default: vad.NewDetector
	Hearing     vad.Settings          // must be valid; default: vad.DefaultSettings
	NewRecorder func(Info) Recorder   // one for each call, nil where a call is not recorded; default: none is
	KeyTimeout  time.Duration         // digits are complete after this long without another; default 3 s
	KeyEnd      byte                  // or at this key; default '#'
	MaxFailures int                   // turns in a row the bot may fail on before the call is ended; default 3
	GiveUp      time.Duration         // a bot that has said nothing for this long has failed, should it keep no shorter limit of its own; default 6.2 s
	FillerAfter time.Duration         // silence that the bot owes words for is filled after this long; default 1.5 s
	NoInput     time.Duration         // a caller who says nothing for this long is asked again; default: never
	MaxSilent   int                   // times in a row that they are asked again before the call is ended; default 3
	MaxTime     time.Duration         // so long a call may go on, over all its streams; default: for ever
	FillerEvery time.Duration         // a filler begins at the earliest this long after another; default 3 s
	Sounds      Sounds                // default: none
	Words       Words                 // what stands in for Sounds where the carrier speaks; default: none
	Handover    Handover              // default: nobody is handed over
	FailureOf   func(error) string    // one word, of a bounded set, for an error of a Bot; default: FailureOther for all

	// Report is told of each turn once, when it is over; see TurnReport. It is called on
	// the call's goroutine, between two frames, and must not block. Default: nobody is told.
	Report func(Info, TurnReport)
}

// Sounds are what a caller is told when the bot is late or fails, or when they say
// nothing themselves. All are 8 kHz mu-law and are played as they are.
type Sounds struct {
	// Fillers are words of waiting, heard in rotation: those of up to 1.2 s first,
	// longer ones when the wait goes on. Without any, waits are silent.
	Fillers [][]byte
	// Apology is played when the bot failed on a turn; the last thing the bot asked
	// follows it, should it have asked anything.
	Apology []byte
	// StillThere is played when the caller has said nothing; the question follows it
	// as it does the apology.
	StillThere []byte
	// Goodbye is played when the bot failed once too often, the caller said nothing
	// once too often or the call has gone on for too long, before it is ended. Who is
	// handed over does not hear it. Default: Apology.
	Goodbye []byte
}

func (cfg Config) withDefaults() Config {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Counters == nil {
		cfg.Counters = new(Counters)
	}
	if cfg.NewDetector == nil {
		cfg.NewDetector = func() vad.FrameJudge { return vad.NewDetector() }
	}
	if cfg.NewRecorder == nil {
		cfg.NewRecorder = func(Info) Recorder { return nil }
	}
	if cfg.FailureOf == nil {
		cfg.FailureOf = func(error) string { return FailureOther }
	}
	if cfg.KeyTimeout == 0 {
		cfg.KeyTimeout = 3 * time.Second
	}
	if cfg.KeyEnd == 0 {
		cfg.KeyEnd = '#'
	}
	if cfg.MaxFailures == 0 {
		cfg.MaxFailures = 3
	}
	cfg.MaxSilent = cmp.Or(cfg.MaxSilent, 3)
	cfg.GiveUp = cmp.Or(cfg.GiveUp, 6200*time.Millisecond)
	cfg.FillerAfter = cmp.Or(cfg.FillerAfter, 1500*time.Millisecond)
	cfg.FillerEvery = cmp.Or(cfg.FillerEvery, 3*time.Second)
	if cfg.Sounds.Goodbye == nil {
		cfg.Sounds.Goodbye = cfg.Sounds.Apology
	}
	if cfg.Words.Goodbye == "" {
		cfg.Words.Goodbye = cfg.Words.Apology
	}
	return cfg
}

// Call is one telephone call. Create it with New and run it once.
type Call struct {
	// static
	cfg  Config
	info Info
	leg  Leg
	bot  Bot
	log  *slog.Logger

	// owned by Run
	began     time.Time
	talk      conversation
	ear       *vad.Ear
	recorder  Recorder   // nil: the call is not recorded
	frames    int        // caller frames so far
	spoken    int        // the first of them with the caller's voice in the latest turn that they took
	utterance *Speech    // being kept; nil when none is
	reply     *Speech    // being played; nil when none is
	words     string     // of it, where the carrier speaks
	answer    *Answer    // the bot's latest
	asked     *Answer    // the latest of which the caller heard something
	expected  vad.Answer // of the caller, from now on
	expecting string     // slot that the latest turn was to fill
	asking    asking
	clock     turnClock

	// shared with the goroutine that asks, which only sends
	heardBack chan botEvent

	progress Progress // written by Run, read by whoever likes

	// owned by Run; last, as they would tear the other fields apart in memory
	kept [keptFrames * FrameBytes]byte // ring of the latest caller frames
	far  farEnd
}

// asking is the question in flight: at most one talks to the bot at a time.
type asking struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when Ask has returned; nil before the first question
}

// botEvent is what comes back from a question: its answer, then its end.
type botEvent struct {
	turn   int
	answer *Answer
	err    error
}

// New prepares a call; Run does all the work.
func New(cfg Config, info Info, leg Leg, bot Bot) *Call {
	cfg = cfg.withDefaults()
	if info.Words {
		cfg.Sounds = cfg.Words.sounds()
	}
	return &Call{
		cfg: cfg, info: info, leg: leg, bot: bot,
		log: cfg.Logger.With("call", info.ID, "line", info.Line),
		talk: conversation{rules: rules{
			keyTimeout: cfg.KeyTimeout, keyEnd: cfg.KeyEnd, maxFailures: cfg.MaxFailures, giveUp: cfg.GiveUp,
			noInput: cfg.NoInput, maxSilent: cfg.MaxSilent, maxTime: timeLeft(cfg.MaxTime, info.Began),
			personKey: cfg.Handover.Key, keyed: transferTo(cfg.Handover.KeyTo),
			failed: unasked(cfg.Handover.Failed, info.Returned), silent: unasked(cfg.Handover.Silent, info.Returned), tooLong: unasked(cfg.Handover.TooLong, info.Returned),
			words: info.Words, fillers: lengths(cfg.Sounds.Fillers), fillerAfter: cfg.FillerAfter, fillerEvery: cfg.FillerEvery,
		}},
		ear: vad.NewEar(cfg.NewDetector(), cfg.Hearing),
		// An answer and an end of the question in flight, and of one that was
		// abandoned but has not noticed yet: senders never wait.
		heardBack: make(chan botEvent, 4),
	}
}

// timeLeft is how much of the longest time is left of a call that began at some time;
// 0 is for ever.
func timeLeft(longest time.Duration, began time.Time) time.Duration {
	if longest == 0 || began.IsZero() {
		return longest
	}
	return max(longest-time.Since(began), time.Nanosecond)
}

// Run talks until the caller or the bot ends the call and says why it ended. It
// owns the call's state; it closes the leg; no goroutine that it started
// outlives it. Ending ctx ends the call as Shutdown.
func (c *Call) Run(ctx context.Context) (end Termination) {
	c.began = time.Now()
	c.log.Info("call started", "from", masked(c.info.From), "to", masked(c.info.To), "resumed", c.info.Resumed, "outbound", c.info.Outbound)
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if fault := recover(); fault != nil {
			end = Termination{Result: ServerFault, Reason: Panicked, Err: fmt.Errorf("panic: %v\n%s", fault, debug.Stack())}
		}
		cancel()
		if err := c.leg.Close(end); err != nil && end.Err == nil {
			c.log.Debug("leg closed", "err", err)
		}
		c.awaitAsking()
		c.closeRecorder()
		c.tellLast(time.Since(c.began))
		c.cfg.Counters.add(c.counts())
		c.logEnd(end)
	}()
	c.recorder = c.cfg.NewRecorder(c.info)
	return c.run(ctx)
}

func (c *Call) run(ctx context.Context) Termination {
	for {
		event, err := c.leg.Next(ctx)
		if err != nil {
			return c.lost(ctx, err)
		}
		now := time.Since(c.began)
		if over, end := c.takeBotEvents(ctx, now); over {
			return end
		}
		in := input{kind: inTick}
		switch event.Kind {
		case HungUp:
			return Termination{Result: CallerEnded, Reason: CallerLeft}
		case Frame:
			in = c.hear(event)
		case Digit:
			in = input{kind: inKey, key: event.Digit}
		case KeysDone:
			in.kind = inKeysDone
		case MarkReturned:
			in = input{kind: inMark, mark: event.Mark}
		}
		if over, end := c.step(ctx, now, in); over {
			return end
		}
	}
}

// lost is the end of a call whose leg ended with an error. Where only last words were
// left to be heard the call is over all the same: a caller who is asked to go on would
// talk to a bot that is done, and one who was to be handed over would not be.
func (c *Call) lost(ctx context.Context, err error) Termination {
	end := lost(ctx, err)
	if end.Reason != LegLost || c.talk.phase != leaving {
		return end
	}
	last := c.withContext(c.talk.last)
	last.Err = end.Err
	return last
}

// lost classes the error that ended a leg.
func lost(ctx context.Context, err error) Termination {
	switch {
	case errors.Is(context.Cause(ctx), ErrReplaced):
		return Termination{Result: PeerFault, Reason: Replaced}
	case ctx.Err() != nil:
		return Termination{Result: ServerFault, Reason: Shutdown}
	case errors.Is(err, ErrBadPeer):
		return Termination{Result: PeerFault, Reason: BadPeer, Err: err}
	default:
		return Termination{Result: PeerFault, Reason: LegLost, Err: err}
	}
}

// counts is what happened in the call so far.
func (c *Call) counts() tally {
	counts := c.talk.counts
	counts.farDrops = c.far.drops
	return counts
}

// takeBotEvents passes on what the bot said since the last event.
func (c *Call) takeBotEvents(ctx context.Context, now time.Duration) (over bool, end Termination) {
	for {
		select {
		case event := <-c.heardBack:
			if over, end = c.takeBotEvent(ctx, now, event); over {
				return over, end
			}
		default:
			return false, Termination{}
		}
	}
}

func (c *Call) takeBotEvent(ctx context.Context, now time.Duration, event botEvent) (over bool, end Termination) {
	if event.answer == nil {
		return c.takeEnd(ctx, now, event)
	}
	awaited := c.talk.awaits(event.turn)
	if awaited {
		if c.info.Words {
			c.tellWords(spokenWords(event.answer))
			event.answer.Speech = c.reply
		}
		c.reply, c.answer = event.answer.Speech, event.answer
		c.clock.answered(c.log, now, event.answer)
		if attribute := c.cfg.Handover.unknown(event.answer); attribute != "" {
			c.log.Warn("bot names what is not configured", "attribute", attribute) // not the name: a bot may say what it heard
		}
	}
	in := input{kind: inAnswer, turn: event.turn}
	in.end, in.last = c.cfg.Handover.after(event.answer, c.info.Returned)
	over, end = c.step(ctx, now, in)
	if awaited && c.talk.playing() { // else the caller did not wait, and answers nothing that it asks
		c.expect(event.answer)
	}
	return over, end
}

// takeEnd takes the end of a question: after its answer, or without one.
func (c *Call) takeEnd(ctx context.Context, now time.Duration, event botEvent) (over bool, end Termination) {
	in := input{turn: event.turn}
	switch {
	case event.err == nil:
		in.kind = inComplete
	case errors.Is(event.err, context.Canceled):
		return false, Termination{} // we gave up on it ourselves
	case errors.Is(event.err, errCutShort):
		in.kind, in.failure = inCut, FailureCut
		c.log.Warn("answer incomplete", "turn", event.turn, "err", event.err)
	default:
		in.kind, in.failure = inFailure, c.failureOf(event.err)
		c.log.Warn("bot failed", "turn", event.turn, "err", event.err)
	}
	return c.step(ctx, now, in)
}

// step puts one input to the state machine and does what it says.
func (c *Call) step(ctx context.Context, now time.Duration, in input) (over bool, end Termination) {
	if c.reply != nil {
		rest, ended := c.reply.From(c.talk.said)
		in.available, in.ended = len(rest), ended
	}
	acts := c.talk.step(now, in)
	if c.talk.markOurs && !c.info.Words {
		c.cfg.Counters.marks.Observe(c.talk.markLate)
	}
	for _, act := range acts {
		switch act.kind {
		case doOpen:
			c.openUtterance()
		case doReport:
			c.tell(act.report)
		case doKeep:
			c.keepFrame()
		case doFinish:
			c.utterance.End(nil)
			c.utterance = nil // its question holds on to it as long as it needs it
			c.clock.ended(c.log, now, c.ear.Silence())
			c.expect(nil)
		case doAsk:
			c.expectsSlot()
			c.ask(ctx, Turn{Number: act.turn, Speech: c.utterance})
		case doAskKeys:
			c.clock.keyed(c.log, now, act.turn)
			c.expectsSlot()
			c.expect(nil)
			c.ask(ctx, Turn{Number: act.turn, Text: act.keys})
		case doAbandon:
			c.abandon()
		case doApology:
			c.askAgain(c.cfg.Sounds.Apology, c.cfg.Words.Apology)
		case doRemind:
			c.expectsSlot()
			c.askAgain(c.cfg.Sounds.StillThere, c.cfg.Words.StillThere)
		case doGoodbye:
			c.reply, c.words = NewFinishedSpeech(c.cfg.Sounds.Goodbye), c.cfg.Words.Goodbye
			c.clock.dropped()
		case doHandOver:
			c.reply = NewFinishedSpeech(nil)
			c.clock.dropped()
		case doPlay:
			if err := c.play(now, act); err != nil {
				return true, c.lost(ctx, err)
			}
		case doClear:
			if err := c.leg.Send(Output{Kind: Clear}); err != nil {
				return true, c.lost(ctx, fmt.Errorf("clear the prompt: %w", err))
			}
			c.far.clear()
		case doEnd:
			return true, c.withContext(act.end)
		}
	}
	if !c.talk.playing() {
		c.reply = nil
	}
	c.progress.note(c.talk.turn, c.talk.phase)
	return false, Termination{}
}

// withContext puts into an end what whoever goes on should know.
func (c *Call) withContext(end Termination) Termination {
	if end.Next.Kind == NextTransfer {
		end.Next.Context = c.cfg.Handover.context(c.answer)
		if c.answer != nil {
			end.Next.Intent = c.answer.Intent
		}
	}
	return end
}

// play sends the next piece of a filler or the reply, and its mark.
func (c *Call) play(now time.Duration, act action) error {
	if err := c.utter(act); err != nil {
		return fmt.Errorf("play the answer: %w", err)
	}
	if err := c.leg.Send(Output{Kind: Mark, Mark: act.mark}); err != nil {
		return fmt.Errorf("mark the answer: %w", err)
	}
	switch {
	case act.from > 0:
	case act.filler > 0:
		c.log.Debug("filler playing", "turn", act.turn, "filler", act.filler)
	default:
		c.clock.played(c.log, now)
		if c.answer != nil && c.reply == c.answer.Speech {
			c.asked = c.answer
			c.talk.keyIsDigit = slices.Contains(c.cfg.Handover.KeySlots, c.asked.Elicits)
		}
	}
	return nil
}

// utter sends the piece itself.
func (c *Call) utter(act action) error {
	if c.info.Words {
		return c.say(act)
	}
	piece := c.piece(act)
	if err := c.leg.Send(Output{Kind: Play, Audio: piece}); err != nil {
		return err
	}
	c.far.play(piece)
	return nil
}

// piece is the sound that a doPlay speaks of.
func (c *Call) piece(act action) []byte {
	if act.filler > 0 {
		return c.cfg.Sounds.Fillers[act.filler-1][act.from : act.from+act.bytes]
	}
	rest, _ := c.reply.From(act.from)
	return rest[:act.bytes]
}

const (
	maxQuestion   = 30 * 1000 * bytesPerMillisecond // of the bot's last words that are said again: the end of them
	questionPause = 300 * bytesPerMillisecond       // between our words and the question
	silence       = 0xff                            // mu-law
)

// askAgain has the caller told a sound of ours, or words, and, if the bot has asked them anything yet, the
// same again. The carrier's own greeting was not ours to keep.
func (c *Call) askAgain(sound []byte, words string) {
	c.clock.dropped()
	c.expect(c.asked)
	if c.info.Words {
		if c.asked != nil {
			words = strings.TrimSpace(words + " " + questionWords(c.asked))
		}
		c.tellWords(words)
		return
	}
	if c.asked != nil {
		question, _ := c.asked.Speech.From(0)
		question = question[max(0, len(question)-maxQuestion):]
		sound = slices.Concat(sound, bytes.Repeat([]byte{silence}, questionPause), question)
	}
	c.reply = NewFinishedSpeech(sound)
}

// lengths returns how many bytes each of the sounds has.
func lengths(sounds [][]byte) []int {
	lengths := make([]int, len(sounds))
	for i, sound := range sounds {
		lengths[i] = len(sound)
	}
	return lengths
}
