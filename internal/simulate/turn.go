package simulate

import (
	"time"

	"lexline/internal/region"
)

// turn carries out the plan of one turn, as the client of Lex does in the product.
type turn struct {
	c        *caller
	g        *gateway
	what     utterance
	plan     *region.Turn
	id       uint64
	began    time.Duration
	end      time.Duration // of the utterance
	ended    bool
	attempts []try
	timer    uint64 // of the plan's next step; an earlier one is void
	closed   bool
	marks    marks // the oracle's
}

// try is one attempt.
type try struct {
	region  int
	sent    time.Duration
	request *request // nil for an inquiry
	over    bool
}

// ends tells the plan that the caller has finished, and the regions that the
// utterance is whole.
func (t *turn) ends() {
	if t.closed || t.ended {
		return
	}
	t.ended = true
	t.step(region.Report{Kind: region.Ended})
	for i := range t.attempts {
		if a := &t.attempts[i]; !a.over && a.request != nil {
			a.request.home.complete(a.request)
		}
	}
}

// step tells the plan something and does what it wants.
func (t *turn) step(report region.Report) {
	if t.closed {
		return
	}
	view := t.g.view()
	for _, o := range t.plan.Step(t.c.w.now, view, report) {
		switch o.Kind {
		case region.Send:
			t.send(view, o)
		case region.Inquire:
			t.inquire(o)
		case region.Drop:
			t.dropped(o)
		case region.GiveUp:
			t.giveUp(o)
		}
	}
	if t.closed {
		return
	}
	t.timer++
	timer := t.timer
	if at, ok := t.plan.Next(t.g.view()); ok {
		t.c.w.at(max(at, t.c.w.now+1), func() {
			if timer == t.timer {
				t.step(region.Report{Kind: region.Passed})
			}
		})
	}
}

func (t *turn) send(view region.View, o region.Order) {
	c, w := t.c, t.c.w
	i := c.r.index(o.Region)
	c.oracle.sent(t, view, o)
	c.r.stats.Attempts++
	if o.Hedge {
		c.r.stats.Hedges++
	}
	r := &request{bot: c.r.bots[i], home: c.r.bots[i], what: t.what, retreat: o.Retreat}
	r.carries = c.thread.Carries(o.Region, w.now)
	if r.carries {
		_, r.state = c.thread.Turn()
	}
	c.thread.Sent(o.Region, w.now)
	if ok, _ := t.g.limiters[i].Acquire(); !ok {
		c.oracle.violate("room", "call %d turn %d: attempt %d went to %s, where no room is left", c.id, t.what.number, o.Attempt, o.Region)
	}
	if w.tracing() {
		w.say("call %d turn %d: attempt %d to %s, hedge %v, carries %v", c.id, t.what.number, o.Attempt, o.Region, o.Hedge, r.carries)
	}
	t.attempts = append(t.attempts, try{region: i, sent: w.now, request: r})
	attempt := len(t.attempts) - 1
	r.done = func(out outcome) { t.heard(attempt, out) }
	r.home.send(r)
	if t.ended {
		w.after(20*time.Millisecond, func() { r.home.complete(r) }) // all of it, as fast as the network takes it
	}
}

// heard takes the end of a request.
func (t *turn) heard(attempt int, out outcome) {
	a := &t.attempts[attempt]
	c, w := t.c, t.c.w
	name := c.r.names[a.region]
	good := out.class == region.None && !out.conflict && !out.refused
	if a.over {
		// The attempt was dropped, and its answer came all the same. Who reads it
		// from the wire gives it to the thread, which has had a later one.
		if good && t.what.number <= c.answered && c.end == running && c.thread.Accept(t.what.number, name, out.state.bytes(), w.now) {
			c.oracle.stale(t)
			c.is = out.state
		}
		return
	}
	if w.tracing() {
		w.say("call %d turn %d: attempt %d in %s: class %q conflict %v refused %v", c.id, t.what.number, attempt, name, out.class, out.conflict, out.refused)
	}
	if good {
		c.oracle.answered(t, attempt, out.state)
		if !c.thread.Accept(t.what.number, name, out.state.bytes(), w.now) {
			c.oracle.violate("stale", "call %d turn %d: its answer was refused, %d were answered", c.id, t.what.number, c.answered)
			return
		}
	}
	t.settle(attempt)
	began := a.sent
	switch {
	case good:
		t.over()
		t.g.observe(region.Event{Kind: region.Outcome, Region: name, Began: began, Took: w.now - max(t.end, began), Turn: t.id})
		t.finish(region.Report{Kind: region.Answered, Attempt: attempt})
		c.r.stats.answered(t, w.now)
		c.accepted(t, name, out.state)
		return
	case out.conflict:
		t.marks.held[c.r.index(name)]++
		t.step(region.Report{Kind: region.Conflict, Attempt: attempt})
		return
	case out.refused:
		t.step(region.Report{Kind: region.Refused, Attempt: attempt})
		return
	}
	if out.unsent {
		c.thread.Unsent(name)
	} else {
		t.marks.unsure = true
	}
	t.g.observe(region.Event{Kind: region.Outcome, Region: name, Class: out.class, Began: began, Turn: t.id})
	t.step(region.Report{Kind: region.Failed, Attempt: attempt, Class: out.class, Unsent: out.unsent})
}

