package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"lexline/internal/region"
)

func regionPinCommand() command {
	return command{"region pin", "send every call to one region for a time, whatever the evidence", runRegionPin}
}

const regionPinAbout = `Sends every call to REGION, whatever the evidence says of it and of the others, until the
time is over or lexline region unpin takes the pin away. It counts at once on the gateway
that is asked, for the calls under way as well, and on those that share its table as soon
as they read it. A pin always ends by itself, after seven days at the latest; another one
takes its place. Who, what and why go into the audit trail (lexline region history).

examples:
  lexline region pin us-west-2 --for 30m --why "maintenance in us-east-1"
  lexline region pin us-west-2 --for 2h --bot OrderFlowers
  lexline region pin us-west-2 --for 1h --table /var/lib/lexline/table.db     when no gateway runs
  lexline region pin us-west-2 --for 1h --table dynamodb:lexDR@us-east-1      from any machine`

func runRegionPin(ctx context.Context, env *environment, args []string) error {
	var opts regionOptions
	flags := regionFlags(env, &opts, "region pin", "REGION", regionPinAbout)
	order := pinOrder{}
	flags.StringVar(&order.For, "for", "", "how long, such as 30m or 2h (`duration`)")
	orderFlags(&order, flags.StringVar)
	unknown := flags.Bool("unknown", false, "with --table: take a REGION that the table does not name, as before the first start")
	var err error
	if order.Region, err = operandAmong(flags, args); err != nil {
		return err
	}
	if err := opts.check(); err != nil {
		return err
	}
	if *unknown && opts.table == "" {
		return usageError{errors.New("--unknown is for --table: a gateway knows its regions")}
	}
	if order.Region == "" {
		return usageError{&hintError{errors.New("region pin takes the name of a region"), "lexline region status names them"}}
	}
	if _, err := pinTime(order.For); err != nil {
		return usageError{fmt.Errorf("--%w", err)}
	}
	if opts.table != "" {
		return pinInTable(ctx, env.stdout, opts, order, *unknown)
	}
	return pinAtGateway(ctx, env.stdout, opts, order)
}

// orderFlags are the flags of both orders.
func orderFlags(order *pinOrder, text func(p *string, name, value, usage string)) {
	text(&order.Why, "why", "", "the `reason`, for those who find the pin")
	text(&order.By, "by", whoami(), "`who` gives the order")
	text(&order.Bot, "bot", "", "only for the bot of this `name`; without it for every bot")
}

func pinAtGateway(ctx context.Context, w io.Writer, opts regionOptions, order pinOrder) error {
	client := opts.client()
	var answer pinAnswer
	if raw, err := client.ask(ctx, "POST", "/pin", order, &answer); err != nil || opts.asJSON {
		return printRaw(w, raw, err)
	}
	now := time.Now()
	fmt.Fprintf(w, "Calls of %s go to %s", strings.Join(answer.Bots, ", "), answer.Region)
	if answer.Until != nil { // it may have ended at once
		fmt.Fprintf(w, " until %s (%s)", clockTime(*answer.Until, now), span(answer.Until.Sub(now)))
	}
	fmt.Fprintln(w, ".")
	s, _, err := client.status(ctx)
	if err != nil {
		return nil //nolint:nilerr // the pin is set; what is said besides can be had from region status
	}
	for _, b := range s.Bots {
		if r, ok := regionOf(b.Regions, answer.Region); ok && r.State != region.Healthy && b.Pin != nil {
			fmt.Fprintf(w, "MIND: for %s %s is %s since %s: %s\n", b.Name, r.Region, r.State, clockTime(r.Since, s.Now), sentence(r.Why))
		}
	}
	fmt.Fprintf(w, "To take the pin away: lexline region unpin --control %s\n", opts.control)
	return nil
}

func pinInTable(ctx context.Context, w io.Writer, opts regionOptions, order pinOrder, unknown bool) error {
	if order.Bot != "" {
		return usageError{errors.New("--bot is for gateways; a table has a --key for each bot")}
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	table, err := openSavedTable(ctx, opts)
	if err != nil {
		return err
	}
	defer table.close()
	long, err := pinTime(order.For)
	if err != nil {
		return err
	}
	if err := table.checkRegion(ctx, order.Region, unknown); err != nil {
		return err
	}
	until := time.Now().Add(long)
	pin := region.Pin{Region: order.Region, Until: until, By: order.By, Why: order.Why}
	if err := region.SetPin(ctx, table, table.key, pin); err != nil {
		return err
	}
	if opts.asJSON {
		return printJSON(w, pinAnswer{Bots: []string{}, Region: order.Region, Until: &until})
	}
	_, err = fmt.Fprintf(w, "Wrote the pin to %s until %s under the key %s; gateways take it once they read that.\n",
		order.Region, clockTime(until, time.Now()), table.key)
	return err
}

func regionUnpinCommand() command {
	return command{"region unpin", "let the evidence decide again", runRegionUnpin}
}

const regionUnpinAbout = `Takes the pin away that lexline region pin has set: the evidence decides again, at once on
the gateway that is asked and on those that share its table as soon as they read it.

examples:
  lexline region unpin
  lexline region unpin --bot OrderFlowers --why "maintenance is over"
  lexline region unpin --table /var/lib/lexline/table.db     when no gateway runs
  lexline region unpin --table dynamodb:lexDR@us-east-1`

func runRegionUnpin(ctx context.Context, env *environment, args []string) error {
	var opts regionOptions
	flags := regionFlags(env, &opts, "region unpin", "", regionUnpinAbout)
	order := pinOrder{}
	orderFlags(&order, flags.StringVar)
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := opts.check(); err != nil {
		return err
	}
	if opts.table != "" {
		return unpinInTable(ctx, env.stdout, opts, order)
	}
	client := opts.client()
	var answer pinAnswer
	if raw, err := client.ask(ctx, "POST", "/unpin", order, &answer); err != nil || opts.asJSON {
		return printRaw(env.stdout, raw, err)
	}
	if len(answer.Bots) == 0 {
		fmt.Fprintln(env.stdout, "There was no pin.")
		return nil
	}
	fmt.Fprintf(env.stdout, "The pin of %s is gone: the evidence decides again.\n", strings.Join(answer.Bots, ", "))
	s, _, err := client.status(ctx)
	if err != nil {
		return nil //nolint:nilerr // the pin is gone; what is said besides can be had from region status
	}
	for _, b := range s.Bots {
		fmt.Fprintf(env.stdout, "New calls of %s %s.\n", b.Name, b.newCallsGo())
	}
	return nil
}

func unpinInTable(ctx context.Context, w io.Writer, opts regionOptions, order pinOrder) error {
	if order.Bot != "" {
		return usageError{errors.New("--bot is for gateways; a table has a --key for each bot")}
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	table, err := openSavedTable(ctx, opts)
	if err != nil {
		return err
	}
	defer table.close()
	was, err := region.ClearPin(ctx, table, table.key, order.By, order.Why)
	switch {
	case err != nil:
		return err
	case opts.asJSON:
		return printJSON(w, pinAnswer{Bots: []string{}})
	case !was:
		_, err = fmt.Fprintf(w, "There was no pin under the key %s.\n", table.key)
	default:
		_, err = fmt.Fprintf(w, "Took the pin under the key %s away; gateways learn it once they read that.\n", table.key)
	}
	return err
}

// printRaw prints an answer as it came, unless there is none.
func printRaw(w io.Writer, raw []byte, err error) error {
	if err == nil {
		_, err = w.Write(raw)
	}
	return err
}
