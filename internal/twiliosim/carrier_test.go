package twiliosim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// words writes orders down in short, one word each.
func words(orders []order) string {
	var list []string
	for _, o := range orders {
		word := ""
		switch o.do {
		case began:
			word = o.verb.name
		case report:
			word = fmt.Sprintf("fault:%d", o.fault.Code)
		case answer:
			word = "answer"
		case fetch:
			word = "fetch:" + o.method + ":" + o.url
			if len(o.form) > 0 {
				word += "+" + o.form.Encode()
			}
		case speak:
			word = "speak:" + strings.ReplaceAll(o.verb.text, " ", "_")
		case load:
			word = "load:" + o.url
		case dial:
			word = "dial:" + o.verb.digits
		case sound:
			word = "sound:" + o.length.String()
		case connect:
			word = "connect:" + o.url
		case start:
			word = "start:" + o.url
		case stop:
			word = "stop:" + o.verb.stream.name
		case failOver:
			word = fmt.Sprintf("failover:%d", o.fault.Code)
		case gather:
			word = "gather"
		case listen:
			word = "listen"
		case ring:
			word = "ring:" + o.verb.nouns[0].target
		case hangUp:
			word = "hangup:" + o.end
		}
		list = append(list, word)
	}
	return strings.Join(list, " ")
}

func verbsOf(t *testing.T, inside string) []verb {
	t.Helper()
	verbs, flt := parseTwiML([]byte("<Response>" + inside + "</Response>"))
	if flt != nil {
		t.Fatalf("TwiML %s: %v", inside, flt)
	}
	return verbs
}

