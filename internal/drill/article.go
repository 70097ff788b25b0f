package drill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// The rules of the health check that AWS published for Amazon Connect with Lex
// (https://aws.amazon.com/blogs/contact-center/), as a model: a scheduled function
// asks the primary region for a session and writes the region to use into a
// table; each new call is led to the region in the table and stays there.
const (
	articleEvery = 5 * time.Minute  // scaled by Config.Scale
	articleLimit = 15 * time.Second // of one run of the function, all in all; not scaled
)

// probe is what a region made of a request for a session.
type probe uint8

const (
	probeGood    probe = iota
	probeRefused       // an error was answered, or the connection refused
	probeSilent        // nothing came within the function's time
)

// articleCheck is one run of the function. ask asks a region; it is given what is
// left of the time by its caller. The result is what the table says afterwards,
// empty where it was left as it is: when the time has run out the function is
// ended before it has written anything, and before it has asked the next region.
func articleCheck(primary, secondary string, ask func(region string) probe) (table string) {
	switch ask(primary) {
	case probeGood:
		return primary
	case probeSilent:
		return ""
	}
	switch ask(secondary) {
	case probeGood:
		return secondary
	case probeSilent:
		return ""
	}
	return tableError
}

// tableError is what the function writes when both regions fail.
const tableError = "err"

// checker runs the article's function on its schedule.
type checker struct {
	regions []*region
	client  *http.Client
	heard   *collector

	mu    sync.Mutex
	table string // guarded by mu
}

// startArticle starts a gateway for each region, and the function.
func (d *drill) startArticle(ctx context.Context, token string) error {
	doors := map[string]door{}
	for _, r := range d.regions {
		g, err := d.stage.beginGateway(ctx, "gateway-"+r.name, d.cfg.gatewayConfig(token, []*region{r}), d.heard.gatewayOfOne)
		if err != nil {
			return err
		}
		doors[r.name] = g.door(token, r.name)
	}
	home := regionNames[0]
	d.checker = &checker{regions: d.regions, client: &http.Client{}, heard: &d.heard, table: home}
	d.where = func() door {
		if to, ok := doors[d.checker.active()]; ok {
			return to
		}
		return doors[home] // the flow compares with the secondary region's name only
	}
	return nil
}

// active is what a new call is told.
func (c *checker) active() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.table
}

// run checks every interval until ctx ends. The first check is drawn: nobody
// knows how long before a fault the last one was.
func (c *checker) run(ctx context.Context, every time.Duration, seed uint64) {
	defer c.client.CloseIdleConnections()
	timer := time.NewTimer(time.Duration(rand.New(rand.NewPCG(seed, 0)).Int64N(int64(every))))
	defer timer.Stop()
	for n := 0; ; n++ {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(every)
		c.check(ctx, n)
	}
}

// check runs the function once. It reports whether it was done before its time was
// over.
func (c *checker) check(ctx context.Context, n int) bool {
	ctx, cancel := context.WithTimeout(ctx, articleLimit)
	defer cancel()
	table := articleCheck(regionNames[0], regionNames[1], func(region string) probe { return c.ask(ctx, region, n) })
	if table == "" {
		return false
	}
	c.mu.Lock()
	changed := c.table != table
	c.table = table
	c.mu.Unlock()
	if !changed {
		return true
	}
	state := "down" // in the words of the report: new calls go elsewhere
	if table == regionNames[0] {
		state = "healthy"
	}
	c.heard.verdict(Verdict{time.Now(), regionNames[0], state})
	return true
}

// ask asks a region for a session, and deletes it.
func (c *checker) ask(ctx context.Context, name string, n int) probe {
	for _, r := range c.regions {
		if r.name != name {
			continue
		}
		session := r.session(fmt.Sprintf("healthcheck-%d", n))
		state := map[string]any{"sessionState": map[string]any{"dialogAction": map[string]string{"type": "ElicitIntent"}}}
		err := askJSON(ctx, c.client, http.MethodPost, session, state, nil)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return probeSilent
		case err != nil:
			return probeRefused
		}
		_ = askJSON(ctx, c.client, http.MethodDelete, session, nil, nil) // it ends the run; nothing follows
		return probeGood
	}
	return probeRefused
}
