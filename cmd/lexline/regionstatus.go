package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

func regionStatusCommand() command {
	return command{"region status", "say what the gateway holds of its regions, and why", runRegionStatus}
}

const regionStatusAbout = `Asks the gateway of this machine what it holds of the regions of its bots: where new
calls go, which region is down or suspect, since when and by what evidence, what has to
happen before it is used again, who pinned what, how near the quota is and how the table
of the gateways stands. Exit code 0 when that could be told; with --check 1 unless every
region is healthy, for scripts.

examples:
  lexline region status
  lexline region status --check > /dev/null || echo "look at the regions"
  lexline region status --json | jq '.bots[].regions[] | {region, state, why}'
  lexline region status --control 127.0.0.1:8472        another gateway of this machine
  lexline region status --table /var/lib/lexline/table.db     when none runs
  lexline region status --table dynamodb:lexDR@us-east-1     from any machine`

func runRegionStatus(ctx context.Context, env *environment, args []string) error {
	var opts regionOptions
	flags := regionFlags(env, &opts, "region status", "", regionStatusAbout)
	check := flags.Bool("check", false, "exit with code 1 unless every region is healthy")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := opts.check(); err != nil {
		return err
	}
	sick, err := tellStatus(ctx, env.stdout, opts)
	if err == nil && *check {
		err = sick
	}
	return err
}

// tellStatus asks a gateway or a table and prints what it says. sick is why not
// everything is healthy.
func tellStatus(ctx context.Context, w io.Writer, opts regionOptions) (sick, err error) {
	if opts.table != "" {
		return tellTable(ctx, w, opts)
	}
	s, raw, err := opts.client().status(ctx)
	if err != nil {
		return nil, err
	}
	if opts.asJSON {
		_, err = w.Write(raw)
	} else {
		statusWords(w, s)
	}
	if text := sickWords(s); text != "" {
		sick = errors.New(text)
	}
	return sick, err
}

func tellTable(ctx context.Context, w io.Writer, opts regionOptions) (sick, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	table, err := openSavedTable(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer table.close()
	s, err := table.status(ctx)
	if err != nil {
		return nil, err
	}
	if opts.asJSON {
		return s.sick(), printJSON(w, s)
	}
	_, err = fmt.Fprint(w, indent(0, s.words(time.Now())))
	return s.sick(), err
}
