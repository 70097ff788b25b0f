// Pictures makes the pictures that the documents show of hearing: it records calls
// that flite's voices make over noises of the development set, has `lexline hear
// --plot` draw what it hears in them, and stops where that is not what the
// documents tell.
//
//	make pictures-hearing
//
// The same sound comes every time, so that a picture changes only when hearing or
// drawing does. It must be run in the top folder of the repository, after make build.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lexline/internal/audio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong use")

// options are what the command line says.
type options struct {
	lexline string
	calls   string
	out     string
}

func parse(args []string, progress io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("pictures", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.StringVar(&o.lexline, "lexline", "bin/lexline", "`program` that hears and draws")
	flags.StringVar(&o.calls, "calls", "bin/hearing/calls", "`folder` of the recordings, to hear them again")
	flags.StringVar(&o.out, "out", "docs/3-how-it-works", "`folder` of the pictures")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w: %w", errUsage, err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("%w: takes no arguments but flags, got %q", errUsage, flags.Arg(0))
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.calls, 0o755); err != nil {
		return fmt.Errorf("make room for recordings: %w", err)
	}
	for _, s := range scenes {
		call := filepath.Join(o.calls, s.name+".wav")
		if err := record(ctx, s, call); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		got, err := hear(ctx, o.lexline, call, filepath.Join(o.out, "hearing-"+s.name+".svg"), s.set)
		if err == nil {
			err = s.compare(got)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if _, err := fmt.Fprintf(out, "%s: %v\n", call, got); err != nil {
			return fmt.Errorf("write what was heard: %w", err)
		}
	}
	return nil
}

// record makes the recording of a scene, as the gateway records calls.
func record(ctx context.Context, s scene, name string) (err error) {
	near, far, err := s.play(ctx, say)
	if err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if far == nil {
		return audio.WriteWAV(file, audio.SampleRate, near)
	}
	return audio.WriteWAV(file, audio.SampleRate, near, far)
}
