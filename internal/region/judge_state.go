package region

import (
	"fmt"
	"slices"
	"time"
)

// decide brings the verdict on a region in line with what is known of it now.
func (j *Judge) decide(r *judged) {
	if r.state == Down {
		if j.s.Broken.LiveHalfOpen && j.now-r.since >= r.hold {
			j.comeBack(r)
		}
		return
	}
	if why := j.condemns(r); why != "" {
		j.takeOut(r, why)
		return
	}
	why := j.suspects(r)
	ramping := j.now-r.back < 2*j.s.Ramp
	switch {
	case why != "":
		j.set(r, Suspect, why)
	case r.state == Suspect && ramping:
		j.set(r, Recovering, "back, and nothing speaks against it any more")
	case r.state == Suspect:
		j.set(r, Healthy, "nothing speaks against it any more")
	case r.state == Recovering && !ramping:
		j.set(r, Healthy, fmt.Sprintf("back for %s without a fault", tenths(2*j.s.Ramp)))
	}
}

// condemns returns what takes the region out, or nothing.
func (j *Judge) condemns(r *judged) string {
	if r.found.bad == 0 && r.probes.failed == 0 {
		return ""
	}
	run := r.found.run(j.now - j.s.Memory)
	switch {
	case run.hard+r.probes.hard >= 2:
		return fmt.Sprintf("%d attempts were refused for good (%s): the alias is gone, or access is denied", run.hard+r.probes.hard, Hard)
	case run.enough(0, j.s.Run):
		return run.String()
	case run.weight > 0 && run.enough(r.probes.failed, j.s.Run):
		return fmt.Sprintf("%s, and %d probes as well", run, r.probes.failed)
	case r.probes.failed >= j.s.Fall:
		return fmt.Sprintf("%d probes in a row failed (%s)", r.probes.failed, r.stats.probeFailure)
	}
	if sum, n := r.found.rate(j.now - j.s.Fresh); int(sum) >= int(weighsFull)*j.s.Bad {
		return fmt.Sprintf("%d of the last %d turns failed (late ones count half)", int(sum/weighsFull), n)
	}
	if n := r.found.slow(j.now - j.s.Fresh); n >= slowTurns {
		return fmt.Sprintf("%d of the last %d turns took more than four times as long as usual", n, findingsKept)
	}
	return ""
}

// slowTurns is how many of the last ten turns must be slow to take a region out by
// slowness alone: nearly all, as single ones are slow in the best of regions.
const slowTurns = 9

// suspects returns why turns had better go elsewhere, or nothing.
func (j *Judge) suspects(r *judged) string {
	if r.advised != "" {
		return r.advised
	}
	if r.probes.failed > 0 {
		return fmt.Sprintf("a probe failed (%s)", r.stats.probeFailure)
	}
	if r.found.bad == 0 {
		return ""
	}
	run := r.found.run(j.now - j.s.Memory)
	if (run.failures+run.lost >= 2 || run.hard > 0) && run.last.at > max(r.quiet, j.now-j.s.Fresh) {
		return run.String()
	}
	if sum, n := r.found.rate(max(r.quiet+1, j.now-j.s.Fresh)); n >= 5 && 2*int(sum) >= n {
		return fmt.Sprintf("%.1f of the last %d turns failed (late ones count half)", float64(sum)/float64(weighsFull), n)
	}
	return ""
}

// set brings a region into a state, for a reason; into its own it changes the reason alone.
func (j *Judge) set(r *judged, to State, why string) {
	if r.state == to {
		r.why = why
		return
	}
	j.out = append(j.out, Action{Kind: Changed, Region: r.name, From: string(r.state), To: string(to), Why: why})
	switch {
	case to == Suspect:
		r.probes.row = 0
		r.badSince = j.now
	case to == Down && r.state != Suspect:
		r.badSince = j.now
	}
	r.state, r.since, r.why = to, j.now, why
}

// takeOut takes a region out, and if it was the last that was in, begins a panic.
func (j *Judge) takeOut(r *judged, why string) {
	switch {
	case r.back == never || j.now-r.back >= j.s.RelapseWithin:
		r.hold, r.relapses = j.s.Hold, 0
	default:
		j.relapse(r)
	}
	j.set(r, Down, why)
	j.freshStart(r)
	if j.s.Broken.NoPanic {
		return
	}
	if !j.allDown() {
		return
	}
	j.panics = true
	j.out = append(j.out, Action{Kind: Panics, To: "begin", Why: "none is taken out, turns are sent to all of them"})
	if j.fellTogether() {
		j.doubts = true
		why := fmt.Sprintf("every region fell within %s: it may be this gateway's own network", tenths(j.s.Common))
		j.out = append(j.out, Action{Kind: Doubts, To: "begin", Why: why})
	}
}

