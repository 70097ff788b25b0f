package corpus

import (
	"math"
	"slices"
)

// handset gives the caller's voice the sound of a telephone and a room, and its
// level back that filters took or gave.
func (l Line) handset(d dice, t track) {
	if l.Equalizer == 0 && l.Room == 0 {
		return
	}
	before := rms(t.active(t.samples))
	for range d.count(1, 3) {
		bell(d.ratio(250, 3300), d.between(0.4, 1), d.between(-l.Equalizer, l.Equalizer)).run(t.samples)
	}
	if l.Room > 0 {
		copy(t.samples, convolve(t.samples, room(d, l.Room, d.between(-14, -3))))
	}
	t.toLevel(before)
}

// stairs is a gain that jumps.
type stairs struct {
	from []int // the sample of each jump, in order
	gain []float64
	now  int
}

// steps draws the jumps of the background's level, up and down in turn.
func (l Line) steps(d dice, n int) *stairs {
	s := &stairs{from: []int{0}, gain: []float64{1}}
	if l.Step == 0 {
		return s
	}
	up := d.chance(0.5)
	for at := d.samples(3, 10); at < n; at += d.samples(4, 14) {
		db := l.Step / 2
		if up {
			db = -db
		}
		up = !up
		s.from, s.gain = append(s.from, at), append(s.gain, amplitude(db))
	}
	return s
}

// at returns the gain at sample i; i only grows.
func (s *stairs) at(i int) float64 {
	for s.now+1 < len(s.from) && s.from[s.now+1] <= i {
		s.now++
	}
	return s.gain[s.now]
}

// carry is the way of the sum of all sounds to the gateway: what a telephone, a
// codec and a network do to it, and mu-law at the end.
func (l Line) carry(d dice, x []float64, t track) []int16 {
	if l.Pumping > 0 {
		l.pump(d, x)
	}
	if l.Clip > 0 {
		l.clip(x, t)
	}
	if l.GSM {
		gsm(x)
	}
	if l.DTX {
		dtx(d, x, t.labels)
	}
	for i := range x {
		x[i] += l.Offset
	}
	pcm := coded(toSamples(x))
	if l.Loss > 0 {
		lose(d, pcm, l.Loss)
	}
	if l.Gaps {
		muteSome(d, pcm, t.labels)
	}
	return coded(pcm)
}

// pump is an automatic gain control that turns up in pauses and down in speech.
func (l Line) pump(d dice, x []float64) {
	attack, release := 1/(d.between(0.01, 0.05)*rate), 1/(d.between(0.3, 2)*rate)
	goal := 0.0
	for _, v := range x {
		goal = max(goal, math.Abs(v))
	}
	goal *= 0.5
	heard, most := goal, amplitude(l.Pumping)
	for i, v := range x {
		speed := release
		if math.Abs(v) > heard {
			speed = attack
		}
		heard += speed * (math.Abs(v) - heard)
		x[i] = v * min(most, max(0.5, goal/max(heard, 1)))
	}
}

// clip cuts off the recipe's share of the samples of the caller, or of all samples
// where nobody talks.
func (l Line) clip(x []float64, t track) {
	talk := t.active(x)
	if len(talk) == 0 {
		talk = slices.Clone(x)
	}
	for i, v := range talk {
		talk[i] = math.Abs(v)
	}
	slices.Sort(talk)
	top := talk[int(float64(len(talk)-1)*(1-l.Clip))]
	for i, v := range x {
		x[i] = min(max(v, -top), top)
	}
}

// muteSome makes some of the long pauses all zero.
func muteSome(d dice, pcm []int16, labels []Label) {
	for k := 0; k < len(labels); {
		n := 0
		for k+n < len(labels) && labels[k+n] == Silence {
			n++
		}
		if n > 20 && d.chance(0.5) {
			from := k + 5 + d.IntN(n-15)
			clear(pcm[from*FrameSamples : min(k+n-2, from+d.count(5, 150))*FrameSamples])
		}
		k += n + 1
	}
}
