package twilio

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var testLinks = links{resume: "https://voice.example.com/resume", stream: "wss://voice.example.com/stream/"}

const connectVerbs = `<Connect action="https://voice.example.com/resume" method="POST">` +
	`<Stream url="wss://voice.example.com/stream/TOKEN"><Parameter name="line" value="flowers"></Parameter></Stream></Connect>` +
	`<Redirect method="POST">https://voice.example.com/resume</Redirect>`

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>`

func prepare(t testing.TB, line Line) *preparedLine {
	t.Helper()
	line.Default = true
	book, err := newLineBook([]Line{line})
	if err != nil {
		t.Fatalf("newLineBook(%+v) = %v", line, err)
	}
	return book.fallback
}

func TestTwiML(t *testing.T) {
	flowers := prepare(t, Line{
		Name: "flowers", Greeting: "Welcome to Tulips & Co.", Resuming: "Hello again.",
		Voice: "Polly.Amy", Language: "en-GB",
	})
	silent := prepare(t, Line{Name: "flowers"})
	custom := prepare(t, Line{Name: "flowers", TwiML: "<Response><Play>https://example.com/a.wav</Play>{{stream}}</Response>"})
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"greeting", testLinks.greet(flowers, "TOKEN"), xmlHead + `<Response><Say voice="Polly.Amy" language="en-GB">Welcome to Tulips &amp; Co.</Say>` + connectVerbs + `</Response>`},
		{"no greeting", testLinks.greet(silent, "TOKEN"), xmlHead + `<Response>` + connectVerbs + `</Response>`},
		{"own document", testLinks.greet(custom, "TOKEN"), `<Response><Play>https://example.com/a.wav</Play>` + connectVerbs + `</Response>`},
		{"reconnection", testLinks.reconnect(flowers, "TOKEN"), xmlHead + `<Response><Say voice="Polly.Amy" language="en-GB">Hello again.</Say>` + connectVerbs + `</Response>`},
		{"reconnection without a word", testLinks.reconnect(custom, "TOKEN"), xmlHead + `<Response>` + connectVerbs + `</Response>`},
		{"to resume", testLinks.sendToResume(), xmlHead + `<Response><Redirect method="POST">https://voice.example.com/resume</Redirect></Response>`},
		{"hang-up", hangUp(nil, ""), xmlHead + `<Response><Hangup></Hangup></Response>`},
		{"hang-up with a word", hangUp(silent, silent.Apology), xmlHead + `<Response><Say>` + defaultApology + `</Say><Hangup></Hangup></Response>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, string(test.got)); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGreetingTime(t *testing.T) {
	for _, test := range []struct {
		name string
		line Line
		want time.Duration
	}{
		{"nothing", Line{Name: "x"}, 2 * time.Second},
		{"40 characters", Line{Name: "x", Greeting: strings.Repeat("ü", 40)}, 6 * time.Second},
		{"own document", Line{Name: "x", TwiML: "<Response>{{stream}}</Response>"}, 5 * time.Minute},
	} {
		if got := greetingTime(prepare(t, test.line)); got != test.want {
			t.Errorf("%s: greetingTime = %v, want %v", test.name, got, test.want)
		}
	}
}

func TestParseTemplate(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // part of the error; "" if it is fine
	}{
		{"plain", "<Response>{{stream}}</Response>", ""},
		{"with header and comment", xmlHead + "\n<!-- hello -->\n<Response>\n <Say>Hi</Say>\n {{stream}}\n</Response>\n", ""},
		{"no mark", "<Response></Response>", "exactly once"},
		{"two marks", "<Response>{{stream}}{{stream}}</Response>", "exactly once"},
		{"mark inside Say", "<Response>\n<Say>{{stream}}</Say></Response>", "line 2: {{stream}} must stand directly inside Response"},
		{"mark in a comment", "<Response><!-- {{stream}} --></Response>", "not in an attribute or a comment"},
		{"mark in an attribute", `<Response><Say voice="{{stream}}">x</Say></Response>`, "not in an attribute or a comment"},
		{"mark outside", "<Response></Response>{{stream}}", "text outside of Response"},
		{"other root", "<Reply>{{stream}}</Reply>", "line 1: Reply where the one Response was expected"},
		{"two roots", "<Response>{{stream}}</Response>\n<Response/>", "line 2: Response where the one Response was expected"},
		{"not closed", "<Response>{{stream}}", "not well-formed"},
		{"bare ampersand", "<Response><Say>a & b</Say>{{stream}}</Response>", "not well-formed"},
		{"empty", "", "exactly once"},
		{"text only", "{{stream}}", "text outside of Response"},
		{"too long", "<Response>{{stream}}</Response>" + strings.Repeat(" ", maxTwiML), "more than Twilio takes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseTemplate(test.text)
			if test.want == "" && err != nil {
				t.Errorf("parseTemplate = %v, want no error", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("parseTemplate = %v, want an error with %q", err, test.want)
			}
		})
	}
}

// node is an XML element as a parser sees it.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func parseXML(t testing.TB, document []byte) node {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(string(document)))
	var root node
	if err := decoder.Decode(&root); err != nil {
		t.Fatalf("document %q does not parse: %v", document, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("document %q goes on after its root: %v", document, err)
	}
	return root
}

// FuzzTwiML writes any text into a document: it must parse, and hold exactly
// that text and nothing else.
func FuzzTwiML(f *testing.F) {
	f.Add("Hello & <b>bye</b>", "Polly.Amy", "token")
	f.Add("</Say><Dial>+19005550100</Dial><Say>", `" onload="x`, "]]>")
	f.Add("\x00\r\n\t\xff\u2028\ufffe", "\x1b", "<!--")
	f.Fuzz(func(t *testing.T, text, voice, token string) {
		line := &preparedLine{Line: Line{Name: text, Greeting: text, Voice: voice}}
		root := parseXML(t, testLinks.greet(line, token))
		if root.Text != "" || root.XMLName.Local != "Response" {
			t.Errorf("root is %v with text %q", root.XMLName, root.Text)
		}
		var want []node
		attr := func(names ...string) (attrs []xml.Attr) {
			for i := 0; i < len(names); i += 2 {
				if names[i+1] != "" {
					attrs = append(attrs, xml.Attr{Name: xml.Name{Local: names[i]}, Value: inXML(names[i+1])})
				}
			}
			return attrs
		}
		element := func(name, text string, attrs []xml.Attr, children ...node) node {
			return node{XMLName: xml.Name{Local: name}, Attrs: attrs, Text: inXML(text), Children: children}
		}
		if text != "" {
			want = append(want, element("Say", text, attr("voice", voice)))
		}
		want = append(want,
			element("Connect", "", attr("action", testLinks.resume, "method", "POST"),
				element("Stream", "", attr("url", testLinks.stream+token),
					element("Parameter", "", attr("name", "line", "value", text)))),
			element("Redirect", testLinks.resume, attr("method", "POST")))
		if diff := cmp.Diff(want, root.Children); diff != "" {
			t.Errorf("document for %q (-want +got):\n%s", text, diff)
		}
	})
}

// inXML is what is left of a text in XML: what XML 1.0 cannot hold is replaced.
func inXML(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 {
			b.WriteRune(r)
		} else {
			b.WriteRune(utf8.RuneError)
		}
	}
	return b.String()
}
