package twilio

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// withForm returns callForm with changes: names and values in turn.
func withForm(sid string, changes ...string) url.Values {
	form := callForm(sid)
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form
}

func TestWebhook(t *testing.T) {
	x := openExchange(t, nothing, nil)
	status, twiml := x.post("/twiml", callForm("CA1"))
	root := parseXML(t, []byte(twiml))
	var verbs []string
	for _, verb := range root.Children {
		verbs = append(verbs, verb.XMLName.Local)
	}
	if diff := cmp.Diff([]string{"Say", "Connect", "Redirect"}, verbs); status != http.StatusOK || diff != "" {
		t.Fatalf("POST /twiml = %d, verbs (-want +got):\n%s", status, diff)
	}
	address := streamURL(t, twiml)
	token, found := strings.CutPrefix(address, "ws"+strings.TrimPrefix(x.base, "http")+"/stream/")
	if !found || root.Children[1].Attrs[0].Value != x.base+"/resume" {
		t.Errorf("stream %s, action %s; want them below %s", address, root.Children[1].Attrs[0].Value, x.base)
	}
	facts, _, err := x.door.sealer.open(token, time.Now())
	facts.expires = time.Time{}
	want := claims{callSID: "CA1", accountSID: testAccount, line: "flowers", from: "+14155550123", to: "+14155550100"}
	if diff := cmp.Diff(want, facts, compareClaims); diff != "" || err != nil {
		t.Errorf("token: %v, claims (-want +got):\n%s", err, diff)
	}
}

// TestRefusedWebhooks has requests that are not, or not rightly, from Twilio.
func TestRefusedWebhooks(t *testing.T) {
	x := openExchange(t, nothing, nil)
	form := callForm("CA1")
	right := sign(testToken, x.base+"/twiml", form)
	for _, test := range []struct {
		name, method, path string
		form               url.Values
		signature          string
		want               int
	}{
		{"no signature", "POST", "/twiml", form, "", http.StatusForbidden},
		{"another account's signature", "POST", "/twiml", form, sign("other", x.base+"/twiml", form), http.StatusForbidden},
		{"parameter changed", "POST", "/twiml", withForm("CA1", "To", "+19005550100"), right, http.StatusForbidden},
		{"parameter added", "POST", "/twiml", withForm("CA1", "x", "y"), right, http.StatusForbidden},
		{"parameter removed", "POST", "/twiml", url.Values{"CallSid": {"CA1"}}, right, http.StatusForbidden},
		{"query added", "POST", "/twiml?x=1", form, right, http.StatusForbidden},
		{"signature of /twiml at /resume", "POST", "/resume", form, right, http.StatusForbidden},
		{"host from the wire", "POST", "/twiml", form, sign(testToken, "http://evil.example/twiml", form), http.StatusForbidden},
		{"GET", "GET", "/twiml", nil, sign(testToken, x.base+"/twiml", nil), http.StatusMethodNotAllowed},
		{"GET of resume", "GET", "/resume", nil, "", http.StatusMethodNotAllowed},
		{"other account", "POST", "/twiml", withForm("CA1", "AccountSid", "AC9"), sign(testToken, x.base+"/twiml", withForm("CA1", "AccountSid", "AC9")), http.StatusForbidden},
		{"no CallSid", "POST", "/twiml", withForm("", "x", "y"), sign(testToken, x.base+"/twiml", withForm("", "x", "y")), http.StatusBadRequest},
		{"CallSid that is none", "POST", "/twiml", withForm("CA1\n<x>"), sign(testToken, x.base+"/twiml", withForm("CA1\n<x>")), http.StatusBadRequest},
		{"form of more than 64 KiB", "POST", "/twiml", withForm("CA1", "x", strings.Repeat("y", 64<<10)), right, http.StatusRequestEntityTooLarge},
		{"unknown path", "POST", "/other", form, right, http.StatusNotFound},
		{"path below", "POST", "/twiml/x", form, right, http.StatusNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := x.request(test.method, test.path, test.form, test.signature)
			if status != test.want || strings.Contains(body, "stream") {
				t.Errorf("%s %s = %d %q, want %d", test.method, test.path, status, body, test.want)
			}
			if status == http.StatusForbidden && strings.Contains(test.name, "signature") && body != "" {
				t.Errorf("a wrong signature was answered with %q, want not a word", body)
			}
		})
	}
	if n := len(x.door.calls.calls); n != 0 {
		t.Errorf("%d calls are remembered after nothing but refused requests", n)
	}
}

