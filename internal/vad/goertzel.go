package vad

import "math"

// line is how strong a frequency is in a windowed frame: real and imaginary part of
// its Fourier coefficient, with the phase counted from the frame's middle.
type line struct{ re, im float32 }

func (l line) power() float32 { return l.re*l.re + l.im*l.im }

// times multiplies two coefficients, the second one conjugated.
func (l line) times(other line) line {
	return line{l.re*other.re + l.im*other.im, l.im*other.re - l.re*other.im}
}

// plus adds a multiple of another coefficient.
func (l line) plus(by float32, other line) line { return line{l.re + by*other.re, l.im + by*other.im} }

// turned is the coefficient with its phase moved on, by cosine and sine.
func (l line) turned(by line) line {
	return line{l.re*by.re - l.im*by.im, l.re*by.im + l.im*by.re}
}

// resonator is what Goertzel's algorithm needs to know of a frequency
// (G. Goertzel, American Mathematical Monthly 65, 1958).
type resonator struct {
	coefficient float32 // twice the cosine of the angle per sample
	last        line    // by which the phase moves on in a sample
	middle      line    // back from the frame's last sample to its middle
	advance     line    // on to the next frame
}

func newResonator(hertz float64) resonator {
	angle := 2 * math.Pi * hertz / 8000
	unit := func(phase float64) line {
		sin, cos := math.Sincos(phase)
		return line{float32(cos), float32(sin)}
	}
	return resonator{
		coefficient: float32(2 * math.Cos(angle)), last: unit(angle),
		middle: unit(-angle * (FrameSamples - 1) / 2), advance: unit(angle * FrameSamples),
	}
}

var (
	toneResonators = func() (r [len(toneHertz)]resonator) {
		for i, hertz := range toneHertz {
			r[i] = newResonator(hertz)
		}
		return r
	}()
	toneWindow = func() (w [FrameSamples]float32) {
		for i := range w {
			w[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/FrameSamples))
		}
		return w
	}()
)

// windowSum is the sum of toneWindow.
const windowSum = FrameSamples / 2

// oscillator makes the sine that a line stands for, sample by sample.
type oscillator struct {
	at, step line
}

func newOscillator(l line, place int8, blur float32) oscillator {
	r := &toneResonators[place]
	amplitude := 2 / (windowSum * (1 - blur*blur))
	l = line{l.re * amplitude, l.im * amplitude}
	return oscillator{at: l.turned(line{r.middle.re, r.middle.im}), step: r.last}
}

// next returns the next sample.
func (o *oscillator) next() float32 {
	x := o.at.re
	o.at = o.at.turned(o.step)
	return x
}

// blurOf is how much of a frequency is seen in another one so far away, through
// toneWindow: 1 for the same. It is the window's transform, which is that of no
// window, three times (F. J. Harris, Proceedings of the IEEE 66, 1978).
func blurOf(hertz float64) float64 {
	const bin = 1.0 / FrameSamples
	turns := hertz / 8000
	return dirichlet(turns) + (dirichlet(turns-bin)+dirichlet(turns+bin))/2
}

// dirichlet is the mean of a frame of a cosine that is 1 in the frame's middle, at
// turns per sample.
func dirichlet(turns float64) float64 {
	if turns == 0 {
		return 1
	}
	return math.Sin(math.Pi*turns*FrameSamples) / math.Sin(math.Pi*turns) / FrameSamples
}

// resonate writes the coefficients of the windowed frame at four frequencies: four,
// so that the recurrences do not wait for their own results.
func resonate(out []line, r []resonator, windowed *[FrameSamples]float32) {
	var a1, a2, b1, b2, c1, c2, d1, d2 float32
	ka, kb, kc, kd := r[0].coefficient, r[1].coefficient, r[2].coefficient, r[3].coefficient
	for _, x := range windowed {
		a1, a2 = (x-a2)+ka*a1, a1
		b1, b2 = (x-b2)+kb*b1, b1
		c1, c2 = (x-c2)+kc*c1, c1
		d1, d2 = (x-d2)+kd*d1, d1
	}
	out[0], out[1] = r[0].line(a1, a2), r[1].line(b1, b2)
	out[2], out[3] = r[2].line(c1, c2), r[3].line(d1, d2)
}

// line makes a coefficient of the last two values of the recurrence: what they give
// directly has its phase counted from the frame's last sample.
func (r *resonator) line(last, before float32) line {
	return line{last - before*r.last.re, before * r.last.im}.turned(r.middle)
}
