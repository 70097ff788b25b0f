package corpus

import (
	"math"

	"lexline/internal/audio"
)

// Library has the utterances that files are made of; Voices is one.
type Library interface {
	// Utterances returns all of a split, always in the same order.
	Utterances(Split) []Utterance
}

// Mixer makes files of recipes. It only reads its library, so several goroutines
// may use one Mixer.
type Mixer struct {
	voices [2][]Utterance
}

// NewMixer returns a mixer that takes talkers, babble and bots from a library.
func NewMixer(voices Library) *Mixer {
	return &Mixer{[2][]Utterance{Training: voices.Utterances(Training), Development: voices.Utterances(Development)}}
}

// frames is the length of the file.
func (s Spec) frames() int { return s.Seconds * 50 }

// Make mixes one file: a pure function of the recipe and the library. The labels
// are those of the clean utterances; nothing that the line does changes them. It
// panics on a noise that does not exist or does not belong to the recipe's split.
// A processor for which Go fuses multiplications with additions (arm64, or amd64
// from level v3 on) may round a sample in many thousands differently.
func (m *Mixer) Make(s Spec) Item {
	voices := m.voices[s.Split]
	t := caller(s, voices)
	near := t.samples
	s.Manner.liven(roll(s.Seed, "manner"), t)
	s.Line.handset(roll(s.Seed, "handset"), t)
	m.addNoise(s, t, near)
	item := Item{Spec: s, Talker: t.talker, Labels: t.labels, Turns: t.turns}
	if s.Far.Plays {
		item.Far = farEnd(s, voices, t.talker)
		add(near, s.Far.echo(roll(s.Seed, "echo"), item.Far), 0, 1)
	}
	if t.events != nil {
		add(near, t.events, 0, 1)
	}
	if s.Floor > Quiet {
		floor := make([]float64, len(near))
		roll(s.Seed, "floor").white(floor)
		add(near, floor, 0, fullScale*amplitude(s.Floor))
	}
	item.Near = s.Line.carry(roll(s.Seed, "line"), near, t)
	return item
}

// addNoise adds the noise of the recipe, with its jumps of level.
func (m *Mixer) addNoise(s Spec, t track, near []float64) {
	by := fullScale * amplitude(s.Level)
	if s.Talks {
		by *= amplitude(-s.SNR)
	}
	background := make([]float64, len(near))
	for k, kind := range []string{s.Noise, s.Second} {
		if kind != "" {
			room := studio{roll(s.Seed, "noise "+kind), s.Split, others(m.voices[s.Split], t.talker)}
			made := noise(kind, room, len(near))
			add(background, made, 0, by*amplitude(-10*float64(k)))
		}
	}
	steps := s.Line.steps(roll(s.Seed, "steps"), len(near))
	for i := range near {
		if s.Line.StepAll {
			near[i] *= steps.at(i)
		}
		near[i] += background[i] * steps.at(i)
	}
}

// toSample rounds and limits to 16 bits.
func toSample(v float64) int16 {
	return int16(math.RoundToEven(min(max(v, math.MinInt16), math.MaxInt16)))
}

// toSamples rounds and limits a signal to 16 bits.
func toSamples(x []float64) []int16 {
	pcm := make([]int16, len(x))
	for i, v := range x {
		pcm[i] = toSample(v)
	}
	return pcm
}

// coded passes pcm through mu-law and back.
func coded(pcm []int16) []int16 {
	return audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, pcm))
}
