package lexlocal

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
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
	faultDrip      = "drip"          // the voice comes in small pieces
	faultTruncate  = "truncate"      // the answer breaks off
	faultEmpty     = "empty"         // a good answer without words
	faultThrottle  = "throttle"      // 429 above so many requests at a time
	faultBlackHole = fault.BlackHole // no packet gets in or out any more
	faultRefuse    = fault.Refuse    // connections are refused
)

// The moments of a request at which a fault can strike.
const (
	whenAccept = "accept" // before its body is read
	whenBody   = "body"   // once it was read, before anything is done
	whenAnswer = "answer" // everything is done, and only the answer is missing
)

// Fault is something that a Server does wrong on purpose, for drills; see
// Server.SetFaults. The fields after Rate each belong to the kinds that are
// named there. The zero value of a field that its kind does not need is left
// out.
type Fault struct {
	Kind string `json:"kind"`
	// Operations are those that the fault strikes, all of the runtime API if
	// there are none. Black holes and refusals are for the whole process.
	Operations []string `json:"operations,omitempty"`
	// Rate is which part of the requests it strikes, at random, 1 for all.
	Rate float64 `json:"rate"`

	Delay    fault.Duration `json:"delay,omitempty"`    // latency: so much longer
	Factor   float64        `json:"factor,omitempty"`   // latency: so many times longer
	Base     fault.Duration `json:"base,omitempty"`     // latency: what a faster answer counts as, for Factor; 400ms
	Type     string         `json:"type,omitempty"`     // error: of the API
	Status   int            `json:"status,omitempty"`   // error: HTTP, with a body that is no JSON, instead of Type
	When     string         `json:"when,omitempty"`     // reset, hang, error: accept (reset only), body or answer; body
	Bytes    int            `json:"bytes,omitempty"`    // drip: of a piece; 160
	Every    fault.Duration `json:"every,omitempty"`    // drip: a piece; 300ms
	Fraction float64        `json:"fraction,omitempty"` // truncate: what arrives; 0.5
	Quota    *int           `json:"quota,omitempty"`    // throttle: requests at a time; 0
	// Applied is how many requests the fault has struck. It is told, not set.
	Applied int64 `json:"applied,omitempty"`
}

// faultKeys are the keys that each kind has besides kind, operations and rate.
var faultKeys = map[string][]string{
	faultLatency: {"delay", "factor", "base"}, faultError: {"type", "status", "when"}, faultReset: {"when"}, faultHang: {"when"},
	faultDrip: {"bytes", "every"}, faultTruncate: {"fraction"}, faultEmpty: {}, faultThrottle: {"quota"},
	faultBlackHole: {}, faultRefuse: {},
}

// errorTypes are the errors of the API with their HTTP status.
var errorTypes = map[string]int{
	"AccessDeniedException":       http.StatusForbidden,
	"BadGatewayException":         http.StatusBadGateway,
	"ConflictException":           http.StatusConflict,
	"DependencyFailedException":   http.StatusFailedDependency,
	"ExpiredTokenException":       http.StatusForbidden,
	"InternalServerException":     http.StatusInternalServerError,
	"RequestTimeoutException":     http.StatusRequestTimeout,
	"ResourceNotFoundException":   http.StatusNotFound,
	"ServiceUnavailable":          http.StatusServiceUnavailable,
	"ThrottlingException":         http.StatusTooManyRequests,
	"UnrecognizedClientException": http.StatusForbidden,
	"ValidationException":         http.StatusBadRequest,
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
	case faultLatency:
		if f.Base == 0 && f.Factor != 0 {
			f.Base = fault.Duration(400 * time.Millisecond)
		}
	case faultDrip:
		if f.Bytes == 0 {
			f.Bytes = 160
		}
		if f.Every == 0 {
			f.Every = fault.Duration(300 * time.Millisecond)
		}
	case faultTruncate:
		if f.Fraction == 0 {
			f.Fraction = 0.5
		}
	case faultThrottle:
		if f.Quota == nil {
			f.Quota = new(int)
		}
	case faultError, faultReset, faultHang:
		if f.When == "" {
			f.When = whenBody
		}
		if f.Kind == faultError && f.Type == "" && f.Status == 0 {
			f.Type = "InternalServerException"
		}
	}
}

func (f *Fault) check() error {
	const longest = fault.Duration(10 * time.Minute)
	switch {
	case !(f.Rate > 0 && f.Rate <= 1):
		return fmt.Errorf("rate is %v, allowed is more than 0 and up to 1", f.Rate)
	case f.process() && (len(f.Operations) > 0 || f.Rate != 1):
		return fmt.Errorf("%s is for the whole process, it has neither operations nor rate", f.Kind)
	case f.Kind == faultLatency && f.Delay == 0 && f.Factor == 0:
		return errors.New("delay and factor are missing, one is needed")
	case f.Delay < 0 || f.Delay > longest || f.Base < 0 || f.Base > longest || f.Every < 0 || f.Every > longest:
		return errors.New("delay, base and every are 0 to 10m")
	case f.Factor != 0 && !(f.Factor >= 1 && f.Factor <= 1000):
		return fmt.Errorf("factor is %v, allowed are 1 to 1000", f.Factor)
	case f.Type != "" && f.Status != 0:
		return errors.New("type and status are both given, one is needed")
	case f.Type != "" && errorTypes[f.Type] == 0:
		return fmt.Errorf("type is %q, known are %q", f.Type, slices.Sorted(maps.Keys(errorTypes)))
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status is %d, allowed are 400 to 599", f.Status)
	case f.Bytes < 0 || f.Bytes > 1<<20:
		return fmt.Errorf("bytes is %d, allowed are 1 to %d", f.Bytes, 1<<20)
	case f.Fraction != 0 && !(f.Fraction > 0 && f.Fraction < 1):
		return fmt.Errorf("fraction is %v, allowed is between 0 and 1", f.Fraction)
	case f.Quota != nil && *f.Quota < 0:
		return fmt.Errorf("quota is %d", *f.Quota)
	}
	if f.When != "" && f.When != whenBody && f.When != whenAnswer && (f.When != whenAccept || f.Kind != faultReset) {
		return fmt.Errorf("when is %q, allowed are body and answer, for reset also accept", f.When)
	}
	for _, name := range f.Operations {
		if !slices.Contains(operationNames, name) {
			return fmt.Errorf("operations: there is no %q, known are %q", name, operationNames)
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
	switch {
	case f.process():
		return false
	case f.Kind == faultThrottle && !conversational(operation):
		return false
	case len(f.Operations) == 0:
		return slices.Contains(runtimeOperations, operation)
	}
	return slices.Contains(f.Operations, operation)
}

// conversational says whether an operation takes a turn of a conversation: those
// are what Lex counts against an alias's quota.
func conversational(operation string) bool {
	return operation == "RecognizeText" || operation == "RecognizeUtterance"
}
