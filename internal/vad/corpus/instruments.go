package corpus

import "math"

// instrument adds a note of n samples at a frequency, by loud.
type instrument func(x []float64, at, n int, hertz, by float64)

// instrument draws one of those of the split's set. No timbre is in both sets.
func (p song) instrument() instrument {
	if p.sets {
		switch p.IntN(4) {
		case 0:
			return p.blown
		case 1:
			return p.struck(pick(p.dice, 1.0, 4, 10), p.between(0.1, 0.4), p.between(0.5, 2)) // marimba, electric piano
		case 2:
			return p.held(p.reeds(), p.between(0.02, 0.05), 0, 0, p.between(0.004, 0.01)) // accordion
		default:
			return p.plucked(1) // harpsichord
		}
	}
	switch p.IntN(5) {
	case 0:
		return p.held(p.pipes(), 0.01, p.between(0, 0.01), p.between(4, 7), 0) // organ
	case 1:
		return p.held(p.saw(12), p.between(0.06, 0.25), p.between(0.003, 0.012), p.between(4.5, 6.5), p.between(0, 0.004)) // strings
	case 2:
		return p.struck(pick(p.dice, 1.4, 2, 3.5, 7), p.between(0.3, 1.5), p.between(1, 5)) // bells
	case 3:
		return p.plucked(p.between(0.3, 0.7)) // guitar
	default:
		return p.brass
	}
}

// pipes are the drawbars of an organ.
func (p song) pipes() []float64 {
	partials := make([]float64, 8)
	for _, k := range []int{0, 1, 2, 3, 5, 7} {
		partials[k] = p.Float64() * p.Float64()
	}
	partials[p.IntN(2)] = 1
	return partials
}

// saw has all harmonics up to the given number.
func (p song) saw(harmonics int) []float64 {
	partials := make([]float64, harmonics)
	tilt := p.between(0.8, 1.5)
	for k := range partials {
		partials[k] = math.Pow(float64(k+1), -tilt)
	}
	return partials
}

// reeds have strong odd harmonics.
func (p song) reeds() []float64 {
	partials := p.saw(14)
	for k := 1; k < len(partials); k += 2 {
		partials[k] *= p.between(0.1, 0.6)
	}
	return partials
}

// held is an instrument that sounds as long as its key is down, with a vibrato of
// the given depth and speed, doubled by a second one slightly out of tune.
func (p song) held(partials []float64, attack, depth, speed, detune float64) instrument {
	waves := make(map[int]*[2049]float64) // by how many harmonics fit under 3.8 kHz
	return func(x []float64, at, n int, hertz, by float64) {
		fit := min(len(partials), max(1, int(3800/hertz)))
		if waves[fit] == nil {
			waves[fit] = periodic(partials[:fit])
		}
		wave, phase, second := waves[fit], p.Float64(), p.Float64()
		release := n / 8
		for i := 0; i < n+release && at+i < len(x); i++ {
			step := hertz * (1 + depth*sine(speed*float64(i)/rate)) / rate
			phase += step
			v := lookUp(wave, phase)
			if detune > 0 {
				second += step * (1 + detune)
				v = 0.7 * (v + lookUp(wave, second))
			}
			envelope := min(1, float64(i)/(attack*rate), float64(n+release-i)/float64(release+1))
			x[at+i] += by * v * envelope
		}
	}
}

// struck is frequency modulation, with an overtone at a ratio to the pitch, that
// fades away in the given seconds.
func (p song) struck(overtone, decay, depth float64) instrument {
	return func(x []float64, at, n int, hertz, by float64) {
		level, fade := 1.5*by, math.Exp(-1/(decay*rate))
		bright := depth
		if hertz*(overtone+1) > 3600 {
			bright = 0
		}
		phase, over := 0.0, 0.0
		for i := 0; i < max(n, int(2*decay*rate)) && at+i < len(x); i++ {
			phase += hertz / rate
			over += hertz * overtone / rate
			x[at+i] += level * min(1, float64(i)/16) * sine(phase+bright*level/by/6*sine(over))
			level *= fade
		}
	}
}

// plucked is a string after Karplus and Strong: noise that runs around in a delay
// line and is smoothed at every turn, the less the brighter.
func (p song) plucked(bright float64) instrument {
	return func(x []float64, at, n int, hertz, by float64) {
		line := make([]float64, max(2, int(rate/hertz)))
		last := 0.0
		for i := range line {
			last += (0.3 + 0.7*bright) * (p.NormFloat64() - last)
			line[i] = last
		}
		scale(line, 2*by/max(1e-9, rms(line)))
		mix := 0.5 + 0.4*bright
		for i := 0; i < n+n/2 && at+i < len(x); i++ {
			k := i % len(line)
			v := line[k]
			line[k] = 0.996 * (mix*v + (1-mix)*line[(k+1)%len(line)])
			x[at+i] += v * min(1, float64(n+n/2-i)/200)
		}
	}
}

// brass is a sawtooth through a filter that opens with the note.
func (p song) brass(x []float64, at, n int, hertz, by float64) {
	phase, low := 0.0, 0.0
	for i := 0; i < n && at+i < len(x); i++ {
		t := float64(i) / rate
		phase += hertz * (1 + 0.005*sine(5.5*t)*min(1, 2*t)) / rate
		saw := 2*(phase-math.Floor(phase)) - 1
		open := min(0.8, 3*hertz/rate*(0.3+min(1, 12*t)))
		low += open * (saw - low)
		x[at+i] += 1.5 * by * low * min(1, float64(i)/200, float64(n-i)/200)
	}
}

// blown is a flute: nearly a sine, with vibrato and breath.
func (p song) blown(x []float64, at, n int, hertz, by float64) {
	phase := 0.0
	breath := bandPass(min(3000, 2*hertz), 1)
	for i := 0; i < n && at+i < len(x); i++ {
		t := float64(i) / rate
		phase += hertz * (1 + 0.006*sine(5*t)*min(1, 3*t)) / rate
		v := sine(phase) + 0.2*sine(2*phase) + 0.08*sine(3*phase) + 0.15*breath.next(p.NormFloat64())
		x[at+i] += 1.3 * by * v * min(1, float64(i)/400, float64(n-i)/300)
	}
}
