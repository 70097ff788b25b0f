package vad

import (
	"math/bits"
	"time"
)

// Change is what a frame did to the caller's turn.
type Change uint8

// The changes.
const (
	NoChange Change = iota
	Started         // a turn began; Onset tells how long ago
	Ended           // the turn is over
)

// Timing holds the settings of an Endpointer. Durations are rounded down to frames of 20 ms.
type Timing struct {
	Stop    time.Duration // silence that ends a turn
	MaxTurn time.Duration // a turn is ended after this long, whatever is heard
}

// DefaultTiming ends a turn after 800 ms of silence, and before Lex's limit of
// 15 s for one utterance (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html)
// with room for the pre-roll.
var DefaultTiming = Timing{Stop: 800 * time.Millisecond, MaxTurn: 14 * time.Second}

const (
	frameTime   = 20 * time.Millisecond
	startWindow = 8 // frames looked back on to open a turn
	startSpeech = 5 // of which so many hold speech: clicks stay below
	holdWindow  = 4 // frames looked back on to keep a turn open
	holdSpeech  = 2 // of which so many hold speech
)

// Endpointer finds the turns in a row of frame decisions. A turn opens on
// evidence over a window rather than on unbroken speech, so that neither a
// click opens it nor a stop consonant closes it. The zero value is not usable;
// call NewEndpointer.
type Endpointer struct {
	timing  Timing
	history uint32 // decisions, latest in the lowest bit
	open    bool
	length  int // frames since the turn opened
	silence int // frames since speech was last held
}

// NewEndpointer returns an endpointer that has heard nothing.
func NewEndpointer(timing Timing) *Endpointer { return &Endpointer{timing: timing} }

// Frame takes the decision on the next frame.
func (e *Endpointer) Frame(speech bool) Change {
	e.history <<= 1
	if speech {
		e.history |= 1
	}
	if !e.open {
		if bits.OnesCount32(e.history&(1<<startWindow-1)) < startSpeech {
			return NoChange
		}
		e.open, e.length, e.silence = true, 0, 0
		return Started
	}
	e.length++
	e.silence++
	if bits.OnesCount32(e.history&(1<<holdWindow-1)) >= holdSpeech {
		e.silence = 0
	}
	if e.silence >= int(e.timing.Stop/frameTime) || e.length >= int(e.timing.MaxTurn/frameTime) {
		e.open, e.history = false, 0
		return Ended
	}
	return NoChange
}

// Open reports whether a turn is open.
func (e *Endpointer) Open() bool { return e.open }

// Onset returns, right after Started, how many frames before the latest one the
// first frame with speech lies.
func (e *Endpointer) Onset() int {
	return bits.Len32(e.history&(1<<startWindow-1)) - 1
}

// Silence returns how long ago speech was last held, right after Ended the
// silence that ended the turn.
func (e *Endpointer) Silence() time.Duration { return time.Duration(e.silence) * frameTime }

// Reset closes an open turn without an Ended.
func (e *Endpointer) Reset() { e.open, e.history = false, 0 }
