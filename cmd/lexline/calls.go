package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"lexline/internal/call"
	"lexline/internal/dynamodb"
	"lexline/internal/record"
	"lexline/internal/spelling"
	"lexline/internal/sqlite"
)

func callsCommand() command {
	return command{"calls", "list the records of calls, or follow them", runCalls}
}

func callsShowCommand() command {
	return command{"calls show", "show what became of one call, turn by turn", runCallsShow}
}

// callsOptions are the flags of `lexline calls`.
type callsOptions struct {
	config, store string
	asJSON        bool

	line, result, reason, number string
	since, until                 string
	limit                        int
	follow                       bool
}

const callsAbout = `Lists calls, the newest first: when each began, its line and caller, how long it
lasted, the longest wait for a first word of the bot, how it ended and where it was
answered. It reads the gateway's store (store.file or store.dynamodb), beside a gateway
that runs or without one, and asks no gateway. What is in a record is decided there
(records.transcripts and so on).

examples:
  lexline calls --config lexline.yml
  lexline calls --store calls.db --line flowers --since 2h --result upstream_fault
  lexline calls --config lexline.yml --number +15550123467 --since 7d
  lexline calls --store calls.db --follow
  lexline calls --store dynamodb:lexline-calls@us-east-1 --since 1d --limit 0 --json > calls.jsonl`

func runCalls(ctx context.Context, env *environment, args []string) error {
	var o callsOptions
	flags := newFlags(env, "calls", "", callsAbout)
	o.addTo(flags, env)
	flags.StringVar(&o.line, "line", "", "only calls of the line of this `name`")
	flags.StringVar(&o.since, "since", "", "only calls that began within this `time`, as 2h or 3d, or since then, as 2026-11-29 or 2026-11-29T14:00")
	flags.StringVar(&o.until, "until", "", "only calls that began before this `time`, written as --since")
	flags.StringVar(&o.result, "result", "", "only calls with this `result`: success, caller_ended, peer_fault, server_fault, upstream_fault or limit_reached")
	flags.StringVar(&o.reason, "reason", "", "only calls that ended for this `reason`, such as bot_closed or leg_lost")
	flags.StringVar(&o.number, "number", "", "only calls with this `number`, or the hash of one as a record has it")
	flags.IntVar(&o.limit, "limit", 20, "so many at most; 0 for all")
	flags.BoolVar(&o.follow, "follow", false, "then print calls as they begin, go on and end, until Ctrl-C")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	return o.run(ctx, env)
}

// addTo adds the flags that both commands have.
func (o *callsOptions) addTo(flags *flag.FlagSet, env *environment) {
	flags.StringVar(&o.config, "config", env.getenv("LEXLINE_CONFIG"), "the gateway's configuration `file`, which names the store")
	flags.StringVar(&o.store, "store", "", "the store itself: a `FILE`, or dynamodb:NAME@REGION")
	flags.BoolVar(&o.asJSON, "json", false, "print records as they are, one line of JSON each")
}

func (o *callsOptions) run(ctx context.Context, env *environment) error {
	now := time.Now()
	filter, err := o.filter(now)
	if err != nil {
		return err
	}
	cfg, err := o.readConfig(env)
	if err != nil {
		return err
	}
	if err := o.checkLine(cfg); err != nil {
		return err
	}
	if filter.Number, err = o.numberHash(cfg); err != nil {
		return err
	}
	store, err := o.open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // it was only read
	p := callsPrinter{out: env.stdout, asJSON: o.asJSON, now: time.Now}
	if o.follow {
		return o.followCalls(ctx, store, filter, &p, env.stderr)
	}
	entries, err := store.List(ctx, filter)
	if err != nil {
		return hintedDynamoDB(err)
	}
	return p.list(entries)
}

// filter is what the flags ask for, but for the number.
func (o *callsOptions) filter(now time.Time) (f record.Filter, err error) {
	if o.limit < 0 {
		return f, usageError{errors.New("--limit cannot be negative")}
	}
	if o.follow && o.until != "" {
		return f, usageError{errors.New("--follow has no end; leave --until out")}
	}
	if err := amongWords("--result", o.result, call.Results()); err != nil {
		return f, err
	}
	if err := amongWords("--reason", o.reason, call.Reasons()); err != nil {
		return f, err
	}
	f = record.Filter{Line: o.line, Result: o.result, Reason: o.reason, Limit: o.limit}
	if f.Since, err = parseMoment(o.since, now); err != nil {
		return f, usageError{fmt.Errorf("--since: %w", err)}
	}
	if f.Until, err = parseMoment(o.until, now); err != nil {
		return f, usageError{fmt.Errorf("--until: %w", err)}
	}
	return f, nil
}

