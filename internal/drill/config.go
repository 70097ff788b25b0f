package drill

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"lexline/internal/twiliosim"
)

// Policy is who decides which region is asked.
type Policy string

// Policies.
const (
	PolicyLexline Policy = "lexline" // one gateway with both regions
	PolicyArticle Policy = "article" // a gateway for each region, and a model of the article's health check
)

// Config is what a drill needs to know.
type Config struct {
	Calls  int // callers at a time
	Seed   uint64
	Faults []Kind
	Region string // that is broken; RegionActive for the one that answers most turns then
	Policy Policy

	Ramp     time.Duration // over which the callers begin
	WarmUp   time.Duration // before the first fault
	FaultFor time.Duration // each fault
	Settle   time.Duration // after each
	Hold     time.Duration // how long the gateway keeps a region down that came back
	Latency  time.Duration // that the regions answer with when nothing is wrong
	Scale    float64       // the article's five minutes are multiplied by it

	Speech bool   // real recognition and the bot's own voice
	Bot    string // the bot's export
	Out    string // folder for logs, recordings and results
	// Cache is the folder of the callers' recordings; empty for one in Out.
	Cache string

	Start  Start
	Say    Synthesize
	Sounds map[string][]byte // of the gateway, by name
	// Tell is called with each line of progress, on one goroutine.
	Tell func(format string, args ...any)

	Staging *Staging // instead of processes of our own
}

// Staging is a pair of regions with a gateway that exist already.
type Staging struct {
	URL     string // of the gateway's webhook
	Token   string // auth token
	Number  string // that is called
	Routes  twiliosim.Routes
	Break   string // shell command that breaks the region
	Restore string // and the one that restores it
}

// RegionActive stands for the region that answers most turns when a fault begins.
const RegionActive = "active"

// regionNames are the regions that a drill starts, the primary one first.
var regionNames = []string{"us-east-1", "us-west-2"}

// Check reports what is wrong with a configuration.
func (c *Config) Check() error {
	switch {
	case c.Calls < 1 || c.Calls > 1000:
		return fmt.Errorf("%d calls: from 1 to 1000 are possible", c.Calls)
	case c.WarmUp < time.Second || c.FaultFor < time.Second || c.Settle < time.Second:
		return errors.New("warm-up, fault and settling last a second at least")
	case c.Ramp < 0 || c.Ramp > c.WarmUp:
		return fmt.Errorf("the callers begin over %v, which is not within the warm-up of %v", c.Ramp, c.WarmUp)
	case c.Scale <= 0 || c.Scale > 1:
		return errors.New("the scale of the article's interval is above 0 and at most 1")
	case c.Staging == nil && c.Region != RegionActive && !slices.Contains(regionNames, c.Region):
		return fmt.Errorf("there is no region %q; the drill has %v", c.Region, regionNames)
	case c.Policy == PolicyArticle && c.Region == RegionActive:
		return errors.New("the article's policy knows a primary region only: name the region to be broken")
	case c.Staging != nil && (c.Staging.Break == "" || c.Staging.Restore == ""):
		return errors.New("a staging pair needs the commands that break and restore its region")
	case c.Policy != PolicyLexline && c.Policy != PolicyArticle:
		return fmt.Errorf("%q is no policy; there are %s and %s", c.Policy, PolicyLexline, PolicyArticle)
	}
	return nil
}

// lasts is how long a fault of a kind lasts: a flapping region needs some rounds.
func (c *Config) lasts(kind Kind) time.Duration {
	if kind == Flap {
		return max(c.FaultFor, 4*flapTime)
	}
	return c.FaultFor
}

// Expected is how long a run takes about: when no more calls are placed, those
// under way go on for as long as an order takes.
func (c *Config) Expected() time.Duration { return c.Length() + orderTakes }

// orderTakes is how long the longest orders take when nothing is wrong.
const orderTakes = 35 * time.Second

// Length is how long calls are placed.
func (c *Config) Length() time.Duration {
	length := c.WarmUp
	for _, kind := range c.Faults {
		length += c.lasts(kind) + c.Settle
	}
	return length
}
