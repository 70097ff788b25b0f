package region

import "slices"

// report says what was found and done until now.
func (u *checkup) report() CheckupReport {
	n := u.votes()
	r := CheckupReport{
		Key: u.c.Key, From: u.c.From, ID: u.c.ID,
		Before: u.before, After: u.items.verdict, Written: u.written, Why: u.why,
		Others: n.others, Watched: u.watchEnds() > 0 && u.isWatched(), Seconds: u.now.Seconds(),
		Memory: u.source, MemoryFault: u.memFault, TableFaults: slices.Clone(u.faults),
	}
	for i := range u.regions {
		c := &u.regions[i]
		r.Rounds = max(r.Rounds, c.probes)
		checked := CheckedRegion{
			Region: c.name, State: Healthy, Why: "nothing is known of it", Since: u.wall,
			Probes: c.probes, Failures: slices.Clone(c.failures), Up: n.up[i], Down: n.down[i],
		}
		if u.judge != nil {
			j := &u.judge.regions[i]
			checked.State, checked.Why, checked.Since = j.state, j.why, u.at(j.since)
			if j.state == Down {
				checked.HoldLeft = u.judge.Seen(u.now)[i].HoldLeft.Seconds()
			}
		}
		r.Regions = append(r.Regions, checked)
	}
	return r
}
