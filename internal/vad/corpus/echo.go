package corpus

import "math"

// farEnd lets a bot speak long prompts with pauses: what the caller is sent, and
// so already coded as mu-law. The bot's voice is never the caller's.
func farEnd(s Spec, voices []Utterance, caller string) []int16 {
	x := make([]float64, s.frames()*FrameSamples)
	d := roll(s.Seed, "bot")
	prompts := d.oneTalker(others(voices, caller))
	if len(prompts) == 0 {
		return coded(toSamples(x))
	}
	for at := d.samples(0.1, 2); at < len(x); at += d.samples(1.5, 6) {
		for range d.count(1, 4) {
			u := prompts[d.IntN(len(prompts))]
			for i, v := range u.PCM {
				addAt(x, at+i, amplitude(s.Far.Level-nominal)*float64(v))
			}
			at += len(u.PCM) + d.samples(0.1, 0.6)
		}
	}
	return coded(toSamples(x))
}

// echo returns what comes back of the far end: through an echo path of a hybrid
// or a room, delayed, and weaker by the echo return loss.
func (f Far) echo(d dice, far []int16) []float64 {
	x := make([]float64, len(far))
	for i, v := range far {
		x[i] = float64(v)
	}
	sent := rms(x)
	if f.Bent {
		bend(x)
	}
	x = convolve(x, path(d))
	if f.Bent {
		for i, v := range coded(toSamples(x)) {
			x[i] = float64(v)
		}
	}
	if f.Rest {
		d.equalize(x, 3, 15)
		d.swell(x, d.between(0.5, 4), d.between(5, 12))
	}
	if r := rms(x); r > 0 {
		scale(x, sent*amplitude(-f.Loss)/r)
	}
	return f.delayed(x)
}

// path draws the impulse response of an echo path, 8 to 100 ms long. Its first
// tap is its strongest, so that the delay is what the recipe says.
func path(d dice) []float64 {
	n := d.samples(0.008, 0.1)
	response := make([]float64, n)
	for i := 1; i < n; i++ {
		response[i] = 0.5 * d.NormFloat64() * math.Exp(-5*float64(i)/float64(n))
	}
	lowPass(d.between(2000, 3600), 0.7).run(response)
	top := 1e-9
	for _, v := range response {
		top = max(top, math.Abs(v))
	}
	scale(response, d.between(0.2, 0.7)/top)
	response[0] = 1
	return response
}

// bend is a loudspeaker driven too hard.
func bend(x []float64) {
	top := 1.0
	for _, v := range x {
		top = max(top, math.Abs(v))
	}
	knee := 0.4 * top
	for i, v := range x {
		x[i] = knee * math.Tanh(v/knee)
	}
}

// delayed returns x later by the delay of the recipe, which may be a fraction of a
// sample and jumps in the middle.
func (f Far) delayed(x []float64) []float64 {
	out := make([]float64, len(x))
	for i := range out {
		ms := f.Delay
		if i >= len(x)/2 {
			ms += f.Jump
		}
		at := float64(i) - ms*rate/1000
		k := int(math.Floor(at))
		part := at - float64(k)
		out[i] = (1-part)*sampleAt(x, k) + part*sampleAt(x, k+1)
	}
	return out
}
