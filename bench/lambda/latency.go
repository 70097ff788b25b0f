package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"lexline/internal/connectsim"
)

// The goals of lexDRGetRegion.
const (
	warmGoal = 300 * time.Millisecond  // 99 of 100 answers of a function that was running
	hungGoal = 1500 * time.Millisecond // every answer, also the first, with everything hung
)

// times are how long some invocations took for their caller.
type times []time.Duration

func (t times) at(part float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}

// figures are what is measured beside the cases.
type figures struct {
	warm, slow   times // of a function that was running: with the table well, and hung
	cold, stuck  times // of the first answer of a new function, process start and all: the same
	initR, initT times // until a new process asks for work: lexDRGetRegion and lexDRTest
	program      int64
	zips         []string
}

// measure takes n warm answers, and k of each other kind.
func (w *world) measure(ctx context.Context, n, k int) (f figures, err error) {
	if err := w.mended(ctx, other); err != nil {
		return f, err
	}
	if f.cold, f.initR, err = w.firsts(ctx, "lexDRGetRegion", k); err != nil {
		return f, err
	}
	if _, f.initT, err = w.firsts(ctx, "lexDRTest", k); err != nil {
		return f, err
	}
	function, err := w.start(ctx, "lexDRGetRegion", regionLimit, nil)
	if err != nil {
		return f, err
	}
	defer function.Close()
	if _, err := w.answers(ctx, function, 1); err != nil {
		return f, err
	}
	if f.warm, err = w.answers(ctx, function, n); err != nil {
		return f, err
	}
	w.table.set(tableHung)
	defer w.table.set(tableFine)
	if f.slow, err = w.answers(ctx, function, k); err != nil {
		return f, err
	}
	f.stuck, _, err = w.firsts(ctx, "lexDRGetRegion", k)
	return f, err
}

// answers invokes a function n times, one after the other.
func (w *world) answers(ctx context.Context, f *connectsim.Function, n int) (took times, err error) {
	for range n {
		begun := time.Now()
		answer, err := f.Invoke(ctx, []byte(event))
		if err != nil {
			return took, fmt.Errorf("measure: %w", err)
		}
		if took = append(took, time.Since(begun)); answer == nil {
			return took, fmt.Errorf("measure: no answer")
		}
	}
	return took, nil
}

// firsts starts a function n times anew and invokes it once.
func (w *world) firsts(ctx context.Context, handler string, n int) (took, inits times, err error) {
	var mu sync.Mutex
	report := func(r connectsim.Report) {
		mu.Lock()
		defer mu.Unlock()
		inits = append(inits, r.Init)
	}
	for range n {
		f, err := w.start(ctx, handler, testLimit, report)
		if err != nil {
			return took, inits, err
		}
		one, err := w.answers(ctx, f, 1)
		_ = f.Close() // it has answered
		if err != nil {
			return took, inits, err
		}
		took = append(took, one...)
	}
	return took, inits, nil
}

// missed says which goals the figures miss.
func (f figures) missed() (lines []string) {
	if p99 := f.warm.at(0.99); p99 >= warmGoal {
		lines = append(lines, fmt.Sprintf("warm p99 %v, goal %v", p99, warmGoal))
	}
	for name, t := range map[string]times{"hung, warm": f.slow, "hung, cold": f.stuck} {
		if worst := t.at(1); worst >= hungGoal {
			lines = append(lines, fmt.Sprintf("%s: %v, goal %v", name, worst, hungGoal))
		}
	}
	return lines
}
