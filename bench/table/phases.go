package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"lexline/internal/drill"
	"lexline/internal/region"
)

const (
	ramp    = 8 * time.Second  // over which the callers begin
	warmUp  = 14 * time.Second // until the first phase, ramp included
	healing = 15 * time.Second // in which a table that was put right must be in use again
)

// phase is a stretch of the run. Its turns are those whose last word fell into it.
type phase struct {
	Fault    string // name; empty for none
	From, To time.Time
	Met      string        // how the gateway met the fault
	Healed   time.Duration // after the fault's end, until the table was in use again
}

// measured is a run.
type measured struct {
	phases  []phase
	history *drill.History
	log     []logLine
}

// measure has people call while the table is broken again and again.
func measure(ctx context.Context, o options, progress io.Writer) (*measured, error) {
	var err error
	for _, path := range []*string{&o.lexline, &o.work} {
		if *path, err = filepath.Abs(*path); err != nil {
			return nil, fmt.Errorf("find our folders: %w", err)
		}
	}
	r := newRig(o, filepath.Join(o.work, "regions.db"))
	t := &table{path: r.table, view: r.status}
	if err := t.first(ctx); err != nil {
		return nil, fmt.Errorf("make the first table: %w", err)
	}
	cfg, err := r.config(progress)
	if err != nil {
		return nil, err
	}
	calling, hangUp := context.WithCancel(ctx)
	defer hangUp()
	var history *drill.History
	drilled := make(chan error, 1)
	go func() {
		var err error
		history, err = drill.Run(calling, cfg)
		hangUp() // a drill that fails ends the phases
		drilled <- err
	}()
	phases, fault := r.follow(calling, t, progress)
	hangUp()
	switch err := <-drilled; {
	case err != nil:
		return nil, fmt.Errorf("have people call: %w", err)
	case fault != nil:
		return nil, fault
	case ctx.Err() != nil:
		return nil, fmt.Errorf("measure: %w", context.Cause(ctx))
	}
	return &measured{phases, history, r.lines()}, nil
}

// follow makes the faults one after the other, with a phase without one before,
// between and behind.
func (r *rig) follow(ctx context.Context, t *table, progress io.Writer) (phases []phase, err error) {
	select {
	case <-r.ready:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if !pause(ctx, warmUp) {
		return nil, context.Cause(ctx)
	}
	calm := func() bool {
		p := phase{From: time.Now()}
		whole := pause(ctx, r.o.phase)
		p.To = time.Now()
		phases = append(phases, p)
		return whole
	}
	if !calm() {
		return phases, context.Cause(ctx)
	}
	for round := range r.o.rounds {
		for i := range faults {
			p, err := r.suffer(ctx, t, &faults[i])
			if err != nil {
				return phases, fmt.Errorf("round %d: %w", round+1, err)
			}
			fmt.Fprintf(progress, "round %d of %d: %-8s %s; in use again %.1f s after its end\n", round+1, r.o.rounds, p.Fault, p.Met, p.Healed.Seconds())
			phases = append(phases, p)
			if !calm() {
				return phases, context.Cause(ctx)
			}
		}
	}
	return phases, nil
}

// suffer makes one fault, ends it and waits until the table is in use again.
func (r *rig) suffer(ctx context.Context, t *table, f *fault) (p phase, err error) {
	p = phase{Fault: f.name, From: time.Now()}
	before, err := r.status(ctx)
	if err != nil {
		return p, err
	}
	if err := f.do(ctx, f.strike, t); err != nil {
		return p, err
	}
	for end := p.From.Add(r.o.phase); time.Now().Before(end) && err == nil; {
		if !pause(ctx, min(time.Until(end), refresh)) {
			err = context.Cause(ctx)
		} else if time.Until(end) > refresh/2 {
			err = f.do(ctx, f.again, t)
		}
	}
	after, asked := r.status(ctx)
	if err := errors.Join(err, asked, f.do(ctx, f.mend, t)); err != nil {
		return p, err
	}
	if p.Met = f.met(*before.Table, *after.Table); p.Met == "" {
		return p, fmt.Errorf("the gateway did not meet the fault %q: its table was %+v, then %+v", f.name, *before.Table, *after.Table)
	}
	p.Healed, err = r.healed(ctx, t)
	p.To = time.Now()
	return p, err
}

// healed waits until the gateway reads the table again, and the verdict in it can
// be used and is for the home region without a pin.
func (r *rig) healed(ctx context.Context, t *table) (time.Duration, error) {
	from := time.Now()
	ctx, cancel := context.WithTimeout(ctx, healing)
	defer cancel()
	first, err := r.status(ctx)
	var status region.Status
	for err == nil && pause(ctx, refresh/4) {
		if status, err = r.status(ctx); err != nil {
			break
		}
		isRead := status.Table.Reachable && status.Table.Counters.Reads > first.Table.Counters.Reads
		verdict, fault := t.verdict(ctx)
		if isRead && fault == nil && len(verdict.Faults) == 0 && verdict.Region == home && verdict.Pin.IsZero() && status.Table.Region == home {
			return time.Since(from), nil
		}
	}
	if err == nil {
		err = fmt.Errorf("the table was put right %v ago and is not in use: %+v", healing, status.Table)
	}
	return 0, err
}
