package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"lexline/internal/call"
	"lexline/internal/certs"
	"lexline/internal/lex"
	"lexline/internal/record"
	"lexline/internal/recording"
	"lexline/internal/twilio"
)

func serveCommand() command {
	return command{"serve", "answer telephone calls with a Lex bot", runServe}
}

func runServe(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "serve", "", `Answers Twilio's calls: the webhook POST /twiml, the media stream behind it, POST /resume and
GET /ping. Every setting is explained in lexline.yml; the environment can hold them too. The
commands lexline status and lexline region ask its control listener (control.listen), which
has /status and /metrics.

SIGTERM lets live calls finish (call.drain_time), SIGINT ends them. SIGHUP has the
configuration read again: what can change without a restart is in force for calls that begin
then, and a wrong one changes nothing.

Exit code 0: stopped, and no call was cut off. 1: it could not start, or not go on. 2: wrong
use. 3: stopped, and calls were cut off.

environment:
  LEXLINE_CONFIG_TEXT   the text of the configuration file, where no file can be
  LEXLINE_...           any setting, over the file: LEXLINE_CALL_BARGE_IN is call.barge_in
  AWS_...               region and credentials, as every AWS SDK takes them

examples:
  lexline serve --config lexline.yml
  lexline serve --dev --config dev.yml     plain http on loopback`)
	path := flags.String("config", env.getenv("LEXLINE_CONFIG"), "configuration `file`; without one the environment is all")
	dev := flags.Bool("dev", false, "allow plain http and ws, on loopback addresses only")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if env.environ != nil {
		if err := checkEnvironment(env.environ()); err != nil {
			return err
		}
	}
	cfg, err := loadConfig(*path, env.getenv, *dev)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	logger, err := newLeveledLogger(env.stderr, cfg.Log, level)
	if err != nil {
		return err
	}
	g, err := newGateway(ctx, cfg, *dev, logger)
	if err != nil {
		return err
	}
	g.level, g.hangups, g.source = level, env.hangups, configSource{*path, env.getenv, *dev}
	g.reloaded.note(func(s *configStatus) { s.File = *path })
	impatient := make(chan os.Signal, 1)
	signal.Notify(impatient, os.Interrupt)
	defer signal.Stop(impatient)
	// After the first signal each further one is impatience.
	defer context.AfterFunc(ctx, func() { signal.Notify(impatient, stoppingSignals()...) })()
	return g.run(ctx, impatient)
}

// gateway is `lexline serve` as a whole: the door for the carrier, a Lex client
// for each line, and the server that both live in.
type gateway struct {
	cfg      config // static: keys that can change are those of now
	log      *slog.Logger
	listener net.Listener
	door     *twilio.Door
	rest     *twilio.REST // nil: it is not known whose calls to change
	server   *twilio.Server
	calls    call.Config
	bots     []*bot            // in the order of their first lines
	table    io.Closer         // nil: kept in memory
	kept     *recording.Folder // of recordings; nil: none are made
	store    callStore         // nil: none is configured
	records  *record.Journal   // nil: none are kept
	started  time.Time
	ends     callEnds
	turns    *turnCounts
	live     liveCalls
	overload *overload
	cert     *certs.Pair // nil: no TLS here
	serving  atomic.Bool // the door's port is served
	control  *control    // nil: none

	// What can change while calls are live.
	source   configSource // where it is read again
	hangups  <-chan os.Signal
	settings atomic.Pointer[settings] // of calls that begin now
	reloaded reloads
	level    *slog.LevelVar // of the log; nil: it stays
	guard    *guard         // of the control listener; nil without one
}

// newGateway listens, finds the bots and prepares to answer. On an error
// nothing is left open.
func newGateway(ctx context.Context, cfg config, dev bool, logger *slog.Logger) (*gateway, error) {
	first := cfg                                               // as it was read, which a reload is compared with
	cfg.Table.Observer = cmp.Or(cfg.Table.Observer, ownName()) // one name, wherever it is told
	g := &gateway{cfg: cfg, log: logger, started: time.Now(), overload: newOverload(cfg.Limits)}
	if err := g.open(ctx, first, dev); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *gateway) open(ctx context.Context, first config, dev bool) (err error) {
	if g.listener, err = listen(g.cfg.Listen); err != nil {
		return err
	}
	if err := g.openTLS(); err != nil {
		return err
	}
	settings, err := g.newSettings(first)
	if err != nil {
		return err
	}
	g.settings.Store(settings)
	if err := g.findBots(ctx); err != nil {
		return err
	}
	g.turns = newTurnCounts(g.cfg.Lines)
	g.calls = call.Config{
		Logger:    g.log,
		Counters:  call.NewCounters(),
		Report:    g.report,
		FailureOf: func(err error) string { return string(lex.Class(err)) },
	}
	if err := g.openRecordings(); err != nil {
		return err
	}
	if err := g.openRecords(ctx); err != nil {
		return err
	}
	if g.cfg.Twilio.AccountSID != "" {
		if g.rest, err = twilio.NewREST(g.cfg.Twilio.rest(g.log)); err != nil {
			return fmt.Errorf("prepare for Twilio's API: %w", err)
		}
	}
	door := doorConfig(g.cfg, dev, g.log, settings.answer)
	if g.rest != nil {
		door.Calls = g.rest
	}
	door.Overload = g.overload.now
	door.Notes = g.notes()
	door.Dialled = g.dialled
	if g.door, err = twilio.New(door); err != nil {
		return fmt.Errorf("open the door for Twilio: %w", err)
	}
	g.server = twilio.NewServer(g.door, g.cfg.Limits.Connections, g.log)
	return g.openControl()
}

