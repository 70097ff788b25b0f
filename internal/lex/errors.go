package lex

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"lexline/internal/region"
)

// turnError is an error of a turn that never reached Lex.
type turnError struct{ reason string }

func (e *turnError) Error() string { return e.reason }

// Class returns the class of an error that Session.Ask, Client.Check or
// NewClient returned.
func Class(err error) region.Class {
	var (
		overdue   interface{ Timeout() bool }
		utterance *utteranceError
		badTurn   *turnError
		answer    *answerError
		status    *smithyhttp.ResponseError
		sending   *smithyhttp.RequestSendError
		nowhere   *unreachableError
		missing   *missingError
		full      fullError
	)
	switch {
	case err == nil:
		return region.None
	case errors.Is(err, context.Canceled):
		return region.Abandoned
	case errors.As(err, &utterance), errors.As(err, &badTurn), errors.Is(err, errLate):
		return region.Ours
	case errors.As(err, &answer), errors.As(err, &nowhere):
		return region.Soft
	case errors.As(err, &missing):
		return region.Hard
	case errors.As(err, &full):
		return region.Load
	case errors.As(err, &status) && status.HTTPStatusCode() != 0: // 0: the SDK's word for none
		return statusClass(err, status.HTTPStatusCode())
	case errors.As(err, &overdue) && overdue.Timeout():
		return region.Soft
	case errors.As(err, &sending):
		return region.Soft
	}
	return region.Ours // it did not get as far as the network
}

// statusClass classes an answer that is an error. A 502 is the bot's only if
// Lex says so: others come from what stands in front of Lex.
func statusClass(err error, status int) region.Class {
	var (
		throttled *types.ThrottlingException
		botFailed *types.BadGatewayException
	)
	switch {
	case status == http.StatusTooManyRequests, errors.As(err, &throttled):
		return region.Load
	case status == http.StatusConflict:
		return region.Ours
	case status == http.StatusFailedDependency, errors.As(err, &botFailed):
		return region.Bot
	case status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return region.Soft
	case status < http.StatusMultipleChoices:
		return region.Soft // a good answer that could not be read
	}
	return region.Hard
}

// missingError says that a region has no bot, or no alias, of the given name.
type missingError struct{ text string }

func (e *missingError) Error() string { return e.text }

// unreachableError says that a region cannot be asked at all.
type unreachableError struct{ err error }

func (e *unreachableError) Error() string { return e.err.Error() }
func (e *unreachableError) Unwrap() error { return e.err }

// answerError says that an answer came and is of no use.
type answerError struct{ err error }

func (e *answerError) Error() string { return e.err.Error() }
func (e *answerError) Unwrap() error { return e.err }

// serviceError is an error answer of Lex in our own words. Those of AWS can quote
// what was sent, which is the caller's.
type serviceError struct {
	text string
	err  error
}

func (e *serviceError) Error() string { return e.text }
func (e *serviceError) Unwrap() error { return e.err }

// quotation is what an error quotes, to the end of its text if the quotation has none.
var quotation = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*(?:"|$)`) })

// unquotedError is an error without what it quotes.
type unquotedError struct {
	text string
	err  error
}

func (e *unquotedError) Error() string { return e.text }
func (e *unquotedError) Unwrap() error { return e.err }

// unquoted returns an error of the HTTP transport without what was sent to us, which
// it quotes where that is no HTTP: an answer that broke may have a caller's words in it.
// What it says of a name, an address or a certificate stays.
func unquoted(err error) error {
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	if text := err.Error(); strings.Contains(text, `"`) && !errors.As(err, &network) && !errors.As(err, &certificate) {
		return &unquotedError{quotation().ReplaceAllString(text, `"***"`), err}
	}
	return err
}

// plain returns an error with nothing of the caller in its text.
func plain(err error) error {
	var status *smithyhttp.ResponseError
	if !errors.As(err, &status) || status.HTTPStatusCode() == 0 {
		return err
	}
	kind := "an error without a type"
	if typed, ok := errors.AsType[smithy.APIError](err); ok {
		kind = typed.ErrorCode()
	}
	text := fmt.Sprintf("HTTP %d, %.80s", status.HTTPStatusCode(), kind)
	var asked interface{ ServiceRequestID() string }
	if errors.As(err, &asked) && asked.ServiceRequestID() != "" {
		text += ", request " + asked.ServiceRequestID()
	}
	return &serviceError{text, err}
}

// reason returns the whole text of an error, for the eye of a program or of
// somebody who debugs.
func reason(err error) string {
	if service, ok := errors.AsType[*serviceError](err); ok {
		return service.err.Error()
	}
	return err.Error()
}

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

// isRefusal reports whether Lex found the request itself wrong. For one that
// carries a session state this is most likely the state: the bot in that region
// may be of another version and not know an intent or a slot in it.
func isRefusal(err error) bool {
	var refused *types.ValidationException
	return errors.As(err, &refused)
}

// refusedUnread reports whether an error is Lex's refusal to look at a request:
// the turn surely did nothing.
func refusedUnread(err error) bool {
	var status *smithyhttp.ResponseError
	if !errors.As(err, &status) {
		return false
	}
	switch status.HTTPStatusCode() {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests:
		return true
	}
	return false
}

func isConflict(err error) bool {
	var conflict *types.ConflictException
	return errors.As(err, &conflict)
}
