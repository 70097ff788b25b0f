package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/connect"
	"lexline/internal/region"
)

// The waits of an answer. A flow's block waits for 8 s at most, with a caller on
// the line (https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
const (
	patience   = 200 * time.Millisecond // for the table, where an earlier answer is remembered
	readLimit  = 700 * time.Millisecond // for the table, where none is, and for one that comes late
	warmLimit  = 250 * time.Millisecond // for the read before the first event
	hurried    = 450 * time.Millisecond // for the table, where none is and an earlier read hangs
	answerTime = 100 * time.Millisecond // kept back of the function's own limit
	memoryLife = 24 * time.Hour         // after which a remembered region is not used any more
	mostLate   = 4                      // reads under way at once
)

// getRegion is lexDRGetRegion: it answers which region's bot a contact is to be
// given to. Whatever happens it answers with a region: an error costs the caller
// the call.
//
// Lambda gives it one event at a time; the reads of an earlier one may still be
// under way then, and are not lost: what they find is remembered for the next.
type getRegion struct {
	s      regionSettings
	table  region.Table // nil: none
	log    *slog.Logger
	memory memory
	late   atomic.Int32
	reads  sync.WaitGroup
}

func newGetRegion(ctx context.Context, s regionSettings, logger *slog.Logger) *getRegion {
	g := &getRegion{s: s, log: logger}
	if !s.hasTable {
		return g
	}
	table, err := s.table.open(ctx, readLimit, true)
	if err != nil {
		logger.Warn("region table not used", "err", err)
		return g
	}
	g.table = table
	return g
}

// warm reads the table before the first event, so that there is something to
// remember, and a connection. It does not wait long: what comes late is still good.
func (g *getRegion) warm(ctx context.Context) {
	keys := g.s.keys(connect.Event{})
	if g.table == nil || len(keys) == 0 {
		return
	}
	got := g.start(ctx, keys, readLimit)
	timer := time.NewTimer(warmLimit)
	defer timer.Stop()
	err := errSlow
	select {
	case f := <-got:
		err = f.err
	case <-timer.C:
	}
	if err != nil {
		g.log.Warn("region table not read before the first event", "err", err)
	}
}

// Close waits for what is under way.
func (g *getRegion) Close() { g.reads.Wait() }

// Invoke implements lambda.Handler. Its error is always nil.
func (g *getRegion) Invoke(ctx context.Context, payload []byte) (answer []byte, _ error) {
	begun := time.Now()
	event := connect.DecodeEvent(payload)
	found := g.find(ctx, event)
	name, source, age := found.name, "table", time.Duration(0)
	if name == "" {
		name, source, age = g.withoutTable(event)
	}
	answer, err := connect.EncodeRegionAnswer(name)
	if err != nil { // withoutTable knows no such name
		answer, _ = connect.EncodeRegionAnswer(lastResort)
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("region", name), slog.String("source", source), slog.Int64("ms", time.Since(begun).Milliseconds())}
	if source != "table" {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("err", found.err))
	}
	if source == "memory" {
		attrs = append(attrs, slog.Int64("age_s", int64(age.Seconds())))
	}
	g.log.LogAttrs(ctx, level, "region answered", attrs...)
	return answer, nil
}

// found is what the table says: a region, or why it says none.
type found struct {
	name string
	err  error
}

var (
	errNoTable = errors.New("no table is configured")
	errNoKey   = errors.New("neither the event nor the configuration says which item to read")
	errHeld    = errors.New("earlier reads of the table hang")
	errSlow    = errors.New("the table did not answer in time")
)

// find asks the table, for as long as it is worth it.
func (g *getRegion) find(ctx context.Context, event connect.Event) found {
	keys := g.s.keys(event)
	switch {
	case g.table == nil:
		return found{err: errNoTable}
	case len(keys) == 0:
		return found{err: errNoKey}
	case g.late.Load() >= mostLate:
		return found{err: errHeld}
	}
	limit := readLimit
	if until, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(until)-answerTime)
	}
	wait := limit
	if g.late.Load() > 0 {
		wait = min(wait, hurried)
	}
	if _, _, ok := g.memory.recall(keys[0]); ok {
		wait = min(wait, patience)
	}
	got := g.start(ctx, keys, limit)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case f := <-got:
		return f
	case <-timer.C:
		return found{err: errSlow}
	}
}

