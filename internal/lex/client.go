package lex

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"lexline/internal/call"
)

// Config says which bot a Client talks to, and how.
type Config struct {
	Region string // AWS region, such as us-east-1
	Locale string // locale of the bot, such as en_US

	// Bot and Alias are ids or names. Exactly ten of 0-9 and A-Z, the form of
	// every id that Lex gives out, is taken as an id and not looked up. Anything
	// else is looked up as a name; ten letters and digits that no bot has as
	// its name are then still taken as an id.
	Bot, Alias string

	// RuntimeURL and ModelsURL replace the region's own endpoints of the Lex V2
	// runtime and of the Lex V2 models API. ModelsURL is used for names only;
	// without it names are looked up at the region's own endpoint.
	RuntimeURL, ModelsURL string

	Credentials Credentials  // zero: the AWS default chain
	Deadlines   Deadlines    // zero fields mean the defaults
	Logger      *slog.Logger // nil: no log

	// Dial opens the connections in place of a net.Dialer. Its context carries
	// the dial deadline.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

var (
	regionForm  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	localeForm  = regexp.MustCompile(`^[a-z]{2,3}(_[A-Za-z0-9]{2,4})?$`)
	sessionForm = regexp.MustCompile(`^[0-9a-zA-Z._:-]{2,100}$`)
)

func (c Config) check() error {
	switch {
	case !regionForm.MatchString(c.Region):
		return fmt.Errorf("%q is not an AWS region", c.Region)
	case !localeForm.MatchString(c.Locale):
		return fmt.Errorf("%q is not a locale of a Lex bot such as en_US", c.Locale)
	case c.Bot == "":
		return errors.New("no bot is named")
	case c.Alias == "":
		return errors.New("no alias of the bot is named")
	}
	return errors.Join(checkURL("runtime", c.RuntimeURL), checkURL("models", c.ModelsURL))
}

func checkURL(which, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("%s endpoint: %w", which, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%s endpoint %q is not an http or https URL", which, text)
	}
	return nil
}

// Client talks to one bot alias. It is safe for use by many goroutines.
type Client struct {
	alias     *alias
	limits    Deadlines
	log       *slog.Logger
	transport *http.Transport
	counts    counters
}

// NewClient returns a Client for the bot that cfg describes. It asks Lex only to
// look up names, under the Lookup deadline; its error then says which names
// there are. Given ids it asks nobody, so that a gateway can start while the
// models API, which no call needs, is out of order.
func NewClient(ctx context.Context, cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	limits := cfg.Deadlines.withDefaults()
	c := &Client{limits: limits, log: cfg.Logger, transport: newTransport(limits, cfg.Dial)}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.log = c.log.With("region", cfg.Region)
	var err error
	if c.alias, err = newAlias(ctx, cfg, limits, c.transport); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Session returns the bot's side of a call. It asks nothing of Lex and keeps no
// resources: a Session that is not used any more needs no closing.
func (c *Client) Session(info call.Info) *Session {
	s := &Session{
		client: c,
		info:   info,
		log:    c.log.With("call", info.ID),
		fresh:  !info.Resumed,
	}
	if info.Resumed {
		s.before = int(time.Now().Unix())
	}
	return s
}

// Check reports whether the alias answers: it opens a session of its own there
// with PutSession, which reaches the bot without putting a turn to it.
// GetSession would not do: it answers 404 for a missing session and for a
// missing bot alike. Check then deletes that session; a key that may not, or
// any other failure there, is no error, as Lex forgets idle sessions anyway.
// Check needs the permission lex:PutSession, which calls do not, and takes at
// most the Turn deadline.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.Turn, &overdueError{"no answer", c.limits.Turn})
	defer cancel()
	session := "lexline-check-" + rand.Text()
	if err := c.alias.open(ctx, session); err != nil {
		return fmt.Errorf("check bot %s, alias %s, locale %s in %s: %w",
			c.alias.botID, c.alias.aliasID, c.alias.locale, c.alias.region, because(ctx, err))
	}
	if err := c.alias.forget(ctx, session); err != nil {
		c.log.Debug("session of a check not deleted", "error", err)
	}
	return nil
}

// Close drops idle connections. Turns in flight go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }
