package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/simulate"
)

// tally is what came of all schedules so far.
type tally struct {
	mu    sync.Mutex
	done  int
	stats simulate.Stats
	bad   int            // schedules with a violation
	rules map[string]int // violated, by schedule
	shown int
}

// shownAtMost bounds how many violations are printed; all are counted.
const shownAtMost = 20

// add takes one result, and prints its first violation if it has any.
func (t *tally) add(result simulate.Result, out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.stats.Add(result.Stats)
	if len(result.Violations) == 0 {
		return
	}
	t.bad++
	t.rules[result.Violations[0].Rule]++
	if t.shown++; t.shown <= shownAtMost {
		fmt.Fprintf(out, "seed %d (%s): %v\n", result.Seed, result.Shape, result.Violations[0])
	}
}

// many plays schedules on all cores until all are played or the context ends.
func many(ctx context.Context, o options, out, progress io.Writer) error {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // there is little to keep, and much to throw away
	t := &tally{rules: map[string]int{}}
	began := time.Now()
	var next atomic.Uint64
	var playing sync.WaitGroup
	for range o.cores {
		playing.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= uint64(o.n) {
					return
				}
				t.add(simulate.Run(o.seed+i, simulate.Options{}), out)
			}
		})
	}
	finished := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() { t.tell(finished, began, o.n, progress) })
	playing.Wait()
	close(finished)
	telling.Wait()
	t.report(out, o, time.Since(began))
	if t.bad > 0 {
		return errFound
	}
	return nil
}

// tell says every ten seconds how far it is.
func (t *tally) tell(finished <-chan struct{}, began time.Time, n int, progress io.Writer) {
	ticker := time.NewTicker(10 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-finished:
			return
		case <-ticker.C:
		}
		t.mu.Lock()
		done, bad := t.done, t.bad
		t.mu.Unlock()
		rate := float64(done) / time.Since(began).Seconds()
		left := time.Duration(float64(n-done) / max(rate, 1e-3) * float64(time.Second))
		fmt.Fprintf(progress, "%d of %d schedules, %.0f a second, %v left, %d with violations\n", done, n, rate, left.Round(time.Second), bad)
	}
}

// report says what was done.
func (t *tally) report(out io.Writer, o options, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	fmt.Fprintf(out, "schedules        %d of %d, seeds from %d, %d at a time\n", t.done, o.n, o.seed, o.cores)
	fmt.Fprintf(out, "time             %v, %.0f schedules a second\n", took.Round(time.Second), float64(t.done)/took.Seconds())
	fmt.Fprintf(out, "simulated        %.0f hours, %d events\n", s.Simulated.Hours(), s.Events)
	fmt.Fprintf(out, "calls            %d, %d of them passed on to a person after turns that were given up\n", s.Calls, s.Transferred)
	fmt.Fprintf(out, "turns            %d: %d answered, %d given up with no region fit to answer, %d cut off by callers who left\n",
		s.Turns, s.Answered, s.Lost, s.Turns-s.Answered-s.Lost)
	fmt.Fprintf(out, "  of those       %d given up while the only region that was well was in its hold\n", s.Unlucky)
	fmt.Fprintf(out, "attempts         %d, %d of them hedges; %d inquiries\n", s.Attempts, s.Hedges, s.Inquiries)
	fmt.Fprintf(out, "probes           %d\n", s.Probes)
	fmt.Fprintf(out, "active region    changed %d times; the table was written %d times\n", s.Moves, s.Writes)
	fmt.Fprintf(out, "longest answer   %.2f s after the end of the utterance\n", s.Longest.Seconds())
	fmt.Fprintf(out, "last new call    in a region that had died %.2f s before\n", s.Placed.Seconds())
	fmt.Fprintf(out, "violations       %d schedules\n", t.bad)
	for _, rule := range slices.Sorted(maps.Keys(t.rules)) {
		fmt.Fprintf(out, "  %-14s %d\n", rule, t.rules[rule])
	}
}
