package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// restRequest is one request to the API, perhaps made in several attempts.
type restRequest struct {
	method     string
	path       string // below the account
	form       url.Values
	repeatable bool // doing it twice comes to the same as doing it once
	blind      bool // the status is answer enough

	// read takes an answer that is no call, and says what is wrong with it.
	read  func(body []byte) error
	again func(context.Context) // changes form before it is sent once more; may be nil
}

// send makes a request, within the client's time and ctx's, and returns the call in
// its answer, or none if the request reads the answer itself.
func (r *REST) send(ctx context.Context, request restRequest) (CallResource, error) {
	r.tally.requests.Add(1)
	ctx, cancel := context.WithTimeoutCause(ctx, r.totalTime, errRESTTime)
	defer cancel()
	uncertain := false
	for n := 1; ; n++ {
		call, how, err := r.try(ctx, request)
		if err == nil {
			return call, nil
		}
		how.ended = ctx.Err() != nil
		uncertain = uncertain || how.isUncertain()
		wait := how.wait(n, r.random())
		if !r.goesOn(ctx, request, how, n, wait) || !sleep(ctx, wait) {
			r.tally.failed(how)
			if uncertain {
				err = fmt.Errorf("%w; %w", err, errUncertain)
			}
			return CallResource{}, err
		}
		r.tally.retries.Add(1)
		if request.again != nil {
			request.again(ctx)
		}
		r.log.Info("request to Twilio is repeated", slog.Any("err", err), slog.Int("attempt", n+1), slog.Duration("after", wait))
	}
}

// goesOn reports whether the nth attempt, that ended so, is followed by another one
// after wait.
func (r *REST) goesOn(ctx context.Context, request restRequest, how attempt, n int, wait time.Duration) bool {
	if n >= maxAttempts || !how.canRepeat(request.repeatable) {
		return false
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
		return false // it would only be late
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.budget.take(time.Now()) {
		r.tally.refusedRetries.Add(1)
		return false
	}
	return true
}

// sleep waits, and reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// try makes one attempt.
func (r *REST) try(ctx context.Context, request restRequest) (CallResource, attempt, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.attemptTime, errRESTTime)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	wire, err := r.wire(ctx, request)
	if err != nil {
		return CallResource{}, attempt{}, err
	}
	response, err := r.client.Do(wire)
	if err != nil {
		return CallResource{}, attempt{sent: connected.Load(), late: ctx.Err() != nil}, brokenOff(ctx, err)
	}
	defer response.Body.Close()
	how := attempt{status: response.StatusCode, sent: true}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRESTList+1))
	switch {
	case how.status < 200 || how.status > 299:
		// Half a page about a refusal is a refusal, too.
		how.retryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
		return CallResource{}, how, parseRESTError(how.status, body, r.secrets)
	case request.blind:
		return CallResource{}, how, nil
	case err != nil:
		return CallResource{}, attempt{sent: true, late: ctx.Err() != nil}, fmt.Errorf("read the answer: %w", brokenOff(ctx, err))
	}
	var call CallResource
	if request.read != nil {
		err = request.read(body)
	} else {
		call, err = parseCall(body)
	}
	how.unread = err != nil
	return call, how, err
}

// errRESTTime says that there was no answer in the client's own time.
var errRESTTime = fmt.Errorf("twilio did not answer in time: %w", context.DeadlineExceeded)

// brokenOff is why there is no answer, without the whole address that errors of
// http.Client begin with.
func brokenOff(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// wire is the HTTP request of an attempt.
func (r *REST) wire(ctx context.Context, request restRequest) (*http.Request, error) {
	var body io.Reader
	if request.form != nil {
		body = strings.NewReader(request.form.Encode())
	}
	wire, err := http.NewRequestWithContext(ctx, request.method, r.base+request.path, body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	wire.Header.Set("Authorization", r.authorization)
	wire.Header.Set("Accept", "application/json")
	wire.Header.Set("User-Agent", "lexline")
	if body != nil {
		wire.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return wire, nil
}
