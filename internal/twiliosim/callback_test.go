package twiliosim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told lists the status callbacks that arrived at path, each as the fields asked for,
// and checks the signatures.
func told(t *testing.T, g *gateway, path string, fields ...string) (list []string) {
	t.Helper()
	for i, r := range g.requests {
		if r.Path != path {
			continue
		}
		var values []string
		for _, field := range fields {
			values = append(values, r.Form.Get(field))
		}
		list = append(list, strings.Join(values, " "))
		if got, want := r.header.Get("X-Twilio-Signature"), sign(testToken, "https://"+publicHost+path, r.Form); got != want {
			t.Errorf("request %d to %s is signed with %q, want %q", i, path, got, want)
		}
	}
	return list
}

func TestStatusCallbackOfACallToTheApplication(t *testing.T) {
	cfg := Config{From: "+15550100001", Callback: "https://" + publicHost + "/status", Script: script(t, "pause 1500ms")}
	inBubble(t, serving(connecting, quiet), cfg, func(t *testing.T, g *gateway, r *Record) {
		got := told(t, g, "/status", "CallSid", "CallStatus", "CallDuration", "Duration", "SipResponseCode", "CallbackSource", "SequenceNumber", "From")
		want := []string{r.Call + " completed 2 1 200 call-progress-events 0 +15550100001"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("status callbacks (-want +got):\n%s", diff)
		}
		last := r.Events[len(r.Events)-1]
		if last.Event != "callback" || last.State != "completed" || last.Status != "failed" || last.Code != codeRetrieval || !r.OK() {
			t.Errorf("the last event is %+v; want the callback, answered with 404, which is no fault", last)
		}
	})
}

