package twiliosim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// application uses the REST API of a phone as an application would.
type application struct {
	t     *testing.T
	phone *Phone
	user  string // empty for the account's
}

// restAnswer is an answer of the REST API.
type restAnswer struct {
	HTTP      int
	Code      int    `json:"code"`
	Message   string `json:"message"`
	MoreInfo  string `json:"more_info"`
	SID       string `json:"sid"`
	CallState string `json:"-"`
	Duration  *string
	Direction string
	URI       string
	raw       string
}

func (a *application) request(method, path string, form url.Values) restAnswer {
	a.t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	user := a.user
	if user == "" {
		user = a.phone.cfg.Account + ":" + testToken
	}
	name, password, _ := strings.Cut(user, ":")
	req.SetBasicAuth(name, password)
	w := httptest.NewRecorder()
	a.phone.RESTHandler().ServeHTTP(w, req)
	answer := restAnswer{HTTP: w.Code, raw: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		a.t.Errorf("%s %s is answered with %q: %v", method, path, w.Body, err)
	}
	var state struct{ Status any }
	_ = json.Unmarshal(w.Body.Bytes(), &state)
	answer.CallState, _ = state.Status.(string)
	return answer
}

// calls is the path of the Calls resource, or of one call.
func (a *application) calls(call string) string {
	path := "/2010-04-01/Accounts/" + a.phone.cfg.Account + "/Calls"
	if call != "" {
		path += "/" + call
	}
	return path + ".json"
}

func (a *application) update(call string, pairs ...string) restAnswer {
	a.t.Helper()
	return a.request(http.MethodPost, a.calls(call), formOf(pairs...))
}

func formOf(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// whileCalling places a call in a bubble and lets during act beside it, after the
// given time.
func whileCalling(t *testing.T, g func(t *testing.T) *gateway, cfg Config, after time.Duration, during func(a *application, call string)) *Record {
	t.Helper()
	var r *Record
	synctest.Test(t, func(t *testing.T) {
		gw := g(t)
		defer gw.close()
		phone := newTestPhone(t, gw, cfg)
		defer phone.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			r = phone.Call(t.Context(), 1)
		}()
		<-time.After(after)
		phone.calls.mu.Lock()
		sid := phone.calls.order[0].sid
		phone.calls.mu.Unlock()
		during(&application{t: t, phone: phone}, sid)
		<-done
	})
	return r
}

// quiet serves a stream that says nothing until it is stopped.
func quiet(p *peer) { p.until(event("stop")) }

// TestUpdateRedirects changes a call in the midst of everything that a call can be in.
func TestUpdateRedirects(t *testing.T) {
	const bye = "<Response><Say>bye now</Say></Response>"
	for _, test := range []struct {
		name, verbs string
		form        []string
		want        []string // events from the update on
	}{
		{"in a stream", connecting + "<Say>never</Say>", []string{"Twiml", bye}, []string{
			"stream Connect closed", "update", "say bye now", "heard_start say", "heard_end say", "end the other side hung up",
		}},
		{"in a Say", `<Say loop="0">on and on</Say>`, []string{"Twiml", bye}, []string{
			"heard_end say", "update", "say bye now", "heard_start say", "heard_end say", "end the other side hung up",
		}},
		{"in a Pause", `<Pause length="60"/>`, []string{"Url", "https://voice.example.com/next", "Method", "GET"}, []string{
			"update", "twiml", "verb Hangup", "end the other side hung up",
		}},
		{"in a Dial", "<Dial>+15550100010</Dial><Say>never</Say>", []string{"Twiml", bye}, []string{
			"disconnected", "update", "say bye now", "heard_start say", "heard_end say", "end the other side hung up",
		}},
		{"a one-way stream goes on", `<Start><Stream name="ears" url="wss://voice.example.com/s"/></Start><Pause length="40"/>`, []string{"Twiml", bye}, []string{
			"update", "say bye now", "heard_start say", "heard_end say", "stream Start closed", "end the other side hung up",
		}},
		{"bad TwiML", connecting, []string{"Twiml", "<Reply/>"}, []string{
			"stream Connect closed", "update", "fault the root element of TwiML is Response, not Reply", "end an application error has occurred",
		}},
		{"Url counts, not Twiml", `<Pause length="60"/>`, []string{"Url", "https://voice.example.com/next", "Twiml", bye}, []string{
			"update", "twiml", "verb Hangup", "end the other side hung up",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := func(t *testing.T) *gateway {
				return newGateway(t, map[string]string{"/twiml": "<Response><Play digits='1'/>" + test.verbs + "</Response>", "/next": "<Response><Hangup/></Response>"}, quiet)
			}
			cfg := Config{Script: script(t, "expect-end"), Synthesize: buzz, Parties: map[string]Party{"+15550100010": {Fate: Answers, Talk: time.Minute}}}
			r := whileCalling(t, g, cfg, 3*time.Second+7*time.Millisecond, func(a *application, call string) {
				if got := a.update(call, test.form...); got.HTTP != 200 || got.SID != call || got.CallState != "in-progress" && got.CallState != "completed" {
					t.Errorf("the update is answered with %s", got.raw)
				}
			})
			all := events(r)
			from := slices.Index(all, "update")
			for from > 0 && strings.HasPrefix(test.want[0], all[from-1]) {
				from--
			}
			if diff := cmp.Diff(test.want, all[max(from, 0):]); diff != "" {
				t.Errorf("events (-want +got):\n%s\nof %v", diff, all)
			}
		})
	}
}

