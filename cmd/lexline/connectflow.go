package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lexline/internal/connect"
)

func connectFlowCommand() command {
	return command{"connect flow", "write a contact flow for Amazon Connect that changes regions", runConnectFlow}
}

const connectFlowAbout = `Writes a contact flow for import into Amazon Connect. It asks the Lambda function
lexDRGetRegion which region is active, and lets the bot of that region talk. Where a bot
fails, the contact goes on to the next region's bot at once, and each region is tried once
before the apology; then comes the queue, or the end.

At least two bots are needed, the home region's first. Callers are served when the bot has
closed a dialog with one of the intents; without --intent, with any but FallbackIntent. With
the others, and when they say nothing, they are asked again, twice in a contact.

examples:
  lexline connect flow --lambda arn:aws:lambda:us-east-1:111122223333:function:lexDRGetRegion \
    --bot us-east-1=arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDEAST1/ALIASEAST1 \
    --bot us-west-2=arn:aws:lex:us-west-2:111122223333:bot-alias/BOTIDWEST2/ALIASWEST2 \
    --intent OrderFlowers --out flow.json
  lexline connect flow ... --describe                       the same, to read
  lexline connect flow ... --more "Anything else?" --end-intent GoodbyeIntent`

// connectFlowOptions are the flags of connect flow.
type connectFlowOptions struct {
	flow     connect.FlowConfig
	out      string
	describe bool
}

func runConnectFlow(_ context.Context, env *environment, args []string) error {
	opts, err := parseConnectFlow(env, args)
	if err != nil {
		return err
	}
	flow, err := connect.NewFlow(opts.flow)
	if err != nil {
		return explained(err)
	}
	if err := checkWritten(env, flow); err != nil {
		return err
	}
	if opts.describe {
		return describeFlow(env.stdout, flow)
	}
	text, err := flow.Encode()
	if err != nil {
		return err
	}
	if opts.out == "" {
		_, err = env.stdout.Write(text)
		return err
	}
	if err := os.WriteFile(opts.out, text, 0o644); err != nil {
		return fmt.Errorf("write flow: %w", err)
	}
	_, err = fmt.Fprintf(env.stdout, "%s: %s\n", opts.out, flowSummary(flow))
	return err
}

// checkWritten refuses a flow that would have errors, and tells what else is to be
// said of it.
func checkWritten(env *environment, flow *connect.Flow) error {
	var faults []error
	hint := ""
	for _, p := range flow.Check() {
		if p.Level == connect.Error {
			faults, hint = append(faults, errors.New(p.String())), cmp.Or(hint, p.Hint)
			continue
		}
		fmt.Fprintln(env.stderr, printable(p.String()))
		if p.Hint != "" {
			fmt.Fprintf(env.stderr, "  hint: %s\n", printable(p.Hint))
		}
	}
	if len(faults) > 0 {
		return &hintError{fmt.Errorf("the flow would not be sound: %w", errors.Join(faults...)), hint}
	}
	return nil
}

