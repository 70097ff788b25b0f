package lexlocal

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"lexline/internal/audio"
	"lexline/internal/botdef"
	"lexline/internal/fault"
	"lexline/internal/gate"
	"lexline/internal/speech"
)

// Recognizer makes words of speech. *speech.Recognizer implements it.
type Recognizer interface {
	// Recognize returns what of the grammar was said in pcm, 8 kHz mono; no
	// words if nothing was. It is called by several goroutines and keeps its own
	// deadline besides ctx.
	Recognize(ctx context.Context, g speech.Grammar, pcm []int16) (speech.Hypothesis, error)
}

// Synthesizer makes speech of words. *speech.Synthesizer implements it.
type Synthesizer interface {
	// Sentences calls emit with the speech of each sentence of text, in order and
	// on the caller's goroutine. An error of emit ends it and is returned. It is
	// called by several goroutines.
	Sentences(ctx context.Context, voice, text string, emit func(audio.Clip) error) error
}

var errNoSynthesizer = errors.New("there is no speech synthesizer")

// DraftAlias is the alias that every bot has besides the configured ones, with
// the id TSTALIASID, as in the Lex console.
const DraftAlias = "TestBotAlias"

// Config says what a Server serves and with what. Region is needed.
type Config struct {
	// Region is told to nobody but the log: a region is where it is addressed. Ids
	// of imported bots follow from it.
	Region string
	// Bots are there at the start, built, with a version 1. Clients may import
	// others.
	Bots []*botdef.Bot
	// Aliases are the names of the aliases of every bot at the start, besides
	// DraftAlias. Their ids follow from bot and name, so they are the same in
	// every region.
	Aliases []string

	Recognizer  Recognizer  // nil: key-press mode, audio is refused
	Synthesizer Synthesizer // nil: a tone stands for the words
	Voice       string      // of the synthesizer, "" for its own choice

	// Hooks has the addresses of Lambda functions by the name of their bot: URLs
	// that take the Invoke form of the Lambda API, such as
	// http://127.0.0.1:9000/2015-03-31/functions/OrderFlowers/invocations. At the
	// code hooks of a bot without one, the dialog goes on as if a function had
	// succeeded and changed nothing.
	Hooks map[string]string

	// Seed decides among message variations: the same seed, session id and
	// course of a conversation give the same words.
	Seed uint64
	// Now is the clock, in the time zone of the callers: dates like "tomorrow"
	// are resolved in it. nil is time.Now.
	Now func() time.Time
	// SessionLimit is how many conversations are kept; the least recently used
	// one gives way. 0 is 10,000.
	SessionLimit int

	// Latency is how long a turn of a conversation takes at least, as that of a
	// real bot does, counted from the end of the request. LatencySpread makes it
	// log-normal with Latency as median: it is the standard deviation of the
	// logarithm, 0.45 for a slowest percentile that takes three times as long.
	Latency       time.Duration
	LatencySpread float64
	// Quota is how many turns an alias answers at a time; further requests get a
	// ThrottlingException. 0 is no quota.
	Quota int

	// BuildTime is how long the build of a locale takes; imports, exports and new
	// versions take a third of it. 0 is 300 ms.
	BuildTime time.Duration

	// Record is called once for each request, when its answer is known and on
	// the request's goroutine, and once for each change of the faults. nil keeps
	// no records.
	Record func(Record)
	Logger *slog.Logger // nil: none
}

// Server is a local Lex V2. It is an http.Handler; Serve adds a server with
// the right limits around it. It starts no goroutines of its own.
type Server struct {
	cfg         Config
	account     *account
	uploads     *uploads
	imports     *jobs[*importJob]
	exports     *jobs[*exportJob]
	sessions    *sessions
	started     time.Time
	mux         *http.ServeMux
	bodyTimeout time.Duration
	faults      *faults
}

// BotInfo names a bot for people and for clients.
type BotInfo struct {
	Name, ID string
	Aliases  []AliasInfo
	Locales  []string // ids such as en_US
}

// AliasInfo names an alias of a bot.
type AliasInfo struct {
	Name, ID string
	Version  string // "DRAFT" or a number
}

// New returns a server for the bots of cfg.
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.SessionLimit == 0 {
		cfg.SessionLimit = 10000
	}
	if cfg.Record == nil {
		cfg.Record = func(Record) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.BuildTime == 0 {
		cfg.BuildTime = defaultBuildTime
	}
	s := &Server{
		cfg: cfg, sessions: newSessions(cfg.SessionLimit), started: cfg.Now(), bodyTimeout: bodyTimeout, faults: newFaults(cfg.Seed),
		account: newAccount(cfg.Region), uploads: &uploads{}, imports: &jobs[*importJob]{}, exports: &jobs[*exportJob]{},
	}
	if err := cfg.checkHooks(); err != nil {
		return nil, err
	}
	for _, def := range cfg.Bots {
		if err := s.addBuilt(def); err != nil {
			return nil, fmt.Errorf("serve bot %s: %w", def.Name, err)
		}
	}
	s.mux = s.routes()
	return s, nil
}

