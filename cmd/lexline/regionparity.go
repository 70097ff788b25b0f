package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lexline/internal/parity"
)

func regionParityCommand() command {
	return command{"region parity", "tell whether a bot is the same in every region", runRegionParity}
}

const regionParityAbout = `Compares a bot in one region with the same bot in the others, the first region with each
of them: the definitions that the alias serves, read through the models API, and the
answers to the same words, each conversation in a session of its own that is deleted
afterwards. The words are the bot's own sample utterances, with values for their slots,
and the conversations of a file: a paragraph is a conversation, a line is a turn, and
lines that begin with # are nothing.

Ids, versions, and the regions in ARNs are no difference, nor is another variation of
the same prompt. Differing confidence is a remark. What is said is said to the real bot:
its Lambda function is invoked as in a call. Sample utterances that would have it fulfil
an intent at once are left out, those of a file are not. AWS charges for each turn.

Exit code 0: no difference. 1: differences. 2: wrong use, or a region could not be
compared.

examples:
  lexline region parity --config lexline.yml --line flowers
  lexline region parity --bot OrderFlowers --alias ver_one --region us-east-1 --region us-west-2
  lexline region parity --config lexline.yml --utterances calls.txt --json
  lexline region parity --bot OrderFlowers --region us-east-1=http://127.0.0.1:8470 \
      --region us-west-2=http://127.0.0.1:8475 --only definitions`

// parityOptions are the flags of `lexline region parity`.
type parityOptions struct {
	placeOptions
	only        string
	files       []string
	limit       int
	concurrency int
	asJSON      bool
	quiet       bool
}

func parseParityOptions(env *environment, args []string) (*parityOptions, error) {
	o := &parityOptions{}
	flags := newFlags(env, "region parity", "", regionParityAbout)
	o.addFlags(flags)
	flags.StringVar(&o.only, "only", "", "compare one `kind`: answers or definitions")
	flags.Func("utterances", "put the conversations of this `file` to the bot, too; may be repeated", func(name string) error {
		o.files = append(o.files, name)
		return nil
	})
	flags.IntVar(&o.limit, "limit", 200, "put at most this `number` of sample utterances, evenly from all of them; 0: all")
	flags.IntVar(&o.concurrency, "concurrency", 4, "`number` of conversations at a time in each region; callers need the rest of the alias' quota. TestBotAlias gets 1")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON, for programs")
	flags.BoolVar(&o.quiet, "quiet", false, "do not say how it goes")
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	switch {
	case o.only != "" && o.only != "answers" && o.only != "definitions":
		return nil, usageError{fmt.Errorf("--only %s: there are answers and definitions", o.only)}
	case o.only == "definitions" && len(o.files) > 0:
		return nil, usageError{errors.New("--utterances is for answers, and --only definitions wants none")}
	case o.concurrency < 1 || o.concurrency > 20:
		return nil, usageError{errors.New("--concurrency must be between 1 and 20; Lex allows an alias few conversations at a time")}
	case o.limit < 0:
		return nil, usageError{errors.New("--limit must not be below 0")}
	}
	return o, nil
}

// readConversations reads the files of --utterances.
func (o *parityOptions) readConversations() ([]parity.Conversation, error) {
	var all []parity.Conversation
	for _, name := range o.files {
		file, err := os.Open(name)
		if err != nil {
			return nil, usageError{fmt.Errorf("read conversations: %w", err)}
		}
		list, err := parity.ReadConversations(name, file)
		file.Close()
		if err != nil {
			return nil, usageError{err}
		}
		all = append(all, list...)
	}
	return all, nil
}

func runRegionParity(ctx context.Context, env *environment, args []string) error {
	o, err := parseParityOptions(env, args)
	if err != nil {
		return err
	}
	places, err := o.places(env)
	if err != nil {
		return incomparable(err)
	}
	if len(places) < 2 {
		return usageError{&hintError{errors.New("there is one region only; nothing to compare it with"), "name each region with --region, or in the configuration"}}
	}
	conversations, err := o.readConversations()
	if err != nil {
		return err
	}
	tell := newTeller(env, o.quiet)
	defer tell.end()
	c := &parityCheck{
		answers: o.only != "definitions", definitions: o.only != "answers", written: conversations,
		limit: o.limit, concurrency: o.concurrency, now: time.Now(), tell: tell,
	}
	for _, p := range places {
		client, err := lexClient(ctx, o.aws, p.regionConfig, func(text string) { tell.say(p.Name, text) })
		if err != nil {
			return incomparable(err)
		}
		defer client.Close()
		c.places = append(c.places, &parityPlace{place: p, client: client})
	}
	report, err := c.run(ctx)
	tell.end()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return incomparable(err)
	}
	if err := report.print(env.stdout, o.asJSON); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if n := report.count(); n > 0 {
		return fmt.Errorf("%s between the regions", count(n, "difference", "differences"))
	}
	return nil
}

// incomparable marks an error for which nothing can be said of parity: exit code 2,
// so that 1 means differences.
func incomparable(err error) error {
	if _, ok := errors.AsType[*hintError](err); !ok {
		err = &hintError{err, parityHint(err)}
	}
	return usageError{err}
}

func parityHint(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "AccessDenied"):
		return "reading definitions needs lex:Describe* and lex:List* in every region, answers need lex:RecognizeText and lex:DeleteSession"
	case strings.Contains(text, "connection refused"):
		return "nothing answers there; is the region's endpoint right, and does the local Lex run?"
	case strings.Contains(text, "credentials"):
		return "set ACCESS_KEY_ID and SECRET_ACCESS_KEY, or give the machine a role that may use Lex"
	}
	return "lexline region parity --help tells what is needed"
}