func TestWebhookWithAnotherBody(t *testing.T) {
	door := openExchange(t, nothing, nil).door
	for name, test := range map[string]struct {
		kind, body string
		want       int
	}{
		"JSON":        {"application/json", `{}`, http.StatusUnsupportedMediaType},
		"no type":     {"", "CallSid=CA1", http.StatusUnsupportedMediaType},
		"wrong form":  {"application/x-www-form-urlencoded", "CallSid=%zz", http.StatusBadRequest},
		"many fields": {"application/x-www-form-urlencoded; charset=UTF-8", strings.Repeat("a&", 20_000), http.StatusBadRequest},
	} {
		request := httptest.NewRequest(http.MethodPost, "/twiml", strings.NewReader(test.body))
		request.Header.Set("Content-Type", test.kind)
		recorder := httptest.NewRecorder()
		door.ServeHTTP(recorder, request)
		if recorder.Code != test.want {
			t.Errorf("%s: status %d, want %d", name, recorder.Code, test.want)
		}
	}
}

// TestLongFormIsNotWaitedFor announces a form that is too long, and never sends it.
func TestLongFormIsNotWaitedFor(t *testing.T) {
	door := openExchange(t, nothing, nil).door
	reader, writer := io.Pipe()
	defer writer.Close()
	request := httptest.NewRequest(http.MethodPost, "/twiml", reader)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.ContentLength = door.limits.Form + 1
	recorder := httptest.NewRecorder()
	door.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", recorder.Code)
	}
}

// TestFormMustBePlain: what is compressed may have been checked by somebody who saw
// something else.
func TestFormMustBePlain(t *testing.T) {
	door := openExchange(t, nothing, nil).door
	request := httptest.NewRequest(http.MethodPost, "/twiml", strings.NewReader("CallSid=CA1"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Content-Encoding", "gzip")
	recorder := httptest.NewRecorder()
	door.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusUnsupportedMediaType {
		t.Errorf("status %d, want 415", recorder.Code)
	}
}

// TestTwoSignatures has one that is right and one that somebody else may have checked.
func TestTwoSignatures(t *testing.T) {
	x := openExchange(t, nothing, nil)
	form := callForm("CA1")
	right := sign(testToken, x.base+"/twiml", form)
	for _, test := range []struct {
		name       string
		signatures []string
		want       int
	}{
		{"one", []string{right}, http.StatusOK},
		{"the right one first", []string{right, "x"}, http.StatusForbidden},
		{"the right one last", []string{"x", right}, http.StatusForbidden},
		{"the right one twice", []string{right, right}, http.StatusForbidden},
	} {
		request := httptest.NewRequest(http.MethodPost, "/twiml", strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header[signatureHeader] = test.signatures
		recorder := httptest.NewRecorder()
		x.door.ServeHTTP(recorder, request)
		if recorder.Code != test.want {
			t.Errorf("%s: status %d, want %d", test.name, recorder.Code, test.want)
		}
	}
}

func TestPing(t *testing.T) {
	x := openExchange(t, nothing, nil)
	if status, body := x.request(http.MethodGet, "/ping", nil, ""); status != http.StatusOK || body != "ok\n" {
		t.Errorf("GET /ping = %d %q, want 200", status, body)
	}
	if err := x.door.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := x.request(http.MethodGet, "/ping", nil, ""); status != http.StatusServiceUnavailable {
		t.Errorf("GET /ping of a closed door = %d, want 503", status)
	}
	for _, path := range []string{"/twiml", "/resume"} {
		if status, _ := x.post(path, callForm("CA1")); status != http.StatusServiceUnavailable {
			t.Errorf("POST %s to a closed door = %d, want 503", path, status)
		}
	}
}

func TestPrefix(t *testing.T) {
	door := openExchange(t, nothing, func(c *Config) { c.PublicURL += "/phone" }).door
	form := callForm("CA1")
	signature := sign(testToken, door.config.PublicURL+"/twiml", form)
	for _, path := range []string{"/twiml", "/phone/twiml"} { // the load balancer may cut the prefix
		request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set(signatureHeader, signature)
		recorder := httptest.NewRecorder()
		door.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusOK || !strings.Contains(recorder.Body.String(), "/phone/stream/") {
			t.Errorf("POST %s = %d %s, want a stream below /phone", path, recorder.Code, recorder.Body)
		}
	}
}

func TestLongTwiMLIsNotChunked(t *testing.T) {
	x := openExchange(t, nothing, func(c *Config) {
		c.Lines[0].Greeting, c.Lines[0].TwiML = "", "<Response><Say>"+strings.Repeat("Welcome. ", 4000)+"</Say>{{stream}}</Response>"
	})
	form := callForm("CA1")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.base+"/twiml", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(signatureHeader, sign(testToken, x.base+"/twiml", form))
	response, err := x.server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if len(response.TransferEncoding) > 0 || response.ContentLength < 36_000 {
		t.Errorf("answer of %d bytes with the transfer encodings %q, want its length and none", response.ContentLength, response.TransferEncoding)
	}
}

func TestCallsThatAreNotTaken(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		form   url.Values
		want   string
	}{
		{"number of no line", nil, withForm("CA1", "To", "+14155559999"), unknownText},
		{"all lines busy", func(c *Config) { c.Limits.Calls = 1 }, callForm("CA1"), busyText},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := openExchange(t, listen, test.change)
			if x.door.limits.Calls == 1 {
				x.started(x.greeted("CA2"), "CA2")
			}
			status, twiml := x.post("/twiml", test.form)
			if want := string(hangUp(nil, test.want)); status != http.StatusOK || twiml != want {
				t.Errorf("POST /twiml = %d %s, want %s", status, twiml, want)
			}
			if c := x.door.Counters(); c.RejectedCalls != 1 {
				t.Errorf("%d calls counted as rejected, want 1", c.RejectedCalls)
			}
		})
	}
}

