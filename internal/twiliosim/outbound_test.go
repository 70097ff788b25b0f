package twiliosim

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// calledOut has the application place a call with the given parameters in a bubble, and
// returns its record. check is called when the call is over.
func calledOut(t *testing.T, twiml map[string]string, cfg Config, form []string, check func(g *gateway, a *application, r *Record)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, twiml, quiet)
		defer g.close()
		phone := newTestPhone(t, g, cfg)
		defer phone.Close()
		a := &application{t: t, phone: phone}
		form = append([]string{"To", "+15550100010", "From", "+15550100002"}, form...)
		made := a.request(http.MethodPost, a.calls(""), formOf(form...))
		if made.HTTP != http.StatusCreated || made.CallState != "queued" || made.Direction != "outbound-api" {
			t.Errorf("the new call is answered with %s", made.raw)
			return
		}
		records := phone.Await(t.Context(), 1)
		if len(records) != 1 || records[0].Call != made.SID {
			t.Fatalf("Await returns %d records", len(records))
		}
		check(g, a, records[0])
	})
}

// TestOutbound places calls to somebody who answers, and who does not.
func TestOutbound(t *testing.T) {
	const answer, status = "https://voice.example.com/answer", "https://voice.example.com/status"
	every := []string{"StatusCallback", status}
	for _, event := range callEvents {
		every = append(every, "StatusCallbackEvent", event)
	}
	for _, test := range []struct {
		name, party, script string
		form                []string
		events              string // dial events that happen
		callbacks           []string
		asked               map[string]string // parameters of the request for instructions; nil if there is none
		reason, result      string
	}{
		{
			"answered", "+15550100010=answers", "wait\nhangup",
			[]string{"Url", answer},
			"call answered twiml verb stream end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{"CallStatus": "in-progress", "Direction": "outbound-api", "From": "+15550100002", "To": "+15550100010", "AnsweredBy": ""},
			EndScript, ResultOK,
		},
		{
			"by TwiML at once", "+15550100010=answers", "expect-end",
			[]string{"Twiml", `<Response><Say>hello</Say></Response>`},
			"call answered say end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			nil, EndFar, ResultOK,
		},
		{
			"busy", "+15550100010=busy", "wait",
			[]string{"Url", answer},
			"call end",
			[]string{"initiated ", "ringing ", "busy 486"},
			nil, EndNotReached, ResultOK,
		},
		{
			"nobody", "+15550100010=no-answer", "wait",
			[]string{"Url", answer, "Timeout", "5"},
			"call end",
			[]string{"initiated ", "ringing ", "no-answer 487"},
			nil, EndNotReached, ResultOK,
		},
		{
			"no such number", "+1=busy", "wait",
			[]string{"Url", answer},
			"call end",
			[]string{"initiated ", "ringing ", "failed 404"},
			nil, EndNotReached, ResultOK,
		},
		{
			"everybody answers", "*=answers", "wait\nhangup",
			[]string{"Url", answer},
			"call answered twiml verb stream end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{},
			EndScript, ResultOK,
		},
		{
			"a human is detected", "+15550100010=answers", "pause 2s",
			[]string{"Url", answer, "MachineDetection", "Enable", "MachineDetectionTimeout", "10"},
			"call answered detected twiml verb stream end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{"AnsweredBy": "human"},
			EndScript, ResultOK,
		},
		{
			"a machine is detected", "+15550100010=answers,machine", "pause 2s",
			[]string{"Url", answer, "MachineDetection", "Enable", "Method", "GET"},
			"call answered detected twiml verb stream end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{"AnsweredBy": "machine_start"},
			EndScript, ResultOK,
		},
		{
			"a machine has spoken", "+15550100010=answers,machine", "pause 2s",
			[]string{"Url", answer, "MachineDetection", "DetectMessageEnd"},
			"call answered detected twiml verb stream end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{"AnsweredBy": "machine_end_beep"},
			EndScript, ResultOK,
		},
		{
			"it is detected meanwhile", "+15550100010=answers,machine", "pause 2s",
			[]string{"Url", answer, "MachineDetection", "Enable", "AsyncAmd", "true", "AsyncAmdStatusCallback", "https://voice.example.com/amd"},
			"call answered twiml verb stream detected end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{"AnsweredBy": ""},
			EndScript, ResultOK,
		},
		{
			"the person called hangs up too soon", "+15550100010=answers", "wait 2s",
			[]string{"Url", answer},
			"call answered twiml verb stream end",
			[]string{"initiated ", "ringing ", "in-progress ", "completed 200"},
			map[string]string{},
			EndScriptFail, ResultFault,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			twiml := map[string]string{
				"/answer": `<Response><Connect><Stream url="/s"/></Connect></Response>`, "/status": "", "/amd": "",
			}
			if test.script == "wait\nhangup" { // who says something
				twiml["/answer"] = `<Response><Say>hello</Say><Connect><Stream url="/s"/></Connect></Response>`
			}
			cfg := Config{Parties: parties(t, test.party), Script: script(t, strings.Split(test.script, "\n")...), Synthesize: buzz}
			calledOut(t, twiml, cfg, append(test.form, every...), func(g *gateway, a *application, r *Record) {
				var happened []string
				for _, e := range r.Events {
					isStreamEnd := e.Event == "stream" && e.State == "closed" || e.Event == "verb" && e.Verb != "Connect"
					if !isStreamEnd && strings.Contains(" "+test.events+" ", " "+e.Event+" ") {
						happened = append(happened, e.Event)
					}
				}
				if got := strings.Join(happened, " "); got != test.events {
					t.Errorf("events are %q, want %q", got, test.events)
				}
				if diff := cmp.Diff(test.callbacks, told(t, g, "/status", "CallStatus", "SipResponseCode")); diff != "" {
					t.Errorf("status callbacks (-want +got):\n%s", diff)
				}
				if r.Reason != test.reason || r.Result != test.result || r.Direction != "outbound-api" {
					t.Errorf("the call ended with %s, %s: %s", r.Result, r.Reason, r.Text)
				}
				asked := false
				for _, req := range g.requests {
					if req.Path != "/answer" {
						continue
					}
					asked = true
					for name, want := range test.asked {
						if got := req.Form.Get(name); got != want {
							t.Errorf("the request for instructions has %s=%q, want %q", name, got, want)
						}
					}
				}
				if asked != (test.asked != nil) {
					t.Errorf("instructions were asked for: %v", asked)
				}
				amd := told(t, g, "/amd", "AnsweredBy", "CallSid")
				if isAsync := strings.Contains(test.name, "meanwhile"); isAsync != (len(amd) == 1 && amd[0] == "machine_start "+r.Call) {
					t.Errorf("the outcome of machine detection was told as %v", amd)
				}
				if shown := a.request(http.MethodGet, a.calls(r.Call), nil); shown.CallState != r.Status {
					t.Errorf("the call is shown as %s", shown.raw)
				}
			})
		})
	}
}

