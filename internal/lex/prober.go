package lex

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"lexline/internal/region"
)

// ProberConfig says which bot a Prober asks, and what.
type ProberConfig struct {
	Places      []Place     // home first
	Credentials Credentials // zero: the AWS default chain
	Deadlines   Deadlines   // Dial, TLS and Lookup are used; zero fields mean the defaults
	Probe       Probe       // what deep probes ask
	// Sessions is how the ids of the probes' sessions begin; empty: lexline-probe. At
	// most 40 of the characters that Lex takes in one: letters, digits, and . _ : -
	Sessions string
	// Heard, if not nil, is told what the bot said to a deep probe. It is called by
	// several goroutines at once.
	Heard  func(region string, words []string)
	Logger *slog.Logger // nil: no log
	// Dial opens the connections in place of a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Prober is the part of a Client that probes, for health checks that carry no
// calls. It leaves the sessions of its probes until Forget. It is safe for use by
// many goroutines.
type Prober struct {
	places    []*alias // home first
	waits     Deadlines
	prober    *prober
	transport *http.Transport

	mu   sync.Mutex
	left []leftSession // guarded by mu: to be forgotten
}

// leftSession is a session that a probe left.
type leftSession struct {
	alias *alias
	id    string
}

var _ region.Prober = (*Prober)(nil)

// NewProber returns a Prober. It asks Lex nothing.
func NewProber(ctx context.Context, cfg ProberConfig) (*Prober, error) {
	if err := (Config{Places: cfg.Places}).check(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Prober{waits: cfg.Deadlines.withDefaults(), prober: newProber(cfg.Probe, cfg.Logger)}
	if cfg.Sessions != "" {
		if !sessionForm().MatchString(cfg.Sessions) || len(cfg.Sessions) > 40 {
			return nil, fmt.Errorf("%.50q is not 2 to 40 letters, digits, dots, colons, hyphens and underscores", cfg.Sessions)
		}
		p.prober.prefix = cfg.Sessions
	}
	p.prober.forget, p.prober.heard = p.keep, cfg.Heard
	p.transport = newTransport(p.waits, cfg.Dial, cfg.Logger)
	for _, place := range cfg.Places {
		a, err := newAlias(ctx, Config{Credentials: cfg.Credentials}, place, p.transport)
		if err != nil {
			return nil, err
		}
		p.places = append(p.places, a)
	}
	return p, nil
}

// LookUp finds the ids of bots and aliases that are given by name and were not
// found yet, in all regions at once, within the Lookup deadline. Probes look them
// up as well, on their own shorter time: what LookUp does not find is no fault yet.
// Given ids it asks nobody.
func (p *Prober) LookUp(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.waits.Lookup, &overdueError{"no answer", p.waits.Lookup})
	defer cancel()
	var all sync.WaitGroup
	for _, a := range p.places {
		if a.ids.Load() != nil {
			continue
		}
		all.Go(func() {
			if err := a.find(ctx); err != nil {
				p.prober.log.Warn("bot not found, to be looked up again", "region", a.region, "err", plain(err))
			}
		})
	}
	all.Wait()
}

// Probe implements region.Prober: see Client.Probe. The session stays until Forget.
func (p *Prober) Probe(ctx context.Context, name string, deep bool) (region.Class, error) {
	for _, a := range p.places {
		if a.region == name {
			return p.prober.probe(ctx, a, deep)
		}
	}
	return region.Ours, fmt.Errorf("probe region %s: the bot is not there", name)
}

func (p *Prober) keep(_ context.Context, a *alias, session string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = append(p.left, leftSession{a, session})
}

// Forget deletes the sessions of all probes so far, all at once, and closes idle
// connections. It returns when that is done or ctx has ended, with what was in the
// way; sessions that stay are no harm, as Lex forgets idle ones. It does not try
// them again.
func (p *Prober) Forget(ctx context.Context) error {
	p.mu.Lock()
	left := p.left
	p.left = nil
	p.mu.Unlock()
	failed := make([]error, len(left))
	var all sync.WaitGroup
	for i, s := range left {
		all.Go(func() {
			if err := s.alias.forget(ctx, s.id); err != nil {
				failed[i] = fmt.Errorf("delete a probe's session in %s: %w", s.alias.region, plain(because(ctx, err)))
			}
		})
	}
	all.Wait()
	p.transport.CloseIdleConnections()
	return errors.Join(failed...)
}
