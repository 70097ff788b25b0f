package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"lexline/internal/outbound"
	"lexline/internal/twilio"
)

func dialCommand() command {
	return command{"dial", "call people, and have a line's bot talk with them", runDial}
}

const dialAbout = `Places calls to the numbers, and has the bot of a line talk with whoever answers. The
gateway is ` + "`lexline serve`" + ` with the same configuration, reached by Twilio at public_url.
Call only people who have agreed to it, at hours when they may be called.

Calls are placed at the rate of --rate. Each number is called once, and has its result
in the end: answered (and by whom, with --machine-detection), machine, busy, no answer,
failed, canceled, unknown (not watched to its end), refused by Twilio, uncertain (it
may have been placed: look before you call again), not tried. Ctrl-C places no further
call and watches those that were placed; a second one stops watching.

Each number is printed before its call is asked for, when Twilio has taken it, and when
its result is known; with --json as lines of JSON, with "state" or "outcome", and one
with the "summary". With --journal the same goes into a file, on the disk before the
call is asked for: a further run with that file calls nobody whom it has, even if this
one is killed. Where the output cannot be written no further call is placed.
Exit code 0: every number was called, whoever answered.

examples:
  lexline dial +14155550199 --line reminders --config lexline.yml
  lexline dial --file numbers.txt --rate 30/min --machine-detection Enable --timeout 25s
  lexline dial --file numbers.txt --journal monday.journal
  lexline dial --file numbers.txt --dry-run`

// dialOptions are the flags of `lexline dial`.
type dialOptions struct {
	config, line, from, file string
	journal                  string
	dev, json, dryRun        bool
	noCheck                  bool
	numbers                  []string
	twice                    int // numbers that were there before
	rate                     outbound.Rate
	call                     twilio.NewCall // but for the number and what it is asked of the gateway
}

func runDial(ctx context.Context, env *environment, args []string) error {
	opts, err := dialFlags(env, args)
	if err != nil {
		return err
	}
	if env.environ != nil {
		if err := checkEnvironment(env.environ()); err != nil {
			return err
		}
	}
	cfg, err := loadConfig(opts.config, env.getenv, opts.dev)
	if err != nil {
		return err
	}
	d, err := newDialer(cfg, opts, env)
	if err != nil {
		return err
	}
	defer d.api.Close()
	signal.Ignore(syscall.SIGPIPE) // who reads the output may go, and calls are to be watched
	defer signal.Reset(syscall.SIGPIPE)
	return d.run(ctx)
}

// dialFlags reads the command line. Flags may stand before and behind the numbers.
func dialFlags(env *environment, args []string) (*dialOptions, error) {
	o := &dialOptions{rate: outbound.Rate{Calls: 1, Per: time.Second}}
	flags := newFlags(env, "dial", "NUMBER...", dialAbout)
	flags.StringVar(&o.config, "config", env.getenv("LEXLINE_CONFIG"), "configuration `file` of the gateway; without one the environment is all")
	flags.Lookup("config").DefValue = ""
	flags.BoolVar(&o.dev, "dev", false, "the gateway is lexline serve with --dev: allow plain http, on loopback addresses only")
	flags.StringVar(&o.line, "line", "", "`name` of the line whose bot talks; needed where there are several")
	flags.StringVar(&o.from, "from", "", "`number` that people see; the default is the line's first one")
	flags.StringVar(&o.file, "file", "", "`file` with further numbers, one on a line; # begins a remark")
	flags.StringVar(&o.journal, "journal", "", "`file` that has who was called, and is added to: whom it has is not called again")
	flags.Func("rate", "place so many calls in a time, a `rate` such as 1/s, 30/min or 100/h (default 1/s, as many as an account of Twilio's may place by default)", func(text string) (err error) {
		o.rate, err = outbound.ParseRate(text)
		return err
	})
	flags.DurationVar(&o.call.Timeout, "timeout", 30*time.Second, "let it ring for this `time`, 5s to 600s")
	flags.DurationVar(&o.call.TimeLimit, "time-limit", 0, "end each call after this `time`, at most 24h (default: Twilio's, 4h)")
	machine := &o.call.Machine
	flags.StringVar(&machine.Mode, "machine-detection", "", "find out who answers, in this `mode`: Enable, or DetectMessageEnd, which waits for the end of a machine's greeting; Twilio charges for it")
	flags.DurationVar(&machine.Timeout, "machine-detection-timeout", 0, "take this `time` at most, 3s to 59s (default: Twilio's, 30s)")
	flags.DurationVar(&machine.SpeechThreshold, "machine-detection-speech-threshold", 0, "longer speech is a machine's: 1000ms to 6000ms (default: Twilio's, 2400ms)")
	flags.DurationVar(&machine.SpeechEndThreshold, "machine-detection-speech-end-threshold", 0, "silence that ends speech: 500ms to 5000ms (default: Twilio's, 1200ms)")
	flags.DurationVar(&machine.SilenceTimeout, "machine-detection-silence-timeout", 0, "silence at first that is nobody's in particular: 2000ms to 10000ms (default: Twilio's, 5000ms)")
	flags.BoolVar(&o.json, "json", false, "print a line of JSON for each number, and one with the summary")
	flags.BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and call nobody")
	flags.BoolVar(&o.noCheck, "no-check", false, "do not ask first whether the gateway answers at public_url/ping")
	operands, err := operandsAmong(flags, args)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, usageError{err}
	}
	return o, o.readNumbers(operands)
}

