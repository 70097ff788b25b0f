package corpus

// lose drops a share of the packets, each of one frame, in bursts, and conceals
// them in one of three ways for the whole file.
func lose(d dice, pcm []int16, share float64) {
	conceal := pick(d, silent, repeated, interpolated)
	burst := d.between(1, 4) // mean length
	leave := 1 / burst
	enter := share * leave / (1 - share)
	lost := false
	run := 0 // packets lost in a row
	for at := 0; at+FrameSamples <= len(pcm); at += FrameSamples {
		if lost {
			lost = !d.chance(leave)
		} else {
			lost = d.chance(enter)
		}
		if !lost {
			run = 0
			continue
		}
		run++
		conceal(pcm, at, run)
	}
}

// silent leaves nothing.
func silent(pcm []int16, at, _ int) { clear(pcm[at : at+FrameSamples]) }

// repeated plays the packet before once more, weaker each time.
func repeated(pcm []int16, at, run int) {
	for i := range FrameSamples {
		v := 0.0
		if at > 0 {
			v = float64(pcm[at-FrameSamples+i])
		}
		fade := 0.8
		if run > 3 {
			fade = 0.3
		}
		pcm[at+i] = toSample(fade * v)
	}
}

// interpolated goes on with the last pitch period, as in appendix I of ITU-T
// Recommendation G.711 (https://www.itu.int/rec/T-REC-G.711), fading over 60 ms.
func interpolated(pcm []int16, at, run int) {
	if at < 320 {
		silent(pcm, at, run)
		return
	}
	period := pitch(pcm[at-320 : at])
	fade := max(0, 1-0.33*float64(run-1))
	for i := range FrameSamples {
		v := float64(pcm[at+i-period])
		if run > 1 {
			v *= fade / max(0.01, 1-0.33*float64(run-2))
		}
		pcm[at+i] = toSample(v)
	}
}

// pitch returns the lag from 40 to 120 samples at which the end of pcm is most
// like what was before.
func pitch(pcm []int16) int {
	best, found := 0.0, 80
	for lag := 40; lag <= 120; lag++ {
		dot, power := 0.0, 1.0
		for i := len(pcm) - 160; i < len(pcm); i++ {
			a, b := float64(pcm[i]), float64(pcm[i-lag])
			dot += a * b
			power += b * b
		}
		if score := dot * max(0, dot) / power; score > best {
			best, found = score, lag
		}
	}
	return found
}

// dtx is discontinuous transmission: what lies between utterances is not sent,
// and comfort noise stands in for it, more or less well.
func dtx(d dice, x []float64, labels []Label) {
	sent := sentFrames(d, labels)
	comfort := make([]float64, len(x))
	d.white(comfort)
	d.equalize(comfort, d.count(0, 4), 8)
	lowPass(d.between(1500, 3600), 0.7).run(comfort)
	scale(comfort, pauseLevel(x, sent)*amplitude(pick(d, d.between(-2, 2), d.between(-14, 9)))/rms(comfort))
	speed := pick(d, 1, 1/(0.04*rate)) // abrupt, or over 40 ms
	share := 1.0                       // of the sent signal
	for i := range x {
		goal := 0.0
		if k := i / FrameSamples; k < len(sent) && sent[k] {
			goal = 1
		}
		share += min(speed, max(-speed, goal-share))
		x[i] = share*x[i] + (1-share)*comfort[i]
	}
}

// sentFrames tells which frames are sent: speech, a hangover of 100 to 200 ms after
// it, and now and then a pause for which the sender mistook itself.
func sentFrames(d dice, labels []Label) []bool {
	sent := make([]bool, len(labels))
	hangover := d.count(5, 10)
	hold := hangover
	for k, l := range labels {
		switch {
		case l != Silence || k+1 < len(labels) && labels[k+1] != Silence:
			hold = max(hold, hangover)
		case d.chance(0.002):
			hold = d.count(10, 100)
		default:
			hold--
		}
		sent[k] = hold > 0
	}
	return sent
}

// pauseLevel returns the root mean square of what is not sent.
func pauseLevel(x []float64, sent []bool) float64 {
	var pauses []float64
	for k, s := range sent {
		if !s {
			pauses = append(pauses, x[k*FrameSamples:(k+1)*FrameSamples]...)
		}
	}
	return max(3, rms(pauses))
}
