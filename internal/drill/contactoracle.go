package drill

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// JudgeContacts says what a drill of contact flows came to. It is pure: the same
// history gives the same report.
func JudgeContacts(h *ConnectHistory) *ConnectReport {
	o := &contactOracle{
		h: h,
		r: &ConnectReport{
			Seed: h.Seed, Seconds: h.Ended.Sub(h.Began).Seconds(), Planned: h.Planned.Seconds(), Interrupted: h.Interrupted,
			Contacts: len(h.Contacts), Checks: len(h.Checks), Placed: len(h.Ledger),
			Faults: []ConnectFault{}, Violations: []string{},
		},
		ledger: map[string][]*Placed{},
	}
	for i := range h.Ledger {
		o.ledger[h.Ledger[i].Session] = append(o.ledger[h.Ledger[i].Session], &h.Ledger[i])
	}
	o.measure()
	o.summary()
	for i := range h.Contacts {
		o.contact(&h.Contacts[i])
	}
	o.strangers()
	for i, f := range h.Faults {
		o.r.Faults = append(o.r.Faults, o.fault(i, f))
	}
	return o.r
}

// contactOracle is one judgement under way.
type contactOracle struct {
	h      *ConnectHistory
	r      *ConnectReport
	ledger map[string][]*Placed  // by session
	usual  map[int]time.Duration // how long a customer waits in all who has so many things to say
}

func (o *contactOracle) violated(format string, args ...any) {
	o.r.Violations = append(o.r.Violations, fmt.Sprintf(format, args...))
}

// firstFault is when the first fault began, or the end of the drill.
func (o *contactOracle) firstFault() time.Time {
	if len(o.h.Faults) == 0 {
		return o.h.Ended
	}
	return o.h.Faults[0].From
}

// measure learns how long customers wait when nothing is wrong.
func (o *contactOracle) measure() {
	waits := map[int][]time.Duration{}
	for i := range o.h.Contacts {
		c := &o.h.Contacts[i]
		if c.End == ContactServed && c.Ended.Before(o.firstFault()) {
			waits[c.Sayings] = append(waits[c.Sayings], c.Waited)
		}
	}
	o.usual = medians(waits)
}

func (o *contactOracle) extra(c *Contact) time.Duration { return max(0, c.Waited-o.usual[c.Sayings]) }

func (o *contactOracle) summary() {
	lanes := map[int]bool{}
	var told []time.Duration
	for i := range o.h.Contacts {
		c := &o.h.Contacts[i]
		lanes[c.Lane] = true
		told = append(told, c.LedIn)
		o.r.Utterances += c.Said
		o.r.Repeats += c.Repeats
		o.r.Silence = max(o.r.Silence, c.Silence.Seconds())
		o.r.LateMS = max(o.r.LateMS, c.Late.Milliseconds())
		if c.branched() {
			o.r.Branched++
		}
	}
	o.r.Lanes, o.r.Asked = len(lanes), quantiles(told)
	for _, c := range o.h.Checks {
		if c.Fault != "" {
			o.r.Failed++
		}
	}
	for i := 1; i < len(o.h.Table); i++ {
		if o.h.Table[i].Says != o.h.Table[i-1].Says {
			o.r.Moves++
		}
	}
	if len(o.usual) == 0 {
		o.r.Notes = append(o.r.Notes, "too few contacts were served before the first fault to know how long one takes: extra waits are whole waits")
	}
}

// contact judges one contact.
func (o *contactOracle) contact(c *Contact) {
	spared := o.spared(c)
	switch {
	case c.End == ContactStopped:
		o.r.Stopped++
	case c.End == ContactServed:
	case spared:
		o.r.Spared++
	case c.End == ContactGaveUp:
		o.r.GaveUp++
		o.violated("contact %d: the customer gave up after %.1f s: %s", c.Number, c.Ended.Sub(c.Began).Seconds(), c.Text)
	default:
		o.r.Lost++
		o.violated("contact %d was lost after %.1f s (%s): %s", c.Number, c.Ended.Sub(c.Began).Seconds(), c.End, c.Text)
	}
	if c.End != ContactStopped && !slices.Contains(o.h.Regions, c.Led) {
		o.r.Misled++
		o.violated("contact %d: the flow was told %q, which is none of the regions", c.Number, c.Led)
	}
	o.order(c)
}

// spared reports whether a contact was under way while every region was broken.
func (o *contactOracle) spared(c *Contact) bool {
	return slices.ContainsFunc(o.h.Faults, func(f Fault) bool {
		return len(f.Regions) >= len(o.h.Regions) && c.Ended.After(f.From) && (f.To.IsZero() || c.Began.Before(f.To))
	})
}

