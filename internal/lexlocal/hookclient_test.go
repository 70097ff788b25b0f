package lexlocal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

// lambda is a Lambda function behind HTTP. It answers with what answer writes
// and keeps the events.
type lambda struct {
	mu     sync.Mutex // guards what follows
	answer http.HandlerFunc
	events []hookEvent
	header http.Header // of the last invocation
}

func (l *lambda) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var e hookEvent
	if err = errors.Join(err, json.Unmarshal(body, &e)); err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	l.mu.Lock()
	l.events, l.header = append(l.events, e), r.Header
	answer := l.answer
	l.mu.Unlock()
	answer(w, r)
}

// change makes it answer otherwise.
func (l *lambda) change(now http.HandlerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = now
}

// invocations returns the events so far.
func (l *lambda) invocations() []hookEvent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events
}

// says returns a function that always answers the same.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

const placed = `{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "OrderFlowers", "state": "Fulfilled"}},
  "messages": [{"contentType": "PlainText", "content": "Placed."}], "requestAttributes": {"from": "function"}}`

// serveHooked starts a server whose bot has the function.
func serveHooked(t *testing.T, l *lambda, edit func(*botdef.Locale)) *testServer {
	t.Helper()
	function := httptest.NewServer(l)
	t.Cleanup(function.Close)
	return serve(t, func(cfg *Config) {
		cfg.Hooks = map[string]string{"OrderFlowers": function.URL + "/2015-03-31/functions/F/invocations"}
		if edit != nil {
			edit(cfg.Bots[0].Locales[0])
		}
	})
}

// toLastQuestion takes the order of a session to its confirmation.
func (ts *testServer) toLastQuestion(t *testing.T, session string) {
	t.Helper()
	for _, text := range []string{"I would like to order some flowers.", "lilies", "tomorrow", "five p m"} {
		ts.say(t, session, text)
	}
}

func (ts *testServer) yes(session string) *lexruntimev2.RecognizeTextInput {
	return &lexruntimev2.RecognizeTextInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: &session, Text: aws.String("yes"),
		RequestAttributes: map[string]string{"x-lexline-turn": session + "/5"},
	}
}

func TestFunctionIsInvoked(t *testing.T) {
	l := &lambda{answer: says(placed)}
	ts := serveHooked(t, l, nil)
	ts.toLastQuestion(t, "CA7")
	out, err := ts.runtime.RecognizeText(t.Context(), ts.yes("CA7"))
	if err != nil {
		t.Fatal(err)
	}
	if got := *out.Messages[0].Content; got != "Placed." || out.SessionState.Intent.State != types.IntentStateFulfilled || out.RequestAttributes["from"] != "function" {
		t.Errorf("bot says %q, state %s, attributes %v; want the function's", got, out.SessionState.Intent.State, out.RequestAttributes)
	}
	events := l.invocations()
	if len(events) != 1 {
		t.Fatalf("%d invocations, want 1", len(events))
	}
	e := events[0]
	if want := (hookBot{"FLOWERSBOT", "OrderFlowers", "TSTALIASID", DraftAlias, "en_US", "DRAFT"}); e.Bot != want {
		t.Errorf("bot of the event %+v, want %+v", e.Bot, want)
	}
	if e.SessionID != "CA7" || e.ResponseContentType != textPlain || e.RequestAttributes["x-lexline-turn"] != "CA7/5" || e.SessionState.RequestID == "" {
		t.Errorf("event %+v, want session CA7, text, its turn and a request id", e)
	}
	if l.header.Get("X-Lexline-Region") != "us-east-1" || l.header.Get("X-Amz-Invocation-Type") != "RequestResponse" {
		t.Errorf("headers %v, want the region and the kind of invocation", l.header)
	}
}

