// Command train makes the weights of the voice activity detector: it has the
// talkers of Debian's packages speak, mixes hours of telephone audio of what they
// say, and trains a network on it. The weights and their score card go to
// internal/vad, where they become part of the program.
//
//	make vad-train                                   all of it, as what ships is made
//	make vad-train ARGS="--hours 4 --out bin/trial"  a trial that leaves what ships alone
//	make vad-verify                                  all of it again: are the same bytes made?
//
// From the same recipe and voices come the same bytes, on any x86-64 machine, if it is
// built for GOAMD64=v1 or v2, as make does. Ctrl-C ends it and changes nothing. It holds
// 38 MB of features for each hour of audio, and needs some 5 GB of memory for 60 hours.
//
// The exit code is 0 if all is as it must be, 1 if not, and 2 for wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"lexline/internal/vad/corpus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	recipe recipe
	out    string
	date   string
	voices string // folder of what was said
	cache  string // file of features
	watch  int
	speak  func(ctx context.Context, cache string, progress io.Writer) (*corpus.Voices, error)

	progress    bool
	verify      bool
	verifySlice bool
}

const help = `make vad-train makes the weights of the voice activity detector, and their score card.

It holds 38 MB of features for each hour of audio, and needs some 5 GB of memory for 60 hours.
Ctrl-C ends it and changes nothing.

Examples:
  make vad-train
  make vad-train ARGS="--hours 4 --epochs 20 --out bin/trial --watch 8"
  make vad-train ARGS="--features-cache bin/features --rate 0.004 --out bin/trial"
  make vad-score ARGS="-weights bin/trial/weights.bin"
  make vad-verify

Flags, for ARGS:
`

func parse(args []string, errs io.Writer) (options, error) {
	o := options{recipe: shipped, speak: corpus.OpenVoices}
	s := &o.recipe.Settings
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() {
		fmt.Fprint(errs, help)
		flags.PrintDefaults()
	}
	flags.Uint64Var(&o.recipe.Seed, "seed", o.recipe.Seed, "of the plan of files, and of the network's first weights")
	flags.Float64Var(&o.recipe.Hours, "hours", o.recipe.Hours, "of audio to train on")
	flags.IntVar(&s.Epochs, "epochs", s.Epochs, "times that all of it is seen")
	flags.IntVar(&s.Dense, "dense", s.Dense, "units of the dense layer, at most 64")
	flags.IntVar(&s.Hidden, "hidden", s.Hidden, "units of the recurrent layer, at most 64")
	flags.IntVar(&s.Segment, "segment", s.Segment, "frames through which the gradient goes back")
	flags.Float64Var(&s.Rate, "rate", s.Rate, "highest learning rate")
	flags.Float64Var(&s.PositiveWeight, "positive-weight", s.PositiveWeight, "of a frame of speech over one of silence")
	flags.Float64Var(&s.Decay, "decay", s.Decay, "of the weights, by the learning rate")
	flags.Float64Var(&s.Smoothing, "smoothing", s.Smoothing, "of the labels")
	flags.Float64Var(&s.Average, "average", s.Average, "share of the updates, the last, over which weights are averaged")
	flags.StringVar(&o.out, "out", ownFolder, "folder for "+weightsFile+" and "+cardFile)
	flags.StringVar(&o.date, "date", time.Now().UTC().Format(time.DateOnly), "for the score card")
	flags.StringVar(&o.voices, "voices", corpus.DefaultCache, "folder in which what the talkers say is kept")
	flags.StringVar(&o.cache, "features-cache", "", "file that keeps the features, for the next run with the same files")
	flags.IntVar(&o.watch, "watch", 0, "after each epoch tell F1 on every n-th file of the development set; 0 for none")
	flags.BoolVar(&o.progress, "progress", true, "tell on standard error how far it is")
	flags.BoolVar(&o.verify, "verify", false, "make the weights in --out again by their card, and compare")
	flags.BoolVar(&o.verifySlice, "verify-slice", false, "the same for a small slice that needs no voices")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	s.Seed = o.recipe.Seed
	if flags.NArg() > 0 {
		return o, fmt.Errorf("train: %q is no flag; it takes nothing else", flags.Arg(0))
	}
	if !(o.recipe.Hours > 0 && o.recipe.Hours <= 1000) || o.watch < 0 {
		return o, errors.New("train: --hours must be above 0 and at most 1000, --watch not below 0")
	}
	if min(s.Dense, s.Hidden) < 1 || max(s.Dense, s.Hidden) > 64 {
		return o, errors.New("train: --dense and --hidden must be from 1 to 64")
	}
	if _, err := time.Parse(time.DateOnly, o.date); err != nil {
		return o, fmt.Errorf("train: --date %q; want it like 2026-01-31", o.date)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	return do(ctx, o, out, errs)
}

func do(ctx context.Context, o options, out, errs io.Writer) (code int) {
	tell := newTeller(io.Discard)
	if o.progress {
		tell = newTeller(errs)
	}
	var err error
	switch {
	case o.verifySlice:
		err = verifySlice(ctx, o, out)
	case o.verify:
		err = verify(ctx, o, out, tell)
	default:
		err = makeWeights(ctx, o, out, tell)
	}
	if err != nil {
		fmt.Fprintln(errs, "train:", err)
		return 1
	}
	return 0
}