// TestUpdateStopsTheStream looks at the application's end of the stream.
func TestUpdateStopsTheStream(t *testing.T) {
	var app *peer
	g := serving(connecting, func(p *peer) { app = p; quiet(p) })
	whileCalling(t, g, Config{Script: script(t, "expect-end")}, time.Second, func(a *application, call string) {
		a.update(call, "Twiml", "<Response><Hangup/></Response>")
	})
	if last := app.got[len(app.got)-1]; last.Event != "stop" {
		t.Errorf("the last message on the stream is %q, want stop", last.Event)
	}
}

// TestUpdateBeatsALateAnswer redirects a call that waits for a webhook: its answer
// comes to nothing.
func TestUpdateBeatsALateAnswer(t *testing.T) {
	g := func(t *testing.T) *gateway {
		gw := newGateway(t, map[string]string{}, nil)
		gw.handler = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			text := "<Response><Play digits='1'/><Redirect>/slow</Redirect></Response>"
			if r.URL.Path == "/slow" {
				select {
				case <-r.Context().Done():
				case <-time.After(5 * time.Second):
				}
				text = "<Response><Say>never</Say></Response>"
			}
			_, _ = w.Write([]byte(text))
		}
		return gw
	}
	r := whileCalling(t, g, Config{Script: script(t, "expect-end")}, 2*time.Second, func(a *application, call string) {
		a.update(call, "Twiml", `<Response><Pause length="10"/></Response>`)
	})
	if !r.OK() || slices.Contains(events(r), "say never") {
		t.Errorf("the call ended with %s, %s; events %v", r.Result, r.Text, events(r))
	}
}

func TestUpdateEndsTheCall(t *testing.T) {
	for _, test := range []struct {
		name, verbs    string
		form           []string
		http, code     int
		reason, status string
	}{
		{"completed", connecting, []string{"Status", "completed"}, 200, 0, EndUpdated, "completed"},
		{"completed while it rings", `<Pause length="20"/>`, []string{"Status", "completed"}, 200, 0, EndUpdated, "canceled"},
		{"canceled while it rings", `<Pause length="20"/>`, []string{"Status", "canceled"}, 200, 0, EndUpdated, "canceled"},
		{"canceled does not touch what is in progress", `<Play digits="1"/><Pause length="3"/>`, []string{"Status", "canceled"}, 200, 0, EndFar, "completed"},
		{"a time limit", connecting, []string{"TimeLimit", "5"}, 200, 0, EndTimeLimit, "completed"},
		{"no redirect while it rings", `<Pause length="2"/>`, []string{"Twiml", "<Response/>"}, 400, 21220, EndFar, "completed"},
		{"rejected as busy", `<Pause length="2"/><Reject reason="busy"/>`, []string{"TimeLimit", "1"}, 200, 0, EndRejected, "busy"},
		{"rejected", `<Pause length="2"/><Reject/>`, []string{"TimeLimit", "1"}, 200, 0, EndRejected, "no-answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := whileCalling(t, serving(test.verbs, quiet), Config{Script: script(t, "expect-end")}, time.Second, func(a *application, call string) {
				if got := a.update(call, test.form...); got.HTTP != test.http || got.Code != test.code {
					t.Errorf("%v is answered with %s, want code %d", test.form, got.raw, test.code)
				}
			})
			if r.Reason != test.reason || r.Status != test.status || !r.OK() {
				t.Errorf("the call ended with %s, %s (%s), status %s; want %s, %s", r.Result, r.Reason, r.Text, r.Status, test.reason, test.status)
			}
		})
	}
}

