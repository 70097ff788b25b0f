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

	"lexline/internal/audio"
)

// maxWindow keeps the calls alive: a gateway gives up a stream that is silent
// for 5 s, and while the other system is measured they are.
const maxWindow = 4 * time.Second

const about = `Measures the CPU time that lexline serve needs for a media message, over that of
a TCP server which reads and discards the same bytes. The last line it prints is
"media path: X R". See bench/README.md.

`

// errMissed says that --check was asked for and a bar was missed.
var errMissed = errors.New("a bar was missed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mediapath:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("mediapath", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, about)
		flags.PrintDefaults()
	}
	calls := flags.Int("calls", 500, "calls at once")
	seconds := flags.Float64("seconds", 3, "length of one window of one system, up to 4")
	rounds := flags.Int("rounds", 15, "measured windows of each system")
	asJSON := flags.Bool("json", false, "print JSON and nothing else")
	check := flags.Bool("check", false, "exit 1 when a bar is missed")
	out := flags.String("out", "bench/results/mediapath.txt", "`file` for the results in benchstat format; empty for none")
	lexline := flags.String("lexline", "", "`program` to measure instead of building this source")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o := options{calls: *calls, window: time.Duration(*seconds * float64(time.Second)), rounds: *rounds, lexline: *lexline}
	if err := o.check(); err != nil || flags.NArg() > 0 {
		return errors.Join(err, unwanted(flags.Args()))
	}
	o.window = o.window.Truncate(audio.FrameDuration)
	progress := stderr
	if *asJSON {
		progress = io.Discard
	}
	result, err := measure(ctx, o, progress)
	if err == nil {
		err = result.measured.check()
	}
	if err != nil {
		return err
	}
	s := summarize(result, strings.Join(append([]string{"go run ./bench/mediapath"}, args...), " "), time.Now())
	if err := save(*out, result, s); err != nil {
		return err
	}
	if *asJSON {
		err = s.writeJSON(stdout)
	} else {
		s.writeTable(stdout)
		_, err = fmt.Fprintln(stdout, s.lastLine())
	}
	if err == nil && *check && len(s.missed()) > 0 {
		return fmt.Errorf("%w: %s", errMissed, strings.Join(s.missed(), "; "))
	}
	return err
}

func (o options) check() error {
	switch {
	case o.calls < 1 || o.calls > 2000:
		return fmt.Errorf("--calls %d: want 1 to 2000", o.calls)
	case o.window < 100*time.Millisecond || o.window > maxWindow:
		return fmt.Errorf("--seconds %g: want 0.1 to %g, as a silent stream is given up after 5", o.window.Seconds(), maxWindow.Seconds())
	case o.rounds < 1:
		return fmt.Errorf("--rounds %d: want 1 or more", o.rounds)
	}
	return nil
}

func unwanted(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unexpected %q", args)
}

// save writes the results file.
func save(path string, o outcome, s summary) error {
	if path == "" {
		return nil
	}
	var text bytes.Buffer
	writeBenchstat(&text, o, s)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keep the results: %w", err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("keep the results: %w", err)
	}
	return nil
}
