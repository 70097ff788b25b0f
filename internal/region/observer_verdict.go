package region

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// read asks for all items when it is time.
func (o *Observer) read() {
	if o.reading.id != 0 || o.now < o.nextRead {
		return
	}
	o.reading = o.ask()
	keys := append([]string{o.s.Key}, o.fromKeys...)
	o.do(ObserverAction{Kind: ReadItems, Request: o.reading.id, Keys: keys})
}

// takeItems takes in what a read brought.
func (o *Observer) takeItems(items []Got) {
	o.nextRead = o.now + o.jittered(o.s.Interval)
	if o.now < o.hurryUntil {
		o.nextRead = o.now + o.jittered(o.s.Interval/5)
	}
	o.readable = false
	whole := true // every item is known for what it is
	for _, key := range append([]string{o.s.Key}, o.fromKeys...) {
		got := find(items, key)
		if got.Err != nil && !errors.Is(got.Err, ErrNotFound) {
			whole = false
			continue
		}
		if got.Err != nil {
			got.Item = Item{Key: key}
		}
		if key == o.s.Key {
			o.takeVerdict(got.Item, got.Err != nil)
		} else if !o.takeEvidence(key, got.Item) {
			whole = false
		}
	}
	if !o.readable && !whole {
		o.counters.Failures++
		return
	}
	o.counters.Reads++
	o.lastRead = o.now
	o.tellPeers()
	if o.readable {
		o.decide(whole)
	}
	o.prune()
}

func find(items []Got, key string) Got {
	for _, got := range items {
		if got.Key == key {
			return got
		}
	}
	return Got{Key: key, Err: errors.New("not answered")}
}

// takeEvidence takes in one evidence item and tells whether it could be read.
func (o *Observer) takeEvidence(key string, item Item) bool {
	entries, faults, ok := DecodeEvidence(item)
	if len(faults) > 0 {
		o.counters.Invalid++
	}
	if key == o.ownKey && o.beating.id == 0 {
		o.tableSeq, o.seqKnown = entrySeq(item, o.s.ID), true
	}
	for i := range o.fromKeys {
		switch {
		case o.fromKeys[i] == key && ok:
			o.watches[i].sees(o.now, o.s.Interval, entries)
		case o.fromKeys[i] == key:
			o.watches[i] = watch{}
		}
	}
	return ok
}

// entrySeq is what the condition on an entry's seq compares, whatever else the
// entry holds.
func entrySeq(item Item, id string) int64 {
	observers, _ := item.Attributes[attrObservers].(map[string]any)
	entry, _ := observers[id].(map[string]any)
	seq, _ := entry["seq"].(int64)
	return seq
}

// takeVerdict takes in the verdict item.
func (o *Observer) takeVerdict(item Item, missing bool) {
	v := DecodeVerdict(item, o.s.Regions)
	if missing {
		v.Faults = nil
	}
	if len(v.Faults) > 0 {
		o.counters.Invalid++
	}
	o.stray = v.Stray
	o.readable = v.Version <= maxVersion // else there is no next one
	o.version, o.region, o.state, o.missing = v.Version, v.Region, v.State, missing
	switch {
	case v.Version > maxVersion:
		return
	case v.Version < o.seen:
		// A replica that lags, a table restored from a backup, an item that
		// somebody deleted: what was seen before is still the newest word.
		if o.counters.Stale++; o.oldSince < 0 {
			o.oldSince = o.now
		}
		return
	}
	o.seen, o.oldSince = max(v.Version, 0), -1
	if missing {
		return
	}
	if v.Region == "" {
		return // what has no region was not written by us: it does not end a pin either
	}
	o.takePin(v)
	changed := v.Version != o.verdict.Version || v.Region != o.verdict.Region
	o.verdict = v
	o.advise(v)
	if changed || o.now-o.kept > keepEvery {
		o.keep(v)
	}
}

// keepEvery renews the copy on disk, so that its age tells when the table was last
// heard.
const keepEvery = 10 * time.Minute

func (o *Observer) keep(v VerdictItem) {
	o.kept = o.now
	o.do(ObserverAction{Kind: KeepCopy, Item: Item{Key: o.s.Key, Attributes: v.attributes()}})
}

// advise tells a judge that has just started where calls went before.
func (o *Observer) advise(v VerdictItem) {
	if o.advised || v.Region == "" {
		return
	}
	o.advised = true
	if v.Pin.Region == v.Region {
		return // an operator sends calls there, and nothing is said of the others
	}
	o.do(ObserverAction{Kind: TellJudge, Event: Event{Kind: Advice, Region: v.Region, By: v.By, Why: v.Why}})
}

// recall takes in the copy on disk, before the table was read.
func (o *Observer) recall(items []Got) {
	if len(items) == 0 || items[0].Err != nil || o.lastRead >= 0 {
		return
	}
	v := DecodeVerdict(items[0].Item, o.s.Regions)
	if v.Region == "" || v.Version > maxVersion {
		o.counters.Invalid++
		return
	}
	o.verdict = v
	o.takePin(v)
	o.advise(v)
	o.advised = false // the table may know better
}