func parseConnectFlow(env *environment, args []string) (*connectFlowOptions, error) {
	var opts connectFlowOptions
	f := &opts.flow
	flags := newFlags(env, "connect flow", "", connectFlowAbout)
	flags.StringVar(&f.Lambda, "lambda", "", "`ARN` of the function lexDRGetRegion; its region may be $.AwsRegion")
	flags.IntVar(&f.LambdaSeconds, "lambda-time", 3, "`seconds` to wait for the function, at most 8")
	flags.Func("bot", "a bot's alias as `REGION=ARN`, once for each region, home first", func(text string) error {
		region, arn, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("not REGION=ARN")
		}
		f.Bots = append(f.Bots, connect.RegionBot{Region: region, Alias: arn})
		return nil
	})
	flags.StringVar(&f.Key, "key", "", "the `region` that the function is asked with, the key of the table's item, or $.AwsRegion (default the first --bot's)")
	flags.StringVar(&f.Queue, "queue", "", "`ARN` of the queue for callers whom no bot can serve; without one they are hung up on")
	flags.Func("intent", "`name` of an intent that serves the caller; may be repeated", appendTo(&f.Intents))
	flags.Func("end-intent", "`name` of an intent after which the caller is not asked for more; may be repeated", appendTo(&f.EndIntents))
	flags.StringVar(&f.Locale, "locale", "en_US", "`locale` of the bots; the contact's language is set to it")
	flags.StringVar(&f.Voice, "voice", "Joanna", "`name` of the Amazon Polly voice, of that language")
	flags.StringVar(&f.Engine, "engine", "Neural", "the voice's `engine`: Standard, Neural or Generative")
	flags.IntVar(&f.ListenSeconds, "listen", 5, "`seconds` that a bot waits for the caller's first word")
	flags.Func("session", "a session attribute for the bots as `NAME=VALUE`, where the value may be a path such as $.CustomerId; may be repeated", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return errors.New("not NAME=VALUE")
		}
		if f.Session == nil {
			f.Session = map[string]string{}
		}
		f.Session[name] = value
		return nil
	})
	textFlags(flags.StringVar, &f.Texts)
	flags.StringVar(&opts.out, "out", "", "`file` to write to (default the standard output)")
	flags.BoolVar(&opts.describe, "describe", false, "print the flow for people instead")
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	return &opts, opts.check()
}

// textFlags are the flags for what callers hear from the flow.
func textFlags(flag func(p *string, name, value, usage string), texts *connect.Texts) {
	usual := connect.DefaultTexts()
	flag(&texts.Welcome, "welcome", usual.Welcome, "the first question")
	flag(&texts.Moved, "moved", usual.Moved, "the first question of the next region's bot, where one has failed")
	flag(&texts.Again, "again", usual.Again, "the question to callers who were not understood")
	flag(&texts.More, "more", usual.More, "the question to callers who have been served; without one they hear the goodbye")
	flag(&texts.Goodbye, "goodbye", usual.Goodbye, "the last words to callers who have been served")
	flag(&texts.Apology, "apology", usual.Apology, "the words to callers whom no bot can serve")
}

func appendTo(list *[]string) func(string) error {
	return func(text string) error {
		*list = append(*list, text)
		return nil
	}
}

func (o *connectFlowOptions) check() error {
	switch f := &o.flow; {
	case f.Lambda == "" && len(f.Bots) == 0:
		return usageError{errors.New("--lambda and --bot are missing")}
	case f.Lambda == "":
		return usageError{&hintError{errors.New("--lambda is missing"), "aws lambda get-function --function-name lexDRGetRegion --query Configuration.FunctionArn"}}
	case len(f.Bots) == 0:
		return usageError{&hintError{errors.New("--bot is missing"), "--bot REGION=ARN, once for each region, with the ARN of the bot's alias there"}}
	case f.LambdaSeconds < 1:
		return usageError{fmt.Errorf("--lambda-time %d is no time", f.LambdaSeconds)}
	case f.ListenSeconds < 1:
		return usageError{fmt.Errorf("--listen %d is no time", f.ListenSeconds)}
	case o.out != "" && o.describe:
		return usageError{errors.New("--describe and --out exclude each other")}
	}
	return nil
}

// flowSummary counts what a flow is made of.
func flowSummary(f *connect.Flow) string {
	kinds := map[string]int{}
	for _, a := range f.Actions {
		kinds[a.Type]++
	}
	list := []string{count(len(f.Actions), "action", "actions")}
	for _, k := range []struct{ kind, one, many string }{
		{connect.ConnectParticipantWithLexBot, "bot", "bots"},
		{connect.InvokeLambdaFunction, "Lambda function", "Lambda functions"},
		{connect.TransferContactToQueue, "queue", "queues"},
	} {
		if n := kinds[k.kind]; n > 0 {
			list = append(list, count(n, k.one, k.many))
		}
	}
	return strings.Join(list, ", ")
}
