package twilio

import (
	"fmt"
	"time"
)

// plan is what a call is answered by. A door can get another one while it serves; a call
// keeps the plan that it began with, over all its streams here and what follows them.
type plan struct {
	lines  *lineBook
	onward *onward
	keys   gathering
	serve  ServeFunc
}

// newPlan checks what of a configuration makes a plan.
func newPlan(config *Config) (*plan, error) {
	if err := config.Refusal.Check(); err != nil {
		return nil, fmt.Errorf("refusal: %w", err)
	}
	if err := config.checkUpdates(); err != nil {
		return nil, err
	}
	lines, err := newLineBook(config.Lines)
	if err != nil {
		return nil, err
	}
	onward, err := newOnward(config.Targets, config.Redirects)
	if err != nil {
		return nil, err
	}
	lines.refuseBy(config.Refusal)
	return &plan{lines: lines, onward: onward, keys: gathering{config.KeyTimeout, config.KeyEnd}.withDefaults(), serve: config.Serve}, nil
}

// Reload has new calls answered by another configuration from now on. Of that count Lines,
// Targets, Redirects, Refusal, KeyTimeout, KeyEnd, Limits.Calls and Serve; the rest stays
// what it was. Calls that are here keep what they began with: their lines, targets and
// Serve, over all their streams, for as long as the door remembers them, which is ten
// minutes behind the last stream. With an error nothing has changed.
func (d *Door) Reload(config Config) error {
	config.Calls = d.config.Calls
	if config.Serve == nil {
		config.Serve = d.config.Serve
	}
	limits := config.Limits.withDefaults()
	if err := limits.check(); err != nil {
		return fmt.Errorf("twilio door: %w", err)
	}
	next, err := newPlan(&config)
	if err != nil {
		return fmt.Errorf("twilio door: %w", err)
	}
	d.plan.Store(next)
	d.spent.resize(spentPerCall * limits.Calls)
	d.calls.resize(maxKnownCalls + limits.Calls)
	d.desk.resize(limits.Calls)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.admission.limit = limits.Calls
	return nil
}

// spentPerCall is how many tokens are remembered for each call that there may be.
const spentPerCall = 10

// planOf is the plan of a call: that which it began with, or for one that is not known
// here the one in force.
func (d *Door) planOf(sid string) *plan {
	if p := d.calls.planOf(sid); p != nil {
		return p
	}
	return d.plan.Load()
}

// callsLimit is how many calls there may be at a time.
func (d *Door) callsLimit() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.admission.limit
}

// planOf returns the plan that a call began with, or nil.
func (t *callTable) planOf(sid string) *plan {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.calls[sid]; known != nil {
		return known.plan
	}
	return nil
}

// keepPlan notes the plan that a call begins with, unless it has one.
func (t *callTable) keepPlan(sid string, p *plan, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.knowLocked(sid, now); known.plan == nil {
		known.plan = p
	}
}

// resize changes how many calls are remembered.
func (t *callTable) resize(limit int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limit = limit
}

// resize changes how many tokens are remembered.
func (s *spentTokens) resize(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = limit
}
