package simulate

import (
	"time"

	"lexline/internal/region"
)

// The rules of holds, as the design has them.
const (
	firstHold     = time.Minute
	longestHold   = 10 * time.Minute
	relapseWithin = 15 * time.Minute
)

// changed judges a verdict of a gateway on a region.
func (o *oracle) changed(g *gateway, i int, from, to region.State, why string) {
	s := &o.seen[g.index][i]
	switch {
	case to == region.Down && from != region.Down:
		o.tookOut(g, i, why)
	case from == region.Down && to != region.Down:
		o.cameBack(g, i)
	default:
		return
	}
	s.down = to == region.Down
}

// tookOut judges that a region was taken out: some fault that speaks against it
// must be the reason.
func (o *oracle) tookOut(g *gateway, i int, why string) {
	now, s := o.r.w.now, &o.seen[g.index][i]
	const remembered = 5*time.Minute + 10*time.Second
	chance := s.noise[0] > now-time.Minute // three errors of the background within a minute: bad luck
	// An utterance that no region can bear speaks against the only one that is
	// left to try it.
	poisoned := o.poisoned[g.index] > now-remembered
	if !chance && !poisoned && !o.faulty(g.index, i, now-remembered, now, Fault.blames) {
		o.violate("alarm", "%s took %s out, which had no fault: %s", g.id, o.r.names[i], why)
	}
	s.downAt = now
	if s.back > never && now-s.back < relapseWithin {
		s.hold = min(2*s.hold, longestHold)
	} else {
		s.hold = firstHold
	}
}

// cameBack judges that a region was given calls again. After a panic it may be at
// once: then nothing was known but that all looked dead.
func (o *oracle) cameBack(g *gateway, i int) {
	now, s := o.r.w.now, &o.seen[g.index][i]
	s.upAt = now
	if o.panic[g.index] || o.panicEnded[g.index] > s.downAt {
		s.back, s.hold = never, firstHold
		return
	}
	s.back = now
	if held := now - s.downAt; held < s.hold {
		o.violate("hold", "%s gave %s calls again after %v; its hold is %v", g.id, o.r.names[i], held, s.hold)
	}
	// A probe every 10 s, which are 24 while the region throttles, cannot miss it.
	const seen = 26 * time.Second
	if o.faulty(g.index, i, now-55*time.Second+seen, now-seen, func(f Fault) bool { return f.dead() && f.To-max(f.From, s.downAt) > seen }) {
		o.violate("hold", "%s gave %s calls again, which was dead a moment ago", g.id, o.r.names[i])
	}
}

// panics notes that a gateway finds every region dead, or no longer.
func (o *oracle) panics(g *gateway, begins bool) {
	if o.panic[g.index] && !begins {
		o.panicEnded[g.index] = o.r.w.now
	}
	o.panic[g.index] = begins
}

// floor judges that some region may be asked.
func (o *oracle) floor(g *gateway) {
	for _, c := range g.view().Regions {
		if !c.Ejected {
			return
		}
	}
	o.violate("floor", "%s has taken every region out", g.id)
}

// beforeEvidence and afterEvidence judge that an attempt from before a region was
// taken out does not lengthen its hold.
func (o *oracle) beforeEvidence(g *gateway, e region.Event) (hold time.Duration) {
	if e.Kind != region.Outcome || !e.Class.Blames() {
		return -1
	}
	s := o.seen[g.index][o.r.index(e.Region)]
	if !s.down || e.Began >= s.downAt {
		return -1
	}
	return o.holdOf(g, e.Region)
}

func (o *oracle) afterEvidence(g *gateway, name string, before time.Duration) {
	if before < 0 {
		return
	}
	if after := o.holdOf(g, name); after > before {
		o.violate("relapse", "%s: an attempt from before %s was taken out made its hold %v of %v", g.id, name, after, before)
	}
}

