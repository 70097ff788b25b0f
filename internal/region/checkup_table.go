package region

import (
	"errors"
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