// turnGrace lets Lex's client end a turn that takes too long, and say why, before
// the call does.
const turnGrace = 200 * time.Millisecond

// listen opens the address, with advice when it is taken.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(address)
		return nil, &hintError{
			fmt.Errorf("listen on %s: another program has this port", address),
			fmt.Sprintf("choose another port, or see who has it: ss -ltnp 'sport = :%s'", port),
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

func doorConfig(cfg config, dev bool, logger *slog.Logger, serve twilio.ServeFunc) twilio.Config {
	tokens := []string{cfg.Twilio.AuthToken}
	if cfg.Twilio.AuthTokenSecondary != "" {
		tokens = append(tokens, cfg.Twilio.AuthTokenSecondary)
	}
	door := twilio.Config{
		PublicURL: cfg.PublicURL, AuthTokens: tokens, AccountSID: cfg.Twilio.AccountSID,
		TokenKey: []byte(cfg.Twilio.TokenKey), Dev: dev, Logger: logger, Serve: serve,
		Limits:     twilio.Limits{Calls: cfg.Limits.Calls},
		KeyTimeout: cfg.Call.KeyTimeout, KeyEnd: cfg.Call.KeyEnd[0],
		Targets: doorTargets(cfg.Targets), Redirects: doorRedirects(cfg.Redirects),
	}
	door.Refusal, _ = cfg.Limits.refusal() // checked with the rest of the configuration
	for _, line := range cfg.Lines {
		door.Lines = append(door.Lines, twilio.Line{
			Name: line.Name, Numbers: line.Numbers, Default: len(line.Numbers) == 0 && !line.Outbound,
			Greeting: line.Greeting, Resuming: line.ResumeGreeting, TwiML: line.TwiML,
			Voice: line.Voice, Language: line.Language, Update: line.Mode == modeUpdate,
			Outbound: line.Outbound, TalkToMachines: line.Machines == "talk",
		})
	}
	return door
}

// report takes what became of a turn. It is called on its call's goroutine and does
// not block.
func (g *gateway) report(info call.Info, turn call.TurnReport) { g.turns.add(info, turn) }

// run serves until ctx ends, then refuses new calls and lets the live ones
// finish within the drain time, or until impatient fires. Its error is a cutOffError
// if some did not.
func (g *gateway) run(ctx context.Context, impatient <-chan os.Signal) error {
	g.log.Info("listening", "address", g.listener.Addr().String(), "webhook", strings.TrimRight(g.cfg.PublicURL, "/")+"/twiml",
		"tls", g.tlsWords(), "control", g.control.address(), "lines", len(g.cfg.Lines), "mallocs", mallocs())
	g.control.serve(g.log)
	unwatch, unlook, unhang := g.watchBots(), g.watchItself(), g.watchHangups(g.hangups)
	served := make(chan error, 1)
	g.serving.Store(true)
	go func() { served <- g.server.Serve(g.listener) }()
	var failed error
	select {
	case err := <-served:
		g.serving.Store(false)
		failed = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		failed = g.drain(context.Cause(ctx), impatient)
		g.closeServer()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			failed = fmt.Errorf("serve: %w", err)
		}
	}
	unhang()
	unwatch() // before what it uses is closed
	unlook()
	g.close()
	counts := g.calls.Counters.Snapshot()
	g.log.Info("stopped", "calls", counts.Calls, "turns", counts.Turns,
		"media_messages", g.door.Counters().MediaMessages, "mallocs", mallocs())
	return failed
}

// closeServer lets the answers under way reach their askers, of which there is one
// for each call that has just ended, and closes the server.
func (g *gateway) closeServer() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := g.server.Shutdown(ctx); err != nil {
		_ = g.server.Close() // what is left has been waited for long enough
	}
}

// close ends what is left. It may be called at any stage of the gateway's making.
func (g *gateway) close() {
	g.control.close()
	if g.door != nil {
		_ = g.door.Close() // has nothing to tell when it does not wait
	}
	if g.rest != nil {
		g.rest.Close()
	}
	g.closeBots()
	g.closeRecordings()
	g.closeRecords()
	if g.listener != nil {
		_ = g.listener.Close() // already closed by the server, when it ran
	}
}

// mallocs is the number of heap objects allocated since the process began.
func mallocs() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}

func newLogger(w io.Writer, cfg logConfig) (*slog.Logger, error) {
	return newLeveledLogger(w, cfg, new(slog.LevelVar))
}

// newLeveledLogger returns a logger whose level can be changed, and sets it.
func newLeveledLogger(w io.Writer, cfg logConfig, level *slog.LevelVar) (*slog.Logger, error) {
	set, err := logLevel(cfg.Level)
	if err != nil {
		return nil, err
	}
	level.Set(set)
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

func logLevel(name string) (level slog.Level, err error) {
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf("%q is none of debug, info, warn, error", name)
	}
	return level, nil
}
