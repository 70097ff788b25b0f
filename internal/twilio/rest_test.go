package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	restAccount = "AC00000000000000000000000000000001"
	restSID     = "CA00000000000000000000000000000002"
	restToken   = "b4d5ecret70ken0f7heacc0un7"
	callAnswer  = `{"sid": "` + restSID + `", "status": "queued", "answered_by": null, "duration": null, "from": "+15550100", "to": "+15550199"}`
)

var hangUpUpdate = CallUpdate{Status: "completed"}

func newTestCall() NewCall {
	return NewCall{To: "+15550199", From: "+15550100", URL: "https://voice.example.com/twiml"}
}

// restStep is what a scripted transport does with one attempt.
type restStep struct {
	status int           // 0: the connection breaks, or cannot be made
	after  string        // Retry-After
	takes  time.Duration // until the answer
	unsent bool          // there is no connection
	body   string
}

// scriptedTransport plays Twilio, on the time of its bubble.
type scriptedTransport struct {
	steps []restStep // the last one goes on for ever
	began time.Time
	seen  []time.Duration // when attempts were made
}

func (s *scriptedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	s.seen = append(s.seen, time.Since(s.began))
	step := s.steps[min(len(s.seen), len(s.steps))-1]
	if !step.unsent {
		httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
	}
	if !sleep(r.Context(), step.takes) {
		return nil, r.Context().Err()
	}
	if step.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	header := http.Header{}
	if step.after != "" {
		header.Set("Retry-After", step.after)
	}
	return &http.Response{StatusCode: step.status, Header: header, Body: io.NopCloser(strings.NewReader(step.body)), Request: r}, nil
}

