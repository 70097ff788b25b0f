package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// botOptions are the flags of `lexline bot serve`.
type botOptions struct {
	listen, region, voice, worker string
	script                        string // the scripted recognizer's file, "" for PocketSphinx
	bots, aliases                 texts
	zone                          *time.Location
	now                           time.Time // zero: the system's clock
	seed                          uint64
	json                          bool
	hooks                         map[string]string // addresses of Lambda functions by bot

	empty   bool          // bots are imported, none is there at the start
	build   time.Duration // of a locale
	admin   string        // address, "" for none
	latency time.Duration
	spread  float64
	quota   int
}

// texts is a flag that may be given several times.
type texts []string

func (t *texts) String() string { return strings.Join(*t, ", ") }

func (t *texts) Set(text string) error {
	*t = append(*t, text)
	return nil
}

func parseBotOptions(env *environment, args []string) (*botOptions, error) {
	flags := newFlags(env, "bot serve", "", `Serves bots in the Lex export format over the API of the Amazon Lex V2 runtime, for
any AWS SDK or the AWS CLI: give them the printed address as endpoint, and any
credentials. Every request is written out; callers' words are in it, so this is for
development. Without pocketsphinx callers press keys; without flite or espeak-ng a
tone stands for the bot's words. Bots can be imported, built, given versions and
aliases, and exported with the models API, as in an account of AWS.

examples:
  lexline bot serve --bot bots/OrderFlowers
  lexline bot serve --bot bots/OrderFlowers --bot trip.zip --listen 127.0.0.1:0 --log-format json
  lexline bot serve --empty --region us-west-2 --listen 127.0.0.1:8490
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws lexv2-runtime recognize-text \
      --endpoint-url http://127.0.0.1:8470 --region us-east-1 --bot-id FLOWERSBOT \
      --bot-alias-id TSTALIASID --locale-id en_US --session-id me --text 'order flowers'`)
	o := &botOptions{zone: time.Local}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8470", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.region, "region", "us-east-1", "`name` of the region, for the log")
	flags.Var(&o.bots, "bot", "a bot's export, a `folder` or zip; may be given several times")
	flags.BoolVar(&o.empty, "empty", false, "begin without a bot, as an account into which bots are imported; callers press keys, as its words are not known to pocketsphinx")
	flags.DurationVar(&o.build, "build-time", 300*time.Millisecond, "`duration` that building a locale takes; imports, exports and new versions take a third of it")
	flags.Var(&o.aliases, "alias", "`name` of an alias of each bot, besides TestBotAlias; may be given several times (default ver_one)")
	flags.StringVar(&o.voice, "voice", "slt", "`name` of the synthesizer's voice; none for a short tone instead of words, which costs nothing")
	flags.Func("recognizer", "pocketsphinx, or script:`FILE` for load and fault tests: it knows the clips in FILE and understands nothing else (default pocketsphinx)", o.setRecognizer)
	flags.StringVar(&o.worker, "worker", "", "`path` of lexline-speech (default beside this program, else on the PATH)")
	flags.Uint64Var(&o.seed, "seed", 1, "`number` that decides among variations of the bot's messages")
	flags.Func("timezone", "time `zone` of the callers, such as America/New_York (default the system's)", func(text string) (err error) {
		o.zone, err = time.LoadLocation(text)
		return err
	})
	flags.Func("now", "`time` to begin at, such as 2026-11-20T10:00:00Z (default the system's clock)", func(text string) (err error) {
		o.now, err = time.Parse(time.RFC3339, text)
		return err
	})
	flags.Func("hook", "`BOT=URL` of the Lambda function of a bot, in the form of Lambda's Invoke; may be given several times", o.addHook)
	flags.StringVar(&o.admin, "admin", "", "loopback `address` on which drills set faults, such as 127.0.0.1:0 (default none)")
	flags.DurationVar(&o.latency, "latency", 0, "`duration` that a turn takes at least, such as 400ms for that of a real bot")
	flags.Float64Var(&o.spread, "latency-spread", 0, "`number` that makes --latency the median of a log-normal one; 0.45 is much like a real bot's")
	flags.IntVar(&o.quota, "quota", 0, "`number` of turns that an alias answers at a time, more are throttled (default no limit)")
	logFormatFlag(flags, &o.json)
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	switch {
	case len(o.bots) == 0 && !o.empty:
		return nil, usageError{&hintError{errors.New("no bot was given"), "--bot bots/OrderFlowers serves the example, --empty waits for imports"}}
	case len(o.bots) > 0 && o.empty:
		return nil, usageError{errors.New("--empty goes without --bot")}
	case o.build <= 0:
		return nil, usageError{errors.New("--build-time must be positive")}
	}
	if o.latency < 0 || !(o.spread >= 0 && o.spread <= 3) || o.quota < 0 {
		return nil, usageError{errors.New("--latency and --quota cannot be negative, and --latency-spread is 0 to 3")}
	}
	if len(o.aliases) == 0 {
		o.aliases = texts{"ver_one"}
	}
	return o, nil
}

// clock returns the time in the callers' zone. A given time goes on from there.
func (o *botOptions) clock() func() time.Time {
	offset := time.Duration(0)
	if !o.now.IsZero() {
		offset = time.Until(o.now)
	}
	return func() time.Time { return time.Now().Add(offset).In(o.zone) }
}

// setRecognizer takes the value of --recognizer.
func (o *botOptions) setRecognizer(text string) error {
	file, scripted := strings.CutPrefix(text, "script:")
	switch {
	case scripted && file != "":
		o.script = file
	case text == "pocketsphinx":
		o.script = ""
	default:
		return errors.New("must be pocketsphinx or script:FILE")
	}
	return nil
}

// addHook takes a value of --hook.
func (o *botOptions) addHook(text string) error {
	bot, url, ok := strings.Cut(text, "=")
	if !ok || bot == "" || url == "" {
		return errors.New("must be BOT=URL, such as OrderFlowers=http://127.0.0.1:9000/2015-03-31/functions/OrderFlowers/invocations")
	}
	if o.hooks == nil {
		o.hooks = make(map[string]string)
	}
	o.hooks[bot] = url
	return nil
}

// pace describes how long a turn takes at least, "" if that is not set.
func (o *botOptions) pace() string {
	switch {
	case o.latency == 0:
		return ""
	case o.spread == 0:
		return fmt.Sprint(o.latency)
	}
	return fmt.Sprintf("%v, log-normal, spread %v", o.latency, o.spread)
}
