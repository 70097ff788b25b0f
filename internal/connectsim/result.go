package connectsim

import (
	"strings"
	"time"
)

// End is how a contact ended.
type End string

// The ends of contacts.
const (
	Disconnected End = "disconnected" // by the flow
	Queued       End = "queued"       // for an agent
	HungUp       End = "hung up"      // by the caller
	Failed       End = "failed"       // the flow could not go on; Result.Fault says why
	Cancelled    End = "cancelled"    // its context ended
)

// Result is what became of a contact.
type Result struct {
	Contact string // its id
	End     End
	Fault   string // why it Failed
	Queue   string // where it is Queued
	Length  time.Duration

	Path       []string       // identifiers of the actions that were executed
	Answers    map[string]int // of Lex bots, by region
	Attributes map[string]string

	// Intent is the last one whose dialog a bot closed, in Region. State is as Lex
	// says it, such as Fulfilled.
	Intent, State, Region string
	Slots                 map[string]string // those filled

	// ErrorBranches counts how often an action was left by an error.
	// NoMatchingCondition is none: it is the last choice of a condition.
	ErrorBranches int

	// Unanswered counts the utterances that no bot answered, as the request
	// failed. Repeated counts all that were said in conversations that broke off
	// so, and that the caller had to say again.
	Unanswered, Repeated int

	// Silence is the longest time in which nothing was played to the caller and
	// nobody listened to them.
	Silence time.Duration

	Events []Event // all of them
}

// Served reports whether the caller got what they called for: a bot fulfilled
// an intent, or has everything that is needed for it, or an agent's queue has the
// contact. A contact that is not served is lost.
func (r Result) Served() bool {
	return r.End == Queued || r.Fulfilled()
}

// Fulfilled reports whether a bot did what the caller wanted.
func (r Result) Fulfilled() bool {
	return fulfilled(r.Intent, r.State)
}

func fulfilled(intent, state string) bool {
	return intent != "" && !strings.HasPrefix(intent, fallback) && (state == "Fulfilled" || state == "ReadyForFulfillment")
}

// fallback is the intent of what a bot does not understand
// (https://docs.aws.amazon.com/lexv2/latest/dg/built-in-intent-fallback.html).
const fallback = "FallbackIntent"
