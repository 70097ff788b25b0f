package audio

import (
	"math"
	"strings"
	"time"
)

// toneRamp is the time in which a tone fades in, and out: without it the ends click.
const toneRamp = 5 * time.Millisecond

// dtmfAmplitude leaves each of the two tones of a key at -12 dB of full scale.
const dtmfAmplitude = 0.5

// Tone returns d of the sum of sines of the given frequencies, all equally
// strong, with short fades at both ends. amplitude is the most that the sum can
// reach, 1 being full scale.
func Tone(rate int, d time.Duration, amplitude float64, hz ...float64) []int16 {
	samples := make([]int16, max(0, int(d.Seconds()*float64(rate)+0.5)))
	if len(hz) == 0 {
		return samples
	}
	ramp := toneRamp.Seconds() * float64(rate)
	peak := amplitude / float64(len(hz)) * math.MaxInt16
	for i := range samples {
		sum := 0.0
		for _, f := range hz {
			sum += math.Sin(2 * math.Pi * f * float64(i) / float64(rate))
		}
		edge := float64(min(i, len(samples)-1-i))
		samples[i] = saturate(float32(peak * sum * min(1, edge/ramp)))
	}
	return samples
}

// DTMF returns the tone pair of a telephone key, one of 0-9, A-D, * and #, as in
// ITU-T Recommendation Q.23 (https://www.itu.int/rec/T-REC-Q.23); nil for any
// other key.
func DTMF(rate int, key byte, d time.Duration) []int16 {
	const keys = "123A456B789C*0#D"
	at := strings.IndexByte(keys, key)
	if at < 0 {
		return nil
	}
	rows := [4]float64{697, 770, 852, 941}
	columns := [4]float64{1209, 1336, 1477, 1633}
	return Tone(rate, d, dtmfAmplitude, rows[at/4], columns[at%4])
}
