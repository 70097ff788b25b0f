package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"lexline/bench/process"
)

// settle is how often a gateway is asked whether a round is over.
const settle = 200 * time.Millisecond

// round is what one round cost both gateways.
type round struct {
	Plain    sample `json:"plain"`
	Operated sample `json:"operated"`
	Scrapes  int    `json:"scrapes"`
}

// sample is what a round cost one gateway.
type sample struct {
	CPU      time.Duration `json:"cpu_ns"`
	Messages int64         `json:"messages"` // media messages that came in
}

// perMessage returns nanoseconds.
func (s sample) perMessage() float64 { return float64(s.CPU) / float64(s.Messages) }

// ratio is the cost of a message on the operated gateway over that on the plain one.
func (r round) ratio() float64 { return r.Operated.perMessage() / r.Plain.perMessage() }

// outcome is everything that was measured in one run.
type outcome struct {
	options options
	rounds  []round
	share   float64 // of the operated gateway's CPU samples: counting, records, answers to the scraper
	turns   int64   // on each gateway
	writes  int64   // of records
}

// measure does the whole run. Anything that makes the figures worthless is an
// error: a call that failed, turns or records that are missing.
func measure(ctx context.Context, o options, log io.Writer) (m outcome, err error) {
	fmt.Fprintln(log, "building and starting the programs")
	r, err := newRig(ctx, o.lexline)
	defer r.close()
	if err != nil {
		return m, err
	}
	m.options = o
	for i := range o.rounds + 1 {
		measured, err := r.round(ctx, o)
		if err != nil {
			return m, err
		}
		if i == 0 {
			fmt.Fprintf(log, "warmed up with %d calls on each gateway\n", o.calls)
			continue
		}
		m.rounds = append(m.rounds, measured)
		fmt.Fprintf(log, "round %d of %d: plain %.2f us a message, operated %.2f, ratio %.3f, %d scrapes\n",
			i, o.rounds, measured.Plain.perMessage()/1e3, measured.Operated.perMessage()/1e3, measured.ratio(), measured.Scrapes)
	}
	if m.share, err = r.profile(ctx, o); err != nil {
		return m, err
	}
	return m, r.conclude(ctx, &m)
}

// round places calls on both gateways at the same time.
func (r *rig) round(ctx context.Context, o options) (measured round, err error) {
	before, err := r.samples(ctx)
	if err != nil {
		return measured, err
	}
	scraping, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	faults := make([]error, 3)
	group.Go(func() { measured.Scrapes, faults[0] = r.scrape(scraping, o.scrape) })
	var calls sync.WaitGroup
	for i, g := range []*gateway{r.plain, r.operated} {
		calls.Go(func() { faults[1+i] = r.call(ctx, g, o) })
	}
	calls.Wait()
	stop()
	group.Wait()
	if err := errors.Join(faults...); err != nil {
		return measured, err
	}
	after, err := r.samples(ctx)
	if err != nil {
		return measured, err
	}
	for i, s := range []*sample{&measured.Plain, &measured.Operated} {
		s.CPU, s.Messages = after[i].CPU-before[i].CPU, after[i].Messages-before[i].Messages
		if s.Messages <= 0 {
			return measured, errors.New("no messages came in")
		}
	}
	return measured, nil
}

// samples returns what both gateways have used so far, once they have no calls
// and no records to be written any more. Both are asked equally often.
func (r *rig) samples(ctx context.Context) (used [2]sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		busy := false
		for i, g := range []*gateway{r.plain, r.operated} {
			c, err := r.counts(ctx, g)
			if err != nil {
				return used, err
			}
			used[i].Messages = c.Door.Messages
			busy = busy || c.Calls.Live > 0 || c.Records.Waiting > 0
		}
		if !busy {
			break
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return used, errors.New("the gateways do not come to rest after the calls")
		}
	}
	for i, g := range []*gateway{r.plain, r.operated} {
		if used[i].CPU, err = process.CPUTime(g.child.PID()); err != nil {
			return used, err
		}
	}
	return used, nil
}

// operating are the functions that a gateway would not have if nobody wanted to see
// what it does: counting in histograms and by turn, records and their store, answers
// to the scraper.
const operating = `lexline/internal/(histogram|record|sqlite)\.|main\.\(\*(turnCounts|collector)\)|modernc\.org/|client_golang/`

// profile returns the share of the operated gateway's CPU samples, under calls,
// that have one of the functions above on their stack.
func (r *rig) profile(ctx context.Context, o options) (share float64, err error) {
	file := filepath.Join(r.dir, "cpu.pprof")
	fault := make(chan error, 1)
	go func() {
		seconds := max(1, int(3*o.pause/time.Second)) // within the calls; no fractions are understood
		ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+patience)
		defer cancel()
		path := fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds)
		body, err := r.get(ctx, r.operated, path, "*/*")
		if err == nil {
			err = os.WriteFile(file, body, 0o600)
		}
		fault <- err
	}()
	_, err = r.round(ctx, o)
	if err := errors.Join(err, <-fault); err != nil {
		return 0, fmt.Errorf("profile the operated gateway: %w", err)
	}
	// What writes the profile itself is not part of operating.
	top := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount=100000", "-nodefraction=0", "-ignore=runtime/pprof", "-focus="+operating, file)
	text, err := top.Output()
	if err != nil {
		return 0, fmt.Errorf("read the profile: %w", err)
	}
	return parseShare(text)
}

var accounting = regexp.MustCompile(`(?m)^Showing nodes accounting for .*, ([\d.]+)% of .* total$`)

// parseShare finds in the words of `go tool pprof -top` how much of all samples the
// focus leaves, between 0 and 1.
func parseShare(text []byte) (float64, error) {
	found := accounting.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("read the profile: no share of the samples in %.300q", text)
	}
	percent, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0, fmt.Errorf("read the profile: %w", err)
	}
	return percent / 100, nil
}

// conclude checks the books of both gateways.
func (r *rig) conclude(ctx context.Context, m *outcome) error {
	plain, err := r.counts(ctx, r.plain)
	if err != nil {
		return err
	}
	seen, err := r.counts(ctx, r.operated)
	if err != nil {
		return err
	}
	m.turns, m.writes = seen.Calls.Turns, seen.Records.Written
	calls := int64(m.options.calls * (m.options.rounds + 2))
	turns := calls * int64(len(keys))
	var faults []error
	for name, c := range map[string]counts{"plain": plain, "operated": seen} {
		if c.Calls.Ended != calls || c.Calls.Turns != turns {
			faults = append(faults, fmt.Errorf("the %s gateway had %d calls with %d turns; want %d with %d", name, c.Calls.Ended, c.Calls.Turns, calls, turns))
		}
	}
	if s := seen.Records; s.Failed > 0 || s.Dropped > 0 || s.Written < calls {
		faults = append(faults, fmt.Errorf("of the records of %d calls %d were written, %d failed and %d were dropped", calls, s.Written, s.Failed, s.Dropped))
	}
	return errors.Join(faults...)
}
