package speech

import (
	"slices"

	"lexline/internal/audio"
)

// The acoustic model hears 130 to 6,800 Hz, and a telephone ends at 3,400. What
// lies above would be at the logarithm's floor, where nothing in the model's
// training was. So the upsampled signal keeps, 6 dB down, the mirror image of
// the band below 4 kHz that a low-pass filter would take away: it is not what was
// said, but it rises and falls with it.

// imageLevel is how loud the mirror image is.
const imageLevel = 0.5

// leadIn8k is silence put before the utterance, and after it: the engine learns
// the line's noise there.
const leadIn8k = 800

// Widened returns what a decoder gets to hear of 8 kHz audio: the same at 16 kHz
// with the mirror image kept, and silence around it. It is exported for the
// program that makes the transform to go with it (bench/speech/adapt).
func Widened(pcm []int16) []int16 {
	padded := make([]int16, leadIn8k+len(pcm)+leadIn8k)
	copy(padded[leadIn8k:], pcm)
	narrow := audio.Clip{Rate: audio.SampleRate, Samples: padded}
	wide := slices.Clone(narrow.At(2 * audio.SampleRate).Samples)
	image := imageLevel
	for i, sample := range wide {
		// y[n] = x[n] * (1 + level * (-1)^n)
		wide[i] = clipped(float64(sample) * (1 + image))
		image = -image
	}
	return wide
}

func clipped(sample float64) int16 {
	return int16(min(max(sample, -32768), 32767))
}
