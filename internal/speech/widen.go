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

// ditherLevel is the amplitude of the noise, in 16-bit steps, that stands in for
// a microphone's own: digital silence has a spectrum like nothing in the model.
const ditherLevel = 30

// leadIn8k is silence put before the utterance, and after it: the engine learns
// the line's noise there.
const leadIn8k = 800

// widened returns 8 kHz audio at 16 kHz with the mirror image kept, some of the
// line's silence around it and a little noise under it.
func widened(pcm []int16) []int16 {
	padded := make([]int16, leadIn8k+len(pcm)+leadIn8k)
	copy(padded[leadIn8k:], pcm)
	narrow := audio.Clip{Rate: audio.SampleRate, Samples: padded}
	wide := slices.Clone(narrow.At(2 * audio.SampleRate).Samples)
	noise := uint32(1)
	image := imageLevel
	for i, sample := range wide {
		// y[n] = x[n] * (1 + level * (-1)^n)
		noise = noise*1664525 + 1013904223 // Numerical Recipes' linear congruential generator
		dither := (float64(noise>>8)/(1<<24) - 0.5) * 2 * ditherLevel
		wide[i] = clipped(float64(sample)*(1+image) + dither)
		image = -image
	}
	return wide
}

func clipped(sample float64) int16 {
	return int16(min(max(sample, -32768), 32767))
}
