package simulate

import (
	"fmt"
	"time"
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
	unsure bool   // an attempt failed that may have been executed
	held   [8]int // conflicts, by region
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
	before := o.seen[g.index]
	o.seen[g.index] = unseen(o.r.s.Regions)
	for i, s := range before { // turns that go on were sent elsewhere as long as it was down
		o.seen[g.index][i].upAt = s.upAt
		if s.down {
			o.seen[g.index][i].upAt = o.r.w.now
		}
	}
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