// check says what is wrong with the flags, by the limits of Twilio's Calls resource
// (https://www.twilio.com/docs/voice/api/call-resource,
// https://www.twilio.com/docs/voice/answering-machine-detection).
func (o *dialOptions) check() error {
	machine := o.call.Machine
	if machine.Mode != "" && machine.Mode != "Enable" && machine.Mode != "DetectMessageEnd" {
		return fmt.Errorf("--machine-detection is Enable or DetectMessageEnd, not %q", machine.Mode)
	}
	for _, limit := range []struct {
		flag        string
		value       time.Duration
		least, most time.Duration
	}{
		{"timeout", o.call.Timeout, 5 * time.Second, 600 * time.Second},
		{"time-limit", o.call.TimeLimit, time.Second, 24 * time.Hour},
		{"machine-detection-timeout", machine.Timeout, 3 * time.Second, 59 * time.Second},
		{"machine-detection-speech-threshold", machine.SpeechThreshold, time.Second, 6 * time.Second},
		{"machine-detection-speech-end-threshold", machine.SpeechEndThreshold, 500 * time.Millisecond, 5 * time.Second},
		{"machine-detection-silence-timeout", machine.SilenceTimeout, 2 * time.Second, 10 * time.Second},
	} {
		if limit.value == 0 && limit.flag != "timeout" {
			continue // Twilio's default
		}
		if strings.HasPrefix(limit.flag, "machine") && machine.Mode == "" {
			return fmt.Errorf("--%s needs --machine-detection", limit.flag)
		}
		if limit.value < limit.least || limit.value > limit.most {
			return fmt.Errorf("--%s: %v is not between %v and %v", limit.flag, limit.value, limit.least, limit.most)
		}
	}
	return nil
}

// readNumbers takes the numbers of the command line and of the file.
func (o *dialOptions) readNumbers(operands []string) error {
	for _, text := range operands {
		number, err := outbound.ParseNumber(text)
		if err != nil {
			return usageError{&hintError{err, "write +14155550199: a plus, the country code, the number"}}
		}
		o.numbers = append(o.numbers, number)
	}
	if o.file != "" {
		file, err := os.Open(o.file)
		if err != nil {
			return fmt.Errorf("read the numbers: %w", err)
		}
		defer file.Close()
		numbers, err := outbound.ReadNumbers(o.file, file)
		if err != nil {
			return usageError{&hintError{err, "one number on a line, such as +14155550199; nobody was called"}}
		}
		o.numbers = append(o.numbers, numbers...)
	}
	if o.from != "" {
		number, err := outbound.ParseNumber(o.from)
		if err != nil {
			return usageError{fmt.Errorf("--from: %w", err)}
		}
		o.from = number
	}
	if len(o.numbers) == 0 {
		return usageError{errors.New("there is no number to call")}
	}
	given := len(o.numbers)
	o.numbers = outbound.Unique(o.numbers)
	o.twice = given - len(o.numbers)
	return nil
}

// patience returns a context that the second signal ends: the first one has ended ctx.
func patience(ctx context.Context) (watch context.Context, stop func()) {
	watch, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
		case <-watch.Done():
			return
		}
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(again)
		select {
		case <-again:
			cancel(errors.New("it was not watched any longer"))
		case <-watch.Done():
		}
	}()
	return watch, func() {
		cancel(nil)
		<-ended
	}
}
