package corpus

import "slices"

// TrainingPlan returns recipes for about the given number of hours to train on:
// everything together at random, with the talkers and noises of the training set.
// In one file of five nobody talks; a bot plays in about one of six.
func TrainingPlan(seed uint64, hours float64) []Spec {
	p := &planner{dice: roll(seed, "training plan"), split: Training}
	for left := hours * 3600; left > 0; {
		s := p.file(Mixed)
		if p.chance(0.8) {
			s = p.talking(Mixed)
			p.manner(&s)
		}
		s.Seconds = p.count(30, 60)
		p.surroundings(&s)
		if p.chance(0.16) {
			s = p.overBot(s)
		}
		p.line(&s)
		p.add(s)
		left -= float64(s.Seconds)
	}
	return p.specs
}

// manner draws how loud, how fast and in what room the caller talks.
func (p *planner) manner(s *Spec) {
	s.Level = p.between(-34, -16)
	switch {
	case p.chance(0.12):
		s.Level = p.between(-40, -34)
	case p.chance(0.08):
		s.Level = p.between(-16, -12)
	}
	if p.chance(0.4) {
		s.Manner.Spread = p.between(1, 5)
	}
	if p.chance(0.6) {
		s.Manner.Tempo = p.between(0.85, 1.2)
	}
	if p.chance(0.4) {
		s.Manner.Swell = p.between(1, 5)
	}
	if p.chance(0.4) {
		s.Manner.Breath = p.between(6, 24)
	}
	s.Line.Equalizer = pick(p.dice, 0, p.between(0, 8))
	if p.chance(0.3) {
		s.Line.Room = p.between(0.1, 0.25)
	}
}

// surroundings draws noises and tones.
func (p *planner) surroundings(s *Spec) {
	s.Floor = pick(p.dice, Quiet, p.between(-80, -55), p.between(-80, -65))
	kinds := NoiseKinds(p.split)
	if p.chance(0.85) || !s.Talks {
		s.Noise = p.kind(kinds)
		s.SNR = p.between(-3, 35)
		if !s.Talks {
			s.Level = p.between(-55, -22)
		}
		p.keepFar(s)
	}
	if p.chance(0.25) {
		s.Second = pick(p.dice, slices.DeleteFunc(kinds, func(k string) bool { return k == s.Noise || k == "talker" })...)
	}
	if p.chance(0.12) {
		s.Events = pick(p.dice, Dialling, Progress)
	}
}

// kind draws a noise; those that are hardest to tell from speech come more often.
func (p *planner) kind(kinds []string) string {
	if p.chance(0.4) {
		return pick(p.dice, "music", "music", "babble", "babble", "talker", "animals", "clatter", "clatter")
	}
	return pick(p.dice, kinds...)
}

// keepFar keeps other talkers so far away that nobody would take them for the
// caller.
func (p *planner) keepFar(s *Spec) {
	switch {
	case s.Noise == "talker" && s.Talks:
		s.SNR = p.between(18, 32)
	case s.Noise == "talker":
		s.Level = p.between(-58, -44)
	case s.Noise == "babble" && s.Talks:
		s.SNR = p.between(0, 35)
	}
}

// line draws what goes wrong on the way. Comfort noise would replace an echo, so
// the two do not go together.
func (p *planner) line(s *Spec) {
	l := &s.Line
	if p.chance(0.12) {
		l.Step, l.StepAll = p.between(6, 20), p.chance(0.3)
	}
	if p.chance(0.1) {
		l.Clip = p.between(0.01, 0.15)
	}
	if p.chance(0.08) {
		l.Pumping = p.between(3, 12)
	}
	if p.chance(0.1) {
		l.Offset = p.between(-300, 300)
	}
	l.GSM = p.chance(0.12)
	l.DTX = !s.Far.Plays && p.chance(0.12)
	if p.chance(0.12) {
		l.Loss = p.between(0.01, 0.2)
	}
	l.Gaps = p.chance(0.1)
}
