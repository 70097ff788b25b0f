package twilio

import (
	"net/http"
	"sync/atomic"
)

// RESTCounters is what a REST has counted since it was made.
type RESTCounters struct {
	Requests       int64 `json:"requests"`        // asked for; attempts are these and Retries
	Retries        int64 `json:"retries"`         // attempts after the first of a request
	RefusedRetries int64 `json:"refused_retries"` // attempts not made as the budget for them was used up

	// Requests that were given up, by how their last attempt ended.
	Refused     int64 `json:"refused"`     // status 4xx but 429, and 3xx
	Throttled   int64 `json:"throttled"`   // status 429
	Broken      int64 `json:"broken"`      // status 5xx
	Unreachable int64 `json:"unreachable"` // no connection, or one that broke
	TimedOut    int64 `json:"timed_out"`   // out of time, or the caller's patience was over
	Unreadable  int64 `json:"unreadable"`  // an answer that was no call
}

// restTally is a RESTCounters that many goroutines add to.
type restTally struct {
	requests, retries, refusedRetries                             atomic.Int64
	refused, throttled, broken, unreachable, timedOut, unreadable atomic.Int64
}

// failed counts a request that was given up after an attempt that ended so.
func (t *restTally) failed(how attempt) {
	switch {
	case how.ended || how.late:
		t.timedOut.Add(1)
	case how.unread:
		t.unreadable.Add(1)
	case how.status == 0:
		t.unreachable.Add(1)
	case how.status == http.StatusTooManyRequests:
		t.throttled.Add(1)
	case how.status >= 500:
		t.broken.Add(1)
	default:
		t.refused.Add(1)
	}
}

func (t *restTally) snapshot() RESTCounters {
	return RESTCounters{
		Requests: t.requests.Load(), Retries: t.retries.Load(), RefusedRetries: t.refusedRetries.Load(),
		Refused: t.refused.Load(), Throttled: t.throttled.Load(), Broken: t.broken.Load(),
		Unreachable: t.unreachable.Load(), TimedOut: t.timedOut.Load(), Unreadable: t.unreadable.Load(),
	}
}
