package region

import (
	"slices"
	"time"
)

// needsWatch tells whether it takes time to see who else is alive in the region at
// place i. Another check gives no signs of life between its runs.
func (u *checkup) needsWatch(i int) bool {
	if i < u.rank || u.damaged[i] {
		return true
	}
	for id, e := range u.watches[i].entries {
		if id != u.c.ID && !e.Once {
			return true
		}
	}
	return false
}

// watchEnds is when all who are alive have been seen to be, if the table is read
// then.
func (u *checkup) watchEnds() time.Duration {
	var ends time.Duration
	for i := range u.watches {
		if w := &u.watches[i]; u.needsWatch(i) && w.reads > 0 {
			ends = max(ends, w.since+checkupWatch)
		}
	}
	return ends
}

// isWatched tells whether all who are alive have been seen to be.
func (u *checkup) isWatched() bool {
	for i := range u.watches {
		w := &u.watches[i]
		if w.reads == 0 || u.needsWatch(i) && w.last-w.since < checkupWatch {
			return false
		}
	}
	return true
}

// counted are the votes of the others.
type counted struct {
	up, down []int
	others   int // who were seen to be alive
	calm     int // of those, without who holds all regions dead
}

// votes counts those who were seen to be alive.
func (u *checkup) votes() counted {
	names := u.c.Settings.Regions
	n := counted{up: make([]int, len(names)), down: make([]int, len(names))}
	for i := range u.watches {
		for id, e := range u.watches[i].entries {
			if id == u.c.ID || !e.hasMoved {
				continue
			}
			n.others++
			if !e.Panic {
				n.calm++
			}
			for r, name := range names {
				switch {
				case slices.Contains(e.Down, name):
					n.down[r]++
				case slices.Contains(e.Regions, name):
					n.up[r]++
				}
			}
		}
	}
	return n
}
