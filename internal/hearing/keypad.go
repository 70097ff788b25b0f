package hearing

import (
	"math"
	"time"

	"lexline/internal/audio"
	"lexline/internal/vad"
)

// The frequencies of a telephone's keys in Hz, and the keys by row and column, of
// ITU-T Recommendation Q.23 (https://www.itu.int/rec/T-REC-Q.23).
var (
	keyRows    = [4]float64{697, 770, 852, 941}
	keyColumns = [4]float64{1209, 1336, 1477, 1633}
)

const keys = "123A456B789C*0#D"

// keypad makes one tone of the frames that hold it, and reads the key.
type keypad struct {
	tone    Tone
	rows    [4]float64 // power of each frequency in all frames
	columns [4]float64
}

// frame takes a frame that begins at a time, with what the tone guard heard in it.
// When that ends a tone, the tone is returned.
func (k *keypad) frame(when time.Duration, pcm []int16, kind vad.Tone) (tone Tone, over bool) {
	if kind != k.tone.Kind {
		tone, over = k.tone, k.tone.Kind != vad.NoTone
		if tone.Kind == vad.DTMF {
			tone.Key = keys[4*strongest(k.rows)+strongest(k.columns)]
		}
		*k = keypad{tone: Tone{Kind: kind, From: when}}
	}
	k.tone.To = when + audio.FrameDuration
	if kind == vad.DTMF {
		for i := range 4 {
			k.rows[i] += power(pcm, keyRows[i])
			k.columns[i] += power(pcm, keyColumns[i])
		}
	}
	return tone, over
}

func strongest(powers [4]float64) (best int) {
	for i, p := range powers {
		if p > powers[best] {
			best = i
		}
	}
	return best
}

// power is the power of a frequency, by Goertzel's algorithm
// (https://ccrma.stanford.edu/~jos/pasp/Goertzel_Algorithm.html).
func power(pcm []int16, hz float64) float64 {
	turn := 2 * math.Cos(2*math.Pi*hz/audio.SampleRate)
	var s1, s2 float64
	for _, s := range pcm {
		s1, s2 = float64(s)+turn*s1-s2, s1
	}
	return s1*s1 + s2*s2 - turn*s1*s2
}
