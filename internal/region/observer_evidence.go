package region

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// watch is what an observer knows of one evidence item from watching it. An
// entry is fresh if it moved while it was watched: no clock of anybody else's is
// looked at.
type watch struct {
	since   time.Duration // of the first of an unbroken row of reads
	last    time.Duration // read
	reads   int           // in that row
	entries map[string]watched
}

type watched struct {
	Evidence
	moved    time.Duration // last seen to; or since when it was watched not to
	hasMoved bool
}

// sees takes in the item as it is now.
func (w *watch) sees(now, interval time.Duration, entries map[string]Evidence) {
	if w.reads == 0 || now-w.last > still*interval {
		*w = watch{since: now}
	}
	first := w.reads == 0
	w.last = now
	w.reads++
	before := w.entries
	w.entries = make(map[string]watched, len(entries))
	for id, e := range entries {
		old, known := before[id]
		switch {
		case first:
			w.entries[id] = watched{Evidence: e, moved: now}
		case !known, e.Epoch != old.Epoch, e.Seq > old.Seq:
			w.entries[id] = watched{Evidence: e, moved: now, hasMoved: true}
		default:
			w.entries[id] = old // an older copy of the item changes nothing
		}
	}
}

// complete tells whether the item was watched long enough to know who is alive.
func (w *watch) complete(now, interval time.Duration) bool {
	return w.reads > 1 && w.last-w.since >= still*interval && now-w.last <= still*interval
}

func (w watched) fresh(now, interval time.Duration) bool {
	return w.hasMoved && now-w.moved <= still*interval
}

// standsStill tells whether nobody writes the item any more.
func (w *watch) standsStill(now, interval time.Duration) bool {
	if !w.complete(now, interval) {
		return false
	}
	for _, e := range w.entries {
		if e.fresh(now, interval) {
			return false
		}
	}
	return true
}

// votes counts, for each of the regions, the fresh entries that hold it up and
// down. The own entry is not among them, nor are those of who looked once: what a
// health check saw just before a fault would keep the verdict where it is for as long
// as its entry is fresh, against all who have seen more since.
func (o *Observer) votes() (up, down []int) {
	up, down = make([]int, len(o.s.Regions)), make([]int, len(o.s.Regions))
	for i := range o.watches {
		for id, e := range o.watches[i].entries {
			if id == o.s.ID || e.Once || !e.fresh(o.now, o.s.Interval) {
				continue
			}
			for r, name := range o.s.Regions {
				switch {
				case slices.Contains(e.Down, name):
					down[r]++
				case slices.Contains(e.Regions, name):
					up[r]++
				}
			}
		}
	}
	return up, down
}

// tellPeers gives the judge the other gateways' votes.
func (o *Observer) tellPeers() {
	up, down := o.votes()
	for r, name := range o.s.Regions {
		o.do(ObserverAction{Kind: TellJudge, Event: Event{Kind: Peers, Region: name, Up: up[r], DownVotes: down[r]}})
	}
	o.spoke = true
}

// forgetPeers takes the votes back once they are old.
func (o *Observer) forgetPeers() {
	if o.spoke && o.now-o.lastRead > still*o.s.Interval {
		o.tellPeers() // none of them is fresh any more
		o.spoke = false
	}
}

func (o *Observer) takeReport(r Opinion) {
	known := Opinion{Panic: r.Panic, Doubt: r.Doubt, Down: map[string]string{}}
	for name, why := range r.Down {
		if slices.Contains(o.s.Regions, name) {
			known.Down[name] = why
		}
	}
	changed := !o.reported || known.Panic != o.opinion.Panic || known.Doubt != o.opinion.Doubt ||
		!maps.EqualFunc(known.Down, o.opinion.Down, func(_, _ string) bool { return true }) // the same regions
	o.opinion, o.reported = known, true
	if changed {
		o.since = o.wall
		o.nextBeat = o.now
		o.hurry()
	}
}

// hurry reads more often for a while, as something is changing.
func (o *Observer) hurry() {
	o.hurryUntil = o.now + still*o.s.Interval
	o.nextRead = min(o.nextRead, o.now+o.jittered(o.s.Interval/5))
}

// beat writes the own entry: the opinion, and a sign of life.
func (o *Observer) beat() {
	if o.beating.id != 0 || !o.reported || !o.seqKnown || o.now < o.nextBeat {
		return
	}
	o.seq = max(o.seq, o.tableSeq) + 1
	e := Evidence{
		Epoch: o.s.Epoch, Seq: o.seq,
		Regions: o.s.Regions, Down: slices.Sorted(maps.Keys(o.opinion.Down)),
		Panic: o.opinion.Panic, Doubt: o.opinion.Doubt, Since: o.since, At: o.wall,
	}
	o.writeEntry(o.s.ID, e.attributes(), o.tableSeq)
	o.nextBeat = o.now + o.jittered(o.s.Interval)
}

// writeEntry replaces an entry of the own evidence item, nil for none, if its
// seq is still what was read.
func (o *Observer) writeEntry(id string, value any, seq int64) {
	c := Change{
		Entry: Entry{Map: attrObservers, Name: id, Value: value},
		Where: Where{Path: []string{attrObservers, id, "seq"}, Is: seq},
	}
	if o.s.Broken.StaleWriteWins {
		c.Where = Where{}
	}
	o.beating = o.ask()
	o.do(ObserverAction{Kind: WriteItem, Request: o.beating.id, Key: o.ownKey, Change: c})
	o.pruning = value == nil
}

func (o *Observer) evidenceWritten(err error) {
	switch {
	case err == nil && o.pruning:
		o.counters.Writes++
		o.counters.Pruned++
	case err == nil:
		o.counters.Writes++
		o.tableSeq = o.seq
	case errors.Is(err, ErrConflict):
		o.counters.Conflicts++
		o.seqKnown = o.pruning && o.seqKnown // else another run of ours may have written: read first
		o.soon()
	default:
		o.counters.Failures++
		o.seqKnown = o.pruning && o.seqKnown
	}
}

// soon reads again at once, but not at the same moment as all the others.
func (o *Observer) soon() {
	o.nextRead = min(o.nextRead, o.now+time.Duration(o.rng.Int64N(int64(o.s.Interval/10)+1)))
}

// prune takes away one entry of the own evidence item that has not moved for
// long: its gateway is gone, or has got another id.
func (o *Observer) prune() {
	if o.beating.id != 0 {
		return
	}
	w := &o.watches[o.rank]
	for _, id := range slices.Sorted(maps.Keys(w.entries)) {
		e := w.entries[id]
		if id != o.s.ID && o.now-e.moved >= forgotten*o.s.Interval {
			o.writeEntry(id, nil, e.Seq)
			return
		}
	}
}
