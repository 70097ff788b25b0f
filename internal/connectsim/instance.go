package connectsim

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Instance is a simulated instance of Amazon Connect. It is safe for use by many
// goroutines.
type Instance struct {
	cfg    Config
	limits Limits
	lex    lexClients
	pool   *http.Transport // nil: the transport is somebody else's
}

// Contact is one contact that comes in.
type Contact struct {
	ID         string // empty: one is drawn
	From, To   string // numbers, such as +15550100001
	Attributes map[string]string
	Caller     Caller

	// Events is called with each event, on the goroutine that runs the contact.
	// While it blocks the contact stands still. nil: nobody is told.
	Events func(Event)
}

// New returns an instance that runs contacts through the flow of cfg. Close
// closes what it holds.
func New(cfg Config) (*Instance, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("simulate Amazon Connect: %w", err)
	}
	orElse(&cfg.FlowName, "flow")
	n := &Instance{cfg: cfg, limits: cfg.Limits.withDefaults()}
	transport := cfg.Transport
	if transport == nil {
		n.pool = newPool()
		transport = n.pool
	}
	n.lex = lexClients{transport: transport, endpoints: cfg.Lex, credentials: cfg.Credentials}
	return n, nil
}

// Close closes idle connections. No contact may run any more.
func (n *Instance) Close() {
	if n.pool != nil {
		n.pool.CloseIdleConnections()
	}
}

// Run takes one contact through the flow and returns what became of it. It
// returns soon after ctx is done; no goroutine that it started outlives it.
func (n *Instance) Run(ctx context.Context, contact Contact) Result {
	orElse(&contact.ID, newID())
	c := newRun(n, contact)
	c.emit(Event{Event: KindStart, Text: contact.From, Region: n.cfg.Region})
	c.walk(ctx)
	c.background.Wait()
	return c.finish()
}

// RunAll takes all contacts through the flow, at most atOnce of them at a time,
// and returns their results in the order of the contacts.
func (n *Instance) RunAll(ctx context.Context, contacts []Contact, atOnce int) []Result {
	results := make([]Result, len(contacts))
	turns := make(chan struct{}, max(1, atOnce))
	var running sync.WaitGroup
	for i, contact := range contacts {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			results[i] = n.Run(ctx, contact)
		})
	}
	running.Wait()
	return results
}

// newID draws an id of a contact or of an invocation: a UUID of version 4, as those of
// Connect and Lambda are.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
