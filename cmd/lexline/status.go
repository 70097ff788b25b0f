package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

func statusCommand() command {
	return command{"status", "say how a gateway stands: calls, regions, door", runStatus}
}

const statusAbout = `Asks a running gateway how it stands: whether new calls are welcome, the live calls with
their turn and region, what its regions are and why, what the door let in and kept out.
The same as a page is at http://127.0.0.1:8471/status. Where the gateway wants a token,
name its configuration with --config, or set LEXLINE_CONTROL_TOKEN.

Exit code 0 when that could be told; with --check 1 unless new calls are welcome.

examples:
  lexline status
  lexline status --watch
  lexline status --json | jq '.live_calls[] | {call, turn, region}'
  lexline status --config /etc/lexline.yml
  lexline status --check > /dev/null || echo "no calls are taken"`

func runStatus(ctx context.Context, env *environment, args []string) error {
	var opts regionOptions
	flags := controlFlags(env, &opts, "status", "", statusAbout)
	check := flags.Bool("check", false, "exit with code 1 unless new calls are welcome")
	watch := flags.Bool("watch", false, "keep it fresh until Ctrl-C")
	every := flags.Duration("every", time.Second, "with --watch: how often the gateway is asked; 100ms or more")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	switch {
	case *watch && *check:
		return usageError{errors.New("--check and --watch exclude each other")}
	case *every < 100*time.Millisecond:
		return usageError{fmt.Errorf("--every %v is too often", *every)}
	}
	if err := opts.resolve(); err != nil {
		return err
	}
	if *watch {
		return watchStatus(ctx, env.stdout, opts, *every)
	}
	s, raw, err := opts.client().status(ctx)
	if err != nil {
		return err
	}
	if err := printStatus(env.stdout, opts, s, raw); err != nil {
		return err
	}
	if *check && !s.Readiness.Ready {
		return fmt.Errorf("new calls are not welcome: %s", printable(strings.Join(s.Readiness.Why, "; ")))
	}
	return nil
}

func printStatus(w io.Writer, opts regionOptions, s statusAnswer, raw []byte) (err error) {
	if opts.asJSON {
		_, err = w.Write(raw)
		return err
	}
	_, err = io.WriteString(w, gatewayWords(s))
	return err
}

// watchStatus prints one status after the other: on a terminal in place, else below
// each other, each with its time in front, with --json one on a line.
func watchStatus(ctx context.Context, w io.Writer, opts regionOptions, every time.Duration) error {
	screen := watcher{out: w, redraw: isTerminal(w) && !opts.asJSON, asJSON: opts.asJSON, tell: gatewayWords, shorten: shortWords, size: func() screenSize { return sizeOf(w) }}
	client := opts.client()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		s, raw, err := client.status(ctx)
		switch {
		case ctx.Err() != nil:
			return nil // Ctrl-C is how it ends
		case err != nil && !errors.Is(err, errNoGateway):
			return err // what is there is nothing to be watched
		case screen.redraw || err != nil:
			err = screen.show(s, raw, err)
		case opts.asJSON:
			err = screen.compact(raw)
		default:
			_, err = fmt.Fprintf(w, "%s  %s\n", s.Now.Format(time.TimeOnly), gatewayWords(s))
		}
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// statusCalls is how many live calls are listed for people.
const statusCalls = 20

// gatewayWords tells a status to a person: what matters first.
func gatewayWords(s statusAnswer) string { return wordsWithCalls(s, statusCalls) }

// shortWords is the same with as many of the live calls as fit.
func shortWords(s statusAnswer, fits func(text string) bool) string {
	for most := min(statusCalls, len(s.LiveCalls)); ; most-- {
		if text := wordsWithCalls(s, most); most <= 0 || fits(text) {
			return text
		}
	}
}

// wordsWithCalls lists so many of the live calls at most.
func wordsWithCalls(s statusAnswer, most int) string {
	var w strings.Builder
	welcome := "new calls are welcome"
	if !s.Readiness.Ready {
		welcome = "NEW CALLS ARE NOT WELCOME: " + strings.Join(s.Readiness.Why, "; ")
	}
	fmt.Fprintf(&w, "%s, lexline %s, up for %s: %s\n", s.Node, s.Version, span(s.Now.Sub(s.Started)), welcome)
	fmt.Fprintf(&w, "Calls: %d live of %d, %d being greeted; %s since the start, and in those that have ended %s, %s.\n",
		s.Calls.Live, s.Limits.Calls, s.Door.Greeting, count(s.Calls.Total, "stream", "streams"),
		count(s.Calls.Turns, "turn", "turns"), count(s.Calls.BotFailures, "bot failure", "bot failures"))
	w.WriteString(liveWords(s.LiveCalls, most))
	w.WriteString(doorWords(s))
	if fault := storeFault(s); fault != "" {
		fmt.Fprintf(&w, "Store: RECORDS ARE NOT WRITTEN. %s\n", fault)
	}
	w.WriteString(s.Config.words(s.Now))
	if s.TLS != nil {
		fmt.Fprintf(&w, "Certificate: of %s, ends in %s.\n", strings.Join(s.TLS.Names, ", "), span(s.TLS.NotAfter.Sub(s.Now)))
		if s.TLS.Fault != "" {
			fmt.Fprintf(&w, "  THE FILES HOLD ANOTHER ONE, WHICH IS NOT IN USE: %s.\n", s.TLS.Fault)
		}
	}
	for _, b := range s.Bots {
		fmt.Fprintf(&w, "Bot %s: new calls %s.\n", b.Name, b.newCallsGo())
		for _, r := range b.Regions {
			fmt.Fprintf(&w, "  %s is %s since %s (%s): %s\n", r.Region, r.State, clockTime(r.Since, s.Now), span(s.Now.Sub(r.Since)), sentence(r.Why))
		}
	}
	return indent(0, w.String()) + "lexline region status has the evidence.\n"
}

// liveWords lists so many live calls at most.
func liveWords(calls []liveCallStatus, most int) string {
	var w strings.Builder
	for i, c := range calls {
		if i == most {
			fmt.Fprintf(&w, "  and %d more\n", len(calls)-i)
			break
		}
		fmt.Fprintf(&w, "  %s %s from %s for %s, turn %d, %s", c.Call, c.Line, c.From, span(secondsLong(c.Seconds)), c.Turn, c.State)
		if c.Region != "" {
			fmt.Fprintf(&w, ", in %s", c.Region)
		}
		if c.Suspect {
			w.WriteString(", NO AUDIO COMES")
		}
		w.WriteString("\n")
	}
	return w.String()
}
