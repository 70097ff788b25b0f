package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lexline/internal/speech"
	"lexline/internal/twiliosim"
)

func phoneCommand() command {
	return command{"phone call", "call a voice webhook as Twilio would, with a scripted caller", runPhone}
}

const phoneAbout = `Places a call to the voice webhook URL the way Twilio does: signed webhook, TwiML,
media stream at real pace. The caller follows a script, or waits for each answer and
says the texts of --say, or (with neither) hears the greeting and hangs up. Everything
is recorded: CALLSID.wav (caller left, what was heard right) and CALLSID.json. Exit
code 0 means that the script was done to its end and that nothing was at fault.

examples:
  lexline phone call --say "I would like to order flowers" http://127.0.0.1:8080/twiml
  lexline phone call --script order.txt --map wss://voice.example.com=127.0.0.1:8080 \
      https://voice.example.com/twiml
  lexline phone call -n 20 --script order.txt http://127.0.0.1:8080/twiml

Without --account and TWILIO_ACCOUNT_SID the call is of an account drawn at random: a
gateway that has twilio.account_sid refuses it. Give the phone the same one.

With --rest-listen the phone also serves Twilio's REST API, by which an application
redirects and ends calls. That is to be where the application looks for it, such as at
twilio.rest_url of a gateway. --dial says what becomes of those whom the application
calls on behalf of the caller.

  lexline phone call --rest-listen 127.0.0.1:8095 --dial +15550100010=answers,talk=3s \
      http://127.0.0.1:8080/twiml

With --json each event is one line of JSON on the standard output; the events are
described at the type Event of internal/twiliosim.

`

// phoneOptions are the flags of `lexline phone call` and `lexline phone answer`.
type phoneOptions struct {
	twiliosim.Config
	count      int
	script     string
	say        []string
	out        string
	json       bool
	afterCrash string
	faults     []twiliosim.RESTFault
}

func runPhone(ctx context.Context, env *environment, args []string) error {
	opts, err := phoneFlags(env, args)
	if err != nil {
		return err
	}
	return opts.run(ctx, env, func(phone *twiliosim.Phone) []*twiliosim.Record { return placeCalls(ctx, phone, opts.count) })
}

// run makes a phone ready, has calls made, prints what happens in them and keeps their
// records.
func (o *phoneOptions) run(ctx context.Context, env *environment, calls func(*twiliosim.Phone) []*twiliosim.Record) error {
	synthesizer := speech.NewSynthesizer(speech.SynthConfig{})
	o.Synthesize = synthesizer.Say
	printer := newPhonePrinter(env.stdout, o)
	o.Events = printer.event
	if o.out != "" {
		// Before the calls: afterwards the recordings would be lost.
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return fmt.Errorf("make the folder for recordings: %w", err)
		}
	}
	phone, err := o.phone(ctx)
	if err != nil {
		return err
	}
	defer phone.Close()
	printer.begin()
	printer.rest(phone.RESTURL())
	records := calls(phone)
	printer.end(records)
	if o.out != "" {
		for _, r := range records {
			if err := r.Save(o.out); err != nil {
				return err
			}
		}
		printer.saved(records)
	}
	return phoneVerdict(records)
}

// phone makes the phone of the options.
func (o *phoneOptions) phone(ctx context.Context) (*twiliosim.Phone, error) {
	phone, err := twiliosim.New(ctx, o.Config)
	switch {
	case errors.Is(err, speech.ErrNoEngine):
		return nil, &hintError{err, "install flite (Debian: apt install flite), or let the caller play WAV files and press keys"}
	case errors.Is(err, os.ErrNotExist):
		return nil, &hintError{err, "sound files are looked for beside the script"}
	case err != nil:
		return nil, err
	}
	for _, f := range o.faults {
		phone.FailREST(f)
	}
	return phone, nil
}

// placeCalls places n calls at once and returns when all are over.
func placeCalls(ctx context.Context, phone *twiliosim.Phone, n int) []*twiliosim.Record {
	records := make([]*twiliosim.Record, n)
	var calls sync.WaitGroup
	for i := range records {
		calls.Go(func() { records[i] = phone.Call(ctx, i+1) })
	}
	calls.Wait()
	return records
}

func phoneVerdict(records []*twiliosim.Record) error {
	failed := 0
	var first *twiliosim.Record
	for _, r := range records {
		if !r.OK() {
			failed++
			if first == nil {
				first = r
			}
		}
	}
	switch {
	case failed == 0:
		return nil
	}
	why := phoneFailure(first)
	err := fmt.Errorf("the call failed: %s", why)
	if len(records) > 1 {
		err = fmt.Errorf("%d of %d calls failed; the first: %s", failed, len(records), why)
	}
	if strings.Contains(why, "403 Forbidden") {
		return &hintError{err, "is the auth token the one that the application has, the account (--account, TWILIO_ACCOUNT_SID) its twilio.account_sid if it has one, and is the URL the public one that it was told?"}
	}
	return err
}

