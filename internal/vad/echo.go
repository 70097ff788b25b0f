package vad

// The echo of the bot in what comes from the caller is told from the caller by
// what the bot was sent to say. The delay of the way back is where the harmonics of
// both sides are most alike, whatever the line does to levels and colours; the loss
// is learnt from there, band by band, and what must be echo is taken out of the
// caller's spectrum before anything else is made of it. It is done in powers of whole
// bands, as a carrier's buffers move the delay by parts of a frame at any time, which
// a linear canceller would have to learn anew. What is left is judged by the network,
// which is told how alike both sides are.
const (
	maxDelay     = 42   // frames that an echo may take: 840 ms
	tail         = 0.6  // of an echo's power 20 ms later: the room
	farThreshold = 1e-6 // of a band of the far end, -60 dBov: below it nothing is learnt

	firstLoss     = 0     // dB: until more is known, all may be echo
	leastLoss     = -60   // dB
	mostLoss      = 10    // dB: a line may amplify
	quantile      = 0.85  // of the frames lie below the learnt loss
	firstStep     = 3.0   // dB a frame by which the loss is learnt at first ...
	lastStep      = 0.12  // ... and in the long run
	stepFrames    = 12    // in which the step halves at first
	longFrames    = 1500  // after which it is the last
	relearnMargin = 10.0  // dB above what was learnt before the delay was known, from which it is learnt anew
	echoMargin    = 3.0   // dB by which an echo may exceed what was learnt
	talkExcess    = 8.0   // dB above what was learnt: somebody talks, and the loss is not to be learnt from them
	echoAlike     = 0.4   // how alike both sides are below which somebody may be talking, too ...
	sameAlike     = 0.7   // ... and from which on nobody but the bot is heard ...
	alikeMargin   = 15.0  // dB by which its echo may exceed what was learnt then, too
	talkCaution   = 0.15  // of the step up, then
	leastGain     = 0.001 // of a band's power is left at least: 30 dB less
	leastBin      = 2     // the lowest that anything is made of
)

// echo predicts the bot's echo in the caller's spectrum. The zero value is not
// usable; call newEcho.
type echo struct {
	far     side
	bands   [maxDelay + 2][bands]float32 // powers of the far end, a ring
	pattern [maxDelay + 2][lines]float32 // of the far end, a ring
	newest  int                          // in both rings
	heard   int                          // frames since the far end was last audible

	alike, weight [maxDelay]float32 // of both patterns, at each delay
	delay         int
	sure          float32 // how alike both sides were at that delay, -1 to 1
	now           float32 // how alike they are in this frame
	recent        float32 // and were of late
	known         bool    // the delay
	guessed       int     // frames of a bot that was audible while it was not known

	room    [bands]float32 // far end as it arrives, with the room's tail
	loss    [bands]float32 // dB
	learnt  [bands]float32 // frames
	predict [bands]float32 // power of the echo in this frame
}

func newEcho() *echo {
	e := &echo{heard: longAgo}
	for b := range e.loss {
		e.loss[b] = firstLoss
	}
	return e
}

// longAgo is when nothing of the far end is left in the rings but the end of its last
// window, in one slot: three frames of what it says next are predicted louder by it, which
// is no more than the room's tail does.
const longAgo = maxDelay + 3

// audible reports whether an echo of the far end can still be about. If not, the rings
// are not kept.
func (e *echo) audible() bool { return e.heard < longAgo }

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
	pattern(&e.pattern[e.newest], &power)
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

// suppress learns from the caller's spectrum what comes back of the bot, and takes
// it out. floor is the noise that is left where all was echo.
func (e *echo) suppress(near *[bands]float32, power *[halfWindow]float32, floor *noiseFloor) {
	if !e.audible() {
		e.predict = [bands]float32{}
		e.now, e.recent = 0, 0
		return
	}
	e.findDelay(power)
	if e.known || e.guessed > guessFrames {
		e.arrive()
	} else {
		e.mayArrive()
	}
	e.learn(near)
	e.take(near, power, floor)
}

// mayArrive works out the most that can arrive now, at whatever delay.
func (e *echo) mayArrive() {
	e.room = e.bands[0]
	for i := range e.bands {
		for b, power := range e.bands[i] {
			e.room[b] = max(e.room[b], power)
		}
	}
}

// relearn has the loss learnt anew, quickly, from somewhat above what it was taken
// for while any of the far end might have been what arrived.
func (e *echo) relearn() {
	for b := range e.loss {
		e.loss[b] = min(e.loss[b]+relearnMargin, firstLoss)
		e.learnt[b] = 0
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
	if 2*above > heard || e.now < echoAlike {
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
		} else if e.known || e.guessed > maxDelay {
			e.loss[b] -= step * (1 - quantile)
		}
		e.loss[b] = min(max(e.loss[b], leastLoss), mostLoss)
	}
}

// take takes the echo out of bands and bins.
func (e *echo) take(near *[bands]float32, power *[halfWindow]float32, floor *noiseFloor) {
	var gain [32]float32
	margin := echoMargin + alikeMargin*min(max((e.now-echoAlike)*(1/(sameAlike-echoAlike)), 0), 1)
	for b, power := range near {
		e.predict[b] = e.room[b] * fromDecibels(e.loss[b]+margin)
		left := max(power-e.predict[b], min(power, floor.power[b]), leastGain*power)
		gain[b+1] = left / (power + 1e-12)
		near[b] = left
	}
	gain[0], gain[bands+1] = gain[1], gain[bands]
	for bin := leastBin; bin < firstBin; bin++ {
		power[bin] *= gain[0]
	}
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

// excess returns by how many dB what was heard exceeds the predicted echo and the noise
// in the band where it does so most, 0 to 30.
func (e *echo) excess(heard *[bands]float32, floor *noiseFloor) float32 {
	most := float32(1)
	for b, power := range heard {
		most = max(most, power/(e.predict[b]+floor.power[b]+1e-10))
	}
	return min(decibels(most), 30)
}

// level is the predicted echo in dBov.
func (e *echo) level() float32 { return decibels(sum(&e.predict)) }
