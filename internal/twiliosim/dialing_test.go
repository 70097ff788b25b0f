package twiliosim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// transferring is a gateway whose bot hands the caller over: /twiml dials, /done is
// asked afterwards, and what a human hears comes from /whisper.
func transferring(dial, whisper string) func(t *testing.T) *gateway {
	return func(t *testing.T) *gateway {
		return newGateway(t, map[string]string{
			"/twiml":   "<Response>" + dial + "</Response>",
			"/done":    "<Response><Say>sorry</Say></Response>",
			"/whisper": "<Response>" + whisper + "</Response>",
		}, nil)
	}
}

func parties(t *testing.T, texts ...string) map[string]Party {
	t.Helper()
	all := map[string]Party{}
	for _, text := range texts {
		target, p, err := ParseParty(text)
		if err != nil {
			t.Fatal(err)
		}
		all[target] = p
	}
	return all
}

// TestDial tells what becomes of a caller who is handed over.
func TestDial(t *testing.T) {
	const number = `<Dial action="/done" callerId="+15550100002"><Number url="/whisper">+15550100010</Number></Dial>`
	for _, test := range []struct {
		name, dial, whisper, party string
		script                     string
		want                       []string // events dial, whisper, connected, disconnected, twiml, say and end
		form                       map[string]string
	}{
		{
			"answered", number, "<Say>a caller, order 4711</Say>", "+15550100010=answers", "expect-end",
			[]string{
				"dial ringing", "dial answered", "whisper a caller, order 4711", "connected", "disconnected", "twiml", "say sorry",
				"end the other side hung up",
			},
			map[string]string{"DialCallStatus": "completed", "DialCallDuration": "2", "DialBridged": "true"},
		},
		{
			"answered, and the caller hangs up", number, "<Say>hi</Say>", "+15550100010=answers,hangup=caller", "expect-end",
			[]string{
				"dial ringing", "dial answered", "whisper hi", "connected", "disconnected",
				"end the caller had talked with +15550100010 and hung up",
			},
			nil,
		},
		{
			"busy", number, "", "+15550100010=busy", "expect-end",
			[]string{"dial ringing", "dial busy", "twiml", "say sorry", "end the other side hung up"},
			map[string]string{"DialCallStatus": "busy", "DialBridged": "false", "DialCallDuration": ""},
		},
		{
			"nobody", strings.Replace(number, "<Dial", `<Dial timeout="5"`, 1), "", "+15550100010=no-answer", "expect-end",
			[]string{"dial ringing", "dial no-answer", "twiml", "say sorry", "end the other side hung up"},
			map[string]string{"DialCallStatus": "no-answer"},
		},
		{
			"no such number, and no action", "<Dial>+15550100010</Dial><Say>and now</Say>", "", "+1=busy", "expect-end",
			[]string{"dial ringing", "dial failed", "say and now", "end the other side hung up"},
			nil,
		},
		{
			"the human declines", number, "<Say>hi</Say><Hangup/>", "+15550100010=answers", "expect-end",
			[]string{"dial ringing", "dial answered", "whisper hi", "twiml", "say sorry", "end the other side hung up"},
			map[string]string{"DialCallStatus": "completed", "DialBridged": "false"},
		},
		{
			"a dial within a dial", number, "<Dial>+15550100011</Dial>", "+15550100010=answers", "expect-end",
			[]string{
				"dial ringing", "dial answered", "fault <Dial> within what a human hears before they are connected", "twiml", "say sorry",
				"end the other side hung up",
			},
			map[string]string{"DialCallStatus": "completed", "DialBridged": "false"},
		},
		{
			"the caller hangs up while it rings", number, "", "+15550100010=answers,ring=1m", "pause 2s",
			[]string{"dial ringing", "end the caller hung up at the end of the script"},
			nil,
		},
		{
			"the caller hears the human", number, "<Pause length='3'/>", "+15550100010=answers,talk=1h", "wait\nhangup",
			[]string{"dial ringing", "dial answered", "connected", "disconnected", "end the caller hung up at the end of the script"},
			nil,
		},
		{
			"the star key ends it", strings.Replace(number, "<Dial", `<Dial hangupOnStar="true"`, 1), "", "+15550100010=answers,talk=1h", "wait\npress *\nexpect-end",
			[]string{"dial ringing", "dial answered", "connected", "disconnected", "twiml", "say sorry", "end the other side hung up"},
			map[string]string{"DialCallStatus": "completed", "DialCallDuration": "2"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{
				From: "+15550100001", Script: script(t, strings.Split(test.script, "\n")...), Synthesize: buzz, Parties: parties(t, test.party),
			}
			inBubble(t, transferring(test.dial, test.whisper), cfg, func(t *testing.T, g *gateway, r *Record) {
				got := events(r, "dial", "whisper", "connected", "disconnected", "twiml", "say", "fault", "end")[1:]
				for i := range got {
					got[i] = strings.ReplaceAll(got[i], "dial "+progressName(got[i])+" number", "dial "+progressName(got[i]))
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				for name, want := range test.form {
					form := g.requests[len(g.requests)-1].Form
					if value := form.Get(name); value != want {
						t.Errorf("the action is sent %s=%q, want %q", name, value, want)
					}
				}
				if wants := !slices.ContainsFunc(got, func(e string) bool { return strings.HasPrefix(e, "fault") }); r.OK() != wants {
					t.Errorf("the call ended with %s: %s", r.Result, r.Text)
				}
			})
		})
	}
}

// progressName is the state in the text of an event dial.
func progressName(event string) string {
	words := strings.Fields(event)
	if words[0] != "dial" {
		return "?"
	}
	return words[1]
}

// TestDialTells looks at what the human, their program and the application are told.
func TestDialTells(t *testing.T) {
	dial := `<Dial answerOnBridge="true" callerId="+15550100002"><Client url="/whisper"><Identity>alice</Identity><Parameter name="order" value="4711"/></Client></Dial>`
	cfg := Config{From: "+15550100001", Script: script(t, "expect-end"), Parties: parties(t, "client:alice=answers")}
	inBubble(t, transferring(dial, "<Say>hi</Say>"), cfg, func(t *testing.T, g *gateway, r *Record) {
		form := g.requests[1].Form
		leg := ""
		for _, e := range r.Events {
			if e.Event != "dial" {
				continue
			}
			leg = e.Leg
			if e.To != "alice" || e.From != "+15550100002" || e.Name != "client" || !maps.Equal(e.Params, map[string]string{"order": "4711"}) {
				t.Errorf("event %+v; want the client, the caller id and the parameter", e)
			}
		}
		for name, want := range map[string]string{
			"CallSid": leg, "ParentCallSid": r.Call, "Direction": "outbound-dial", "From": "+15550100002", "To": "alice", "CallStatus": "in-progress",
		} {
			if got := form.Get(name); got != want || got == "" {
				t.Errorf("the request for what the human hears has %s=%q, want %q", name, got, want)
			}
		}
		// It rings for a second; a hum for two letters, and then two seconds of talk.
		if length := time.Duration(r.Frames) * 20 * time.Millisecond; length < 3400*time.Millisecond || length > 3700*time.Millisecond {
			t.Errorf("the call took %v", length)
		}
	})
}

// TestDialTwiML reads what is right and what is wrong about Dial and Enqueue.
func TestDialTwiML(t *testing.T) {
	for _, test := range []struct {
		twiml string
		want  string // keys of the parties, or the fault's code
	}{
		{"<Dial>+1 555-010-0010</Dial>", "+15550100010"},
		{"<Dial><Number>+15550100010</Number><Number sendDigits='1'>+15550100011</Number></Dial>", "+15550100010 +15550100011"},
		{"<Dial><Sip username='a' password='b'>sip:Desk@example.com;transport=tls?X-Order=4711</Sip></Dial>", "sip:desk@example.com"},
		{"<Dial record='record-from-answer'><Client>alice</Client></Dial>", "client:alice"},
		{"<Dial><Queue url='/x'>support</Queue></Dial>", "queue:support"},
		{"<Dial><Conference endConferenceOnExit='true' statusCallbackEvent='start end'>room 1</Conference></Dial>", "conference:room 1"},
		{"<Enqueue waitUrl='/music'>support</Enqueue>", "queue:support"},
		{"<Enqueue workflowSid='WW1'><Task>{}</Task></Enqueue>", "queue:WW1"},
		{"<Dial>555-0100</Dial>", "13223"},
		{"<Dial/>", "13223"},
		{"<Dial><Number>alice</Number></Dial>", "13223"},
		{"<Dial><Say>hi</Say></Dial>", "13215"},
		{"<Dial><Queue>a</Queue><Number>+15550100010</Number></Dial>", "13215"},
		{"<Dial><Queue/></Dial>", "13215"},
		{"<Dial><Number><Parameter/></Number></Dial>", "13215"},
		{"<Dial>" + strings.Repeat("<Client>a</Client>", 11) + "</Dial>", "13215"},
		{"<Dial><Sip>desk</Sip></Dial>", "13241"},
		{"<Dial><Client>a b</Client></Dial>", "13242"},
		{"<Dial><Client>a<Parameter value='x'/></Client></Dial>", "12200"},
		{"<Dial><Client>a<Parameter name='x' value='" + strings.Repeat("x", 1024) + "'/></Client></Dial>", "12200"},
		{"<Dial><Client>a<Number/></Client></Dial>", "13215"},
		{"<Dial timeout='0'>+15550100010</Dial>", "13212"},
		{"<Dial timeout='601'>+15550100010</Dial>", "13212"},
		{"<Dial timeLimit='x'>+15550100010</Dial>", "13216"},
		{"<Dial method='PUT'>+15550100010</Dial>", "13210"},
		{"<Dial hangupOnStar='maybe'>+15550100010</Dial>", "13213"},
		{"<Dial answerOnBridge='maybe'>+15550100010</Dial>", "12200"},
		{"<Dial callerId='me'>+15550100010</Dial>", "13214"},
		{"<Dial loud='yes'>+15550100010</Dial>", "12200"},
		{"<Dial><Number method='PUT'>+15550100010</Number></Dial>", "13221"},
		{"<Dial><Number statusCallbackEvent='ringing done'>+15550100010</Number></Dial>", "12200"},
		{"<Number>+15550100010</Number>", "12200"},
		{"<Enqueue/>", "12200"},
		{"<Enqueue>a<Say>b</Say></Enqueue>", "12200"},
	} {
		verbs, flt := parseTwiML([]byte("<Response>" + test.twiml + "</Response>"))
		var got string
		if flt != nil {
			got = fmt.Sprint(flt.Code)
		} else {
			var keys []string
			for i := range verbs[0].nouns {
				keys = append(keys, verbs[0].nouns[i].key())
			}
			got = strings.Join(keys, " ")
		}
		if got != test.want {
			t.Errorf("%s gives %q (%v), want %q", test.twiml, got, flt, test.want)
		}
	}
}

func FuzzParseParty(f *testing.F) {
	for _, text := range []string{"+15550100010=answers", "sip:a@b;c=d=busy,ring=1s", "*=no-answer", "client:a=answers,talk=1m,hangup=caller,machine", "=", "a=busy,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "script=") {
			return // reads files
		}
		target, p, err := ParseParty(text)
		switch {
		case err != nil && (target != "" || err.Error() == ""):
			t.Errorf("ParseParty(%q) = %q beside the error %v", text, target, err)
		case err == nil && (p.Ring < 0 || p.Talk < 0 || p.Fate > NoAnswer):
			t.Errorf("ParseParty(%q) = %+v", text, p)
		}
	})
}