func TestStatusCallbacksOfAStream(t *testing.T) {
	stream := func(verb, attributes string) string {
		return "<" + verb + `><Stream name="ears" url="wss://voice.example.com/s" statusCallback="/streams" ` + attributes + "/></" + verb + ">"
	}
	closing := func(p *peer) { p.until(event("start")) }
	for _, test := range []struct {
		name, verbs string
		stream      func(*peer)
		want        []string
	}{
		{"closed by the application", stream("Connect", ""), closing, []string{"stream-started ears", "stream-stopped ears"}},
		{"stopped", stream("Start", "") + `<Pause length="1"/><Stop><Stream name="ears"/></Stop>`, quiet, []string{"stream-started ears", "stream-stopped ears"}},
		{"ended with the call", stream("Start", "") + `<Pause length="1"/>`, quiet, []string{"stream-started ears", "stream-stopped ears"}},
		{"refused", stream("Connect", ""), nil, []string{"stream-error ears 31920"}},
		{"broken", stream("Connect", ""), func(p *peer) { p.until(event("start")); _ = p.conn.CloseNow() }, []string{
			"stream-started ears", "stream-error ears 31903", "stream-stopped ears",
		}},
		{"by GET", stream("Connect", `statusCallbackMethod="GET"`), closing, []string{"stream-started ears", "stream-stopped ears"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, serving(`<Play digits="1"/>`+test.verbs, test.stream), Config{Script: script(t, "expect-end")}, func(t *testing.T, g *gateway, r *Record) {
				var got []string
				for _, req := range g.requests {
					if req.Path == "/streams" {
						code, _, _ := strings.Cut(req.Form.Get("StreamError"), ":")
						got = append(got, strings.TrimSpace(req.Form.Get("StreamEvent")+" "+req.Form.Get("StreamName")+" "+code))
						if req.Form.Get("CallSid") != r.Call || !strings.HasPrefix(req.Form.Get("StreamSid"), "MZ") || req.Form.Get("AccountSid") != r.Account {
							t.Errorf("the callback is sent %v", req.Form)
						}
						if isGet := req.Method == http.MethodGet; isGet != strings.Contains(test.verbs, "GET") {
							t.Errorf("the callback comes by %s", req.Method)
						}
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("callbacks (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestStatusCallbacksOfAParty(t *testing.T) {
	dial := `<Dial><Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">+15550100010</Number><Client statusCallback="/client">c</Client></Dial>`
	cfg := Config{From: "+15550100001", Script: script(t, "expect-end"), Parties: parties(t, "+15550100010=answers,talk=3s", "client:c=no-answer")}
	inBubble(t, transferring(dial, ""), cfg, func(t *testing.T, g *gateway, r *Record) {
		want := []string{"0 ringing ", "1 ringing ", "2 in-progress ", "3 completed 4"}
		if diff := cmp.Diff(want, told(t, g, "/leg", "SequenceNumber", "CallStatus", "CallDuration")); diff != "" {
			t.Errorf("of the number (-want +got):\n%s", diff)
		}
		want = []string{r.Call + " canceled 487 outbound-dial"}
		if diff := cmp.Diff(want, told(t, g, "/client", "ParentCallSid", "CallStatus", "SipResponseCode", "Direction")); diff != "" {
			t.Errorf("of the client (-want +got):\n%s", diff)
		}
	})
}

// TestCallerLeavesARingingParty hangs up while a telephone rings: that call is canceled.
func TestCallerLeavesARingingParty(t *testing.T) {
	dial := `<Dial><Number statusCallback="/leg">+15550100010</Number></Dial>`
	cfg := Config{Script: script(t, "pause 2s"), Parties: parties(t, "+15550100010=no-answer")}
	inBubble(t, transferring(dial, ""), cfg, func(t *testing.T, g *gateway, _ *Record) {
		if diff := cmp.Diff([]string{"canceled 487 0"}, told(t, g, "/leg", "CallStatus", "SipResponseCode", "CallDuration")); diff != "" {
			t.Errorf("status callbacks (-want +got):\n%s", diff)
		}
	})
}

// TestCallbacksInOrder has an application that is slow to take the first.
func TestCallbacksInOrder(t *testing.T) {
	var got []string
	cfg := Config{Script: script(t, "expect-end"), Parties: parties(t, "+15550100010=answers,talk=1s")}
	inBubble(t, func(t *testing.T) *gateway {
		g := newGateway(t, nil, nil)
		g.handler = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/leg" {
				if len(got) == 0 {
					<-time.After(4 * time.Second)
				}
				got = append(got, r.Form.Get("SequenceNumber"))
				return
			}
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, `<Response><Dial><Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">+15550100010</Number></Dial></Response>`)
		}
		return g
	}, cfg, func(t *testing.T, g *gateway, r *Record) {
		if !slices.Equal(got, []string{"0", "1", "2", "3"}) {
			t.Errorf("callbacks arrive as %v, want them in order", got)
		}
	})
}

func TestOverrides(t *testing.T) {
	standard := overrides{connect: 5 * time.Second, read: 15 * time.Second, total: 15 * time.Second, retries: 1, policy: []string{"ct"}}
	changed := func(change func(o *overrides)) overrides {
		o := standard
		change(&o)
		return o
	}
	for _, test := range []struct {
		fragment string
		want     overrides
	}{
		{"", standard},
		{"section", standard},
		{"%zz", standard},
		{"ct=50&rt=20000&tt=x&rc=6", standard},
		{"ct=2000&rt=3000&tt=9000&rc=0&rp=all&e=dublin", overrides{2 * time.Second, 3 * time.Second, 9 * time.Second, 0, []string{"all"}}},
		{"rc=5&rp=4xx,5xx", changed(func(o *overrides) { o.retries, o.policy = 5, []string{"4xx", "5xx"} })},
	} {
		got := parseOverrides(test.fragment)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(overrides{})); diff != "" {
			t.Errorf("fragment %q (-want +got):\n%s", test.fragment, diff)
		}
	}
}

// TestRetries counts the requests that an application which fails is sent.
func TestRetries(t *testing.T) {
	hang := func(r *http.Request) { <-r.Context().Done() }
	for _, test := range []struct {
		name, fragment string
		status         int // 0: no answer
		want           int
		most           time.Duration
	}{
		{"5xx is not tried again", "", 503, 1, time.Second},
		{"5xx is tried again", "#rc=2&rp=5xx", 503, 3, time.Second},
		{"4xx is not", "#rc=2&rp=5xx", 404, 1, time.Second},
		{"all is", "#rc=5&rp=all", 404, 6, time.Second},
		{"silence is tried again", "#rc=3&rp=rt&rt=1000", 0, 4, 5 * time.Second},
		{"the total is kept", "#rc=5&rp=rt&rt=1000&tt=2500", 0, 3, 3 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			var mu sync.Mutex
			requests := 0
			tokens := map[string]bool{}
			inBubble(t, func(t *testing.T) *gateway {
				began = time.Now()
				g := newGateway(t, nil, nil)
				g.handler = func(w http.ResponseWriter, r *http.Request) {
					mu.Lock() // who is not answered in time is asked again beside it
					requests++
					tokens[r.Header.Get("I-Twilio-Idempotency-Token")] = true
					mu.Unlock()
					if test.status == 0 {
						hang(r)
						return
					}
					w.WriteHeader(test.status)
				}
				return g
			}, Config{URL: "https://" + publicHost + "/twiml" + test.fragment}, func(t *testing.T, _ *gateway, r *Record) {
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if requests != test.want || len(tokens) != 1 || tokens[""] || r.Faults != 1 || time.Since(began) > test.most {
					t.Errorf("%d requests with %d tokens within %v and %d faults; want %d, one and one", requests, len(tokens), time.Since(began), r.Faults, test.want)
				}
			})
		})
	}
}

// TestConnectTimeout calls somebody who does not even take connections.
func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		nobody := func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials++
			<-ctx.Done()
			return nil, ctx.Err()
		}
		phone, err := New(t.Context(), Config{URL: "http://127.0.0.1:1/twiml#ct=300&rc=2", Dial: nobody})
		if err != nil {
			t.Fatal(err)
		}
		defer phone.Close()
		began := time.Now()
		r := phone.Call(t.Context(), 1)
		if took := time.Since(began); dials != 3 || took < 900*time.Millisecond || took > time.Second || !strings.HasPrefix(firstFault(r), "11205: ") {
			t.Errorf("%d connections were tried within %v, and the fault is %q; want three, 900ms and 11205", dials, took, firstFault(r))
		}
	})
}

