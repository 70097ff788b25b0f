// Cost measures what it costs to hear: CPU time, user and system, of whole
// programs for each frame of 20 ms, as a ratio to the least that a program can do
// (bench/hearing/amplitude). Each program reads the same audio from standard input
// and writes a line for each frame: `lexline hear --frames`, the same with the
// bot's audio beside it, and the WebRTC project's detector.
//
//	make bench-hearing
//	go run ./bench/hearing/cost -check          exit 1 when the bar is missed
//
// The programs take turns, and a ratio is taken within a round, so that a machine
// that speeds up or slows down does not matter; the median of the rounds is told.
// It must be run in the top folder of the repository.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

var (
	errUsage  = errors.New("wrong use")
	errMissed = errors.New("the bar was missed")
)

// options are what the command line says.
type options struct {
	minutes int
	rounds  int
	lexline string
	json    bool
	check   bool
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lexline-hearing-")
	if err != nil {
		return fmt.Errorf("make room for programs: %w", err)
	}
	defer os.RemoveAll(dir)
	in, err := writeInput(dir, o.minutes)
	if err != nil {
		return err
	}
	programs, err := build(ctx, dir, o.lexline, in, progress)
	if err != nil {
		return err
	}
	times, err := measure(ctx, programs, in, o.rounds, progress)
	if err != nil {
		return err
	}
	rows := compare(programs, times, in.frames)
	if o.json {
		err = writeJSON(out, rows)
	} else {
		err = writeText(out, rows)
	}
	if err == nil && o.check && missed(rows) {
		return errMissed
	}
	return err
}

const help = `make bench-hearing measures the CPU that hearing a frame takes, over that of the simplest program.

Examples:
  make bench-hearing
  make bench-hearing ARGS="-rounds 3 -check"

Flags, for ARGS:
`

func parse(args []string, progress io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		fmt.Fprint(progress, help)
		flags.PrintDefaults()
	}
	flags.IntVar(&o.minutes, "minutes", 20, "length of the audio")
	flags.IntVar(&o.rounds, "rounds", 7, "how often each program is run")
	flags.StringVar(&o.lexline, "lexline", "", "`program` to measure instead of building this source")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.check, "check", false, "exit 1 when the bar is missed")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w: %w", errUsage, err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("%w: takes no arguments but flags, got %q", errUsage, flags.Arg(0))
	case o.minutes < 1 || o.rounds < 1:
		return o, fmt.Errorf("%w: -minutes and -rounds are at least 1", errUsage)
	}
	return o, nil
}

func writeJSON(w io.Writer, rows []row) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(rows); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}

// verdict words how a program stands to the bar.
func verdict(r row) string {
	switch {
	case r.Missed:
		return fmt.Sprintf("the bar of %dx is missed", must)
	case r.Ratio > stretch:
		return fmt.Sprintf("within the bar of %dx, above the stretch of %dx", must, stretch)
	}
	return fmt.Sprintf("within the bar of %dx and the stretch of %dx", must, stretch)
}

func writeText(w io.Writer, rows []row) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%-28s %9s %7s %15s %11s\n", "program", "us/frame", "ratio", "in the rounds", "calls/core")
	for _, r := range rows {
		fmt.Fprintf(&text, "%-28s %9.2f %7.1f %7.1f to %4.1f %11.0f\n", r.Program, r.Microseconds, r.Ratio, r.Least, r.Most, r.CallsPerCore)
	}
	for _, r := range rows {
		if r.Barred {
			fmt.Fprintf(&text, "%s: %s\n", r.Program, verdict(r))
		}
	}
	text.WriteString("ratio: to the first program in the same round, median; calls/core: calls that a core at 100 % hears\n")
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}
