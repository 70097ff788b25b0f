package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	lexline, out, work string
	calls, rounds      int
	phase              time.Duration
	seed               uint64
}

// errMissed says that a call was affected, or turns took longer than they may.
var errMissed = errors.New("the table was on a call's path")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	result, err := measure(ctx, o, stderr)
	if err != nil {
		return err
	}
	s := summarize(result)
	var text bytes.Buffer
	command := strings.Join(append([]string{"go run ./bench/table"}, args...), " ")
	writeReport(&text, o, s, command, time.Now())
	if o.out != "" {
		if err := os.WriteFile(o.out, text.Bytes(), 0o644); err != nil {
			return fmt.Errorf("keep the results: %w", err)
		}
	}
	if _, err := stdout.Write(text.Bytes()); err != nil {
		return fmt.Errorf("print the results: %w", err)
	}
	if missed := s.missed(); len(missed) > 0 {
		return fmt.Errorf("%w: %s", errMissed, strings.Join(missed, "; "))
	}
	return nil
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("table", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.lexline, "lexline", filepath.Join("bin", "lexline"), "`path` of the program")
	flags.StringVar(&o.out, "out", filepath.Join("bench", "results", "table.txt"), "`file` for the results; empty for none")
	flags.StringVar(&o.work, "work", filepath.Join("drill-run", "table"), "`folder` for logs and recordings")
	flags.IntVar(&o.calls, "calls", 40, "`number` of callers at a time")
	flags.IntVar(&o.rounds, "rounds", 3, "`number` of times that each fault is made")
	flags.DurationVar(&o.phase, "phase", 6*time.Second, "`time` that a fault lasts, and that there is none after it")
	flags.Uint64Var(&o.seed, "seed", 20261120, "`seed` of who orders what")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected %q", flags.Args())
	case o.calls < 1 || o.calls > 1000:
		return o, fmt.Errorf("-calls %d: from 1 to 1000 are possible", o.calls)
	case o.rounds < 1 || o.rounds > 100:
		return o, fmt.Errorf("-rounds %d: from 1 to 100 are possible", o.rounds)
	case o.phase < 4*time.Second || o.phase > 5*time.Minute:
		return o, fmt.Errorf("-phase %v: from 4s, for the gateway to read the table some times, to 5m", o.phase)
	}
	return o, nil
}
