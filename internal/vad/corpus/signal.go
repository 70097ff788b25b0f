package corpus

import "math"

// rate is the sampling rate as the arithmetic wants it.
const rate = 8000.0

// fullScale is the amplitude of 0 dBov.
const fullScale = 1 << 15

// amplitude returns the factor of a gain in dB.
func amplitude(db float64) float64 { return math.Pow(10, db/20) }

// rms returns the root mean square of x.
func rms(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(x)))
}

func scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

// add adds src times by to dst from sample at on; what lies outside dst is lost.
func add(dst, src []float64, at int, by float64) {
	if at < 0 {
		src = src[min(-at, len(src)):]
		at = 0
	}
	for i, v := range src[:max(0, min(len(src), len(dst)-at))] {
		dst[at+i] += v * by
	}
}

// biquad is a second-order filter with its state.
type biquad struct {
	b0, b1, b2, a1, a2 float64
	z1, z2             float64
}

// The filters follow Robert Bristow-Johnson's Audio EQ Cookbook
// (https://www.w3.org/TR/audio-eq-cookbook/).

func (f *biquad) set(b0, b1, b2, a0, a1, a2 float64) {
	f.b0, f.b1, f.b2, f.a1, f.a2 = b0/a0, b1/a0, b2/a0, a1/a0, a2/a0
}

func angle(hz, q float64) (cos, alpha float64) {
	sin, cos := math.Sincos(2 * math.Pi * min(hz, 0.49*rate) / rate)
	return cos, sin / (2 * q)
}

func lowPass(hz, q float64) *biquad {
	cos, alpha := angle(hz, q)
	var f biquad
	f.set((1-cos)/2, 1-cos, (1-cos)/2, 1+alpha, -2*cos, 1-alpha)
	return &f
}

func highPass(hz, q float64) *biquad {
	cos, alpha := angle(hz, q)
	var f biquad
	f.set((1+cos)/2, -1-cos, (1+cos)/2, 1+alpha, -2*cos, 1-alpha)
	return &f
}

func bandPass(hz, q float64) *biquad {
	cos, alpha := angle(hz, q)
	var f biquad
	f.set(alpha, 0, -alpha, 1+alpha, -2*cos, 1-alpha)
	return &f
}

// bell lifts or lowers the surroundings of a frequency by db.
func bell(hz, q, db float64) *biquad {
	cos, alpha := angle(hz, q)
	a := amplitude(db / 2)
	var f biquad
	f.set(1+alpha*a, -2*cos, 1-alpha*a, 1+alpha/a, -2*cos, 1-alpha/a)
	return &f
}

func (f *biquad) next(v float64) float64 {
	const tiny = 1e-18 // keeps a filter that dies away from numbers that processors are slow with
	y := f.b0*v + f.z1 + tiny
	f.z1 = f.b1*v - f.a1*y + f.z2
	f.z2 = f.b2*v - f.a2*y
	return y
}

// run filters x in place.
func (f *biquad) run(x []float64) {
	for i, v := range x {
		x[i] = f.next(v)
	}
}

// bandRMS returns the root mean square of what x has in the telephone band, 300
// to 3400 Hz: the noise that a signal-to-noise ratio speaks of.
func bandRMS(x []float64) float64 {
	low, high := highPass(300, math.Sqrt2/2), lowPass(3400, math.Sqrt2/2)
	sum := 0.0
	for _, v := range x {
		y := high.next(low.next(v))
		sum += y * y
	}
	return math.Sqrt(sum / float64(max(1, len(x))))
}

// sineTable holds one period of a sine; its last entry repeats the first.
var sineTable = func() *[2049]float64 {
	var t [2049]float64
	for i := range t {
		t[i] = math.Sin(2 * math.Pi * float64(i) / 2048)
	}
	return &t
}()

// sine is the sine of a phase in turns, near enough for noises: it is off by less
// than 1e-5.
func sine(turns float64) float64 {
	return lookUp(sineTable, turns)
}

// lookUp reads one period of a wave at a phase in turns.
func lookUp(wave *[2049]float64, turns float64) float64 {
	at := (turns - math.Floor(turns)) * 2048
	i := min(int(at), 2047)
	f := at - float64(i)
	return wave[i] + f*(wave[i+1]-wave[i])
}

// periodic returns one period of the sum of harmonics, partials[0] being the
// fundamental, scaled to a root mean square of 1.
func periodic(partials []float64) *[2049]float64 {
	var wave [2049]float64
	for k, a := range partials {
		if a == 0 {
			continue
		}
		for i := range wave {
			wave[i] += a * sineTable[(i*(k+1))%2048]
		}
	}
	scale(wave[:], 1/max(rms(wave[:]), 1e-9))
	return &wave
}