func TestFunctionIsInvokedBySpeechAndPutSession(t *testing.T) {
	l := &lambda{answer: says(placed)}
	ts := serveHooked(t, l, nil)
	ts.toLastQuestion(t, "CA7")
	in := utter("CA7", "text/plain; charset=utf-8", strings.NewReader("yes"))
	in.BotAliasId, in.ResponseContentType = draft, aws.String("audio/pcm")
	out, err := ts.runtime.RecognizeUtterance(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(readAll(t, out.AudioStream)); got != 2*160*len("Placed.") {
		t.Errorf("voice of %d bytes, want that of the function's words", got)
	}
	put, err := ts.runtime.PutSession(t.Context(), &lexruntimev2.PutSessionInput{
		BotId: flowersBot, BotAliasId: draft, LocaleId: english, SessionId: aws.String("CA8"),
		SessionState: &types.SessionState{
			DialogAction: &types.DialogAction{Type: types.DialogActionTypeDelegate},
			Intent:       &types.Intent{Name: aws.String("OrderFlowers"), State: types.IntentStateReadyForFulfillment},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, put.AudioStream)
	var kinds []string
	for _, e := range l.invocations() {
		kinds = append(kinds, e.SessionID+" "+e.InputMode+" "+e.ResponseContentType+" "+e.InputTranscript)
	}
	if diff := cmp.Diff([]string{"CA7 Text audio/pcm yes", "CA8 Text text/plain; charset=utf-8 "}, kinds); diff != "" {
		t.Errorf("invocations (-want +got):\n%s", diff)
	}
}

func TestFunctionFails(t *testing.T) {
	functionError := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = io.WriteString(w, `{"errorMessage": "no such flower", "errorType": "ValueError"}`)
	}
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"an exception", functionError, "it failed (Unhandled): no such flower"},
		{"a function that is not there", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"Type": "User", "message": "Function not found"}`)
		}, "status 404: Function not found"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "status 302"},
		{"no JSON", says("done"), "not the expected JSON"},
		{"no session state", says("{}"), "sessionState is missing"},
		{"an unknown slot", says(`{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "OrderFlowers", "slots": {"Colour": null}}}}`), `no slot "Colour"`},
		{"too long an answer", says(strings.Replace(placed, "Placed.", strings.Repeat("x", maxHookAnswer), 1)), "longer than 25600 bytes"},
		{"a broken answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "invoke it"},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "{")
		}, "read its answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &lambda{answer: test.answer}
			ts := serveHooked(t, l, nil)
			ts.toLastQuestion(t, "CA7")
			_, err := ts.runtime.RecognizeText(t.Context(), ts.yes("CA7"))
			failed, ok := errors.AsType[*types.DependencyFailedException](err)
			if !ok || !strings.Contains(failed.ErrorMessage(), test.want) {
				t.Fatalf("error %v, want a DependencyFailedException with %q", err, test.want)
			}
			if status := ts.records.last().Status; status != http.StatusFailedDependency {
				t.Errorf("recorded status %d, want 424", status)
			}
			l.change(says(placed)) // the session is where it was: yes can be said again
			if out, err := ts.runtime.RecognizeText(t.Context(), ts.yes("CA7")); err != nil || out.SessionState.Intent.State != types.IntentStateFulfilled {
				t.Errorf("after the failure: %v, want the order fulfilled", err)
			}
		})
	}
}

func TestFunctionIsCalledSoOftenAndNoMore(t *testing.T) {
	l := &lambda{answer: says(`{"sessionState": {"dialogAction": {"type": "Delegate"}, "intent": {"name": "OrderFlowers"}}}`)}
	ts := serveHooked(t, l, func(loc *botdef.Locale) {
		order(loc).DialogHook = true
		order(loc).Initial.Hook = &botdef.CodeHook{
			Active: true, Invoke: true, Success: botdef.Outcome{Next: &botdef.Step{Action: "StartIntent", Intent: "OrderFlowers"}},
		}
	})
	in := ts.yes("CA7")
	in.Text = aws.String("I would like to order some flowers.")
	_, err := ts.runtime.RecognizeText(t.Context(), in)
	if _, ok := errors.AsType[*types.DependencyFailedException](err); !ok || len(l.invocations()) != maxHookCalls {
		t.Errorf("error %v after %d calls; want a DependencyFailedException after %d", err, len(l.invocations()), maxHookCalls)
	}
}

// The client gives up while the function works: the function works to its end,
// and the session is as if nobody had asked.
func TestClientGoesAwayDuringTheFunction(t *testing.T) {
	begun, finish, finished := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	l := &lambda{answer: func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-finish
		finished <- r.Context().Err()
		says(placed)(w, r)
	}}
	ts := serveHooked(t, l, nil)
	ts.toLastQuestion(t, "CA7")
	ctx, giveUp := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := ts.runtime.RecognizeText(ctx, ts.yes("CA7"))
		answered <- err
	}()
	<-begun
	giveUp()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the client's own", err)
	}
	if _, err := ts.runtime.RecognizeText(t.Context(), ts.yes("CA7")); err == nil || !strings.Contains(err.Error(), "ConflictException") {
		t.Errorf("the turn again, while the function works: %v, want a ConflictException", err)
	}
	close(finish)
	if err := <-finished; err != nil {
		t.Errorf("the function was given up: %v", err)
	}
	l.change(says(placed))
	for { // until the first request is over
		out, err := ts.runtime.RecognizeText(t.Context(), ts.yes("CA7"))
		if err != nil && strings.Contains(err.Error(), "ConflictException") && t.Context().Err() == nil {
			continue
		}
		if err != nil || out.SessionState.Intent.State != types.IntentStateFulfilled {
			t.Errorf("the turn again: %v, want the order fulfilled from the confirmation", err)
		}
		break
	}
	if n := len(l.invocations()); n != 2 {
		t.Errorf("%d invocations, want 2: lexlocal itself does not make it once", n)
	}
}

func TestFunctionIsGivenItsTimeOnly(t *testing.T) {
	hold := make(chan struct{})
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-hold
	}))
	defer function.Close()
	defer close(hold)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := invokeFunction(ctx, function.URL, "us-east-1", &hookEvent{}); err == nil || !strings.Contains(err.Error(), "did not answer within 30s") {
		t.Errorf("a function that hangs: %v, want that it did not answer", err)
	}
}

func TestHooksOfTheConfiguration(t *testing.T) {
	for _, test := range []struct{ bot, url, want string }{
		{"OrderFlowers", "http://127.0.0.1:9000/2015-03-31/functions/F/invocations", ""},
		{"OrderFlower", "http://127.0.0.1:9000/", "not served"},
		{"OrderFlowers", "127.0.0.1:9000", "hook of bot OrderFlowers: "},
		{"OrderFlowers", "ftp://127.0.0.1/", "not an http or https URL"},
		{"OrderFlowers", "http:///invocations", "not an http or https URL"},
	} {
		_, err := New(Config{Bots: []*botdef.Bot{loadBot(t, "OrderFlowers")}, Hooks: map[string]string{test.bot: test.url}})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("hook %s=%s: %v, want an error with %q", test.bot, test.url, err, test.want)
		}
	}
}
