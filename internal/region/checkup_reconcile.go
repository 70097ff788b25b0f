package region

import "slices"

// reconcile brings what this check holds in line with a verdict that it does not
// know of: somebody else moved it, or an earlier run that was killed before it could
// note that. Whoever did had found the regions before that one down, so they come
// back as any region does that is down; and that one well. Of a pin nothing follows.
func (u *checkup) reconcile() {
	v, j := u.items.verdict, u.judge
	if !u.items.isKnown || v.Region == "" || v.Region == u.known() {
		return
	}
	if stale := v.Version > 0 && v.Version < u.memory.version; stale {
		return // a replica that lags
	}
	u.memory.region = v.Region
	if v.Pin.Region == v.Region || j.panics {
		return
	}
	j.Step(u.now, Event{Kind: Tick})
	to := j.index(v.Region)
	if r := &j.regions[to]; r.state == Down {
		j.freshStart(r)
		r.back = j.now
		j.set(r, Recovering, "the region table sends calls there again, by "+v.By)
	}
	for i := range to {
		if r := &j.regions[i]; r.state != Down {
			j.takeOut(r, "when this check came to it the region table sent calls to "+v.Region)
		}
	}
}

// known is the region of the verdict that this check knows of; empty for none.
func (u *checkup) known() string { return u.memory.region }

// worsen takes over from what was known before what speaks for caution.
func (m *Recollection) worsen(before Recollection) {
	for _, old := range before.Regions {
		i := slices.IndexFunc(m.Regions, func(r Remembered) bool { return r.Region == old.Region })
		if i < 0 {
			continue
		}
		now := &m.Regions[i]
		now.Hold, now.Relapses = max(now.Hold, old.Hold), max(now.Relapses, old.Relapses)
		if old.State != Down {
			now.Back = old.Back
			continue
		}
		if now.State != Down {
			now.Row, now.RowAge = 0, -1
		}
		now.State, now.Why, now.Age, now.Bad, now.Back = Down, old.Why, old.Age, old.Bad, old.Back
		now.Failed, now.Hard, now.Advised = 0, 0, ""
	}
}
