package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/lexlocal"
)

func botServeCommand() command {
	return command{"bot serve", "serve bots as a local Lex V2", runBotServe}
}

func botCheckCommand() command {
	return command{"bot check", "check and describe a bot's export", runBotCheck}
}

// botOptions are the flags of `lexline bot serve`.
type botOptions struct {
	listen, region, voice, worker string
	bots, aliases                 texts
	zone                          *time.Location
	now                           time.Time // zero: the system's clock
	seed                          uint64
	json                          bool
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
tone stands for the bot's words.

examples:
  lexline bot serve --bot bots/OrderFlowers
  lexline bot serve --bot bots/OrderFlowers --bot trip.zip --listen 127.0.0.1:0 --log-format json
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws lexv2-runtime recognize-text \
      --endpoint-url http://127.0.0.1:8470 --region us-east-1 --bot-id FLOWERSBOT \
      --bot-alias-id TSTALIASID --locale-id en_US --session-id me --text 'order flowers'`)
	o := &botOptions{zone: time.Local}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8470", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.region, "region", "us-east-1", "`name` of the region, for the log")
	flags.Var(&o.bots, "bot", "a bot's export, a `folder` or zip; may be given several times")
	flags.Var(&o.aliases, "alias", "`name` of an alias of each bot, besides TestBotAlias; may be given several times (default ver_one)")
	flags.StringVar(&o.voice, "voice", "slt", "`name` of the synthesizer's voice")
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
	flags.Func("log-format", "`format` of the log: text, or json with one object a line (default text)", func(text string) error {
		if text != "text" && text != "json" {
			return errors.New("must be text or json")
		}
		o.json = text == "json"
		return nil
	})
	if err := parseFlags(flags, args); err != nil {
		return nil, err
	}
	if len(o.bots) == 0 {
		return nil, usageError{&hintError{errors.New("no bot was given"), "--bot bots/OrderFlowers serves the example"}}
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

func runBotServe(ctx context.Context, env *environment, args []string) error {
	o, err := parseBotOptions(env, args)
	if err != nil {
		return err
	}
	bots, err := loadBots(o.bots)
	if err != nil {
		return err
	}
	listener, err := listen(o.listen)
	if err != nil {
		return err
	}
	defer listener.Close() // the server closes it as well, if it comes to that
	out := &botLog{w: env.stdout, json: o.json}
	logger := slog.New(slog.NewTextHandler(env.stderr, nil))
	engines := startEngines(o, bots, logger)
	defer engines.close()
	cfg := lexlocal.Config{
		Region: o.region, Bots: bots, Aliases: o.aliases, Voice: o.voice, Seed: o.seed,
		Now: o.clock(), Record: out.record, Logger: logger,
	}
	if engines.recognizer != nil {
		cfg.Recognizer = engines.recognizer
	}
	if engines.synthesizer != nil {
		cfg.Synthesizer = engines.synthesizer
	}
	server, err := lexlocal.New(cfg)
	if err != nil {
		return err
	}
	out.begin(botStart{
		Time: cfg.Now(), Op: "Start", Region: o.region, Endpoint: "http://" + listener.Addr().String(),
		Recognizer: engines.recognizerState, Synthesizer: engines.synthesizerState,
		KeyPress: cfg.Recognizer == nil, Bots: server.Bots(), Caveats: caveatsOf(bots),
	})
	err = server.Serve(ctx, listener)
	kept, evicted := server.Stats()
	logger.Info("stopped", "sessions", kept, "sessions_evicted", evicted)
	return err
}

func loadBots(paths []string) ([]*botdef.Bot, error) {
	var bots []*botdef.Bot
	for _, path := range paths {
		bot, err := botdef.Load(path)
		if err != nil {
			return nil, &hintError{err, "lexline bot check " + path + " looks at a bot's export"}
		}
		bots = append(bots, bot)
	}
	return bots, nil
}

func caveatsOf(bots []*botdef.Bot) []string {
	var all []string
	for _, bot := range bots {
		for _, caveat := range lexlocal.Caveats(bot) {
			all = append(all, bot.Name+"/"+caveat)
		}
	}
	return all
}

// botStart is the first line of `lexline bot serve --log-format json`; the
// others are lexlocal.Records. Fields are added, never renamed.
type botStart struct {
	Time     time.Time `json:"time"`
	Op       string    `json:"op"` // Start
	Region   string    `json:"region"`
	Endpoint string    `json:"endpoint"` // http://127.0.0.1:8470
	// Recognizer and Synthesizer say what the engine is, or "none: " and why.
	Recognizer  string             `json:"recognizer"`
	Synthesizer string             `json:"synthesizer"`
	KeyPress    bool               `json:"keypress"` // speech is refused, callers press keys
	Bots        []lexlocal.BotInfo `json:"bots"`
	Caveats     []string           `json:"caveats,omitempty"` // what is not as in Lex
}

// botLog writes the log of `lexline bot serve`. It is safe for several
// goroutines.
type botLog struct {
	json bool

	mu sync.Mutex
	w  io.Writer // guarded by mu
}

func (l *botLog) begin(start botStart) {
	if l.json {
		l.object(start)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "local Lex V2, region %s\n  recognizer   %s\n  synthesizer  %s\n", start.Region, start.Recognizer, start.Synthesizer)
	if start.KeyPress {
		fmt.Fprint(l.w, "  key-press    on: speech is refused, questions list the keys to press\n")
	}
	for _, bot := range start.Bots {
		fmt.Fprintf(l.w, "  bot          %s %s, %s\n", bot.Name, bot.ID, strings.Join(bot.Locales, " "))
		for _, alias := range bot.Aliases {
			fmt.Fprintf(l.w, "    alias      %s %s, version %s\n", alias.Name, alias.ID, alias.Version)
		}
	}
	for _, caveat := range start.Caveats {
		fmt.Fprintf(l.w, "  note         %s\n", caveat)
	}
	fmt.Fprintf(l.w, "  endpoint     %s\n\n", start.Endpoint)
}

func (l *botLog) record(r lexlocal.Record) {
	if l.json {
		l.object(r)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, r)
}

func (l *botLog) object(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Appendf(nil, `{"op":"Log","error":%q}`, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s\n", text)
}

func runBotCheck(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "bot check", "PATH", `Reads a bot's export, a folder or zip, describes it, and lists what Lex would refuse,
what was not understood, and what the local Lex does not do. Exit code 1: there are problems.

example:
  lexline bot check bots/OrderFlowers`)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return usageError{err}
	case flags.NArg() != 1:
		return usageError{errors.New("bot check takes the path of one bot")}
	}
	path := flags.Arg(0)
	bot, err := botdef.Load(path)
	if err != nil {
		return err
	}
	if err := bot.Describe(env.stdout); err != nil {
		return fmt.Errorf("describe bot: %w", err)
	}
	for _, warning := range bot.Warnings {
		fmt.Fprintf(env.stdout, "warning: %s\n", warning)
	}
	for _, caveat := range lexlocal.Caveats(bot) {
		fmt.Fprintf(env.stdout, "note: %s\n", caveat)
	}
	problems := bot.Check()
	for _, problem := range problems {
		fmt.Fprintf(env.stdout, "problem: %s\n", problem)
	}
	switch n := len(problems); n {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("bot %s has 1 problem", bot.Name)
	default:
		return fmt.Errorf("bot %s has %d problems", bot.Name, n)
	}
}
