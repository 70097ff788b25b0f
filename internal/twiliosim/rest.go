package twiliosim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	apiVersion  = "2010-04-01"
	maxRESTBody = 64 << 10 // bytes of a request
	restTimeout = 10 * time.Second
)

// The error numbers of Twilio's REST API that the phone answers with. Each is
// explained at https://www.twilio.com/docs/api/errors/NUMBER.
const (
	codeCredentials  = 20003
	codeMethod       = 20004
	codeNotFound     = 20404
	codeTooMany      = 20429
	codeServerError  = 20500
	codeCalls        = 21200 // a parameter of the Calls resource is not acceptable
	codeNoTo         = 21201
	codeURL          = 21205
	codeRingTimeout  = 21208
	codeHTTPMethod   = 21209
	codeTo           = 21211
	codeFrom         = 21212
	codeNoFrom       = 21213
	codeNotInProcess = 21220 // the call is not in progress
)

// restError is an answer of the REST API that is not a success.
type restError struct {
	status, code int
	message      string
}

func badRequest(code int, format string, args ...any) *restError {
	return &restError{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// rest is the phone's REST API. The zero value serves nothing.
type rest struct {
	phone    *Phone
	server   *http.Server
	listener net.Listener
	serving  sync.WaitGroup
	faults   restFaults
	numbers  numbers
}

// RESTHandler returns the REST API of the phone. It has the Calls resource of its calls
// (https://www.twilio.com/docs/voice/api/call-resource): a call can be read and updated,
// and a new one created. And it has the IncomingPhoneNumbers of Config.Numbers
// (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource), which
// can be listed, read and changed.
func (p *Phone) RESTHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/"+apiVersion+"/Accounts/{account}/IncomingPhoneNumbers/{number}", p.rest.guard(p.rest.number))
	mux.HandleFunc("/"+apiVersion+"/Accounts/{account}/IncomingPhoneNumbers.json", p.rest.guard(p.rest.list))
	mux.HandleFunc("/"+apiVersion+"/Accounts/{account}/Calls/{call}", p.rest.guard(p.rest.call))
	mux.HandleFunc("/"+apiVersion+"/Accounts/{account}/Calls.json", p.rest.guard(p.rest.create))
	mux.HandleFunc("/", p.rest.guard(func(_ http.ResponseWriter, r *http.Request) *restError { return notFound(r) }))
	return mux
}

// RESTURL returns the base URL of the phone's REST API, to be used in place of
// https://api.twilio.com; empty unless Config.RESTListen is set.
func (p *Phone) RESTURL() string {
	if p.rest.listener == nil {
		return ""
	}
	return "http://" + p.rest.listener.Addr().String()
}

// listen serves the REST API at address until close.
func (r *rest) listen(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for REST requests: %w", err)
	}
	r.listener = listener
	r.server = &http.Server{Handler: r.phone.RESTHandler(), ReadHeaderTimeout: restTimeout, MaxHeaderBytes: maxRESTBody}
	r.serving.Go(func() {
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err) // nothing but close ends it
		}
	})
	return nil
}

// finish lets the answers under way reach who has asked.
func (r *rest) finish() {
	if r.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), restTimeout)
	defer cancel()
	_ = r.server.Shutdown(ctx) // close follows
}

func (r *rest) close() {
	if r.server != nil {
		_ = r.server.Close() // requests under way are lost, as with a process that ends
	}
	r.serving.Wait()
}

// guard lets through who has the credentials, unless the API is to fail, and words
// errors.
func (r *rest) guard(serve func(http.ResponseWriter, *http.Request) *restError) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		req.Body = http.MaxBytesReader(w, req.Body, maxRESTBody)
		lost, failed := r.check(req)
		answer := w
		if lost {
			answer = unsent{http.Header{}}
		}
		if failed == nil {
			failed = serve(answer, req)
		}
		if lost {
			panic(http.ErrAbortHandler)
		}
		if failed == nil {
			return
		}
		if failed.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
		}
		writeJSON(w, failed.status, map[string]any{
			"code": failed.code, "message": failed.message, "status": failed.status,
			"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", failed.code),
		})
	}
}

// check returns the error that a request meets with before it is looked at, nil for none,
// and whether its answer is to be lost.
func (r *rest) check(req *http.Request) (lost bool, failed *restError) {
	notForm := req.ParseForm() // before anything else: who hangs up is noticed once the body was read
	if lost, failed = r.faults.strike(req); failed != nil {
		return false, failed
	}
	user, password, ok := req.BasicAuth()
	cfg := &r.phone.cfg
	switch {
	case ok && user == cfg.Account && password == cfg.AuthToken:
	case ok && cfg.APIKey != "" && user == cfg.APIKey && password == cfg.APISecret:
	default:
		return lost, &restError{http.StatusUnauthorized, codeCredentials, "Authenticate"}
	}
	if notForm != nil {
		return lost, badRequest(codeCalls, "the request is not a form: %v", notForm)
	}
	if account := req.PathValue("account"); account != "" && account != cfg.Account {
		return lost, notFound(req)
	}
	return lost, nil
}

func notFound(r *http.Request) *restError {
	return &restError{http.StatusNotFound, codeNotFound, "The requested resource " + r.URL.Path + " was not found"}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who does not read it has hung up
}

// call serves one call: read by GET, updated by POST.
func (r *rest) call(w http.ResponseWriter, req *http.Request) *restError {
	sid, isJSON := strings.CutSuffix(req.PathValue("call"), ".json")
	c := r.phone.calls.find(sid)
	switch {
	case c == nil || !isJSON:
		return notFound(req)
	case req.Method != http.MethodGet && req.Method != http.MethodPost:
		return &restError{http.StatusMethodNotAllowed, codeMethod, "Method not allowed"}
	}
	var update *callUpdate
	if req.Method == http.MethodPost {
		var failed *restError
		if update, failed = parseUpdate(req.PostForm); failed != nil {
			return failed
		}
	}
	var shown resource
	var failed *restError
	c.ask(func() {
		if update != nil {
			failed = c.update(update)
		}
		shown = c.resource()
	})
	if failed == nil {
		writeJSON(w, http.StatusOK, shown)
		r.phone.calls.looked(c, shown.Ended != nil)
	}
	return failed
}
