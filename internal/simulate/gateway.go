package simulate

import (
	"maps"
	"time"

	"lexline/internal/region"
)

// gateway is one gateway: the product's judge, hedge budget, limiters and
// observer, with the edges around them that are goroutines in the product.
type gateway struct {
	r        *run
	w        *world
	index    int
	id       string
	judge    *region.Judge
	budget   *region.Budget
	limiters []*region.Limiter
	observer *region.Observer
	told     region.Opinion // to the observer, if reported
	reported bool
	asking   []bool // regions whose probe is under way
	turns    []*turn
	tick     uint64 // of the judge's next tick; an earlier one is void
	wake     uint64 // of the observer's next
	heard    []string
	skew     time.Duration // of its clock
	started  time.Duration // what it knows of the regions it learned since then
	life     int           // how often it was started
}

func newGateway(r *run, index int) *gateway {
	g := &gateway{
		r: r, w: r.w, index: index, id: string(rune('a'+index)) + "-gateway",
		skew: r.w.between(-3*time.Second, 3*time.Second),
	}
	for range r.s.Regions {
		g.limiters = append(g.limiters, region.NewLimiter(r.s.Quota))
	}
	g.start()
	return g
}

// start gives the gateway a judge and an observer that know nothing yet. Calls
// under way go on: what they lose is only what was known of the regions.
func (g *gateway) start() {
	r := g.r
	g.life++
	g.started = g.w.now
	g.budget = region.NewBudget()
	g.asking = make([]bool, r.s.Regions)
	g.heard = make([]string, r.s.Regions)
	g.judge = region.NewJudge(region.Settings{
		Regions: r.names, Seed: r.w.random.Uint64(), Observers: r.s.Gateways, Broken: r.broken,
	})
	observer, err := region.NewObserver(region.ObserverSettings{
		ID: g.id, Region: r.names[g.index%r.s.Regions], Regions: r.names,
		Epoch: int64(g.life), Seed: r.w.random.Uint64(), Broken: r.broken,
	})
	if err != nil {
		panic("simulate: an observer's settings: " + err.Error())
	}
	g.observer, g.reported = observer, false
	g.inLife(r.w.between(time.Millisecond, 50*time.Millisecond), func() {
		g.observe(region.Event{Kind: region.Tick})
		g.report(region.ObserverEvent{Kind: region.Woke})
	})
}

// inLife lets something happen after a while, unless the gateway starts anew
// before.
func (g *gateway) inLife(wait time.Duration, do func()) {
	life := g.life
	g.w.after(wait, func() {
		if life == g.life {
			do()
		}
	})
}

// clock is the time since the gateway's start: what its judge and its observer
// go by.
func (g *gateway) clock() time.Duration { return g.w.now - g.started }

// view is what the planner of a turn is told.
func (g *gateway) view() region.View {
	v := g.judge.View(g.clock())
	if g.r.s.Quota > 0 {
		for i := range v.Regions {
			if g.limiters[i].Full() {
				v.Regions[i].Full = true
				g.r.oracle.seen[g.index][i].full = g.w.now
			}
		}
	}
	return v
}

// observe tells the judge something and does what it wants.
func (g *gateway) observe(e region.Event) {
	before := g.r.oracle.beforeEvidence(g, e)
	e.Began -= g.started
	actions := g.judge.Step(g.clock(), e)
	g.r.oracle.afterEvidence(g, e.Region, before)
	changed := false
	for _, a := range actions {
		switch a.Kind {
		case region.Probe:
			g.probe(g.r.index(a.Region), a.Deep)
			continue
		case region.Changed:
			changed = true
			g.r.oracle.changed(g, g.r.index(a.Region), region.State(a.From), region.State(a.To), a.Why)
		case region.Panics:
			changed = true
			g.r.oracle.panics(g, a.To == "begin")
		case region.Moved:
			g.r.stats.Moves++
		}
		if g.w.tracing() {
			g.w.say("%s: %v %s %s -> %s: %s", g.id, a.Kind, a.Region, a.From, a.To, a.Why)
		}
	}
	g.tick++
	tick := g.tick
	g.inLife(max(g.judge.Next()-g.clock(), 1), func() {
		if tick == g.tick {
			g.observe(region.Event{Kind: region.Tick})
		}
	})
	if changed {
		g.r.oracle.floor(g)
		g.w.after(time.Millisecond, g.stir)
	}
}

// stir lets the turns under way look at the regions anew, and the observer tell
// the others.
func (g *gateway) stir() {
	for _, t := range append([]*turn(nil), g.turns...) {
		t.step(region.Report{Kind: region.Passed})
	}
	g.report(region.ObserverEvent{Kind: region.Woke})
}

// probe makes a probe, one at a time in each region.
func (g *gateway) probe(i int, deep bool) {
	if g.asking[i] {
		return
	}
	g.asking[i] = true
	g.r.stats.Probes++
	if deep {
		g.r.deep++
	}
	began, life := g.w.now, g.life
	g.r.bots[i].probe(g.index, deep, func(r reply) {
		if life != g.life {
			return
		}
		g.asking[i] = false
		class := g.sense(i, deep, r)
		if g.w.tracing() && class != region.None {
			g.w.say("%s: probe of %s: %s", g.id, g.r.names[i], class)
		}
		g.observe(region.Event{Kind: region.Probed, Region: g.r.names[i], Class: class, Deep: deep, Began: began, Took: g.w.now - began})
	})
}

// sense says what the answer to a probe means: it goes by the intent and the slot
// that the bot asks for, and never by its words, which bots have several of.
func (g *gateway) sense(i int, deep bool, r reply) region.Class {
	switch {
	case r.class != region.None || !deep:
		return r.class
	case g.r.broken.ProbeByText:
		if g.heard[i] == "" {
			g.heard[i] = r.text
		}
		if r.text != g.heard[i] {
			return region.Soft
		}
	case r.intent != probeIntent || r.slot != probeSlot:
		return region.Soft
	}
	return region.None
}

// report tells the observer something and its own opinion, and does what it wants.
func (g *gateway) report(e region.ObserverEvent) {
	e.Wall = g.wall()
	actions := g.observer.Step(g.clock(), e)
	if o := g.judge.Opinion(); !g.reported || o.Panic != g.told.Panic || o.Doubt != g.told.Doubt || !maps.Equal(o.Down, g.told.Down) {
		g.told, g.reported = o, true
		actions = append(actions, g.observer.Step(g.clock(), region.ObserverEvent{Kind: region.Reported, Wall: e.Wall, Opinion: o})...)
	}
	g.wake++
	wake := g.wake
	g.inLife(max(g.observer.Next()-g.clock(), 1), func() {
		if wake == g.wake {
			g.report(region.ObserverEvent{Kind: region.Woke})
		}
	})
	life := g.life
	for _, a := range actions {
		switch a.Kind {
		case region.ReadItems:
			g.r.table.read(a.Keys, func(items []region.Got) {
				if life != g.life {
					return
				}
				g.report(region.ObserverEvent{Kind: region.ReadDone, Request: a.Request, Items: items})
			})
		case region.WriteItem:
			g.r.table.write(g, a.Key, a.Change, func(err error) {
				if life != g.life {
					return
				}
				g.report(region.ObserverEvent{Kind: region.WriteDone, Request: a.Request, Err: err})
			})
		case region.TellJudge:
			g.observe(a.Event)
		}
	}
}

// wall is the time of day, as this gateway's clock has it.
func (g *gateway) wall() time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(g.w.now + g.skew)
}
