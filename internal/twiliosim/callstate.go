package twiliosim

import "time"

// defaultTimeLimit is how long a call may last when nobody says
// (https://www.twilio.com/docs/voice/api/call-resource, TimeLimit).
const defaultTimeLimit = 4 * time.Hour

// callState is a call as its resource shows it.
type callState struct {
	status     string // CallStatus
	answered   bool   // it was picked up
	rejected   string // reason of the Reject that ended it
	unreached  string // CallStatus when nobody was reached
	answeredBy string // what machine detection found; empty if it was not asked for
	timeLimit  time.Duration

	created, started, finished time.Time     // started: picked up
	upAt, downAt               time.Duration // when it was picked up, and ended, since it began
}

// answer takes note that the call was picked up; at is the time since it began.
func (s *callState) answer(at time.Duration, now time.Time) {
	s.answered, s.status, s.upAt, s.started = true, "in-progress", at, now
}

// end takes note that the call ended, for one of the End reasons.
func (s *callState) end(reason string, at time.Duration, now time.Time) {
	s.downAt, s.finished = at, now
	switch {
	case s.unreached != "":
		s.status = s.unreached
	case s.answered, reason == EndFar:
		s.status = "completed"
	case reason == EndRejected && s.rejected == "busy":
		s.status = "busy"
	case reason == EndRejected:
		s.status = "no-answer"
	case reason == EndDocument:
		s.status = "failed"
	default:
		s.status = "canceled"
	}
}

// updated is when the state last changed.
func (s *callState) updated() time.Time {
	for _, t := range []time.Time{s.finished, s.started} {
		if !t.IsZero() {
			return t
		}
	}
	return s.created
}

// seconds is the call's duration, from when it was picked up, as Twilio counts it:
// in whole seconds, rounded up.
func (s *callState) seconds() int {
	if !s.answered {
		return 0
	}
	return wholeSecondsOf(s.downAt - s.upAt)
}

// wholeSecondsOf rounds a duration up to seconds.
func wholeSecondsOf(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// talked is how long ago the call was picked up.
func (c *call) talked() time.Duration { return c.position() - c.state.upAt }
