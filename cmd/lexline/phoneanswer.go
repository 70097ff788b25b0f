package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lexline/internal/twiliosim"
)

func phoneAnswerCommand() command {
	return command{"phone answer", "be called by an application through Twilio's REST API, with a scripted person", runPhoneAnswer}
}

const phoneAnswerAbout = `Serves Twilio's REST API and waits for an application to place calls by it. The telephone
called rings, and a scripted person answers it, as in lexline phone call; --dial says who
is busy, does not answer or is an answering machine. The application's answer URL is then
requested and performed as Twilio does, status callbacks too. It ends when --n calls are
over and the application has read how they ended, or has read nothing for 26 s; the exit
code is 0 when nothing was at fault in any of them.

examples:
  lexline phone answer --rest-listen 127.0.0.1:8095 --say "yes, please"
  lexline phone answer --rest-listen 127.0.0.1:8095 -n 2 \
      --dial +15550100010=answers,machine --dial "*=busy"

`

func runPhoneAnswer(ctx context.Context, env *environment, args []string) error {
	opts, err := phoneAnswerFlags(env, args)
	if err != nil {
		return err
	}
	return opts.run(ctx, env, func(phone *twiliosim.Phone) []*twiliosim.Record {
		records := phone.Await(ctx, opts.count)
		phone.Linger(ctx, lingering)
		return records
	})
}

// lingering is how long the phone stays for an application that does not read how its
// calls ended: lexline dial reads each of a few every 2 s, of many every 25 s.
const lingering = 26 * time.Second

func phoneAnswerFlags(env *environment, args []string) (*phoneOptions, error) {
	opts := &phoneOptions{}
	flags := newFlags(env, "phone answer", "", phoneAnswerAbout+twiliosim.ScriptHelp+"\n\n"+twiliosim.PartyHelp+
		"\nWithout any --dial, everybody answers.")
	opts.flags(env, flags)
	flags.IntVar(&opts.count, "n", 1, "wait for this `number` of calls")
	operands, err := operandsAmong(flags, args)
	switch {
	case err != nil:
		return nil, err
	case len(operands) > 0:
		return nil, usageError{fmt.Errorf("phone answer takes no operands, such as %q", operands[0])}
	case opts.RESTListen == "":
		return nil, usageError{&hintError{errors.New("there is no address at which the application can place calls"), "--rest-listen 127.0.0.1:8095, and the application is to use http://127.0.0.1:8095 in place of https://api.twilio.com"}}
	}
	if len(opts.Parties) == 0 {
		target, everybody, err := twiliosim.ParseParty("*=answers")
		if err != nil {
			return nil, err
		}
		opts.Parties[target] = everybody
	}
	return opts, opts.complete()
}
