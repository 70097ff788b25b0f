package corpus

import "math"

// ring adds to x from at on a hit: some damped sines, and the noise of the touch.
func (d dice) ring(x []float64, at int, modes []mode, by float64) {
	for _, m := range modes {
		n := int(5 * m.decay * rate)
		step, fade, level := m.hertz/rate, math.Exp(-1/(m.decay*rate)), by*m.level
		for i := 0; i < n && at+i < len(x); i++ {
			if at+i >= 0 {
				x[at+i] += level * sine(step*float64(i))
			}
			level *= fade
		}
	}
	touch := make([]float64, d.count(8, 40))
	d.white(touch)
	for i := range touch {
		touch[i] *= 1 - float64(i)/float64(len(touch))
	}
	add(x, touch, at, by*d.between(0.1, 0.5))
}

// mode is one way in which a thing vibrates; decay is in seconds.
type mode struct{ hertz, decay, level float64 }

// thing draws the modes of something that is hit.
func (d dice) thing(low, high, shortest, longest float64) []mode {
	modes := make([]mode, d.count(2, 7))
	for i := range modes {
		modes[i] = mode{d.ratio(low, high), d.ratio(shortest, longest), d.ratio(0.1, 1)}
	}
	return modes
}

// gated is noise or a sawtooth that is switched on and off: machines at work.
func (s studio) gated(x []float64) {
	source := make([]float64, len(x))
	if s.chance(0.5) {
		s.steady(source)
	} else {
		s.engine(source)
		s.equalize(source, 3, 12)
	}
	on, off := s.ratio(0.05, 1.5), s.ratio(0.05, 2)
	even := s.chance(0.4)
	for at := 0; at < len(x); {
		n, rest := int(on*rate), int(off*rate)
		if !even {
			n, rest = s.samples(on/3, on*2), s.samples(off/3, off*2)
		}
		end := min(len(x), at+n)
		for i := at; i < end; i++ {
			edge := float64(min(i-at, end-i)) / 40
			x[i] = source[i] * min(1, edge)
		}
		at = end + rest
	}
}

// knocks are doors, plates, hammers: hits on a few things, alone or in rhythm.
func (s studio) knocks(x []float64) {
	low := s.ratio(80, 900)
	decay := s.ratio(0.004, 0.12)
	things := [][]mode{
		s.thing(low, low*6, decay/2, decay*2),
		s.thing(low, low*8, decay/2, decay*2),
		s.thing(200, 3500, 0.01, 0.2),
	}
	pace := s.ratio(0.1, 1.2)
	for at := 0; at < len(x); at += s.samples(pace, pace*4) {
		hits, beat := s.count(1, 5), s.samples(0.08, 0.4)
		what, by := pick(s.dice, things...), s.ratio(0.2, 1)
		for range hits {
			s.ring(x, at, what, by*s.between(0.6, 1))
			at += int(float64(beat) * s.between(0.85, 1.15))
		}
	}
}

// clatter is things being handled: dishes, tools, paper, steps on gravel. Runs of
// light hits at an uneven pace, some of them double, some with a rustle.
func (s studio) clatter(x []float64) {
	things := make([][]mode, s.count(2, 6))
	for i := range things {
		low, decay := s.ratio(120, 2200), s.ratio(0.0008, 0.03)
		things[i] = s.thing(low, min(low*s.ratio(1.5, 8), 3600), decay/2, decay*2)
	}
	rustle := make([]float64, s.samples(0.01, 0.08))
	s.white(rustle)
	bandPass(s.ratio(500, 3000), s.between(0.3, 1.5)).run(rustle)
	toUnit(rustle)
	rustles := s.between(-0.5, 0.8)
	pace, rest := s.ratio(0.03, 0.5), s.ratio(0.05, 3)
	for at := 0; at < len(x); at += s.samples(rest*0.3, rest*1.7) {
		for range s.count(1, 25) {
			by := s.ratio(0.1, 1)
			s.ring(x, at, pick(s.dice, things...), by)
			if s.chance(0.3) {
				s.ring(x, at+s.samples(0.01, 0.1), pick(s.dice, things...), by*s.between(0.2, 1))
			}
			if s.chance(rustles) {
				add(x, rustle, at, by*s.between(0.05, 0.5))
			}
			at += s.samples(pace*0.4, pace*1.8)
		}
	}
}