// finish tells the plan of its answer; the drops that come of it are the last
// that is done for the turn.
func (t *turn) finish(report region.Report) {
	for _, o := range t.plan.Step(t.c.w.now, t.g.view(), report) {
		if o.Kind == region.Drop {
			t.dropped(o)
		}
	}
	if !t.plan.Over() {
		t.c.oracle.violate("plan", "call %d turn %d was answered, and its plan is not over", t.c.id, t.what.number)
	}
}

// inquire asks a region what became of the turn.
func (t *turn) inquire(o region.Order) {
	c, w := t.c, t.c.w
	i := c.r.index(o.Region)
	t.attempts = append(t.attempts, try{region: i, sent: w.now})
	attempt := len(t.attempts) - 1
	c.r.stats.Inquiries++
	if w.tracing() {
		w.say("call %d turn %d: inquiry in %s", c.id, t.what.number, o.Region)
	}
	c.r.bots[i].inquire(t.what, func(executed bool, out outcome) {
		if t.closed || t.attempts[attempt].over {
			return
		}
		switch {
		case out.class != region.None:
			t.attempts[attempt].over = true
			t.step(region.Report{Kind: region.Failed, Attempt: attempt, Class: out.class})
		case executed:
			t.heard(attempt, out)
		default:
			t.attempts[attempt].over = true
			t.step(region.Report{Kind: region.Inquired, Attempt: attempt})
		}
	})
}

// dropped does what the plan wants when it waits for an attempt no longer, and
// tells the judge what that says of the region.
func (t *turn) dropped(o region.Order) {
	a := &t.attempts[o.Attempt]
	if t.c.w.tracing() {
		t.c.w.say("call %d turn %d: drop attempt %d in %s: class %q raced %v", t.c.id, t.what.number, o.Attempt, o.Region, o.Class, o.Raced)
	}
	t.drop(o.Attempt)
	switch {
	case o.Class != region.None:
		t.marks.unsure = true
		t.g.observe(region.Event{Kind: region.Outcome, Region: o.Region, Class: o.Class, Began: a.sent, Turn: t.id})
	case o.Raced:
		t.g.observe(region.Event{Kind: region.LostRace, Region: o.Region, Began: a.sent, Turn: t.id})
	}
}

// drop cancels an attempt. What the region has of it whole, it does all the same.
func (t *turn) drop(attempt int) {
	a := &t.attempts[attempt]
	if a.over {
		return
	}
	t.settle(attempt)
	if a.request != nil {
		a.request.dropped = true
		a.request.home.leave(a.request)
		if !a.request.body {
			a.request.over = true
		}
	}
}

// settle gives back what an attempt held.
func (t *turn) settle(attempt int) {
	a := &t.attempts[attempt]
	if a.over {
		return
	}
	a.over = true
	if a.request != nil {
		t.g.limiters[a.region].Release()
	}
}

// giveUp ends a turn without an answer.
func (t *turn) giveUp(o region.Order) {
	if t.c.w.tracing() {
		t.c.w.say("call %d turn %d: given up, last %q", t.c.id, t.what.number, o.Class)
	}
	t.over()
	t.c.oracle.gaveUp(t)
	t.c.unanswered(t)
}

// over takes the turn off the gateway's list.
func (t *turn) over() {
	if t.closed {
		return
	}
	t.closed = true
	t.c.oracle.overIn(t)
	for i, other := range t.g.turns {
		if other == t {
			t.g.turns = append(t.g.turns[:i], t.g.turns[i+1:]...)
			return
		}
	}
}
