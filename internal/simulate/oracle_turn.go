package simulate

import (
	"time"

	"lexline/internal/region"
)

// sent judges an attempt.
func (o *oracle) sent(t *turn, view region.View, order region.Order) {
	o.sawPoison(t, o.r.index(order.Region))
	o.sentWhere(t, view, order)
	if order.Attempt == 0 {
		o.sentFirst(t, view, order)
	}
	if order.Hedge {
		o.hedged(t, view)
	}
	if t.what.commits {
		o.sentToCommit(t, order)
	}
}

// sawPoison notes that a region was asked what no region can bear.
func (o *oracle) sawPoison(t *turn, i int) {
	if !t.what.poison {
		return
	}
	now, sights := o.r.w.now, o.seen[t.g.index]
	sights[i].poisoned = now
	for k := range sights {
		if k != i && sights[k].down {
			o.poisoned[t.g.index] = now
		}
	}
}

// sentWhere judges that an attempt does not go to a region that was taken out. What
// the step that sends it was evidence of is for the next one.
func (o *oracle) sentWhere(t *turn, view region.View, order region.Order) {
	s := &o.seen[t.g.index][o.r.index(order.Region)]
	cond, _ := view.Of(order.Region)
	down := s.down && s.downAt < o.r.w.now && !o.panic[t.g.index]
	if view.Pinned != order.Region && (cond.Ejected || down) {
		o.violate("ejected", "call %d turn %d: attempt %d went to %s, which was taken out", t.c.id, t.what.number, order.Attempt, order.Region)
	}
}

// sentFirst judges that the first attempt goes where the pin is, or else where the
// call is unless something speaks against that.
func (o *oracle) sentFirst(t *turn, view region.View, order region.Order) {
	if pin := o.pinnedAt(t.g); pin != "" && order.Region != pin && o.seen[t.g.index][o.r.index(pin)].full != o.r.w.now {
		o.violate("pin", "call %d turn %d: the first attempt went to %s, and %s is pinned", t.c.id, t.what.number, order.Region, pin)
	}
	own, _ := view.Of(t.c.region)
	good := (own.State == region.Healthy || own.State == region.Recovering) && !own.Throttled && !own.Full
	if view.Pinned == "" && good && order.Region != t.c.region {
		o.violate("sticky", "call %d turn %d: it was sent to %s first, and the call is in %s, which is %s", t.c.id, t.what.number, order.Region, t.c.region, own.State)
	}
}

// hedged judges that a hedge was earned, and that no region throttles.
func (o *oracle) hedged(t *turn, view region.View) {
	for _, c := range view.Regions {
		if c.Throttled {
			o.violate("budget", "call %d turn %d: it was hedged while %s throttles", t.c.id, t.what.number, c.Name)
		}
	}
	g := t.g.index
	o.hedges[g]++
	full := 41 * float64(t.g.life) // what a budget has at the start, and is given while it is full
	if float64(o.hedges[g]) > full+float64(o.turns[g])/10+o.r.w.now.Seconds()/6 {
		o.violate("budget", "%s sent %d hedges for %d turns", t.g.id, o.hedges[g], o.turns[g])
	}
}

// sentToCommit judges that a turn that places an order is not hedged and, where
// orders are not placed once by themselves, not sent again while it may have been
// executed.
func (o *oracle) sentToCommit(t *turn, order region.Order) {
	alive := 0
	for i := range t.attempts {
		if !t.attempts[i].over {
			alive++
		}
	}
	switch {
	case order.Hedge:
		o.violate("commit", "call %d turn %d: it places an order and was hedged", t.c.id, t.what.number)
	case !o.r.s.Hook && (alive > 0 || t.marks.unsure):
		o.violate("commit", "call %d turn %d: it was sent again and may have been executed", t.c.id, t.what.number)
	}
}

// answered judges an answer that was taken.
func (o *oracle) answered(t *turn, attempt int, state dialog) {
	c := t.c
	if t.closed || c.turn != t || t.what.number <= c.answered {
		o.stale(t)
		return
	}
	if want, _ := t.what.hear(c.is); state != want {
		o.violate("slots", "call %d turn %d: answered by attempt %d with %v; want %v", c.id, t.what.number, attempt, state, want)
	}
}

// stale notes that an answer was taken that came too late.
func (o *oracle) stale(t *turn) {
	o.violate("stale", "call %d: an answer to turn %d was taken, %d were answered", t.c.id, t.what.number, t.c.answered)
}

// overIn judges when a turn was over.
func (o *oracle) overIn(t *turn) {
	const turn = 6 * time.Second
	if late := o.r.w.now - t.end; late > turn {
		o.violate("late", "call %d turn %d was over %v after its end", t.c.id, t.what.number, late)
	}
}

// gaveUp judges a turn that was lost: that is excused only if no region was fit
// to answer it.
func (o *oracle) gaveUp(t *turn) {
	o.r.stats.Lost++
	switch {
	case t.what.poison, t.marks.bots > 1, t.what.commits && !o.r.s.Hook && t.marks.unsure:
		return
	}
	for i := range o.r.bots {
		if o.fit(t, i) {
			o.violate("lost", "call %d turn %d was lost, and %s was fit to answer it", t.c.id, t.what.number, o.r.names[i])
			return
		}
	}
	for i := range o.r.bots {
		if !o.faulty(t.g.index, i, t.began, o.r.w.now, anyFault) && t.marks.noise[i] == 0 {
			o.r.stats.Unlucky++
			return
		}
	}
}

// longestRequest is how long a region may be busy with a request that was begun
// under a fault.
const longestRequest = 20 * time.Second

// fit reports whether nothing kept a region from answering a turn. Four attempts
// leave room for a single error in a region only if there is one other.
func (o *oracle) fit(t *turn, i int) bool {
	s := &o.seen[t.g.index][i]
	if t.marks.held[i] > 2 && o.faulty(t.g.index, i, t.began-longestRequest, t.began, anyFault) {
		return false // a request of an earlier turn, slow since a fault that is over, holds the session
	}
	return !s.down && s.upAt < t.began && s.full < t.began && t.marks.noise[i] <= 3-o.r.s.Regions &&
		!o.faulty(t.g.index, i, t.began, o.r.w.now, anyFault)
}
