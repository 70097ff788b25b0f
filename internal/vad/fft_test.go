package vad

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// slowDFT is the transform of real input by the definition.
func slowDFT(x []float64, k int) (sum complex128) {
	for n, sample := range x {
		sum += complex(sample, 0) * cmplx.Rect(1, -2*math.Pi*float64(k*n)/float64(len(x)))
	}
	return sum
}

func TestTransformIsTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for _, plan := range []*fft{spectrumFFT, harmonicFFT, newFFT(4), newFFT(8)} {
		x := make([]float64, 2*plan.size)
		z, scratch := make([]complex64, plan.size), make([]complex64, plan.size)
		for n := range x {
			x[n] = rng.NormFloat64()
		}
		for n := range z {
			z[n] = complex64(complex(x[2*n], x[2*n+1]))
		}
		got := plan.transform(z, scratch)
		power, cosines := make([]float32, plan.size), make([]float32, plan.size)
		plan.power(power, got)
		plan.cosines(cosines, got)
		for k := 1; k < plan.size; k++ {
			want := slowDFT(x, k)
			if abs := cmplx.Abs(want); math.Abs(float64(power[k])-abs*abs) > 1e-3*(1+abs*abs) {
				t.Errorf("length %d: power of bin %d = %v; want %v", len(x), k, power[k], abs*abs)
			}
			if math.Abs(float64(cosines[k])-real(want)) > 1e-3 {
				t.Errorf("length %d: cosine %d = %v; want %v", len(x), k, cosines[k], real(want))
			}
		}
	}
}

func BenchmarkSpectrum(b *testing.B) {
	var x, y [halfWindow]complex64
	var power [halfWindow]float32
	for i := range x {
		x[i] = complex(float32(i%7), float32(i%5))
	}
	for b.Loop() {
		z := x
		spectrumFFT.power(power[:], spectrumFFT.transform(z[:], y[:]))
	}
}
