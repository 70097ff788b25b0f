// Package baseline has the two simplest voice activity detectors, which ours is
// held against: the peak of a frame over 500, and its root mean square over 500,
// both of 32768. They know neither the noise on the line nor a voice from a fan.
package baseline

import "math"

// threshold divides silence from speech, in steps of 16-bit samples.
const threshold = 500

// Amplitude judges a frame by its highest sample.
func Amplitude(frame []int16) (probability float32, speech bool) {
	peak := int32(0)
	for _, sample := range frame {
		peak = max(peak, int32(sample), -int32(sample))
	}
	return chance(float32(peak)), peak > threshold
}

// RMS judges a frame by its root mean square, as the reference article's bot does.
func RMS(frame []int16) (probability float32, speech bool) {
	if len(frame) == 0 {
		return 0, false
	}
	sum := 0.0
	for _, sample := range frame {
		sum += float64(sample) * float64(sample)
	}
	rms := math.Sqrt(sum / float64(len(frame)))
	return chance(float32(rms)), rms > threshold
}

// chance maps a level from 0 up to a number below 1, the threshold to one half.
func chance(level float32) float32 { return level / (level + threshold) }

// Start and Stop are the frames after which the turns of the yardsticks open and
// close: 0.2 s and 0.8 s. The reference article's opens at once and waits for 2 s.
const (
	Start = 10
	Stop  = 40

	ArticleStart = 1
	ArticleStop  = 100
)

// Turns opens a turn after Start frames of speech in a row, and closes it after
// Stop frames in a row without. It belongs to one stream of frames.
type Turns struct {
	Start, Stop int

	open bool
	run  int // frames in a row that speak for a change
}

// Frame takes the decision on the next frame and reports whether a turn is open.
func (t *Turns) Frame(speech bool) (open bool) {
	if speech == t.open {
		t.run = 0
		return t.open
	}
	t.run++
	if !t.open && t.run >= t.Start || t.open && t.run >= t.Stop {
		t.open, t.run = !t.open, 0
	}
	return t.open
}
