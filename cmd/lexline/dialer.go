package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"lexline/internal/outbound"
	"lexline/internal/twilio"
)

// dialer is `lexline dial` once all it needs is known.
type dialer struct {
	opts    *dialOptions
	line    string
	api     *twilio.REST
	gateway *twilio.Outbound
	ping    string // an address of the gateway
	printer *dialPrinter
	journal *outbound.Journal // nil: none
	known   outbound.Called   // by the journal
	skipped int               // numbers that are known
	lost    error             // why the journal cannot be written
}

// newDialer finds the line, the number to call from and the way to Twilio.
func newDialer(cfg config, opts *dialOptions, env *environment) (*dialer, error) {
	if err := cfg.Twilio.needsREST("lexline dial"); err != nil {
		return nil, &hintError{err, "write it into the configuration, or set LEXLINE_TWILIO_ACCOUNT_SID"}
	}
	line, err := dialLine(cfg.Lines, opts.line)
	if err != nil {
		return nil, err
	}
	if opts.call.From = opts.from; opts.from == "" {
		if opts.call.From, err = callerNumber(line); err != nil {
			return nil, err
		}
	}
	logger, err := newLogger(env.stderr, cfg.Log)
	if err != nil {
		return nil, err
	}
	gateway, err := twilio.NewOutbound(doorConfig(cfg, opts.dev, logger, nil))
	if err != nil {
		return nil, err
	}
	api, err := twilio.NewREST(cfg.Twilio.rest(slog.New(slog.DiscardHandler))) // what is repeated ends in a result
	if err != nil {
		return nil, fmt.Errorf("prepare for Twilio's API: %w", err)
	}
	return &dialer{
		opts: opts, line: line.Name, api: api, gateway: gateway,
		ping:    strings.TrimRight(cfg.PublicURL, "/") + "/ping",
		printer: newDialPrinter(env, opts.json),
	}, nil
}

// dialLine is the line of that name, or the only one.
func dialLine(lines []lineConfig, name string) (lineConfig, error) {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Name
	}
	switch i := slices.Index(names, name); {
	case i >= 0:
		return lines[i], nil
	case name != "":
		return lineConfig{}, usageError{&hintError{fmt.Errorf("there is no line %q", name), orThereAre(name, names)}}
	case len(lines) == 1:
		return lines[0], nil
	}
	return lineConfig{}, usageError{&hintError{errors.New("there are several lines, and --line says none"), "there are: " + strings.Join(names, ", ")}}
}

// callerNumber is the first of a line's numbers that can be called from.
func callerNumber(line lineConfig) (string, error) {
	for _, text := range line.Numbers {
		if number, err := outbound.ParseNumber(text); err == nil {
			return number, nil
		}
	}
	return "", usageError{&hintError{
		fmt.Errorf("the line %s has no number to call from", line.Name),
		"say --from with a number of the account, or one that it has verified",
	}}
}

// run calls the numbers and prints what became of them.
func (d *dialer) run(ctx context.Context) (err error) {
	if err := d.openJournal(); err != nil {
		return err
	}
	if d.journal != nil {
		defer func() { err = errors.Join(err, d.journal.Close()) }()
	}
	numbers := slices.DeleteFunc(slices.Clone(d.opts.numbers), func(n string) bool { _, there := d.known[n]; return there })
	d.skipped, d.opts.numbers = len(d.opts.numbers)-len(numbers), numbers
	if len(numbers) == 0 {
		d.printer.nobody(d)
		return nil
	}
	if d.opts.dryRun {
		return d.printer.plan(d)
	}
	if !d.opts.noCheck {
		if err := d.askGateway(ctx); err != nil {
			return err
		}
	}
	watch, stop := patience(ctx)
	defer stop()
	d.printer.begin(d)
	why := outbound.Run(ctx, watch, outbound.Config{
		API: d.api, Numbers: d.opts.numbers, Rate: d.opts.rate, Call: d.call,
		Placing: d.placing, Placed: d.placed, Report: d.result, Progress: d.printer.progress, Stopping: d.printer.stopping,
	})
	d.printer.end(d.api.Counters())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return d.printer.verdict(cmp.Or(why, d.lost))
}

// openJournal reads whom not to call again, and gets ready to add to it.
func (d *dialer) openJournal() (err error) {
	switch {
	case d.opts.journal == "":
	case d.opts.dryRun:
		d.known, err = outbound.ReadJournal(d.opts.journal)
	default:
		d.journal, d.known, err = outbound.OpenJournal(d.opts.journal)
	}
	if err != nil {
		return &hintError{err, "nobody was called"}
	}
	return nil
}

// note adds to the journal, if there is one, and remembers that it could not.
func (d *dialer) note(add func(*outbound.Journal) error) {
	if d.journal == nil {
		return
	}
	if err := add(d.journal); err != nil && d.lost == nil {
		d.lost = err
	}
}

// placing tells of a call that is going to be asked for. Where that cannot be told, the
// call is not asked for: nobody would know whom not to call again.
func (d *dialer) placing(number string) error {
	d.note(func(j *outbound.Journal) error { return j.Placing(number) })
	if d.lost != nil {
		return d.lost
	}
	return d.printer.placing(number)
}

func (d *dialer) placed(number, sid string) {
	d.note(func(j *outbound.Journal) error { return j.Placed(number, sid) })
	d.printer.placed(number, sid)
}

func (d *dialer) result(r outbound.Result) {
	d.note(func(j *outbound.Journal) error { return j.Result(r) })
	d.printer.result(r)
}

// call is the call to one number.
func (d *dialer) call(to string) (twilio.NewCall, error) {
	address, err := d.gateway.CallURL(d.line, to)
	if err != nil {
		return twilio.NewCall{}, err
	}
	call := d.opts.call
	call.To, call.URL = to, address
	call.StatusCallback, call.StatusEvents = d.gateway.StatusURL(), []string{"completed"}
	return call, nil
}

// pingTime is how long the gateway may take to say that it is there.
const pingTime = 5 * time.Second

// askGateway finds out whether anybody will answer Twilio: else people would be
// called to hear that an application error has occurred.
func (d *dialer) askGateway(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.ping, nil)
	if err != nil {
		return fmt.Errorf("ask the gateway: %w", err)
	}
	const hint = "nobody was called. Is `lexline serve` running there? Where this machine cannot reach it but Twilio can, say --no-check"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return &hintError{fmt.Errorf("the gateway does not answer: %w", err), hint}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 4096)) // so that the connection ends well
	if response.StatusCode != http.StatusOK {
		return &hintError{fmt.Errorf("the gateway takes no calls: GET %s answered %s", d.ping, response.Status), hint}
	}
	return nil
}
