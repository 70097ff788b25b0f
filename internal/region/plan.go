package region

import (
	"slices"
	"time"
)

// Limits bound the plan of a turn. A zero field means its default. Times count
// from the end of the utterance, or from the begin of an attempt that was sent
// later.
type Limits struct {
	Attempt  time.Duration // one attempt's wait for its answer: 3 s
	Turn     time.Duration // the whole turn: 6 s
	Attempts int           // how often a turn is sent, refused states not counted: 4
	Pause    time.Duration // before a turn is sent again to a region where it has failed, if it was sent once: 50 ms; then it is 0.5 s, and at last 1.5 s
	Conflict time.Duration // before one that met another request on its session is: 100 ms

	// Hedge is when a second region is asked while the first keeps silent: the
	// first one's own 95th percentile within HedgeMin and HedgeMax (0.5 s, 1.2 s),
	// and Hedge (0.9 s) as long as that is not known.
	Hedge, HedgeMin, HedgeMax time.Duration
	// Commit is when a committing turn is replayed elsewhere, given that what it
	// does is done exactly once: 1.5 s.
	Commit time.Duration

	Broken Broken // rules to break, for the simulation
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&l.Attempt, 3 * time.Second},
		{&l.Turn, 6 * time.Second},
		{&l.Pause, 50 * time.Millisecond},
		{&l.Conflict, 100 * time.Millisecond},
		{&l.Hedge, 900 * time.Millisecond},
		{&l.HedgeMin, 500 * time.Millisecond},
		{&l.HedgeMax, 1200 * time.Millisecond},
		{&l.Commit, 1500 * time.Millisecond},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if l.Attempts == 0 {
		l.Attempts = 4
	}
	return l
}

// Facts are what is known of a turn before it is sent.
type Facts struct {
	Region string // where the call's bot is: it stays there unless that region fails
	// Commits says that the answer may make the bot do what cannot be undone: the
	// turn is never hedged.
	Commits bool
	// Delicate says that the answer might do so although that is not likely: the turn
	// is replayed when it failed, and never sent to two regions at a time.
	Delicate bool
	// Once says that whatever the bot does for a turn it does exactly once,
	// however often and wherever the turn is sent. Without it a committing turn
	// is repeated only after errors that prove that it was not executed.
	Once bool
}

// Report is what a plan is told.
type Report struct {
	Kind    ReportKind
	Attempt int   // Failed, Answered
	Class   Class // Failed: never None
	// Unsent says that the attempt surely did nothing in its region: no
	// connection came about, or the region refused the request. Failed only.
	Unsent bool
}

// ReportKind tells the reports to a plan apart.
type ReportKind uint8

// The reports.
const (
	Passed   ReportKind = iota // time has passed
	Ended                      // the caller has finished: the utterance is complete
	Failed                     // an attempt failed
	Refused                    // the region's bot refused the session state that an attempt carried
	Conflict                   // an attempt met another request on its session, and did nothing
	Answered                   // an attempt was answered
	Inquired                   // the inquiry about an attempt has come to its end
)

// Order is one thing that a plan wants done.
type Order struct {
	Kind    OrderKind
	Attempt int
	Region  string // Send, Inquire
	Hedge   bool   // Send: another attempt is still under way and may answer
	Retreat int    // Send: how many states the region's bot refused in this turn: carry less each time
	Class   Class  // GiveUp: of the last failure; Drop: what it says of the region, None for nothing
	Raced   bool   // Drop: it was overtaken by its hedge
}

// OrderKind tells the orders of a plan apart.
type OrderKind uint8

// The orders.
const (
	Send    OrderKind = iota // put the turn to Region, from its first byte, as attempt Attempt
	Drop                     // cancel the attempt: nobody waits for it any more
	Inquire                  // ask Region whether it executed Attempt; report Inquired, or Answered with what it knows
	GiveUp                   // the turn failed
)

