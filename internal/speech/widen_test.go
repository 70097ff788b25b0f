package speech

import (
	"math"
	"slices"
	"testing"
	"time"

	"lexline/internal/audio"
)

// energyAt returns the energy of pcm at one frequency, by Goertzel's algorithm.
func energyAt(pcm []int16, rate, hz float64) float64 {
	coefficient := 2 * math.Cos(2*math.Pi*hz/rate)
	var s1, s2 float64
	for _, sample := range pcm {
		s1, s2 = float64(sample)+coefficient*s1-s2, s1
	}
	return s1*s1 + s2*s2 - coefficient*s1*s2
}

// TestWidenedHasAMirrorImage looks for a tone where it was and, by imageLevel
// quieter, at 8 kHz less its frequency, and for nothing elsewhere.
func TestWidenedHasAMirrorImage(t *testing.T) {
	for _, hz := range []float64{300, 1000, 2500, 3300} {
		wide := Widened(audio.Tone(audio.SampleRate, 500*time.Millisecond, 0.3, hz))
		if want := 2 * (4000 + 2*leadIn8k); len(wide) != want {
			t.Errorf("%v Hz: %d samples; want %d", hz, len(wide), want)
		}
		middle := wide[len(wide)/2-2000 : len(wide)/2+2000]
		tone, image := energyAt(middle, 16000, hz), energyAt(middle, 16000, 8000-hz)
		if got, want := 10*math.Log10(image/tone), 20*math.Log10(imageLevel); math.Abs(got-want) > 1 {
			t.Errorf("%v Hz: its image at %v Hz is at %.1f dB; want %.1f", hz, 8000-hz, got, want)
		}
		amplitude := 2 * math.Sqrt(tone) / float64(len(middle))
		if want := 0.3 * 32767; amplitude < 0.9*want || amplitude > 1.1*want {
			t.Errorf("%v Hz: amplitude %.0f; want it kept at %.0f", hz, amplitude, want)
		}
		for _, other := range []float64{hz + 320, 8000 - hz - 320} {
			if got := 10 * math.Log10(energyAt(middle, 16000, other)/tone); got > -35 {
				t.Errorf("%v Hz: %.1f dB at %v Hz; want nothing there", hz, got, other)
			}
		}
	}
}

func TestWidenedSilenceIsQuiet(t *testing.T) {
	wide := Widened(make([]int16, 1600))
	if quietest, loudest := slices.Min(wide), slices.Max(wide); quietest < -50 || loudest > 50 {
		t.Errorf("silence became %d to %d; want at most the noise of a good line", quietest, loudest)
	}
	if !slices.Equal(wide, Widened(make([]int16, 1600))) {
		t.Error("the same silence sounds different the next time; want recognition to be repeatable")
	}
	if got := len(Widened(nil)); got != 4*leadIn8k {
		t.Errorf("no samples became %d; want %d of silence", got, 4*leadIn8k)
	}
}

// TestWidenedClips checks that what is too loud is cut off and does not wrap
// around, which would be a crack.
func TestWidenedClips(t *testing.T) {
	loud := make([]int16, 800)
	for i := range loud {
		loud[i] = 32767
		if i/20%2 == 1 {
			loud[i] = -32768
		}
	}
	wide := Widened(loud)[2*leadIn8k:][:1600]
	if low, high := slices.Min(wide), slices.Max(wide); low != -32768 || high != 32767 {
		t.Errorf("a full square wave became %d to %d; want it clipped at both ends", low, high)
	}
	for i := range loud {
		if i%20 < 4 || i%20 > 15 {
			continue // near an edge, where the filter swings
		}
		for _, sample := range wide[2*i : 2*i+2] {
			if (sample > 0) != (loud[i] > 0) {
				t.Fatalf("sample %d of %d became %d; want its sign kept", i, loud[i], sample)
			}
		}
	}
	for sample, want := range map[float64]int16{40000: 32767, -40000: -32768, 12.9: 12, -12.9: -12, 0: 0} {
		if got := clipped(sample); got != want {
			t.Errorf("clipped(%v) = %d; want %d", sample, got, want)
		}
	}
}
