package corpus

import "math"

// mouth is what people do without talking: breath, coughs, smacks of the lips.
func (s studio) mouth(x []float64) {
	breath := []*biquad{bandPass(s.ratio(500, 1200), 0.8), bandPass(s.ratio(1300, 2800), 1.2)}
	for at := 0; at < len(x); at += s.samples(0.3, 2.5) {
		switch s.IntN(4) {
		case 0, 1:
			at += s.puff(x, at, s.samples(0.3, 1.3), breath, s.ratio(0.2, 0.6))
		case 2:
			for range s.count(1, 3) {
				at += s.cough(x, at)
			}
		default:
			for range s.count(1, 3) {
				s.ring(x, at, s.thing(800, 3200, 0.001, 0.006), s.ratio(0.2, 1))
				at += s.samples(0.04, 0.2)
			}
		}
	}
}

// puff adds n samples of noise through filters, rising and falling, and returns n.
func (d dice) puff(x []float64, at, n int, through []*biquad, by float64) int {
	peak := d.between(0.15, 0.6)
	for i := 0; i < n && at+i < len(x); i++ {
		t := float64(i) / float64(n)
		w, sum := d.NormFloat64(), 0.0
		for _, f := range through {
			sum += f.next(w)
		}
		x[at+i] += by * sum * min(t/peak, (1-t)/(1-peak))
	}
	return n
}

// cough adds a burst of noise with a short voiced tail, and returns its length.
func (d dice) cough(x []float64, at int) int {
	throat := []*biquad{bandPass(d.between(350, 700), 2), bandPass(d.between(1100, 1800), 3), bandPass(d.between(2200, 3000), 2)}
	n := d.samples(0.08, 0.25)
	d.puff(x, at, n, throat, d.ratio(1, 3))
	if d.chance(0.5) {
		from := d.between(150, 350)
		d.call(x, at+n/2, d.samples(0.06, 0.15), []float64{from, from * d.between(0.6, 0.9)}, 0.6)
	}
	return n + d.samples(0.1, 0.35)
}

// call adds a cry of an animal: harmonics of a pitch that runs through the given
// frequencies, through the resonances of a throat.
func (d dice) call(x []float64, at, n int, pitch []float64, by float64) {
	partials := make([]float64, max(1, min(20, int(3400/pitch[0]))))
	centre := d.between(500, 1600)
	for k := range partials {
		off := (pitch[0]*float64(k+1) - centre) / 700
		partials[k] = 0.08 + 1/(1+off*off)
	}
	wave := periodic(partials)
	rough, phase := d.between(0, 0.4), 0.0
	for i := 0; i < n && at+i < len(x); i++ {
		t := float64(i) / float64(n)
		along := t * float64(len(pitch)-1)
		k := min(int(along), len(pitch)-2)
		hz := pitch[k] + (pitch[k+1]-pitch[k])*(along-float64(k))
		phase += hz / rate
		envelope := min(1, 8*t) * min(1, 3*(1-t))
		x[at+i] += by * envelope * (lookUp(wave, phase) + rough*d.NormFloat64())
	}
}

// animals are barks, whines and birds: as near to a voice as a noise comes.
func (s studio) animals(x []float64) {
	kind := s.IntN(4)
	size := s.ratio(0.6, 1.6)
	pause := s.ratio(0.3, 3)
	for at := 0; at < len(x); at += s.samples(pause, pause*2.5) {
		for range s.count(1, 5) {
			at += s.creature(x, at, kind, size)
		}
	}
}

// creature adds one cry and returns its length with the pause after it.
func (d dice) creature(x []float64, at, kind int, size float64) int {
	switch kind {
	case 0: // a dog barks
		n, base := d.samples(0.08, 0.25), d.between(280, 480)/size
		d.call(x, at, n, []float64{base, base * d.between(1.3, 2), base * d.between(0.6, 1)}, d.between(0.5, 1))
		return n + d.samples(0.1, 0.4)
	case 1: // a dog whines, a baby or a cat cries
		n, base := d.samples(0.3, 1.5), d.between(350, 650)/size
		d.call(x, at, n, []float64{base, base * d.between(1, 1.5), base * d.between(0.9, 1.4), base * d.between(0.7, 1)}, d.between(0.3, 1))
		return n + d.samples(0.1, 0.8)
	case 2: // a bird sings
		n := d.samples(0.04, 0.3)
		pitch := make([]float64, d.count(2, 5))
		for i := range pitch {
			pitch[i] = d.between(1700, 3500)
		}
		d.call(x, at, n, pitch, d.between(0.3, 1))
		return n + d.samples(0.02, 0.2)
	default: // a crow, a duck, a goose
		n, base := d.samples(0.12, 0.4), d.between(250, 600)
		d.call(x, at, n, []float64{base, base * d.between(0.9, 1.2), base * math.Exp2(-d.Float64())}, d.between(0.5, 1))
		return n + d.samples(0.1, 0.5)
	}
}
