package simulate

import (
	"fmt"
	"time"

	"lexline/internal/region"
)

// oracle looks at everything that happens in a run. It knows the faults as they
// were drawn, and keeps books of its own: it does not ask the code that it judges.
type oracle struct {
	r          *run
	violations []Violation
	seen       [][]sight // by gateway and region
	panic      []bool    // by gateway
	panicEnded []time.Duration
	turns      []int // by gateway
	hedges     []int
	poisoned   []time.Duration // when an utterance that none can bear was last tried in one region alone
	pin        struct {
		gateway int
		region  string
		until   time.Duration // counted from the moment of the order
	}
}

// Violation is one thing that must not have happened.
type Violation struct {
	At   time.Duration
	Rule string // in one word
	What string
}

func (v Violation) String() string { return fmt.Sprintf("%.4f %s: %s", v.At.Seconds(), v.Rule, v.What) }

// sight is what the oracle knows of one gateway's view of one region.
type sight struct {
	down   bool
	downAt time.Duration
	back   time.Duration // when it last came back by its hold; never if it has not
	hold   time.Duration // the least that the present hold may be
	upAt   time.Duration // when it last ceased to be down
	noise  [3]time.Duration
	full   time.Duration // when it was last seen to have no room
	// when it was last asked what no region can bear
	poisoned time.Duration
}

// marks is what the oracle knows of one turn.
type marks struct {
	noise  [8]int // errors of the background, by region
	bots   int
	unsure bool // an attempt failed that may have been executed
}

// never is a time before every other.
const never = -time.Hour

func newOracle(r *run) *oracle {
	o := &oracle{
		r: r, panic: make([]bool, r.s.Gateways), panicEnded: make([]time.Duration, r.s.Gateways),
		turns: make([]int, r.s.Gateways), hedges: make([]int, r.s.Gateways),
	}
	for range r.s.Gateways {
		o.poisoned = append(o.poisoned, never)
		o.seen = append(o.seen, unseen(r.s.Regions))
	}
	return o
}

// unseen is what is known of regions before anything was seen.
func unseen(regions int) []sight {
	sights := make([]sight, regions)
	for i := range sights {
		sights[i] = sight{back: never, upAt: never, full: never, poisoned: never, noise: [3]time.Duration{never, never, never}}
	}
	return sights
}

// restarted notes that a gateway has forgotten everything, pins too until it has
// read the table.
func (o *oracle) restarted(g *gateway) {
	o.seen[g.index] = unseen(o.r.s.Regions)
	o.panic[g.index], o.panicEnded[g.index] = false, 0
	if o.pin.gateway == g.index {
		o.pin.region = ""
	}
}

// violate notes a violation. The first few tell the story.
func (o *oracle) violate(rule, format string, args ...any) {
	if len(o.violations) < 20 {
		o.violations = append(o.violations, Violation{o.r.w.now, rule, fmt.Sprintf(format, args...)})
	}
	if o.r.w.tracing() {
		o.r.w.say("VIOLATION %s: "+format, append([]any{rule}, args...)...)
	}
}

// faulty reports whether a gateway could meet a fault of a region within a time.
func (o *oracle) faulty(gateway, i int, from, to time.Duration, which func(Fault) bool) bool {
	for _, f := range o.r.bots[i].faults {
		if f.From <= to && f.To >= from && f.met(gateway) && which(f) {
			return true
		}
	}
	return false
}

func anyFault(Fault) bool { return true }

// noise notes an error of the background that a turn met.
func (o *oracle) noise(gateway int, t *turn, i int) {
	if t != nil {
		t.marks.noise[i]++
	}
	s := &o.seen[gateway][i]
	s.noise[0], s.noise[1], s.noise[2] = s.noise[1], s.noise[2], o.r.w.now
}

// placed judges where a new call went.
func (o *oracle) placed(c *caller) {
	now, g := o.r.w.now, c.g
	if o.pinnedAt(g) != "" || g.view().Pinned != "" {
		return
	}
	i, since := o.r.index(c.region), time.Duration(0)
	if !o.faulty(g.index, i, now, now, func(f Fault) bool { since = now - f.From; return f.dead() }) {
		return
	}
	since = min(since, now-g.started)
	for k := range o.r.bots {
		other := &o.seen[g.index][k]
		if k != i && !other.down && other.noise[2] < now-10*time.Second && !o.faulty(g.index, k, now-time.Minute, now, anyFault) {
			o.r.stats.Placed = max(o.r.stats.Placed, since)
			if since > 10*time.Second {
				o.violate("place", "call %d was placed in %s, which died %v ago, and %s was well", c.id, c.region, since, o.r.names[k])
			}
			return
		}
	}
}

