package corpus

import "fmt"

// planner writes recipes.
type planner struct {
	dice
	split   Split
	seconds [2]int // of files without and with a person as the caller
	specs   []Spec
}

// snrNoises are the noises of the development set that callers talk over: two with
// voices or music in them, three that training has never heard.
var snrNoises = []string{"babble", "music", "typing", "siren", "sea", "hiss", "traffic", "engine", "knocks"}

// snrs are the signal-to-noise ratios of the development set.
var snrs = []float64{30, 20, 10, 5, 0}

// DevelopmentPlan returns the recipes of the development set: about two hours and
// a half that a detector is measured on and never trained on. Half the time people
// talk and half synthesizers; in one file of five nobody does.
func DevelopmentPlan(seed uint64) []Spec {
	p := &planner{dice: roll(seed, "development plan"), split: Development}
	for _, snr := range snrs {
		for _, kind := range snrNoises {
			s := p.talking(fmt.Sprintf("snr%.0f", snr))
			s.Noise, s.SNR = kind, snr
			p.add(s)
		}
	}
	for range 7 {
		p.faults()
	}
	for range 12 {
		p.add(p.overBot(p.talking(DoubleTalk)))
	}
	p.withoutSpeech()
	return p.specs
}

// faults adds one file of each condition that comes from the line or the talker.
func (p *planner) faults() {
	clean := p.talking(Clean)
	clean.Floor = pick(p.dice, Quiet, -70.0)
	p.add(clean)

	for _, events := range []string{Dialling, Progress} {
		s := p.talking(events)
		s.Events = events
		p.background(&s, 13, 25)
		p.add(s)
	}

	s := p.talking(LevelStep)
	s.Noise, s.SNR, s.Line.Step = pick(p.dice, "hiss", "engine", "traffic"), p.between(15, 25), p.between(6, 20)
	p.add(s)

	s = p.talking(Loss)
	s.Line.Loss = p.between(0.02, 0.2)
	p.background(&s, 13, 25)
	p.add(s)

	s = p.talking(DTX)
	s.Line.DTX = true
	s.Noise, s.SNR = pick(p.dice, "hiss", "engine", "traffic"), p.between(12, 24)
	p.add(s)

	s = p.talking(Low)
	s.Level, s.Floor = p.between(-40, -34), p.between(-70, -62)
	p.add(s)

	s = p.talking(Clipped)
	s.Level, s.Line.Clip = p.between(-18, -12), p.between(0.01, 0.15)
	p.background(&s, 13, 25)
	p.add(s)
}

// withoutSpeech adds the files in which nobody talks: every noise, tones, and the
// echo of the bot.
func (p *planner) withoutSpeech() {
	for _, kind := range append(NoiseKinds(p.split), "music", "babble") {
		s := p.file(NoiseOnly)
		s.Noise, s.Level = kind, p.between(-50, -22)
		if kind == "talker" {
			s.Level = p.between(-58, -44) // louder, it would be a caller
		}
		p.add(s)
	}
	for _, events := range []string{Dialling, Progress} {
		s := p.file(NoiseOnly)
		s.Events = events
		p.add(s)
	}
	for i := range 12 {
		s := p.overBot(p.file(EchoOnly))
		s.Far.Delay, s.Far.Loss = echoDelays[i%len(echoDelays)], echoLosses[i%len(echoLosses)]
		s.Far.Rest = i%4 == 0 || i == 1
		p.add(s)
	}
}

// The echoes of files in which nobody talks: each loss, in dB, once soon and once
// late, in ms. A draw of so few would leave out what is hard: loud and late.
var (
	echoDelays = []float64{400, 30, 200, 120, 300, 60, 500, 250}
	echoLosses = []float64{14, 8, 20, 30, 10, 40}
)

// file starts the recipe of a file without speech over a quiet line.
func (p *planner) file(condition string) Spec {
	return Spec{
		Seed: p.Uint64(), Split: p.split, Condition: condition,
		Seconds: p.count(45, 75), Level: -50, Floor: p.between(-75, -65),
	}
}

// talking starts the recipe of a file with a caller, a person if people have
// talked less than synthesizers so far.
func (p *planner) talking(condition string) Spec {
	s := p.file(condition)
	s.Talks = true
	s.Level = p.between(-27, -17)
	s.Human = p.seconds[1] <= p.seconds[0]
	if s.Human {
		p.seconds[1] += s.Seconds
	} else {
		p.seconds[0] += s.Seconds
	}
	s.Line.Equalizer = p.between(0, 6)
	return s
}

// background puts stationary noise behind the caller, at a ratio between two
// numbers of dB.
func (p *planner) background(s *Spec, low, high float64) {
	s.Noise, s.SNR = "hiss", p.between(low, high)
}

// overBot lets a bot talk too. Its echo is from 3 dB above to 25 dB below the
// caller; on one line of six there is none.
func (p *planner) overBot(s Spec) Spec {
	s.Far = Far{Plays: true, Delay: p.ratio(20, 500), Bent: p.chance(0.4), Rest: p.chance(0.2)}
	if p.chance(0.3) {
		s.Far.Jump = p.between(-8, 8)
	}
	for {
		s.Far.Level, s.Far.Loss = p.between(-26, -16), p.between(6, 40)
		over := s.Level - (s.Far.Level - s.Far.Loss)
		if !s.Talks || over >= -3 && over <= 25 {
			break
		}
	}
	if p.chance(1.0 / 6) {
		s.Far.Loss = p.between(50, 60)
	}
	return s
}

// add names a recipe and takes it into the plan.
func (p *planner) add(s Spec) {
	s.Name = fmt.Sprintf("%v-%04d-%s", p.split, len(p.specs), s.Condition)
	p.specs = append(p.specs, s)
}
