package vad

import (
	"math"

	"lexline/internal/audio"
)

// Levels of the energy detector, as mean square relative to full scale (dBov).
const (
	quietest     = -58.0 // the floor is never believed to be lower: line noise stays below floor + margin
	loudest      = -28.0 // the floor at the start is never believed to be higher: somebody is talking
	margin       = 12.0  // dB above the floor that count as speech
	floorRiseDB  = 2.0   // dB per second by which the floor follows a rising noise
	framesPerSec = 50
	settleFrames = 10 // 200 ms at the start of a call in which only the floor is learnt
	floorFall    = 0.2
	unheard      = -100.0 // dBov: a level of nothing
)

var (
	floorRise = math.Pow(10, floorRiseDB/10/framesPerSec)
	floorMin  = math.Pow(10, quietest/10)
	floorMax  = math.Pow(10, loudest/10)
	threshold = math.Pow(10, margin/10)
)

// Energy detects speech by its energy over an adaptive noise floor: no match for a
// Detector, but quick to compute and easy to foresee, for tests and comparisons. The floor
// falls quickly to quiet frames and rises slowly, so that pauses between words
// hold it down while somebody talks. The zero value is ready; one Energy
// belongs to one call.
type Energy struct {
	floor  float64 // mean square; 0 before the first frame
	frames int
}

// Frame judges the next frame of mu-law audio, of any non-zero length. What the
// bot says meanwhile, far, is nothing to it.
func (e *Energy) Frame(near, _ []byte) Decision {
	d := Decision{Level: unheard, Floor: unheard, Echo: unheard}
	if len(near) == 0 {
		return d
	}
	power := audio.PowerMuLaw(near)
	if e.frames < settleFrames {
		e.settle(power)
		return d
	}
	ratio := power / (e.floor * threshold)
	d.Probability, d.Speech = float32(ratio/(1+ratio)), ratio > 1
	if power > 0 {
		d.Level = max(float32(10*math.Log10(power)), unheard)
	}
	d.Floor = float32(10 * math.Log10(e.floor))
	e.learn(power)
	return d
}

// settle takes the quietest of the first frames as the floor.
func (e *Energy) settle(power float64) {
	if e.frames == 0 {
		e.floor = floorMax
	}
	e.frames++
	e.floor = max(min(e.floor, power), floorMin)
}

func (e *Energy) learn(power float64) {
	if power < e.floor {
		e.floor += (power - e.floor) * floorFall
	} else {
		e.floor *= floorRise
	}
	e.floor = max(e.floor, floorMin)
}
