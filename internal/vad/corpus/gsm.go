package corpus

import "math"

// GSM full rate (RPE-LTP) as ETSI EN 300 961, GSM 06.10, describes it
// (https://www.etsi.org/deliver/etsi_en/300900_300999/300961/): short-term
// prediction of order 8, long-term prediction of the pitch, and a third of the
// residual's samples in three bits each. It is computed in floating point, so its
// samples are not those of a bit-exact codec; its quantizers are the standard's,
// and so is what it does to a voice.

// mobile is the coder and decoder of one direction of a call.
type mobile struct {
	offset, offsetIn, emphasis float64 // of the input filters
	analysis, synthesis        lattice
	deemphasis                 float64
	residual                   [120 + FrameSamples]float64 // as the decoder knows it; the frame's is the end
	areas                      [8]float64                  // quantized log area ratios of the frame before
}

// gsm passes x, whole frames, through the codec.
func gsm(x []float64) {
	var m mobile
	for at := 0; at+FrameSamples <= len(x); at += FrameSamples {
		m.frame(x[at : at+FrameSamples])
	}
}

func (m *mobile) frame(x []float64) {
	const pre = 0.86
	for i, v := range x {
		v = min(max(v, math.MinInt16), math.MaxInt16)
		m.offset, m.offsetIn = v-m.offsetIn+0.999*m.offset, v
		x[i], m.emphasis = m.offset-pre*m.emphasis, m.offset
	}
	areas := quantizeAreas(reflections(x))
	zones := m.zones(areas)
	m.areas = areas
	for i, v := range x {
		x[i] = m.analysis.flatten(v, &zones[zoneOf(i)])
	}
	copy(m.residual[:], m.residual[FrameSamples:])
	for at := 0; at < FrameSamples; at += 40 {
		m.subframe(x[at:at+40], 120+at)
	}
	for i, v := range m.residual[120:] {
		m.deemphasis = m.synthesis.shape(v, &zones[zoneOf(i)]) + pre*m.deemphasis
		x[i] = m.deemphasis
	}
}

// reflections returns the reflection coefficients of a frame.
func reflections(x []float64) [8]float64 {
	var r [9]float64
	for lag := range r {
		for i := lag; i < len(x); i++ {
			r[lag] += x[i] * x[i-lag]
		}
	}
	var k [8]float64
	if r[0] < 1 {
		return k
	}
	p, q := r, r // Schur's recursion
	for n := range k {
		if p[0] < math.Abs(p[1]) {
			break
		}
		k[n] = -p[1] / p[0]
		p[0] += p[1] * k[n]
		for m := 1; m < 8-n; m++ {
			p[m], q[m] = p[m+1]+q[m]*k[n], q[m]+p[m+1]*k[n]
		}
	}
	return k
}

// quantizeAreas returns the log area ratios that a decoder finds for reflection
// coefficients.
func quantizeAreas(k [8]float64) [8]float64 {
	slope := [8]float64{20, 20, 20, 20, 13.637, 15, 8.334, 8.824}
	shift := [8]float64{0, 0, 4, -5, 0.184, -3.5, -0.666, -2.235}
	codes := [8]float64{32, 32, 16, 16, 8, 8, 4, 4} // half of how many there are
	for i, r := range k {
		a := math.Abs(r)
		area := math.Copysign(max(a, 2*a-0.675, 8*a-6.375), r)
		code := min(max(math.Round(slope[i]*area+shift[i]), -codes[i]), codes[i]-1)
		k[i] = (code - shift[i]) / slope[i]
	}
	return k
}

// zones returns the reflection coefficients of the four parts of a frame, between
// the last frame's and this one's.
func (m *mobile) zones(areas [8]float64) (zones [4][8]float64) {
	for z, share := range [4]float64{0.25, 0.5, 0.75, 1} {
		for i, now := range areas {
			area := m.areas[i] + share*(now-m.areas[i])
			a := math.Abs(area)
			zones[z][i] = math.Copysign(min(a, 0.5*a+0.3375, 0.125*a+0.796875), area)
		}
	}
	return zones
}

// zoneOf tells in which of the four parts a sample is.
func zoneOf(i int) int {
	switch {
	case i < 13:
		return 0
	case i < 27:
		return 1
	case i < 40:
		return 2
	}
	return 3
}

// lattice is the memory of a short-term filter.
type lattice [9]float64

// flatten predicts v from what came before and returns what is left.
func (l *lattice) flatten(v float64, k *[8]float64) float64 {
	forward, backward := v, v
	for i, r := range k {
		before := l[i]
		l[i] = backward
		backward = before + r*forward
		forward += r * before
	}
	return forward
}

// shape undoes flatten.
func (l *lattice) shape(v float64, k *[8]float64) float64 {
	for i := 7; i >= 0; i-- {
		v -= k[i] * l[i]
		l[i+1] = l[i] + k[i]*v
	}
	l[0] = v
	return v
}

// subframe codes 40 samples of the residual and puts what a decoder makes of them
// at m.residual[at:].
func (m *mobile) subframe(x []float64, at int) {
	lag, gain := m.longTerm(x, at)
	var left [40]float64
	for i := range left {
		left[i] = x[i] - gain*m.residual[at-lag+i]
	}
	grid, pulses := regularPulses(&left)
	for i := range left {
		m.residual[at+i] = gain * m.residual[at-lag+i]
	}
	for i, v := range pulses {
		m.residual[at+grid+3*i] += v
	}
}

// longTerm returns the lag at which the residual repeats itself best, and the
// quantized gain of the repetition.
func (m *mobile) longTerm(x []float64, at int) (lag int, gain float64) {
	best, lag := 0.0, 40
	for n := 40; n <= 120; n++ {
		dot := 0.0
		for i, v := range x {
			dot += v * m.residual[at-n+i]
		}
		if dot > best {
			best, lag = dot, n
		}
	}
	power := 1e-9
	for _, v := range m.residual[at-lag : at-lag+40] {
		power += v * v
	}
	switch g := best / power; {
	case g <= 0.2:
		return lag, 0.1
	case g <= 0.5:
		return lag, 0.35
	case g <= 0.8:
		return lag, 0.65
	}
	return lag, 1
}

// regularPulses weights a residual, keeps the strongest of its four grids of every
// third sample, and quantizes it.
func regularPulses(left *[40]float64) (grid int, pulses [13]float64) {
	weights := [11]float64{-134, -374, 0, 2054, 5741, 8192, 5741, 2054, 0, -374, -134}
	var x [40]float64
	for i := range x {
		for k, w := range weights {
			if j := i + 5 - k; j >= 0 && j < len(left) {
				x[i] += w / 8192 * left[j]
			}
		}
	}
	best := -1.0
	for g := range 4 {
		power := 0.0
		for i := range pulses {
			power += x[g+3*i] * x[g+3*i]
		}
		if power > best {
			best, grid = power, g
		}
	}
	top := 0.0
	for i := range pulses {
		pulses[i] = x[grid+3*i]
		top = max(top, math.Abs(pulses[i]))
	}
	top = quantizeBlock(top)
	for i, v := range pulses {
		code := min(max(math.Floor(v/top*4), -4), 3)
		pulses[i] = (code + 0.5) / 4 * top
	}
	return grid, pulses
}

// quantizeBlock rounds the largest pulse up to one of 64 values: even steps at
// first, then eight to an octave.
func quantizeBlock(top float64) float64 {
	step := 64.0
	for edge := 1024.0; top >= edge && edge < 1<<16; edge *= 2 {
		step *= 2
	}
	return min(math.Floor(top/step)*step+step-1, 1<<16)
}
