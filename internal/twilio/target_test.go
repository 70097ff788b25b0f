package twilio

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWrongTargets(t *testing.T) {
	good := Target{Name: "desk", Kind: TargetNumber, Address: "+14155550199"}
	with := func(change func(*Target)) []Target {
		target := good
		change(&target)
		return []Target{target}
	}
	for _, test := range []struct {
		name      string
		targets   []Target
		redirects []RedirectTo
		want      string // in the error; empty: there is none
	}{
		{"good", []Target{good}, []RedirectTo{{Name: "on", URL: "https://example.com/x"}}, ""},
		{"no name", with(func(t *Target) { t.Name = "" }), nil, `target 1, "": a name has`},
		{"a name that is none", with(func(t *Target) { t.Name = "the desk" }), nil, `a name has`},
		{"twice", []Target{good, good}, nil, `target "desk" is there twice`},
		{"no kind", with(func(t *Target) { t.Kind = 0 }), nil, "none of number, sip, client, queue and workflow"},
		{"a number without its country", with(func(t *Target) { t.Address = "0415555" }), nil, `"0415555" is no address of that kind`},
		{"a SIP address with headers", with(func(t *Target) { t.Kind, t.Address = TargetSIP, "sip:a@b?X-A=1" }), nil, "no address of that kind"},
		{"a web address", with(func(t *Target) { t.Kind, t.Address = TargetSIP, "https://a@b" }), nil, "no address of that kind"},
		{"a client with blanks", with(func(t *Target) { t.Kind, t.Address = TargetClient, "a b" }), nil, "no address of that kind"},
		{"a workflow's name", with(func(t *Target) { t.Kind, t.Address = TargetWorkflow, "support" }), nil, "no address of that kind"},
		{"a caller id in words", with(func(t *Target) { t.CallerID = "the shop" }), nil, "neither a number like"},
		{"a short time-out", with(func(t *Target) { t.Timeout = time.Second }), nil, "timeout 1s is not between 5s and 10m"},
		{"a long talk", with(func(t *Target) { t.TimeLimit = 48 * time.Hour }), nil, "time limit 48h0m0s is not between"},
		{"music while a number rings", with(func(t *Target) { t.WaitURL = "https://example.com" }), nil, "only callers in a queue"},
		{"music from a file", with(func(t *Target) { t.Kind, t.Address, t.WaitURL = TargetQueue, "q", "file:///x" }), nil, "not of the form https://HOST/PATH"},
		{"a long text", with(func(t *Target) { t.Say = strings.Repeat("a", maxSay) }), nil, "a text has 4096 characters"},
		{"bot and another one", with(func(t *Target) { t.Unanswered = Unanswered{Bot: true, Next: "desk"} }), nil, "either the bot follows or another target"},
		{"followed by nobody", with(func(t *Target) { t.Unanswered.Next = "sales" }), nil, `target "desk": there is no target "sales" to follow`},
		{"followed by itself", with(func(t *Target) { t.Unanswered.Next = "desk" }), nil, "in the end it follows itself"},
		{"in a circle", []Target{
			{Name: "a", Kind: TargetNumber, Address: good.Address, Unanswered: Unanswered{Next: "b"}},
			{Name: "b", Kind: TargetNumber, Address: good.Address, Unanswered: Unanswered{Next: "a"}},
		}, nil, "in the end it follows itself"},
		{"redirect to nothing", nil, []RedirectTo{{Name: "on"}}, "either an address or a document"},
		{"redirect to both", nil, []RedirectTo{{Name: "on", URL: "https://a", TwiML: "<Response/>"}}, "either an address or a document"},
		{"redirect in the open", nil, []RedirectTo{{Name: "on", URL: "http://example.com/"}}, "not of the form https"},
		{"redirect to what is no TwiML", nil, []RedirectTo{{Name: "on", TwiML: "<Html/>"}}, "Html where the one Response was expected"},
		{"redirect to what is no XML", nil, []RedirectTo{{Name: "on", TwiML: "<Response>"}}, "not well-formed"},
		{"redirects of one name", nil, []RedirectTo{{Name: "on", URL: "https://a"}, {Name: "on", URL: "https://b"}}, `redirect "on" is there twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := newOnward(test.targets, test.redirects)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("newOnward = %v; want %q", err, test.want)
			}
		})
	}
}

// FuzzHandOver has callers and bots say anything: what a target is told must not become
// a verb, an attribute, another header or another address.
func FuzzHandOver(f *testing.F) {
	f.Add("OrderFlowers", "OrderFlowers; FlowerType: roses", "flowers")
	f.Add("</Parameter><Dial>+19005550100</Dial>", `" url="https://evil.example/`, "a&b")
	f.Add("x", "a&X-Lexline-Line=other?b\r\nX-Evil: 1", `{"a":"b"}`)
	f.Add("é\u2028", strings.Repeat("🌹", 300), "\x00]]><!--")
	o, err := newOnward(deskTargets(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, intent, context, line string) {
		for _, text := range []*string{&intent, &context, &line} {
			*text = cmp.Or(strings.ToValidUTF8(*text, "\uFFFD"), "-")
		}
		p := pass{callSID: "CA1", line: line, intent: intent, context: context}
		for name, shape := range map[string]string{
			"sales": "Dial(Number)", "sip": "Dial(Sip)", "client": "Dial(Client(Identity,Parameter,Parameter,Parameter,Parameter))",
			"queue": "Enqueue", "workflow": "Enqueue(Task)",
		} {
			d := newDocument()
			o.targets[name].dial(d, p, "https://example.com/d", "https://example.com/w")
			root := parseXML(t, d.bytes())
			if got := shapeOf(root.Children); got != shape {
				t.Fatalf("%s: the document is %s; want %s", name, got, shape)
			}
			verb := root.Children[0]
			switch name {
			case "sip":
				address, headers, _ := strings.Cut(verb.Children[0].Text, "?")
				values, err := url.ParseQuery(headers)
				if err != nil || address != "sip:desk@example.com" || len(headers) > maxSIPHeaders || strings.ContainsAny(headers, " \r\n<>\"") {
					t.Fatalf("address %q with %d bytes of headers %q: %v", address, len(headers), headers, err)
				}
				for header, value := range map[string]string{"Line": line, "Intent": intent, "Context": context} {
					if got := values["X-Lexline-"+header]; len(got) > 1 || len(got) == 1 && !strings.HasPrefix(value, got[0]) {
						t.Errorf("header %s is %q; want the beginning of %q", header, got, value)
					}
				}
			case "client":
				if got := verb.Children[0].Children[4].Attrs[1].Value; !strings.HasPrefix(inXML(context), got) || len(got) > 3*maxParameter {
					t.Errorf("the client is told %q; want the beginning of %q", got, context)
				}
			case "workflow":
				var task map[string]string
				if err := json.Unmarshal([]byte(verb.Children[0].Text), &task); err != nil || len(task) != 4 {
					t.Errorf("task %q has %d attributes: %v", verb.Children[0].Text, len(task), err)
				}
			}
		}
		if text := o.targets["sales"].whisper(line, context); len(text) > maxSay || !utf8.ValidString(text) {
			t.Errorf("whisper of %d bytes", len(text))
		}
	})
}

// shapeOf lists elements with what is in them.
func shapeOf(nodes []node) string {
	var names []string
	for _, n := range nodes {
		name := n.XMLName.Local
		if len(n.Children) > 0 {
			name += "(" + shapeOf(n.Children) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ",")
}