// TestOutboundScript lets each party do what is theirs.
func TestOutboundScript(t *testing.T) {
	ps := parties(t, "+15550100010=answers")
	p := ps["+15550100010"]
	p.Script = script(t, "press 7", "expect-end")
	ps["+15550100010"] = p
	cfg := Config{Parties: ps, Script: script(t, "wait 1s"), Synthesize: buzz}
	form := []string{"Twiml", `<Response><Gather numDigits="1" action="https://voice.example.com/got"/></Response>`}
	calledOut(t, map[string]string{"/got": "<Response/>"}, cfg, form, func(g *gateway, _ *application, r *Record) {
		if !r.OK() || len(g.requests) != 1 || g.requests[0].Form.Get("Digits") != "7" {
			t.Errorf("the call ended with %s: %s; requests %v", r.Result, r.Text, g.paths())
		}
	})
}

func TestOutboundIsEndedByTheApplication(t *testing.T) {
	for _, test := range []struct {
		name, status string
		after        time.Duration
		want, result string
	}{
		{"while it rings", "canceled", 500 * time.Millisecond, "canceled", ResultOK},
		{"when it is answered", "completed", 1500 * time.Millisecond, "completed", ResultFault}, // the script was not done
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t, nil, nil)
				defer g.close()
				phone := newTestPhone(t, g, Config{Parties: parties(t, "*=answers"), Script: script(t, "wait")})
				defer phone.Close()
				a := &application{t: t, phone: phone}
				made := a.request(http.MethodPost, a.calls(""), formOf("To", "client:c", "From", "+15550100002", "Twiml", `<Response><Pause length="9"/></Response>`))
				<-time.After(test.after)
				if got := a.update(made.SID, "Status", test.status); got.CallState != test.want {
					t.Errorf("the update is answered with %s", got.raw)
				}
				if r := phone.Await(t.Context(), 1)[0]; r.Status != test.want || r.Result != test.result || r.Reason != EndUpdated {
					t.Errorf("the call ended with %s, %s, %s", r.Result, r.Reason, r.Status)
				}
			})
		})
	}
}

