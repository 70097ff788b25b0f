package corpus

import "math"

// white fills x with white noise of a root mean square of 1.
func (d dice) white(x []float64) {
	for i := range x {
		x[i] = d.NormFloat64()
	}
}

// pink fills x with noise that falls by about 3 dB an octave, brown by about 6.
func (d dice) pink(x []float64) { d.falling(x, 0.55) }

func (d dice) brown(x []float64) { d.falling(x, 0.98) }

// falling fills x with white noise through a leaky integrator.
func (d dice) falling(x []float64, leak float64) {
	slow, fast := 0.0, 0.0
	for i := range x {
		w := d.NormFloat64()
		slow = leak*slow + (1-leak)*w
		fast = 0.5*leak*fast + w
		x[i] = slow*4 + fast*(1-leak)
	}
}

// equalize lifts and lowers some random frequencies of x by up to db.
func (d dice) equalize(x []float64, points int, db float64) {
	for range points {
		bell(d.ratio(150, 3600), d.ratio(0.4, 3), d.between(-db, db)).run(x)
	}
}

// steady fills x with noise of a random colour, without any change over time.
func (d dice) steady(x []float64) {
	switch d.IntN(4) {
	case 0:
		d.white(x)
	case 1:
		d.pink(x)
	case 2:
		d.brown(x)
	default:
		d.white(x)
		d.equalize(x, d.count(3, 8), 18)
	}
}

// hiss is stationary noise of a random spectrum.
func (s studio) hiss(x []float64) {
	s.steady(x)
	s.equalize(x, s.count(0, 3), 8)
}

// hum is the mains and its harmonics over a little noise.
func (s studio) hum(x []float64) {
	partials := make([]float64, s.count(8, 60))
	tilt := s.between(0.2, 1.3)
	for k := range partials {
		partials[k] = math.Exp(s.NormFloat64()*0.7) / math.Pow(float64(k+1), tilt)
		if k%2 == 0 {
			partials[k] *= s.between(0.1, 1) // rectifiers leave mostly even harmonics
		}
	}
	s.steady(x)
	scale(x, amplitude(s.between(-35, -8))/rms(x))
	wave := periodic(partials)
	step := pick(s.dice, 50.0, 60.0) * s.between(0.998, 1.002) / rate
	for i := range x {
		x[i] += lookUp(wave, float64(i)*step)
	}
}

// drift fills x with a slow random curve around 0 that goes to about -1 and 1,
// with the given number of turns a second.
func (d dice) drift(x []float64, hertz float64) {
	const waves = 5
	for range waves {
		f, phase := hertz*d.ratio(0.3, 1.8)/rate, d.Float64()
		for i := range x {
			x[i] += sine(phase+f*float64(i)) / math.Sqrt(waves)
		}
	}
}

// swell multiplies x by a curve that moves by up to db either way.
func (d dice) swell(x []float64, hertz, db float64) {
	const every = 16 // the curve is slow, its exponential need not be taken of every sample
	curve := make([]float64, len(x)/every+1)
	d.drift(curve, hertz*every)
	for i := range curve {
		curve[i] = amplitude(curve[i] * db)
	}
	for i := range x {
		x[i] *= curve[i/every]
	}
}

// wobble is noise whose level changes quickly and all the time.
func (s studio) wobble(x []float64) {
	s.steady(x)
	s.swell(x, s.ratio(0.8, 12), s.between(4, 14))
}

// traffic is a road: a rumble, and vehicles that come and pass by.
func (s studio) traffic(x []float64) {
	s.brown(x)
	s.swell(x, 0.2, s.between(1, 4))
	scale(x, 1/rms(x))
	pause := s.ratio(1.5, 8)
	for at := 0; at < len(x); at += s.samples(pause/2, pause*2) {
		car := make([]float64, s.samples(1.5, 6))
		s.pink(car)
		bell(s.between(300, 1400), 0.8, 10).run(car)
		width := s.between(0.08, 0.2)
		for i := range car {
			t := (float64(i)/float64(len(car)) - 0.5) / width
			car[i] *= 1 / (1 + t*t*t*t)
		}
		add(x, car, at, s.ratio(0.7, 6)/rms(car))
	}
}

// sea is surf and gusts of wind.
func (s studio) sea(x []float64) {
	s.pink(x)
	s.swell(x, s.ratio(0.08, 0.25), s.between(5, 12))
	gusts := make([]float64, len(x))
	s.white(gusts)
	centre := make([]float64, len(x))
	s.drift(centre, s.ratio(0.1, 0.6))
	f := bandPass(500, 1)
	for i := range gusts {
		if i%80 == 0 {
			now := bandPass(500*math.Exp2(centre[i]), 1.5)
			now.z1, now.z2 = f.z1, f.z2
			f = now
		}
		gusts[i] = f.next(gusts[i]) * math.Exp2(2*centre[i])
	}
	add(x, gusts, 0, s.ratio(0.5, 3)*rms(x)/max(1e-9, rms(gusts)))
}

// engine is a machine that turns: harmonics of a wandering pitch, and its air.
func (s studio) engine(x []float64) {
	partials := make([]float64, s.count(6, 30))
	tilt := s.between(0, 1)
	for k := range partials {
		partials[k] = math.Exp(s.NormFloat64()) / math.Pow(float64(k+1), tilt)
	}
	wave := periodic(partials)
	s.steady(x)
	scale(x, amplitude(s.between(-20, 6))/rms(x))
	wander := make([]float64, len(x)/16+1)
	s.drift(wander, s.ratio(0.05, 0.8)*16)
	base, depth := s.ratio(25, 180)/rate, s.ratio(0.005, 0.25)
	phase, beat := 0.0, s.between(0, 0.5)
	for i := range x {
		phase += base * (1 + depth*wander[i/16])
		x[i] = x[i]*(1+beat*sine(phase/2)) + lookUp(wave, phase)
	}
}