// crackle is clicks: a bad contact, rain on a microphone, a fire.
func (s studio) crackle(x []float64) {
	rest := s.ratio(0.002, 0.3)
	spread := s.between(0.3, 1.5)
	for at := 0; at < len(x); at += 1 + int(rest*rate*s.ExpFloat64()) {
		x[at] += math.Exp(spread*s.NormFloat64()) * pick(s.dice, -1.0, 1)
	}
	bandPass(s.ratio(400, 3000), s.between(0.4, 2)).run(x)
	floor := make([]float64, len(x))
	s.pink(floor)
	add(x, floor, 0, rms(x)*amplitude(s.between(-40, -10)))
}

// typing is a keyboard: keys go down and come up, in words and pauses.
func (s studio) typing(x []float64) {
	down := s.thing(1200, 3500, 0.001, 0.006)
	body := s.thing(150, 600, 0.004, 0.02)
	pace := s.between(0.09, 0.2)
	for at := 0; at < len(x); at += s.samples(0.2, 2.5) {
		for range s.count(2, 14) {
			by := s.ratio(0.3, 1)
			s.ring(x, at, down, by)
			s.ring(x, at, body, by*0.7)
			s.ring(x, at+s.samples(0.05, 0.1), down, by*0.4)
			at += s.samples(pace*0.6, pace*1.7)
		}
	}
}

// tones is a row of single and double tones and chirps of any pitch.
func (s studio) tones(x []float64) {
	on, off := s.ratio(0.05, 2), s.ratio(0.05, 3)
	low, high := s.between(250, 3000), s.between(250, 3300)
	free, bend := s.chance(0.4), 0.0
	if s.chance(0.3) {
		bend = s.between(-1.5, 1.5)
	}
	two := s.chance(0.4)
	for at := 0; at < len(x); at += s.samples(off*0.9, off*1.1) {
		if free {
			low, high = s.between(250, 3300), s.between(250, 3300)
		}
		n := s.samples(on*0.95, on*1.05)
		s.glide(x, at, n, low, low*math.Exp2(bend), sineTable)
		if two {
			s.glide(x, at, n, high, high*math.Exp2(bend), sineTable)
		}
		at += n
	}
}

// alarm is a device that calls for attention: beeps of square waves in groups, or
// two pitches in turn.
func (s studio) alarm(x []float64) {
	partials := make([]float64, s.count(1, 7))
	for k := range partials {
		partials[k] = s.ratio(0.1, 1) / float64(k+1)
	}
	partials[0] = 1
	wave := periodic(partials)
	first := s.ratio(500, 3200)
	second := first * s.ratio(0.6, 1.5)
	beep, rest := s.ratio(0.05, 0.6), s.ratio(0.03, 0.5)
	group, pause := s.count(1, 6), s.ratio(0.2, 3)
	for at := 0; at < len(x); at += int(pause * rate) {
		for k := range group {
			hz := first
			if k%2 == 1 {
				hz = second
			}
			s.glide(x, at, int(beep*rate), hz, hz, wave)
			at += int((beep + rest) * rate)
		}
	}
}

// glide adds n samples of a wave whose pitch goes from one frequency to another,
// faded in and out over 5 ms.
func (d dice) glide(x []float64, at, n int, from, to float64, wave *[2049]float64) {
	phase := 0.0
	for i := 0; i < n && at+i < len(x); i++ {
		t := float64(i) / float64(n)
		phase += (from + (to-from)*t) / rate
		x[at+i] += lookUp(wave, phase) * min(1, float64(min(i, n-i))/40)
	}
}

// siren is a wailing horn, up and down.
func (s studio) siren(x []float64) {
	wave := periodic([]float64{1, s.between(0.2, 0.8), s.between(0.1, 0.6), s.between(0, 0.4)})
	low := s.ratio(400, 700)
	octaves, wail := s.between(0.6, 1.6), s.ratio(0.12, 4)/rate
	yelp, phase := s.chance(0.4), 0.0
	for i := range x {
		t := float64(i) * wail
		up := 0.5 - 0.5*sine(t+0.25)
		if yelp {
			up = t - math.Floor(t)
		}
		phase += low * math.Exp2(octaves*up) / rate
		x[i] = lookUp(wave, phase)
	}
	s.swell(x, 0.1, 6)
}
