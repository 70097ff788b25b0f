package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"lexline/internal/botdef"
	"lexline/internal/lexlocal"
)

func botServeCommand() command {
	return command{"bot serve", "serve bots as a local Lex V2", runBotServe}
}

func botCheckCommand() command {
	return command{"bot check", "check and describe a bot's export", runBotCheck}
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
	out := &botLog{w: env.stdout, json: o.json, now: o.clock()}
	logger := slog.New(slog.NewTextHandler(env.stderr, nil))
	engines, err := startEngines(o, bots, logger)
	if err != nil {
		return err
	}
	defer engines.close()
	cfg := lexlocal.Config{
		Region: o.region, Bots: bots, Aliases: o.aliases, Voice: o.voice, Seed: o.seed, Hooks: o.hooks,
		Now: o.clock(), Record: out.record, Logger: logger,
		Latency: o.latency, LatencySpread: o.spread, Quota: o.quota, BuildTime: o.build,
	}
	engines.serve(&cfg)
	server, err := lexlocal.New(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	admin, err := startAdmin(ctx, cancel, server, o.admin)
	if err != nil {
		return err
	}
	out.begin(botStart{
		Time: cfg.Now(), Op: "Start", Region: o.region, Endpoint: "http://" + listener.Addr().String(), Admin: admin.url,
		Recognizer: engines.recognizerState, Synthesizer: engines.synthesizerState, Latency: o.pace(), Quota: o.quota,
		KeyPress: cfg.Recognizer == nil, Bots: server.Bots(), Caveats: server.Caveats(),
	})
	err = server.Serve(ctx, listener)
	cancel()
	err = errors.Join(err, <-admin.ended)
	kept, evicted := server.Stats()
	logger.Info("stopped", "sessions", kept, "sessions_evicted", evicted)
	return err
}

// adminServer is a stand-in that can be broken on purpose. *lexlocal.Server and
// *dynamolocal.Server implement it.
type adminServer interface {
	// ServeAdmin lets drills set faults at a listener on a loopback address, which
	// it closes, until ctx is done.
	ServeAdmin(ctx context.Context, l net.Listener) error
}

// adminListener is the listener by which drills set faults.
type adminListener struct {
	url   string
	ended chan error // receives once
}

// startAdmin serves the admin listener until ctx is done. It calls stop if
// that ends before. Without an address there is none.
func startAdmin(ctx context.Context, stop func(), server adminServer, address string) (adminListener, error) {
	a := adminListener{ended: make(chan error, 1)}
	if address == "" {
		a.ended <- nil
		return a, nil
	}
	listener, err := listen(address)
	if err != nil {
		return a, err
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		err := fmt.Errorf("listen on %s for faults: whoever reaches it can break the server", listener.Addr())
		return a, errors.Join(&hintError{err, "choose a loopback address, such as --admin 127.0.0.1:0"}, listener.Close())
	}
	a.url = "http://" + listener.Addr().String()
	go func() {
		defer stop()
		a.ended <- server.ServeAdmin(ctx, listener)
	}()
	return a, nil
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

func runBotCheck(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "bot check", "PATH", `Reads a bot's export, a folder or zip, describes it, and lists what Lex would refuse,
what was not understood, and what the local Lex does not do. Exit code 1: there are problems.

example:
  lexline bot check bots/OrderFlowers`)
	switch err := parse(flags, args); {
	case err != nil:
		return err
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
