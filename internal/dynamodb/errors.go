package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"lexline/internal/region"
)

const codeValidation = "ValidationException"

// overdueError says that our own deadline passed.
type overdueError struct{ limit time.Duration }

func (e *overdueError) Error() string   { return fmt.Sprintf("no answer within %v", e.limit) }
func (*overdueError) Timeout() bool     { return true }
func (*overdueError) Is(err error) bool { return err == context.DeadlineExceeded }

// explain words what went wrong with a call, for whoever has to mend it.
func explain(ctx context.Context, err error) error {
	var api smithy.APIError
	switch {
	case errors.Is(err, region.ErrConflict), errors.Is(err, region.ErrNotFound):
		return err
	case errors.As(err, &api):
		return fmt.Errorf("%s%w", hint(api), shortened{err, api})
	case ctx.Err() != nil:
		// The SDK says it in many words, of which these are the ones that tell.
		return context.Cause(ctx)
	}
	return err
}

// hint says what an error of DynamoDB mostly comes of, with a colon behind it.
func hint(err smithy.APIError) string {
	switch code := err.ErrorCode(); code {
	case "ResourceNotFoundException":
		return "there is no such table in that account and region: "
	case "AccessDeniedException":
		return "the credentials may not: they need dynamodb:GetItem and dynamodb:UpdateItem on the table: "
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "IncompleteSignatureException", "MissingAuthenticationTokenException":
		return "the credentials are not accepted: "
	case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded":
		return "throttled, the table's capacity or the account's is used up: "
	case codeValidation:
		for _, about := range []string{"key element", "required keys", "conditions on the keys", "Type mismatch for key"} {
			if strings.Contains(err.ErrorMessage(), about) {
				return "the table has another key than it must have, " + keyName + " of type S alone: "
			}
		}
	}
	return ""
}

// shortened is an error of the SDK in the words of DynamoDB alone.
type shortened struct {
	error
	api smithy.APIError
}

func (e shortened) Error() string {
	return fmt.Sprintf("%s: %s", e.api.ErrorCode(), strings.TrimSpace(e.api.ErrorMessage()))
}
func (e shortened) Unwrap() error { return e.error }
