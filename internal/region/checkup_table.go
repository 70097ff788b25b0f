package region

import (
	"errors"
	"slices"
	"time"
)

var errNoAnswer = errors.New(noAnswer)

// checkupReads is how often what could not be read is tried, and checkupReadPause is
// how long after the last time.
const (
	checkupReads     = 3
	checkupReadPause = time.Second
)

// read asks for all items: at once, again if some could not be read, and when it is
// to be seen who else is alive.
func (u *checkup) read() {
	t := &u.items
	isDue := t.reads == 0 || u.reread ||
		t.missed && t.reads < checkupReads && u.now >= t.read+checkupReadPause ||
		u.watching && u.now >= u.watchEnds() && t.read < u.watchEnds()
	if u.reading.id != 0 || !isDue {
		return
	}
	u.reread, t.isKnown = false, false
	u.reading.id, u.reading.sent = uint64(u.do(checkupAction{kind: checkupRead, keys: u.allKeys})), u.now
}

// take takes in what a read brought; nil if it was not answered.
func (u *checkup) take(items []Got) {
	t := &u.items
	t.reads++
	t.read, t.missed = u.now, false
	for i, key := range u.allKeys {
		got := find(items, key)
		missing := errors.Is(got.Err, ErrNotFound)
		if got.Err != nil && !missing {
			t.missed = true
			u.fault("read "+key, got.Err)
			continue
		}
		if missing {
			got.Item = Item{Key: key}
		}
		switch sources := len(u.sourceKeys); {
		case i == 0:
			u.takeVerdict(got.Item, missing)
		case i == 1:
			u.takeMemory(got.Item, missing)
		case i < 2+sources:
			u.takeEvidence(i-2, got.Item)
		default:
			r := &itemReader{attributes: got.Item.Attributes}
			t.peers[i-2-sources] = peerSeen{version: r.version(), isKnown: true}
		}
	}
	if u.judge == nil {
		u.begin(u.memory.judged)
	}
	u.reconcile()
}

// takeVerdict takes in the verdict item.
func (u *checkup) takeVerdict(item Item, missing bool) {
	v := DecodeVerdict(item, u.c.Settings.Regions)
	if missing {
		v = VerdictItem{}
	}
	u.items.verdict, u.items.isKnown, u.items.missing = v, true, missing
	if !u.hasBegun {
		u.before, u.hasBegun = v, true
	}
	if w := u.write.verdict; u.unsure && v.By == w.By && v.Version == w.Version && v.Region == w.Region && v.State == w.State {
		u.written = true // though we were not told
	}
}

// takeEvidence takes in the evidence item of the region at place i.
func (u *checkup) takeEvidence(i int, item Item) {
	entries, _, ok := DecodeEvidence(item)
	if i == u.rank {
		u.items.seq, u.items.seqKnown = entrySeq(item, u.c.ID), true
	}
	u.damaged[i] = u.damaged[i] || !ok
	u.watches[i].sees(u.now, checkupWatch, entries)
}

// takeMemory takes in what this region's checks have kept. The first time alone
// counts: what is written later is another run's.
func (u *checkup) takeMemory(item Item, missing bool) {
	if u.source != MemoryUnread {
		return
	}
	u.items.version = (&itemReader{attributes: item.Attributes}).version()
	u.source = MemoryNone
	if missing {
		return
	}
	memory, err := decodeCheckup(item, u.c.Settings.Regions, u.wall)
	if err != nil {
		u.source, u.memFault = MemoryUnusable, clip(err.Error())
		return
	}
	u.source, u.memory = MemoryRead, memory
	if u.judge != nil {
		u.rejudge(func(m *Recollection) { m.worsen(memory.judged) })
	}
}

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

// needsWatch tells whether it takes time to see who else is alive in the region at
// place i.
func (u *checkup) needsWatch(i int) bool {
	if i < u.rank || u.damaged[i] {
		return true
	}
	for id := range u.watches[i].entries {
		if id != u.c.ID {
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
