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
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	lexline, bot, node, out, only string
	warm, cold                    int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "lambda:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("lambda", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.lexline, "lexline", filepath.Join("bin", "lexline"), "`path` of the program")
	flags.StringVar(&o.bot, "bot", filepath.Join("bots", botName), "`folder` of the bot")
	flags.StringVar(&o.node, "dynalite", filepath.Join("internal", "dynamodb", "dynalite", "testdata"), "`folder` of serve.js and its modules")
	flags.StringVar(&o.out, "out", filepath.Join("bench", "results", "lambda.txt"), "`file` for the results; empty for none")
	flags.StringVar(&o.only, "only", "", "run only cases with this `text` in their name, and measure nothing")
	flags.IntVar(&o.warm, "warm", 1000, "`number` of answers of a running function that are measured")
	flags.IntVar(&o.cold, "cold", 30, "`number` of starts, and of answers with everything hung")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected %q", flags.Args())
	case o.warm < 1 || o.cold < 1:
		return o, errors.New("-warm and -cold: from 1")
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	w, closeWorld, err := newWorld(ctx, o)
	defer closeWorld()
	if err != nil {
		return err
	}
	r, err := w.runAll(ctx, o, stderr)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	r.write(&text, strings.Join(append([]string{"go run ./bench/lambda"}, args...), " "), time.Now())
	if o.out != "" && o.only == "" {
		if err := os.WriteFile(o.out, text.Bytes(), 0o644); err != nil {
			return fmt.Errorf("keep the results: %w", err)
		}
	}
	if _, err := stdout.Write(text.Bytes()); err != nil {
		return fmt.Errorf("print the results: %w", err)
	}
	if wrong := r.wrong(); len(wrong) > 0 {
		return fmt.Errorf("%d came out wrong: %s", len(wrong), strings.Join(wrong, "; "))
	}
	return nil
}

// newWorld starts all processes. What it returns to close them is never nil.
func newWorld(ctx context.Context, o options) (w *world, closeAll func(), err error) {
	var closers []func()
	closeAll = func() {
		for _, closeOne := range slices.Backward(closers) {
			closeOne()
		}
	}
	folder, err := os.MkdirTemp("", "lexline-lambda-")
	if err != nil {
		return nil, closeAll, fmt.Errorf("make a folder: %w", err)
	}
	closers = append(closers, func() { _ = os.RemoveAll(folder) })
	w = &world{limit: testLimit}
	if w.bootstrap, err = buildFunctions(ctx, folder); err != nil {
		return nil, closeAll, err
	}
	database, address, err := startDatabase(ctx, o.node)
	if err != nil {
		return nil, closeAll, err
	}
	closers = append(closers, database.stop)
	if w.table, err = newTableProxy(address); err != nil {
		return nil, closeAll, err
	}
	closers = append(closers, w.table.close)
	for _, name := range []string{home, other} {
		r, err := startRegion(ctx, o.lexline, name, o.bot)
		if err != nil {
			return nil, closeAll, err
		}
		closers = append(closers, r.server.stop)
		w.regions = append(w.regions, r)
	}
	words, err := w.regions[0].client().recognizeText(ctx, "words", utterance)
	if err != nil || len(words) == 0 {
		return nil, closeAll, fmt.Errorf("ask the bot: it says %q: %w", words, err)
	}
	w.words = words[0]
	return w, closeAll, nil
}

// runAll runs the cases one after the other, and then measures.
func (w *world) runAll(ctx context.Context, o options, progress io.Writer) (r report, err error) {
	for _, c := range testCases {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		one, err := w.runTest(ctx, c)
		if err != nil {
			return r, fmt.Errorf("lexDRTest, %s: %w", c.name, err)
		}
		fmt.Fprintf(progress, "lexDRTest, %s: %s\n", c.name, one.ours)
		r.tests = append(r.tests, one)
	}
	theirs := *w
	theirs.limit = regionLimit
	for _, c := range regionCases {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		one, err := theirs.runRegion(ctx, c)
		if err != nil {
			return r, fmt.Errorf("lexDRGetRegion, %s: %w", c.name, err)
		}
		fmt.Fprintf(progress, "lexDRGetRegion, %s: %s\n", c.name, one.ours)
		r.answers = append(r.answers, one)
	}
	if o.only != "" {
		return r, nil
	}
	r.measured = true
	if r.figures, err = w.measure(ctx, o.warm, o.cold); err != nil {
		return r, err
	}
	info, err := os.Stat(w.bootstrap)
	if err != nil {
		return r, err
	}
	r.figures.program = info.Size()
	r.figures.zips, err = zips()
	return r, err
}
