package corpus

import (
	"slices"

	"lexline/internal/audio"
)

// What a telephone makes of a voice.
const (
	lowCut       = 250.0  // Hz
	highCut      = 3400.0 // Hz
	speechLevel  = -26.0  // dBov, active: where telephone networks are planned to have speech
	marginFrames = 5      // silence left on both sides of an utterance: 100 ms
	fadeSamples  = audio.SampleRate / 200
	filterRoom   = 0.5 // filters may raise the peaks of a clip at full scale
)

// telephone returns a clip as it is heard at the far end of a telephone: 8 kHz,
// band-limited, trimmed to at most 100 ms before and after the speech, whole
// frames, at the level of speech. A clip without speech comes back empty.
func telephone(c audio.Clip) []int16 {
	x := toFloats(c.At(audio.SampleRate).Samples)
	scale(x, filterRoom)
	for _, q := range []float64{0.54119610, 1.30656296} { // Butterworth, of the fourth order at each end
		highPass(lowCut, q).run(x)
		lowPass(highCut, q).run(x)
	}
	pcm := trim(toSamples(x), marginFrames)
	if len(pcm) == 0 {
		return nil
	}
	x = toFloats(pcm)
	scale(x, amplitude(speechLevel-ActiveLevel(pcm)))
	return toSamples(x)
}

// trim cuts pcm to whole frames with at most the given number of frames before
// and after the speech, and fades what it cut into.
func trim(pcm []int16, margin int) []int16 {
	s := extent(activeFrames(pcm))
	if s.end == 0 {
		return nil
	}
	s.first = max(0, s.first-margin)
	s.end = min(len(pcm)/FrameSamples, s.end+margin)
	pcm = slices.Clone(pcm[s.first*FrameSamples : s.end*FrameSamples])
	for i := range fadeSamples {
		gain := float64(i) / fadeSamples
		j := len(pcm) - 1 - i
		pcm[i] = toSample(gain * float64(pcm[i]))
		pcm[j] = toSample(gain * float64(pcm[j]))
	}
	return pcm
}

func toFloats(pcm []int16) []float64 {
	x := make([]float64, len(pcm))
	for i, s := range pcm {
		x[i] = float64(s)
	}
	return x
}
