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

const (
	// PreRoll is the sound from before a turn's onset that belongs to its utterance: the
	// breath and the soft consonant before the first frame that was sure to be speech.
	PreRoll = 300 * time.Millisecond
	// MaxOnset is the most that Onset returns, in frames: with PreRoll it says how much
	// sound must be kept while nobody talks.
	MaxOnset = maxWindow - 1

	frameTime = 20 * time.Millisecond
)

// What opens a turn, and holds it. Evidence is counted in frames of speech, each by
// its probability. These trade late starts against false ones, and late ends against
// early ones.
const (
	startWindow = 10   // frames looked back on to open a turn
	startSpeech = 6    // of which so many must be speech: clicks stay below
	sure        = 0.85 // mean probability that evidence must have

	holdShare  = 0.6 // of the threshold holds a turn open
	peakShare  = 0.4 // of the turn's strongest evidence, too: what is far weaker is not the talker
	holdWindow = 4   // frames looked back on to hold a turn open
	holdSpeech = 2   // of which so many must hold it
	averaging  = 8   // frames over which evidence is averaged

	weakFrames = 200 // without strong evidence, then only strong evidence holds a turn: 4 s
	toneFrames = 10  // of tone that end a turn which had little else
	toneSpeech = 15  // frames of speech that are more than a tone's beginning
	toneSure   = 5   // frames after which a tone is known for one: what they were taken for does not count

	maxWindow = 24 // frames looked back on at most
	ringSize  = 32 // a power of two
)

// Demand is the evidence that opens a turn: so much of it, in frames of speech, each
// by its probability, within so many frames.
type Demand struct {
	Evidence float32
	Window   int
}

// plainDemand opens a turn when the bot is silent.
var plainDemand = Demand{Evidence: startSpeech * sure, Window: startWindow}

// Endpointer finds the turns in a row of frame decisions. A turn opens on evidence
// over a window rather than on unbroken speech, so that neither a click opens it nor
// a stop consonant closes it, and is held by weaker evidence than opened it. How
// long it can last has a bound: Settings.MaxTurn, and some seconds where the
// evidence hovers about the threshold. The zero value is not usable; call
// NewEndpointer.
type Endpointer struct {
	// static
	threshold float32
	maxTurn   int // frames
	settings  Settings

	stop   int // frames of silence that end a turn
	frames int // of the call, as far as it matters
	ring   [ringSize]float32
	newest int     // in ring
	recent float32 // average of the probability
	wary   bool    // a turn of weak evidence was ended: only strong evidence opens one

	open    bool
	onset   int     // frames that speech had begun before the turn opened
	length  int     // frames since the turn opened
	silence int     // frames since speech was last held
	held    uint32  // which frames held the turn, the latest in the lowest bit
	peak    float32 // of recent
	weak    int     // frames since strong evidence
	speech  int     // frames that held the turn
	tones   int     // frames of tone
}

// NewEndpointer returns an endpointer that has heard nothing and expects any answer.
func NewEndpointer(s Settings) *Endpointer {
	s = s.WithDefaults()
	e := &Endpointer{threshold: s.Threshold, maxTurn: int(s.MaxTurn / frameTime), settings: s}
	e.Expect(AnyAnswer)
	return e
}

// Expect sets what the caller is expected to say, from now on: an open turn ends by it, too.
func (e *Endpointer) Expect(a Answer) { e.stop = int(e.settings.Stop(a) / frameTime) }

// Frame takes the decision on the next frame, while the bot is silent.
func (e *Endpointer) Frame(d Decision) Change { return e.FrameAgainst(d, plainDemand) }

// FrameAgainst takes the decision on the next frame. A turn opens on the evidence
// demanded, from at most 24 frames.
func (e *Endpointer) FrameAgainst(d Decision, demand Demand) Change {
	probability := sane(d.Probability)
	if e.frames < settleFrames {
		e.frames++
		probability = 0
	}
	if d.Tone != NoTone {
		probability = 0
		e.forgetTone()
	}
	e.newest = (e.newest + 1) % ringSize
	e.ring[e.newest] = probability
	e.recent += (probability - e.recent) / averaging
	if e.open {
		return e.hold(probability, d.Tone != NoTone)
	}
	e.wary = e.wary && e.recent >= holdShare*e.threshold
	if e.Evidence(demand.Window) < demand.Evidence {
		return NoChange
	}
	e.begin(min(demand.Window, maxWindow))
	return Started
}