// TestRepeatedWebhook has Twilio, or somebody with an old request of Twilio's, ask
// again.
func TestRepeatedWebhook(t *testing.T) {
	x := openExchange(t, listen, nil)
	first := x.greeted("CA1")
	if again := x.greeted("CA1"); again != first {
		t.Errorf("repeated webhook got the stream %s, want the same as before, %s", again, first)
	}
	p := x.started(first, "CA1")
	toResume := string(x.door.links.sendToResume())
	if _, twiml := x.post("/twiml", callForm("CA1")); twiml != toResume {
		t.Errorf("webhook of a live call sent again got %s, want %s", twiml, toResume)
	}
	p.say(stopText)
	p.end()
	if _, twiml := x.post("/twiml", callForm("CA1")); twiml != toResume {
		t.Errorf("webhook of an ended call sent again got %s, want %s", twiml, toResume)
	}
	if _, twiml := x.post("/resume", callForm("CA1")); twiml != string(hangUp(nil, "")) {
		t.Errorf("resume of an ended call got %s, want a hang-up", twiml)
	}
}

func TestResume(t *testing.T) {
	for _, test := range []struct {
		name string
		form url.Values
		want string // the first verbs
	}{
		{"unknown call", callForm("CA1"), "Say Connect Redirect"},
		{"caller has hung up", withForm("CA1", "CallStatus", "completed"), "Hangup"},
		{"number of no line", withForm("CA1", "To", "+14155559999"), "Say Hangup"},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := openExchange(t, listen, nil)
			status, twiml := x.post("/resume", test.form)
			var verbs []string
			for _, verb := range parseXML(t, []byte(twiml)).Children {
				verbs = append(verbs, verb.XMLName.Local)
			}
			if got := strings.Join(verbs, " "); status != http.StatusOK || got != test.want {
				t.Errorf("POST /resume = %d %s, want the verbs %s", status, twiml, test.want)
			}
		})
	}
}

