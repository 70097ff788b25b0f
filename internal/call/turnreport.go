package call

import (
	"errors"
	"strings"
	"time"

	"lexline/internal/secret"
)

// TurnKind says how a caller took their turn.
type TurnKind string

// The kinds of turns.
const (
	TurnSpoken TurnKind = "speech" // they talked
	TurnKeyed  TurnKind = "keys"   // they pressed keys
	TurnNone   TurnKind = "none"   // they did nothing for too long, and were asked again or given up
)

// TurnReport is what became of one turn, told once, when nothing more can happen in
// it: what the caller was told was heard to its end or interrupted, the next turn
// began, or the call ended. All times are since the call began; zero means that it
// did not happen.
//
// A turn has been asked and has neither an answer nor a failure if the caller did not
// wait for it: they hung up, went on talking, or pressed a key.
type TurnReport struct {
	Number int // as in Turn; of a turn without words that of the one before it, 0 if it is the first
	Kind   TurnKind

	Began      time.Duration // the first frame with the caller's voice, or the first key
	Ended      time.Duration // the last one
	Noticed    time.Duration // the turn was found to be over, by silence, a last key, or an answer that came before
	Asked      time.Duration // the question was put to the bot; of speech while the caller was talking
	Answered   time.Duration // the bot's answer was known
	FirstSent  time.Duration // the first sound of what the caller was told went out: of the answer, or our own words in place of it
	FirstHeard time.Duration // it was heard, by the mark that came back behind it

	Told        time.Duration // so much of that sound was heard: by the marks, and by the clock for the piece being played
	Length      time.Duration // of so much that there was of it
	Interrupted bool          // the caller did not hear all of it because they spoke or keyed, or did not wait for it
	Fillers     int           // times that they were asked to wait
	Keys        int           // keys that the bot was asked with

	// Failure is one word for why the bot failed on the turn, from a bounded set; empty
	// if it did not. What the caller was told is then our apology and the question
	// again, unless the failure is FailureCut and Answered is not zero.
	Failure string

	// What the bot made of the turn, as in Answer; empty without an answer.
	Region, Intent, State string
	Expected              string // slot that the bot had asked for before the turn, as far as the caller heard it
	Elicits               string // slot that it asked for in its answer
	Closed                bool
	Slots                 map[string]secret.Text // not changed any more
	Keyed                 secret.Text            // the keys, which nobody may keep: card numbers and PINs; to find them in what is kept
	Words                 secret.Text            // the caller's, as the bot understood them
	Said                  secret.Text            // the bot's: all of its answer
}

// Words for failures that are not the bot's own; see Config.FailureOf for those.
const (
	FailureLate     = "late"      // no word of it came in time, by our own clock
	FailureNoAnswer = "no_answer" // it returned without an answer
	FailureCut      = "cut"       // the rest of its voice was lost
	FailureOther    = "failed"    // any other error
)

// beginReport starts to follow a turn, after telling of the one before it.
func (c *conversation) beginReport(kind TurnKind) {
	c.closeReport()
	c.report = TurnReport{Number: c.turn, Kind: kind}
	c.following = true
}

// closeReport tells of the turn that is followed, if one is.
func (c *conversation) closeReport() {
	if !c.following {
		return
	}
	c.following = false
	c.report.Told, c.report.Length = duration(c.told()), duration(max(c.said, c.there))
	report := c.report
	c.do(action{kind: doReport, report: &report})
}

// told estimates how much of the answer, in bytes, has been heard. A filler only
// follows an answer that has been heard as far as it was there.
func (c *conversation) told() int {
	if c.filler.playing != 0 || c.out.apart {
		return c.said
	}
	return c.said - min(c.out.sent-c.out.playing(c.now), c.out.sent-c.out.first)
}

// returned takes a mark that came back. The first one behind an answer tells when its
// first sound was heard.
func (c *conversation) returned(mark uint32) {
	c.markLate, c.markOurs = c.out.returned(c.now, mark)
	ours := c.markOurs && c.playing() && c.filler.playing == 0 && !c.out.apart && c.out.heard > c.out.first
	if ours && c.report.FirstHeard == 0 {
		c.report.FirstHeard = max(c.report.FirstSent, c.now-duration(c.out.heard-c.out.first))
	}
}

// sounds notes that a piece of the answer goes out.
func (c *conversation) sounds() {
	if c.report.FirstSent == 0 {
		c.report.FirstSent, c.paused = c.now, false
	}
}

// carrierSounds notes when the first of the words that the carrier says is heard: its
// marks only tell when the last one was. What it was saying before does not count.
func (c *conversation) carrierSounds(in input) {
	switch {
	case !in.sounds:
		c.paused = true
	case c.paused && c.report.FirstSent != 0 && c.report.FirstHeard == 0:
		c.report.FirstHeard = c.now
	}
}

// tell gives a report what the conversation does not know, and passes it on.
func (c *Call) tell(report *TurnReport) {
	if c.cfg.Report == nil {
		return
	}
	report.Expected = c.expecting
	if a := c.answer; a != nil && report.Kind != TurnNone && report.Answered != 0 {
		report.Region, report.Intent, report.State = a.Region, a.Intent, a.State
		report.Elicits, report.Closed = a.Elicits, a.Closed
		report.Words, report.Said = secret.New(a.Transcript), secret.New(strings.Join(a.Messages, " "))
		report.Slots = make(map[string]secret.Text, len(a.Slots))
		for name, value := range a.Slots {
			report.Slots[name] = secret.New(value)
		}
	}
	c.cfg.Report(c.info, *report)
}

// tellLast tells of the turn in which the call ended.
func (c *Call) tellLast(now time.Duration) {
	for _, act := range c.talk.end(now) {
		c.tell(act.report)
	}
}

// end returns what is left to do when the call is over, whatever ended it.
func (c *conversation) end(now time.Duration) []action {
	c.now, c.acts = max(c.now, now), c.acts[:0]
	c.closeReport()
	return c.acts
}

// expectsSlot notes, when a turn begins, which slot it is to fill.
func (c *Call) expectsSlot() {
	c.expecting = ""
	if c.asked != nil {
		c.expecting = c.asked.Elicits
	}
}

// failureOf is the word for an error of the bot's.
func (c *Call) failureOf(err error) string {
	if errors.Is(err, errNoAnswer) {
		return FailureNoAnswer
	}
	if word := c.cfg.FailureOf(err); word != "" {
		return word
	}
	return FailureOther
}