// sane makes a probability of whatever a detector says.
func sane(p float32) float32 {
	if !(p > 0) {
		return 0
	}
	return min(p, 1)
}

// forgetTone takes back what the beginning of a tone was taken for.
func (e *Endpointer) forgetTone() {
	for back := range toneSure {
		*e.at(back) = 0
	}
}

// at is the probability so many frames before the newest.
func (e *Endpointer) at(back int) *float32 { return &e.ring[(e.newest-back)&(ringSize-1)] }

// counts reports whether a frame of this probability is evidence that opens a turn.
func (e *Endpointer) counts(probability float32) bool {
	return probability >= e.threshold && (!e.wary || probability >= strong(e.threshold))
}

// strong is the probability from which evidence is strong.
func strong(threshold float32) float32 { return (1 + threshold) / 2 }

// Evidence returns the evidence within the latest frames, at most 24: how many were
// speech, each by its probability.
func (e *Endpointer) Evidence(window int) float32 {
	sum := float32(0)
	for back := range min(window, maxWindow) {
		if p := *e.at(back); e.counts(p) {
			sum += p
		}
	}
	return sum
}

// begin opens a turn on the evidence of the latest frames.
func (e *Endpointer) begin(window int) {
	e.open, e.length, e.weak, e.tones, e.held, e.speech = true, 0, 0, 0, 0, 0
	for back := window - 1; back >= 0; back-- {
		e.held <<= 1
		if e.counts(*e.at(back)) {
			e.held |= 1
			e.speech++
		}
	}
	e.onset = max(bits.Len32(e.held)-1, 0) // 0 if nothing was demanded
	e.silence = min(bits.TrailingZeros32(e.held), e.onset)
	e.peak = max(e.recent, e.threshold)
}

// hold takes the next frame of an open turn.
func (e *Endpointer) hold(probability float32, tone bool) Change {
	e.length++
	e.silence++
	e.peak = max(e.peak, e.recent)
	e.weak++
	if e.recent >= strong(e.threshold) {
		e.weak = 0
	}
	e.held <<= 1
	if probability >= e.holdLevel() {
		e.held |= 1
		e.speech++
	}
	if bits.OnesCount32(e.held&(1<<holdWindow-1)) >= holdSpeech {
		e.silence = bits.TrailingZeros32(e.held)
	}
	if tone {
		e.tones++
	}
	if e.silence < e.stop && e.length < e.maxTurn && !e.wasTone() {
		return NoChange
	}
	e.wary = e.weak > weakFrames
	e.close()
	return Ended
}

// holdLevel is the probability from which a frame holds the turn.
func (e *Endpointer) holdLevel() float32 {
	if e.weak > weakFrames {
		return strong(e.threshold)
	}
	return max(holdShare*e.threshold, peakShare*e.peak)
}

// wasTone reports whether the turn was opened by what turned out to be a tone.
func (e *Endpointer) wasTone() bool { return e.tones >= toneFrames && e.speech < toneSpeech }

func (e *Endpointer) close() {
	e.open = false
	e.ring = [ringSize]float32{}
}

// Open reports whether a turn is open.
func (e *Endpointer) Open() bool { return e.open }

// Onset returns, right after Started, how many frames before the latest one the
// first frame with speech lies: at most MaxOnset.
func (e *Endpointer) Onset() int { return e.onset }

// Silence returns how long ago speech was last held, right after Ended the
// silence that ended the turn.
func (e *Endpointer) Silence() time.Duration { return time.Duration(e.silence) * frameTime }

// Stop returns the silence that ends a turn now.
func (e *Endpointer) Stop() time.Duration { return time.Duration(e.stop) * frameTime }

// Reset closes an open turn without an Ended, and forgets the evidence.
func (e *Endpointer) Reset() { e.close() }
