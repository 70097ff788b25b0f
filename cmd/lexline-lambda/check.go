package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"lexline/internal/lex"
	"lexline/internal/region"
)

// The times of a check, within the function's own limit.
const (
	lookUpTime = 2 * time.Second         // to find ids by name; never more than a fifth of what there is
	cleanTime  = 1500 * time.Millisecond // to delete test sessions
	cleanLeast = 500 * time.Millisecond  // of that, kept back from the check
	tableTime  = 500 * time.Millisecond  // for one read or write of the table

	// ampleTime is enough to find a region down in one run that takes requests and
	// answers none of them; what is shorter than that is worth a warning.
	ampleTime = 8 * time.Second
)

// check is lexDRTest: one run of the health check for each event, whatever the event
// is. It is used by one event at a time.
type check struct {
	s      checkSettings
	table  region.Table
	prober *lex.Prober
	log    *slog.Logger
	run    func(context.Context, region.CheckupConfig) (region.CheckupReport, error)

	mu    sync.Mutex
	words map[string]bool // guarded by mu: by region, whether the bot answered in the words that were expected
}

func newCheck(ctx context.Context, s checkSettings, logger *slog.Logger) (*check, error) {
	c := &check{s: s, log: logger, run: region.RunCheckup}
	var err error
	if c.table, err = s.table.open(ctx, tableTime, false); err != nil {
		return nil, err
	}
	c.prober, err = lex.NewProber(ctx, lex.ProberConfig{
		Places: s.places, Probe: s.probe, Sessions: s.sessions, Heard: c.heard, Logger: logger,
		Deadlines: lex.Deadlines{Lookup: lookUpTime},
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Probe implements region.Prober by the configured method: put_session opens a
// session where send_message asks the bot something.
func (c *check) Probe(ctx context.Context, name string, deep bool) (region.Class, error) {
	return c.prober.Probe(ctx, name, deep && !c.s.putSession)
}

// heard takes note of what the bot said.
func (c *check) heard(name string, words []string) {
	if c.s.expected == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.words == nil {
		c.words = map[string]bool{}
	}
	c.words[name] = slices.Contains(words, c.s.expected)
}

// checkAnswer is what lexDRTest answers: the article's two fields, and the report.
type checkAnswer struct {
	StatusCode int                  `json:"statusCode"` // 200
	Body       string               `json:"body"`       // Success
	Report     region.CheckupReport `json:"report"`
	// AsExpected says by region whether the bot's words were EXPECTED_RESPONSE.
	AsExpected map[string]bool `json:"as_expected,omitempty"`
}

// TableUnreachable says that a check found out what it could and could do nothing
// with it. Whoever runs the check on a schedule will run it again. Its name is the
// type of the function's error.
type TableUnreachable struct{ fault string }

func (e *TableUnreachable) Error() string {
	return "the region table could neither be read nor written: " + e.fault
}

// Invoke implements lambda.Handler. It returns an error if the check could not do its
// work at all, and not because regions are down.
func (c *check) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	c.mu.Lock()
	c.words = nil
	c.mu.Unlock()
	if until, ok := ctx.Deadline(); ok && time.Until(until) < ampleTime {
		c.log.Warn("the function's time limit is short: to find a region down that does not answer may take several runs; 15 s are enough",
			"limit", time.Until(until).Round(time.Second/10).String())
	}
	c.lookUp(ctx)
	report, err := c.checkUp(ctx)
	c.clean(ctx)
	if err == nil && report.Memory == region.MemoryUnread && !report.Written && len(report.TableFaults) > 0 {
		err = &TableUnreachable{report.TableFaults[0]}
	}
	if err != nil {
		return nil, err
	}
	answer := checkAnswer{StatusCode: 200, Body: "Success", Report: report, AsExpected: c.compared()}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return text, nil
}

// lookUp finds the ids of bots that are given by name.
func (c *check) lookUp(ctx context.Context) {
	limit := lookUpTime
	if until, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(until)/5)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c.prober.LookUp(ctx)
}

// checkUp runs the check itself, in the time that the clean-up leaves.
func (c *check) checkUp(ctx context.Context) (region.CheckupReport, error) {
	if until, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until.Add(-min(cleanLeast, time.Until(until)/5)))
		defer cancel()
	}
	return c.run(ctx, region.CheckupConfig{
		Settings: region.Settings{Regions: c.s.regions(), Hold: c.s.hold},
		Key:      c.s.key, From: c.s.own, ID: observerID(c.s.own),
		Prober: c, Table: c.table, Deadline: tableTime, Logger: c.log,
	})
}

// observerID names the check among all that share the table.
func observerID(own string) string {
	if own == "" {
		return nameTest
	}
	return nameTest + "-" + own
}

// clean deletes the sessions of the probes. The verdict is written by now, and what
// comes of this changes nothing: Lex forgets sessions that nobody uses.
func (c *check) clean(ctx context.Context) {
	limit := cleanTime
	if until, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(until)-cleanLeast/2)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if err := c.prober.Forget(ctx); err != nil {
		c.log.Info("test sessions not deleted", "err", err)
	}
}

// compared returns how the bot's words compare with EXPECTED_RESPONSE.
func (c *check) compared() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, same := range c.words {
		if !same {
			c.log.Info("the bot answered in other words than EXPECTED_RESPONSE, which is no fault", "region", name)
		}
	}
	return c.words
}
