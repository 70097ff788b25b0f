package corpus

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// block is the length of the transforms that convolve with.
const block = 4096

// turns are the roots of unity of a transform of a block.
var turns = func() *[block / 2]complex128 {
	var t [block / 2]complex128
	for i := range t {
		t[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/block)
	}
	return &t
}()

// transform is the discrete Fourier transform of a block, in place, unscaled.
func transform(x *[block]complex128) {
	shift := bits.LeadingZeros64(block - 1)
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < block; half *= 2 {
		step := block / (2 * half)
		for from := 0; from < block; from += 2 * half {
			for k := range half {
				a, b := x[from+k], x[from+half+k]*turns[k*step]
				x[from+k], x[from+half+k] = a+b, a-b
			}
		}
	}
}

// convolve returns x through a filter given by its impulse response, of at most
// half a block, cut to the length of x. Two pieces of x ride through each
// transform, one as its real part and one as its imaginary part.
func convolve(x, response []float64) []float64 {
	var filter, work [block]complex128
	for i, v := range response {
		filter[i] = complex(v, 0)
	}
	transform(&filter)
	out := make([]float64, len(x))
	piece := block - len(response) + 1
	for from := 0; from < len(x); from += 2 * piece {
		clear(work[:])
		for i := range piece {
			work[i] = complex(sampleAt(x, from+i), sampleAt(x, from+piece+i))
		}
		transform(&work)
		for i := range work { // conjugated: a forward transform then runs backwards
			work[i] = cmplx.Conj(work[i] * filter[i])
		}
		transform(&work)
		for i, v := range work {
			addAt(out, from+i, real(v)/block)
			addAt(out, from+piece+i, -imag(v)/block)
		}
	}
	return out
}

// sampleAt is x[i], or 0 outside x.
func sampleAt(x []float64, i int) float64 {
	if i < 0 || i >= len(x) {
		return 0
	}
	return x[i]
}

func addAt(x []float64, i int, v float64) {
	if i < len(x) {
		x[i] += v
	}
}

// room draws the impulse response of a room: the direct sound, then a decay by
// 60 dB in about the given seconds that is reverb dB below it.
func room(d dice, seconds, reverb float64) []float64 {
	response := make([]float64, min(block/2, max(2, int(seconds*rate))))
	for i := 1; i < len(response); i++ {
		response[i] = d.NormFloat64() * math.Exp(-6.9*float64(i)/(seconds*rate))
	}
	lowPass(d.between(1500, 3500), 0.6).run(response)
	scale(response, amplitude(reverb)/max(1e-9, rms(response)*math.Sqrt(float64(len(response)))))
	response[0] = 1
	return response
}
