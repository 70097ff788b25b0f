package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

func regionWatchCommand() command {
	return command{"region watch", "follow the regions live", runRegionWatch}
}

const regionWatchAbout = `Shows what lexline region status says and keeps it fresh, until Ctrl-C. On a terminal it
redraws in place; else it prints a line for each bot at the start and whenever something
has changed: for logs and pipes. A gateway that does
not answer, or is not up yet, is waited for.

examples:
  lexline region watch
  lexline region watch --every 5s | tee regions.log
  lexline region watch --json        a line of JSON, the whole status, at every change`

func runRegionWatch(ctx context.Context, env *environment, args []string) error {
	var opts regionOptions
	flags := controlFlags(env, &opts, "region watch", "", regionWatchAbout)
	every := flags.Duration("every", time.Second, "how often the gateway is asked; 100ms or more")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := opts.check(); err != nil {
		return err
	}
	if *every < 100*time.Millisecond {
		return usageError{fmt.Errorf("--every %v is too often", *every)}
	}
	w := watcher{out: env.stdout, redraw: isTerminal(env.stdout) && !opts.asJSON, asJSON: opts.asJSON, tell: regionsWords, size: func() screenSize { return sizeOf(env.stdout) }}
	client := opts.client()
	s, raw, err := client.status(ctx)
	if err != nil && !errors.Is(err, errNoGateway) {
		return err // what is there is nothing to be watched
	}
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for {
		if err := w.show(s, raw, err); err != nil {
			return fmt.Errorf("print: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil // Ctrl-C is how it ends
		case <-tick.C:
		}
		if s, raw, err = client.status(ctx); ctx.Err() != nil {
			return nil
		}
	}
}

// watcher prints one status after the other.
type watcher struct {
	out    io.Writer
	redraw bool // in place
	asJSON bool
	last   map[string]string // line by name of the bot
	quiet  bool              // the gateway does not answer
	tell   func(statusAnswer) string
	// shorten, if there is one, words a status in fewer lines, as many as fit.
	shorten func(s statusAnswer, fits func(text string) bool) string
	size    func() screenSize // of the terminal that is drawn on
}

// show prints a status, or that there is none.
func (w *watcher) show(s statusAnswer, raw []byte, failed error) error {
	switch {
	case w.redraw:
		return w.draw(s, failed)
	case failed != nil:
		if w.quiet {
			return nil
		}
		w.quiet, w.last = true, nil
		return w.print(time.Now(), failed.Error()+"; it is waited for", map[string]string{"error": failed.Error()})
	}
	w.quiet = false
	lines := map[string]string{}
	var changed []string
	for _, b := range s.Bots {
		lines[b.Name] = b.line()
		if lines[b.Name] != w.last[b.Name] {
			changed = append(changed, lines[b.Name])
		}
	}
	w.last = lines
	if w.asJSON && len(changed) > 0 {
		return w.compact(raw)
	}
	for _, line := range changed {
		if err := w.print(s.Now, line, nil); err != nil {
			return err
		}
	}
	return nil
}

// print writes one line; with --json the object instead.
func (w *watcher) print(at time.Time, line string, object any) (err error) {
	if w.asJSON {
		return json.NewEncoder(w.out).Encode(object)
	}
	_, err = fmt.Fprintf(w.out, "%s  %s\n", at.Format(time.TimeOnly), printable(line))
	return err
}

// compact writes a status on one line.
func (w *watcher) compact(raw []byte) error {
	var line bytes.Buffer
	if err := json.Compact(&line, raw); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err := w.out.Write(line.Bytes())
	return err
}

// draw writes the status over the last one: home, each line cleared to its end,
// and what is left below (ECMA-48, CUP, EL and ED). What does not fit is left out: on a
// screen that scrolls the first lines, which matter most, would be gone.
func (w *watcher) draw(s statusAnswer, failed error) error {
	const further = 2 // an empty row, and the one below
	var text string
	size := w.size()
	if failed != nil {
		text = fmt.Sprintf("%s  %v; it is waited for", time.Now().Format(time.TimeOnly), printable(failed.Error()))
	} else {
		words := w.tell(s)
		if w.shorten != nil {
			words = w.shorten(s, func(text string) bool { return size.fits(text, further) })
		}
		text = size.crop(words, further) + fmt.Sprintf("\n%s, Ctrl-C ends", s.Now.Format(time.TimeOnly))
	}
	screen := "\x1b[H" + strings.ReplaceAll(text, "\n", "\x1b[K\n") + "\x1b[K\x1b[J"
	if w.last == nil {
		screen = "\x1b[2J" + screen
		w.last = map[string]string{}
	}
	_, err := io.WriteString(w.out, screen)
	return err
}

// line says what is held of a bot's regions in one line that changes only when
// that does.
func (b botStatus) line() string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s: new calls %s", b.Name, b.newCallsGo())
	for i, r := range b.Regions {
		fmt.Fprintf(&w, "%s %s %s", []string{";", ","}[min(i, 1)], r.Region, r.State)
		if r.State != "healthy" {
			fmt.Fprintf(&w, " (%s)", r.Why)
		}
		if r.Throttled {
			fmt.Fprint(&w, " throttled")
		}
	}
	if b.Pin != nil {
		fmt.Fprintf(&w, "; PINNED to %s by %s", b.Pin.Region, b.Pin.By)
	}
	if b.Panic {
		fmt.Fprint(&w, "; PANIC: every region looks dead")
	}
	if b.Doubt {
		fmt.Fprint(&w, "; DOUBT: it may be the gateway's own network")
	}
	if b.sharesTable() && b.Table != nil && !b.Table.Reachable && b.Table.ReadAge >= 0 {
		fmt.Fprint(&w, "; TABLE NOT REACHED")
	}
	return w.String()
}