// TestCarrier gives documents and then, one by one, answers to the carrier's
// tasks: ready, played, ended, and faults. It wants the orders after each.
func TestCarrier(t *testing.T) {
	broken := fault(codeStreamBroken, "gone")
	type input func(*carrier) []order
	document := func(inside string) input {
		return func(c *carrier) []order { return c.document(0, verbsOf(t, inside), nil) }
	}
	ready := func(c *carrier) []order { return c.ready(nil) }
	unplayable := func(c *carrier) []order { return c.ready(fault(codeContentType, "what")) }
	played := func(c *carrier) []order { return c.played() }
	ended := func(c *carrier) []order { return c.streamOver(nil) }
	crashed := func(c *carrier) []order { return c.streamOver(broken) }
	hangingUp := func(c *carrier) []order { c.crashHangsUp = true; return nil }
	badDocument := func(c *carrier) []order { return c.document(0, nil, fault(codeParse, "what")) }

	busy := func(c *carrier) []order { return c.dialOver(dialResult{status: "busy", sid: "CA1"}) }
	talked := func(c *carrier) []order {
		return c.dialOver(dialResult{status: "completed", sid: "CA1", duration: 1100 * time.Millisecond, bridged: true})
	}
	bridging := func(c *carrier) []order { return c.bridged() }
	nothing := func(c *carrier) []order { return c.gathered(gathered{}) }
	keyed := func(c *carrier) []order { return c.gathered(gathered{digits: "42"}) }
	safe := func(c *carrier) []order {
		c.fallback, c.fallbackVia = "https://spare.example/twiml", "GET"
		return nil
	}
	redirected := func(c *carrier) []order { return c.redirect("GET", "https://other.example/x") }
	updated := func(inside string) input {
		return func(c *carrier) []order { return c.perform(0, verbsOf(t, inside), nil) }
	}

	const streamURL = "wss://voice.example.com/s"
	connecting := `<Connect><Stream url="` + streamURL + `"/></Connect>`
	for _, test := range []struct {
		name   string
		inputs []input
		want   []string
	}{
		{"an empty document ends the call", []input{document("")}, []string{"hangup:far_end"}},
		{"say, twice", []input{document(`<Say loop="2">hi you</Say>`), ready, played, played}, []string{
			"answer Say speak:hi_you", "sound:0s", "sound:0s", "hangup:far_end",
		}},
		{"play resolves its URL", []input{document("<Play>../a.wav</Play>"), ready, played}, []string{
			"answer Play load:https://voice.example.com/a.wav", "sound:0s", "hangup:far_end",
		}},
		{"play that fails does not end the call", []input{document("<Play>a.wav</Play><Say>hi</Say>"), unplayable}, []string{
			"answer Play load:https://voice.example.com/v1/a.wav", "fault:12300 Say speak:hi",
		}},
		{"digits", []input{document(`<Play digits="12"/>`)}, []string{"answer Play dial:12"}},
		{"a pause before anything else lets it ring", []input{document(`<Pause length="2"/><Say>hi</Say>`), played}, []string{
			"Pause sound:2s", "answer Say speak:hi",
		}},
		{"reject does not answer", []input{document("<Reject/><Say>never</Say>")}, []string{"Reject hangup:rejected"}},
		{"hangup", []input{document("<Hangup/><Say>never</Say>")}, []string{"answer Hangup hangup:far_end"}},
		{"redirect", []input{document("<Redirect>next?a=1</Redirect><Say>never</Say>"), document("<Hangup/>")}, []string{
			"answer Redirect fetch:POST:https://voice.example.com/v1/next?a=1", "Hangup hangup:far_end",
		}},
		{"connect without action goes on with the next verb", []input{document(connecting + "<Say>bye</Say>"), ended}, []string{
			"answer Connect connect:" + streamURL, "Say speak:bye",
		}},
		{"connect with nothing behind it hangs up", []input{document(connecting), ended}, []string{
			"answer Connect connect:" + streamURL, "hangup:far_end",
		}},
		{"connect asks its action", []input{document(`<Connect action="/resume" method="GET"><Stream url="/s"/></Connect><Say>never</Say>`), ended}, []string{
			"answer Connect connect:" + streamURL, "fetch:GET:https://voice.example.com/resume",
		}},
		{"a crash goes on like an end", []input{document(connecting + "<Redirect>/resume</Redirect>"), crashed}, []string{
			"answer Connect connect:" + streamURL, "fault:31903 Redirect fetch:POST:https://voice.example.com/resume",
		}},
		{"a crash hangs up", []input{hangingUp, document(connecting + "<Redirect>/resume</Redirect>"), crashed}, []string{
			"", "answer Connect connect:" + streamURL, "fault:31903 hangup:stream_lost",
		}},
		{"a regular end never counts as a crash", []input{hangingUp, document(connecting + "<Say>bye</Say>"), ended}, []string{
			"", "answer Connect connect:" + streamURL, "Say speak:bye",
		}},
		{"start goes on at once", []input{document(`<Start><Stream name="n" url="` + streamURL + `"/></Start><Pause length="40"/><Stop><Stream name="n"/></Stop>`), played}, []string{
			"answer Start start:" + streamURL + " Pause sound:40s", "Stop stop:n hangup:far_end",
		}},
		{"start with nothing behind it ends the call", []input{document(`<Start><Stream url="` + streamURL + `"/></Start>`)}, []string{
			"answer Start start:" + streamURL + " hangup:far_end",
		}},
		{"dial without action goes on with the next verb", []input{document("<Dial>+15550100010</Dial><Say>sorry</Say>"), busy}, []string{
			"answer Dial ring:+15550100010", "Say speak:sorry",
		}},
		{"dial asks its action", []input{document(`<Dial action="done">+15550100010</Dial><Say>never</Say>`), talked}, []string{
			"answer Dial ring:+15550100010",
			"fetch:POST:https://voice.example.com/v1/done+DialBridged=true&DialCallDuration=2&DialCallSid=CA1&DialCallStatus=completed",
		}},
		{"dial leaves it ringing until there is somebody", []input{document(`<Dial answerOnBridge="true">+15550100010</Dial>`), bridging, bridging, talked}, []string{
			"Dial ring:+15550100010", "answer", "", "hangup:far_end",
		}},
		{"enqueue asks its action", []input{document(`<Enqueue action="done">desk</Enqueue>`), talked}, []string{
			"answer Enqueue ring:desk", "fetch:POST:https://voice.example.com/v1/done+QueueResult=bridged&QueueSid=QU1&QueueTime=0",
		}},
		{"a redirect from outside", []input{document(connecting + "<Say>never</Say>"), redirected, document("<Hangup/>")}, []string{
			"answer Connect connect:" + streamURL, "fetch:GET:https://other.example/x", "Hangup hangup:far_end",
		}},
		{"TwiML from outside", []input{document("<Say>never</Say>"), updated(connecting + "<Redirect>https://voice.example.com/x</Redirect>"), ended}, []string{
			"answer Say speak:never", "Connect connect:" + streamURL, "Redirect fetch:POST:https://voice.example.com/x",
		}},
		{"TwiML from outside has no place for relative URLs", []input{document("<Say>a</Say>"), updated(`<Dial action="/done">+15550100010</Dial>`), busy}, []string{
			"answer Say speak:a", "Dial ring:+15550100010", "fault:15004 hangup:bad_document",
		}},
		{"gather with prompts, and keys behind them", []input{document("<Gather><Say>one</Say><Pause/></Gather><Say>never</Say>"), ready, played, played, keyed}, []string{
			"answer Gather gather Say speak:one", "sound:0s", "Pause sound:1s", "listen", "fetch:POST:https://voice.example.com/v1/twiml+Digits=42",
		}},
		{"gather with keys in the midst of a prompt", []input{document(`<Gather action="/got" method="GET"><Say>one</Say><Say>two</Say></Gather>`), ready, keyed}, []string{
			"answer Gather gather Say speak:one", "sound:0s", "fetch:GET:https://voice.example.com/got+Digits=42",
		}},
		{"gather without keys goes on with the next verb", []input{document("<Gather/><Say>sorry</Say>"), nothing}, []string{
			"answer Gather gather listen", "Say speak:sorry",
		}},
		{"gather without keys asks when it is to", []input{document(`<Gather actionOnEmptyResult="true" action="/got"/>`), nothing}, []string{
			"answer Gather gather listen", "fetch:POST:https://voice.example.com/got+Digits=",
		}},
		{"TwiML from outside in a gather", []input{document("<Gather><Say>one</Say></Gather>"), updated("<Say>two</Say>"), ready, played}, []string{
			"answer Gather gather Say speak:one", "Say speak:two", "sound:0s", "hangup:far_end",
		}},
		{"a bad document fails over, once", []input{safe, badDocument, badDocument}, []string{
			"", "failover:12100 fetch:GET:https://spare.example/twiml+ErrorCode=12100&ErrorUrl=https%3A%2F%2Fvoice.example.com%2Fv1%2Ftwiml", "fault:12100 hangup:bad_document",
		}},
		{"a stream of TwiML from outside", []input{document("<Say>a</Say>"), updated(`<Start><Stream url="/s"/></Start>`)}, []string{
			"answer Say speak:a", "Start fault:31922 hangup:far_end",
		}},
		{"a bad document ends the call", []input{badDocument}, []string{"fault:12100 hangup:bad_document"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c carrier
			if got, want := words(c.begin("https://voice.example.com/v1/twiml")), "fetch:POST:https://voice.example.com/v1/twiml"; got != want {
				t.Fatalf("begin gives %q, want %q", got, want)
			}
			var got []string
			for _, in := range test.inputs {
				got = append(got, words(in(&c)))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("orders (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreamURL(t *testing.T) {
	for _, test := range []struct{ name, base, given, want string }{
		{"wss", "https://a.example/x", "wss://b.example/s", "wss://b.example/s"},
		{"relative", "https://a.example/x", "/s", "wss://a.example/s"},
		{"relative to http on this machine", "http://127.0.0.1:8080/x", "s", "ws://127.0.0.1:8080/s"},
		{"ws on this machine", "https://a.example/x", "ws://localhost:8080/s", "ws://localhost:8080/s"},
		{"ws elsewhere", "https://a.example/x", "ws://b.example/s", "31922"},
		{"relative to http elsewhere", "http://a.example/x", "/s", "31922"},
		{"https", "https://a.example/x", "https://b.example/s", "31922"},
		{"query", "https://a.example/x", "wss://b.example/s?a=1", "31920"},
		{"empty query", "https://a.example/x", "wss://b.example/s?", "31920"},
		{"no host", "https://a.example/x", "wss:///s", "31922"},
		{"no URL", "https://a.example/x", "wss://%zz", "31920"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c carrier
			c.begin(test.base)
			got, flt := c.streamURL(&streamNoun{url: test.given})
			if flt != nil {
				got = fmt.Sprint(flt.Code)
			}
			if got != test.want {
				t.Errorf("url %q in a document of %s gives %q (%v), want %q", test.given, test.base, got, flt, test.want)
			}
		})
	}
}

func TestLoopGuard(t *testing.T) {
	redirect := verbsOf(t, "<Redirect>/again</Redirect>")
	for _, test := range []struct {
		name  string
		every time.Duration
		want  int // document at which the call ends; 0 for never
	}{
		{"as fast as can be", 0, 21},
		{"twenty within ten seconds", 499 * time.Millisecond, 21},
		{"a call that resumes often", 501 * time.Millisecond, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c carrier
			c.begin("https://a.example/")
			got := 0
			for i := 1; i <= 100 && got == 0; i++ {
				if strings.HasSuffix(words(c.document(time.Duration(i)*test.every, redirect, nil)), "hangup:"+EndDocument) {
					got = i
				}
			}
			if got != test.want {
				t.Errorf("with a document every %v the call ends at number %d, want %d", test.every, got, test.want)
			}
		})
	}
}

// performAll drives a carrier through verbs, answering every task, and fails
// unless it comes to an end and has at most one task outstanding at any time.
func performAll(t *testing.T, verbs []verb) {
	t.Helper()
	var c carrier
	c.begin("https://a.example/")
	orders := c.document(0, verbs, nil)
	for steps := 0; ; steps++ {
		tasks := 0
		var last order
		for _, o := range orders {
			switch o.do {
			case fetch, speak, load, dial, sound, connect, ring, listen, hangUp:
				tasks++
				last = o
			}
		}
		if tasks != 1 {
			t.Fatalf("after %d steps the orders %q hold %d tasks", steps, words(orders), tasks)
		}
		switch last.do {
		case fetch, hangUp:
			return
		case speak, load, dial:
			orders = c.ready(nil)
		case sound:
			orders = c.played()
		case connect:
			orders = c.streamOver(nil)
		case ring:
			orders = c.dialOver(dialResult{status: "busy"})
		case listen:
			orders = c.gathered(gathered{})
		}
		if steps > maxLoops*(len(verbs)+1) {
			t.Fatalf("%d verbs did not come to an end in %d steps", len(verbs), steps)
		}
	}
}
