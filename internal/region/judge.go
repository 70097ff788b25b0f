package region

import (
	"fmt"
	"time"
)

// Settings are the numbers that a [Judge] goes by. Zero values mean the defaults
// named here; Regions alone has none. Raising the counts makes it slower to take
// a region out, and lowering them makes it do so by mistake.
type Settings struct {
	Regions   []string // home first; then in the order in which they stand in for it
	Seed      uint64   // spreads the probes, so that gateways do not ask all at once
	Observers int      // gateways that probe the same regions: together at most one probe a second in each; 1

	Run    int           // failures in a row that take a region out; 5. A lost race counts half
	Bad    int           // failures among the last ten turns that do, lost races and slow answers counting half; 6
	Fresh  time.Duration // how long an outcome counts for the share of failures and for suspicion; 30 s
	Memory time.Duration // how long a failure counts as one of a row that no good answer has ended; 5 min
	Fall   int           // probes failed in a row that take a region out; 3
	Rise   int           // good deep probes in a row that a region needs at least to come back; 5

	Hold          time.Duration // how long it must be good without a fault to come back; 60 s
	MaxHold       time.Duration // what the hold doubles up to when it falls again; 600 s
	RelapseWithin time.Duration // falling again so soon after coming back doubles the hold; 15 min
	Ramp          time.Duration // a region that is back gets 10 % of the new calls so long, then 50 % so long; 20 s

	ProbeEvery        time.Duration // without good live evidence; 2 s, give or take 20 %
	ProbeSuspectEvery time.Duration // 1 s
	ProbeDownEvery    time.Duration // 10 s, give or take 20 %
	DeepEvery         time.Duration // at the latest, where probes may be cheap; 7 s
	ProbeLost         time.Duration // after which a probe that nobody answered counts as failed; 3 s

	ThrottledFor time.Duration // how long a refusal for load is heeded; 10 s
	Common       time.Duration // regions that fall within this time of each other make us doubt ourselves; 5 s

	Broken Broken // rules to break, for the simulation that proves that breaking them is noticed; the zero value breaks none
}

// withDefaults returns s with every zero value replaced.
func (s Settings) withDefaults() Settings {
	count := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	span := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	count(&s.Observers, 1)
	count(&s.Run, 5)
	count(&s.Bad, 6)
	span(&s.Fresh, 30*time.Second)
	span(&s.Memory, 5*time.Minute)
	count(&s.Fall, 3)
	count(&s.Rise, 5)
	span(&s.Hold, time.Minute)
	span(&s.MaxHold, 10*time.Minute)
	span(&s.RelapseWithin, 15*time.Minute)
	span(&s.Ramp, 20*time.Second)
	span(&s.ProbeEvery, 2*time.Second)
	span(&s.ProbeSuspectEvery, time.Second)
	span(&s.ProbeDownEvery, 10*time.Second)
	span(&s.DeepEvery, 7*time.Second)
	span(&s.ProbeLost, 3*time.Second)
	span(&s.ThrottledFor, 10*time.Second)
	span(&s.Common, 5*time.Second)
	return s
}

// poisonWithin is how long after a turn failed in one region its failure in
// another is held to be the utterance's own fault.
const poisonWithin = 10 * time.Second

// never is a time before every event.
const never = -time.Hour * 24 * 365

// Judge holds a verdict on each region of a bot, by what one gateway has seen.
// It has no goroutine and no clock: it is stepped with the time since some
// start, and equal steps give equal actions. It is for one goroutine at a time.
type Judge struct {
	s       Settings
	now     time.Duration
	regions []judged
	failed  failedTurns
	active  string
	panics  bool // every region is down, so none is taken out
	doubts  bool // they all fell together: it may be ourselves
	pin     pin
	driven  bool // probes are made without being asked for: none is asked for, and none given up
	out     []Action
}

// judged is what a judge knows of one region.
type judged struct {
	name  string
	state State
	since time.Duration
	why   string

	found    findings
	latency  latencies
	from     time.Duration // what was sent before this time speaks of another life of the region
	lastGood time.Duration // when a caller was answered last
	quiet    time.Duration // when good probes ended the suspicion: what was found before makes none
	advised  string        // why it is held suspect without evidence of our own; empty if it is not
	proof    int           // good deep probes in a row that end it
	badSince time.Duration // when it stopped being healthy

	hold     time.Duration
	relapses int
	back     time.Duration // when it came back; never if it has not been down
	throttle time.Duration // until when it is held to be throttled
	up, down int           // other gateways that hold it up, and down
	told     bool          // that it is disputed

	probes probes
	stats  tally
}

// NewJudge makes a judge that holds every region healthy. It asks for its first
// probes within Settings.ProbeEvery.
func NewJudge(s Settings) *Judge {
	j := &Judge{s: s.withDefaults()}
	for i, name := range s.Regions {
		r := judged{
			name: name, state: Healthy, why: "nothing speaks against it",
			from: never, lastGood: never, quiet: never, badSince: never, back: never, throttle: never,
			hold: j.s.Hold,
		}
		r.probes.begin(j.s.Seed+uint64(i)<<32, j.s.ProbeEvery)
		j.regions = append(j.regions, r)
	}
	j.active = j.choose()
	return j
}