func TestRESTErrors(t *testing.T) {
	g := serving(connecting, quiet)
	whileCalling(t, g, Config{Script: script(t, "pause 2s"), APIKey: "SK1", APISecret: "secret"}, time.Second, func(a *application, call string) {
		get := func(path string) restAnswer { return a.request(http.MethodGet, path, nil) }
		long := "<Response>" + strings.Repeat("ä", 4000) + "</Response>"
		for _, test := range []struct {
			name       string
			answer     restAnswer
			http, code int
		}{
			{"the call", get(a.calls(call)), 200, 0},
			{"with an API key", (&application{t: t, phone: a.phone, user: "SK1:secret"}).request("GET", a.calls(call), nil), 200, 0},
			{"a wrong secret", (&application{t: t, phone: a.phone, user: "SK1:else"}).request("GET", a.calls(call), nil), 401, 20003},
			{"a wrong token", (&application{t: t, phone: a.phone, user: a.phone.cfg.Account + ":x"}).request("GET", a.calls(call), nil), 401, 20003},
			{"no such call", a.update("CA0", "Status", "completed"), 404, 20404},
			{"no such account", get(strings.Replace(a.calls(call), a.phone.cfg.Account, "AC1", 1)), 404, 20404},
			{"no such path", get("/2010-04-01/Accounts"), 404, 20404},
			{"not JSON", get(strings.TrimSuffix(a.calls(call), ".json")), 404, 20404},
			{"a method", a.request(http.MethodPut, a.calls(call), nil), 405, 20004},
			{"nothing to change", a.update(call), 400, 21200},
			{"another status", a.update(call, "Status", "busy"), 400, 21200},
			{"no URL", a.update(call, "Url", "voice.example.com/x"), 400, 21205},
			{"no callback URL", a.update(call, "Twiml", "<Response/>", "StatusCallback", "x"), 400, 21205},
			{"no method", a.update(call, "Url", "https://a.example/", "Method", "PUT"), 400, 21209},
			{"no event", a.update(call, "Twiml", "<Response/>", "StatusCallbackEvent", "done"), 400, 21200},
			{"too long", a.update(call, "Twiml", long), 400, 21200},
			{"no time", a.update(call, "TimeLimit", "-1"), 400, 21200},
		} {
			if test.answer.HTTP != test.http || test.answer.Code != test.code {
				t.Errorf("%s: the answer is %d %s, want %d with code %d", test.name, test.answer.HTTP, test.answer.raw, test.http, test.code)
			}
			if want := fmt.Sprintf("https://www.twilio.com/docs/errors/%d", test.code); test.code != 0 && test.answer.MoreInfo != want {
				t.Errorf("%s: more_info is %q, want %q", test.name, test.answer.MoreInfo, want)
			}
		}
		shown := get(a.calls(call))
		if shown.SID != call || shown.CallState != "in-progress" || shown.Duration != nil || shown.Direction != "inbound" || shown.URI != a.calls(call) {
			t.Errorf("the call is shown as %s", shown.raw)
		}
		<-time.After(2 * time.Second)
		if got := get(a.calls(call)); got.CallState != "completed" || got.Duration == nil || *got.Duration != "2" {
			t.Errorf("when it is over the call is shown as %s", got.raw)
		}
		if got := a.update(call, "Status", "completed"); got.HTTP != 400 || got.Code != 21220 {
			t.Errorf("an update of a call that is over is answered with %s, want 21220", got.raw)
		}
	})
}

