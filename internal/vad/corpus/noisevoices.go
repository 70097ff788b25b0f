package corpus

// speak adds utterances one after the other to x from a random place of the first
// one on, with pauses between two numbers of seconds.
func (s studio) speak(x []float64, voices []Utterance, shortest, longest, by float64) {
	at := -s.samples(0.1, 3)
	for at < len(x) {
		u := voices[s.IntN(len(voices))]
		for i, v := range u.PCM {
			if k := at + i; k >= 0 && k < len(x) {
				x[k] += by * float64(v)
			}
		}
		at += len(u.PCM) + s.samples(shortest, longest)
	}
}

// babble is four to twelve people who talk at the same time.
func (s studio) babble(x []float64) {
	for range s.count(4, 12) {
		s.speak(x, s.oneTalker(s.voices), 0.05, 1, s.ratio(0.5, 1))
	}
	s.equalize(x, 2, 5)
	copy(x, convolve(x, room(s.dice, s.between(0.1, 0.25), s.between(-8, 0))))
}

// talker is one person who talks far from the microphone, to somebody else.
func (s studio) talker(x []float64) {
	s.speak(x, s.oneTalker(s.voices), 0.3, 2.5, 1)
	s.equalize(x, 2, 6)
	copy(x, convolve(x, room(s.dice, s.between(0.1, 0.25), s.between(-4, 4))))
}
