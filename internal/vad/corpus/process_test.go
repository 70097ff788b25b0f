package corpus

import (
	"math"
	"testing"
	"time"

	"lexline/internal/audio"
)

func TestTelephone(t *testing.T) {
	const rate = 22050
	var clip audio.Clip
	clip.Rate = rate
	silence := make([]int16, rate/2)
	clip.Samples = append(clip.Samples, silence...)
	clip.Samples = append(clip.Samples, audio.Tone(rate, time.Second, 0.9, 60, 1000, 3700)...)
	clip.Samples = append(clip.Samples, silence...)

	pcm := telephone(clip)
	if n := len(pcm) / FrameSamples; len(pcm)%FrameSamples != 0 || n < 59 || n > 63 {
		t.Errorf("%d samples of one second of sound, want whole frames, 100 ms before and after", len(pcm))
	}
	if level := ActiveLevel(pcm); math.Abs(level+26) > 0.1 {
		t.Errorf("active level %.2f dBov, want -26", level)
	}
	inBand := strength(pcm, 1000)
	for _, hz := range []float64{60, 3700} {
		if below := 20 * math.Log10(inBand/strength(pcm, hz)); below < 9 {
			t.Errorf("%.0f Hz is %.1f dB below 1,000 Hz, want it out of the band", hz, below)
		}
	}
	if got := telephone(audio.Clip{Rate: rate, Samples: silence}); len(got) != 0 {
		t.Errorf("%d samples of silence, want none", len(got))
	}
}

// strength returns the amplitude of one frequency in the middle of pcm.
func strength(pcm []int16, hz float64) float64 {
	middle := pcm[len(pcm)/2-2000 : len(pcm)/2+2000]
	var re, im float64
	for i, s := range middle {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / audio.SampleRate)
		re += cos * float64(s)
		im += sin * float64(s)
	}
	return math.Hypot(re, im)
}
