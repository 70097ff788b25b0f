package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"sync/atomic"
	"time"

	"lexline/internal/histogram"
)

const (
	// overloadLooks is how many looks, one a second, a verdict on lateness rests on.
	overloadLooks = 2
	// fullMemory is the share of GOMEMLIMIT from which on no call is taken, in
	// hundredths: above it the collector works more and more for less and less
	// (https://go.dev/doc/gc-guide#Memory_limit).
	fullMemory = 80
)

// overload tells whether this process has too much to do, or too little memory, to
// take another call. It looks once a second; to ask it costs one load.
type overload struct {
	gate    loadGate     // owned by run
	maxLate atomic.Int64 // as a time.Duration; 0: lateness does not matter
	why     atomic.Pointer[string]
}

func newOverload(limits limitsConfig) *overload {
	o := &overload{}
	o.setMaxLate(limits.MaxLate.duration(0))
	return o
}

// setMaxLate changes by how much this process may be late.
func (o *overload) setMaxLate(d time.Duration) { o.maxLate.Store(int64(d)) }

// now is why no call can be taken at this moment, empty if one can.
func (o *overload) now() string {
	if why := o.why.Load(); why != nil {
		return *why
	}
	return ""
}

// run looks until ctx ends.
func (o *overload) run(ctx context.Context, lateness func() histogram.Snapshot, logger *slog.Logger) {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			o.gate.maxLate = time.Duration(o.maxLate.Load())
			before, why := o.now(), o.gate.look(lateness(), memoryInUse(), debug.SetMemoryLimit(-1))
			switch {
			case why != "" && before == "":
				logger.Warn("too much to do, new calls are refused", "why", why)
			case why == "" && before != "":
				logger.Info("new calls are taken again")
			}
			o.why.Store(&why)
		}
	}
}

// loadGate is the decision, from one look to the next.
type loadGate struct {
	maxLate time.Duration // 0: lateness does not matter
	looks   [overloadLooks]ticks
}

// ticks is how often the door's clock has ticked so far, and how often too late.
type ticks struct{ all, late uint64 }

// look returns why no call can be taken.
func (g *loadGate) look(lateness histogram.Snapshot, inUse, limit int64) string {
	seen := ticks{lateness.Count, lateness.Count}
	for _, b := range lateness.Buckets {
		if b.Bound >= g.maxLate.Seconds() {
			seen.late = lateness.Count - b.Count
			break
		}
	}
	before := g.looks[0]
	copy(g.looks[:], g.looks[1:])
	g.looks[overloadLooks-1] = seen
	switch late, all := seen.late-before.late, seen.all-before.all; {
	case limit < math.MaxInt64 && inUse > limit/100*fullMemory:
		return fmt.Sprintf("memory: %d of %d MiB are in use", inUse>>20, limit>>20)
	case g.maxLate > 0 && before.all > 0 && 2*late >= all && late > 0:
		return fmt.Sprintf("late: by more than %v in %d of %d ticks", g.maxLate, late, all)
	}
	return ""
}

// memoryInUse is what GOMEMLIMIT counts, but of the heap only what was alive at the
// last collection: the rest may be garbage.
func memoryInUse() int64 {
	samples := []runtimemetrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	runtimemetrics.Read(samples)
	n := samples[0].Value.Uint64()
	for _, s := range samples[1:5] {
		n -= s.Value.Uint64()
	}
	return int64(n + samples[5].Value.Uint64())
}
