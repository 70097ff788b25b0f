package lexlocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// apiError is an error of the Lex API: a documented type, its HTTP status and
// a sentence for the person who reads the client's log. Without a type it is
// what a load balancer in front of the API says. See
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html#API_runtime_RecognizeText_Errors.
type apiError struct {
	kind    string
	status  int
	message string
}

func (e *apiError) Error() string {
	if e.kind == "" {
		return e.message
	}
	return e.kind + ": " + e.message
}

// invalid says that the request breaks a rule of the API.
func invalid(format string, args ...any) *apiError {
	return &apiError{"ValidationException", http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// notFound says that there is no such bot, alias, locale or session.
func notFound(format string, args ...any) *apiError {
	return &apiError{"ResourceNotFoundException", http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// conflict says that another request of the same session is being answered.
func conflict(format string, args ...any) *apiError {
	return &apiError{"ConflictException", http.StatusConflict, fmt.Sprintf(format, args...)}
}

// precondition says that a field of a models request does not fit what is
// there.
func precondition(format string, args ...any) *apiError {
	return &apiError{"PreconditionFailedException", http.StatusPreconditionFailed, fmt.Sprintf(format, args...)}
}

// forbidden says that a signed address is not good.
func forbidden(format string, args ...any) *apiError {
	return &apiError{"AccessDeniedException", http.StatusForbidden, fmt.Sprintf(format, args...)}
}

// exceeded says that there is no room for more of something.
func exceeded(format string, args ...any) *apiError {
	return &apiError{"ServiceQuotaExceededException", http.StatusPaymentRequired, fmt.Sprintf(format, args...)}
}

// throttled says that the server has no room for the request at the moment.
func throttled(format string, args ...any) *apiError {
	return &apiError{"ThrottlingException", http.StatusTooManyRequests, fmt.Sprintf(format, args...)}
}

// dependency says that something the answer needs did not work: here, speech
// recognition. Lex uses it for Lambda functions and Amazon Polly.
func dependency(format string, args ...any) *apiError {
	return &apiError{"DependencyFailedException", http.StatusFailedDependency, fmt.Sprintf(format, args...)}
}

// tooSlow says that the body of a request did not arrive in time.
func tooSlow(limit time.Duration) *apiError {
	return &apiError{
		"RequestTimeoutException", http.StatusRequestTimeout,
		fmt.Sprintf("the body of the request did not arrive within %v", limit),
	}
}

// unknownOperation is what AWS services answer to a path that is none of theirs.
func unknownOperation(r *http.Request) *apiError {
	return &apiError{
		"UnknownOperationException", http.StatusNotFound,
		fmt.Sprintf("%s %q is not an operation of this local Lex runtime", r.Method, r.URL.Path),
	}
}

// internal hides the details of a fault of our own from the client.
func internal() *apiError {
	return &apiError{"InternalServerException", http.StatusInternalServerError, "the local Lex runtime could not answer"}
}

// asAPIError returns what a client is told about err, and whether err is a
// fault of the server that its log has to explain.
func asAPIError(err error) (told *apiError, fault bool) {
	if errors.As(err, &told) {
		return told, false
	}
	return internal(), true
}

// write sends the error. The type stands in the header, the text in the body,
// as in the REST-JSON protocol of AWS.
func (e *apiError) write(w http.ResponseWriter) {
	if e.kind == "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(e.status)
		// A client that has gone away cannot be told anything.
		_, _ = fmt.Fprintf(w, "<html><body><h1>%d %s</h1></body></html>\n", e.status, http.StatusText(e.status))
		return
	}
	w.Header().Set("X-Amzn-ErrorType", e.kind)
	writeJSON(w, e.status, struct {
		Message string `json:"message"`
	}{e.message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone away cannot be told anything.
	_ = json.NewEncoder(w).Encode(body)
}
