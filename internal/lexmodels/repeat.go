package lexmodels

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// How often a request is sent at most, and the pauses between.
const (
	busyAttempts   = 8 // the region has no time for it: pauses of 0.5 to 10 s, 30 s in all
	brokenAttempts = 3 // the region is broken, or the way to it
	firstPause     = 500 * time.Millisecond
	longestPause   = 10 * time.Second
)

// request is one request of either API. It is repeated when the region has no time
// for it, and after other faults only if it is safe: if doing it twice is as good as
// once.
type request[T any] struct {
	what string // for errors: "describe intent OrderFlowers"
	safe bool
	time time.Duration // of one attempt; 0: requestTime
	send func(ctx context.Context) (T, error)
}

// do sends a request, and again when that may help.
func do[T any](ctx context.Context, r request[T]) (T, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		answer, err := r.once(ctx)
		switch {
		case err == nil:
			return answer, nil
		case ctx.Err() != nil:
			return answer, fmt.Errorf("%s: %w", r.what, context.Cause(ctx))
		case attempt >= r.attempts(err):
			return answer, fmt.Errorf("%s: %w", r.what, plainError(err))
		}
		// Half of it by chance, so that those who were refused together do not come back
		// together.
		if err := sleep(ctx, pause/2+rand.N(pause/2)); err != nil {
			return answer, fmt.Errorf("%s: %w", r.what, err)
		}
		pause = min(2*pause, longestPause)
	}
}

func (r request[T]) once(ctx context.Context) (T, error) {
	limit := r.time
	if limit == 0 {
		limit = requestTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return r.send(ctx)
}

// attempts is how often a request is sent in all that fails with this error.
func (r request[T]) attempts(err error) int {
	switch status := statusOf(err); {
	case status == http.StatusTooManyRequests, status == http.StatusConflict:
		return busyAttempts // it was certainly not done
	case r.safe && (status < http.StatusMultipleChoices || status >= http.StatusInternalServerError):
		return brokenAttempts // no answer, half an answer, or a fault of the region's
	}
	return 1
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// statusOf is the HTTP status of an error answer, 0 where none came.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return answer.HTTPStatusCode()
	}
	return 0
}

// brief is an error in few words.
type brief struct {
	text string
	err  error
}

func (e *brief) Error() string { return e.text }
func (e *brief) Unwrap() error { return e.err }

// plainError takes the SDK's wrapping off the text of an error.
func plainError(err error) error {
	if service, ok := errors.AsType[smithy.APIError](err); ok {
		return &brief{service.ErrorCode() + ": " + service.ErrorMessage(), err}
	}
	if sending, ok := errors.AsType[*url.Error](err); ok {
		return &brief{sending.Err.Error(), err} // its URL tells people nothing
	}
	return err
}

// NotFound reports whether an error says that something is not there.
func NotFound(err error) bool { return statusOf(err) == http.StatusNotFound }
