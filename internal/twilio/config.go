package twilio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"lexline/internal/call"
)

// Config is what a Door is made of.
type Config struct {
	// PublicURL is the address at which Twilio reaches this door, as written in
	// Twilio's settings without the final /twiml: https://HOST[:PORT][/PREFIX].
	// Signatures are checked against it, so a load balancer in between may change
	// scheme, host, port and prefix as it likes.
	PublicURL string
	// AuthTokens are the account's auth tokens, the primary one first. Twilio signs
	// with the primary one; a second one is accepted while tokens are being rotated.
	AuthTokens []string
	// AccountSID, if set, is the only account whose calls are accepted.
	AccountSID string
	// TokenKey is the secret from which the key of stream tokens is derived, at
	// least 16 bytes and the same on every instance behind one PublicURL. Without
	// it the key comes from the auth tokens.
	TokenKey []byte
	// Notes are what instances behind one PublicURL leave each other about a call;
	// nil for a single instance, which remembers by itself.
	Notes Notes
	// Calls updates calls on lines with Update; needed for those only.
	Calls CallUpdater
	// KeyTimeout and KeyEnd say when keys are complete that Twilio gathers, on lines
	// with Update: as in call.Config. Default: 3 s and '#'.
	KeyTimeout time.Duration
	KeyEnd     byte
	// Lines are the telephone lines that are answered, at least one.
	Lines []Line
	// Targets are who callers can be handed over to, Redirects what they can be sent on
	// to, when a call ends with such a Next.
	Targets   []Target
	Redirects []RedirectTo
	// Dialled, if set, is told what became of each target that was dialled. It is called
	// on the goroutine of a webhook and must not block.
	Dialled func(Dialled)
	// Dev allows http and ws, for a PublicURL on a loopback address only.
	Dev bool
	// Limits bounds what peers can make the door hold or wait for.
	Limits Limits
	// Refusal is what new calls get while no more are taken.
	Refusal Refusal
	// Overload, if set, is asked for each new call why none can be taken now, for
	// other reasons than their number; empty if one can. It must not block.
	Overload func() string
	// Logger gets what an operator should know; slog.Default() if nil.
	Logger *slog.Logger
	// Serve runs one call. See ServeFunc.
	Serve ServeFunc
}

// ServeFunc runs one call on leg until it is over and says how it ended. It is
// called on a goroutine of its own, once for each stream that was accepted, with
// the facts that the webhook's signature vouches for. It must return soon after
// ctx is cancelled, whose cause is then call.ErrReplaced or ErrShutdown. leg is
// closed after it has returned, if it has not closed it itself. A panic in it
// costs this call's stream only: the caller is reconnected.
type ServeFunc func(ctx context.Context, leg call.Leg, info call.Info) call.Termination

// Limits bounds what peers can make the door hold or wait for. A zero field
// stands for its default.
type Limits struct {
	Calls      int           // calls at once, those being greeted included; more are refused (2,000). Calls that come back may be twice as many
	Handshakes int           // websocket handshakes in progress at once; more are refused (200)
	Form       int64         // bytes of a webhook's form (64 KiB)
	Message    int           // bytes of one websocket message (64 KiB)
	Start      time.Duration // from the handshake to the start message (5 s)
	Suspect    time.Duration // without any caller audio, until the leg is suspected to be lost (2 s)
	Silence    time.Duration // without any caller audio, until the leg counts as lost (5 s)
	Write      time.Duration // one write to the carrier (2 s)
	Close      time.Duration // for the carrier's half of the closing handshake (500 ms)
}

func (l Limits) withDefaults() Limits {
	setInt := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	setDuration := func(field *time.Duration, value time.Duration) {
		if *field == 0 {
			*field = value
		}
	}
	setInt(&l.Calls, 2000)
	setInt(&l.Handshakes, 200)
	setInt(&l.Message, 64<<10)
	if l.Form == 0 {
		l.Form = 64 << 10
	}
	setDuration(&l.Start, 5*time.Second)
	setDuration(&l.Suspect, 2*time.Second)
	setDuration(&l.Silence, 5*time.Second)
	setDuration(&l.Write, 2*time.Second)
	setDuration(&l.Close, 500*time.Millisecond)
	return l
}

// check says whether every field, after defaults, can be worked with.
func (l Limits) check() error {
	if l.Calls < 0 || l.Handshakes < 0 || l.Form < 0 || l.Message < 0 ||
		l.Start < 0 || l.Suspect < 0 || l.Silence < 0 || l.Write < 0 || l.Close < 0 {
		return errors.New("limits must not be negative")
	}
	if l.Message < 1024 {
		return fmt.Errorf("message limit of %d bytes: a media message alone needs about 400, the start message up to 1,000", l.Message)
	}
	return nil
}

// checkUpdates refuses lines with Update when nobody can update a call.
func (c *Config) checkUpdates() error {
	for _, line := range c.Lines {
		if line.Update && c.Calls == nil {
			return fmt.Errorf("line %q: Update is set, but not Calls, by which words are said", line.Name)
		}
	}
	return nil
}

// checkTokens refuses what cannot be an auth token.
func (c *Config) checkTokens() error {
	if len(c.AuthTokens) == 0 {
		return errors.New("no auth token: without one no webhook can be verified")
	}
	for i, token := range c.AuthTokens {
		if strings.TrimSpace(token) == "" {
			return fmt.Errorf("auth token %d is empty", i+1)
		}
	}
	if len(c.TokenKey) != 0 && len(c.TokenKey) < minTokenKey {
		return fmt.Errorf("token key has %d bytes, at least %d are needed", len(c.TokenKey), minTokenKey)
	}
	return nil
}

// parsePublicURL checks the public URL and brings it into the form in which
// paths can be appended: no final slash.
func parsePublicURL(raw string, dev bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	switch {
	case u.Hostname() == "":
		return nil, fmt.Errorf("public URL %q has no host: https://HOST is wanted", raw)
	case u.User != nil:
		return nil, errors.New("public URL must not carry a user name or password")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, fmt.Errorf("public URL %q must end before any ? or #", raw)
	case u.Scheme == "https":
	case u.Scheme != "http":
		return nil, fmt.Errorf("public URL %q: scheme must be https", raw)
	case !dev:
		return nil, fmt.Errorf("public URL %q: Twilio needs https; http is for development on this machine", raw)
	case !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("public URL %q: http is allowed on a loopback address only", raw)
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// hostWithout returns u's host without its port, with the brackets that an
// IPv6 address needs in a URL.
func hostWithoutPort(u *url.URL) string {
	host := u.Hostname()
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func hostWithPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