// attempt is one sending of a turn.
type attempt struct {
	region   string
	sent     time.Duration
	hedge    bool
	inquiry  bool // it is an inquiry about the attempt before
	conflict bool // it met another request on its session
	over     bool
	ended    time.Duration // when it failed
	failed   Class
	executed bool // it failed and may have been executed all the same
}

// Turn plans the attempts of one turn. It is pure: Step is told what happened,
// and returns what to do; the same reports at the same times make the same
// orders. It belongs to whoever sends the turn.
type Turn struct {
	limits Limits
	facts  Facts
	budget *Budget

	began     time.Duration
	ended     bool
	end       time.Duration // of the utterance
	attempts  []attempt
	notBefore time.Duration // for the next attempt
	stepped   time.Duration // latest step
	retreat   int
	bots      int // failures of the bot's own parts
	asked     bool
	last      Class
	over      bool
	orders    []Order
}

// NewTurn begins the plan of a turn at now. Budget is shared by all turns of a
// gateway; nil means no hedges. The first Step sends the first attempt.
func NewTurn(now time.Duration, limits Limits, facts Facts, budget *Budget) *Turn {
	return &Turn{limits: limits.withDefaults(), facts: facts, budget: budget, began: now, last: Soft}
}

// Over reports whether the turn was answered or given up.
func (t *Turn) Over() bool { return t.over }

// Step tells the plan what happened, and how the regions stand. The orders are
// valid until the next Step, and there are none once the turn is over.
func (t *Turn) Step(now time.Duration, view View, r Report) []Order {
	t.orders = t.orders[:0]
	if t.over {
		return nil
	}
	t.stepped = now
	t.take(now, r)
	if !t.over {
		t.expire(now)
	}
	if !t.over {
		t.proceed(now, view)
	}
	return t.orders
}

func (t *Turn) do(o Order) { t.orders = append(t.orders, o) }

func (t *Turn) take(now time.Duration, r Report) {
	switch r.Kind {
	case Passed:
	case Ended:
		if !t.ended {
			t.ended, t.end = true, now
		}
	case Answered:
		if t.running(r.Attempt) {
			t.answered(r.Attempt)
		}
	case Failed:
		if t.running(r.Attempt) {
			t.failure(now, r)
		}
	case Conflict:
		if t.running(r.Attempt) {
			t.attempts[r.Attempt].over, t.attempts[r.Attempt].conflict = true, true
			t.attempts[r.Attempt].failed, t.attempts[r.Attempt].ended = Ours, now
			t.last, t.notBefore = Ours, now+t.limits.Conflict
		}
	case Refused:
		if t.running(r.Attempt) {
			t.attempts[r.Attempt].over = true
			t.attempts[r.Attempt].failed = Ours
			t.retreat++
			t.last, t.notBefore = Ours, now
		}
	case Inquired:
		if t.running(r.Attempt) {
			t.attempts[r.Attempt].over = true
			t.giveUp()
		}
	}
}

func (t *Turn) running(attempt int) bool {
	return attempt >= 0 && attempt < len(t.attempts) && !t.attempts[attempt].over
}

// answered ends the turn. Attempts that were sent before the one that answered
// were overtaken; that says something of their regions.
func (t *Turn) answered(winner int) {
	t.attempts[winner].over = true
	for i := range t.attempts {
		if !t.attempts[i].over {
			t.drop(i, None, i < winner)
		}
	}
	t.over = true
}

func (t *Turn) drop(attempt int, class Class, raced bool) {
	t.attempts[attempt].over = true
	t.do(Order{Kind: Drop, Attempt: attempt, Region: t.attempts[attempt].region, Class: class, Raced: raced})
}

func (t *Turn) failure(now time.Duration, r Report) {
	a := &t.attempts[r.Attempt]
	a.over, a.failed, a.ended, t.last = true, r.Class, now, r.Class
	a.executed = !r.Unsent
	switch {
	case a.inquiry, r.Class == Ours, r.Class == Abandoned:
		t.giveUp() // nobody else would do better
	case r.Class == Bot:
		t.bots++
	}
}

