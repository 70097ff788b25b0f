package region

import (
	"context"
	"errors"
	"sync"
	"time"
)

// checkupRun is the thin edge of one run: it makes the probes, reads and writes that
// the [checkup] wants, and gives it the time.
type checkupRun struct {
	// Static.
	c       CheckupConfig
	table   Table
	started time.Time
	answers chan checkupEvent

	core    *checkup
	waiting sync.WaitGroup
}

// checkupMargin is left to the caller of what its context allows.
const checkupMargin = 300 * time.Millisecond

// newCheckupRun prepares a run that ends in time for the context.
func newCheckupRun(ctx context.Context, c CheckupConfig) *checkupRun {
	r := &checkupRun{c: c, table: askedTwice{c.Table, c.Deadline}, started: time.Now(), answers: make(chan checkupEvent)}
	limit := checkupLimit
	if until, ok := ctx.Deadline(); ok {
		limit = min(limit, until.Sub(r.started)-checkupMargin)
	}
	r.core = newCheckup(c, c.Clock(), limit)
	return r
}

// run goes on until the checkup is done. It returns an error if the context ended
// before.
func (r *checkupRun) run(ctx context.Context) error {
	work, stop := context.WithCancel(ctx)
	defer r.waiting.Wait()
	defer stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var ev checkupEvent
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case ev = <-r.answers:
		case <-timer.C:
		}
		for _, a := range r.core.step(time.Since(r.started), ev) {
			r.start(work, a)
		}
		if r.core.done() {
			return nil
		}
		timer.Reset(max(r.core.next()-time.Since(r.started), 0))
	}
}

// start has something done on a goroutine of its own, whose answer comes back as an
// event unless the run is over by then.
func (r *checkupRun) start(ctx context.Context, a checkupAction) {
	r.waiting.Go(func() {
		select {
		case r.answers <- r.do(ctx, a):
		case <-ctx.Done():
		}
	})
}

// do does one thing.
func (r *checkupRun) do(ctx context.Context, a checkupAction) checkupEvent {
	ev := checkupEvent{kind: a.answer(), id: a.id, region: a.region}
	switch a.kind {
	case checkupProbe:
		ev.class, ev.err = askProber(ctx, r.c.Prober, a.region, true)
	case checkupRead:
		ev.items = r.read(ctx, a.keys)
	case checkupWrite:
		ev.err = r.table.Update(ctx, a.key, a.change)
	case checkupAppend:
		ev.err = AppendHistory(ctx, r.table, a.key, a.entry)
	}
	return ev
}

// read gets all items at once.
func (r *checkupRun) read(ctx context.Context, keys []string) []Got {
	items := make([]Got, len(keys))
	var all sync.WaitGroup
	for i, key := range keys {
		all.Go(func() {
			item, err := r.table.Get(ctx, key)
			items[i] = Got{Key: key, Item: item, Err: err}
		})
	}
	all.Wait()
	return items
}

// askedTwice is a table of which everything is asked with a deadline, and once more
// after a pause if that came to nothing. ErrConflict is certain: the change was not
// made. It is for where nobody on the phone waits.
type askedTwice struct {
	Table
	deadline time.Duration
}

// Get implements Table.
func (t askedTwice) Get(ctx context.Context, key string) (item Item, err error) {
	err = t.try(ctx, func(ctx context.Context) error {
		item, err = t.Table.Get(ctx, key)
		return err
	})
	return item, err
}

// Update implements Table.
func (t askedTwice) Update(ctx context.Context, key string, c Change) error {
	return t.try(ctx, func(ctx context.Context) error { return t.Table.Update(ctx, key, c) })
}

func (t askedTwice) try(ctx context.Context, ask func(context.Context) error) error {
	once := func() error {
		ctx, cancel := context.WithTimeout(ctx, t.deadline)
		defer cancel()
		return ask(ctx)
	}
	err := once()
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
		return err
	}
	select {
	case <-ctx.Done():
		return err
	case <-time.After(t.deadline / 10):
	}
	again := once()
	if errors.Is(again, ErrConflict) {
		return err // the first may have been made after all, and be what is in the way
	}
	return again
}
