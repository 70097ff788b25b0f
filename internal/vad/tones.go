package vad

// signal is a sound of one or two frequencies that machines make.
type signal struct {
	tone  Tone
	key   byte    // of DTMF
	lines int8    // frequencies
	at    [2]int8 // their places in toneHertz
	blur  float32 // how much of one of two frequencies is seen in the other

	// overtones are frequencies of which a machine's signal has nothing, while a voice
	// that is as strong at the signal's frequencies has something.
	overtones *[4]resonator
}

// toneHertz are the frequencies that the tone guard listens to: the rows and columns
// of DTMF, then those of call progress and fax. Their count is a multiple of four.
var toneHertz = [...]float64{
	697, 770, 852, 941, 1209, 1336, 1477, 1633, // ITU-T Q.23
	350, 400, 425, 440, 450, 480, 620, // ITU-T E.180, supplement 2: North America, Europe, Japan, China, Britain
	950, 1400, 1800, // special information, ITU-T E.180
	1100, 2100, // ITU-T T.30 calling tone, V.25 answering tone
}

const (
	dtmfRows = 4 // first in toneHertz; as many columns follow
	dtmfKeys = "123A456B789C*0#D"
)

// steadySignals are all but DTMF: single frequencies first.
var steadySignals = []signal{
	newSignal(Progress, 9),      // 400
	newSignal(Progress, 10),     // 425
	newSignal(Progress, 11),     // 440
	newSignal(Progress, 12),     // 450
	newSignal(Progress, 15),     // 950
	newSignal(Progress, 16),     // 1400
	newSignal(Progress, 17),     // 1800
	newSignal(Fax, 18),          // 1100
	newSignal(Fax, 19),          // 2100
	newSignal(Progress, 8, 11),  // 350 and 440: dial tone
	newSignal(Progress, 9, 12),  // 400 and 450: ring-back
	newSignal(Progress, 11, 13), // 440 and 480: ring-back
	newSignal(Progress, 13, 14), // 480 and 620: busy, congestion
}

// dtmfSignals are the keys, by row and column.
var dtmfSignals = func() (all [len(dtmfKeys)]signal) {
	for i := range all {
		all[i] = newSignal(DTMF, int8(i/4), int8(dtmfRows+i%4))
		all[i].key = dtmfKeys[i]
	}
	return all
}()

// newSignal returns the signal of the frequencies at one or two places. Its overtones
// are none so close to its own frequencies that the window would blur the two.
func newSignal(tone Tone, places ...int8) signal {
	s := signal{tone: tone, lines: int8(len(places)), overtones: new([4]resonator)}
	copy(s.at[:], places)
	low, high := toneHertz[s.at[0]], toneHertz[s.at[1]]
	if s.lines == 2 {
		s.blur = float32(blurOf(high - low))
	}
	overtones := [4]float64{low / 2, 3 * low / 2, low / 2, 2 * low}
	switch {
	case tone == DTMF:
		overtones = [4]float64{low / 2, 2 * high, low / 2, 2 * high}
	case s.lines == 2:
		overtones = [4]float64{low / 2, high / 2, 2 * low, 2 * high}
	case 2*low > 3700: // beyond the line's band
		overtones[3] = 3 * low / 2
	}
	for i, hertz := range overtones {
		s.overtones[i] = newResonator(hertz)
	}
	return s
}

// mostTurn is the cosine of the angle by which the phase of a line may deviate.
func (s *signal) mostTurn() float32 {
	if s.lines == 1 {
		return mostTurn
	}
	return mostTurnTwo
}
