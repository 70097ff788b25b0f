package vad

import (
	_ "embed"
	"fmt"

	"lexline/internal/audio"
)

// weights is the network that make vad-train wrote; weights.json beside it tells
// what from, and how well it hears.
//
//go:embed weights.bin
var weights []byte

var trained = func() *Classifier {
	network, err := ReadNetwork(weights)
	if err == nil && network.Inputs != Features {
		err = fmt.Errorf("%d inputs; the front end makes %d features", network.Inputs, Features)
	}
	if err != nil {
		panic("vad: the weights in the program: " + err.Error())
	}
	return network.Compile()
}()

// A frame may be a tone if most of its power is in two spectral lines, and the
// stronger is no lower and no higher than any tone's. The two of a ring-back are so
// close that they beat, and then share less than tones do with noise 10 dB below. Many
// a vowel passes the first, but its strongest line is the voice's own pitch.
const (
	tonal       = 0.6
	lowestTone  = 10 // bin: 312 Hz
	highestTone = 70 // 2,188 Hz
)

// Detector hears whether the caller talks, frame by frame: a front end, which
// takes the bot's own echo out, a network trained on talkers, noises and lines of
// many kinds, and a guard against tones. It belongs to one call, is fed every frame
// in order, does not allocate, and holds less than 12 kB.
type Detector struct {
	network   *Classifier
	front     FrontEnd
	state     State
	guard     ToneGuard
	features  [Features]float32
	near, far [FrameSamples]int16
}

// NewDetector returns a detector that has heard nothing.
func NewDetector() *Detector {
	return &Detector{network: trained, front: *NewFrontEnd()}
}

// NewDetectorOf returns a detector with another network than the program's own, to
// try one. It panics if the network does not take Features inputs.
func NewDetectorOf(network *Network) *Detector {
	if network.Inputs != Features {
		panic(fmt.Sprintf("vad: a network of %d inputs for %d features", network.Inputs, Features))
	}
	return &Detector{network: network.Compile(), front: *NewFrontEnd()}
}

// Frame judges the next 20 ms of mu-law audio from the caller, given what they
// were played meanwhile; nil is nothing. A frame of another length than 160 is
// filled with silence or cut.
func (d *Detector) Frame(near, far []byte) Decision {
	expand(&d.near, near)
	if len(far) == 0 {
		return d.judge(nil)
	}
	expand(&d.far, far)
	return d.judge(&d.far)
}

// Samples is Frame for linear audio.
func (d *Detector) Samples(near, far []int16) Decision {
	clear(d.near[copy(d.near[:], near):])
	if len(far) == 0 {
		return d.judge(nil)
	}
	clear(d.far[copy(d.far[:], far):])
	return d.judge(&d.far)
}

// expand decodes one frame of mu-law audio.
func expand(frame *[FrameSamples]int16, mulaw []byte) {
	mulaw = mulaw[:min(len(mulaw), FrameSamples)]
	audio.DecodeMuLaw(frame[:0], mulaw)
	clear(frame[len(mulaw):])
}

// tonal reports whether the latest frame may be a tone.
func (d *Detector) tonal() bool {
	f := &d.front
	return f.tonality > tonal && f.strongest >= lowestTone && f.strongest <= highestTone
}

// judge makes a decision on the frame in near.
func (d *Detector) judge(far *[FrameSamples]int16) Decision {
	d.front.Frame(&d.near, far, &d.features)
	decision := Decision{
		Probability: d.network.Step(&d.state, d.features[:]),
		Tone:        d.guard.Frame(&d.near, d.tonal()),
		Level:       d.front.level,
		Floor:       d.front.noise,
		Echo:        d.front.echo.level(),
	}
	decision.Key = d.guard.Digit()
	decision.Speech = decision.Tone == NoTone && decision.Probability >= DefaultSettings.Threshold
	return decision
}