// TestRequestsAreRepeated has each kind of request meet a series of answers. The
// draws of chance are all 0, so that the waits are 100, 200 and 400 ms.
func TestRequestsAreRepeated(t *testing.T) {
	ms := func(times ...int) (all []time.Duration) {
		for _, n := range times {
			all = append(all, time.Duration(n)*time.Millisecond)
		}
		return all
	}
	ok, broken, throttled := restStep{status: 200, body: callAnswer}, restStep{status: 500}, restStep{status: 429, body: `{"code": 20429}`}
	for _, test := range []struct {
		name      string
		steps     []restStep
		create    bool
		seen      []time.Duration
		fails     bool
		uncertain bool
		counts    RESTCounters
	}{
		{"done at once", []restStep{ok}, false, ms(0), false, false, RESTCounters{Requests: 1}},
		{"update after a fault", []restStep{broken, ok}, false, ms(0, 100), false, false, RESTCounters{Requests: 1, Retries: 1}},
		{"update given up", []restStep{broken}, false, ms(0, 100, 300, 700), true, true, RESTCounters{Requests: 1, Retries: 3, Broken: 1}},
		{"update whose connection breaks", []restStep{{}, ok}, false, ms(0, 100), false, false, RESTCounters{Requests: 1, Retries: 1}},
		{"update that is not answered", []restStep{{takes: time.Minute}, ok}, false, ms(0, 5100), false, false, RESTCounters{Requests: 1, Retries: 1}},
		{"never answered", []restStep{{takes: time.Minute}}, false, ms(0, 5100, 10300), true, true, RESTCounters{Requests: 1, Retries: 2, TimedOut: 1}},
		{"wrong update", []restStep{{status: 400}}, false, ms(0), true, false, RESTCounters{Requests: 1, Refused: 1}},
		{"redirected", []restStep{{status: 307}}, false, ms(0), true, false, RESTCounters{Requests: 1, Refused: 1}},
		{"an update's answer is not read", []restStep{{status: 200, body: "<html>"}}, false, ms(0), false, false, RESTCounters{Requests: 1}},

		{"call placed", []restStep{ok}, true, ms(0), false, false, RESTCounters{Requests: 1}},
		{"call throttled", []restStep{throttled, throttled, ok}, true, ms(0, 100, 300), false, false, RESTCounters{Requests: 1, Retries: 2}},
		{"call throttled for longer", []restStep{{status: 429, after: "4"}, ok}, true, ms(0, 4000), false, false, RESTCounters{Requests: 1, Retries: 1}},
		{"call throttled for good", []restStep{{status: 429, after: "9"}}, true, ms(0, 9000), true, false, RESTCounters{Requests: 1, Retries: 1, Throttled: 1}},
		{"call without connection", []restStep{{unsent: true}, ok}, true, ms(0, 100), false, false, RESTCounters{Requests: 1, Retries: 1}},
		{"call with a connection that takes for ever", []restStep{{unsent: true, takes: time.Minute}, ok}, true, ms(0, 5100), false, false, RESTCounters{Requests: 1, Retries: 1}},
		{"call whose connection breaks", []restStep{{}}, true, ms(0), true, true, RESTCounters{Requests: 1, Unreachable: 1}},
		{"call that is not answered", []restStep{{takes: time.Minute}}, true, ms(0), true, true, RESTCounters{Requests: 1, TimedOut: 1}},
		{"call and a fault", []restStep{broken}, true, ms(0), true, true, RESTCounters{Requests: 1, Broken: 1}},
		{"call and no time", []restStep{{status: 503, after: "1"}}, true, ms(0), true, true, RESTCounters{Requests: 1, Broken: 1}},
		{"call with an answer that is none", []restStep{{status: 201, body: "<html>"}}, true, ms(0), true, true, RESTCounters{Requests: 1, Unreadable: 1}},
		{"call refused after a throttle", []restStep{throttled, {status: 400}}, true, ms(0, 100), true, false, RESTCounters{Requests: 1, Retries: 1, Refused: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &scriptedTransport{steps: test.steps, began: time.Now()}
				r := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: transport})
				var err error
				if test.create {
					_, err = r.CreateCall(t.Context(), newTestCall())
				} else {
					err = r.UpdateCall(t.Context(), restSID, hangUpUpdate)
				}
				if (err != nil) != test.fails || IsUncertain(err) != test.uncertain {
					t.Errorf("error %v, uncertain %v; want an error %v, uncertain %v", err, IsUncertain(err), test.fails, test.uncertain)
				}
				if diff := cmp.Diff(test.seen, transport.seen); diff != "" {
					t.Errorf("attempts were made at (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.counts, r.Counters()); diff != "" {
					t.Errorf("counters (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func newTestREST(t *testing.T, config RESTConfig) *REST {
	t.Helper()
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	r, err := NewREST(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	r.random = func() float64 { return 0 }
	return r
}

// TestOutageIsNotMultiplied has 100 requests a minute fail for an hour.
func TestOutageIsNotMultiplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &scriptedTransport{steps: []restStep{{status: 503}}, began: time.Now()}
		r := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: transport})
		for range 6000 {
			if err := r.UpdateCall(t.Context(), restSID, hangUpUpdate); err == nil {
				t.Fatal("an update succeeded in an outage")
			}
			time.Sleep(10 * time.Millisecond)
		}
		counts := r.Counters()
		if spent := time.Since(transport.began); counts.Retries > budgetSize+int64(spent/budgetRefill)+1 {
			t.Errorf("%d requests in %v were repeated %d times", counts.Requests, spent, counts.Retries)
		}
		if counts.RefusedRetries < 5000 || counts.Broken != 6000 {
			t.Errorf("counters are %+v; want most repetitions refused, and all requests broken", counts)
		}
	})
}

// TestCallersPatience cancels a request between two attempts and within one.
func TestCallersPatience(t *testing.T) {
	for name, steps := range map[string][]restStep{
		"between attempts":  {{status: 429, after: "8"}},
		"within an attempt": {{takes: 4 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &scriptedTransport{steps: steps, began: time.Now()}
				r := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: transport})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				err := r.UpdateCall(ctx, restSID, hangUpUpdate)
				if took := time.Since(transport.began); err == nil || took != time.Second || len(transport.seen) != 1 {
					t.Errorf("error %v after %v and %d attempts; want one after 1s and 1 attempt", err, took, len(transport.seen))
				}
			})
		})
	}
}

