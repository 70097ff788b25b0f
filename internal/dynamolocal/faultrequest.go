package dynamolocal

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"lexline/internal/fault"
)

// begin lets faults strike a request before anything of its body is read. The
// returned function ends what it began.
func (q *request) begin() (end func(), err error) {
	q.faultSet = q.s.faults.Current()
	q.faults = q.faultSet.Pick(q.record.Op)
	for _, f := range q.faults {
		if f.Fault.Kind == faultReset && f.Fault.When == whenAccept {
			q.reset(f)
		}
	}
	f := q.fault(faultThrottle)
	if f == nil {
		return func() {}, nil
	}
	if f.Enter(f.Fault.Quota) {
		return f.Leave, nil
	}
	q.struck(f)
	return func() {}, planted("ProvisionedThroughputExceededException",
		"The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.")
}

// fault returns the fault of a kind that strikes this request, nil for none.
func (q *request) fault(kind string) *activeFault {
	for _, f := range q.faults {
		if f.Fault.Kind == kind {
			return f
		}
	}
	return nil
}

// struck notes that a fault has struck, once.
func (q *request) struck(f *activeFault) {
	if slices.Contains(strings.Split(q.record.Fault, "+"), f.Fault.Kind) {
		return
	}
	f.Apply()
	q.record.struck(f.Fault.Kind)
}

// strike lets hanging, resets and errors strike at a moment. What it returns is
// the answer instead of the good one.
func (q *request) strike(when string) error {
	for _, f := range q.faults {
		if f.Fault.When != when {
			continue
		}
		switch f.Fault.Kind {
		case faultHang:
			q.struck(f)
			if err := q.wait(-1, q.faultSet.Cleared); err != nil {
				return err
			}
		case faultReset:
			q.reset(f)
		case faultError:
			q.struck(f)
			if f.Fault.Status != 0 {
				return &apiError{status: f.Fault.Status, message: "a page that is not of the API"}
			}
			return planted(f.Fault.Type, "a fault was set on the local DynamoDB")
		}
	}
	return nil
}

// linger waits until the answer has taken as long as it usually does, and as much
// longer as a fault makes it take.
func (q *request) linger() error {
	due := q.s.cfg.Latency
	var cleared <-chan struct{}
	if f := q.fault(faultLatency); f != nil {
		q.struck(f)
		due += time.Duration(f.Fault.Delay)
		cleared = q.faultSet.Cleared
	}
	if left := due - time.Since(q.read); left > 0 {
		return q.wait(left, cleared)
	}
	return nil
}

// wait waits for a time, negative for ever, or until the channel is closed, unless
// the client goes away, which is an error.
func (q *request) wait(d time.Duration, cleared <-chan struct{}) error {
	return fault.Pause(q.r.Context(), d, cleared)
}

// reset ends the request and its connection with a TCP reset.
func (q *request) reset(f *activeFault) {
	q.struck(f)
	q.record.Error = "the connection was reset"
	q.done(0)
	fault.Reset(q.r.Context())
	panic(http.ErrAbortHandler) // the way to end an exchange without an answer
}
