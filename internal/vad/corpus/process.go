package corpus

import (
	"math"

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
	pcm := trim(limitBand(c.At(audio.SampleRate).Samples), marginFrames)
	if len(pcm) == 0 {
		return nil
	}
	gain := math.Pow(10, (speechLevel-ActiveLevel(pcm))/20)
	return amplify(pcm, gain)
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
	pcm = pcm[s.first*FrameSamples : s.end*FrameSamples]
	for i := range fadeSamples {
		gain := float64(i) / fadeSamples
		j := len(pcm) - 1 - i
		pcm[i] = round16(gain * float64(pcm[i]))
		pcm[j] = round16(gain * float64(pcm[j]))
	}
	return pcm
}

// limitBand returns pcm without what a telephone does not carry: Butterworth
// filters of the fourth order at both ends of the band. It halves the amplitude,
// which leaves room for peaks that filters raise.
func limitBand(pcm []int16) []int16 {
	var chain []section
	for _, q := range []float64{0.54119610, 1.30656296} { // the two pole pairs of the fourth order
		chain = append(chain, highSection(lowCut, q), lowSection(highCut, q))
	}
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		x := filterRoom * float64(s)
		for j := range chain {
			x = chain[j].next(x)
		}
		out[i] = round16(x)
	}
	return out
}

// section is a filter of the second order in transposed direct form II, with
// coefficients as in https://www.w3.org/TR/audio-eq-cookbook/.
type section struct {
	b0, b1, b2, a1, a2 float64
	s1, s2             float64
}

func lowSection(hz, q float64) section {
	cos, alpha := pole(hz, q)
	return newSection((1-cos)/2, 1-cos, cos, alpha)
}

func highSection(hz, q float64) section {
	cos, alpha := pole(hz, q)
	return newSection((1+cos)/2, -(1 + cos), cos, alpha)
}

func pole(hz, q float64) (cos, alpha float64) {
	sin, cos := math.Sincos(2 * math.Pi * hz / audio.SampleRate)
	return cos, sin / (2 * q)
}

// newSection takes the outer and the middle coefficient of the numerator.
func newSection(outer, middle, cos, alpha float64) section {
	a0 := 1 + alpha
	return section{b0: outer / a0, b1: middle / a0, b2: outer / a0, a1: -2 * cos / a0, a2: (1 - alpha) / a0}
}

func (f *section) next(x float64) float64 {
	y := f.b0*x + f.s1
	f.s1 = f.b1*x - f.a1*y + f.s2
	f.s2 = f.b2*x - f.a2*y
	return y
}

// amplify returns pcm times gain.
func amplify(pcm []int16, gain float64) []int16 {
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = round16(gain * float64(s))
	}
	return out
}

func round16(x float64) int16 {
	return int16(math.Round(min(max(x, math.MinInt16), math.MaxInt16)))
}
