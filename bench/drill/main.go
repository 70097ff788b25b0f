// Command drill has `lexline region drill` rehearse every kind of fault, under
// lexline and under a model of AWS's article beside it, and keeps the reports, the
// pictures and one table of all of them: of calls in bench/results/drill, with
// -channel connect of contacts of Amazon Connect in bench/results/connect.
//
// Each drill is a run of the program as users have it; nothing of it is imported
// here. Run it with `make bench-drill` or `make bench-connect`, on a machine that has
// nothing else to do.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// options are the flags.
type options struct {
	channel                       channel
	lexline, results, work, table string
	faults                        []string
	policy                        string
	calls, runs, jobs             int
	seed                          uint64
	speech                        bool
}

// channel is what is drilled: calls, or contacts.
type channel interface {
	faults() []string // all kinds of them
	lanes() int       // callers or customers at a time, by default
	folder() string   // for results, in bench/results

	units(o *options) []unit
	// args are those of `lexline region drill` that are the channel's own.
	args(o *options, u unit) []string
	// read reads what the program prints of a drill.
	read(document []byte) (*drilled, error)
	// summary is the table of the reports that are kept in a folder.
	summary(dir, setting string) (string, error)
}

func channels() map[string]channel {
	return map[string]channel{"phone": phone{}, "connect": contacts{}}
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2) // the package flag has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{channel: phone{}}
	flags := flag.NewFlagSet("drill", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Func("channel", "`channel`: phone or connect (default phone)", func(text string) error {
		c, ok := channels()[text]
		if !ok {
			return errors.New("must be phone or connect")
		}
		o.channel = c
		return nil
	})
	named := func(text string) error {
		o.faults = append(o.faults, strings.Split(text, ",")...)
		return nil
	}
	flags.StringVar(&o.lexline, "lexline", "bin/lexline", "`path` of the program")
	flags.StringVar(&o.results, "results", "", "`folder` for the results (default bench/results/drill, or bench/results/connect)")
	flags.StringVar(&o.work, "work", "drill-run", "`folder` for logs and recordings")
	flags.Func("fault", "`kind` of fault; may be repeated (default all of them)", named)
	flags.Func("faults", "`kinds` of faults, with commas between", named)
	flags.StringVar(&o.policy, "policy", "both", "`policy`: lexline, article or both")
	flags.IntVar(&o.calls, "calls", 0, "`number` of callers or customers at a time (default 50 callers, 60 customers)")
	flags.IntVar(&o.jobs, "jobs", 2, "`number` of drills at a time; one with 50 callers takes a quarter of a CPU")
	flags.IntVar(&o.runs, "runs", 2, "`number` of times that a drill is held at most when the machine was too busy for it")
	flags.Uint64Var(&o.seed, "seed", 20261120, "`seed` of all drills")
	flags.StringVar(&o.table, "table", "", "only make the table of the reports that are kept, with this `text` about their setting")
	flags.BoolVar(&o.speech, "speech", false, "with real recognition and speech; for calls only")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	err := o.complete()
	if err != nil {
		fmt.Fprintln(out, "drill:", err)
	}
	return o, err
}

// complete checks the flags and fills in the defaults of the channel.
func (o *options) complete() error {
	all := o.channel.faults()
	for _, kind := range o.faults {
		if !slices.Contains(all, kind) {
			return fmt.Errorf("%q is no kind of fault that is drilled; there are %s", kind, strings.Join(all, ", "))
		}
	}
	if _, isPhone := o.channel.(phone); o.speech && !isPhone {
		return errors.New("-speech is for calls; the customers of contacts type")
	}
	if len(o.faults) == 0 {
		o.faults = all
	}
	o.calls = cmp.Or(o.calls, o.channel.lanes())
	o.results = cmp.Or(o.results, filepath.Join("bench", "results", o.channel.folder()))
	return nil
}

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return fmt.Errorf("make the folder for results: %w", err)
	}
	if o.table != "" {
		return summarize(o, o.table)
	}
	return holdAll(ctx, o, hold, os.Stdout)
}

// summarize writes the table of all drills that are kept.
func summarize(o options, setting string) error {
	text, err := o.channel.summary(o.results, setting)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.results, "summary.txt"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