// TestAwait is interrupted: calls that are under way are hung up, and their records are
// there.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, nil, nil)
		defer g.close()
		phone := newTestPhone(t, g, Config{Parties: parties(t, "*=answers"), Script: script(t, "pause 1h"), Timeout: 2 * time.Hour})
		defer phone.Close()
		a := &application{t: t, phone: phone}
		place := func() restAnswer {
			return a.request(http.MethodPost, a.calls(""), formOf("To", "+15550100010", "From", "+15550100002", "Twiml", `<Response><Pause length="3600"/></Response>`))
		}
		sids := map[string]bool{}
		for range maxOutbound {
			sids[place().SID] = true
		}
		if got := place(); got.HTTP != 429 || got.Code != 20429 || len(sids) != maxOutbound {
			t.Errorf("with %d calls one more is answered with %s", len(sids), got.raw)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		records := phone.Await(ctx, 1000)
		if len(records) != maxOutbound || records[0].Reason != EndInterrupted {
			t.Errorf("Await returns %d records", len(records))
		}
	})
}

// TestLinger: an application that looks at its calls every now and then learns how the
// last one ended, and one that does not is not waited for for ever.
func TestLinger(t *testing.T) {
	for _, tt := range []struct {
		name string
		look time.Duration // after the call; 0: never
		want time.Duration // that the phone stays
	}{
		{"soon", 2 * time.Second, 2 * time.Second},
		{"late", 12 * time.Second, 10 * time.Second},
		{"never", 0, 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGateway(t, nil, nil)
			defer g.close()
			phone := newTestPhone(t, g, Config{Parties: parties(t, "*=busy")})
			defer phone.Close()
			a := &application{t: t, phone: phone}
			made := a.request(http.MethodPost, a.calls(""), formOf("To", "+15550100010", "From", "+15550100002", "Twiml", "<Response/>"))
			a.request(http.MethodGet, a.calls(made.SID), nil) // it is not over yet: that counts for nothing
			phone.Await(t.Context(), 1)
			over := time.Now()
			looked := make(chan struct{})
			go func() {
				defer close(looked)
				if tt.look > 0 {
					time.Sleep(tt.look)
					a.request(http.MethodGet, a.calls(made.SID), nil)
				}
			}()
			phone.Linger(t.Context(), 10*time.Second)
			if stayed := time.Since(over); stayed != tt.want {
				t.Errorf("%s: the phone stays for %v; want %v", tt.name, stayed, tt.want)
			}
			<-looked
		})
	}
}

func TestNewCallErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, nil, nil)
		defer g.close()
		phone := newTestPhone(t, g, Config{})
		defer phone.Close()
		a := &application{t: t, phone: phone}
		for _, test := range []struct {
			name string
			form []string
			code int
		}{
			{"nobody to call", []string{"From", "+15550100002", "Twiml", "<Response/>"}, 21201},
			{"not a number", []string{"To", "desk", "From", "+15550100002", "Twiml", "<Response/>"}, 21211},
			{"no caller", []string{"To", "+15550100010", "Twiml", "<Response/>"}, 21213},
			{"a caller who is none", []string{"To", "+15550100010", "From", "me", "Twiml", "<Response/>"}, 21212},
			{"nothing to do", []string{"To", "+15550100010", "From", "+15550100002"}, 21205},
			{"no URL", []string{"To", "+15550100010", "From", "+15550100002", "Url", "/x"}, 21205},
			{"no time", []string{"To", "+15550100010", "From", "+15550100002", "Twiml", "<Response/>", "Timeout", "x"}, 21208},
			{"no detection", []string{"To", "+15550100010", "From", "+15550100002", "Twiml", "<Response/>", "MachineDetection", "Maybe"}, 21200},
			{"no time for detection", []string{"To", "+15550100010", "From", "+15550100002", "Twiml", "<Response/>", "MachineDetectionTimeout", "x"}, 21200},
		} {
			if got := a.request(http.MethodPost, a.calls(""), formOf(test.form...)); got.HTTP != 400 || got.Code != test.code {
				t.Errorf("%s: the answer is %s, want %d", test.name, got.raw, test.code)
			}
		}
		if got := a.request(http.MethodGet, a.calls(""), nil); got.HTTP != 405 {
			t.Errorf("a list of calls is answered with %s, want 405", got.raw)
		}
	})
}
