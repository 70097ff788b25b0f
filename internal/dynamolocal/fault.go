package dynamolocal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"lexline/internal/fault"
)

// The kinds of faults.
const (
	faultLatency   = "latency"       // the answer comes late
	faultError     = "error"         // another answer
	faultReset     = "reset"         // TCP reset instead of an answer
	faultHang      = "hang"          // no answer until the fault is cleared
	faultTruncate  = "truncate"      // the answer breaks off
	faultThrottle  = "throttle"      // refused above so many requests at a time
	faultBlackHole = fault.BlackHole // no packet gets in or out any more
	faultRefuse    = fault.Refuse    // connections are refused
)

// The moments of a request at which a fault can strike.
const (
	whenAccept = "accept" // before its body is read
	whenBody   = "body"   // once it was read, before anything is done
	whenAnswer = "answer" // a write is made, and only the answer is missing
)

const longestLatency = fault.Duration(10 * time.Minute)

// Fault is something that a Server does wrong on purpose, for drills; see
// Server.SetFaults. It has the form of the local Lex's. The fields after Rate each
// belong to the kinds that are named there.
type Fault struct {
	Kind string `json:"kind"`
	// Operations are those that the fault strikes, all of them if there are none.
	// Black holes and refusals are for the whole process.
	Operations []string `json:"operations,omitempty"`
	// Rate is which part of the requests it strikes, at random, 1 for all.
	Rate float64 `json:"rate"`

	Delay    fault.Duration `json:"delay,omitempty"`    // latency: so much longer
	Type     string         `json:"type,omitempty"`     // error: of the API; InternalServerError
	Status   int            `json:"status,omitempty"`   // error: HTTP, with a body that is no JSON, instead of Type
	When     string         `json:"when,omitempty"`     // reset, hang, error: accept (reset only), body or answer; body
	Fraction float64        `json:"fraction,omitempty"` // truncate: what arrives; 0.5
	Quota    int            `json:"quota,omitempty"`    // throttle: requests at a time; 0
	// Applied is how many requests the fault has struck. It is told, not set.
	Applied int64 `json:"applied,omitempty"`
}

// faultKeys are the keys that each kind has besides kind, operations and rate.
var faultKeys = map[string][]string{
	faultLatency: {"delay"}, faultError: {"type", "status", "when"}, faultReset: {"when"}, faultHang: {"when"},
	faultTruncate: {"fraction"}, faultThrottle: {"quota"}, faultBlackHole: {}, faultRefuse: {},
}

// CheckFaults says what is wrong with a list of faults, as SetFaults would.
func CheckFaults(list []byte) error {
	_, err := parseFaults(list)
	return err
}

// parseFaults reads a JSON list of faults and fills in what was left out. The
// error names the fault and the key.
func parseFaults(text []byte) ([]Fault, error) { return fault.ParseList(text, (*Fault).parse) }

func (f *Fault) parse(text []byte) error {
	*f = Fault{Rate: 1}
	if err := fault.Decode(text, f, faultKeys); err != nil {
		return err
	}
	f.Applied = 0
	f.fill()
	return f.check()
}

// fill sets what was left out.
func (f *Fault) fill() {
	switch f.Kind {
	case faultTruncate:
		if f.Fraction == 0 {
			f.Fraction = 0.5
		}
	case faultError, faultReset, faultHang:
		if f.When == "" {
			f.When = whenBody
		}
		if f.Kind == faultError && f.Type == "" && f.Status == 0 {
			f.Type = "InternalServerError"
		}
	}
}

func (f *Fault) check() error {
	_, isType := faultTypes[f.Type]
	switch {
	case !(f.Rate > 0 && f.Rate <= 1):
		return fmt.Errorf("rate is %v, allowed is more than 0 and up to 1", f.Rate)
	case f.process() && (len(f.Operations) > 0 || f.Rate != 1):
		return fmt.Errorf("%s is for the whole process, it has neither operations nor rate", f.Kind)
	case f.Kind == faultLatency && !(f.Delay > 0 && f.Delay <= longestLatency):
		return errors.New("delay is needed, up to 10m")
	case f.Type != "" && f.Status != 0:
		return errors.New("type and status are both given, one is needed")
	case f.Type != "" && !isType:
		return fmt.Errorf("type is %q, known are %q", f.Type, slices.Sorted(maps.Keys(faultTypes)))
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status is %d, allowed are 400 to 599", f.Status)
	case f.Fraction != 0 && !(f.Fraction > 0 && f.Fraction < 1):
		return fmt.Errorf("fraction is %v, allowed is between 0 and 1", f.Fraction)
	case f.Quota < 0:
		return fmt.Errorf("quota is %d", f.Quota)
	case f.When != "" && f.When != whenBody && f.When != whenAnswer && (f.When != whenAccept || f.Kind != faultReset):
		return fmt.Errorf("when is %q, allowed are body and answer, for reset also accept", f.When)
	}
	for _, name := range f.Operations {
		if operations[name] == nil {
			return fmt.Errorf("operations: there is no %q, known are %q", name, slices.Sorted(maps.Keys(operations)))
		}
	}
	return nil
}

// Name is the kind.
func (f Fault) Name() string { return f.Kind }

// Share is which part of the requests it strikes.
func (f Fault) Share() float64 { return f.Rate }

// process says whether the fault is one of the process, not of a request.
func (f Fault) process() bool {
	return f.Kind == faultBlackHole || f.Kind == faultRefuse
}

// Strikes says whether the fault is one for an operation.
func (f Fault) Strikes(operation string) bool {
	return !f.process() && (len(f.Operations) == 0 || slices.Contains(f.Operations, operation))
}
