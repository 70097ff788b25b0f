package region

import (
	"maps"
	"slices"
	"time"
)

// checkedRegion is how the probing of one region stands in a run.
type checkedRegion struct {
	name     string
	asked    int           // the id of the probe that is under way; 0 for none
	sent     time.Duration // when the last one was
	ended    time.Duration // when the last one was answered or given up
	pause    time.Duration // from then to the next
	probes   int           // answered or given up
	good     int           // of those
	silent   int           // of those: answered with what does not speak of the region
	failed   bool          // the last one spoke against it
	fault    string        // what the last failure said
	failures []string      // all, in words
}

// silentProbes is how many answers that say nothing of a region are enough.
const silentProbes = 3

// due is when the region may be probed again.
func (r *checkedRegion) due(now time.Duration) time.Duration {
	switch {
	case r.asked != 0:
		return r.sent + probeTimeout + checkupAgain
	case r.probes == 0:
		return now
	}
	return r.ended + r.pause
}

// probe sends the probes that are due.
func (u *checkup) probe() {
	if u.now >= u.probesEnd {
		return
	}
	for i := range u.regions {
		r := &u.regions[i]
		if r.asked != 0 || u.settled(i) || u.now < r.due(u.now) {
			continue
		}
		if u.judge == nil && r.probes > 0 {
			continue // what comes next depends on what is known of it
		}
		r.sent = u.now
		r.asked = u.do(checkupAction{kind: checkupProbe, region: r.name})
	}
}

// settled tells whether no more probe of the region can change what this run holds
// of it.
func (u *checkup) settled(i int) bool {
	r := &u.regions[i]
	switch {
	case r.silent >= silentProbes:
		return true
	case u.judge == nil || r.probes == 0:
		return false
	}
	j := &u.judge.regions[i]
	switch j.state {
	case Suspect:
		return false
	case Down:
		left := j.hold - (u.now - j.probes.rowBegan)
		return r.failed || j.probes.row >= u.judge.s.Rise && u.now+left >= u.probesEnd
	}
	return r.good > 0
}

// allSettled tells whether what this run holds of the regions will not change any
// more.
func (u *checkup) allSettled() bool {
	if u.judge == nil {
		return false
	}
	if u.now >= u.probesEnd {
		return true
	}
	for i := range u.regions {
		if !u.settled(i) {
			return false
		}
	}
	return true
}

// probed takes in how a probe ended, unless it was given up before.
func (u *checkup) probed(ev checkupEvent) {
	i := slices.IndexFunc(u.regions, func(r checkedRegion) bool { return r.name == ev.region })
	if i < 0 || u.regions[i].asked != ev.id || ev.id == 0 {
		return
	}
	r := &u.regions[i]
	r.asked, r.ended = 0, u.now
	r.probes++
	r.failed = ev.class.Blames()
	switch {
	case ev.class == None:
		r.good++
	case !ev.class.Blames():
		r.silent++
	}
	if ev.class != None {
		text := string(ev.class)
		if r.fault = ""; ev.err != nil {
			r.fault = ev.err.Error()
			text += ": " + r.fault
		}
		r.failures = append(r.failures, clip(text))
	}
	u.tell(ev)
}

// tell gives the judge the end of a probe, or keeps it until there is one.
func (u *checkup) tell(ev checkupEvent) {
	if u.judge == nil {
		u.early = append(u.early, ev)
		return
	}
	i := u.judge.index(ev.region)
	r := &u.regions[i]
	u.judge.Step(u.now, Event{Kind: Probed, Region: ev.region, Class: ev.class, Deep: true, Began: u.now})
	r.pause = checkupPause
	if j := &u.judge.regions[i]; r.failed && j.state != Down {
		r.pause = checkupAgain
	} else if j.state == Down && j.probes.row >= u.judge.s.Rise {
		r.pause = max(r.pause, j.probes.rowBegan+j.hold-r.ended)
	}
}

// lost takes in that a probe was not answered in time.
func (u *checkup) lost(r *checkedRegion) {
	class := Soft
	if u.now < r.sent+probeTimeout {
		class = Abandoned // the run is short of time; that says nothing of the region
	}
	u.probed(checkupEvent{kind: checkupProbed, id: r.asked, region: r.name, class: class, err: errNoAnswer})
}

// begin makes the judge, of what is known of the last run.
func (u *checkup) begin(m Recollection) {
	u.restore(m)
	early := u.early
	u.early = nil
	for _, ev := range early {
		u.tell(ev)
	}
}

// rejudge has the judge go on with what else turned out to be known.
func (u *checkup) rejudge(change func(*Recollection)) {
	m := u.judge.Remember(u.now)
	change(&m)
	u.restore(m)
}

func (u *checkup) restore(m Recollection) {
	u.judge = u.c.Settings.Restore(u.now, m)
	u.judge.driven = true
	u.judge.Step(u.now, Event{Kind: Tick})
}

// sortedKeys returns a map's keys in order.
func sortedKeys[K int | string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