// addBuilt takes in a bot that is built, with a first version.
func (s *Server) addBuilt(def *botdef.Bot) error {
	id := def.ID
	if id == "" {
		id = makeID("bot", def.Name)
	}
	if !idPattern.MatchString(id) {
		return fmt.Errorf("its identifier %q is not 10 letters or digits", id)
	}
	b := &servedBot{name: def.Name, id: id, created: s.started, count: 1}
	first := &version{number: firstVersion, def: def, dialogs: make(map[string]*dialog), created: s.started}
	b.draft = working{def: def, changed: s.started, builds: make(map[string]build)}
	for _, locale := range def.Locales {
		d := s.newDialog(def.Name, locale)
		b.draft.builds[locale.ID] = build{submitted: s.started, done: s.started, next: d}
		first.dialogs[locale.ID] = d
	}
	b.versions = []*version{first}
	var err error
	if b.aliases, err = newAliases(id, s.cfg.Aliases, s.started); err != nil {
		return err
	}
	if err := s.account.add(b); err != nil {
		told, _ := asAPIError(err)
		return errors.New(told.message)
	}
	return nil
}

// makeID returns an identifier in the form that Lex gives out: 10 letters and
// digits, the same for the same words.
func makeID(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return base32.StdEncoding.EncodeToString(sum[:])[:10]
}

// Bots lists what is served, by name.
func (s *Server) Bots() []BotInfo {
	list := []BotInfo{} // never null
	for _, b := range s.account.all() {
		info := BotInfo{Name: b.name, ID: b.id}
		for _, a := range b.aliases.all() {
			info.Aliases = append(info.Aliases, a.AliasInfo)
		}
		v, _ := b.at(draftVersion)
		for _, locale := range v.def.Locales {
			info.Locales = append(info.Locales, locale.ID)
		}
		list = append(list, info)
	}
	return list
}

// Stats returns how many sessions are kept, expired ones not yet dropped
// included, and how many had to give way to others so far.
func (s *Server) Stats() (kept, evicted int) {
	return s.sessions.stats()
}

// defaultBuildTime is short for people and long enough for a client that asks
// again and again to see a build at work.
const defaultBuildTime = 300 * time.Millisecond

// ServeHTTP answers one request of the Lex API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if trimmed := strings.TrimRight(r.URL.Path, "/"); trimmed != "" && trimmed != r.URL.Path {
		shortened := *r.URL
		shortened.Path, shortened.RawPath = trimmed, strings.TrimRight(r.URL.RawPath, "/")
		clone := *r
		clone.URL = &shortened
		r = &clone
	}
	s.mux.ServeHTTP(w, r)
}

// Limits of the HTTP server.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = time.Minute
	// bodyTimeout is for a body that arrives while the caller speaks, at most
	// maxSpeechSeconds, over a slow line.
	bodyTimeout  = 30 * time.Second
	writeTimeout = 10 * time.Second // of each part of an answer
	grace        = 10 * time.Second // for running requests at the end
	maxStreams   = 1000             // requests at a time on one HTTP/2 connection
)

// Serve answers requests that arrive at l, over HTTP/1.1 and HTTP/2 without
// TLS, until ctx is done. Then running requests are given 10 s to finish. It
// closes l. An error means that serving ended before ctx did, or that requests
// had to be cut off.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler:           s,
		Protocols:         &protocols,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		// The whole of an exchange; a handler moves the limit with its progress.
		WriteTimeout:   bodyTimeout + writeTimeout,
		MaxHeaderBytes: 4 * maxHeaders, // so that too many bytes get a typed error first
		ErrorLog:       slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
		ConnContext:    fault.WithConn,
	}
	g := gate.New(l)
	if err := s.faults.Open(g); err != nil {
		return errors.Join(err, l.Close())
	}
	defer s.faults.Close()
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		if err := s.clear(); err != nil {
			s.cfg.Logger.Warn("faults are not cleared", "error", err)
		}
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := server.Shutdown(deadline)
		if err != nil {
			err = errors.Join(fmt.Errorf("finish running requests: %w", err), server.Close())
		}
		stopped <- err
	})
	err := server.Serve(g)
	if !stop() {
		return <-stopped
	}
	return errors.Join(fmt.Errorf("serve: %w", err), server.Close())
}
