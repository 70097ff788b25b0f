package region

import "time"

// Seen is what a judge has seen of one region, for people.
type Seen struct {
	Region    string           `json:"region"`
	Turns     int              `json:"turns"`                // looked back on: at most ten, and not older than Settings.Fresh
	Weight    float64          `json:"weight"`               // of the failures among them, lost races and slow answers counting half
	Run       float64          `json:"run"`                  // the same of the latest ones in a row
	Good      uint64           `json:"good"`                 // since the start, as all that follow: turns answered
	LostRaces uint64           `json:"lost_races"`           // attempts overtaken by their hedge
	Failed    map[Class]uint64 `json:"failed,omitempty"`     // attempts failed, by class
	LastClass Class            `json:"last_class,omitempty"` // of the last failure of a turn
	LastFault time.Duration    `json:"-"`                    // when it was; 0 if LastClass is None
	LastGood  time.Duration    `json:"-"`                    // when a turn or a probe was answered last; 0 for never

	Probes       uint64 `json:"probes"`        // sent
	ProbesFailed uint64 `json:"probes_failed"` // of those, without what does not blame the region
	ProbeRun     int    `json:"probe_run"`     // failed in a row
	GoodRow      int    `json:"good_row"`      // good deep probes in a row since it is suspect or down

	Median time.Duration `json:"-"` // of the times to answer of the latest 256 turns; 0 while too few are known
	Slow   time.Duration `json:"-"` // their 95th percentile

	HoldLeft time.Duration `json:"-"`    // when down: how long it must still be good to come back
	Ramp     int           `json:"ramp"` // of a hundred new calls, how many may go there: 100 but for a region just back
	RampLeft time.Duration `json:"-"`    // when recovering: how long until it may get all of them

	NewCalls int `json:"new_calls"` // of a hundred new calls, how many go there now
}

// tally counts what happened in a region since the start.
type tally struct {
	good, lostRaces      uint64
	failed               [len(Classes)]uint64
	lastClass            Class
	lastFault, lastGood  time.Duration
	probes, probesFailed uint64
	probeAnswers         uint64
	probeFailure         Class // of the last failed probe
}

// any says whether there was any evidence.
func (t *tally) any() bool {
	return t.good+t.lostRaces+t.probeAnswers > 0 || t.failed != [len(Classes)]uint64{}
}

// outcome counts the end of an attempt.
func (t *tally) outcome(now time.Duration, c Class) {
	if c == None {
		t.good++
		t.lastGood = now
		return
	}
	t.lastClass, t.lastFault = c, now
	for i, class := range Classes {
		if class == c {
			t.failed[i]++
		}
	}
}

// probeAnswered counts a good probe.
func (t *tally) probeAnswered(now time.Duration) {
	t.probeAnswers++
	t.lastGood = now
}

// probeFailed counts a probe that spoke against the region.
func (t *tally) probeFailed(c Class) {
	t.probeAnswers++
	t.probesFailed++
	t.probeFailure = c
}

// Seen returns what was seen of each region, home first.
func (j *Judge) Seen(now time.Duration) []Seen {
	all := make([]Seen, len(j.regions))
	active, other, hundredth := j.placing(now)
	for i := range j.regions {
		r := &j.regions[i]
		sum, n := r.found.rate(now - j.s.Fresh)
		e := Seen{
			Region: r.name, Turns: n, Weight: float64(sum) / float64(weighsFull),
			Run:  float64(r.found.run(now-j.s.Memory).weight) / float64(weighsFull),
			Good: r.stats.good, LostRaces: r.stats.lostRaces,
			LastClass: r.stats.lastClass, LastFault: r.stats.lastFault, LastGood: r.stats.lastGood,
			Probes: r.stats.probes, ProbesFailed: r.stats.probesFailed,
			ProbeRun: r.probes.failed, GoodRow: r.probes.row,
			Ramp:   100,
			Median: r.latency.percentile(50), Slow: r.latency.percentile(95),
		}
		for k, count := range r.stats.failed {
			if count > 0 {
				if e.Failed == nil {
					e.Failed = make(map[Class]uint64)
				}
				e.Failed[Classes[k]] = count
			}
		}
		switch {
		case r.state == Recovering:
			e.Ramp = j.ramp(now - r.back)
			e.RampLeft = max(0, 2*j.s.Ramp-(now-r.back))
		case r.state == Down && r.probes.row > 0:
			e.HoldLeft = max(0, r.hold-(now-r.probes.rowBegan))
		case r.state == Down:
			e.HoldLeft = r.hold
		}
		if r.state == Down && !j.panics {
			e.Ramp = 0
		}
		if r.name == active {
			e.NewCalls += hundredth
		}
		if r.name == other {
			e.NewCalls += 100 - hundredth
		}
		all[i] = e
	}
	return all
}