// phoneFailure words why a call failed: its first fault, or else its end.
func phoneFailure(r *twiliosim.Record) string {
	for _, e := range r.Events {
		if e.Event == "fault" {
			fault := twiliosim.Fault{Code: e.Code, Text: e.Text}
			return fault.Error()
		}
	}
	return r.Text
}

// phoneFlags reads the command line. Flags may stand before and behind the URL.
func phoneFlags(env *environment, args []string) (*phoneOptions, error) {
	opts := &phoneOptions{}
	flags := newFlags(env, "phone call", "URL", phoneAbout+twiliosim.ScriptHelp+"\n\n"+twiliosim.PartyHelp)
	opts.flags(env, flags)
	flags.StringVar(&opts.From, "from", "+15550100001", "`number` of the caller")
	flags.StringVar(&opts.To, "to", "+15550100002", "`number` that is called")
	flags.StringVar(&opts.Fallback, "fallback", "", "`URL` that is asked when the webhook fails")
	flags.StringVar(&opts.Callback, "status-callback", "", "`URL` that is told when the call is over")
	flags.IntVar(&opts.count, "n", 1, "place this `number` of calls at once")
	operands, err := operandsAmong(flags, args)
	if err != nil {
		return nil, err
	}
	if len(operands) != 1 {
		return nil, usageError{&hintError{fmt.Errorf("phone call takes one URL, not %d", len(operands)), "lexline phone call --help explains it"}}
	}
	opts.URL = operands[0]
	return opts, opts.complete()
}

// flags adds the flags of every phone.
func (o *phoneOptions) flags(env *environment, flags *flag.FlagSet) {
	o.Routes = twiliosim.Routes{}
	flags.StringVar(&o.AuthToken, "auth-token", env.getenv("TWILIO_AUTH_TOKEN"), "auth `token` to sign with; the default is TWILIO_AUTH_TOKEN of the environment")
	flags.Lookup("auth-token").DefValue = ""
	flags.StringVar(&o.Account, "account", env.getenv("TWILIO_ACCOUNT_SID"), "AccountSid; the default is TWILIO_ACCOUNT_SID of the environment, or one drawn with the seed, which an application that knows its own account refuses (403)")
	flags.Lookup("account").DefValue = ""
	flags.StringVar(&o.script, "script", "", "`file` that says what the caller does")
	flags.Func("say", "`text` to say at the next turn, in place of a script; may be repeated", func(text string) error {
		o.say = append(o.say, text)
		return nil
	})
	flags.StringVar(&o.Voice, "voice", "", "`voice` of the caller, where the script names none")
	flags.StringVar(&o.out, "out", "calls", "`folder` for recordings and records; empty for none")
	flags.Func("map", "connect to a public name elsewhere, without TLS: `NAME=ADDRESS`, such as wss://voice.example.com=127.0.0.1:8080; may be repeated", o.Routes.Add)
	flags.BoolVar(&o.json, "json", false, "print each event as a line of JSON")
	flags.DurationVar(&o.Timeout, "timeout", twiliosim.DefaultTimeout, "hang up, and fail, after this `time`")
	flags.Uint64Var(&o.Seed, "seed", 0, "repeat the ids and the jitter of the calls with this `seed` (0 draws one); an application may take a repeated CallSid for the same call")
	flags.DurationVar(&o.Jitter, "jitter", 0, "make each frame late by a random part of this `time`, at most 19ms")
	flags.StringVar(&o.afterCrash, "after-crash", "continue", "what to do when the websocket breaks without a close, `reaction` continue (with the TwiML) or hangup; which of them Twilio does is not documented")
	o.restFlags(env, flags)
}

// complete checks what the flags mean together, and reads the script.
func (o *phoneOptions) complete() (err error) {
	switch {
	case o.AuthToken == "":
		return usageError{&hintError{errors.New("there is no auth token to sign with"), "set TWILIO_AUTH_TOKEN, or --auth-token, to the one that the application has"}}
	case o.count < 1:
		return usageError{errors.New("--n must be at least 1")}
	case o.Timeout <= 0:
		return usageError{errors.New("--timeout must be longer than 0")}
	case o.script != "" && len(o.say) > 0:
		return usageError{errors.New("--script and --say exclude each other")}
	case o.afterCrash != "continue" && o.afterCrash != "hangup":
		return usageError{fmt.Errorf("--after-crash is continue or hangup, not %q", o.afterCrash)}
	}
	o.CrashHangsUp = o.afterCrash == "hangup"
	if o.Seed == 0 {
		o.Seed = uint64(rand.Uint32()) // short enough to be typed
	}
	o.Script = twiliosim.SayScript(o.say...)
	if o.script != "" {
		if o.Script, err = twiliosim.ReadScript(o.script); err != nil {
			return &hintError{err, "lexline phone call --help explains scripts"}
		}
	}
	return nil
}

func seconds(ms int64) string {
	return fmt.Sprintf("%.1f s", (time.Duration(ms) * time.Millisecond).Seconds())
}

func baseNames(paths []string) string {
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	return strings.Join(names, " + ")
}
