package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIncomingCallWebhook(t *testing.T) {
	cfg := Config{From: "+15550100001", To: "+442079460000", Script: script(t, "expect-end")}
	inBubble(t, serving(`<Redirect method="GET">/next?a=1</Redirect>`, nil), cfg, func(t *testing.T, g *gateway, r *Record) {
		if diff := cmp.Diff([]string{"POST /twiml", "GET /next"}, g.paths()); diff != "" {
			t.Fatalf("requests (-want +got):\n%s", diff)
		}
		first, second := g.requests[0], g.requests[1]
		for name, want := range map[string]string{
			"CallSid": r.Call, "AccountSid": r.Account, "From": "+15550100001", "Caller": "+15550100001",
			"To": "+442079460000", "Called": "+442079460000", "CallStatus": "ringing", "Direction": "inbound",
			"ApiVersion": "2010-04-01", "FromCountry": "US", "ToCountry": "", "FromCity": "",
		} {
			if got, ok := first.Form[name]; !ok || len(got) != 1 || got[0] != want {
				t.Errorf("parameter %s is %q, want %q", name, got, want)
			}
		}
		if got := second.Form.Get("CallStatus"); got != "in-progress" {
			t.Errorf("once the call is answered CallStatus is %q", got)
		}
		if !strings.HasPrefix(r.Call, "CA") || len(r.Call) != 34 || !strings.HasPrefix(r.Account, "AC") || len(r.Account) != 34 {
			t.Errorf("CallSid %q and AccountSid %q are not two letters and 32 hex digits", r.Call, r.Account)
		}
		if first.host != publicHost {
			t.Errorf("Host is %q, want the public name", first.host)
		}
		if got, want := first.header.Get("X-Twilio-Signature"), sign(testToken, "https://voice.example.com/twiml", first.Form); got != want {
			t.Errorf("signature of the POST is %q, want %q", got, want)
		}
		if !strings.HasPrefix(second.query, "a=1&AccountSid=AC") {
			t.Errorf("query of the GET is %q, want that of the URL and then the parameters", second.query)
		}
		want := sign(testToken, "https://voice.example.com/next?"+second.query, nil)
		if got := second.header.Get("X-Twilio-Signature"); got != want {
			t.Errorf("signature of the GET with query %s is %q, want %q", second.query, got, want)
		}
	})
}

func TestWebhookFaults(t *testing.T) {
	respond := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	never := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	slowly := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, "<Response>")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"not found", respond(404, "text/plain", "no such page\nat all"), `11200: POST https://voice.example.com/twiml: 404 Not Found "no such page"`},
		{"redirect", respond(302, "text/plain", ""), "11200: POST https://voice.example.com/twiml: 302 Found"},
		{"JSON", respond(200, "application/json", "{}"), `12300: POST https://voice.example.com/twiml: Content-Type "application/json"`},
		{"no type", respond(200, "", "<Response/>"), `12300: POST https://voice.example.com/twiml: Content-Type ""`},
		{"no TwiML", respond(200, "text/xml", "<html/>"), "12100: the root element"},
		{"too long", respond(200, "text/xml", strings.Repeat(" ", 64<<10+1)), "11750: POST https://voice.example.com/twiml: the answer is longer than 65536 bytes"},
		{"no answer", never, "11200: POST https://voice.example.com/twiml: no answer in time"},
		{"half an answer", slowly, "11200: POST https://voice.example.com/twiml: read the answer: no answer in time"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var began time.Time
			inBubble(t, func(t *testing.T) *gateway {
				g := newGateway(t, nil, nil)
				g.handler, began = test.handler, time.Now()
				return g
			}, Config{}, func(t *testing.T, _ *gateway, r *Record) {
				if r.OK() || r.Reason != EndDocument || r.Faults != 1 {
					t.Errorf("the call ended with %q, %q and %d faults", r.Result, r.Reason, r.Faults)
				}
				if got := firstFault(r); !strings.HasPrefix(got, test.want) {
					t.Errorf("the fault is %q, want %q", got, test.want)
				}
				if took := time.Since(began); took > webhookTimeout+time.Second {
					t.Errorf("the call took %v", took)
				}
			})
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T) *gateway {
		g := newGateway(t, nil, nil)
		g.refuse = func(string) error { return errors.New("connection refused") }
		return g
	}, Config{}, func(t *testing.T, _ *gateway, r *Record) {
		if got := firstFault(r); !strings.HasPrefix(got, "11205: ") || !strings.Contains(got, "connection refused") {
			t.Errorf("the fault is %q, want 11205 with the reason", got)
		}
	})
}

