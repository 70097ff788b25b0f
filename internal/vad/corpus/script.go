package corpus

import "slices"

// nominal is the active speech level of utterances, in dBov.
const nominal = -26.0

// track is what the caller says in a file, clean and at its final level, and the
// tones that are heard between.
type track struct {
	talker  string // empty: nobody talks
	samples []float64
	labels  []Label
	turns   []Span
	events  []float64 // nil: none
}

// caller lets one talker of the library speak through a file, if the recipe has
// one speak, and puts tones between the utterances, if it asks for tones.
func caller(s Spec, voices []Utterance) track {
	frames := s.frames()
	t := track{samples: make([]float64, frames*FrameSamples), labels: make([]Label, frames)}
	d := roll(s.Seed, "script")
	deck := deckOf(d, s, voices)
	if len(deck) > 0 {
		t.talker = deck[0].Talker.Name
	}
	if s.Events != "" {
		t.events = make([]float64, len(t.samples))
	}
	for at := d.count(10, 120); ; {
		if s.Events != "" && d.chance(0.5) {
			e := d.event(s.Events)
			add(t.events, e, at*FrameSamples, 1)
			at += len(e)/FrameSamples + d.count(20, 100)
		}
		if len(deck) == 0 {
			if at += d.count(50, 250); at >= frames || s.Events == "" {
				return t
			}
			continue
		}
		u := deck[d.IntN(len(deck))].faster(s.Manner.Tempo)
		from := max(0, at-u.First)
		if from+len(u.Labels) > frames {
			return t
		}
		t.place(u, from, amplitude(s.Level-nominal+d.between(-s.Manner.Spread, s.Manner.Spread)))
		at = from + u.End + pauseAfter(d, u.End-u.First)
	}
}

// deckOf returns the utterances of the talker of a file, those that are short
// enough for several to fit.
func deckOf(d dice, s Spec, voices []Utterance) []Utterance {
	if !s.Talks {
		return nil
	}
	deck := d.oneTalker(withVoice(voices, s.Human))
	var short []Utterance
	for _, u := range deck {
		if len(u.Labels) <= s.frames()/4 && u.End > u.First {
			short = append(short, u)
		}
	}
	return short
}

// withVoice returns the utterances of people or of synthesizers, or all if there
// are none.
func withVoice(voices []Utterance, human bool) []Utterance {
	var found []Utterance
	for _, u := range voices {
		if u.Talker.Human == human {
			found = append(found, u)
		}
	}
	if len(found) == 0 {
		return voices
	}
	return found
}

// oneTalker returns the utterances of one of the voices; none of none.
func (d dice) oneTalker(voices []Utterance) []Utterance {
	if len(voices) == 0 {
		return nil
	}
	name := voices[d.IntN(len(voices))].Talker.Name
	return slices.DeleteFunc(slices.Clone(voices), func(u Utterance) bool { return u.Talker.Name != name })
}

// others returns the utterances of all but one talker.
func others(voices []Utterance, talker string) []Utterance {
	return slices.DeleteFunc(slices.Clone(voices), func(u Utterance) bool { return u.Talker.Name == talker })
}

// pauseAfter draws the pause after an utterance, in frames: 1.5 to 5 s, the longer
// the more was said, so that a caller talks about two fifths of the time; some are
// 1.2 s.
func pauseAfter(d dice, said int) int {
	if d.chance(0.1) {
		return 60
	}
	return min(250, max(75, int(float64(said)*d.between(0.9, 1.9))))
}

// place lets u be heard from a frame on.
func (t *track) place(u Utterance, from int, by float64) {
	for i, v := range u.PCM {
		if k := from*FrameSamples + i; k < len(t.samples) {
			t.samples[k] += by * float64(v)
		}
	}
	copy(t.labels[from:], u.Labels)
	t.turns = append(t.turns, Span{from + u.First, from + u.End})
}

// active returns the samples of the frames in which the caller talks.
func (t *track) active(x []float64) []float64 {
	var talk []float64
	for k, l := range t.labels {
		if l == Speech {
			talk = append(talk, x[k*FrameSamples:(k+1)*FrameSamples]...)
		}
	}
	return talk
}
