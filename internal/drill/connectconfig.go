package drill

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ConnectConfig is what a drill of contact flows needs to know.
type ConnectConfig struct {
	Customers int // at a time
	Seed      uint64
	Faults    []Kind
	Region    string // that is broken
	Policy    Policy

	// Every is the schedule of the health check, and Hold how long a region must be
	// well to come back. Both are multiplied by Scale; nothing else is.
	Every, Hold time.Duration
	Scale       float64

	WarmUp  time.Duration // before the first fault, at least
	Latency time.Duration // that the regions answer with when nothing is wrong

	Bootstrap string // the Lambda program
	Bot       string // the bot's export
	Out       string // folder for logs and results

	// Gateway has a gateway for telephone calls share the table, as one that has no
	// calls just now: it probes its regions itself.
	Gateway bool

	Start Start
	// Tell is called with each line of progress, on one goroutine.
	Tell func(format string, args ...any)
}

// Check reports what is wrong with a configuration.
func (c *ConnectConfig) Check() error {
	switch {
	case c.Customers < 1 || c.Customers > 200:
		return fmt.Errorf("%d customers: from 1 to 200 are possible", c.Customers)
	case c.Scale <= 0 || c.Scale > 1:
		return errors.New("the scale of the schedule is above 0 and at most 1")
	case c.every() < time.Second:
		return fmt.Errorf("a health check every %v, scaled, is too often; every second is the most", c.every())
	case c.Hold < 0 || c.Hold > time.Hour:
		return fmt.Errorf("a hold of %v is not between 0 and an hour", c.Hold)
	case c.WarmUp < time.Second:
		return errors.New("the warm-up lasts a second at least")
	case !slices.Contains(regionNames, c.Region):
		return fmt.Errorf("there is no region %q; the drill has %v", c.Region, regionNames)
	case c.Policy != PolicyLexline && c.Policy != PolicyArticle:
		return fmt.Errorf("%q is no policy; there are %s and %s", c.Policy, PolicyLexline, PolicyArticle)
	case c.Gateway && c.Policy == PolicyArticle:
		return errors.New("the article's policy has no gateway that shares its table")
	}
	return nil
}

// every is the time between two health checks in the drill.
func (c *ConnectConfig) every() time.Duration {
	return time.Duration(float64(c.Every) * c.Scale).Round(time.Millisecond)
}

func (c *ConnectConfig) hold() time.Duration {
	return time.Duration(float64(c.Hold) * c.Scale).Round(time.Millisecond)
}

// Times of a drill that follow from the schedule. A fault comes soon after a
// health check has begun, so that contacts meet it for as long as they ever do
// before the next one; it lasts long enough for many of them to come after that,
// and then the region is given the time to come back.
const (
	afterCheck   = 1500 * time.Millisecond // of a check in which all is well, until the fault
	leastFault   = 30 * time.Second
	checkTakes   = 10 * time.Second // at most, with all its patience
	contactTakes = 15 * time.Second // of the longest, about
)

// intervals is a time as whole intervals between two health checks, which are not
// shorter.
func (c *ConnectConfig) intervals(d time.Duration) time.Duration {
	return (d + c.every() - 1).Truncate(c.every())
}

// firstFault is when the first fault comes: after the first check that begins
// when the warm-up is over.
func (c *ConnectConfig) firstFault() time.Duration {
	return c.intervals(c.WarmUp) + afterCheck
}

// lasts is how long each fault lasts, from its coming: over the next check and as
// long again.
func (c *ConnectConfig) lasts() time.Duration { return max(leastFault, 2*c.every()) }

// settles is how long it goes on after a fault, at least: the next check may be
// the first that finds the region well, and one after the hold lets it back.
func (c *ConnectConfig) settles() time.Duration { return 2*c.every() + c.hold() + checkTakes }

// round is the time from one fault to the next: whole intervals, so that each comes
// as soon after a check as the first one.
func (c *ConnectConfig) round() time.Duration {
	return c.intervals(c.lasts() + c.settles())
}

// Length is how long contacts are placed.
func (c *ConnectConfig) Length() time.Duration {
	if len(c.Faults) == 0 {
		return c.WarmUp
	}
	return c.firstFault() + time.Duration(len(c.Faults)-1)*c.round() + c.lasts() + c.settles()
}

// Expected is how long a run takes about.
func (c *ConnectConfig) Expected() time.Duration { return c.Length() + contactTakes }

// schedule is everything that is done in a drill, by time.
func (c *ConnectConfig) schedule() []act {
	acts := []act{{0, "", nothing}}
	for i, kind := range c.Faults {
		at := c.firstFault() + time.Duration(i)*c.round()
		acts = append(acts, act{at, kind, strike}, act{at + c.lasts(), kind, restore})
	}
	return append(acts, act{c.Length(), "", finish})
}
