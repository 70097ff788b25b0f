package vad

// The echo of the bot in what comes from the caller is told from the caller by
// what the bot was sent to say: delay and loss of the way back are learnt, band by
// band, and what must be echo is taken out of the caller's spectrum before
// anything else is made of it. It is done in powers of whole bands, as a carrier's
// buffers move the delay by parts of a frame at any time, which a linear canceller
// would have to learn anew.
const (
	maxDelay     = 42 // frames that an echo may take: 840 ms
	groups       = 4  // of bands, whose envelopes find the delay
	perGroup     = bands / groups
	forget       = 0.99 // of what is known of the delay, each frame: 2 s
	adapt        = 0.02 // by which an envelope's mean follows it: 1 s
	tail         = 0.6  // of an echo's power 20 ms later: the room
	farThreshold = 1e-6 // of a band of the far end, -60 dBov: below it nothing is learnt

	firstLoss   = 0    // dB: until more is known, all may be echo
	leastLoss   = -60  // dB
	mostLoss    = 10   // dB: a line may amplify
	quantile    = 0.85 // of the frames lie below the learnt loss
	firstStep   = 3.0  // dB a frame by which the loss is learnt at first ...
	lastStep    = 0.12 // ... and in the long run
	stepFrames  = 12   // in which the step halves at first
	longFrames  = 1500 // after which it is the last
	echoMargin  = 3.0  // dB by which an echo may exceed what was learnt
	talkExcess  = 8.0  // dB above what was learnt: somebody talks, and the loss is not to be learnt from them
	talkCaution = 0.15 // of the step up, then
	leastGain   = 0.01
)

// echo predicts the bot's echo in the caller's spectrum. The zero value is not
// usable; call newEcho.
type echo struct {
	far     side
	bands   [maxDelay + 2][bands]float32 // powers of the far end, a ring
	envelop [maxDelay + 2][groups]float32
	newest  int // in both rings
	heard   int // frames since the far end was last audible, in the ring

	farMean, nearMean [groups]float32
	alike             [maxDelay]float32 // of both envelopes, at each delay
	delay             int

	room    [bands]float32 // far end as it arrives, with the room's tail
	loss    [bands]float32 // dB
	learnt  [bands]float32 // frames
	predict [bands]float32 // power of the echo in this frame
}

func newEcho() *echo {
	e := &echo{heard: maxDelay + 2}
	for b := range e.loss {
		e.loss[b] = firstLoss
	}
	return e
}

// audible reports whether an echo of the far end can still be about.
func (e *echo) audible() bool { return e.heard < len(e.bands) }

// add takes the next frame of the far end, nil for silence.
func (e *echo) add(far *[FrameSamples]int16) {
	e.newest++
	if e.newest == len(e.bands) {
		e.newest = 0
	}
	e.heard++
	if far != nil && !silent(far) {
		e.heard = 0
	}
	if !e.audible() {
		return
	}
	if far == nil {
		far = &noSound
	}
	var power [halfWindow]float32
	e.far.spectrum(&power, far)
	frame := &e.bands[e.newest]
	sumBands(frame, &power)
	envelope(&e.envelop[e.newest], &e.farMean, frame)
}

var noSound [FrameSamples]int16

func silent(frame *[FrameSamples]int16) bool {
	for _, sample := range frame {
		if sample > 8 || sample < -8 {
			return false
		}
	}
	return true
}

// envelope writes the level of each group of bands above its own mean, and has the
// mean follow it.
func envelope(out, mean *[groups]float32, power *[bands]float32) {
	for g := range out {
		sum := float32(quietestMean)
		for _, p := range power[g*perGroup : (g+1)*perGroup] {
			sum += p
		}
		level := decibels(sum) * 0.1
		out[g] = level - mean[g]
		mean[g] += adapt * out[g]
	}
}

// suppress learns from the caller's spectrum what comes back of the bot, and takes
// it out. floor is the noise that is left where all was echo.
func (e *echo) suppress(near *[bands]float32, power *[halfWindow]float32, floor *noiseFloor) {
	if !e.audible() {
		e.predict = [bands]float32{}
		return
	}
	e.findDelay(near)
	e.arrive()
	e.learn(near)
	e.take(near, power, floor)
}

// findDelay correlates the envelopes of both sides at every delay.
func (e *echo) findDelay(near *[bands]float32) {
	var now [groups]float32
	envelope(&now, &e.nearMean, near)
	best, at := float32(0), e.newest
	for d := range e.alike {
		env := &e.envelop[at]
		alike := forget*e.alike[d] + now[0]*env[0] + now[1]*env[1] + now[2]*env[2] + now[3]*env[3]
		e.alike[d] = alike
		if alike > best {
			best = alike
			e.delay = d
		}
		if at--; at < 0 {
			at = len(e.envelop) - 1
		}
	}
}

// back is the place in the rings of d frames ago.
func (e *echo) back(d int) int {
	at := e.newest - d
	if at < 0 {
		at += len(e.bands)
	}
	return at
}

// arrive works out what of the far end arrives now: the loudest of the frames
// around the delay, as that is known to a frame only, and the room's tail of what came before.
func (e *echo) arrive() {
	frame := &e.bands[e.back(e.delay)]
	before, after := &e.bands[e.back(e.delay+1)], &e.bands[e.back(max(e.delay-1, 0))]
	for b := range e.room {
		e.room[b] = max(frame[b], before[b], after[b], tail*e.room[b])
	}
}

// learn follows, in each band, the loss that most frames do not exceed.
func (e *echo) learn(near *[bands]float32) {
	var excess [bands]float32
	above, heard := 0, 0
	for b, room := range e.room {
		if room < farThreshold {
			continue
		}
		excess[b] = decibels((near[b]+1e-10)/room) - e.loss[b]
		heard++
		if excess[b] > talkExcess {
			above++
		}
	}
	caution := float32(1)
	if 2*above > heard {
		caution = talkCaution
	}
	for b, room := range e.room {
		if room < farThreshold {
			continue
		}
		step := lastStep + firstStep*stepFrames/(stepFrames+e.learnt[b])
		e.learnt[b] = min(e.learnt[b]+1, longFrames)
		if excess[b] > 0 {
			e.loss[b] += step * quantile * caution
		} else {
			e.loss[b] -= step * (1 - quantile)
		}
		e.loss[b] = min(max(e.loss[b], leastLoss), mostLoss)
	}
}

// take takes the echo out of bands and bins.
func (e *echo) take(near *[bands]float32, power *[halfWindow]float32, floor *noiseFloor) {
	var gain [32]float32
	for b, power := range near {
		e.predict[b] = e.room[b] * fromDecibels(e.loss[b]+echoMargin)
		left := max(power-e.predict[b], min(power, floor.power[b]), leastGain*power)
		gain[b+1] = left / (power + 1e-12)
		near[b] = left
	}
	gain[0], gain[bands+1] = gain[1], gain[bands]
	for bin := firstBin; bin < endBin; bin++ {
		band := melBands.band[bin]
		low, high := gain[band&31], gain[(band+1)&31]
		power[bin] *= high + melBands.share[bin]*(low-high)
	}
}

// share returns by how many dB the predicted echo exceeds what was heard, at least
// -20 and at most 10, as a mean over the bands.
func (e *echo) share(heard *[bands]float32) float32 {
	if !e.audible() {
		return -20
	}
	var sum float32
	for b, power := range heard {
		sum += min(max(decibels(e.predict[b]/(power+1e-10)), -20), 10)
	}
	return sum / bands
}

// level is the predicted echo in dBov.
func (e *echo) level() float32 { return decibels(sum(&e.predict)) }
