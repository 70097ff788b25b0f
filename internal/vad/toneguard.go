package vad

// What is a tone, and what a voice. A vowel can have most of its power at the
// frequencies of a tone, for a moment.
const (
	leastTone    = 1e-6  // power of a frame, -60 dBov: below it there is no tone to hear
	leastShare   = 0.68  // of a frame's power must be explained by the signal: it is 0.9 with noise 10 dB below
	mostOvertone = 0.03  // of it may be found at the signal's overtones, together
	leastRest    = 0.02  // of it is a rest worth looking at
	mostLow      = 0.5   // autocorrelation of that rest at one sample: noise is below it, a voice's other harmonics above
	voiceHertz   = 700   // below that, a voice's strongest harmonic may be taken for a tone
	mostTwist    = 8     // ratio of the powers of both frequencies: 9 dB
	mostJump     = 2     // ratio of a frequency's powers from frame to frame: 3 dB
	mostTurn     = 0.87  // cosine of the angle by which the phase may deviate from going on as it did: 4 Hz ...
	mostTurnTwo  = 0.4   // ... and where two frequencies blur each other: 9 Hz
	mostDetune   = -0.45 // cosine of the angle by which the phase may deviate from the nominal frequency's: 16 Hz

	dtmfFrames   = 2 // make a key: 40 ms
	steadyFrames = 3 // that go on as the two before did make any other signal: 100 ms
	toneMisses   = 1 // frames that may be missing within a tone that is sure
	toneHangover = 2 // frames for which a tone is told after its end
)

// ToneGuard tells the tones of machines from speech: DTMF, call progress and fax,
// each by its frequencies, by having hardly any other power, and by its steadiness.
// It looks at single frames of 20 ms. The zero value is ready; one ToneGuard belongs
// to one call.
type ToneGuard struct {
	now    signal // heard lately; no tone: none is
	frames int    // in which it was heard
	misses int    // frames since, in which it was not
	known  int    // what is known of the frame before: nothing, 1 lines, 2 turns, too
	lines  [2]line
	turns  [2]line // by how much lines deviated from the nominal frequencies' from frame to frame

	told signal // the latest that was sure
	hang int    // frames for which it is still told
}

// Digit returns the key, 0-9, A-D, * or #, of the DTMF tone that the latest frame was
// told to be; 0 if it was none.
func (g *ToneGuard) Digit() byte {
	if g.hang == 0 {
		return 0
	}
	return g.told.key
}

// Frame takes the next frame and returns the tone that it holds. Listening costs some
// microseconds, so the caller says which frames are tonal, that is have most of their
// power in one or two spectral lines; the others are no tone. A key is told from its
// second frame on, any other tone from its fifth, and all for 40 ms after their end.
func (g *ToneGuard) Frame(frame *[FrameSamples]int16, tonal bool) Tone {
	if g.hang > 0 {
		g.hang--
	}
	if !tonal || !g.listen(frame) {
		g.miss()
	}
	if g.confirmed() {
		g.told, g.hang = g.now, toneHangover+1
	}
	if g.hang == 0 {
		return NoTone
	}
	return g.told.tone
}

func (g *ToneGuard) confirmed() bool {
	switch g.now.tone {
	case NoTone:
		return false
	case DTMF:
		return g.frames >= dtmfFrames
	default:
		return g.frames >= steadyFrames
	}
}

func (g *ToneGuard) miss() {
	g.known = 0
	g.misses++
	if g.misses > toneMisses || !g.confirmed() {
		g.now, g.frames = signal{}, 0
	}
}

// listen reports whether the frame holds a signal, and goes on with the one heard
// before if it does.
func (g *ToneGuard) listen(frame *[FrameSamples]int16) bool {
	var windowed [FrameSamples]float32
	power := window(&windowed, frame)
	if power < leastTone*windowSum {
		return false
	}
	var heard [len(toneHertz)]line
	for i := 0; i < len(heard); i += 4 {
		resonate(heard[i:i+4], toneResonators[i:i+4], &windowed)
	}
	found, lines := g.find(&heard, power)
	if found.tone == NoTone || found.above(&windowed) > mostOvertone*power || found.voiced(lines, &windowed, power) {
		return false
	}
	if found != g.now {
		g.now, g.frames, g.known = found, 0, 0
	}
	counts, steady := g.steady(lines)
	if !steady {
		return false
	}
	if counts {
		g.frames++
	}
	g.misses = 0
	return true
}

// find returns the signal that explains the frame, and its lines: the one heard
// before if it still does, else a single frequency rather than two.
func (g *ToneGuard) find(heard *[len(toneHertz)]line, power float32) (signal, [2]line) {
	if g.now.tone != NoTone {
		if lines, explained := g.now.fit(heard); explained >= leastShare*power {
			return g.now, lines
		}
	}
	key := &dtmfSignals[4*strongest(heard[:dtmfRows])+strongest(heard[dtmfRows:2*dtmfRows])]
	if lines, explained := key.fit(heard); explained >= leastShare*power {
		return *key, lines
	}
	var best signal
	var bestLines [2]line
	most := leastShare * power
	for i := range steadySignals {
		s := &steadySignals[i]
		if best.tone != NoTone && s.lines == 2 {
			break
		}
		if lines, explained := s.fit(heard); explained >= most {
			best, bestLines, most = *s, lines, explained
		}
	}
	return best, bestLines
}

func strongest(lines []line) (at int) {
	for i := range lines {
		if lines[i].power() > lines[at].power() {
			at = i
		}
	}
	return at
}

// steady reports whether lines go on from the frame before, in level, frequency and
// phase, as no voice does, and whether enough is known to count that. A key is too
// short to ask for it.
func (g *ToneGuard) steady(lines [2]line) (counts, steady bool) {
	before, turns, known := g.lines, g.turns, g.known
	g.lines, g.known = lines, min(known+1, 2)
	if g.now.tone == DTMF || known == 0 {
		return g.now.tone == DTMF, true
	}
	for i, at := range g.now.at[:g.now.lines] {
		expected := before[i].turned(toneResonators[at].advance)
		g.turns[i] = lines[i].times(expected)
		now, then := lines[i].power(), expected.power()
		if now > mostJump*then || then > mostJump*now || !within(g.turns[i], mostDetune) ||
			known == 2 && !within(g.turns[i].times(turns[i]), g.now.mostTurn()) {
			return false, false
		}
	}
	return known == 2, true
}

// within reports whether the cosine of a phase is at least so large.
func within(l line, cosine float32) bool {
	squared := l.re * l.re
	if l.re < 0 {
		squared = -squared
	}
	bound := cosine * cosine
	if cosine < 0 {
		bound = -bound
	}
	return squared >= bound*l.power()
}
