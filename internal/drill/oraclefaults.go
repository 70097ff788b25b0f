package drill

import (
	"fmt"
	"slices"
	"time"
)

// never stands for what did not happen.
const never = -1

// faults reports on each fault.
func (o *oracle) faults() {
	var before []time.Duration
	o.eachAnswered(func(c *Call, t *Turn) {
		if t.Said.Before(o.firstFault().Add(-windowBefore)) {
			before = append(before, o.base.extra(c, t))
		}
	})
	o.r.Before = quantiles(before)
	for i, f := range o.h.Faults {
		o.r.Faults = append(o.r.Faults, o.fault(i, f))
	}
}

// eachAnswered calls do with every turn that was answered.
func (o *oracle) eachAnswered(do func(*Call, *Turn)) {
	for i := range o.h.Calls {
		for j := range o.h.Calls[i].Turns {
			if t := &o.h.Calls[i].Turns[j]; !t.Answer.IsZero() {
				do(&o.h.Calls[i], t)
			}
		}
	}
}

func (o *oracle) fault(i int, f Fault) FaultReport {
	end := f.To
	if end.IsZero() {
		end = o.h.Ended
	}
	next := o.h.Ended.Add(time.Hour) // the last fault's time goes on to the end
	if i+1 < len(o.h.Faults) {
		next = o.h.Faults[i+1].From.Add(-windowBefore)
	}
	r := FaultReport{
		Kind: f.Kind, Regions: f.Regions, At: f.From.Sub(o.h.Began).Seconds(), For: end.Sub(f.From).Seconds(),
	}
	var around, committing, after []time.Duration
	calls := map[int]bool{}
	o.eachAnswered(func(c *Call, t *Turn) {
		extra := o.base.extra(c, t)
		switch since := t.Said.Sub(f.From); {
		case since < -windowBefore || !t.Said.Before(next):
		case since > windowAfter:
			after = append(after, extra)
		case t.Kind == AskConfirm:
			committing, calls[c.Number] = append(committing, extra), true
		default:
			around, calls[c.Number] = append(around, extra), true
		}
	})
	r.Calls = len(calls)
	r.Around, r.Committing, r.After = quantiles(around), quantiles(committing), quantiles(after)
	r.Silence = o.silence(f.From.Add(-windowBefore), next)
	r.Failed, r.Attempts = o.failed(f), o.attempts(f, end)
	r.Detected, r.Back = o.detected(f, end, next)
	r.Switched, r.FailBack = o.switched(f, end, next)
	r.Answered = never
	if o.total(f) {
		r.Answered = o.recovered(end)
	}
	return r
}

// silence is the longest silence while an answer was owed, of the turns that
// ended between two times.
func (o *oracle) silence(from, to time.Time) float64 {
	longest := time.Duration(0)
	for _, c := range o.h.Calls {
		for _, t := range c.Turns {
			if !t.Said.Before(from) && t.Said.Before(to) {
				longest = max(longest, t.Silence)
			}
		}
	}
	return longest.Seconds()
}

// failed counts the requests that a fault struck, as the regions tell. A region
// that stands still, or that nothing reaches, has nothing to tell.
func (o *oracle) failed(f Fault) *int {
	if len(o.h.Requests) == 0 || slices.Contains([]Kind{Stop, Blackhole, Refuse}, f.Kind) {
		return nil
	}
	n := 0
	for _, request := range o.h.Requests {
		if f.holds(request.Region, request.Time) && (request.Status != 200 || request.Fault != "") {
			n++
		}
	}
	return &n
}

// attempts counts the attempts in broken regions that failed, or that were not
// waited for, while a fault lay on them. Both may be said of one: it counts once.
func (o *oracle) attempts(f Fault, end time.Time) *int {
	if len(o.h.Attempts) == 0 {
		return nil
	}
	type attempt struct {
		turnKey
		region string
	}
	struck := map[attempt]bool{}
	for _, a := range o.h.Attempts {
		if a.Time.Before(f.From) || a.Time.After(end) {
			continue
		}
		for _, region := range o.struck(a) {
			if slices.Contains(f.Regions, region) {
				struck[attempt{turnKey{a.Call, a.Turn}, region}] = true
			}
		}
	}
	n := len(struck)
	return &n
}