// spoke notes that an utterance began.
func (o *oracle) spoke(t *turn) { o.turns[t.g.index]++ }

// sent judges an attempt.
func (o *oracle) sent(t *turn, view region.View, order region.Order) {
	i, g, now := o.r.index(order.Region), t.g.index, o.r.w.now
	if t.what.poison {
		o.seen[g][i].poisoned = now
		for k := range o.r.bots {
			if k != i && o.seen[g][k].down {
				o.poisoned[g] = now
			}
		}
	}
	cond, _ := view.Of(order.Region)
	pinned := view.Pinned == order.Region
	switch {
	case cond.Ejected && !pinned:
		o.violate("ejected", "call %d turn %d: attempt %d went to %s, which was taken out", t.c.id, t.what.number, order.Attempt, order.Region)
	case o.seen[g][i].down && o.seen[g][i].downAt < now && !o.panic[g] && !pinned: // what this very step was evidence of is for the next
		o.violate("ejected", "call %d turn %d: attempt %d went to %s, which is down", t.c.id, t.what.number, order.Attempt, order.Region)
	}
	if pin := o.pinnedAt(t.g); pin != "" && order.Attempt == 0 && order.Region != pin && o.seen[g][o.r.index(pin)].full != now {
		o.violate("pin", "call %d turn %d: the first attempt went to %s, and %s is pinned", t.c.id, t.what.number, order.Region, pin)
	}
	if own, _ := view.Of(t.c.region); order.Attempt == 0 && order.Region != t.c.region && view.Pinned == "" &&
		(own.State == region.Healthy || own.State == region.Recovering) && !own.Throttled && !own.Full {
		o.violate("sticky", "call %d turn %d: it was sent to %s first, and the call is in %s, which is %s", t.c.id, t.what.number, order.Region, t.c.region, own.State)
	}
	if order.Hedge {
		for _, c := range view.Regions {
			if c.Throttled {
				o.violate("budget", "call %d turn %d: it was hedged while %s throttles", t.c.id, t.what.number, c.Name)
			}
		}
		o.hedges[g]++
		earned := 41*float64(t.g.life) + float64(o.turns[g])/10 + now.Seconds()/6
		if float64(o.hedges[g]) > earned {
			o.violate("budget", "%s sent %d hedges for %d turns", t.g.id, o.hedges[g], o.turns[g])
		}
	}
	if !t.what.commits {
		return
	}
	alive := 0
	for k := range t.attempts {
		if !t.attempts[k].over {
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

// fit reports whether nothing kept a region from answering a turn. Four attempts
// leave room for a single error in a region only if there is one other.
func (o *oracle) fit(t *turn, i int) bool {
	s := &o.seen[t.g.index][i]
	return !s.down && s.upAt < t.began && s.full < t.began && t.marks.noise[i] <= 3-o.r.s.Regions &&
		!o.faulty(t.g.index, i, t.began, o.r.w.now, anyFault)
}

// ended judges the end of a call.
func (o *oracle) ended(c *caller, how ending) {
	switch {
	case c.end != running:
		o.violate("end", "call %d ended twice: %s and %s", c.id, endings[c.end], endings[how])
	case how == done && int(c.is.Order) != c.plan.Orders:
		o.violate("end", "call %d is done with %d of %d orders", c.id, c.is.Order, c.plan.Orders)
	}
}

// finish judges what is left at the end of a run.
func (o *oracle) finish() {
	for _, c := range o.r.callers {
		if c.end == running {
			o.violate("end", "call %d never ended", c.id)
		}
		for order := 1; order <= c.plan.Orders+1; order++ {
			placed := o.r.ledger.placed[turnKey{c.id, order}]
			told := order <= int(c.is.Order)
			if placed > 1 || told && placed == 0 {
				o.violate("orders", "call %d: order %d was placed %d times, the caller was told of it: %v", c.id, order, placed, told)
			}
		}
	}
	for _, g := range o.r.gateways {
		if len(g.turns) > 0 {
			o.violate("end", "%s has %d turns under way after all calls", g.id, len(g.turns))
		}
		for i, l := range g.limiters {
			if held := l.Room().Held; held != 0 {
				o.violate("room", "%s holds room for %d requests to %s after all calls", g.id, held, o.r.names[i])
			}
		}
	}
}
