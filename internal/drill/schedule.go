package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// act is one thing that is done to the regions, at a time since the beginning.
type act struct {
	at   time.Duration
	kind Kind
	deed deed
}

type deed uint8

const (
	nothing deed = iota // only time passes
	strike              // a fault begins
	flapOff             // a flapping region is good for a while
	flapOn              // and bad again
	restore             // the fault ends
	finish              // no more calls are placed
)

// schedule is everything that is done in a drill, by time.
func (c *Config) schedule() []act {
	acts := []act{{0, "", nothing}}
	at := c.WarmUp
	for _, kind := range c.Faults {
		acts = append(acts, act{at, kind, strike})
		lasts := c.lasts(kind)
		if kind == Flap {
			good := false
			for t := flapTime; t < lasts; t += flapTime {
				if good = !good; good {
					acts = append(acts, act{at + t, kind, flapOff})
				} else {
					acts = append(acts, act{at + t, kind, flapOn})
				}
			}
		}
		at += lasts
		acts = append(acts, act{at, kind, restore})
		at += c.Settle
	}
	return append(acts, act{at, "", finish})
}

// plan is a schedule with who carries it out.
type plan struct {
	acts []act
	do   func(context.Context, act) error
	tell func(what string) // says how it goes
}

// follow does what is planned, and says how it goes. It returns when no more calls
// are to be placed.
func (d *drill) follow(ctx context.Context, p plan, began time.Time, done <-chan struct{}) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	defer d.healAll()
	what := ""
	for _, a := range p.acts {
		timer := time.NewTimer(time.Until(began.Add(a.at)))
		for waiting := true; waiting; {
			select {
			case <-timer.C:
				waiting = false
			case <-tick.C:
				p.tell(what)
				if svc := d.stage.died(); svc != nil {
					timer.Stop()
					return fmt.Errorf("%s ended in the middle of the drill: %s", svc.name, svc.lastLine())
				}
			case <-done:
				timer.Stop()
				return nil // no call can be placed; the callers know why
			case <-ctx.Done():
				timer.Stop()
				return context.Cause(ctx)
			}
		}
		if err := p.do(ctx, a); err != nil {
			return err
		}
		what = d.words(a)
		if a.deed != finish {
			tick.Reset(progressEvery) // else the same line comes again at once
			p.tell(what)
		}
	}
	return nil
}

// act does one thing of the schedule.
func (d *drill) act(ctx context.Context, a act) error {
	switch a.deed {
	case strike:
		d.faults = append(d.faults, Fault{Kind: a.kind, Regions: d.faulty(a.kind), From: time.Now()})
		return d.breaker.hurt(ctx, d.latest())
	case flapOn:
		return d.breaker.hurt(ctx, d.latest())
	case flapOff:
		return d.breaker.heal(ctx, d.latest())
	case restore:
		err := d.breaker.heal(ctx, d.latest())
		d.faults[len(d.faults)-1].To = time.Now()
		return err
	}
	return nil
}

// latest is the fault that was begun last.
func (d *drill) latest() Fault { return d.faults[len(d.faults)-1] }

// words say what goes on from an act on.
func (d *drill) words(a act) string {
	if a.deed == nothing {
		return "warming up"
	}
	if len(d.faults) == 0 || a.deed == finish {
		return "no new calls"
	}
	where := strings.Join(d.latest().Regions, " and ")
	if a.kind == Both {
		where = "every region"
	}
	switch a.deed {
	case flapOff:
		return where + " flaps: good for a while"
	case flapOn:
		return where + " flaps: bad again"
	case restore:
		return where + " works again"
	}
	return fmt.Sprintf("%s is broken: %s", where, a.kind)
}

// faulty returns the regions that a fault of a kind will lie on.
func (d *drill) faulty(kind Kind) []string {
	switch {
	case kind == Both:
		return slices.Clone(regionNames)
	case d.cfg.Region == RegionActive:
		return []string{d.heard.busiest(time.Now().Add(-lately))}
	}
	return []string{d.cfg.Region}
}

// lately is how far is looked back to find the active region.
const lately = 10 * time.Second

// healAll ends a fault that was left when the drill was cut short: a stopped
// process could not even end.
func (d *drill) healAll() {
	if n := len(d.faults); n > 0 && d.faults[n-1].To.IsZero() {
		ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
		defer cancel()
		_ = d.breaker.heal(ctx, d.latest()) // its processes are about to end
		d.faults[n-1].To = time.Now()
	}
}

// sortCalls sorts calls by their numbers.
func sortCalls(calls []Call) {
	slices.SortFunc(calls, func(a, b Call) int { return a.Number - b.Number })
}