// detected finds the first verdict against a broken region, in seconds after the
// fault, and the first that lets calls in again after it was restored.
func (o *oracle) detected(f Fault, end, next time.Time) (bad, good float64) {
	bad, good = never, never
	for _, v := range o.h.Verdicts {
		switch {
		case !slices.Contains(f.Regions, v.Region) || v.Time.Before(f.From) || !v.Time.Before(next):
		case v.State == "down" && bad == never:
			bad = v.Time.Sub(f.From).Seconds()
		case !v.Time.Before(end) && !isAvoided(v.State) && good == never:
			good = v.Time.Sub(end).Seconds()
		}
	}
	return bad, good
}

// switched finds when the last new call was sent to a broken region, in seconds
// after the fault, and when the first one went there after it was restored.
func (o *oracle) switched(f Fault, end, next time.Time) (last, back float64) {
	last, back = never, never
	if o.total(f) {
		return last, back
	}
	for i := range o.h.Calls {
		c := &o.h.Calls[i]
		requests := o.requests[c.SID]
		if c.Began.Before(f.From) || !c.Began.Before(next) {
			continue
		}
		if c.Began.Before(end) && o.tried(c, f) {
			last = max(last, c.Began.Sub(f.From).Seconds())
		}
		k := slices.IndexFunc(requests, func(r *Request) bool { return r.Op == recognizeUtterance })
		if k < 0 || !slices.Contains(f.Regions, requests[k].Region) {
			continue
		}
		switch first := requests[k]; {
		case first.Time.Before(end):
			last = max(last, c.Began.Sub(f.From).Seconds())
		case !c.Began.Before(end) && (first.Time.Sub(end).Seconds() < back || back == never):
			back = first.Time.Sub(end).Seconds()
		}
	}
	return last, back
}

// tried reports whether a new call's first turn was sent to a broken region, as
// the gateway tells: a region that stands still cannot.
func (o *oracle) tried(c *Call, f Fault) bool {
	return slices.ContainsFunc(o.avoided[turnKey{c.SID, 1}], func(region string) bool { return slices.Contains(f.Regions, region) })
}

// recovered finds the first answer after all regions were restored.
func (o *oracle) recovered(end time.Time) float64 {
	first := float64(never)
	o.eachAnswered(func(_ *Call, t *Turn) {
		if since := t.Answer.Sub(end).Seconds(); since >= 0 && (first == never || since < first) {
			first = since
		}
	})
	return first
}

// late lists the bounds of time that were missed. One that was missed by no more
// than the phones were late themselves is a note: the phones may have missed it.
func (o *oracle) late() {
	for i := range o.r.Faults {
		f := &o.r.Faults[i]
		miss := func(what string, got float64, bound time.Duration) {
			by := got - bound.Seconds()
			text := fmt.Sprintf("%s: %s is %.2f s, not at most %.2f s", f.Kind, what, got, bound.Seconds())
			switch {
			case by <= 0:
			case by <= float64(o.r.LateMS)/1000:
				o.r.Notes = append(o.r.Notes, fmt.Sprintf("not decided, as the phones were late by %d ms themselves: %s", o.r.LateMS, text))
			default:
				o.r.Late = append(o.r.Late, text)
			}
		}
		miss("the longest silence", f.Silence, boundSilence)
		if o.total(o.h.Faults[i]) {
			miss("the time to the first answer after the end", f.Answered, boundRecovery)
			if f.Answered == never && !o.h.Interrupted {
				o.r.Late = append(o.r.Late, fmt.Sprintf("%s: nothing was answered after the end", f.Kind))
			}
			continue
		}
		miss("the median extra delay around the fault", f.Around.P50, boundP50)
		miss("the p99 of the extra delay around the fault", f.Around.P99, boundP99)
		miss("the longest extra delay around the fault", f.Around.Max, boundMax)
		miss("the longest extra delay of a committing turn", f.Committing.Max, boundCommitting)
		miss("the p99 of the extra delay later on", f.After.P99, boundAfter)
		if f.Kind != Throttle { // a throttled region is well: what it refuses goes elsewhere, and the rest need not
			miss("the last new call for a broken region", f.Switched, boundNewCalls)
		}
	}
}
