package call

import (
	"context"
	"time"
)

// FrameBytes is the length of one caller frame: 20 ms of 8 kHz mu-law, one byte a sample.
const FrameBytes = 160

// Info holds the static facts of a call. Every field comes from the signed
// webhook or from the configuration, never from an unauthenticated peer.
type Info struct {
	ID      string // the carrier's call id (Twilio CallSid); also the Lex session id
	Account string // the carrier's account id
	From    string // caller, E.164 where the carrier knows it
	To      string // called number
	Line    string // name of the configured line that the called number belongs to
	Resumed bool   // the stream continues a call whose earlier stream ended
	Words   bool   // the carrier speaks what the bot says: the leg takes Say and never Play

	// Began is when the call's first stream began; the zero time: with this one.
	Began    time.Time
	Returned Fruitless // the hand-overs of this call from which the caller is back

	// Outbound says that the call was placed by its line: From is the line's number,
	// and To is who was called.
	Outbound bool
	// AnsweredBy is who answered an outbound call, as far as the carrier was asked to
	// find out: human, unknown, or a word that begins with machine.
	AnsweredBy string
}

// EventKind tells the events of a Leg apart.
type EventKind uint8

// The events of a Leg.
const (
	Wake         EventKind = iota // nothing arrived: time has passed
	Frame                         // one frame of caller audio
	Digit                         // the caller pressed a key
	KeysDone                      // the leg has waited for keys itself: those that came are all
	MarkReturned                  // a mark was heard, or flushed by a clear
	HungUp                        // the carrier ended the stream in the regular way
)

// Event is one thing that happened on a leg.
type Event struct {
	Kind  EventKind
	Audio []byte // Frame: FrameBytes of mu-law, valid until the next call of Next
	Far   []byte // Frame: what the caller was played meanwhile, as Audio, where the leg hears that; else nil
	Digit byte   // Digit: one of 0-9, A-D, * and #
	Mark  uint32 // MarkReturned: the number given to Output
}

// OutputKind tells what an Output does.
type OutputKind uint8

// The outputs of a call.
const (
	Play  OutputKind = iota // append Audio to what the caller is being played
	Mark                    // ask for the mark to be returned once all audio before it was heard
	Clear                   // throw away what has not been heard; outstanding marks come back at once
	Say                     // have Words spoken, in place of all that was to be spoken before
)

// Output is one thing a call tells its leg to do.
type Output struct {
	Kind  OutputKind
	Audio []byte // Play: 8 kHz mu-law of any length, only read during Send
	Mark  uint32 // Mark: number of the mark, unique within the call
	Words string // Say: plain text, never empty
}

// Leg is the telephone side of one call. Next and Send are called only by the
// goroutine that runs the call.
type Leg interface {
	// Next waits for the next event. It returns a Wake at least every 200 ms
	// when nothing arrives, so that a call's own timers run on a silent leg.
	// An error means that the leg is lost or that its peer broke the protocol.
	Next(ctx context.Context) (Event, error)
	// Send passes one output to the carrier. It may block up to the leg's own
	// write deadline (2 s); an error means that the leg is lost.
	Send(out Output) error
	// Close ends the leg in the regular way: the carrier goes on with its next
	// instruction, which is what end says. It may be called more than once; only the
	// first end counts.
	Close(end Termination) error
}
