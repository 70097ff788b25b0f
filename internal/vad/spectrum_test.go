package vad

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestLogarithms holds the quick functions to what their comments promise.
func TestLogarithms(t *testing.T) {
	for x := -23.0; x < 23; x += 0.001 { // -100 to 100 dBov
		power := float32(math.Exp(x))
		if got, want := float64(log2(power)), math.Log2(float64(power)); math.Abs(got-want) > 1e-5 {
			t.Fatalf("log2(%v) = %v; want %v", power, got, want)
		}
		if got, want := float64(decibels(power)), 10*math.Log10(float64(power)); math.Abs(got-want) > 1e-4 {
			t.Fatalf("decibels(%v) = %v; want %v", power, got, want)
		}
	}
	for level := -379.0; level <= 380; level += 0.01 {
		if got, want := float64(fromDecibels(float32(level))), math.Pow(10, float64(float32(level))/10); math.Abs(got/want-1) > 1e-4 {
			t.Fatalf("fromDecibels(%v) = %v; want %v", level, got, want)
		}
	}
	for _, power := range []float32{0, 1e-11, -1, float32(math.NaN())} {
		if got := decibels(power); got != -100 {
			t.Errorf("decibels(%v) = %v; want -100", power, got)
		}
	}
}

// The powers of a frame's bins are to add up to its mean square.
func TestSpectrumKeepsThePower(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, level := range []float64{-50, -30, -15} {
		var s side
		var sum float64
		frames := framesOf(noise(rng, level, 20*time.Second))
		for _, frame := range frames {
			var power [halfWindow]float32
			s.spectrum(&power, frame)
			for _, p := range power {
				sum += float64(p)
			}
		}
		if got := 10 * math.Log10(sum/float64(len(frames))); math.Abs(got-level) > 0.1 {
			t.Errorf("noise of %v dBov: the bins have %.2f dBov", level, got)
		}
	}
}

// Each bin between the first and the last counts once, in one band or two.
func TestBandsShareTheBins(t *testing.T) {
	for bin := firstBin; bin < endBin; bin++ {
		var power [halfWindow]float32
		power[bin] = 1
		var band [bands]float32
		sumBands(&band, &power)
		lower := int(melBands.band[bin])
		if inside := lower >= 1 && lower < bands; inside && math.Abs(float64(sum(&band))-1) > 1e-6 {
			t.Errorf("bin %d: the bands have %v of it; want all", bin, sum(&band))
		}
		if share := melBands.share[bin]; share < 0 || share > 1 || lower > bands {
			t.Errorf("bin %d: share %v of band %d", bin, share, lower)
		}
	}
}