// TestFailOver breaks the primary URL, and then also the fallback.
func TestFailOver(t *testing.T) {
	for _, test := range []struct {
		name, primary, fallback string
		want                    []string
		code, reason            string
		faults                  int
	}{
		{"no answer worth it", "", "<Say>sorry</Say>", []string{"POST /twiml", "POST /fallback"}, "11200", EndFar, 0},
		{"no TwiML", "<Shout/>", "<Hangup/>", []string{"POST /twiml", "POST /fallback"}, "12200", EndFar, 0},
		{"both", "<Shout/>", "<Shout/>", []string{"POST /twiml", "POST /fallback"}, "12200", EndDocument, 1},
		{"again later", "<Shout/>", `<Play digits="1"/><Redirect>/gone</Redirect>`, []string{"POST /twiml", "POST /fallback", "POST /gone", "POST /fallback"}, "12200", "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) *gateway {
				twiml := map[string]string{"/fallback": "<Response>" + test.fallback + "</Response>"}
				if test.primary != "" {
					twiml["/twiml"] = "<Response>" + test.primary + "</Response>"
				}
				return newGateway(t, twiml, nil)
			}, Config{Fallback: "https://" + publicHost + "/fallback", Script: script(t, "expect-end")}, func(t *testing.T, g *gateway, r *Record) {
				if got := g.paths(); !slices.Equal(got[:min(len(got), len(test.want))], test.want) {
					t.Errorf("requests are %v, want %v", got, test.want)
				}
				form := g.requests[1].Form
				if form.Get("ErrorCode") != test.code || form.Get("ErrorUrl") != "https://"+publicHost+"/twiml" {
					t.Errorf("the fallback is sent ErrorCode=%q, ErrorUrl=%q; want %s", form.Get("ErrorCode"), form.Get("ErrorUrl"), test.code)
				}
				if test.reason != "" && r.Reason != test.reason || r.Faults != test.faults || len(events(r, "failover")) == 0 {
					t.Errorf("the call ended with %s, %s and %d faults (%v); want %s and %d", r.Result, r.Reason, r.Faults, events(r, "fault", "failover"), test.reason, test.faults)
				}
			})
		})
	}
}

// TestUpdateSetsCallbacks changes whom to tell, and whom to ask when something fails.
func TestUpdateSetsCallbacks(t *testing.T) {
	var gw *gateway
	g := func(t *testing.T) *gateway {
		gw = serving(`<Pause length="1"/><Play digits="1"/><Pause length="60"/>`, nil)(t)
		return gw
	}
	whileCalling(t, g, Config{Script: script(t, "expect-end")}, 2*time.Second, func(a *application, call string) {
		a.update(call, "Url", "https://"+publicHost+"/gone", "FallbackUrl", "https://"+publicHost+"/fallback", "StatusCallback", "https://"+publicHost+"/status")
	})
	want := []string{"POST /twiml", "POST /gone", "POST /fallback", "POST /status"}
	if diff := cmp.Diff(want, gw.paths()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	form := url.Values(gw.requests[2].Form)
	if form.Get("ErrorUrl") != "https://"+publicHost+"/gone" {
		t.Errorf("the fallback is sent %v", form)
	}
}

func FuzzOverrides(f *testing.F) {
	for _, fragment := range []string{"", "ct=100&rt=15000&tt=1&rc=5&rp=4xx,all", "rc=-1", "%", "a=b&rc=2;ct=3"} {
		f.Add(fragment)
	}
	f.Fuzz(func(t *testing.T, fragment string) {
		o := parseOverrides(fragment)
		for _, d := range []time.Duration{o.connect, o.read, o.total} {
			if d < 100*time.Millisecond || d > 15*time.Second {
				t.Errorf("fragment %q gives %+v", fragment, o)
			}
		}
		if o.retries < 0 || o.retries > 5 || o.again("5xx", o.retries) {
			t.Errorf("fragment %q gives %+v", fragment, o)
		}
	})
}
