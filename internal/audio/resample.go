package audio

import (
	"fmt"
	"math"
)

// The low-pass filter of a Resampler, designed with a Kaiser window
// (https://ccrma.stanford.edu/~jos/sasp/Kaiser_Window.html): what would fold
// over is 80 dB down, and of a rate of 8 kHz the telephone band up to 3,400 Hz
// passes unchanged.
const (
	stopbandDecibels = 80
	zeroCrossings    = 40  // on each side, counted at the lower of the two rates
	maxPhases        = 512 // more phases than this are interpolated
	resampleBlock    = 512 // input samples taken at a time
)

// Resampler changes the sample rate of a stream of audio. It adds no delay to
// the content: output sample n stands for the instant n/to, and what needs
// samples still to come is held back until Process or Flush supplies them. It
// is used by one goroutine.
type Resampler struct {
	up, down int         // the ratio to/from in lowest terms
	half     int         // taps on each side of an output sample
	phases   [][]float32 // filter by fraction of an input sample; one row more than steps
	steps    int         // rows that an input sample is divided into

	window []float32 // input: the part that outputs to come still need
	start  int       // where in window the filter of the next output begins
	phase  int       // fraction of an input sample of the next output, in units of 1/up
}

// NewResampler returns a Resampler from one rate to another, both in samples a
// second. It panics when a rate is not positive.
func NewResampler(from, to int) *Resampler {
	if from <= 0 || to <= 0 {
		panic(fmt.Sprintf("audio: cannot resample from %d to %d samples a second", from, to))
	}
	divisor := gcd(from, to)
	r := &Resampler{up: to / divisor, down: from / divisor}
	lower := min(from, to)
	r.half = (zeroCrossings*from + lower - 1) / lower
	r.steps = min(r.up, maxPhases)
	r.phases = lowPass(r.half, r.steps, min(1, float64(to)/float64(from)))
	r.window = make([]float32, 0, 2*r.half+resampleBlock)
	r.reset()
	return r
}

// Process takes the next samples of the stream, appends to dst what can be
// said of the output by now, and returns the extended slice. How the stream is
// cut into calls does not change the output.
func (r *Resampler) Process(dst, src []int16) []int16 {
	if r.up == r.down {
		return append(dst, src...)
	}
	for len(src) > 0 {
		n := min(len(src), resampleBlock)
		for _, s := range src[:n] {
			r.window = append(r.window, float32(s))
		}
		src = src[n:]
		dst = r.drain(dst)
	}
	return dst
}

// Flush ends the stream: it appends the rest of the output to dst, so that n
// samples have become n*to/from, rounded up. The Resampler is then as new.
func (r *Resampler) Flush(dst []int16) []int16 {
	if r.up == r.down {
		return dst
	}
	for left := r.half; left > 0; left -= resampleBlock {
		n := min(left, resampleBlock)
		r.window = append(r.window, make([]float32, n)...)
		dst = r.drain(dst)
	}
	r.reset()
	return dst
}

// reset puts silence before the stream, so that the first output sample falls
// on the first input sample.
func (r *Resampler) reset() {
	r.window = r.window[:r.half-1]
	clear(r.window)
	r.start, r.phase = 0, 0
}

// drain appends the outputs that the window covers and drops from it what no
// later output needs.
func (r *Resampler) drain(dst []int16) []int16 {
	for r.start+2*r.half <= len(r.window) {
		dst = append(dst, saturate(r.at(r.window[r.start:r.start+2*r.half])))
		r.phase += r.down
		r.start += r.phase / r.up
		r.phase %= r.up
	}
	used := min(r.start, len(r.window))
	r.window = r.window[:copy(r.window, r.window[used:])]
	r.start -= used
	return dst
}

// at computes the output sample of the current phase from its input samples.
func (r *Resampler) at(input []float32) float32 {
	row := r.phase * r.steps / r.up
	y := dot(r.phases[row], input)
	if rest := r.phase * r.steps % r.up; rest != 0 {
		y += (dot(r.phases[row+1], input) - y) * float32(rest) / float32(r.up)
	}
	return y
}

func dot(taps, input []float32) float32 {
	input = input[:len(taps)]
	var a, b, c, d float32 // four sums at once: additions need not wait for each other
	for len(taps) >= 4 && len(input) >= 4 {
		a += taps[0] * input[0]
		b += taps[1] * input[1]
		c += taps[2] * input[2]
		d += taps[3] * input[3]
		taps, input = taps[4:], input[4:]
	}
	for i, t := range taps {
		a += t * input[i]
	}
	return (a + b) + (c + d)
}

// lowPass computes steps+1 rows of 2*half taps. Row i is the filter of an
// output sample that lies i/steps of an input sample after tap half-1. band is
// the part of the input's spectrum that the output can hold.
func lowPass(half, steps int, band float64) [][]float32 {
	const beta = 0.1102 * (stopbandDecibels - 8.7)
	// Width of the slope from pass to stop, as a part of the lower rate's spectrum;
	// the slope ends where folding begins.
	const slope = (stopbandDecibels - 8) / (2.285 * 2 * zeroCrossings * math.Pi)
	cutoff := band * (1 - slope/2)

	rows := make([][]float32, steps+1)
	taps := make([]float64, 2*half)
	for i := range rows {
		sum := 0.0
		for j := range taps {
			x := float64(i)/float64(steps) - float64(j-half+1)
			taps[j] = sinc(cutoff*x) * kaiser(x/float64(half), beta)
			sum += taps[j]
		}
		rows[i] = make([]float32, len(taps))
		for j, t := range taps {
			rows[i][j] = float32(t / sum) // each row passes a constant unchanged
		}
	}
	return rows
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window for x from -1 to 1, up to a constant factor.
func kaiser(x, beta float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return besselI0(beta * math.Sqrt(1-x*x))
}

// besselI0 is the modified Bessel function of the first kind and order zero.
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func saturate(y float32) int16 {
	switch {
	case y >= math.MaxInt16:
		return math.MaxInt16
	case y <= math.MinInt16:
		return math.MinInt16
	case y < 0:
		return int16(y - 0.5)
	default:
		return int16(y + 0.5)
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
