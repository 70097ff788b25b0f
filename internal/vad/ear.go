package vad

import (
	"time"

	"lexline/internal/audio"
)

// FrameJudge judges single frames: a detector. near comes from the caller, far is
// what the caller was played meanwhile, nil or empty for nothing; both are mu-law,
// normally of 160 samples. It belongs to one call and gets every frame in order.
type FrameJudge interface {
	Frame(near, far []byte) Decision
}

// sampleJudge is a FrameJudge that takes linear samples, too.
type sampleJudge interface {
	Samples(near, far []int16) Decision
}

// Ear hears one call: a detector, a barge-in gate and an endpointer. Whoever finds
// turns in audio does it with an Ear, so that a gateway, a file heard again and a
// score cannot differ. It starts no goroutine and allocates nothing per frame; its
// clock is the count of frames. It is not safe for several goroutines.
type Ear struct {
	judge      FrameJudge
	linear     sampleJudge // nil: judge takes mu-law only
	gate       BargeIn
	endpointer Endpointer
	held       int // frames whose decision was held so far
	near, far  [FrameSamples]byte
}

// Heard is what an Ear made of a frame: for the call, and for its decision log.
type Heard struct {
	// Decision is the detector's. It is held in the first 200 ms of a call, when
	// Speech is false whatever the detector says.
	Decision
	Change Change

	Evidence float32       // of the caller within the window, in frames of speech, each by its probability; 0 with Ended
	Demand   float32       // the evidence that opens a turn now; more than there can be where it must not
	Stop     time.Duration // the silence that ends a turn now
	Audible  bool          // the bot, or its echo, can be heard
	BargeIn  bool          // with Started: the turn began over the bot
	Refused  float32       // evidence of a barge-in that came to nothing in this frame; 0: none did
}

// NewEar returns an ear with this detector, which must be new. The settings must be valid.
func NewEar(detector FrameJudge, s Settings) *Ear {
	e := &Ear{judge: detector, gate: *NewBargeIn(s), endpointer: *NewEndpointer(s)}
	e.linear, _ = detector.(sampleJudge)
	return e
}

// Frame hears the next frame of mu-law audio. far is what the caller was played
// meanwhile; nil or empty for nothing. A frame of another length than 160 samples, an
// empty one included, is still one step of 20 ms.
func (e *Ear) Frame(near, far []byte) Heard {
	return e.hear(e.judge.Frame(near, far), audio.LevelMuLaw(far))
}

// Samples hears the next frame of linear audio, as Frame does. A detector that
// takes mu-law only gets it coded, and no more than 160 samples of it.
func (e *Ear) Samples(near, far []int16) Heard {
	if e.linear != nil {
		return e.hear(e.linear.Samples(near, far), audio.Level(far))
	}
	near, far = near[:min(len(near), FrameSamples)], far[:min(len(far), FrameSamples)]
	return e.Frame(audio.EncodeMuLaw(e.near[:0], near), audio.EncodeMuLaw(e.far[:0], far))
}

func (e *Ear) hear(d Decision, far float64) Heard {
	d.Probability = sane(d.Probability)
	if e.held < settleFrames {
		e.held++
		d.Speech = false
	}
	demand := e.gate.Frame(float32(far))
	h := Heard{Decision: d, Change: e.endpointer.FrameAgainst(d, demand)}
	h.Demand, h.Stop, h.Audible = demand.Evidence, e.endpointer.Stop(), e.gate.Audible()
	h.Evidence = e.endpointer.Evidence(demand.Window)
	h.BargeIn = h.Change == Started && h.Audible
	h.Refused = e.gate.Decided(h.Evidence, e.Open())
	return h
}

// Expect sets what the caller is expected to say, from now on: an open turn ends by it, too.
func (e *Ear) Expect(a Answer) { e.endpointer.Expect(a) }

// Open reports whether a turn is open.
func (e *Ear) Open() bool { return e.endpointer.Open() }

// Onset returns, right after Started, how many frames before the latest one the
// first frame with speech lies: at most MaxOnset.
func (e *Ear) Onset() int { return e.endpointer.Onset() }

// Silence returns how long ago speech was last held, right after Ended the
// silence that ended the turn.
func (e *Ear) Silence() time.Duration { return e.endpointer.Silence() }

// Reset closes an open turn without an Ended. What the detector has learnt of the call stays.
func (e *Ear) Reset() { e.endpointer.Reset() }
