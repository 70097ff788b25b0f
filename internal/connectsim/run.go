package connectsim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"lexline/internal/connect"
)

// run is one contact on its way through the flow. One goroutine owns it.
type run struct {
	// static
	n          *Instance
	in         Contact
	began      time.Time
	background sync.WaitGroup // Lambda functions that nobody waits for

	data       map[string]any // what references lead to
	attributes map[string]string
	queue      string // its target
	result     Result

	heard  []string       // since the caller's last turn
	quiet  time.Time      // since when the caller hears nothing
	broken bool           // the last conversation with a bot broke off
	chain  time.Duration  // that Lambda functions took since the last prompt
	steps  int            // since the last prompt
	all    int            // steps of the contact
	loops  map[string]int // how often each Loop went on, by its identifier
	silent bool           // the flow switched its log off
}

func newRun(n *Instance, in Contact) *run {
	c := &run{n: n, in: in, began: time.Now(), attributes: maps.Clone(in.Attributes), loops: map[string]int{}}
	if c.attributes == nil {
		c.attributes = map[string]string{}
	}
	c.quiet = c.began
	c.data = map[string]any{
		"AwsRegion": n.cfg.Region, "Channel": "VOICE", "ContactId": in.ID, "InitialContactId": in.ID,
		"InitiationMethod": "INBOUND", "InstanceARN": instanceARN(n.cfg.Region), "LanguageCode": "en-US",
		"Attributes":       c.attributes,
		"CustomerEndpoint": map[string]any{"Address": in.From, "Type": "TELEPHONE_NUMBER"},
		"SystemEndpoint":   map[string]any{"Address": in.To, "Type": "TELEPHONE_NUMBER"},
	}
	c.result = Result{Contact: in.ID, Answers: map[string]int{}}
	return c
}

// instanceARN names an instance that does not exist, in the account number that
// AWS uses in examples.
func instanceARN(region string) string {
	return "arn:aws:connect:" + region + ":123456789012:instance/00000000-0000-4000-8000-000000000000"
}

// outcome is what an action came to.
type outcome struct {
	results  string            // what its conditions look at
	external map[string]string // answer of a Lambda function
	failed   string            // error type by which it is left; empty: none
	why      string            // of the error
	end      End               // the contact is over; empty: it goes on
}

func failed(format string, args ...any) outcome {
	return outcome{failed: connect.NoMatchingError, why: fmt.Sprintf(format, args...)}
}

// walk executes actions until the contact is over.
func (c *run) walk(ctx context.Context) {
	for id := c.n.cfg.Flow.StartAction; c.result.End == ""; {
		action, ok := c.n.cfg.Flow.Action(id)
		switch {
		case ctx.Err() != nil:
			c.result.End = Cancelled
		case !ok:
			c.fault("the flow goes on at %q, and there is no such action", id)
		case !c.step():
			// step told what is wrong
		default:
			id = c.execute(ctx, action)
		}
	}
}

// step counts an action or a dialog turn, and reports whether it is allowed.
func (c *run) step() bool {
	c.steps++
	c.all++
	switch limits := c.n.limits; {
	case c.steps > limits.Steps:
		c.fault("the flow runs in circles: %d steps without a prompt", limits.Steps)
	case c.all > limits.StepsInAll:
		c.fault("the flow runs in circles: %d steps", limits.StepsInAll)
	}
	return c.result.End == ""
}

func (c *run) fault(format string, args ...any) {
	c.result.End, c.result.Fault = Failed, fmt.Sprintf(format, args...)
}

// execute executes one action and returns the identifier of the next.
func (c *run) execute(ctx context.Context, a *connect.Action) (next string) {
	c.result.Path = append(c.result.Path, a.Identifier)
	do, ok := actions[a.Type]
	if !ok {
		c.fault("action %s has the type %s, which the simulator does not know", a.Identifier, a.Type)
		return ""
	}
	began, parameters := time.Now(), resolveAll(a.Parameters, c.data)
	out := do(c, ctx, a)
	if ctx.Err() != nil {
		out = outcome{end: Cancelled}
	}
	branch := ""
	if out.end == "" && c.result.End == "" {
		next, branch = c.follow(a, out)
	}
	c.emit(Event{
		Event: KindAction, Action: a.Identifier, Type: a.Type, Parameters: parameters, Next: next, Error: branch,
		Results: cmp.Or(out.failed, out.results, branch), External: out.external, TookMS: time.Since(began).Milliseconds(),
	})
	if branch != "" && branch != connect.NoMatchingCondition {
		c.result.ErrorBranches++
		c.emit(Event{Event: KindBranch, Action: a.Identifier, Type: a.Type, Error: branch, Next: next, Text: out.why})
	}
	if out.end != "" {
		c.result.End = out.end
	}
	return next
}

// follow returns which action follows, and the error type by which a is left.
// Where nothing follows the contact has failed.
func (c *run) follow(a *connect.Action, out outcome) (next, branch string) {
	branch = out.failed
	if branch == "" && chooses(a) {
		for _, conditional := range a.Transitions.Conditions {
			if holds(conditional.Condition, out.results, c.data) {
				return conditional.NextAction, ""
			}
		}
		branch = connect.NoMatchingCondition
	}
	if branch == "" {
		next = a.Transitions.NextAction
	} else {
		next = c.errorBranch(a, branch)
	}
	if next == "" {
		why := cmp.Or(out.why, "its result is "+fmt.Sprintf("%q", out.results))
		if branch == "" {
			c.fault("nothing follows action %s", a.Identifier)
		} else {
			c.fault("nothing follows action %s (%s) after %s: %s", a.Identifier, a.Type, branch, why)
		}
	}
	return next, branch
}

// errorBranch returns what follows an error. NoMatchingError stands for those that
// have no branch of their own, but for the one of conditions.
func (c *run) errorBranch(a *connect.Action, branch string) string {
	all := ""
	for _, e := range a.Transitions.Errors {
		if e.ErrorType == branch {
			return e.NextAction
		}
		if e.ErrorType == connect.NoMatchingError {
			all = e.NextAction
		}
	}
	if branch == connect.NoMatchingCondition {
		return a.Transitions.NextAction
	}
	return all
}

// emit completes an event and tells it.
func (c *run) emit(e Event) {
	e.Time, e.Contact, e.NotLogged = time.Now(), c.in.ID, c.silent
	e.AtMS = e.Time.Sub(c.began).Milliseconds()
	c.result.Events = append(c.result.Events, e)
	if c.in.Events != nil {
		c.in.Events(e)
	}
}

func (c *run) finish() Result {
	c.listening()
	c.result.Length = time.Since(c.began)
	c.result.Attributes = c.attributes
	c.emit(Event{Event: KindEnd, End: c.result.End, Text: cmp.Or(c.result.Fault, c.result.Queue)})
	return c.result
}
