package twiliosim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTwiML(t *testing.T) {
	one := func(v verb) []verb {
		if v.loop == 0 {
			v.loop = 1
		}
		if v.method == "" {
			v.method = "POST"
		}
		return []verb{v}
	}
	stream := func(s streamNoun) *streamNoun {
		if s.parameters == nil {
			s.parameters = map[string]string{}
		}
		if s.track == "" {
			s.track = "inbound_track"
		}
		return &s
	}
	for _, test := range []struct {
		name, given string
		want        []verb
	}{
		{"nothing to do", `<?xml version="1.0"?><Response/>`, []verb{}},
		{"words", "<Response><Say voice=\"alice\">\n  Hello  you &amp; all\n</Say></Response>", one(verb{name: "Say", text: "Hello you & all"})},
		{"words in SSML", `<Response><Say>one <emphasis>two</emphasis> three</Say></Response>`, one(verb{name: "Say", text: "one two three"})},
		{"for ever", `<Response><Play loop="0">a.wav</Play></Response>`, one(verb{name: "Play", text: "a.wav", loop: 1000})},
		{"digits", `<Response><Play digits="1w2"/></Response>`, one(verb{name: "Play", digits: "1w2"})},
		{"a second's pause", `<Response><Pause/></Response>`, one(verb{name: "Pause", length: time.Second})},
		{"a longer pause", `<Response><Pause length="40"/></Response>`, one(verb{name: "Pause", length: 40 * time.Second})},
		{"redirect by get", `<Response><Redirect method="get"> /next </Redirect></Response>`, one(verb{name: "Redirect", text: "/next", method: "GET"})},
		{"busy", `<Response><Reject reason="busy"/></Response>`, one(verb{name: "Reject", reason: "busy"})},
		{
			"connect", `<Response><Connect action="/resume"><Stream url="wss://x/s"><Parameter name="a" value="b"/></Stream></Connect></Response>`,
			one(verb{name: "Connect", action: "/resume", stream: stream(streamNoun{url: "wss://x/s", parameters: map[string]string{"a": "b"}})}),
		},
		{
			"start both tracks", `<Response><Start><Stream name="n" url="wss://x/s" track="both_tracks"/></Start></Response>`,
			one(verb{name: "Start", stream: stream(streamNoun{name: "n", url: "wss://x/s", track: "both_tracks"})}),
		},
		{"stop", `<Response><Stop><Stream name="n"/></Stop></Response>`, one(verb{name: "Stop", stream: stream(streamNoun{name: "n"})})},
		{"remarks and a closing newline", "<!-- a --><Response><!-- b --><Hangup/></Response>\n", one(verb{name: "Hangup"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, flt := parseTwiML([]byte(test.given))
			if flt != nil {
				t.Fatalf("given %s: %v", test.given, flt)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(verb{}, streamNoun{})); diff != "" {
				t.Errorf("given %s (-want +got):\n%s", test.given, diff)
			}
		})
	}
}

func TestParseTwiMLFaults(t *testing.T) {
	in := func(verbs string) string { return "<Response>" + verbs + "</Response>" }
	for _, test := range []struct {
		name, given string
		code        int
		text        string // part of the fault's text
	}{
		{"empty", "", 12100, "no root element"},
		{"not XML", "{}", 12100, "no root element"},
		{"cut off", "<Response><Say>hello", 12100, "not XML"},
		{"wrong nesting", "<Response><Say></Response></Say>", 12100, "not XML"},
		{"another root", "<Answer/>", 12100, "not Answer"},
		{"two roots", "<Response/><Response/>", 12100, "second root element"},
		{"text behind", "<Response/>oops", 12100, "text outside"},
		{"too long", in("<Say>" + strings.Repeat("a", 64<<10) + "</Say>"), 11750, "longer than 65536"},
		{"too deep", strings.Repeat("<Response>", 20), 12100, "nested too deeply"},
		{"unknown verb", in("<Shout>hey</Shout>"), 12200, "no <Shout>"},
		{"verb in lower case", in("<say>hey</say>"), 12200, "no <say>"},
		{"a verb of Twilio that is not performed", in("<Record/>"), 0, "does not perform <Record>"},
		{"noun as verb", in(`<Stream url="wss://x/"/>`), 12200, "belongs inside"},
		{"unknown attribute", in(`<Say volume="9">hey</Say>`), 12200, `"volume"`},
		{"nothing to say", in("<Say/>"), 12200, "no words"},
		{"nothing to play", in("<Play/>"), 12200, "neither"},
		{"loop", in(`<Say loop="-1">hey</Say>`), 12200, "loop"},
		{"pause", in(`<Pause length="1.5"/>`), 12200, "length"},
		{"reason", in(`<Reject reason="tired"/>`), 12200, "rejected, busy"},
		{"redirect to nowhere", in("<Redirect/>"), 12200, "no URL"},
		{"method", in(`<Redirect method="PUT">/x</Redirect>`), 12200, "POST, GET"},
		{"connect to nothing", in("<Connect/>"), 0, "one <Stream>"},
		{"connect to a room", in("<Connect><Room>r</Room></Connect>"), 0, "one <Stream>"},
		{"stream to nowhere", in("<Connect><Stream/></Connect>"), 12200, "no url"},
		{"track", in(`<Start><Stream url="wss://x/" track="left"/></Start>`), 12200, "track"},
		{"connect has the inbound track only", in(`<Connect><Stream url="wss://x/" track="both_tracks"/></Connect>`), 12200, "inbound_track only"},
		{"stop of an unnamed stream", in("<Stop><Stream/></Stop>"), 12200, "name of a stream"},
		{"parameter without a name", in(`<Connect><Stream url="wss://x/"><Parameter value="v"/></Stream></Connect>`), 12200, "no name"},
		{"parameter too long", in(`<Connect><Stream url="wss://x/"><Parameter name="n" value="` + strings.Repeat("v", 499) + `"/></Stream></Connect>`), 12200, "too long"},
		{"no parameter", in(`<Connect><Stream url="wss://x/"><Say>hey</Say></Stream></Connect>`), 12200, "<Parameter name value> only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			verbs, flt := parseTwiML([]byte(test.given))
			if flt == nil {
				t.Fatalf("given %.80s there is no fault but %v", test.given, verbs)
			}
			if flt.Code != test.code || !strings.Contains(flt.Text, test.text) {
				t.Errorf("given %.80s the fault is %v, want %d with %q", test.given, flt, test.code, test.text)
			}
		})
	}
}