func (o *oracle) holdOf(g *gateway, name string) time.Duration {
	for _, v := range g.judge.Verdicts() {
		if v.Region == name {
			return v.Hold
		}
	}
	return 0
}

// pinnedAt returns the region that an operator has pinned at this gateway. A
// table that somebody else has overwritten may have forgotten it.
func (o *oracle) pinnedAt(g *gateway) string {
	if o.r.table.soiled {
		return ""
	}
	if o.pin.region != "" && o.pin.gateway == g.index && o.r.w.now < o.pin.until {
		return o.pin.region
	}
	return ""
}

// wrote judges what an observer made of the verdict item.
func (o *oracle) wrote(g *gateway, before, after region.Item) {
	version, ok := after.Attributes["version"].(int64)
	old, _ := before.Attributes["version"].(int64)
	name, _ := after.Attributes["lexRegion"].(string)
	if o.r.w.tracing() {
		o.r.w.say("%s wrote the table: %s, version %d after %d", g.id, name, version, old)
	}
	if !ok || version <= old {
		o.violate("version", "%s wrote version %d over version %d", g.id, version, old)
	}
	if o.r.indexOf(name) < 0 {
		o.violate("table", "%s wrote %q for a region", g.id, name)
		return
	}
	left, _ := before.Attributes["lexRegion"].(string)
	if i := o.r.indexOf(left); i >= 0 && i < o.r.index(name) {
		o.leftBy(g, i)
	}
}

// leftBy judges that the table left a region for one that comes after it: most
// gateways must have held it down, as far as others can know by now.
func (o *oracle) leftBy(g *gateway, i int) {
	const known = 40 * time.Second
	s := &o.r.s
	if len(s.Pins) > 0 || len(s.Outages) > 0 || len(s.Restarts) > 0 {
		return
	}
	holders := 0
	for _, sights := range o.seen {
		if sights[i].down || sights[i].upAt > o.r.w.now-known {
			holders++
		}
	}
	if 2*holders <= s.Gateways {
		o.violate("minority", "%s moved the table away from %s, which %d of %d gateways held down", g.id, o.r.names[i], holders, s.Gateways)
	}
}

// watchTable judges that the table's region is no dead one: a minute after a
// region died for all gateways, given that a region is well and the table too.
func (o *oracle) watchTable() {
	const within = time.Minute
	s := &o.r.s
	if len(s.Pins) > 0 {
		return
	}
	for _, f := range s.Faults {
		at := f.From + within
		if !f.dead() || f.Only != 0 || f.To <= at || at > s.Length {
			continue
		}
		o.r.w.at(at, func() {
			if o.r.table.soiled {
				return // perhaps with a version after which there is none
			}
			for _, out := range s.Outages {
				if out.From < at+lag && out.To > f.From-within {
					return
				}
			}
			for i := range o.r.bots {
				if i != f.Region && o.faulty(anyGateway, i, at-10*time.Minute, at, anyFault) {
					return
				}
			}
			if name, ok := o.r.table.region(); ok && name == o.r.names[f.Region] {
				o.violate("table", "it still says %s, which died %v ago", name, within)
			}
		})
	}
}

// stuck judges, at the end of a schedule, that no region is left out for longer
// than its hold, once nothing speaks against it.
func (o *oracle) stuck() {
	const probes = 45 * time.Second // the first good one and the last come some time after
	for _, g := range o.r.gateways {
		for i := range o.r.bots {
			s := &o.seen[g.index][i]
			if !s.down || o.panic[g.index] {
				continue
			}
			name, now := o.r.names[i], o.r.w.now
			hold := o.holdOf(g, name)
			well := max(s.downAt, s.noise[2], s.poisoned)
			for _, f := range o.r.bots[i].faults {
				if f.met(g.index) && f.From < now {
					well = max(well, f.To)
				}
			}
			if now > well+hold+probes {
				o.violate("stuck", "%s holds %s down, which is well since %v; its hold is %v", g.id, name, well, hold)
			}
		}
	}
}