func TestRESTFaults(t *testing.T) {
	whileCalling(t, serving(connecting, quiet), Config{Script: script(t, "pause 2s")}, time.Second, func(a *application, call string) {
		for _, text := range []string{"429x2", "503"} {
			f, err := ParseRESTFault(text)
			if err != nil {
				t.Fatal(err)
			}
			a.phone.FailREST(f)
		}
		var got []int
		for range 4 {
			answer := a.request(http.MethodGet, a.calls(call), nil)
			got = append(got, answer.HTTP, answer.Code)
		}
		if diff := cmp.Diff([]int{429, 20429, 429, 20429, 503, 20500, 200, 0}, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
	for _, text := range []string{"", "404", "429x0", "429xx", "600", "hang2", "x3"} {
		if f, err := ParseRESTFault(text); err == nil {
			t.Errorf("ParseRESTFault(%q) = %+v; want an error", text, f)
		}
	}
}

// TestRESTHangs asks over a socket: there is no answer until the client gives up, or the
// connection breaks.
func TestRESTHangs(t *testing.T) {
	phone, err := New(t.Context(), Config{URL: "http://127.0.0.1:1/twiml", AuthToken: testToken, RESTListen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	for _, text := range []string{"hang", "lost"} {
		f, err := ParseRESTFault(text)
		if err != nil {
			t.Fatal(err)
		}
		phone.FailREST(f)
	}
	post := func(ctx context.Context) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, phone.RESTURL()+"/x", strings.NewReader("a=b"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if status, err := post(ctx); err == nil {
		t.Errorf("a request that is to hang is answered with %d", status)
	}
	if status, err := post(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("a request whose answer is to be lost is answered with %d, %v; want %v", status, err, io.EOF)
	}
	if status, err := post(t.Context()); err != nil || status != http.StatusUnauthorized {
		t.Errorf("the request behind it is answered with %d, %v; want 401", status, err)
	}
}

// TestForgottenCalls keeps what is under way, and of the rest the youngest.
func TestForgottenCalls(t *testing.T) {
	var cs calls
	made := make([]*call, maxKnownCalls+20)
	for i := range made {
		made[i] = &call{sid: fmt.Sprint("CA", i), over: make(chan struct{})}
		if i != 10 {
			close(made[i].over)
		}
		cs.add(made[i])
	}
	for _, test := range []struct {
		number int
		known  bool
	}{{9, false}, {10, true}, {11, true}, {maxKnownCalls + 19, true}} {
		if got := cs.find(made[test.number].sid); (got != nil) != test.known {
			t.Errorf("call %d is known: %v, want %v", test.number, got != nil, test.known)
		}
	}
}

// FuzzRESTForm gives the Calls resource any form: it is understood or refused.
func FuzzRESTForm(f *testing.F) {
	for _, form := range []string{
		"Twiml=<Response/>", "Url=https://a.example/&Method=GET", "Status=completed", "TimeLimit=1", "To=%2B15550100010&From=client:a&Url=http://a/&Timeout=5",
		"To=sip:a@b&From=%2B15550100010&Twiml=x&MachineDetection=Enable&AsyncAmd=true&StatusCallbackEvent=ringing",
	} {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		if u, failed := parseUpdate(form); failed == nil && u.status == "" && u.url == "" && u.twiml == "" && u.timeLimit == 0 {
			t.Errorf("%q is an update that changes nothing", text)
		} else if failed != nil && (failed.status != 400 || failed.code == 0) {
			t.Errorf("%q fails with %+v", text, failed)
		}
		if n, failed := parseNewCall(form); failed == nil && (n.to == "" || n.from == "" || n.url == "" && n.twiml == "" || n.timeout <= 0) {
			t.Errorf("%q is a call %+v", text, n)
		}
	})
}
