package corpus

import (
	"math"
	"testing"
)

// powerAt returns which part of the power of x is at a frequency.
func powerAt(x []float64, hertz float64) float64 {
	var re, im, all float64
	for i, v := range x {
		sin, cos := math.Sincos(2 * math.Pi * hertz * float64(i) / rate)
		re += v * cos
		im += v * sin
		all += v * v
	}
	return 2 * (re*re + im*im) / (float64(len(x)) * all)
}

func TestSignalsHaveTheirTones(t *testing.T) {
	for _, s := range signals {
		x := make([]float64, 4000)
		soundAt(x, 0, len(x), -15, s.hertz...)
		share := 0.0
		for _, hz := range s.hertz {
			share += powerAt(x, hz)
		}
		if share < 0.9 {
			t.Errorf("%.2f of the power of %v Hz is there", share, s.hertz)
		}
		if got := 20 * math.Log10(rms(x)/fullScale); math.Abs(got+15) > 0.5 {
			t.Errorf("%v Hz at -15 dBov sound at %.1f", s.hertz, got)
		}
	}
}

func TestCallProgressKeepsItsCadence(t *testing.T) {
	for seed := range uint64(20) {
		x := roll(seed, "tones").callProgress(6, -15)
		if r := rms(x[:1600]); r < 1000 {
			t.Errorf("seed %d: nothing sounds in the first 200 ms", seed)
		}
	}
	sit := dice{roll(1, "sit").Rand}.announcement(-15)
	for k, hz := range []float64{950, 1400, 1800} {
		if share := powerAt(sit[k*2640:(k+1)*2640], hz); share < 0.9 {
			t.Errorf("%.2f of the power of part %d of the announcement is at %v Hz", share, k, hz)
		}
	}
}

func TestKeysAreDTMF(t *testing.T) {
	x := roll(3, "keys").keys(-12)
	low, high := 0.0, 0.0
	first := x[:400] // a key takes 50 ms or longer
	for _, hz := range []float64{697, 770, 852, 941} {
		low = max(low, powerAt(first, hz))
	}
	for _, hz := range []float64{1209, 1336, 1477, 1633} {
		high = max(high, powerAt(first, hz))
	}
	if low < 0.4 || high < 0.4 {
		t.Errorf("%.2f and %.2f of the power of a key are in its two tones; want nearly half each", low, high)
	}
}

func TestTonesAreSilenceBetweenUtterances(t *testing.T) {
	m := NewMixer(fakeLibrary{})
	for _, events := range []string{Dialling, Progress} {
		s := Spec{Seed: 21, Split: Development, Seconds: 75, Talks: true, Level: -22, Events: events, Floor: Quiet}
		item := m.Make(s)
		sounds := 0
		for k, l := range item.Labels {
			if l == Silence && rmsOf(item.Near[k*FrameSamples:(k+1)*FrameSamples]) > 100 {
				sounds++
			}
		}
		if sounds < 25 || len(item.Turns) < 3 {
			t.Errorf("%s: tones in %d frames of silence, and %d turns", events, sounds, len(item.Turns))
		}
	}
}
