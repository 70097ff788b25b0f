package vad

// window writes the windowed frame, full scale being 1, and returns its power without
// any direct current.
func window(windowed *[FrameSamples]float32, frame *[FrameSamples]int16) float32 {
	var sum, squares float32
	for i, sample := range frame {
		x := float32(sample) * (1.0 / 32768)
		y := x * toneWindow[i]
		windowed[i] = y
		sum += y
		squares += x * y
	}
	return squares - sum*sum/windowSum
}

// fit returns the signal's lines in the least squares sense, but for a factor that is
// the same for both, and the power that they explain: none if one of two frequencies
// is far weaker than the other.
func (s *signal) fit(heard *[len(toneHertz)]line) (lines [2]line, explained float32) {
	low := heard[s.at[0]]
	if s.lines == 1 {
		return [2]line{low}, low.power() * (2.0 / windowSum)
	}
	high, blur := heard[s.at[1]], s.blur
	lines = [2]line{low.plus(-blur, high), high.plus(-blur, low)}
	a, b := lines[0].power(), lines[1].power()
	if a > mostTwist*b || b > mostTwist*a {
		return lines, 0
	}
	both := low.times(lines[0]).re + high.times(lines[1]).re
	return lines, both * (2.0 / windowSum) / (1 - blur*blur)
}

// above returns the power at the signal's overtones, which it does not have.
func (s *signal) above(windowed *[FrameSamples]float32) (power float32) {
	var heard [4]line
	resonate(heard[:], s.overtones[:], windowed)
	for _, l := range heard {
		power += l.power() * (2.0 / windowSum)
	}
	return power
}

// voiced reports whether what lines leave of the frame is the rest of a voice.
func (s *signal) voiced(lines [2]line, windowed *[FrameSamples]float32, power float32) bool {
	if s.tone == DTMF || toneHertz[s.at[0]] > voiceHertz {
		return false
	}
	var sines [2]oscillator
	for i, at := range s.at[:s.lines] {
		sines[i] = newOscillator(lines[i], at, s.blur)
	}
	var before, squares, products float32
	for i, y := range windowed {
		rest := y - toneWindow[i]*(sines[0].next()+sines[1].next())
		squares += rest * rest
		products += rest * before
		before = rest
	}
	return squares > leastRest*power && products > mostLow*squares
}
