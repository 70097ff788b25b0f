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
	say  string // what goes on from then on
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
	acts := []act{{0, "", nothing, "warming up"}}
	at := c.WarmUp
	for _, kind := range c.Faults {
		where := strings.Join(c.faulty(kind), " and ")
		acts = append(acts, act{at, kind, strike, fmt.Sprintf("BROKEN %s: %s", where, kind)})
		lasts := c.lasts(kind)
		if kind == Flap {
			good := false
			for t := flapTime; t < lasts; t += flapTime {
				if good = !good; good {
					acts = append(acts, act{at + t, kind, flapOff, fmt.Sprintf("flapping %s: good for a while", where)})
				} else {
					acts = append(acts, act{at + t, kind, flapOn, fmt.Sprintf("flapping %s: bad again", where)})
				}
			}
		}
		at += lasts
		acts = append(acts, act{at, kind, restore, fmt.Sprintf("restored %s", where)})
		at += c.Settle
	}
	return append(acts, act{at, "", finish, "no new calls"})
}

// follow does what is scheduled, and says how it goes. It returns when no more
// calls are to be placed.
func (d *drill) follow(ctx context.Context, lines *callers, began time.Time, done <-chan struct{}) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	defer d.healAll()
	what := ""
	for _, a := range d.cfg.schedule() {
		timer := time.NewTimer(time.Until(began.Add(a.at)))
		for waiting := true; waiting; {
			select {
			case <-timer.C:
				waiting = false
			case <-tick.C:
				d.progress(lines, began, what)
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
		if err := d.act(ctx, a); err != nil {
			return err
		}
		what = a.say
		if a.deed != finish {
			d.progress(lines, began, what)
		}
	}
	return nil
}

// act does one thing of the schedule.
func (d *drill) act(ctx context.Context, a act) error {
	switch a.deed {
	case strike:
		d.faults = append(d.faults, Fault{Kind: a.kind, Regions: d.cfg.faulty(a.kind), From: time.Now()})
		return d.breaker.hurt(ctx, a.kind)
	case flapOn:
		return d.breaker.hurt(ctx, a.kind)
	case flapOff:
		return d.breaker.heal(ctx, a.kind)
	case restore:
		err := d.breaker.heal(ctx, a.kind)
		d.faults[len(d.faults)-1].To = time.Now()
		return err
	}
	return nil
}

// healAll ends a fault that was left when the drill was cut short: a stopped
// process could not even end.
func (d *drill) healAll() {
	if n := len(d.faults); n > 0 && d.faults[n-1].To.IsZero() {
		ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
		defer cancel()
		_ = d.breaker.heal(ctx, d.faults[n-1].Kind) // its processes are about to end
		d.faults[n-1].To = time.Now()
	}
}

// sortCalls sorts calls by their numbers.
func sortCalls(calls []Call) {
	slices.SortFunc(calls, func(a, b Call) int { return a.Number - b.Number })
}