// start looks the keys up on a goroutine of its own, which Close waits for. It does
// not end with ctx: what comes too late for one answer is still good for the next.
func (g *getRegion) start(ctx context.Context, keys []string, limit time.Duration) <-chan found {
	got := make(chan found, 1)
	g.late.Add(1)
	g.reads.Go(func() {
		defer g.late.Add(-1)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		got <- g.lookUp(ctx, keys)
	})
	return got
}

// lookUp reads the items of all keys at once. The first key whose item names a
// region counts; it is remembered under the first key, which is what was asked.
func (g *getRegion) lookUp(ctx context.Context, keys []string) found {
	asked := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	var busy sync.WaitGroup
	defer busy.Wait()
	defer cancel()
	results := make([]chan found, len(keys))
	for i, key := range keys {
		results[i] = make(chan found, 1)
		busy.Go(func() { results[i] <- g.read(ctx, key) })
	}
	var faults []error
	for _, result := range results {
		f := <-result
		if f.name != "" {
			g.memory.remember(keys[0], f.name, asked)
			return f
		}
		faults = append(faults, f.err)
	}
	return found{err: errors.Join(faults...)}
}

// read reads one item. It is tried again once, if there is time: a connection that
// was kept while the function was frozen may have gone.
func (g *getRegion) read(ctx context.Context, key string) (f found) {
	defer func() {
		if fault := recover(); fault != nil {
			f = found{err: fmt.Errorf("read the table: panic: %v", fault)}
		}
	}()
	item, err := g.table.Get(ctx, key)
	if err != nil && !errors.Is(err, region.ErrNotFound) && ctx.Err() == nil {
		item, err = g.table.Get(ctx, key)
	}
	if err != nil {
		return found{err: err}
	}
	verdict := region.DecodeVerdict(item, g.s.known())
	if !connect.IsRegion(verdict.Region) {
		return found{err: fmt.Errorf("the item names no region to be used: %v", verdict.Faults)}
	}
	return found{name: verdict.Region}
}

// lastResort is answered when nothing at all is known.
const lastResort = "us-east-1"

// withoutTable chooses a region when the table names none, and says how.
func (g *getRegion) withoutTable(event connect.Event) (name, source string, age time.Duration) {
	for _, key := range g.s.keys(event) {
		if name, age, ok := g.memory.recall(key); ok {
			return name, "memory", age
		}
	}
	asked, _ := event.Region()
	for _, choice := range []struct{ source, name string }{
		{"DEFAULT_REGION", g.s.fallback},
		{"PRIMARY_REGION", g.s.primary},
		{"REGIONS", slices.Concat(g.s.regions, []string{""})[0]},
		{"event", asked},
		{"AWS_REGION", g.s.own},
	} {
		if connect.IsRegion(choice.name) {
			return choice.name, choice.source, 0
		}
	}
	return lastResort, "nothing", 0
}

// memory is what was last read of the table, for each key that was asked for. It
// lives as long as the process, which Lambda keeps for minutes to hours.
type memory struct {
	mu   sync.Mutex
	seen map[string]remembered
}

type remembered struct {
	name  string
	asked time.Time // when the read began that found it
}

// mostRemembered bounds a memory. A function is asked for one or two keys.
const mostRemembered = 16

// remember keeps what a read found, unless a later one has been kept.
func (m *memory) remember(key, name string, asked time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last, known := m.seen[key]
	if !known && len(m.seen) >= mostRemembered || known && last.asked.After(asked) {
		return
	}
	if m.seen == nil {
		m.seen = map[string]remembered{}
	}
	m.seen[key] = remembered{name, asked}
}

// recall returns the region that was found last, and how long ago.
func (m *memory) recall(key string) (name string, age time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last, known := m.seen[key]
	// By the time of day: the other clock may stand still while Lambda freezes us.
	age = time.Now().Round(0).Sub(last.asked.Round(0))
	return last.name, age, known && age < memoryLife
}
