package twilio

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// RESTConfig is what a REST is made of. Printing it shows no secret.
type RESTConfig struct {
	// AccountSID is the account whose calls are meant. Required.
	AccountSID string
	// AuthToken is the account's, or that of the parent account. Not needed beside
	// an API key.
	AuthToken string
	// APIKey and APISecret take the place of the auth token
	// (https://www.twilio.com/docs/iam/api-keys).
	APIKey, APISecret string
	// BaseURL is where the API is, in place of Twilio's own address: https, or http
	// on a loopback address. It excludes Region and Edge.
	BaseURL string
	// Region and Edge choose among Twilio's addresses. An auth token or key belongs
	// to one region (https://www.twilio.com/docs/global-infrastructure).
	Region, Edge string
	// AttemptTime is how long one attempt may take (5 s), TotalTime all attempts at
	// one request with the waits between them (15 s). The caller's context may allow
	// less.
	AttemptTime, TotalTime time.Duration
	// Transport carries the requests; if nil, one made for this client. It must
	// honour net/http/httptrace, as http.Transport does: what was certainly not sent
	// is known by that.
	Transport http.RoundTripper
	// Logger gets a line for each attempt that is repeated; slog.Default() if nil.
	Logger *slog.Logger
}

// String names the account and nothing that opens it.
func (c RESTConfig) String() string { return "REST API of account " + c.AccountSID }

// GoString is String, so that %#v shows no secret either.
func (c RESTConfig) GoString() string { return c.String() }

// LogValue is String, so that no log shows a secret.
func (c RESTConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

// REST is a client for the calls of one Twilio account
// (https://www.twilio.com/docs/voice/api/call-resource). It is for what happens
// around a call, never for a turn of it: an answer takes some 100 ms on a good day,
// and on a bad one all of RESTConfig.TotalTime.
//
// An attempt that failed is repeated where that can help: after 429, after a
// connection that could not be made, and, where doing it twice comes to the same as
// doing it once, after 5xx and after a connection that broke. Placing a call is not
// such a request; it is repeated only where the attempt certainly placed none. All
// requests share one budget of repetitions, so that a Twilio that fails for
// everything is not asked several times as much as a healthy one.
//
// It is safe for several goroutines. End it with Close.
type REST struct {
	// static
	account       string
	base          string // of the account's resources
	authorization string // the header
	secrets       []string
	attemptTime   time.Duration
	totalTime     time.Duration
	client        *http.Client
	own           *http.Transport // nil if the transport is somebody else's
	log           *slog.Logger
	random        func() float64 // from 0 to below 1

	tally restTally

	mu     sync.Mutex
	budget retryBudget
}

// NewREST checks config and returns a client. Nothing is sent. Errors name the
// setting at fault.
func NewREST(config RESTConfig) (*REST, error) {
	if !isSID(config.AccountSID) {
		return nil, errors.New("the account's SID is missing, or is none")
	}
	user, password, err := config.credentials()
	if err != nil {
		return nil, err
	}
	address, err := restAddress(config.BaseURL, config.Region, config.Edge)
	if err != nil {
		return nil, err
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	r := &REST{
		account: config.AccountSID, base: address + "/2010-04-01/Accounts/" + config.AccountSID,
		authorization: "Basic " + encoded, secrets: []string{encoded, password},
		attemptTime: orDefault(config.AttemptTime, 5*time.Second),
		totalTime:   orDefault(config.TotalTime, 15*time.Second),
		log:         config.Logger, random: rand.Float64, budget: newRetryBudget(),
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	transport := config.Transport
	if transport == nil {
		r.own = newRESTTransport()
		transport = r.own
	}
	// A redirect would carry the form, or the credentials, to somebody else.
	r.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return r, nil
}

// credentials returns the user and the password of every request.
func (c RESTConfig) credentials() (user, password string, err error) {
	switch {
	case c.APIKey != "" && c.APISecret != "":
		return c.APIKey, c.APISecret, nil
	case c.APIKey != "" || c.APISecret != "":
		return "", "", errors.New("an API key and its secret belong together, and one of them is missing")
	case c.AuthToken == "":
		return "", "", errors.New("there is neither an auth token nor an API key")
	}
	return c.AccountSID, c.AuthToken, nil
}

func orDefault(d, value time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return value
}

// newRESTTransport returns a transport with bounds for a service that has stopped
// answering: at most 20 connections, as many as Twilio's own libraries open.
func newRESTTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone() // its type is documented
	transport.MaxConnsPerHost = 20
	transport.MaxIdleConnsPerHost = 5
	transport.MaxResponseHeaderBytes = 64 << 10
	return transport
}

// UpdateCall changes a call in progress: what it does next, or that it ends. The
// request may reach Twilio twice; the second one then starts the same instructions
// anew. IsNotInProgress tells the error of a call that has ended.
func (r *REST) UpdateCall(ctx context.Context, sid string, update CallUpdate) error {
	form, err := update.form()
	if err != nil {
		return fmt.Errorf("update call: %w", err)
	}
	if !isSID(sid) {
		return errors.New("update call: no call of that id can exist")
	}
	request := restRequest{method: http.MethodPost, path: "/Calls/" + sid + ".json", form: form, repeatable: true, blind: true}
	if update.Again != nil {
		request.again = func(ctx context.Context) {
			if address := update.Again(ctx); address != "" {
				form.Set("Url", address)
			}
		}
	}
	if _, err := r.send(ctx, request); err != nil {
		return fmt.Errorf("update call %s: %w", sid, err)
	}
	return nil
}

// CreateCall places a call and returns it as Twilio has accepted it, which says
// nothing about whether anybody answers. IsUncertain tells the errors after which
// the call may have been placed all the same.
func (r *REST) CreateCall(ctx context.Context, call NewCall) (CallResource, error) {
	form, err := call.form()
	if err != nil {
		return CallResource{}, fmt.Errorf("place call: %w", err)
	}
	resource, err := r.send(ctx, restRequest{method: http.MethodPost, path: "/Calls.json", form: form})
	if err != nil {
		return CallResource{}, fmt.Errorf("place call: %w", err)
	}
	return resource, nil
}

// Call returns a call as it stands.
func (r *REST) Call(ctx context.Context, sid string) (CallResource, error) {
	if !isSID(sid) {
		return CallResource{}, errors.New("look up call: no call of that id can exist")
	}
	resource, err := r.send(ctx, restRequest{method: http.MethodGet, path: "/Calls/" + sid + ".json", repeatable: true})
	if err != nil {
		return CallResource{}, fmt.Errorf("look up call %s: %w", sid, err)
	}
	return resource, nil
}

// String names the account and where its API is.
func (r *REST) String() string { return "REST API of account " + r.account + " at " + r.base }

// Counters returns what has been counted so far.
func (r *REST) Counters() RESTCounters { return r.tally.snapshot() }

// Close lets go of connections that nothing uses. Requests under way go on.
func (r *REST) Close() {
	if r.own != nil {
		r.own.CloseIdleConnections()
	}
}