// decide writes the verdict if it is this observer's turn and the table says
// something else than most gateways do. whole tells whether every evidence item
// was read.
func (o *Observer) decide(whole bool) {
	if o.writing.id != 0 {
		return
	}
	if o.pins.asked {
		o.writePin()
		return
	}
	if !whole || !o.mayDecide() {
		o.wanted = ""
		return
	}
	region, state, evidence := o.majority()
	why := evidence
	if o.pins.held.Region != "" && !o.s.Broken.PinIgnored {
		region = o.pins.held.Region
		why = "pinned by " + o.pins.held.By
	}
	pin := o.pins.held
	agreed := region == o.region && state == o.state && pin.same(o.pins.table)
	stale := o.oldSince >= 0 && o.now-o.oldSince >= still*o.s.Interval
	switch {
	case o.oldSince >= 0 && !stale:
		return // wait: it may only be a replica that lags
	case agreed && o.version > 0 && !stale:
		o.wanted = ""
		return
	case o.region == "" && !o.missing && o.state != TableDegraded && o.now < o.repairing:
		return // somebody else writes what we cannot use: not against each other all the time
	}
	if want := region + " " + string(state); o.wanted != want && o.pins.held.IsZero() {
		// Opinions that change together do not arrive together: what only one read
		// shows may be half of the old and half of the new.
		o.wanted = want
		o.hurry()
		return
	}
	o.wanted = ""
	o.repairing = o.now + forgotten/10*o.s.Interval
	entry := HistoryEntry{What: "move", From: o.region, To: region, Why: why, Evidence: evidence}
	if region == o.region {
		entry.What = "state"
		entry.Why = fmt.Sprintf("%s: %s", state, why)
	}
	v := VerdictItem{Region: region, State: state, Pin: pin, By: o.s.ID, Why: entry.Why}
	if agreed {
		// Somebody writes items without a version, as the article's check does at
		// every run: the item gets what it lacks, and nothing has happened that the
		// audit trail should tell.
		entry = HistoryEntry{}
	}
	o.write(v, entry)
}

// mayDecide tells whether this observer may write a verdict: it trusts itself,
// knows who else is alive, and nobody is before it.
func (o *Observer) mayDecide() bool {
	if !o.reported || o.opinion.Panic || o.opinion.Doubt {
		return false
	}
	for i := range o.watches {
		if !o.watches[i].complete(o.now, o.s.Interval) {
			return false
		}
		if i < o.rank && !o.watches[i].standsStill(o.now, o.s.Interval) {
			return false
		}
	}
	return true
}

// majority is what most fresh gateways hold, this one among them: the region
// calls should go to, starting from where they go now, and the votes in words.
// A region is left only if most hold it down, and only one that most hold up is
// gone to; so as many votes as there are against each other move nothing.
func (o *Observer) majority() (region string, state TableState, evidence string) {
	up, down := o.votes()
	var said []string
	for r, name := range o.s.Regions {
		if _, isDown := o.opinion.Down[name]; isDown {
			down[r]++
		} else {
			up[r]++
		}
		said = append(said, fmt.Sprintf("%s up %d, down %d", name, up[r], down[r]))
	}
	region = o.region
	if region == "" || o.oldSince >= 0 {
		region = o.verdict.Region // what was known before an item that cannot be used, or is older
	}
	if region == "" {
		region = o.s.Regions[0]
	}
	region, state = carried(o.s.Regions, region, up, down)
	return region, state, strings.Join(said, "; ")
}

// carried is what so many votes for each of the regions make of the one that calls
// go to now.
func carried(regions []string, region string, up, down []int) (string, TableState) {
	current, best := slices.Index(regions, region), -1
	for r := range regions {
		if best < 0 && up[r] > down[r] {
			best = r
		}
	}
	switch {
	case best < 0:
		return region, TableDegraded
	case best < current || down[current] > up[current]:
		region = regions[best]
	}
	return region, TableOK
}

// write asks for the verdict item to become v.
func (o *Observer) write(v VerdictItem, entry HistoryEntry) {
	v.Version = max(o.version, o.seen, 0) + 1
	v.At, v.By, v.Why = o.wall, clip(v.By), clip(v.Why)
	c := v.change(o.version)
	if o.s.Broken.StaleWriteWins {
		c.Where = Where{}
	}
	entry.At, entry.By = v.At, v.By
	o.written, o.entry = v, entry
	o.writing = o.ask()
	o.do(ObserverAction{Kind: WriteItem, Request: o.writing.id, Key: o.s.Key, Change: c})
}

func (o *Observer) verdictWritten(err error) {
	switch {
	case err == nil:
		o.counters.Writes++
		o.seen = max(o.seen, o.written.Version)
		o.verdict, o.oldSince = o.written, -1
		o.pinWritten(o.written)
		o.keep(o.written)
		if o.entry.What != "" {
			o.do(ObserverAction{Kind: AppendEntry, Entry: o.entry})
		}
	case errors.Is(err, ErrConflict):
		o.counters.Conflicts++
		o.soon()
	default:
		o.counters.Failures++
	}
}
