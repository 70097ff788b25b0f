package region

import "time"

// probes is where the probing of one region stands.
type probes struct {
	random   uint64
	jitter   float64       // of the next pause, 0.8 to 1.2 of its length
	underWay bool          // sent and not answered
	deep     bool          // the one under way is
	sent     time.Duration // when the last one was
	lastDeep time.Duration // when the last deep one was
	void     time.Duration // answers to probes sent before were waited for in vain
	failed   int           // failures in a row, ended by a good deep one or a caller's answer
	hard     int           // those of them that were hard
	row      int           // good deep ones in a row since it is suspect or down
	rowBegan time.Duration // when the first of those was answered
	ended    time.Duration // when the last one was answered or given up; never for none
}

// begin sets the first probe to some time within the first pause.
func (p *probes) begin(seed uint64, pause time.Duration) {
	p.random = seed
	p.sent = -time.Duration((1 - p.draw()) * float64(pause))
	p.jitter = 1
	p.lastDeep = never
	p.void = never
	p.ended = never
}

// draw returns a number from 0 up to 1. (SplitMix64, https://prng.di.unimi.it/splitmix64.c)
func (p *probes) draw() float64 {
	p.random += 0x9e3779b97f4a7c15
	z := p.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// probePause returns how long after its last sign of life a region is probed, not
// counting the jitter, and whether only the deep kind will do.
func (j *Judge) probePause(r *judged) (pause time.Duration, onlyDeep bool) {
	switch {
	case r.state == Down && !j.panics:
		pause, onlyDeep = j.s.ProbeDownEvery, true
	case r.state == Down:
		// Nothing is up: see at once when one is. The only region of a bot is seldom
		// probed while it is well, which is no reason here.
		pause, onlyDeep = min(j.s.ProbeEvery, j.s.ProbeDownEvery), true
	case r.state == Suspect:
		pause, onlyDeep = j.s.ProbeSuspectEvery, true
	default:
		pause = j.s.ProbeEvery
	}
	if r.throttle > j.now {
		pause *= 2
	}
	observers := max(j.s.Observers, 1+r.up+r.down)
	pause = max(pause, time.Duration(observers)*time.Second)
	return pause, onlyDeep
}

// probeDue returns when the region is to be probed next if nothing is heard of
// it before.
func (j *Judge) probeDue(r *judged) time.Duration {
	pause, onlyDeep := j.probePause(r)
	heard := r.probes.sent
	if !onlyDeep {
		heard = max(heard, r.lastGood)
	}
	if r.state == Suspect {
		return heard + pause // callers wait for the verdict
	}
	return heard + time.Duration(r.probes.jitter*float64(pause))
}

// probe asks for a probe of the region if it is time, and gives one up that was
// not answered.
func (j *Judge) probe(r *judged) {
	if j.driven {
		return
	}
	p := &r.probes
	if p.underWay && j.now >= p.sent+j.s.ProbeLost {
		p.void = j.now
		j.probeFailed(r, Event{Kind: Probed, Class: Soft, Deep: p.deep, Began: p.sent})
		j.decide(r)
		j.move()
	}
	if p.underWay || j.now < j.probeDue(r) {
		return
	}
	pause, deep := j.probePause(r)
	if !deep {
		next := j.now + pause*6/5 // at the latest, by the jitter
		deep = next-max(p.lastDeep, r.lastGood) > j.s.DeepEvery
	}
	p.underWay, p.deep, p.sent = true, deep, j.now
	if deep {
		p.lastDeep = j.now
	}
	p.jitter = 0.8 + 0.4*p.draw()
	r.stats.probes++
	j.out = append(j.out, Action{Kind: Probe, Region: r.name, Deep: deep})
}

// probed takes in how a probe ended.
func (j *Judge) probed(r *judged, e Event) {
	if e.Began < r.probes.void {
		return // it was given up, and has counted
	}
	r.probes.underWay, r.probes.ended = false, j.now
	switch {
	case e.Class == Load:
		r.throttle = j.now + j.s.ThrottledFor
	case e.Class == None:
		j.probeGood(r, e)
	}
	if j.blames(e.Class) {
		j.probeFailed(r, e)
	}
}

// probeGood takes in a good probe. A cheap one proves that the region is reached
// and nothing else; no probe proves that the bot hears, so none ends a row of
// callers' failures.
func (j *Judge) probeGood(r *judged, e Event) {
	r.stats.probeAnswered(j.now)
	if !e.Deep || e.Began < r.from {
		return
	}
	p := &r.probes
	p.failed, p.hard = 0, 0
	if p.row == 0 {
		p.rowBegan = j.now
	}
	if p.row++; p.row >= r.proof {
		r.advised = ""
	}
	if j.panics {
		j.endPanic(r, "it answered a probe")
	}
	switch {
	case p.row < j.s.Rise:
	case r.state == Suspect:
		r.quiet = j.now
	case r.state == Down && j.now-p.rowBegan >= r.hold:
		j.comeBack(r)
	}
}

// probeFailed takes in a probe that speaks against the region.
func (j *Judge) probeFailed(r *judged, e Event) {
	p := &r.probes
	p.underWay, p.ended = false, j.now
	r.stats.probeFailed(e.Class)
	if e.Began < r.from {
		return
	}
	if r.state == Down && p.row > 0 {
		j.relapse(r)
	}
	p.row = 0
	if r.state == Down {
		return
	}
	p.failed++
	if e.Class == Hard {
		p.hard++
	}
}
