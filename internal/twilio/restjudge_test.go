package twilio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// apiRequest is what a server sees of a request to the API.
type apiRequest struct {
	Method, Host, Path, Query string
	Authorization             string
	ContentType               string
	Form                      url.Values
}

// apiRecorder is a server that takes every request down and answers with a call.
type apiRecorder struct{ seen []apiRequest }

func (a *apiRecorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // a wrong form shows as a missing one
	host := r.Header.Get("X-Meant-For")
	if host == "" {
		host = "https://" + r.Host
	}
	a.seen = append(a.seen, apiRequest{
		r.Method, host, r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.PostForm,
	})
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusCreated)
	}
	_, _ = w.Write([]byte(callAnswer))
}

// handlerTransport takes requests to a handler, whatever their address.
type handlerTransport struct{ handler http.Handler }

func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	inner := r.Clone(context.Background())
	inner.Host = r.URL.Host
	t.handler.ServeHTTP(recorder, inner)
	return recorder.Result(), nil
}

// TestRequestsEqualTwilios makes the same requests with our client and with
// Twilio's library, and compares what a server sees of them.
func TestRequestsEqualTwilios(t *testing.T) {
	type question struct {
		config RESTConfig
		ask    func(context.Context, *REST) error
		theirs requestQuestion
	}
	update := func(u CallUpdate) func(context.Context, *REST) error {
		return func(ctx context.Context, r *REST) error { return r.UpdateCall(ctx, restSID, u) }
	}
	create := func(c NewCall) func(context.Context, *REST) error {
		return func(ctx context.Context, r *REST) error { _, err := r.CreateCall(ctx, c); return err }
	}
	const twiml = `<?xml version="1.0" encoding="UTF-8"?><Response><Say voice="Polly.Joanna">Größe &amp; "Zeit" 漢字 😀 100 % ~*!'()</Say></Response>`
	token := RESTConfig{AccountSID: restAccount, AuthToken: restToken}
	key := RESTConfig{AccountSID: restAccount, APIKey: "SK00000000000000000000000000000003", APISecret: "5ecre70f7he:key"}
	asked := []question{
		{token, update(CallUpdate{TwiML: twiml}), requestQuestion{SID: restSID, Update: map[string]any{"twiml": twiml}}},
		{token, update(CallUpdate{URL: "https://voice.example.com/a?b=c&d", Method: "POST", FallbackURL: "https://voice.example.com/f"}), requestQuestion{SID: restSID, Update: map[string]any{"url": "https://voice.example.com/a?b=c&d", "method": "POST", "fallbackUrl": "https://voice.example.com/f"}}},
		{key, update(CallUpdate{Status: "completed"}), requestQuestion{SID: restSID, Update: map[string]any{"status": "completed"}}},
		{key, update(CallUpdate{TimeLimit: time.Hour, StatusCallback: "https://voice.example.com/s"}), requestQuestion{SID: restSID, Update: map[string]any{"timeLimit": 3600, "statusCallback": "https://voice.example.com/s"}}},
		{token, create(newTestCall()), requestQuestion{Create: map[string]any{"to": "+15550199", "from": "+15550100", "url": "https://voice.example.com/twiml", "method": "POST"}}},
		{
			key,
			create(NewCall{
				To: "+15550199", From: "+15550100", URL: "https://voice.example.com/twiml?line=a-b_c", StatusCallback: "https://voice.example.com/s", StatusEvents: []string{"answered", "completed"},
				Timeout: 30 * time.Second, TimeLimit: time.Hour, Machine: MachineDetection{"DetectMessageEnd", 20 * time.Second, 2400 * time.Millisecond, 1200 * time.Millisecond, 5 * time.Second},
			}),
			requestQuestion{Create: map[string]any{
				"to": "+15550199", "from": "+15550100", "url": "https://voice.example.com/twiml?line=a-b_c", "method": "POST", "statusCallback": "https://voice.example.com/s", "statusCallbackEvent": []string{"answered", "completed"},
				"timeout": 30, "timeLimit": 3600, "machineDetection": "DetectMessageEnd", "machineDetectionTimeout": 20, "machineDetectionSpeechThreshold": 2400, "machineDetectionSpeechEndThreshold": 1200, "machineDetectionSilenceTimeout": 5000,
			}},
		},
		{token, func(ctx context.Context, r *REST) error { _, err := r.Call(ctx, restSID); return err }, requestQuestion{SID: restSID}},
	}
	for _, place := range []struct{ region, edge string }{{"ie1", ""}, {"au1", "sydney"}, {"", "dublin"}} {
		config := token
		config.Region, config.Edge = place.region, place.edge
		asked = append(asked, question{config, update(hangUpUpdate), requestQuestion{SID: restSID, Update: map[string]any{"status": "completed"}}})
	}

	var ours, theirs apiRecorder
	server := httptest.NewServer(&theirs)
	defer server.Close()
	var q questions
	for _, question := range asked {
		config := question.config
		config.Transport = handlerTransport{&ours}
		if err := question.ask(t.Context(), newTestREST(t, config)); err != nil {
			t.Fatal(err)
		}
		same := question.theirs
		same.Server, same.Account, same.Region, same.Edge = server.URL, config.AccountSID, config.Region, config.Edge
		same.User, same.Password, _ = config.credentials()
		q.Requests = append(q.Requests, same)
	}
	judge(t, q)
	if len(theirs.seen) != len(asked) {
		t.Fatalf("Twilio's library made %d requests, want %d", len(theirs.seen), len(asked))
	}
	for i := range theirs.seen {
		if i == 6 { // of a request without a form
			theirs.seen[i].ContentType = strings.TrimPrefix(theirs.seen[i].ContentType, "application/x-www-form-urlencoded")
		}
		if diff := cmp.Diff(theirs.seen[i], ours.seen[i]); diff != "" {
			t.Errorf("request %d (-Twilio +ours):\n%s", i, diff)
		}
	}
}
