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
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/call"
	"lexline/internal/region"
	"lexline/internal/vad"
)

// Place is a bot's alias in one region. The same bot may have the same ids
// everywhere (Lex Global Resiliency replicates it so) or others in each region.
type Place struct {
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

	// Quota is how many requests at a time the alias may be sent, 0 for any
	// number: Lex refuses more than its own quota
	// (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html).
	Quota int
}

// Config says which bot a Client talks to, and how.
type Config struct {
	Places []Place // home first: calls go there when nothing speaks against it

	Credentials Credentials   // zero: the AWS default chain
	Deadlines   Deadlines     // zero fields mean the defaults
	Limits      region.Limits // of a turn's plan; Attempt and Turn follow Deadlines

	// Once says that code behind the bot does what a turn asks for exactly once,
	// by the key in the request attribute x-lexline-turn: turns may be repeated
	// freely then. NeverHedge says that no turn may be sent to two regions at once.
	Once, NeverHedge bool

	// Answers are what callers are expected to say where the bot asks for a slot, by its
	// name; that of a sub-slot stands behind its slot's and a dot.
	Answers map[string]vad.Answer

	Probe Probe // what deep probes ask

	// Judge, Table and Sync are for the keeper of the regions: see
	// region.KeeperConfig. Judge.Regions is filled from Places.
	Judge region.Settings
	Table region.Table
	Sync  region.SyncConfig

	Logger *slog.Logger // nil: no log

	// Dial opens the connections in place of a net.Dialer. Its context carries
	// the dial deadline.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

var (
	regionForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	localeForm = regexp.MustCompile(`^[a-z]{2,3}(_[A-Za-z0-9]{2,4})?$`)
)

// sessionForm is compiled when it is first needed: its bounded repetition is large.
var sessionForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-zA-Z._:-]{2,100}$`)
})

func (c Config) check() error {
	if len(c.Places) == 0 {
		return errors.New("no region is named")
	}
	seen := map[string]bool{}
	for _, p := range c.Places {
		if seen[p.Region] {
			return fmt.Errorf("region %s is there twice", p.Region)
		}
		seen[p.Region] = true
		if err := p.check(); err != nil {
			return err
		}
	}
	return nil
}

func (p Place) check() error {
	switch {
	case !regionForm.MatchString(p.Region):
		return fmt.Errorf("%q is not an AWS region", p.Region)
	case !localeForm.MatchString(p.Locale):
		return fmt.Errorf("%q is not a locale of a Lex bot such as en_US", p.Locale)
	case p.Bot == "":
		return errors.New("no bot is named")
	case p.Alias == "":
		return errors.New("no alias of the bot is named")
	}
	return errors.Join(checkURL("runtime", p.RuntimeURL), checkURL("models", p.ModelsURL))
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

// Client talks to one bot in all its regions. It is safe for use by many
// goroutines.
type Client struct {
	// static
	places     []*alias // home first
	waits      Deadlines
	limits     region.Limits
	once       bool
	neverHedge bool
	answers    map[string]vad.Answer
	prober     *prober
	log        *slog.Logger
	transport  *http.Transport
	keeper     *region.Keeper
	budget     *region.Budget
	counts     counters
	turnIDs    atomic.Uint64
	background sync.WaitGroup // what nobody waits for but Close

	mu     sync.Mutex
	habits map[string]*habits       // guarded by mu: by intent
	calls  map[string]*conversation // guarded by mu: by call id
	oldest []string                 // guarded by mu: call ids, in the order of their first stream
}

// NewClient returns a Client for the bot that cfg describes. It asks Lex only to
// look up names, in all regions at once and under the Lookup deadline. One region
// that answers is enough: the others are looked up again by Run. Its error says
// which names there are. Given ids it asks nobody.
func NewClient(ctx context.Context, cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	waits := cfg.Deadlines.withDefaults()
	cfg.Limits.Attempt, cfg.Limits.Turn = waits.FirstByte, waits.Turn
	c := &Client{
		waits: waits, limits: cfg.Limits, once: cfg.Once, neverHedge: cfg.NeverHedge, answers: cfg.Answers,
		log: cfg.Logger, budget: region.NewBudget(),
		habits: map[string]*habits{}, calls: map[string]*conversation{},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.prober = newProber(cfg.Probe, c.log)
	c.prober.forget = c.forgetLater
	c.transport = newTransport(waits, cfg.Dial, c.log)
	for _, place := range cfg.Places {
		a, err := newAlias(ctx, cfg, place, c.transport)
		if err != nil {
			return nil, err
		}
		c.places = append(c.places, a)
		cfg.Judge.Regions = append(cfg.Judge.Regions, place.Region)
	}
	if err := c.findAll(ctx); err != nil {
		c.Close()
		return nil, err
	}
	if len(c.places) == 1 {
		// There is nowhere else to go: probes are worth their price only once turns fail.
		cfg.Judge.ProbeEvery, cfg.Judge.DeepEvery = seldom, seldom
	}
	var err error
	c.keeper, err = region.NewKeeper(region.KeeperConfig{
		Settings: cfg.Judge, Prober: c, Table: cfg.Table, Sync: cfg.Sync, Logger: c.log,
	})
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("watch the regions: %w", err)
	}
	return c, nil
}

// seldom is how often a region is probed that has no other beside it.
const seldom = 24 * time.Hour

// findAll looks up the ids in all regions. It fails if none has them.
func (c *Client) findAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.waits.Lookup, &overdueError{"no answer", c.waits.Lookup})
	defer cancel()
	failed := make([]error, len(c.places))
	var busy sync.WaitGroup
	for i, a := range c.places {
		busy.Go(func() { failed[i] = a.find(ctx) })
	}
	busy.Wait()
	if err := errors.Join(failed...); !slices.Contains(failed, nil) {
		return err
	}
	for i, err := range failed {
		if err != nil {
			c.log.Warn("bot not found, to be looked up again", "region", c.places[i].region, "err", err)
		}
	}
	return nil
}

// Run watches the regions until ctx ends: it probes them, and reads and writes
// the table. It is to be running while there are turns: the judge takes a probe
// that nobody makes for a failed one.
func (c *Client) Run(ctx context.Context) { c.keeper.Run(ctx) }

// Keeper returns the keeper of the regions, for pins and status.
func (c *Client) Keeper() *region.Keeper { return c.keeper }

// Room returns the state of the limit of requests at a time in a region.
func (c *Client) Room(name string) region.Room { return c.alias(name).room.Room() }

// alias returns the bot's alias in a region of the Client.
func (c *Client) alias(name string) *alias {
	for _, a := range c.places {
		if a.region == name {
			return a
		}
	}
	return c.places[0] // a judge names no other
}

// view is what the judge says of the regions, and where there is room.
func (c *Client) view() region.View {
	view := c.keeper.View()
	for i := range view.Regions {
		view.Regions[i].Full = c.alias(view.Regions[i].Name).room.Full()
	}
	return view
}

// standbys returns the regions that may take over from one: those that are not
// ejected, and at the end that one itself.
func (c *Client) standbys(from *alias) (list []*alias) {
	view := c.keeper.View()
	for _, a := range c.places {
		if condition, _ := view.Of(a.region); a != from && !condition.Ejected {
			list = append(list, a)
		}
	}
	return append(list, from)
}

// habits are what a bot was seen to do with an intent.
type habits struct {
	confirms bool            // it asked for a confirmation
	asks     map[string]bool // the slots that it asked for
}

// What is kept of them: Lex allows 1,000 intents of 100 slots, with names of 100
// characters (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html).
const (
	maxIntents = 1000
	maxSlots   = 100
	maxName    = 100
)

// learn takes note of what a bot asks for.
func (c *Client) learn(d sessionState) {
	if d.Intent == nil || len(d.Intent.Name) > maxName || len(d.DialogAction.SlotToElicit) > maxName {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.habits[d.Intent.Name]
	if h == nil {
		if len(c.habits) == maxIntents {
			return
		}
		h = &habits{asks: map[string]bool{}}
		c.habits[d.Intent.Name] = h
	}
	switch d.DialogAction.Type {
	case "ConfirmIntent":
		h.confirms = true
	case "ElicitSlot":
		if len(h.asks) < maxSlots {
			h.asks[d.DialogAction.SlotToElicit] = true
		}
	}
}

// confirms reports whether an intent is known to ask for a confirmation.
func (c *Client) confirms(intent string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.habits[intent]
	return h != nil && h.confirms
}

// asksFor reports whether a slot of an intent is known to be asked for.
func (c *Client) asksFor(intent, slot string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.habits[intent]
	return h != nil && h.asks[slot]
}

// What is remembered of conversations, for streams that continue a call: so many,
// and each for so long after its latest stream was left. A stream that breaks is
// continued within seconds, if at all.
const (
	maxCalls = 10000
	callKept = 10 * time.Minute
)

// Session returns the bot's side of a call, or of a stream that continues one. It
// asks nothing of Lex. Leave ends it.
func (c *Client) Session(info call.Info) *Session {
	s := &Session{client: c, info: info, log: c.log.With("call", info.ID), limits: c.limits}
	if info.Resumed {
		s.before = int(time.Now().Unix())
	}
	s.conversation = c.talk(info)
	return s
}

// talk returns what is known of a call's conversation: for a stream that
// continues a call that of its earlier stream, with its turn numbers beginning
// anew.
func (c *Client) talk(info call.Info) *conversation {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetLocked(time.Now())
	if known := c.calls[info.ID]; known != nil && info.Resumed {
		known.left = time.Time{}
		return known.resumed()
	}
	t := &conversation{fresh: !info.Resumed, thread: region.NewThread(c.limits.Broken)}
	if _, known := c.calls[info.ID]; !known {
		c.oldest = append(c.oldest, info.ID)
	}
	c.calls[info.ID] = t
	return t
}

// leave notes that a stream of a call is over.
func (c *Client) leave(t *conversation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.left = time.Now()
	c.forgetLocked(t.left)
}

// forgetLocked forgets calls that were left long ago, and the oldest of too many.
func (c *Client) forgetLocked(now time.Time) {
	kept := c.oldest[:0]
	spare := len(c.oldest) - maxCalls
	for _, id := range c.oldest {
		t := c.calls[id]
		if spare > 0 || !t.left.IsZero() && now.Sub(t.left) > callKept {
			delete(c.calls, id)
			spare--
			continue
		}
		kept = append(kept, id)
	}
	c.oldest = kept
}

// Check reports whether the alias of the home region answers: it opens a
// session of its own there with PutSession, which reaches the bot without
// putting a turn to it. GetSession would not do: it answers 404 for a missing
// session and for a missing bot alike. Check then deletes that session; a key
// that may not, or any other failure there, is no error, as Lex forgets idle
// sessions anyway. Check needs the permission lex:PutSession, and takes at most
// the Turn deadline.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.waits.Turn, &overdueError{"no answer", c.waits.Turn})
	defer cancel()
	a, session := c.places[0], "lexline-check-"+rand.Text()
	if err := a.open(ctx, session); err != nil {
		return fmt.Errorf("check bot %s, alias %s, locale %s in %s: %w", a.bot, a.name, a.locale, a.region, because(ctx, err))
	}
	if err := a.forget(ctx, session); err != nil {
		c.log.Debug("session of a check not deleted", "error", err)
	}
	return nil
}

// Close drops idle connections, once the probes' last requests are over. Turns
// in flight go on.
func (c *Client) Close() {
	c.background.Wait()
	c.transport.CloseIdleConnections()
}
