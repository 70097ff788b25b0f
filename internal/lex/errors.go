package lex

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ErrorClass says what an error of a turn speaks for: about the region, about
// the bot or about ourselves. It is a bounded set: metrics use it as a label.
type ErrorClass string

// The classes.
const (
	None      ErrorClass = ""          // no error
	Hard      ErrorClass = "hard"      // the alias is gone, access is denied, the request is refused: repeating it there is of no use
	Soft      ErrorClass = "soft"      // the region is in trouble: 5xx, a timeout, a broken connection, an answer that cannot be read
	Load      ErrorClass = "load"      // the region has enough: 429
	Ours      ErrorClass = "ours"      // our own fault: two requests at once on one session (409), no credentials, an unusable turn
	Bot       ErrorClass = "bot"       // the bot's own parts failed: 424, and 502 if Lex says so
	Abandoned ErrorClass = "abandoned" // nobody waits for the answer any more
)

var classes = [...]ErrorClass{Hard, Soft, Load, Ours, Bot, Abandoned}

// turnError is an error of a turn that never reached Lex.
type turnError struct{ reason string }

func (e *turnError) Error() string { return e.reason }

// Class returns the class of an error that Session.Ask, Client.Check or
// NewClient returned.
func Class(err error) ErrorClass {
	var (
		overdue   interface{ Timeout() bool }
		utterance *utteranceError
		badTurn   *turnError
		answer    *answerError
		status    *smithyhttp.ResponseError
		sending   *smithyhttp.RequestSendError
	)
	switch {
	case err == nil:
		return None
	case errors.Is(err, context.Canceled):
		return Abandoned
	case errors.As(err, &utterance), errors.As(err, &badTurn), errors.Is(err, errLate):
		return Ours
	case errors.As(err, &answer):
		return Soft
	case errors.As(err, &status) && status.HTTPStatusCode() != 0: // 0: the SDK's word for none
		return statusClass(err, status.HTTPStatusCode())
	case errors.As(err, &overdue) && overdue.Timeout():
		return Soft
	case errors.As(err, &sending):
		return Soft
	}
	return Ours // it did not get as far as the network
}

// statusClass classes an answer that is an error. A 502 is the bot's only if
// Lex says so: others come from what stands in front of Lex.
func statusClass(err error, status int) ErrorClass {
	var (
		throttled *types.ThrottlingException
		botFailed *types.BadGatewayException
	)
	switch {
	case status == http.StatusTooManyRequests, errors.As(err, &throttled):
		return Load
	case status == http.StatusConflict:
		return Ours
	case status == http.StatusFailedDependency, errors.As(err, &botFailed):
		return Bot
	case status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return Soft
	}
	return Hard
}

// answerError says that an answer came and is of no use.
type answerError struct{ err error }

func (e *answerError) Error() string { return e.err.Error() }
func (e *answerError) Unwrap() error { return e.err }

// because returns what ended a request on ctx: the deadline of ours that
// cancelled it, whatever else did, or else err.
func because(ctx context.Context, err error) error {
	var overdue *overdueError
	switch {
	case errors.As(context.Cause(ctx), &overdue):
		return overdue
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

func isConflict(err error) bool {
	var conflict *types.ConflictException
	return errors.As(err, &conflict)
}
