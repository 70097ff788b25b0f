package corpus

import (
	"math"
	"testing"
	"time"

	"lexline/internal/audio"
)

// bursts returns on of a tone and off of silence, a number of times.
func bursts(amplitude float64, on, off time.Duration, times int) []int16 {
	var pcm []int16
	for range times {
		pcm = append(pcm, audio.Tone(audio.SampleRate, on, amplitude, 500)...)
		pcm = append(pcm, make([]int16, off*audio.SampleRate/time.Second)...)
	}
	return pcm
}

func TestActiveLevel(t *testing.T) {
	tests := []struct {
		name string
		pcm  []int16
		want float64 // dBov
		near float64 // dB
	}{
		{"nothing", nil, -100, 0},
		{"zeros", make([]int16, 8000), -100, 0},
		{"a steady tone at -20", bursts(math.Sqrt2/10, 5*time.Second, 0, 1), -20, 0.1},
		{"a steady tone at -40", bursts(math.Sqrt2/100, 5*time.Second, 0, 1), -40, 0.1},
		// Active are the tone, and 200 ms and the fall of the envelope after it.
		{"half of the time", bursts(math.Sqrt2/10, 2*time.Second, 2*time.Second, 5), -20 - 10*math.Log10(2.3/2), 0.2},
		// Pauses of 200 ms are bridged.
		{"short pauses", bursts(math.Sqrt2/10, 200*time.Millisecond, 200*time.Millisecond, 20), -23, 0.2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ActiveLevel(tt.pcm); math.Abs(got-tt.want) > tt.near {
				t.Errorf("active level %.2f dBov, want %.2f within %.1f dB", got, tt.want, tt.near)
			}
		})
	}
}

// TestActiveLevelByDefinition compares with a search for the threshold that the
// definition asks for: steps of a tenth of a decibel, nothing interpolated.
func TestActiveLevelByDefinition(t *testing.T) {
	rng := roll(0, t.Name())
	for range 20 {
		var pcm []int16
		for range 40 { // syllables, and pauses after some
			amplitude := 0.1 * math.Pow(10, 0.3*rng.NormFloat64())
			on := time.Duration(60+rng.IntN(200)) * time.Millisecond
			off := time.Duration(max(0, rng.IntN(1500)-900)) * time.Millisecond
			pcm = append(pcm, bursts(min(amplitude, 1), on, off, 1)...)
		}
		got, want := ActiveLevel(pcm), levelByDefinition(pcm)
		// The standard allows half a decibel for its thresholds 6 dB apart.
		if math.Abs(got-want) > 0.5 {
			t.Errorf("active level of %d samples: %.2f dBov, by definition %.2f", len(pcm), got, want)
		}
	}
}

func levelByDefinition(pcm []int16) float64 {
	envelope := make([]float64, len(pcm))
	g := math.Exp(-1.0 / 240) // 30 ms of 8 kHz
	var p, q, energy float64
	for i, s := range pcm {
		x := math.Abs(float64(s)) / 32768
		energy += x * x
		p = g*p + (1-g)*x
		q = g*q + (1-g)*p
		envelope[i] = q
	}
	for threshold := 0.0; threshold > -90; threshold -= 0.1 {
		amplitude := math.Pow(10, threshold/20)
		active, last := 0, -1<<30
		for i, e := range envelope {
			if e >= amplitude {
				last = i
			}
			if i-last <= 1600 {
				active++
			}
		}
		level := 10 * math.Log10(energy/float64(active))
		if active > 0 && level-threshold >= 15.9 {
			return level
		}
	}
	return -100
}
