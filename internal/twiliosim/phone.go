package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/audio"
)

// DefaultTimeout is how long a call may last when Config does not say.
const DefaultTimeout = 5 * time.Minute

// Config is what a phone needs to place calls, or to be called. URL, or RESTListen, is
// required.
type Config struct {
	URL       string // of the webhook for incoming calls, as it stands at Twilio
	Fallback  string // URL that is asked when that fails; empty for none
	Callback  string // URL that is told when a call is over; empty for none
	AuthToken string // that requests are signed with, and that opens the REST API
	Account   string // AccountSid; empty for one made from Seed
	APIKey    string // opens the REST API too, with APISecret; empty for none
	APISecret string
	From, To  string // telephone numbers, E.164
	Routes    Routes // where public names really lead

	Script     *Script    // what the caller does; nil for SayScript()
	Synthesize Synthesize // nil: no words in scripts, and a hum as long for each Say
	Voice      string     // the caller's voice where the script names none

	// CrashHangsUp ends a call whose websocket breaks without a closing
	// handshake. Otherwise its TwiML goes on, as after a regular close. Which of
	// the two Twilio does is not documented.
	CrashHangsUp bool

	// Parties are those whom the application may have called, by Dial and Enqueue and as
	// outbound calls, by target as ParseParty returns it. The target * stands for all
	// others; without it those cannot be reached.
	Parties map[string]Party

	Timeout time.Duration // longest call; 0 for DefaultTimeout
	Jitter  time.Duration // each frame is late by a random part of this, at most 19 ms
	Seed    uint64        // same seed, same ids and same jitter

	// Events is called with each event of each call, on the goroutine of that
	// call, so by several at once when there are several calls. It must not block:
	// the caller's voice waits for it. May be nil.
	Events func(Event)

	// React is asked what the caller makes of what they have heard since they
	// last spoke, as mu-law, each time that the bot has fallen silent while the
	// script waits or expects the end. It is called on the goroutine of the call
	// and must not block or keep heard. nil: every sound is an answer.
	React func(heard []byte) Reaction

	// RESTListen is the address, such as 127.0.0.1:0, at which the phone serves the REST
	// API for its calls. Empty for none.
	RESTListen string

	// Numbers are the account's telephone numbers, E.164. The REST API shows them, and
	// with what settings an application has given them by it; they change no call.
	Numbers []string

	// Dial makes the connections to the application; nil for those of net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Phone places calls.
type Phone struct {
	cfg    Config
	web    *web
	sounds []*utterance             // of cfg.Script
	voices map[*Script][]*utterance // of the scripts of parties
	calls  calls
	rest   rest

	outbound outbound
	placed   atomic.Int64 // outbound calls so far
	closed   sync.Once
}

// New makes a phone ready: it checks cfg, reads the sound files of the script and
// has its words synthesized. Errors of the script name file and line.
func New(ctx context.Context, cfg Config) (*Phone, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Script == nil {
		cfg.Script = SayScript()
	}
	if cfg.Account == "" {
		cfg.Account = accountSID(cfg.Seed)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Events == nil {
		cfg.Events = func(Event) {}
	}
	sounds, err := cfg.Script.prepare(ctx, cfg.Synthesize, cfg.Voice)
	if err != nil {
		return nil, err
	}
	p := &Phone{cfg: cfg, sounds: sounds, voices: map[*Script][]*utterance{}}
	for _, party := range cfg.Parties {
		if party.Script == nil || p.voices[party.Script] != nil {
			continue
		}
		if p.voices[party.Script], err = party.Script.prepare(ctx, cfg.Synthesize, cfg.Voice); err != nil {
			return nil, err
		}
	}
	p.outbound = newOutboundCalls(ctx)
	p.web, p.rest.phone = newWeb(&p.cfg), p
	p.rest.makeNumbers()
	if cfg.RESTListen != "" {
		if err := p.rest.listen(cfg.RESTListen); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (cfg *Config) check() error {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil:
		return fmt.Errorf("webhook URL: %w", err)
	case cfg.URL == "" && cfg.RESTListen != "":
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("webhook URL %q does not begin with http:// or https:// and a host", cfg.URL)
	}
	if cfg.Jitter < 0 || cfg.Jitter >= audio.FrameDuration {
		return errors.New("jitter must be from 0 to 19 ms")
	}
	return cfg.checkNumbers()
}

// Call places one call and returns when it is over and nothing that it started
// is left. number, from 1 on, tells the calls of a phone apart. Several calls may
// be under way at once. Cancelling ctx hangs up in the regular way.
func (p *Phone) Call(ctx context.Context, number int) *Record {
	c := newCall(p, number)
	p.calls.add(c)
	return c.run(ctx)
}

// Close ends the phone's REST API, hangs up the calls that were placed by it, and frees
// the connections that the phone keeps for further calls.
func (p *Phone) Close() {
	p.closed.Do(func() {
		p.rest.close()
		p.outbound.hangUp()
		p.outbound.close()
		p.web.close()
	})
}
