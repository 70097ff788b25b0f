package twilio

import (
	"net/http"
	"strconv"
	"time"
)

const (
	maxAttempts    = 4 // at one request, with the first
	firstWait      = 200 * time.Millisecond
	longestWait    = 2 * time.Second
	mostRetryAfter = 10 * time.Second // a longer Retry-After is waited for no longer than this
)

// attempt is how one attempt at a request ended.
type attempt struct {
	status     int           // of HTTP; 0 if there was no answer
	retryAfter time.Duration // what the answer asks for; 0 if nothing
	sent       bool          // Twilio may have got the request
	late       bool          // its own time was used up
	unread     bool          // the answer said that it was done, and nothing that is a call
	ended      bool          // the caller's patience is over, or all the time is used up
}

// canRepeat reports whether an attempt may be made once more. After 429 nothing was
// done (https://www.twilio.com/docs/api/errors/20429), and neither when there was no
// connection; so anything may be repeated. Any other 5xx, 503 among them, can come
// from something in front of a server that did what was asked, and of a connection
// that broke nobody knows: then only what may be done twice is.
func (a attempt) canRepeat(repeatable bool) bool {
	switch {
	case a.ended || a.unread:
		return false
	case a.status == http.StatusTooManyRequests, a.status == 0 && !a.sent:
		return true
	case a.status == 0, a.status >= 500:
		return repeatable
	}
	return false
}

// isUncertain reports whether what was asked for may have been done though the
// attempt failed.
func (a attempt) isUncertain() bool { return a.sent && (a.status == 0 || a.status >= 500 || a.unread) }

// wait returns how long to wait before the attempt after the nth, n from 1: longer
// each time, with a random half so that gateways which fail together do not come
// back together, and not sooner than the answer asks for. random is from 0 to 1.
func (a attempt) wait(n int, random float64) time.Duration {
	backoff := min(firstWait<<(n-1), longestWait)
	backoff = backoff/2 + time.Duration(random*float64(backoff/2))
	return max(backoff, min(a.retryAfter, mostRetryAfter))
}

// retryAfter reads the header of that name: seconds, or a date
// (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after). What is neither, or
// past, is 0.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
