package twiliosim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGather lets a caller press and say things, and looks at what the action is sent.
func TestGather(t *testing.T) {
	const prompt = "<Say>one two three four five six seven eight nine ten</Say>" // a second of sound
	for _, test := range []struct {
		name, gather, script string
		want                 string // path that is asked next, and what it is sent; empty for the next verb
		took                 [2]int // frames from the first to the last that the call may have
	}{
		{"as many digits as asked for", `<Gather numDigits="2" action="/got">` + prompt + `</Gather>`, "wait\npress 42", "/got Digits=42", [2]int{80, 130}},
		{"a key barges in", `<Gather numDigits="1" action="/got"><Say>` + strings.Repeat("on ", 300) + `</Say></Gather>`, "pause 1s\npress 7", "/got Digits=7", [2]int{50, 60}},
		{"a key does not barge in", `<Gather numDigits="1" bargeIn="false" action="/got">` + prompt + `</Gather>`, "press 7", "/got Digits=7", [2]int{0, 10}},
		{"prompts go on under keys that do not barge in", `<Gather numDigits="2" timeout="2" bargeIn="false" action="/got">` + prompt + `</Gather>`, "press 7", "/got Digits=7", [2]int{148, 160}},
		{"prompts do not go on under keys that do", `<Gather numDigits="2" timeout="2" action="/got">` + prompt + `</Gather>`, "press 7", "/got Digits=7", [2]int{98, 110}},
		{"the finishing key", `<Gather action="/got">` + prompt + `</Gather>`, "wait\npress 123#", "/got Digits=123&FinishedOnKey=%23", [2]int{80, 160}},
		{"another finishing key", `<Gather finishOnKey="*" action="/got"/>`, "press 1#*", "/got Digits=1%23&FinishedOnKey=%2A", [2]int{20, 40}},
		{"no finishing key", `<Gather finishOnKey="" numDigits="2" action="/got"/>`, "press ##", "/got Digits=%23%23", [2]int{10, 30}},
		{"time goes by behind a digit", `<Gather timeout="2" action="/got"/>`, "pause 1s\npress 1", "/got Digits=1", [2]int{148, 160}},
		{"nothing", `<Gather timeout="2" action="/got"/>`, "expect-end", "", [2]int{100, 130}},
		{"nothing, and the action wants it", `<Gather timeout="2" actionOnEmptyResult="true" action="/got"/>`, "expect-end", "/got Digits=", [2]int{100, 110}},
		{"the finishing key alone", `<Gather actionOnEmptyResult="true" action="/got"/>`, "press #", "/got Digits=&FinishedOnKey=%23", [2]int{0, 10}},
		{"the finishing key alone is nothing", `<Gather action="/got"/>`, "press #", "", [2]int{0, 40}},
		{"without action this document is asked", `<Gather numDigits="1"/>`, "press 1", "/twiml Digits=1", [2]int{0, 10}},
		{"words", `<Gather input="speech" speechTimeout="1" action="/got">` + prompt + `</Gather>`, `wait
say "two dozen roses"`, "/got Confidence=0.9&SpeechResult=two+dozen+roses", [2]int{120, 170}},
		{"words barge in", `<Gather input="dtmf speech" speechTimeout="auto" action="/got"><Say>` + strings.Repeat("on ", 300) + `</Say></Gather>`, `pause 1s
say "stop that"`, "/got Confidence=0.9&SpeechResult=stop+that", [2]int{100, 130}},
		{"keys do not count for speech", `<Gather input="speech" timeout="2" action="/got"/>`, "press 1\nexpect-end", "", [2]int{100, 130}},
		{"words do not count for keys", `<Gather timeout="2" action="/got"/>`, "say \"no\"\nexpect-end", "", [2]int{100, 130}},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := strings.Split(test.script, "\n")
			if last := lines[len(lines)-1]; last != "expect-end" {
				lines = append(lines, "expect-end")
			}
			g := func(t *testing.T) *gateway {
				return newGateway(t, map[string]string{
					"/twiml": "<Response>" + test.gather + "<Say>next</Say></Response>", "/got": "<Response><Hangup/></Response>",
				}, nil)
			}
			cfg := Config{Script: script(t, lines...), Synthesize: buzz}
			if strings.HasPrefix(test.want, "/twiml") {
				cfg.Script = script(t, append(lines[:len(lines)-1], "hangup")...)
			}
			inBubble(t, g, cfg, func(t *testing.T, g *gateway, r *Record) {
				got := ""
				if len(g.requests) > 1 {
					form := g.requests[1].Form
					for name := range form {
						if name != "Digits" && name != "SpeechResult" && name != "Confidence" && name != "FinishedOnKey" {
							form.Del(name)
						}
					}
					got = g.requests[1].Path + " " + form.Encode()
				}
				if got != test.want || got == "" && len(events(r, "say")) == 0 {
					t.Errorf("next is %q, and the caller hears %v; want %q", got, events(r, "say"), test.want)
				}
				if !r.OK() || r.Frames < test.took[0] || r.Frames > test.took[1]+10 {
					t.Errorf("the call ended with %s after %d frames: %s; want %v", r.Result, r.Frames, r.Text, test.took)
				}
			})
		})
	}
}

func TestGatherTwiML(t *testing.T) {
	for _, test := range []struct{ twiml, want string }{
		{"<Gather><Say>a</Say><Pause/><Play>b.wav</Play></Gather>", "Say Pause Play"},
		{"<Gather input='dtmf speech' language='en-US' hints='a,b' speechTimeout='auto' enhanced='true'/>", ""},
		{"<Gather input='sound'/>", "12200"},
		{"<Gather loud='yes'/>", "12200"},
		{"<Gather method='PUT'/>", "13312"},
		{"<Gather timeout='0'/>", "13313"},
		{"<Gather numDigits='none'/>", "13314"},
		{"<Gather numDigits='0'/>", "13314"},
		{"<Gather finishOnKey='##'/>", "13310"},
		{"<Gather finishOnKey='A'/>", "13310"},
		{"<Gather actionOnEmptyResult='maybe'/>", "13338"},
		{"<Gather bargeIn='maybe'/>", "12200"},
		{"<Gather speechTimeout='soon'/>", "12200"},
		{"<Gather><Dial>+15550100010</Dial></Gather>", "13320"},
		{"<Gather><Say/></Gather>", "12200"},
	} {
		verbs, flt := parseTwiML([]byte("<Response>" + test.twiml + "</Response>"))
		got := ""
		if flt != nil {
			got = fmt.Sprint(flt.Code)
		} else {
			got = strings.Join(verbNames(verbs[0].gather.prompts), " ")
		}
		if got != test.want {
			t.Errorf("%s gives %q (%v), want %q", test.twiml, got, flt, test.want)
		}
	}
}

// TestGatherInUpdate redirects a call in a Gather: its keys are nobody's any more.
func TestGatherInUpdate(t *testing.T) {
	cfg := Config{Script: script(t, "pause 2s", "press 1", "expect-end"), Synthesize: buzz}
	r := whileCalling(t, serving(`<Gather numDigits="1" timeout="60"/>`, nil), cfg, 1010*1000*1000, func(a *application, call string) {
		a.update(call, "Twiml", `<Response><Pause length="5"/></Response>`)
	})
	want := []string{"call", "twiml", "verb Gather", "update", "verb Pause", "press 1", "end the other side hung up"}
	if diff := cmp.Diff(want, events(r)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
