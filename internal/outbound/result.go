package outbound

import (
	"strings"
	"time"

	"lexline/internal/twilio"
)

// Outcome is what became of a number.
type Outcome string

// The outcomes.
const (
	Answered  Outcome = "answered"  // by a human, as far as anybody tried to find out
	Machine   Outcome = "machine"   // answered by an answering machine or a fax machine
	Busy      Outcome = "busy"      // the number was busy
	NoAnswer  Outcome = "no_answer" // nobody answered in time
	Failed    Outcome = "failed"    // the carrier could not put the call through
	Canceled  Outcome = "canceled"  // somebody ended the call before it was answered
	Refused   Outcome = "refused"   // the carrier did not take the call: no call was placed
	Uncertain Outcome = "uncertain" // nobody knows whether the call was placed: look before calling again
	Unknown   Outcome = "unknown"   // placed, but not watched to its end
	NotTried  Outcome = "not_tried" // no call was placed, as placing calls had been stopped
)

// Outcomes lists all of them, in the order of a report.
var Outcomes = []Outcome{Answered, Machine, Busy, NoAnswer, Failed, Canceled, Unknown, Refused, Uncertain, NotTried}

// Result is what became of one number.
type Result struct {
	Number     string
	Outcome    Outcome
	SID        string        // of the call; empty if none is known
	AnsweredBy string        // in the carrier's words, if it was asked to find out
	Talked     time.Duration // from the answer to the end, once the call is over
	Err        error         // why the call was refused, or is uncertain or unknown
}

// Placed reports whether the carrier has taken the call.
func (r Result) Placed() bool { return r.SID != "" }

// outcomeOf is the outcome of a call that is over.
func outcomeOf(call twilio.CallResource) Outcome {
	switch call.Status {
	case "busy":
		return Busy
	case "no-answer":
		return NoAnswer
	case "failed":
		return Failed
	case "canceled":
		return Canceled
	}
	if strings.HasPrefix(call.AnsweredBy, "machine") || call.AnsweredBy == "fax" {
		return Machine
	}
	return Answered
}

// Summary counts results.
type Summary struct {
	Numbers int
	Placed  int
	Of      map[Outcome]int
}

// Add counts one more result.
func (s *Summary) Add(r Result) {
	if s.Of == nil {
		s.Of = map[Outcome]int{}
	}
	s.Numbers++
	s.Of[r.Outcome]++
	if r.Placed() {
		s.Placed++
	}
}