func (t *Turn) giveUp() {
	for i := range t.attempts {
		if !t.attempts[i].over {
			t.drop(i, None, false)
		}
	}
	t.over = true
	t.do(Order{Kind: GiveUp, Class: t.last})
}

// waits returns since when an attempt could have been answered.
func (t *Turn) waits(a attempt) time.Duration { return max(t.end, a.sent) }

// expire drops the attempts, and ends the turn, whose time is up. Nothing
// expires while the caller talks.
func (t *Turn) expire(now time.Duration) {
	if !t.ended {
		return
	}
	for i, a := range t.attempts {
		if !a.over && now >= t.waits(a)+t.limits.Attempt {
			t.attempts[i].failed, t.attempts[i].executed, t.attempts[i].ended = Soft, true, now
			t.last = Soft
			t.drop(i, Soft, false)
			if a.inquiry {
				t.giveUp()
				return
			}
		}
	}
	if now >= t.end+t.limits.Turn {
		for i, a := range t.attempts {
			if !a.over {
				t.drop(i, t.verdictAt(now, a), false)
			}
		}
		t.giveUp()
	}
}

// verdictAt is what it says of a region that an attempt had no answer when its
// turn ended: nothing if it was sent just before.
func (t *Turn) verdictAt(now time.Duration, a attempt) Class {
	if now >= t.waits(a)+t.limits.Attempt/2 {
		return Soft
	}
	return None
}

// proceed sends what is to be sent now.
func (t *Turn) proceed(now time.Duration, view View) {
	alive := t.alive()
	switch {
	case alive == 0 && t.unsure():
		t.inquire(now)
	case alive == 0:
		t.again(now, view)
	case alive == 1:
		t.second(now, view)
	}
}

// alive counts the attempts under way.
func (t *Turn) alive() (n int) {
	for _, a := range t.attempts {
		if !a.over {
			n++
		}
	}
	return n
}

// unsure reports whether the turn may have been executed and must not be
// executed twice.
func (t *Turn) unsure() bool {
	return t.facts.Commits && !t.facts.Once && !t.limits.Broken.HedgeCommitting &&
		slices.ContainsFunc(t.attempts, func(a attempt) bool { return a.executed })
}

// inquire asks the region that was asked last what became of the turn, once.
func (t *Turn) inquire(now time.Duration) {
	if t.asked || len(t.attempts) == 0 {
		t.giveUp()
		return
	}
	t.asked = true
	last := t.attempts[len(t.attempts)-1]
	t.attempts = append(t.attempts, attempt{region: last.region, sent: now, inquiry: true})
	t.do(Order{Kind: Inquire, Attempt: len(t.attempts) - 1, Region: last.region})
}

// again sends the turn, for the first time or because the attempts so far failed.
func (t *Turn) again(now time.Duration, view View) {
	name, some := t.choose(view)
	switch {
	case t.exhausted(), !some:
		t.giveUp()
	case name != "" && now >= max(t.notBefore, t.rested(name)):
		t.send(now, name, false)
	}
	// Else every region is full: there may be room a little later.
}

// rested returns when a region may be sent the turn again: the pause grows with
// how often the turn was sent, so that a short fault of all regions is over before
// the attempts are.
func (t *Turn) rested(name string) (at time.Duration) {
	const longer, longest = 500 * time.Millisecond, 1500 * time.Millisecond
	pause := t.limits.Pause
	switch sent := t.sent(); {
	case sent == 2:
		pause = longer
	case sent > 2:
		pause = longest
	}
	for _, a := range t.attempts {
		if a.region == name && a.over && a.failed != None && a.failed != Ours {
			at = a.ended + pause
		}
		if a.region == name && a.conflict && t.busy(name) {
			at = max(at, a.ended+5*t.limits.Conflict) // what holds the session may take a while
		}
	}
	return at
}