// order compares what a customer ordered with the ledger.
func (o *contactOracle) order(c *Contact) {
	placed := o.ledger[c.ID]
	switch {
	case c.End == ContactServed && len(placed) == 0:
		o.r.Missing++
		o.violated("contact %d (%s) was told that its order is placed, and it is not", c.Number, c.ID)
	case len(placed) > 1:
		o.r.Twice++
		o.violated("contact %d (%s) ordered once, and %d orders were placed", c.Number, c.ID, len(placed))
	}
	for _, p := range placed {
		for name, want := range c.Order.Slots() {
			if got := p.Slots[name]; got != want {
				o.r.Wrong++
				o.violated("contact %d (%s) ordered %s %q, and %q was placed", c.Number, c.ID, name, want, got)
				break
			}
		}
	}
}

// strangers finds orders that no contact of this drill placed.
func (o *contactOracle) strangers() {
	known := map[string]bool{}
	for i := range o.h.Contacts {
		known[o.h.Contacts[i].ID] = true
	}
	for i := range o.h.Ledger {
		if p := &o.h.Ledger[i]; !known[p.Session] {
			o.r.Wrong++
			o.violated("the ledger has an order of %q, which is no contact", p.Session)
		}
	}
}

// fault reports on fault number i.
func (o *contactOracle) fault(i int, f Fault) ConnectFault {
	end, next := f.To, o.h.Ended.Add(time.Hour)
	if end.IsZero() {
		end = o.h.Ended
	}
	if i+1 < len(o.h.Faults) {
		next = o.h.Faults[i+1].From
	}
	r := ConnectFault{
		Kind: f.Kind, Regions: f.Regions, At: f.From.Sub(o.h.Began).Seconds(), For: end.Sub(f.From).Seconds(),
		Checked: o.checked(f.From, next),
	}
	isBroken := func(region string) bool { return slices.Contains(f.Regions, region) }
	moved := o.named(f.From, end, func(says string) bool { return slices.Contains(o.h.Regions, says) && !isBroken(says) })
	r.Moved = elapsed(f.From, moved)
	r.BackMoved = elapsed(end, o.named(end, next, isBroken))
	r.LastLed, r.BackLed = o.led(f.From, end, next, isBroken)
	if moved.IsZero() {
		moved = end
	}
	r.Before = o.phase(func(c *Contact) bool { return c.Ended.After(f.From) && c.Began.Before(moved) })
	r.Until = o.phase(func(c *Contact) bool { return !c.Began.Before(moved) && c.Began.Before(end) })
	r.After = o.phase(func(c *Contact) bool { return !c.Began.Before(end) && c.Ended.Before(next) })
	return r
}

// checked is when the first health check that began after a fault had ended, in
// seconds after it.
func (o *contactOracle) checked(from, next time.Time) float64 {
	for _, c := range o.h.Checks {
		if !c.Began.Before(from) && c.Began.Before(next) {
			return c.Began.Add(c.Took).Sub(from).Seconds()
		}
	}
	return never
}

// named is when the table first said what is wanted, from one time to before
// another; at once if it did already. Zero if it never did.
func (o *contactOracle) named(from, before time.Time, wanted func(string) bool) time.Time {
	for i, word := range o.h.Table {
		last := i+1 == len(o.h.Table) || o.h.Table[i+1].Time.After(from)
		if last && word.Time.Before(before) && wanted(word.Says) {
			return latest(word.Time, from)
		}
	}
	return time.Time{}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// elapsed is how many seconds lie between two times, never if the later one is none.
func elapsed(from, to time.Time) float64 {
	if to.IsZero() {
		return never
	}
	return to.Sub(from).Seconds()
}

// led finds the last contact that was led to a broken region, and the first one
// that was led there after it was restored.
func (o *contactOracle) led(from, end, next time.Time, isBroken func(string) bool) (last, back float64) {
	last, back = never, never
	for i := range o.h.Contacts {
		c := &o.h.Contacts[i]
		switch {
		case !isBroken(c.Led) || c.Began.Before(from) || !c.Began.Before(next):
		case c.Began.Before(end):
			last = max(last, c.Began.Sub(from).Seconds())
		case back == never || c.Began.Sub(end).Seconds() < back:
			back = c.Began.Sub(end).Seconds()
		}
	}
	return last, back
}

// phase sums up the contacts that are in it.
func (o *contactOracle) phase(in func(*Contact) bool) (p Phase) {
	var extra []time.Duration
	for i := range o.h.Contacts {
		c := &o.h.Contacts[i]
		if !in(c) || c.End == ContactStopped {
			continue
		}
		p.Contacts++
		p.Repeats += c.Repeats
		p.Silence = max(p.Silence, c.Silence.Seconds())
		if c.branched() {
			p.Branched++
		}
		if c.End == ContactServed {
			extra = append(extra, o.extra(c))
		} else {
			p.Lost++
		}
	}
	p.Extra = quantiles(extra)
	return p
}

// sortContacts sorts contacts by their numbers.
func sortContacts(contacts []Contact) {
	slices.SortFunc(contacts, func(a, b Contact) int { return cmp.Compare(a.Number, b.Number) })
}
