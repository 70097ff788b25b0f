package vad

import "math"

// fft is a plan for the discrete Fourier transform of real input of length
// 2*size, done as a complex one of length size in passes of radix 4 and, where
// size is no power of 4, a last one of radix 2. The passes are those of Stockham,
// which leave the output in order (Van Loan, Computational Frameworks for the Fast
// Fourier Transform, 1992, section 1.7). A plan is only read once it is made.
type fft struct {
	size     int
	twiddles []complex64 // three for each butterfly row of each radix-4 pass
	split    []complex64 // for the step from the complex to the real transform
}

const (
	windowSize = 256            // samples: 32 ms
	halfWindow = windowSize / 2 // bins of the spectrum, without that at 4 kHz
)

var (
	spectrumFFT = newFFT(halfWindow)
	harmonicFFT = newFFT(halfWindow / 2)
)

func newFFT(size int) *fft {
	f := &fft{size: size}
	for n := size; n >= 4; n /= 4 {
		for p := range n / 4 {
			for k := 1; k <= 3; k++ {
				f.twiddles = append(f.twiddles, unit(-float64(k*p)/float64(n)))
			}
		}
	}
	for k := range size/2 + 1 {
		f.split = append(f.split, unit(-float64(k)/float64(2*size)))
	}
	return f
}

// unit is the point of the unit circle at turns.
func unit(turns float64) complex64 {
	sin, cos := math.Sincos(2 * math.Pi * turns)
	return complex64(complex(cos, sin))
}

// transform leaves the transform of x in one of both buffers and returns which.
// Both have the plan's size; element n of x is sample 2n and, imaginary, 2n+1.
func (f *fft) transform(x, y []complex64) []complex64 {
	x, y = x[:f.size], y[:f.size]
	firstPass(x, y, f.twiddles)
	x, y = y, x
	twiddles := f.twiddles[3*f.size/4:]
	n, stride := f.size/4, 4
	for ; n >= 4; n, stride = n/4, stride*4 {
		for p := range n / 4 {
			butterflies(x[p*stride:], y[4*p*stride:][:4*stride], n/4*stride, twiddles[3*p:3*p+3])
		}
		twiddles = twiddles[3*n/4:]
		x, y = y, x
	}
	if n == 2 {
		low, high := x[:stride], x[stride:2*stride]
		outLow, outHigh := y[:stride], y[stride:2*stride]
		for q, a := range low {
			b := high[q]
			outLow[q], outHigh[q] = a+b, a-b
		}
		x = y
	}
	return x
}

// firstPass is the pass whose butterflies are each alone.
func firstPass(x, y, twiddles []complex64) {
	quarter := len(x) / 4
	x0, x1 := x[:quarter], x[quarter:2*quarter]
	x2, x3 := x[2*quarter:3*quarter], x[3*quarter:]
	x1, x2, x3 = x1[:len(x0)], x2[:len(x0)], x3[:len(x0)]
	for p, a := range x0 {
		b, c, d := x1[p], x2[p], x3[p]
		sum, difference, cross := a+c, a-c, b-d
		cross = complex(-imag(cross), real(cross))
		b += d
		out, w := y[:4], twiddles[:3]
		out[0] = sum + b
		out[1] = times(w[0], difference-cross)
		out[2] = times(w[1], sum-b)
		out[3] = times(w[2], difference+cross)
		y, twiddles = y[4:], twiddles[3:]
	}
}

// butterflies does those of one row, which share their twiddles w: their inputs
// are a quarter of the whole apart.
func butterflies(x, out []complex64, quarter int, w []complex64) {
	stride := len(out) / 4
	x0, x1 := x[:stride], x[quarter:quarter+stride]
	x2, x3 := x[2*quarter:2*quarter+stride], x[3*quarter:3*quarter+stride]
	x1, x2, x3 = x1[:len(x0)], x2[:len(x0)], x3[:len(x0)]
	y0, y1, y2, y3 := out[:stride], out[stride:2*stride], out[2*stride:3*stride], out[3*stride:]
	y0, y1, y2, y3 = y0[:len(x0)], y1[:len(x0)], y2[:len(x0)], y3[:len(x0)]
	w1, w2, w3 := w[0], w[1], w[2]
	for q, a := range x0 {
		b, c, d := x1[q], x2[q], x3[q]
		sum, difference, cross := a+c, a-c, b-d
		cross = complex(-imag(cross), real(cross))
		b += d
		y0[q] = sum + b
		if w1 == 1 {
			y1[q], y2[q], y3[q] = difference-cross, sum-b, difference+cross
			continue
		}
		y1[q] = times(w1, difference-cross)
		y2[q] = times(w2, sum-b)
		y3[q] = times(w3, difference+cross)
	}
}

// times is a*b in single precision all through: Go's own product goes by way of
// double precision, which takes longer than all the rest.
func times(a, b complex64) complex64 {
	return complex(real(a)*real(b)-imag(a)*imag(b), real(a)*imag(b)+imag(a)*real(b))
}

// power writes the power of bins 0 to size-1 of the real input whose complex
// transform is z. Bin 0 leaves out that at half the sample rate.
func (f *fft) power(power []float32, z []complex64) {
	power, z = power[:f.size], z[:f.size]
	power[0] = (real(z[0]) + imag(z[0])) * (real(z[0]) + imag(z[0]))
	for k := 1; k <= f.size/2; k++ {
		low, high := f.bins(z, k)
		power[k] = real(low)*real(low) + imag(low)*imag(low)
		power[f.size-k] = real(high)*real(high) + imag(high)*imag(high)
	}
}

// bins splits two bins of the real input's transform from that of the complex one:
// bin k and the conjugate of bin size-k, for k from 1 to size/2.
func (f *fft) bins(z []complex64, k int) (low, high complex64) {
	a, b := z[k], z[f.size-k]
	even := complex(0.5*(real(a)+real(b)), 0.5*(imag(a)-imag(b)))
	odd := times(f.split[k], complex(0.5*(imag(a)+imag(b)), 0.5*(real(b)-real(a))))
	return even + odd, even - odd
}

// cosines writes the real part of bins 0 to size-1 of the transform: of a sequence
// that begins an even function, its cosine transform.
func (f *fft) cosines(out []float32, z []complex64) {
	out = out[:f.size]
	out[0] = real(z[0]) + imag(z[0])
	for k := 1; k <= f.size/2; k++ {
		low, high := f.bins(z, k)
		out[k], out[f.size-k] = real(low), real(high)
	}
}
