package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"lexline/internal/audio"
	"lexline/internal/connectsim"
)

// connectCallOptions are the flags of connect call.
type connectCallOptions struct {
	flow, region, from, to string
	lex                    map[string]string // runtime endpoints by region
	bots                   map[string]connectsim.Bot
	localBot, localAlias   string // names; empty: nothing is looked up

	bootstrap, handler, lambdaAnswer string
	env                              []string // of the Lambda program

	lines []connectsim.Utterance
	rules []connectsim.Rule
	pace  float64
	json  bool
	log   string
	force bool
}

// scripted reports whether the caller is a script.
func (o *connectCallOptions) scripted() bool { return len(o.lines)+len(o.rules) > 0 }

func parseConnectCall(env *environment, args []string) (*connectCallOptions, error) {
	o := &connectCallOptions{lex: map[string]string{}, bots: map[string]connectsim.Bot{}}
	flags := newFlags(env, "connect call", "FLOW", connectCallAbout)
	flags.StringVar(&o.region, "region", "us-east-1", "`region` of the Amazon Connect instance, $.AwsRegion in the flow")
	flags.StringVar(&o.from, "from", "+15550100001", "`number` of the caller")
	flags.StringVar(&o.to, "to", "+15550100002", "`number` that is called")
	flags.Func("lex", "where Lex is, as `REGION=URL`; may be repeated. Other regions are at AWS", o.addLex)
	flags.Func("bot", "the bot in a region, as `REGION=BOTID/ALIASID`, in place of the flow's; may be repeated", o.addBot)
	flags.Func("local", "names of the `BOT/ALIAS` that every --lex is asked for, in place of the flow's ids", o.setLocal)
	flags.StringVar(&o.bootstrap, "bootstrap", "", "`program` of the Lambda functions, such as bin/lexline-lambda")
	flags.StringVar(&o.handler, "handler", "", "handler `name` that the program is started with (default the function's name in the flow)")
	flags.Func("env", "environment of the Lambda program, as `NAME=VALUE`; may be repeated. It sees no other", appendEnv(&o.env))
	flags.StringVar(&o.lambdaAnswer, "lambda-answer", "", "do without a program: functions answer this `region`, or this JSON object")
	flags.Func("say", "`text` that the scripted caller says next; may be repeated", o.addLine)
	flags.Func("dtmf", "`keys` that they press next; may be repeated", o.addKeys)
	flags.Func("wav", "`file` that they let the bot hear next; may be repeated", o.addSpeech)
	flags.Func("answer", "`PROMPT=TEXT` that they say whenever the prompt has those words; may be repeated", o.addRule)
	flags.Float64Var(&o.pace, "pace", 0, "how long words take, as a `factor`: 1 is as long as on a telephone, 0 no time (default 0)")
	flags.BoolVar(&o.json, "json", false, "print each event as a line of JSON")
	flags.StringVar(&o.log, "log", "", "`file` for the flow log, as Amazon Connect writes it")
	flags.BoolVar(&o.force, "force", false, "go through a flow that has errors")
	operands, err := operandsAmong(flags, args)
	if err != nil {
		return nil, err
	}
	if len(operands) != 1 {
		return nil, usageError{fmt.Errorf("connect call takes the file of one flow, not %d", len(operands))}
	}
	o.flow = operands[0]
	return o, o.complete()
}

// complete checks what the flags mean together.
func (o *connectCallOptions) complete() error {
	switch {
	case o.bootstrap != "" && o.lambdaAnswer != "":
		return usageError{errors.New("--bootstrap and --lambda-answer exclude each other")}
	case o.bootstrap == "" && len(o.env) > 0:
		return usageError{errors.New("--env is for the program of --bootstrap, and there is none")}
	case o.localBot != "" && len(o.lex) == 0:
		return usageError{&hintError{errors.New("--local needs to know where the local Lex is"), "say it by --lex REGION=URL, as lexline bot serve prints it"}}
	case o.pace < 0:
		return usageError{errors.New("--pace must not be below 0")}
	case o.flow == "-" && !o.scripted():
		return usageError{errors.New("the standard input can not be both the flow and the caller: give --say, or the flow in a file")}
	}
	return nil
}

func (o *connectCallOptions) addLex(text string) error {
	region, url, ok := strings.Cut(text, "=")
	if !ok || region == "" || !strings.HasPrefix(url, "http") {
		return errors.New("must be REGION=URL")
	}
	o.lex[region] = url
	return nil
}

func (o *connectCallOptions) addBot(text string) error {
	region, ids, _ := strings.Cut(text, "=")
	bot, alias, ok := strings.Cut(ids, "/")
	if !ok || region == "" || bot == "" || alias == "" {
		return errors.New("must be REGION=BOTID/ALIASID")
	}
	o.bots[region] = connectsim.Bot{ID: bot, Alias: alias}
	return nil
}

func (o *connectCallOptions) setLocal(text string) error {
	bot, alias, ok := strings.Cut(text, "/")
	if !ok || bot == "" || alias == "" {
		return errors.New("must be BOT/ALIAS, such as OrderFlowers/ver_one")
	}
	o.localBot, o.localAlias = bot, alias
	return nil
}

func (o *connectCallOptions) addLine(text string) error {
	o.lines = append(o.lines, connectsim.Utterance{Text: text})
	return nil
}

func (o *connectCallOptions) addKeys(keys string) error {
	if !areKeys(keys) {
		return errors.New("must be keys of a telephone: 0-9, * and #")
	}
	o.lines = append(o.lines, connectsim.Utterance{Keys: keys})
	return nil
}

// areKeys reports whether a text is what one can press on a telephone.
func areKeys(text string) bool { return text != "" && strings.Trim(text, "0123456789*#") == "" }

func (o *connectCallOptions) addSpeech(path string) error {
	clip, err := audio.ReadWAVFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errors.New("there is no such file")
	case err != nil:
		return err
	}
	o.lines = append(o.lines, connectsim.Utterance{Speech: &clip, Name: path})
	return nil
}

func (o *connectCallOptions) addRule(text string) error {
	hears, says, ok := strings.Cut(text, "=")
	if !ok || hears == "" || says == "" {
		return errors.New("must be PROMPT=TEXT")
	}
	said := connectsim.Utterance{Text: says}
	if areKeys(says) {
		said = connectsim.Utterance{Keys: says}
	}
	o.rules = append(o.rules, connectsim.Rule{Hears: hears, Says: said})
	return nil
}
