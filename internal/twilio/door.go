package twilio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"lexline/internal/call"
	"lexline/internal/histogram"
)

// Door answers Twilio. It is an http.Handler for the four paths of the package
// comment, with or without the prefix of the public URL. It is safe for several
// goroutines. Make one with New; end it with Shutdown or Close.
type Door struct {
	// static
	config   Config
	limits   Limits
	log      *slog.Logger
	verifier verifier
	links    links
	prefix   string // path of the public URL, without a final slash
	lines    *lineBook
	sealer   *sealer
	now      func() time.Time // wall clock: tokens expire by it

	// safe for several goroutines
	spent                    *spentTokens
	calls                    *callTable
	failures                 *failureLimiter
	tally                    tally
	wheel                    *wheel
	handshakes               chan struct{} // one place for each handshake in progress
	badSignatures, badTokens logGate

	ctx    context.Context // of every call; ended by Close
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	closing bool           // no further stream is accepted
	open    int            // streams
	streams sync.WaitGroup // one for each stream; Add only with mu and not closing
}

// New checks config and returns a Door. Errors name the setting at fault.
func New(config Config) (*Door, error) {
	if config.Serve == nil {
		return nil, errors.New("twilio door: Serve is not set")
	}
	public, err := parsePublicURL(config.PublicURL, config.Dev)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	if err := config.checkTokens(); err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	limits := config.Limits.withDefaults()
	if err := limits.check(); err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	lines, err := newLineBook(config.Lines)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	sealer, err := newSealer(config.tokenSecrets()...)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	base := public.String()
	d := &Door{
		config: config, limits: limits, log: config.Logger,
		verifier: verifier{tokens: config.AuthTokens, public: public},
		links: links{
			resume: base + "/resume",
			stream: websocketScheme(public) + strings.TrimPrefix(base, public.Scheme) + "/stream/",
		},
		prefix: public.EscapedPath(),
		lines:  lines, sealer: sealer, now: time.Now,
		spent:      newSpentTokens(10 * limits.Calls),
		calls:      newCallTable(maxKnownCalls + limits.Calls),
		failures:   newFailureLimiter(),
		wheel:      newWheel(),
		handshakes: make(chan struct{}, limits.Handshakes),
	}
	if d.log == nil {
		d.log = slog.Default()
	}
	d.ctx, d.cancel = context.WithCancelCause(context.Background())
	return d, nil
}

// tokenSecrets returns what the keys of stream tokens are derived from, first the
// one that seals.
func (c *Config) tokenSecrets() [][]byte {
	if len(c.TokenKey) > 0 {
		return [][]byte{c.TokenKey}
	}
	secrets := make([][]byte, len(c.AuthTokens))
	for i, token := range c.AuthTokens {
		secrets[i] = []byte(token)
	}
	return secrets
}

// ServeHTTP answers one request of Twilio.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, d.prefix); ok && strings.HasPrefix(rest, "/") {
		path = rest
	}
	route := strings.TrimRight(path, "/")
	switch {
	case route == "/twiml":
		d.webhook(w, r, path, d.answerCall)
	case route == "/resume":
		d.webhook(w, r, path, d.answerResume)
	case route == "/ping":
		d.ping(w)
	case strings.HasPrefix(route, "/stream/"):
		d.openStream(w, r, path)
	default:
		http.NotFound(w, r)
	}
}

func (d *Door) ping(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if d.isClosing() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("shutting down\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// Counters returns what has been counted so far.
func (d *Door) Counters() Counters {
	c := d.tally.snapshot()
	d.mu.Lock()
	defer d.mu.Unlock()
	c.LiveStreams = int64(d.open)
	return c
}

// Lateness is how late the door's own clock was, at each of its ticks of 50 ms. A
// process that has too much to do, or that is not given the processor, is late.
func (d *Door) Lateness() histogram.Snapshot { return d.wheel.late.Snapshot() }

// Shutdown stops accepting calls, waits until those that run have ended by
// themselves, and until Twilio has been told to hang up on them, and returns nil.
// The server around the door must run that long. When ctx ends first it ends the
// calls as Close does and returns ctx's error. No goroutine of the door is left
// when it returns.
func (d *Door) Shutdown(ctx context.Context) error {
	d.refuse()
	ended := make(chan struct{})
	go func() {
		d.streams.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	d.cancel(ErrShutdown)
	<-ended
	d.wheel.stop()
	d.awaitFarewells(ctx)
	return err
}

// awaitFarewells returns when Twilio has asked about every call whose stream we
// ended, or would have.
func (d *Door) awaitFarewells(ctx context.Context) {
	look := time.NewTicker(askingTime / 100)
	defer look.Stop()
	for d.calls.asks(d.now()) {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// Close ends all calls, cancelling their contexts with ErrShutdown, and returns
// when every goroutine of the door has ended. It may be called more than once.
func (d *Door) Close() error {
	d.cancel(ErrShutdown)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Shutdown(now); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (d *Door) refuse() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closing = true
}

func (d *Door) isClosing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closing
}

// isFull reports whether so many streams run that no further call is let in.
func (d *Door) isFull() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open >= d.limits.Calls
}

// enter takes a place for one stream. leave gives it back.
func (d *Door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing || d.open >= d.limits.Calls {
		return false
	}
	d.open++
	d.streams.Add(1)
	return true
}

func (d *Door) leave() {
	d.mu.Lock()
	d.open--
	d.mu.Unlock()
	d.streams.Done()
}

// NewServer returns an HTTP server for handler with the limits that a door on
// the internet needs: a request's header within 5 s and 16 KiB, the whole request
// within 10 s, idle connections closed after 60 s. Accepted websockets are beyond
// these limits and have their own.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

var _ call.Leg = (*leg)(nil)