func FuzzTwiML(f *testing.F) {
	f.Add([]byte(connectTwiML))
	f.Add([]byte(`<Response><Say loop="2">a<b>c</b></Say><Play>x.wav</Play><Pause length="3"/><Redirect>/n</Redirect></Response>`))
	f.Add([]byte(`<Response><Start><Stream name="n" url="wss://x/" track="both_tracks"/></Start><Reject reason="busy"/></Response>`))
	f.Add([]byte(`<Response><Dial action="/a" callerId="+15550100010" timeout="9"><Number url="/w">+15550100010</Number><Client>a<Parameter name="n" value="v"/></Client></Dial></Response>`))
	f.Add([]byte(`<Response><Gather numDigits="2" input="dtmf speech"><Say loop="0">a</Say><Play>b</Play></Gather><Enqueue>q</Enqueue></Response>`))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b 'c'>]><Response>&b;</Response>"))
	f.Fuzz(func(t *testing.T, document []byte) {
		verbs, flt := parseTwiML(document)
		if flt != nil {
			if verbs != nil || flt.Text == "" {
				t.Errorf("given %q: verbs %v beside the fault %v", document, verbs, flt)
			}
			return
		}
		for i := range verbs {
			v := &verbs[i]
			if _, known := attributes[v.name]; !known || v.loop < 1 || v.loop > maxLoops || v.length < 0 || v.length > maxPause {
				t.Errorf("given %q: verb %+v", document, v)
			}
			if needs := v.name == "Connect" || v.name == "Start" || v.name == "Stop"; needs != (v.stream != nil) {
				t.Errorf("given %q: stream %v of verb %s", document, v.stream, v.name)
			}
		}
		performAll(t, verbs)
	})
}