// sent counts the attempts, without those that were refused or met a conflict.
func (t *Turn) sent() (n int) {
	for _, a := range t.attempts {
		if a.failed != Ours && !a.inquiry {
			n++
		}
	}
	return n
}

// exhausted reports whether the turn has been sent often enough. The last
// attempt is kept for when the caller has finished: a region that fails at once
// would use them all up while they talk.
func (t *Turn) exhausted() bool {
	const refusals = 3
	return t.sent() >= t.limits.Attempts || t.retreat > refusals || t.bots > 1
}

func (t *Turn) send(now time.Duration, name string, hedge bool) {
	if sent := t.sent(); !t.ended && (sent > 0 && sent >= t.limits.Attempts-1 || t.busy(name)) {
		return
	}
	t.attempts = append(t.attempts, attempt{region: name, sent: now, hedge: hedge})
	t.do(Order{Kind: Send, Attempt: len(t.attempts) - 1, Region: name, Hedge: hedge, Retreat: t.retreat})
}

// second asks another region while an attempt is under way: at once if the
// first one's region was taken out meanwhile, else when it keeps silent.
func (t *Turn) second(now time.Duration, view View) {
	first := t.attempts[slices.IndexFunc(t.attempts, func(a attempt) bool { return !a.over })]
	if first.inquiry || t.exhausted() || now < t.notBefore {
		return
	}
	at, hedge, may := t.secondAt(view, first)
	if !may || now < at {
		return
	}
	name := t.standby(view, first.region)
	if name == "" || hedge && !t.mayHedge(now, view) {
		return
	}
	t.send(now, name, hedge)
}

// secondAt returns when another region is asked besides the first one's, and
// whether that is a hedge: a guess, which is paid from the budget.
func (t *Turn) secondAt(view View, first attempt) (at time.Duration, hedge, may bool) {
	c, _ := view.Of(first.region)
	gone := c.Ejected && first.region != view.Pinned
	switch {
	case t.facts.Commits && !t.facts.Once && !t.limits.Broken.HedgeCommitting:
		return 0, false, false
	case gone:
		return first.sent, false, true
	case !t.ended, t.facts.Delicate && !t.limits.Broken.HedgeCommitting && !t.facts.Commits:
		return 0, false, false
	case t.facts.Commits && !t.limits.Broken.HedgeCommitting:
		return t.waits(first) + t.limits.Commit, false, true
	}
	return t.waits(first) + t.hedgeDelay(c), true, true
}

func (t *Turn) hedgeDelay(c Condition) time.Duration {
	if c.Slow == 0 {
		return t.limits.Hedge
	}
	return min(max(c.Slow, t.limits.HedgeMin), t.limits.HedgeMax)
}

// mayHedge takes one hedge from the budget. There is none while a region
// throttles: what has enough must not be given more.
func (t *Turn) mayHedge(now time.Duration, view View) bool {
	if slices.ContainsFunc(view.Regions, func(c Condition) bool { return c.Throttled }) {
		return false
	}
	return t.budget.Take(now)
}

// Next returns when the plan wants to be stepped again at the latest, whatever
// else happens. While the caller talks that may be never.
func (t *Turn) Next(view View) (at time.Duration, ok bool) {
	const soon = 50 * time.Millisecond // for what could not be done in the latest step
	note := func(when time.Duration) {
		if when <= t.stepped {
			when = t.stepped + soon
		}
		if !ok || when < at {
			at, ok = when, true
		}
	}
	if t.over {
		return 0, false
	}
	if name, some := t.choose(view); t.alive() == 0 && some {
		note(max(t.notBefore, t.rested(name)))
	}
	if t.ended {
		note(t.end + t.limits.Turn)
	}
	for _, a := range t.attempts {
		if a.over {
			continue
		}
		if t.ended {
			note(t.waits(a) + t.limits.Attempt)
		}
		if when, _, may := t.secondAt(view, a); may && t.alive() == 1 {
			note(when)
		}
	}
	return at, ok
}
