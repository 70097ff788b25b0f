package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"lexline/internal/connect"
	"lexline/internal/connectsim"
)

func connectCallCommand() command {
	return command{"connect call", "go through a contact flow as a caller of Amazon Connect", runConnectCall}
}

const connectCallAbout = `Takes you, or a scripted caller, through a contact flow as Amazon Connect would: its prompts
are printed, its Lex blocks ask real Lex V2 endpoints, its Lambda blocks run a real program
within Amazon Connect's limits. The bots are those of the flow, at AWS with the credentials
of the environment, unless --lex says where else.

At the terminal: type what you say; digits, * and # are keys that you press; an empty line is
silence; Ctrl-D hangs up. With --say, --dtmf, --wav and --answer, in the order of the command
line, a script talks: an --answer whenever the prompt has its words, else the next --say;
when none is left it hangs up. Its exit code is 0 when the caller was served: an intent was
fulfilled, or a queue took them.

examples:
  lexline bot serve --bot bots/OrderFlowers --region us-east-1 --listen 127.0.0.1:8470
  lexline bot serve --bot bots/OrderFlowers --region us-west-2 --listen 127.0.0.1:8475
  lexline connect call deploy/connect/flower-dr-flow.json --lambda-answer us-east-1 \
      --local OrderFlowers/ver_one \
      --lex us-east-1=http://127.0.0.1:8470 --lex us-west-2=http://127.0.0.1:8475
  lexline connect call ... --say "I would like to order flowers" --say roses --say tomorrow \
      --say "10 am" --say yes
  lexline connect call flow.json --bootstrap bin/lexline-lambda --env TABLE_NAME=lexDR \
      --say "I would like to order flowers" --answer "day=tomorrow" --log flow.log`

func runConnectCall(ctx context.Context, env *environment, args []string) (err error) {
	o, err := parseConnectCall(env, args)
	if err != nil {
		return err
	}
	flow, err := readFlow(env, o.flow)
	if err != nil {
		return err
	}
	if err := o.checkFlow(env, flow); err != nil {
		return err
	}
	cfg := connectsim.Config{Flow: flow, FlowName: o.flow, Region: o.region, Lex: o.lex, Bots: o.bots, Pace: o.pace}
	if err := o.findBots(ctx, env, &cfg); err != nil {
		return err
	}
	functions, err := o.functions(ctx, env, flow)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, functions.close()) }()
	cfg.Functions = functions.invokers
	instance, err := connectsim.New(cfg)
	if err != nil {
		return usageError{err}
	}
	defer instance.Close()
	return o.call(ctx, env, instance)
}

// call takes the caller through the flow, and says what became of them.
func (o *connectCallOptions) call(ctx context.Context, env *environment, instance *connectsim.Instance) (err error) {
	out := newContactPrinter(env, o, instance)
	if o.log != "" {
		file, err := os.Create(o.log)
		if err != nil {
			return fmt.Errorf("write the flow log: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out.log = file
	}
	var caller connectsim.Caller = newTerminalCaller(env, out)
	if o.scripted() {
		caller = &connectsim.Script{Lines: o.lines, Rules: o.rules}
	}
	result := instance.Run(ctx, connectsim.Contact{From: o.from, To: o.to, Caller: caller, Events: out.event})
	out.end(result)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case out.err != nil:
		return fmt.Errorf("write the flow log: %w", out.err)
	case result.End == connectsim.Failed:
		return &hintError{fmt.Errorf("the contact failed: %s", result.Fault), "lexline connect check looks for what is wrong with a flow"}
	case o.scripted() && !result.Served():
		return errors.New("the caller was not served")
	}
	return nil
}

// checkFlow says what is wrong with the flow, and refuses one with errors.
func (o *connectCallOptions) checkFlow(env *environment, flow *connect.Flow) error {
	faults := 0
	for _, p := range flow.Check() {
		fmt.Fprintln(env.stderr, printable(p.String()))
		if p.Level == connect.Error {
			faults++
		}
	}
	if faults == 0 || o.force {
		return nil
	}
	return &hintError{
		fmt.Errorf("%s has %s", o.flow, count(faults, "error", "errors")),
		"Amazon Connect refuses such a flow, or a contact comes to harm in it; --force goes through it all the same",
	}
}

// findBots says which bots stand in for those of the flow, and with what
// credentials those at AWS are asked.
func (o *connectCallOptions) findBots(ctx context.Context, env *environment, cfg *connectsim.Config) error {
	if o.localBot != "" {
		if err := o.lookUp(ctx, env, cfg.Bots); err != nil {
			return err
		}
	}
	if allIn(lexRegions(cfg.Flow), o.lex) {
		return nil
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return fmt.Errorf("load the AWS configuration: %w", err)
	}
	cfg.Credentials = loaded.Credentials
	return nil
}

// lookUp adds the bots of the local regions that were not given. A region that
// does not answer may be what the caller is to go through, so one that does is
// enough.
func (o *connectCallOptions) lookUp(ctx context.Context, env *environment, bots map[string]connectsim.Bot) error {
	var faults []error
	for _, region := range slices.Sorted(maps.Keys(o.lex)) {
		if _, given := bots[region]; given {
			continue
		}
		bot, err := connectsim.LookUp(ctx, o.lex[region], region, o.localBot, o.localAlias)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		bots[region] = bot
	}
	if len(bots) == 0 {
		return &hintError{errors.Join(faults...), "does a local Lex run there, and are the names right? --bot REGION=BOTID/ALIASID does without asking"}
	}
	for _, err := range faults {
		fmt.Fprintf(env.stderr, "note: a region does not say which bot it has, and the flow's own alias is used there: %s\n", printable(causeWords(err.Error())))
	}
	return nil
}
