package lexlocal

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"lexline/internal/fault"
)

// begin lets faults strike a request before anything of its body is read. The
// returned function ends what it began.
func (q *request) begin(operation string) (end func(), err error) {
	end = func() {}
	q.faultSet = q.s.faults.Current()
	q.faults = q.faultSet.Pick(operation)
	if f := q.fault(faultReset, whenAccept); f != nil {
		q.noteHeaders()
		q.reset(f)
	}
	if !conversational(operation) {
		return end, nil
	}
	quota, throttle := q.s.cfg.Quota, q.fault(faultThrottle, "")
	switch {
	case quota == 0:
		quota = -1 // none
		if throttle != nil {
			quota = *throttle.Fault.Quota
		}
	case throttle != nil && *throttle.Fault.Quota < quota:
		quota = *throttle.Fault.Quota
	default:
		throttle = nil
	}
	alias := q.r.PathValue("botId") + "/" + q.r.PathValue("aliasId")
	if !q.s.faults.enter(alias, quota) {
		if throttle != nil {
			q.struck(throttle)
		}
		q.noteHeaders()
		return end, throttled("the alias answers %d requests already, its quota", quota)
	}
	return func() { q.s.faults.leave(alias) }, nil
}

// noteHeaders notes whose turn the request is, if its headers say so, for a
// request that goes no further.
func (q *request) noteHeaders() {
	if state, attributes, err := readLexHeaders(q.r.Header); err == nil {
		q.record.came(state, attributes)
	}
}

// fault returns the fault of a kind that strikes this request at a moment, nil
// for none. An empty moment is for kinds that have but one.
func (q *request) fault(kind, when string) *activeFault {
	for _, f := range q.faults {
		if f.Fault.Kind == kind && (when == "" || f.Fault.When == when) {
			return f
		}
	}
	return nil
}

// struck notes that a fault has struck, once.
func (q *request) struck(f *activeFault) {
	kinds := strings.Split(q.record.Fault, "+")
	if slices.Contains(kinds, f.Fault.Kind) {
		return
	}
	f.Apply()
	q.record.struck(f.Fault.Kind)
}

// struck adds a kind of fault to a record.
func (r *Record) struck(kind string) {
	if r.Fault != "" {
		r.Fault += "+"
	}
	r.Fault += kind
}

// strike lets hanging, resets and errors strike at a moment. What it returns
// is the answer instead of the good one.
func (q *request) strike(when string) error {
	for _, f := range q.faults {
		if f.Fault.When != when {
			continue
		}
		switch f.Fault.Kind {
		case faultHang:
			if err := q.hang(f); err != nil {
				return err
			}
		case faultReset:
			q.reset(f)
		case faultError:
			q.struck(f)
			if err := q.linger(0); err != nil {
				return err
			}
			if f.Fault.Status != 0 {
				return &apiError{"", f.Fault.Status, "a page that is not of the API"}
			}
			return &apiError{f.Fault.Type, errorTypes[f.Fault.Type], "a fault was set on the local Lex runtime"}
		}
	}
	return nil
}

// arrived lets faults strike when the request has been read.
func (q *request) arrived() error {
	return q.strike(whenBody)
}

// ready lets faults strike when the answer is known and before it is written.
func (q *request) ready() error {
	if err := q.linger(q.usual()); err != nil {
		return err
	}
	return q.strike(whenAnswer)
}

// usual returns how long the answer to this request usually takes, as far as it
// has not been waited for.
func (q *request) usual() time.Duration {
	if q.lingered || !conversational(q.record.Op) {
		return 0
	}
	return q.s.faults.usual(q.s.cfg.Latency, q.s.cfg.LatencySpread)
}

// linger waits until the answer has taken as long as it usually does, or as a
// fault makes it take. It does so once in a request.
func (q *request) linger(usual time.Duration) error {
	if q.lingered {
		return nil
	}
	q.lingered = true
	took := time.Since(q.read)
	due := max(took, usual)
	f := q.fault(faultLatency, "")
	if f != nil {
		q.struck(f)
		if f.Fault.Factor != 0 {
			due = time.Duration(float64(max(due, time.Duration(f.Fault.Base))) * f.Fault.Factor)
		}
		due += time.Duration(f.Fault.Delay)
	}
	if due <= took {
		return nil
	}
	cleared := q.faultSet.Cleared
	if f == nil {
		cleared = nil // the usual time is no fault
	}
	return q.wait(due-took, cleared)
}

// hang waits until the fault is cleared or the client has gone.
func (q *request) hang(f *activeFault) error {
	q.struck(f)
	return q.wait(-1, q.faultSet.Cleared)
}

// wait waits for a time, negative for ever, unless the channel is closed or
// the client goes away, which is an error.
func (q *request) wait(d time.Duration, cleared <-chan struct{}) error {
	err := fault.Pause(q.r.Context(), d, cleared)
	_ = q.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // not known to test doubles
	return err
}

// reset ends the request and its connection with a TCP reset.
func (q *request) reset(f *activeFault) {
	q.struck(f)
	q.record.Error = "the connection was reset"
	q.done(0)
	fault.Reset(q.r.Context())
	panic(http.ErrAbortHandler) // the way to end an exchange without an answer
}