// Step tells the judge one thing and returns what it wants done. The time since
// the start never goes back; if it does it counts as unchanged. Events of unknown
// regions only let time pass. The actions are valid until the next Step.
func (j *Judge) Step(now time.Duration, e Event) []Action {
	j.now = max(now, j.now)
	j.out = j.out[:0]
	j.endPinInTime()
	i := j.index(e.Region)
	switch {
	case e.Kind == PinEnded:
		j.unpin(e)
	case i < 0:
	case e.Kind == Outcome:
		j.outcome(i, e)
	case e.Kind == Probed:
		j.probed(&j.regions[i], e)
	case e.Kind == LostRace:
		j.lostRace(&j.regions[i], e)
	case e.Kind == PinSet:
		j.setPin(e)
	case e.Kind == Peers:
		j.peers(&j.regions[i], e)
	case e.Kind == Advice:
		j.advice(i, e)
	}
	for i := range j.regions {
		j.decide(&j.regions[i])
	}
	j.settleDisputes()
	j.move()
	for i := range j.regions {
		j.probe(&j.regions[i])
	}
	return j.out
}

// Next returns the time by which the judge wants its next Tick. Any Step may
// bring it forward or put it off.
func (j *Judge) Next() time.Duration {
	next := j.now + time.Minute
	sooner := func(at time.Duration) {
		if at > j.now {
			next = min(next, at)
		}
	}
	for i := range j.regions {
		r := &j.regions[i]
		if r.probes.underWay {
			sooner(r.probes.sent + j.s.ProbeLost)
		} else {
			sooner(j.probeDue(r))
		}
		sooner(r.throttle)
		if r.state == Recovering {
			sooner(r.back + 2*j.s.Ramp)
		}
	}
	if j.pin.region != "" {
		sooner(j.pin.until)
	}
	return next
}

// SetObservers says how many gateways probe the same regions, as counted lately
// from the table; less than one counts as one.
func (j *Judge) SetObservers(n int) { j.s.Observers = max(n, 1) }

// index returns the place of a region, or -1.
func (j *Judge) index(name string) int {
	for i := range j.regions {
		if j.regions[i].name == name {
			return i
		}
	}
	return -1
}

// outcome takes in how an attempt of a caller's turn ended.
func (j *Judge) outcome(i int, e Event) {
	r := &j.regions[i]
	r.stats.outcome(j.now, e.Class)
	if e.Class == None {
		j.answered(r, e)
		return
	}
	if e.Class == Load {
		r.throttle = j.now + j.s.ThrottledFor
	}
	late := e.Began < r.from && !j.s.Broken.LateFailuresRelapse
	if !j.blames(e.Class) || late {
		return
	}
	if r.state == Down {
		r.probes.row = 0
		if j.s.Broken.LateFailuresRelapse {
			j.relapse(r)
		}
		return
	}
	if e.Turn != 0 {
		r.found.retract(e.Turn)
		here, elsewhere := j.failed.where(e.Turn, i, e.Class, j.now-poisonWithin)
		j.failed.add(failedTurn{turn: e.Turn, region: i, class: e.Class, at: j.now})
		switch {
		case elsewhere:
			for k := range j.regions {
				j.regions[k].found.void(e.Turn)
			}
			return
		case here && e.Class == Soft:
			return // one utterance speaks against a region once, however often it is sent there
		}
	}
	r.found.add(finding{at: j.now, took: j.now - e.Began, turn: e.Turn, class: e.Class, weight: weighsFull})
}

// answered takes in that a caller's turn got its answer.
func (j *Judge) answered(r *judged, e Event) {
	x := finding{at: j.now, took: e.Took, turn: e.Turn}
	if median := r.latency.percentile(50); median > 0 && e.Took > 4*median && e.Took > time.Second {
		x.weight = weighsHalf
	}
	if e.Took > 0 {
		r.latency.add(e.Took)
	}
	r.lastGood = j.now
	if e.Began < r.from {
		return
	}
	if j.panics {
		j.endPanic(r, "a caller was answered")
	}
	if r.state == Down {
		return // callers are not what a region comes back by
	}
	r.advised = ""
	r.probes.failed, r.probes.hard = 0, 0
	r.found.add(x)
}

// lostRace takes in that an attempt was overtaken by its hedge.
func (j *Judge) lostRace(r *judged, e Event) {
	r.stats.lostRaces++
	if e.Began < r.from || r.state == Down {
		return
	}
	r.found.add(finding{at: j.now, took: j.now - e.Began, turn: e.Turn, weight: weighsHalf, lost: true})
}

// peers takes in what the other gateways say of a region. It takes none out: it
// is advice before there is evidence, and a second opinion after.
func (j *Judge) peers(r *judged, e Event) {
	r.up, r.down = e.Up, e.DownVotes
	if r.down > r.up {
		j.advise(r, fmt.Sprintf("%d of %d other gateways hold it down", r.down, r.up+r.down))
	}
}

// advice takes in where the table sends new calls: the regions that come before
// that one must have been in trouble.
func (j *Judge) advice(i int, e Event) {
	for k := range i {
		j.advise(&j.regions[k], fmt.Sprintf("when this gateway started the region table sent calls to %s", e.Region))
	}
}

// advise makes a suspect of a region of which there is no evidence of our own.
func (j *Judge) advise(r *judged, why string) {
	if r.state == Healthy && !r.stats.any() {
		r.advised, r.proof = why, j.s.Rise
	}
}

// blames reports whether an error of this class speaks against its region.
func (j *Judge) blames(c Class) bool {
	return c.Blames() || c == Load && j.s.Broken.ThrottleEjects
}