// allDown reports whether no region is left that is not taken out.
func (j *Judge) allDown() bool {
	return !slices.ContainsFunc(j.regions, func(r judged) bool { return r.state != Down })
}

// fellTogether reports whether several regions went bad so close to each other that
// the fault may be on our side.
func (j *Judge) fellTogether() bool {
	first, last := j.now, never
	for i := range j.regions {
		first, last = min(first, j.regions[i].badSince), max(last, j.regions[i].badSince)
	}
	return len(j.regions) > 1 && last-first <= j.s.Common
}

// freshStart forgets what was found of a region's life until now.
func (j *Judge) freshStart(r *judged) {
	r.from = j.now
	r.found.clear()
	r.probes.row, r.probes.failed, r.probes.hard = 0, 0, 0
	r.advised = ""
}

// relapse doubles a region's hold.
func (j *Judge) relapse(r *judged) {
	r.relapses++
	if !j.s.Broken.HoldNeverDoubles {
		r.hold = min(2*r.hold, j.s.MaxHold)
	}
}

// comeBack gives a region calls again, little by little.
func (j *Judge) comeBack(r *judged) {
	why := fmt.Sprintf("%d deep probes in a row were good, over %s", r.probes.row, tenths(j.now-r.probes.rowBegan))
	j.freshStart(r)
	r.back = j.now
	j.set(r, Recovering, why)
}

// endPanic ends a panic by a sign of life of one region. If they had all fallen
// together the others get the benefit of the doubt, as suspects; else what took
// them out still holds.
func (j *Judge) endPanic(r *judged, why string) {
	j.panics = false
	j.out = append(j.out, Action{Kind: Panics, Region: r.name, To: "end", Why: why})
	if !j.doubts {
		j.freshStart(r)
		r.back = j.now
		j.set(r, Recovering, why)
		return
	}
	j.doubts = false
	j.out = append(j.out, Action{Kind: Doubts, To: "end", Why: why})
	for i := range j.regions {
		other := &j.regions[i]
		j.freshStart(other)
		if other == r {
			j.set(r, Healthy, why)
			continue
		}
		const unsure = "it fell together with all others, and they are back"
		other.advised, other.proof = unsure, 1
		j.set(other, Suspect, unsure)
	}
}

// settleDisputes tells of regions that are down by our evidence and up by that
// of most others, and when that is over.
func (j *Judge) settleDisputes() {
	for i := range j.regions {
		r := &j.regions[i]
		disputed := r.state == Down && r.up > r.down
		switch {
		case disputed && !r.told:
			j.out = append(j.out, Action{Kind: Doubts, Region: r.name, To: "begin", Why: "most other gateways hold it up"})
		case !disputed && r.told:
			j.out = append(j.out, Action{Kind: Doubts, Region: r.name, To: "end"})
		}
		r.told = disputed
	}
}

// Opinion returns what an [Observer] is to tell the other gateways.
func (j *Judge) Opinion() Opinion {
	o := Opinion{Panic: j.panics, Doubt: j.doubts}
	for i := range j.regions {
		r := &j.regions[i]
		if r.state != Down {
			continue
		}
		if o.Down == nil {
			o.Down = make(map[string]string)
		}
		o.Down[r.name] = r.why
		o.Doubt = o.Doubt || r.told
	}
	return o
}

// Doubtful reports whether the judge doubts its own evidence on a region: because
// all regions fell together, or because most other gateways hold it up. Such a
// verdict counts for this gateway's calls and is not to be told to others.
func (j *Judge) Doubtful(region string) bool {
	i := j.index(region)
	return j.doubts || i >= 0 && j.regions[i].told
}

// Panic reports whether every region looks dead.
func (j *Judge) Panic() bool { return j.panics }

// Verdicts returns what is held of each region, home first.
func (j *Judge) Verdicts() []Verdict {
	verdicts := make([]Verdict, len(j.regions))
	for i := range j.regions {
		r := &j.regions[i]
		verdicts[i] = Verdict{Region: r.name, State: r.state, Since: r.since, Why: r.why, Relapses: r.relapses}
		if r.state == Down {
			verdicts[i].Hold = r.hold
		}
	}
	return verdicts
}

// View returns what the planner of a turn needs to know. The slice is the caller's.
func (j *Judge) View(now time.Duration) View {
	v := View{Regions: make([]Condition, len(j.regions)), Pinned: j.pinned(now), Panic: j.panics}
	for i := range j.regions {
		r := &j.regions[i]
		v.Regions[i] = Condition{
			Name:      r.name,
			State:     r.state,
			Ejected:   r.state == Down && !j.panics,
			Throttled: r.throttle > now,
			Slow:      r.latency.percentile(95),
		}
	}
	return v
}
