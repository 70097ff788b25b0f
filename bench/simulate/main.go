// Simulate plays seeded fault schedules through the core of the failover (see
// internal/simulate) and lets an oracle judge what happened: a million of them on
// all cores, unless told otherwise.
//
//	simulate -n 20000 -seed 7     other schedules, or fewer
//	simulate -replay 7            the trace of one; with -broken NAME of one that shows that rule broken
//	simulate -broken NAME         a broken rule, which the oracle must catch; all for every one
//	simulate -long                hours of flapping, and days of single errors
//
// Ctrl-C ends a run; what was done until then is reported. The exit code is 0 if
// all is as it must be, 1 if not, and 2 for wrong use.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"lexline/internal/simulate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	n      int
	seed   uint64
	cores  int
	replay uint64
	broken string
	long   bool
}

// errFound says that something is not as it must be; it was reported.
var errFound = errors.New("found")

func run(ctx context.Context, args []string, out, progress io.Writer) int {
	var o options
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.IntVar(&o.n, "n", 1_000_000, "how many schedules; with -broken at most so many until it is caught")
	flags.Uint64Var(&o.seed, "seed", 1, "the first one's seed; the others follow it")
	flags.IntVar(&o.cores, "cores", runtime.GOMAXPROCS(0), "how many to play at a time")
	flags.Uint64Var(&o.replay, "replay", 0, "print the trace of this seed's schedule")
	flags.StringVar(&o.broken, "broken", "", "break a rule, or all of them one after the other: "+strings.Join(names(), ", "))
	flags.BoolVar(&o.long, "long", false, "play the long runs")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 || o.n < 1 || o.cores < 1 {
		fmt.Fprintln(progress, "simulate: takes no arguments but flags; -n and -cores are at least 1")
		return 2
	}
	var err error
	switch {
	case o.replay > 0:
		err = replay(o, out)
	case o.broken != "":
		err = breakRules(ctx, o, out)
	case o.long:
		err = long(ctx, o, out)
	default:
		err = many(ctx, o, out, progress)
	}
	if err != nil {
		if !errors.Is(err, errFound) {
			fmt.Fprintf(progress, "simulate: %v\n", err)
			return 2
		}
		return 1
	}
	return 0
}

// replay prints what happens in one schedule; with a rule broken, in one in which
// that rule matters.
func replay(o options, out io.Writer) error {
	w := bufio.NewWriter(out)
	with := simulate.Options{Trace: w}
	var result simulate.Result
	if o.broken == "" {
		result = simulate.Run(o.replay, with)
	} else {
		rule, err := named(o.broken)
		if err != nil {
			return err
		}
		result = rule.Run(o.replay, true, with)
	}
	fmt.Fprintf(w, "%d violations; hash %016x\n", len(result.Violations), result.Hash)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the trace: %w", err)
	}
	if len(result.Violations) > 0 {
		return errFound
	}
	return nil
}

// named returns the rule of that name.
func named(name string) (simulate.Rule, error) {
	for _, rule := range simulate.Rules() {
		if rule.Name == name {
			return rule, nil
		}
	}
	return simulate.Rule{}, fmt.Errorf("there is no rule %q; there are %s", name, strings.Join(names(), ", "))
}

func names() []string {
	var all []string
	for _, rule := range simulate.Rules() {
		all = append(all, rule.Name)
	}
	return all
}

// breakRules breaks rules and says after how many schedules that was noticed,
// both of schedules of any kind and of such in which the rule matters.
func breakRules(ctx context.Context, o options, out io.Writer) error {
	broken := simulate.Rules()
	if o.broken != "all" {
		rule, err := named(o.broken)
		if err != nil {
			return err
		}
		broken = []simulate.Rule{rule}
	}
	missed := false
	fmt.Fprintf(out, "%-22s %12s %12s  %s\n", "broken rule", "any kind", "directed", "first violation")
	for _, rule := range broken {
		general, _ := caught(ctx, rule, false, o)
		directed, what := caught(ctx, rule, true, o)
		fmt.Fprintf(out, "%-22s %12s %12s  %s\n", rule.Name, after(general), after(directed), what)
		missed = missed || general == 0 && directed == 0
	}
	if missed {
		return errFound
	}
	return nil
}

// caught returns after how many schedules a broken rule was noticed, 0 for never,
// and by what.
func caught(ctx context.Context, rule simulate.Rule, directed bool, o options) (n int, what string) {
	for n = 1; n <= o.n && ctx.Err() == nil; n++ {
		result := rule.Run(o.seed+uint64(n)-1, directed, simulate.Options{})
		if len(result.Violations) > 0 {
			return n, result.Violations[0].String()
		}
	}
	return 0, ""
}

func after(n int) string {
	if n == 0 {
		return "not caught"
	}
	return fmt.Sprint(n)
}

// long plays the long runs.
func long(ctx context.Context, o options, out io.Writer) error {
	bad := false
	for _, l := range simulate.Longs() {
		if ctx.Err() != nil {
			break
		}
		began := time.Now()
		took := l.Run(o.seed, 1)
		verdict := "ok"
		if took.Fault != "" {
			verdict, bad = "VIOLATION: "+took.Fault, true
		}
		fmt.Fprintf(out, "%-52s %2d changes (at most %d), %8d turns, %4d lost, %6d deep probes, %5.1f s: %s\n",
			l.Name, took.Changes, l.Most, took.Stats.Turns, took.Stats.Lost, took.Deep, time.Since(began).Seconds(), verdict)
	}
	if bad {
		return errFound
	}
	return nil
}
