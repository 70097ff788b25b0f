package vad

import "math"

// Where an echo is found.
const (
	lines       = 24   // of the spectrum, whose pattern finds the delay: 188 to 906 Hz
	lineReach   = 5    // lines on each side that a line is compared with
	quietSum    = 1e-3 // of the amplitudes of so many lines, full scale being 1: below it there is no pattern
	forget      = 0.99 // of what is known of the delay, each frame: 2 s
	sureFrames  = 20   // of an audible bot that it takes to know a delay ...
	sureAlike   = 0.2  // ... and how alike both sides must be at it
	guessFrames = 150  // after which a delay that is not known is that of no echo: 3 s
	fewFrames   = 10   // of an audible bot by which a likeness is not trusted yet
	likeness    = 0.15 // by which the likeness of both sides is followed: 120 ms
)

// findDelay compares the patterns of both sides at every delay.
func (e *echo) findDelay(power *[halfWindow]float32) {
	var near [lines]float32
	pattern(&near, power)
	var now [maxDelay]float32
	at := e.newest
	best, found := float32(-1), 0
	for d := range e.alike {
		far := &e.pattern[at]
		var dot float32
		for i, a := range near {
			dot += a * far[i]
		}
		now[d] = dot
		e.alike[d] = forget*e.alike[d] + dot
		e.weight[d] *= forget
		if far[0] != 0 { // it has a pattern
			e.weight[d]++
		}
		if a := e.alike[d] / (e.weight[d] + fewFrames); a > best {
			best, found = a, d
		}
		if at--; at < 0 {
			at = len(e.pattern) - 1
		}
	}
	e.delay, e.sure = found, best
	e.now = max(now[found], now[max(found-1, 0)], now[min(found+1, maxDelay-1)])
	e.recent += likeness * (e.now - e.recent)
	if !e.known {
		e.guessed++
		e.known = best > sureAlike && e.weight[found] > sureFrames
		if e.known {
			e.relearn()
		}
	}
}

// pattern writes how the amplitudes of a spectrum's lower lines stand out from those
// around them: the harmonics of a voice, at whatever level and through whatever
// line. Its norm is one, or nothing where nothing is heard.
func pattern(out *[lines]float32, power *[halfWindow]float32) {
	var amplitude [firstBin + lines + lineReach]float32
	sum, norm := float32(0), float32(0)
	for bin := firstBin - lineReach; bin < len(amplitude); bin++ {
		amplitude[bin] = float32(math.Sqrt(float64(power[bin])))
	}
	for _, a := range amplitude[firstBin-lineReach : firstBin+lineReach] {
		sum += a
	}
	if sum < quietSum {
		*out = [lines]float32{}
		return
	}
	for i := range out {
		bin := firstBin + i
		sum += amplitude[bin+lineReach]
		line := amplitude[bin]*(2*lineReach+1)/(sum+1e-9) - 1
		sum -= amplitude[bin-lineReach]
		out[i] = line
		norm += line * line
	}
	scale := 1 / float32(math.Sqrt(float64(norm))+1e-9)
	for i := range out {
		out[i] *= scale
	}
}