// amongWords says what is wrong with the word of a flag that takes one of a closed set:
// a slip of the pen must not look like a search that found nothing.
func amongWords[W ~string](flag, word string, words []W) error {
	if word == "" || slices.Contains(words, W(word)) {
		return nil
	}
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return usageError{&hintError{fmt.Errorf("%s: there is no %q", flag, word), orThereAre(word, all)}}
}

// orThereAre is advice on a word that is none of those that there are.
func orThereAre(word string, words []string) string {
	if near, ok := spelling.Slip(word, slices.Values(words)); ok {
		return fmt.Sprintf("did you mean %s? There are: %s", near, strings.Join(words, ", "))
	}
	return "there are: " + strings.Join(words, ", ")
}

// checkLine says what is wrong with --line, where the configuration that names the store
// has the lines.
func (o *callsOptions) checkLine(cfg *config) error {
	if o.line == "" || o.store != "" || len(cfg.Lines) == 0 {
		return nil
	}
	names := make([]string, len(cfg.Lines))
	for i, line := range cfg.Lines {
		names[i] = cmp.Or(line.Name, defaultLine.Name)
	}
	if slices.Contains(names, o.line) {
		return nil
	}
	return usageError{&hintError{
		fmt.Errorf("--line: the configuration has no line %q", o.line),
		orThereAre(o.line, names) + ". For one that it had once, name the store itself: --store",
	}}
}

// parseMoment reads a time that is so long ago, or a date with or without a time of
// day, here. Nothing is the zero time.
func parseMoment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := parseRetention(text); err == nil {
		return now.Add(-time.Duration(d)), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2h, 3d, 2026-11-29 or 2026-11-29T14:00", text)
}

// readConfig reads what a configuration says of the store and of numbers. The rest of
// it is the gateway's business, and not checked.
func (o *callsOptions) readConfig(env *environment) (*config, error) {
	cfg := defaultConfig()
	if _, _, err := readConfigOf(o.config, env.getenv, &cfg); err != nil {
		return nil, err
	}
	if err := cfg.takeEnvironment(env.getenv); err != nil {
		return nil, err
	}
	return &cfg, nil
}

// open opens the store, which must be there.
func (o *callsOptions) open(ctx context.Context, cfg *config) (callStore, error) {
	if o.store != "" {
		cfg.Store.File, cfg.Store.DynamoDB = o.store, dynamoConfig{}
		if where, ok := strings.CutPrefix(o.store, inDynamoDB); ok {
			name, region, _ := strings.Cut(where, "@")
			cfg.Store.File, cfg.Store.DynamoDB = "", dynamoConfig{Name: name, Region: region}
		}
	}
	switch {
	case cfg.Store.DynamoDB.Name != "":
		return openCallsTable(ctx, cfg)
	case cfg.Store.File == "":
		return nil, usageError{&hintError{errors.New("no store is named"), "name it with --store FILE, or with --config a configuration that has store.file or store.dynamodb"}}
	}
	calls, err := sqlite.ReadCalls(cfg.Store.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &hintError{err, "a gateway makes it when it starts with store.file in its configuration"}
	case err != nil:
		return nil, err // it names the file
	}
	return calls, nil
}

func openCallsTable(ctx context.Context, cfg *config) (callStore, error) {
	if cfg.Store.DynamoDB.Region == "" && cfg.Table.Region == "" && len(cfg.Regions) == 0 {
		return nil, usageError{fmt.Errorf("--store: %s%s has no AWS region; write %[1]sNAME@REGION", inDynamoDB, cfg.Store.DynamoDB.Name)}
	}
	c := cfg.dynamoCalls()
	c.Deadline = askTime // a person waits, no gateway
	if err := c.Check(); err != nil {
		return nil, usageError{fmt.Errorf("the store: %w", err)}
	}
	calls, err := dynamodb.OpenCalls(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	return calls, nil
}

// numberHash is the hash of the number that is asked for.
func (o *callsOptions) numberHash(cfg *config) (string, error) {
	const length = 16
	if len(o.number) == length && strings.Trim(o.number, "0123456789abcdef") == "" {
		return o.number, nil
	}
	if o.number != "" && cfg.Records.NumberKey == "" && cfg.Twilio.AuthToken == "" {
		return "", &hintError{
			errors.New("--number: numbers are hashed with a secret of the gateway's, which is not known here"),
			"give its --config, and TWILIO_AUTH_TOKEN or LEXLINE_RECORDS_NUMBER_KEY if it has them from the environment",
		}
	}
	return record.HashNumber(cfg.numberKey(), o.number), nil
}
