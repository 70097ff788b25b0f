// Command operate measures what it costs a gateway to be operated: CPU time, user
// and system, of a whole `lexline serve` that keeps records of its calls and is
// asked for its metrics, over that of one beside it that does neither. Both carry
// the same calls at the same time, each call with turns that the same local Lex
// answers, so that a machine that speeds up or slows down does not matter.
//
//	make bench-operate
//	go run ./bench/operate -check          exit 1 when the bar is missed
//
// Counting itself cannot be switched off. So after the rounds a profile of the
// operated gateway is taken, under the same calls, and the share of its samples
// that count, write records or answer the scraper is told beside the ratio.
//
// bench/README.md tells how to read and repeat the results.
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

	"lexline/bench/process"
)

const about = `Measures the CPU time that a media message costs a gateway which keeps records and
is asked for its metrics, over one that does neither, under the same calls at the same
time. The last line it prints is "metrics and records: X". See bench/README.md.

`

// errMissed says that --check was asked for and the bar was missed.
var errMissed = errors.New("the bar was missed")

// options are what the command line says.
type options struct {
	calls, rounds int
	pause, scrape time.Duration
	lexline       string // program to measure; empty to build it
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "operate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("operate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, about)
		flags.PrintDefaults()
	}
	var o options
	flags.IntVar(&o.calls, "calls", 100, "calls at once on each gateway")
	flags.IntVar(&o.rounds, "rounds", 7, "rounds of calls")
	flags.DurationVar(&o.pause, "pause", 5*time.Second, "between the turns of a call; people take longer")
	flags.DurationVar(&o.scrape, "scrape", 5*time.Second, "how often metrics are asked for; Prometheus does every 15s by deploy/prometheus")
	flags.StringVar(&o.lexline, "lexline", "", "`program` to measure instead of building this source")
	asJSON := flags.Bool("json", false, "print JSON and nothing else")
	check := flags.Bool("check", false, "exit 1 when the bar is missed")
	out := flags.String("out", "bench/results/operate.txt", "`file` for the results in benchstat format; empty for none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := o.check(flags.Args()); err != nil {
		return err
	}
	progress := stderr
	if *asJSON {
		progress = io.Discard
	}
	m, err := measure(ctx, o, progress)
	if err != nil {
		return err
	}
	s := summarize(m, process.ThisMachine(strings.Join(append([]string{"go run ./bench/operate"}, args...), " "), time.Now()))
	if err := save(*out, s); err != nil {
		return err
	}
	if *asJSON {
		err = s.writeJSON(stdout)
	} else {
		s.writeTable(stdout)
	}
	if err == nil && *check && s.missed() {
		return errMissed
	}
	return err
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected %q", rest)
	case o.calls < 1 || o.calls > 500:
		return fmt.Errorf("--calls %d: want 1 to 500", o.calls)
	case o.rounds < 1:
		return fmt.Errorf("--rounds %d: want 1 or more", o.rounds)
	case o.pause < 100*time.Millisecond || o.pause > time.Minute:
		return fmt.Errorf("--pause %v: want 100ms to 1m", o.pause)
	case o.scrape < 100*time.Millisecond:
		return fmt.Errorf("--scrape %v: want 100ms or more", o.scrape)
	}
	return nil
}

// save writes the results file.
func save(path string, s summary) error {
	if path == "" {
		return nil
	}
	var text bytes.Buffer
	s.writeBenchstat(&text)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, text.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("keep the results: %w", err)
	}
	return nil
}
