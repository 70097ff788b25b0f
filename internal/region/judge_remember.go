package region

import "time"

// Recollection is what a judge knows for longer than a moment, in a form that
// outlives it: ages in place of times. What callers' turns met lately, how long
// answers took and pins are not part of it: those are of the moment, or are kept
// elsewhere.
type Recollection struct {
	Active  string // see [Judge.Active]
	Regions []Remembered
}

// Remembered is what a [Recollection] has of one region. Ages are not below 0; -1
// stands for never.
type Remembered struct {
	Region string
	State  State
	Why    string
	Age    time.Duration // since it came into State
	Bad    time.Duration // since it stopped being healthy; -1 if it never did

	Hold     time.Duration // how long it must be good without a fault to come back
	Relapses int
	Back     time.Duration // since it came back; -1 if it never did

	Row      int           // good deep probes in a row since it is suspect or down
	RowAge   time.Duration // since the first of them was answered; -1 if Row is 0
	Failed   int           // failed probes in a row
	Hard     int           // those of them that were hard
	Class    Class         // of the last failed one
	ProbeAge time.Duration // since the last probe came to its end; -1 if there was none

	Advised string // why it is suspect without evidence of its own; empty if it is not
	Proof   int    // good deep probes in a row that end that
}

// Remember returns what a later judge needs to go on from here: see
// [Settings.Restore].
func (j *Judge) Remember(now time.Duration) Recollection {
	now = max(now, j.now)
	age := func(at time.Duration) time.Duration {
		if at == never {
			return -1
		}
		return max(now-at, 0)
	}
	m := Recollection{Active: j.active}
	for i := range j.regions {
		r := &j.regions[i]
		kept := Remembered{
			Region: r.name, State: r.state, Why: r.why, Age: age(r.since), Bad: age(r.badSince),
			Hold: r.hold, Relapses: r.relapses, Back: age(r.back),
			Row: r.probes.row, RowAge: -1, Failed: r.probes.failed, Hard: r.probes.hard,
			Class: r.stats.probeFailure, ProbeAge: age(r.probes.ended),
			Advised: r.advised, Proof: r.proof,
		}
		if kept.Row > 0 {
			kept.RowAge = age(r.probes.rowBegan)
		}
		m.Regions = append(m.Regions, kept)
	}
	return m
}

// Restore makes a judge that goes on, at that time, where the one that remembered
// left off: told of the same probes they hold the same. Of regions that are not
// remembered it holds what a new judge does.
func (s Settings) Restore(now time.Duration, m Recollection) *Judge {
	j := NewJudge(s)
	j.now = now
	for _, kept := range m.Regions {
		if i := j.index(kept.Region); i >= 0 {
			j.regions[i].restore(now, kept, j.s)
		}
	}
	j.panics = len(j.regions) > 0 && j.allDown() && !j.s.Broken.NoPanic
	j.doubts = j.panics && j.fellTogether()
	j.active = ""
	if j.index(m.Active) >= 0 {
		j.active = m.Active
	}
	j.active = j.choose()
	return j
}

// restore takes over what was remembered of the region.
func (r *judged) restore(now time.Duration, kept Remembered, s Settings) {
	at := func(age time.Duration) time.Duration {
		if age < 0 {
			return never
		}
		return now - age
	}
	r.state, r.why, r.since, r.badSince = kept.State, kept.Why, at(max(kept.Age, 0)), at(kept.Bad)
	r.hold, r.relapses, r.back = min(kept.Hold, s.MaxHold), kept.Relapses, at(kept.Back)
	r.probes.row, r.probes.rowBegan = kept.Row, at(kept.RowAge)
	r.probes.failed, r.probes.hard, r.probes.ended = kept.Failed, kept.Hard, at(kept.ProbeAge)
	r.stats.probeFailure = kept.Class
	r.advised, r.proof = kept.Advised, kept.Proof
}
