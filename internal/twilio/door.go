package twilio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/call"
	"lexline/internal/histogram"
)

// Door answers Twilio. It is an http.Handler for the paths of the package
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
	notes    Notes
	sealer   *sealer          // of stream tokens
	tickets  *sealer          // of calls that we placed
	now      func() time.Time // wall clock: tokens expire by it
	desk     *desk            // of lines with Update

	// safe for several goroutines
	plan                           atomic.Pointer[plan] // of calls that begin now
	spent                          *spentTokens
	calls                          *callTable
	failures                       *failureLimiter
	tally                          tally
	wheel                          *wheel
	handshakes                     chan struct{} // one place for each handshake in progress
	badSignatures, badTokens, busy logGate
	badAccounts                    logGate

	ctx    context.Context // of every call; ended by Close
	cancel context.CancelCauseFunc

	mu        sync.Mutex
	admission admission
	streams   sync.WaitGroup // one for each stream; Add only with mu and before admission.closed
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
	first, err := newPlan(&config)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	sealer, err := newSealer(streamPurpose, config.tokenSecrets()...)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	tickets, err := newSealer(ticketPurpose, config.tokenSecrets()...)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	vault, err := newSealer(notePurpose, config.tokenSecrets()...)
	if err != nil {
		return nil, fmt.Errorf("twilio door: %w", err)
	}
	base := public.String()
	d := &Door{
		config: config, limits: limits, log: config.Logger,
		verifier: verifier{tokens: config.AuthTokens, public: public},
		links: links{
			resume: base + "/resume", dialled: base + "/dialled/", whisper: base + "/whisper/",
			stream: websocketScheme(public) + strings.TrimPrefix(base, public.Scheme) + "/stream/",
			update: base + "/updatecall",
		},
		prefix: public.EscapedPath(),
		notes:  config.Notes, sealer: sealer, tickets: tickets, now: time.Now,
		spent:      newSpentTokens(spentPerCall * limits.Calls),
		calls:      newCallTable(maxKnownCalls + limits.Calls),
		failures:   newFailureLimiter(),
		wheel:      newWheel(),
		handshakes: make(chan struct{}, limits.Handshakes),
		admission:  newAdmission(limits.Calls),
	}
	d.plan.Store(first)
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.notes == nil {
		d.notes = NewNotes()
	}
	d.desk = newDesk(d, vault)
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
	case route == "/status-callback":
		d.webhook(w, r, path, d.answerStatus)
	case route == "/updatecall", strings.HasPrefix(route, "/updatecall/"):
		d.webhook(w, r, path, d.answerUpdate)
	case strings.HasPrefix(route, "/dialled/"):
		d.webhook(w, r, path, d.answerDialled(strings.TrimPrefix(route, "/dialled/")))
	case strings.HasPrefix(route, "/whisper/"):
		d.webhook(w, r, path, d.answerWhisper(strings.TrimPrefix(route, "/whisper/")))
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
	c.LiveStreams = int64(d.admission.open)
	c.Greeting = int64(d.admission.waiting(d.now()))
	return c
}

// Lateness is how late the door's own clock was, at each of its ticks of 50 ms. A
// process that has too much to do, or that is not given the processor, is late.
func (d *Door) Lateness() histogram.Snapshot { return d.wheel.late.Snapshot() }

// Shutdown stops accepting calls, waits until those that run have ended by
// themselves, and until Twilio has been told to hang up on them, and returns nil.
// A caller who is being greeted still gets the stream that the greeting promised.
// The server around the door must run that long. When ctx ends first it ends the
// calls as Close does and returns ctx's error. No goroutine of the door is left
// when it returns.
func (d *Door) Shutdown(ctx context.Context) error {
	d.Refuse()
	err := d.awaitIdle(ctx)
	d.mu.Lock()
	d.admission.closed = true
	d.mu.Unlock()
	d.cancel(ErrShutdown)
	d.streams.Wait()
	d.wheel.stop()
	d.awaitFarewells(ctx)
	return err
}

// lookAgain is how often a door that is being shut down looks whether it may go.
const lookAgain = 20 * time.Millisecond

// awaitIdle returns when no stream is open and none is about to, or ctx's cause.
func (d *Door) awaitIdle(ctx context.Context) error {
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for d.Left() > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// awaitFarewells returns when Twilio has asked about every call whose stream we
// ended, or would have.
func (d *Door) awaitFarewells(ctx context.Context) {
	look := time.NewTicker(lookAgain)
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

// Refuse has no new call taken from now on. Those that are here, or are being
// greeted, go on. Shutdown begins with it.
func (d *Door) Refuse() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.admission.closing = true
}

// Refuses reports whether Refuse or Shutdown was called.
func (d *Door) Refuses() bool { return d.isClosing() }

func (d *Door) isClosing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.admission.closing
}

// Left is how many calls Shutdown would wait for now: those with a stream, and those
// whose caller is being greeted, for as long as their stream may be about to open.
func (d *Door) Left() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(d.admission.left(d.now()))
}

// Welcome reports whether a new call would be let in now, and if not, why, in a few
// words.
func (d *Door) Welcome() (why string, ok bool) {
	d.mu.Lock()
	closing, full, limit := d.admission.closing, d.admission.isFull(d.now()), d.admission.limit
	d.mu.Unlock()
	switch {
	case closing:
		return "draining", false
	case full:
		return fmt.Sprintf("full: limits.calls is %d", limit), false
	}
	why = d.overload()
	return why, why == ""
}

// overload is why no new call may be taken now, besides their number.
func (d *Door) overload() string {
	if d.config.Overload == nil {
		return ""
	}
	return d.config.Overload()
}

// admit judges a new call, whose greeting takes length.
func (d *Door) admit(sid string, length time.Duration, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.admission.call(sid, length, now)
}

// expect notes that a stream of a call that has a right to one is going to open.
func (d *Door) expect(sid string, length time.Duration, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.admission.expect(sid, length, now)
}

// hungUp notes that the caller has left.
func (d *Door) hungUp(sid string, now time.Time) {
	d.calls.hungUp(sid, now)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.admission.forget(sid)
}

// enter takes a place for the stream of a call. leave gives it back.
func (d *Door) enter(sid string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.admission.stream(sid) {
		return false
	}
	d.streams.Add(1)
	return true
}

func (d *Door) leave() {
	d.mu.Lock()
	d.admission.leave()
	d.mu.Unlock()
	d.streams.Done()
}

var _ call.Leg = (*leg)(nil)
