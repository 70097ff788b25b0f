package corpus

import (
	"math"

	"lexline/internal/audio"
)

// The constants of method B of ITU-T Recommendation P.56, "Objective
// measurement of active speech level" (https://www.itu.int/rec/T-REC-P.56).
const (
	envelopeSeconds = 0.03 // time constant of both envelope filters
	hangoverSamples = audio.SampleRate / 5
	activeMargin    = 15.9 // dB of the active level over the threshold that defines it
	levelThresholds = 15   // powers of two, the lowest one step of 16 bits
	noLevel         = -100 // dBov of what has no active level
)

// ActiveLevel returns the level of the speech in pcm in dBov, its pauses left
// out: method B of ITU-T P.56, with its hangover of 200 ms. It is -100 where
// nothing is louder than one step of 16 bits.
func ActiveLevel(pcm []int16) float64 {
	energy, counts := speechCounts(pcm)
	if counts[0] == 0 {
		return noLevel
	}
	// The threshold sought lies where the mean power of what it calls active is
	// 15.9 dB above it; between two thresholds both are taken as straight lines.
	var level, excess float64
	for i, n := range counts {
		if n == 0 {
			break
		}
		threshold := 20 * math.Log10(float64(int(1)<<i)/fullScale)
		l := 10 * math.Log10(energy/float64(n))
		e := l - threshold - activeMargin
		if e <= 0 {
			if i == 0 {
				return l
			}
			return level + (l-level)*excess/(excess-e)
		}
		level, excess = l, e
	}
	return level
}

// speechCounts returns the energy of pcm, full scale being 1, and how many
// samples are active by each threshold.
func speechCounts(pcm []int16) (energy float64, counts [levelThresholds]int) {
	keep := math.Exp(-1 / (envelopeSeconds * audio.SampleRate))
	var hang [levelThresholds]int
	var first, second float64
	for _, s := range pcm {
		x := math.Abs(float64(s))
		energy += x * x
		first = keep*first + (1-keep)*x
		second = keep*second + (1-keep)*first
		for i := range counts {
			switch {
			case second >= float64(int(1)<<i):
				hang[i] = hangoverSamples
			case hang[i] > 0:
				hang[i]--
			default:
				continue
			}
			counts[i]++
		}
	}
	return energy / (fullScale * fullScale), counts
}