func TestPlay(t *testing.T) {
	var wav strings.Builder
	sound := clip("..####")
	if err := writeWAV(&wav, sound); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path, contentType, body, want string }{
		{"a WAV file", "/a.wav", "audio/x-wav", wav.String(), "heard_start play, heard_end play"},
		{"another type", "/a.wav", "text/html", wav.String(), `fault play https`},
		{"not a WAV file", "/a.wav", "audio/wav", "<html/>", "fault play https"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) *gateway {
				g := newGateway(t, nil, nil)
				g.handler = func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == test.path {
						w.Header().Set("Content-Type", test.contentType)
						_, _ = io.WriteString(w, test.body)
						return
					}
					w.Header().Set("Content-Type", "application/xml")
					_, _ = io.WriteString(w, "<Response><Play>a.wav</Play></Response>")
				}
				return g
			}, Config{Script: script(t, "expect-end")}, func(t *testing.T, g *gateway, r *Record) {
				if diff := cmp.Diff([]string{"POST /twiml", "GET /a.wav"}, g.paths()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				got := strings.Join(events(r, "heard_start", "heard_end", "fault"), ", ")
				if !strings.HasPrefix(got, test.want) {
					t.Errorf("events are %q, want %q", got, test.want)
				}
				if want := sign(testToken, "https://voice.example.com/a.wav", nil); g.requests[1].header.Get("X-Twilio-Signature") != want {
					t.Errorf("the request for the sound is not signed")
				}
			})
		})
	}
}

// TestHandshakeFaults refuses the websocket in all ways that Twilio tells apart.
func TestHandshakeFaults(t *testing.T) {
	say := "<Say>bye</Say>"
	for _, test := range []struct {
		name, twiml string
		refuse      func() error
		want        string
	}{
		{"403", connecting + say, nil, `31920: wss://voice.example.com/stream/abc: the handshake was answered with 403 Forbidden "no such stream"`},
		{"query", `<Connect><Stream url="wss://voice.example.com/s?a=b"/></Connect>` + say, nil, "31920: url of <Stream>: a query string"},
		{"refused", connecting + say, func() error { return errors.New("refused") }, "31901: wss://voice.example.com/stream/abc: "},
		{"silence", connecting + say, func() error { return context.DeadlineExceeded }, "31901: wss://voice.example.com/stream/abc: no answer in time"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) *gateway {
				g := serving(test.twiml, nil)(t)
				dialled := 0
				g.refuse = func(string) error {
					if dialled++; dialled == 1 || test.refuse == nil {
						return nil
					}
					return test.refuse()
				}
				g.server.SetKeepAlivesEnabled(false) // so that the handshake is a second connection
				return g
			}, Config{Script: script(t, "expect-end"), Synthesize: buzz}, func(t *testing.T, _ *gateway, r *Record) {
				if got := firstFault(r); !strings.HasPrefix(got, test.want) {
					t.Errorf("the fault is %q, want %q", got, test.want)
				}
				if got := strings.Join(events(r, "say"), ""); got != "say bye" {
					t.Errorf("the TwiML went on with %q, want its Say", got)
				}
			})
		})
	}
}

func TestHandshakeIsSigned(t *testing.T) {
	silent := func(p *peer) { p.until(event("start")) }
	inBubble(t, serving(connecting, silent), Config{Script: script(t, "expect-end")}, func(t *testing.T, g *gateway, r *Record) {
		if len(g.requests) != 2 {
			t.Fatalf("%d requests, want webhook and handshake", len(g.requests))
		}
		handshake := g.requests[1]
		if got, want := handshake.header.Get("x-twilio-signature"), sign(testToken, "wss://voice.example.com/stream/abc", nil); got != want {
			t.Errorf("signature of the handshake is %q, want %q, over the wss URL", got, want)
		}
		if handshake.host != publicHost || handshake.header.Get("User-Agent") != "Twilio.TmeWs/1.0" {
			t.Errorf("the handshake has host %q and user agent %q", handshake.host, handshake.header.Get("User-Agent"))
		}
	})
}

func TestNewRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name string
			cfg  Config
			want string
		}{
			{"no URL", Config{}, "does not begin with http"},
			{"websocket URL", Config{URL: "wss://a.example/"}, "does not begin with http"},
			{"broken URL", Config{URL: "http://%zz"}, "webhook URL: "},
			{"jitter", Config{URL: "http://a.example/", Jitter: 20 * time.Millisecond}, "jitter"},
			{"script", Config{URL: "http://a.example/", Script: SayScript("hi")}, "no speech synthesizer"},
		} {
			if _, err := New(t.Context(), test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: New gives %v, want %q", test.name, err, test.want)
			}
		}
	})
}

func firstFault(r *Record) string {
	for _, e := range r.Events {
		if e.Event == "fault" {
			return (&Fault{Code: e.Code, Text: e.Text}).Error()
		}
	}
	return fmt.Sprintf("none, %s: %s", r.Reason, r.Text)
}
