package region

import (
	"cmp"
	"time"
)

// pins is what an observer knows of pins. How long one holds is counted on this
// gateway's own steady clock from the moment it was learned.
type pins struct {
	held  Pin           // in force here; zero for none
	ends  time.Duration // when held ends
	table Pin           // as the table last had it, over or not

	// An operator's order that the table has not got yet.
	asked bool
	want  Pin // zero Region: no pin
	when  time.Duration
	base  Pin // table, when the order was given
}

// Pinned returns the pin that is in force, zero for none, and whether the table
// has yet to be told of it or of its end.
func (o *Observer) Pinned() (pin Pin, pending bool) { return o.pins.held, o.pins.asked }

// beyond is how far ahead the end of a pin may lie: it was LongestPin at most when
// the pin was set, by a clock that may differ from the one that is asked.
const beyond = 2 * LongestPin

// isBeyond tells whether an item's pin ends so far ahead that nobody may have set
// it: by our clock, and by that of the item's writer, which may be right when ours
// is wrong.
func isBeyond(v VerdictItem, wall time.Time) bool {
	return !v.Pin.IsZero() && v.Pin.Until.Sub(wall) > beyond && (v.At.IsZero() || v.Pin.Until.Sub(v.At) > beyond)
}

// takePin takes in the pin of a verdict item that was just read.
func (o *Observer) takePin(v VerdictItem) {
	p := &o.pins
	if p.asked && v.Pin.same(p.held) {
		p.asked, p.table = false, v.Pin // written, though we were not told; or somebody else gave the same order
		return
	}
	if !v.Pin.same(p.held) && isBeyond(v, o.wall) {
		// No gateway and no command wrote it. It neither holds nor ends one that
		// does; the next verdict is written over it.
		o.counters.Invalid++
		p.table = v.Pin
		return
	}
	if p.asked {
		overruled := o.now-p.when > still*o.s.Interval && !v.Pin.same(p.base)
		if !overruled {
			return
		}
		p.asked = false // while the table was away somebody gave another order
		p.table = p.want
	}
	if v.Pin.same(p.table) {
		return
	}
	p.table = v.Pin
	left := v.Pin.left(o.wall)
	if watched := o.lastRead >= 0 && o.now-o.lastRead <= still*o.s.Interval; watched && !v.At.IsZero() {
		// It was written since the last read: its writer's clock alone says how
		// long it holds, and ours may be wrong.
		left = v.Pin.left(v.At)
	}
	if v.Pin.IsZero() {
		why, _ := v.unpinned()
		v.Pin = Pin{By: v.By, Why: why} // who took it away
	}
	o.hold(v.Pin, left)
}

// hold puts a pin in force for that long, or takes the one in force away.
func (o *Observer) hold(pin Pin, left time.Duration) {
	if left <= 0 {
		if !o.pins.held.IsZero() {
			o.do(ObserverAction{Kind: TellJudge, Event: Event{Kind: PinEnded, By: pin.By, Why: pin.Why}})
		}
		o.pins.held = Pin{}
		return
	}
	o.pins.held, o.pins.ends = pin, o.now+left
	o.do(ObserverAction{Kind: TellJudge, Event: Event{Kind: PinSet, Region: pin.Region, For: left, Until: pin.Until, By: pin.By, Why: pin.Why}})
}

// expirePin ends the pin whose time is over. The judge counts the same time
// itself.
func (o *Observer) expirePin() {
	if !o.pins.held.IsZero() && o.now >= o.pins.ends {
		o.pins.held = Pin{}
	}
}

// askPin takes an operator's order: it counts here at once, and for the others
// once the table has it.
func (o *Observer) askPin(pin Pin) {
	o.pins.asked, o.pins.want, o.pins.when, o.pins.base = true, pin, o.now, o.pins.table
	o.hold(pin, pin.left(o.wall))
	o.nextRead = o.now
}

// writePin writes the order that the table has not got yet, on top of what was
// just read. It waits for nobody's turn.
func (o *Observer) writePin() {
	p := o.pins
	if !p.want.IsZero() && p.held.IsZero() {
		o.pins.asked = false // it ended before the table could be told
		return
	}
	region, state := o.region, o.state
	if region == "" {
		region = o.verdict.Region
	}
	if region == "" {
		region = o.s.Regions[0]
	}
	if state == "" {
		state = TableOK
	}
	entry := HistoryEntry{What: "unpin", From: cmp.Or(p.base.Region, region), To: region, Why: p.want.Why}
	v := VerdictItem{Region: region, State: state, By: p.want.By, Why: p.want.Why}
	if p.held.IsZero() {
		v.Why = unpinnedWhy(v.Why)
	} else {
		v.Pin, v.Region = p.held, p.held.Region
		entry.What, entry.To = "pin", v.Region
	}
	o.write(v, entry)
}

// pinWritten notes that the table has the pin of v.
func (o *Observer) pinWritten(v VerdictItem) {
	o.pins.table = v.Pin
	if o.pins.asked && v.Pin.same(o.pins.held) {
		o.pins.asked = false
	}
}