// TestAPIOverSockets has the client meet servers that are rude in ways that only
// sockets show.
func TestAPIOverSockets(t *testing.T) {
	var attempts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		attempts.Add(1)
		switch r.FormValue("To") {
		case "break":
			panic(http.ErrAbortHandler)
		case "redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case "flood":
			_, _ = w.Write([]byte(`{"sid": "` + restSID + `", "status": "` + strings.Repeat("x", 2*maxRESTAnswer) + `"}`))
		default:
			_, _ = io.WriteString(w, callAnswer)
		}
	}))
	defer server.Close()
	r := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, BaseURL: server.URL})
	for _, test := range []struct {
		to        string
		want      string // in the error
		uncertain bool
	}{
		{"good", "", false},
		{"break", "place call: EOF", true},
		{"redirect", "307", false},
		{"flood", "the answer is no call", true},
	} {
		attempts.Store(0)
		call := newTestCall()
		call.To = test.to
		_, err := r.CreateCall(t.Context(), call)
		if text := fmt.Sprint(err); !strings.Contains(text, test.want) || (err == nil) != (test.want == "") {
			t.Errorf("%s: error %v, want %q in it", test.to, err, test.want)
		}
		if IsUncertain(err) != test.uncertain || attempts.Load() != 1 {
			t.Errorf("%s: uncertain %v after %d attempts, want %v after 1", test.to, IsUncertain(err), attempts.Load(), test.uncertain)
		}
	}
	server.Close()
	r.Close() // else a connection that is not known yet to be closed may be used
	_, err := r.CreateCall(t.Context(), newTestCall())
	if counts := r.Counters(); err == nil || IsUncertain(err) || counts.Retries != maxAttempts-1 {
		t.Errorf("without a server: error %v, uncertain %v, %d repetitions; want a certain one after %d", err, IsUncertain(err), counts.Retries, maxAttempts-1)
	}
}

// TestRefusals reads what Twilio says when it refuses.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name string
		step restStep
		text string
		is   func(error) bool
	}{
		{"not in progress", restStep{status: 400, body: `{"code": 21220, "message": "Call is not in-progress. Cannot redirect.", "more_info": "https://www.twilio.com/docs/errors/21220", "status": 400}`}, "error 21220: Call is not in-progress. Cannot redirect.", IsNotInProgress},
		{"not found", restStep{status: 404, body: `{"code": 20404, "message": "The requested resource /Calls was not found"}`}, "404 Not Found, error 20404: The requested", IsNotFound},
		{"unauthorized", restStep{status: 401, body: `{"code": 20003, "message": "Authenticate"}`}, "401 Unauthorized, error 20003: Authenticate", IsUnauthorized},
		{"unauthorized, by a proxy", restStep{status: 401, body: `<html>no</html>`}, "twilio answered 401 Unauthorized", IsUnauthorized},
		{"a page", restStep{status: 403, body: `<html>no</html>`}, "twilio answered 403 Forbidden", func(error) bool { return true }},
	} {
		r := newTestREST(t, RESTConfig{AccountSID: restAccount, AuthToken: restToken, Transport: &scriptedTransport{steps: []restStep{test.step}}})
		err := r.UpdateCall(t.Context(), restSID, hangUpUpdate)
		if err == nil || !strings.Contains(err.Error(), test.text) || !test.is(err) {
			t.Errorf("%s: error %v, recognised %v; want %q in it", test.name, err, err != nil && test.is(err), test.text)
		}
		others := 0
		for _, is := range []func(error) bool{IsNotInProgress, IsNotFound, IsUnauthorized} {
			if is(err) {
				others++
			}
		}
		if others > 1 {
			t.Errorf("%s: error %v is recognised as %d things", test.name, err, others)
		}
	}
}

// TestSecretsStaySecret has a server send everything back that it was sent, as a
// broken proxy might, and looks for it in the error, the log and what is printed.
func TestSecretsStaySecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"code": 20500, "message": "%s / %s / %s for %s", "more_info": "https://x/%s"}`,
			r.Header.Get("Authorization"), user, password, "+14155550199", password)
	}))
	defer server.Close()
	for name, config := range map[string]RESTConfig{
		"auth token": {AccountSID: restAccount, AuthToken: restToken},
		"API key":    {AccountSID: restAccount, AuthToken: restToken, APIKey: "SK00000000000000000000000000000003", APISecret: "5ecre70f7hekey"},
	} {
		var log bytes.Buffer
		config.BaseURL, config.Logger = server.URL, slog.New(slog.NewTextHandler(&log, nil))
		r := newTestREST(t, config)
		err := r.UpdateCall(t.Context(), restSID, hangUpUpdate)
		config.Logger.Info("made", "config", config)
		refusal, _ := errors.AsType[*RESTError](err)
		all := fmt.Sprintf("%v %+v %#v %v %+v %v %+v %s", err, config, config, r, r, refusal, *refusal, log.String())
		for _, secret := range []string{restToken, "5ecre70f7hekey", r.authorization, strings.TrimPrefix(r.authorization, "Basic "), "4155550199"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: %q shows in\n%s", name, secret, all)
			}
		}
		if !strings.Contains(log.String(), "is repeated") || !strings.Contains(all, "***99") {
			t.Errorf("%s: the test saw no log line, or no masked number, in\n%s", name, all)
		}
	}
}
