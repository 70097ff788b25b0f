package corpus

import "math"

// A song is made of a key, a tempo, a row of chords and some players. What it
// lacks in beauty it has in variety: a detector that takes none of it for speech
// should not take a waiting loop for speech either.

// song is what all players of one piece agree on.
type song struct {
	dice
	key    float64 // Hz of the tonic
	beat   int     // samples
	scale  []int   // semitones over the tonic
	chords []int   // steps of the scale, one chord per bar
	bar    int     // beats
	sets   bool    // the instruments of the development set
}

// music is a piece of music for one instrument or several.
func (s studio) music(x []float64) {
	p := song{
		dice:   s.dice,
		key:    110 * math.Exp2(s.Float64()),
		beat:   int(60 / s.between(60, 170) * rate),
		scale:  pick(s.dice, []int{0, 2, 4, 5, 7, 9, 11}, []int{0, 2, 3, 5, 7, 8, 10}, []int{0, 2, 3, 5, 7, 9, 10}),
		chords: pick(s.dice, []int{0, 4, 5, 3}, []int{0, 5, 3, 4}, []int{1, 4, 0, 0}, []int{0, 3, 0, 4}, []int{5, 3, 0, 4}),
		bar:    pick(s.dice, 4, 4, 4, 3),
		sets:   s.split == Development,
	}
	if p.sets {
		p.chords = pick(s.dice, []int{0, 2, 3, 4}, []int{0, 6, 5, 4}, []int{3, 4, 2, 5}, []int{0, 5, 1, 4})
	}
	switch s.IntN(7) {
	case 0:
		p.melody(x, p.instrument(), 1)
	case 1:
		p.melody(x, p.instrument(), 1)
		p.bass(x, p.instrument(), s.between(0.3, 0.8))
	case 2:
		p.harmony(x, p.instrument(), 1)
	default:
		p.band(x)
	}
	if s.chance(0.7) {
		copy(x, convolve(x, room(s.dice, s.between(0.1, 0.25), s.between(-12, -2))))
	}
}

// band is everybody together, each as loud as the mix wants it.
func (p song) band(x []float64) {
	p.harmony(x, p.instrument(), p.between(0.3, 1))
	p.bass(x, p.instrument(), p.between(0.3, 0.8))
	if p.chance(0.8) {
		p.melody(x, p.instrument(), p.between(0.5, 1.2))
	}
	if p.chance(0.5) {
		p.harmony(x, p.instrument(), p.between(0.2, 0.7))
	}
	if p.chance(0.7) {
		p.drums(x, p.between(0.5, 2))
	}
}

// hertz returns the pitch of a step of the scale; steps run on through octaves.
func (p song) hertz(step int) float64 {
	octave := int(math.Floor(float64(step) / float64(len(p.scale))))
	semitones := 12*octave + p.scale[step-octave*len(p.scale)]
	return p.key * math.Exp2(float64(semitones)/12)
}

// chord returns the step that the chord at a beat stands on.
func (p song) chord(beat int) int { return p.chords[beat/p.bar%len(p.chords)] }

// melody plays a line of notes that walks up and down and likes the chord.
func (p song) melody(x []float64, plays instrument, by float64) {
	step, octave := p.IntN(7), p.count(1, 2)*len(p.scale)
	for at, beat := 0, 0.0; at < len(x); {
		length := pick(p.dice, 0.25, 0.5, 0.5, 1, 1, 1.5, 2)
		if p.chance(0.12) { // a rest
			beat += length
			at = int(beat * float64(p.beat))
			continue
		}
		step = min(max(step+p.count(-2, 2), -3), 9)
		if p.chance(0.3) {
			step = p.chord(int(beat)) + pick(p.dice, 0, 2, 4)
		}
		plays(x, at, int(length*float64(p.beat)*p.between(0.7, 1.1)), p.hertz(step+octave), by*p.between(0.6, 1))
		beat += length
		at = int(beat * float64(p.beat))
	}
}

// harmony plays chords: held, on the beat, or broken.
func (p song) harmony(x []float64, plays instrument, by float64) {
	pattern := p.IntN(3)
	if p.sets {
		pattern = p.IntN(2) * 2
	}
	octave := pick(p.dice, 0, 1) * len(p.scale)
	bar := p.bar * p.beat
	for at, beat := 0, 0; at < len(x); at, beat = at+bar, beat+p.bar {
		notes := []int{p.chord(beat), p.chord(beat) + 2, p.chord(beat) + 4, p.chord(beat) + 7}
		switch pattern {
		case 0:
			for _, n := range notes {
				plays(x, at, bar, p.hertz(n+octave), by/2)
			}
		case 1:
			for k := range p.bar {
				for _, n := range notes[:3] {
					plays(x, at+k*p.beat, p.beat*3/4, p.hertz(n+octave), by/2)
				}
			}
		default:
			for k := range 2 * p.bar {
				plays(x, at+k*p.beat/2, p.beat, p.hertz(notes[k*3%4]+octave), by)
			}
		}
	}
}

// bass plays the roots, on the beat.
func (p song) bass(x []float64, plays instrument, by float64) {
	every := pick(p.dice, 1, 2, p.bar)
	for at, beat := 0, 0; at < len(x); at, beat = at+every*p.beat, beat+every {
		step := p.chord(beat) - len(p.scale) + pick(p.dice, 0, 0, 0, 4)
		plays(x, at, every*p.beat*9/10, p.hertz(step), by)
	}
}

// drums play kick, snare and hats.
func (p song) drums(x []float64, by float64) {
	swing := p.between(0, 0.15)
	snare := highPass(p.between(300, 900), 0.8)
	hat := highPass(2500, 0.9)
	for at, eighth := 0, 0; at < len(x); eighth++ {
		at = eighth*p.beat/2 + int(swing*float64(eighth%2*p.beat))
		if at >= len(x) {
			break
		}
		p.puffOut(x, at, p.between(0.01, 0.03), hat, by*0.4)
		switch {
		case eighth%(2*p.bar) == 0 || p.chance(0.1):
			p.kick(x, at, by)
		case eighth%4 == 2:
			p.puffOut(x, at, p.between(0.04, 0.1), snare, by)
		}
	}
}

// kick is a drum whose pitch falls.
func (p song) kick(x []float64, at int, by float64) {
	phase := 0.0
	for i := 0; i < 1600 && at+i < len(x); i++ {
		t := float64(i) / rate
		phase += (55 + 180*math.Exp(-t*40)) / rate
		x[at+i] += 2 * by * sine(phase) * math.Exp(-t*18)
	}
}

// puffOut is noise through a filter that fades away in the given seconds.
func (p song) puffOut(x []float64, at int, decay float64, f *biquad, by float64) {
	level, fade := by, math.Exp(-1/(decay*rate))
	for i := 0; i < int(5*decay*rate) && at+i < len(x); i++ {
		x[at+i] += level * f.next(p.NormFloat64())
		level *= fade
	}
}