func TestResumeGivesUp(t *testing.T) {
	x := openExchange(t, listen, nil)
	seen := map[string]bool{}
	for i := range maxResumes {
		_, twiml := x.post("/resume", callForm("CA1"))
		address := streamURL(t, twiml)
		if address == "" || seen[address] {
			t.Fatalf("resume %d = %s, want a new stream", i+1, twiml)
		}
		seen[address] = true
	}
	if _, twiml := x.post("/resume", callForm("CA1")); twiml != string(hangUp(nil, defaultApology)) {
		t.Errorf("resume %d = %s, want an apology and a hang-up", maxResumes+1, twiml)
	}
	if c := x.door.Counters(); c.GivenUp != 1 || c.Resumes != maxResumes {
		t.Errorf("counted %d given up and %d resumes, want 1 and %d", c.GivenUp, c.Resumes, maxResumes)
	}
}

// TestRetriedResume has Twilio ask one question several times.
func TestRetriedResume(t *testing.T) {
	x := openExchange(t, listen, nil)
	form := callForm("CA1")
	ask := func(key string) string {
		_, twiml := x.request(http.MethodPost, "/resume", form, sign(testToken, x.base+"/resume", form), retryHeader, key)
		return twiml
	}
	first := ask("one")
	for range 2 * maxResumes {
		if again := ask("one"); again != first {
			t.Fatalf("the same question got %s, then %s", first, again)
		}
	}
	second := ask("two")
	if streamURL(t, second) == "" || second == first {
		t.Errorf("another question got %s, want a new stream", second)
	}
	p := x.started(streamURL(t, second), "CA1")
	p.say(stopText)
	p.end()
	if after := ask("two"); after != string(hangUp(nil, "")) {
		t.Errorf("the question again, after its stream has ended, got %s, want a hang-up", after)
	}
}

// TestFloodOfWrongSignatures: from an address that sends many, right ones are
// still taken if they are for the URL as configured.
func TestFloodOfWrongSignatures(t *testing.T) {
	var log strings.Builder
	x := openExchange(t, nothing, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	x.door.now = func() time.Time { return testTime } // one second lasts for ever
	guess := sign("another token", x.base+"/twiml", callForm("CA1"))
	for range maxFailures {
		if status, _ := x.request(http.MethodPost, "/twiml", callForm("CA1"), "wrong"); status != http.StatusForbidden {
			t.Fatalf("status %d, want 403", status)
		}
	}
	for signature, want := range map[string]int{
		"": http.StatusTooManyRequests, "wrong": http.StatusTooManyRequests, guess: http.StatusForbidden,
	} { // what cannot be a signature is not looked at any more
		for range maxFailures {
			if status, _ := x.request(http.MethodPost, "/twiml", callForm("CA1"), signature); status != want {
				t.Fatalf("in a flood: signature %q = %d, want %d", signature, status, want)
			}
		}
	}
	if _, status := x.dialSigned(x.base+"/stream/AAAA", ""); status != http.StatusTooManyRequests {
		t.Errorf("handshake without a signature = %d, want 429 in a flood", status)
	}
	form := callForm("CA1")
	if status, _ := x.request(http.MethodPost, "/twiml", form, sign(testToken, x.base+"/twiml/", form)); status != http.StatusForbidden {
		t.Errorf("signature over a variant of the URL = %d, want 403 in a flood", status)
	}
	x.greeted("CA1")
	x.close()
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines were logged, want 1:\n%s", n, log.String())
	}
}

// TestAnotherAccountIsNamed: whoever mistypes their account must see why nobody gets in.
func TestAnotherAccountIsNamed(t *testing.T) {
	var log bytes.Buffer
	x := openExchange(t, listen, func(c *Config) {
		c.AccountSID = testAccount
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for range 3 {
		if status, _ := x.post("/twiml", withForm("CA1", "AccountSid", "AC9")); status != http.StatusForbidden {
			t.Errorf("POST /twiml for another account = %d, want 403", status)
		}
	}
	if c := x.door.Counters(); c.RejectedAccounts != 3 || c.RejectedRequests != 0 {
		t.Errorf("%d counted as of another account, %d as malformed; want 3 and 0", c.RejectedAccounts, c.RejectedRequests)
	}
	if want := "account=AC9 configured=" + testAccount; strings.Count(log.String(), want) != 1 {
		t.Errorf("want one line with %q, the log is\n%s", want, log.String())
	}
}
