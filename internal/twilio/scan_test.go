package twilio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var compareMessages = cmp.Options{cmp.AllowUnexported(message{}, startMessage{}), cmpopts.EquateEmpty()}

// The examples of Twilio's documentation, https://www.twilio.com/docs/voice/media-streams/websocket-messages
const (
	connectedText = `{"event":"connected","protocol":"Call","version":"1.0.0"}`
	startText     = `{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"FirstName":"Jane","LastName":"Doe"}},"streamSid":"MZ1"}`
	dtmfText      = `{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}`
	markText      = `{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"m17"}}`
	stopText      = `{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}`
)

// media is a media message with these members inside and outside of "media".
func media(inside, outside string) string {
	return `{"event":"media","streamSid":"MZ1"` + outside + `,"media":{` + inside + `}}`
}

func TestMessages(t *testing.T) {
	audio := []byte{0, 1, 2, 3}
	inbound := message{kind: mediaEvent, inbound: true, chunk: 2, audio: audio}
	for _, test := range []struct {
		name string
		text string
		want message
		fast bool // scanMessage understands it, too
	}{
		{"connected", connectedText, message{kind: connectedEvent}, false},
		{"start", startText, message{kind: startEvent, start: &startMessage{"MZ1", "CA1", "AC1"}}, false},
		{"start with the stream's id outside only", `{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1","accountSid":"AC1"}}`, message{kind: startEvent, start: &startMessage{"MZ1", "CA1", "AC1"}}, false},
		{"stop", stopText, message{kind: stopEvent}, false},
		{"dtmf", dtmfText, message{kind: dtmfEvent, digit: '1'}, true},
		{"mark", markText, message{kind: markEvent, mark: "m17"}, true},
		{"mark of another hand", `{"event":"mark","mark":{"name":"\u00e9"}}`, message{kind: markEvent, mark: "é"}, false},
		{"media", media(`"track":"inbound","chunk":"2","timestamp":"5","payload":"AAECAw=="`, ``), inbound, true},
		{"media, members in another order, white space", "{ \"media\" : {\r\n\t\"payload\":\"AAECAw==\" , \"chunk\":\"2\"} ,\n\"event\":\"media\" } \n", inbound, true},
		{"media of another track", media(`"track":"outbound","chunk":"2","payload":"AAECAw=="`, ``), message{kind: mediaEvent, chunk: 2, audio: audio}, true},
		{"media without a number", media(`"payload":"AAECAw=="`, ``), message{kind: mediaEvent, inbound: true, audio: audio}, true},
		{"media with an empty number", media(`"chunk":"","payload":"AAECAw=="`, ``), message{kind: mediaEvent, inbound: true, audio: audio}, true},
		{"media without audio", media(`"chunk":"2","payload":""`, ``), message{kind: mediaEvent, inbound: true, chunk: 2}, true},
		{"media with new texts", media(`"codec":"x","chunk":"2","payload":"AAECAw=="`, `,"new":"y"`), inbound, true},
		{"media with a new number", media(`"chunk":"2","payload":"AAECAw=="`, `,"new":1`), inbound, false},
		{"media with escapes", media(`"chunk":"\u0032","payload":"AAECAw\u003d="`, ``), inbound, false},
		{"media with a slash escaped", media(`"chunk":"2","payload":"\/\/\/\/"`, ``), message{kind: mediaEvent, inbound: true, chunk: 2, audio: []byte{255, 255, 255}}, false},
		{"media with a member twice", media(`"chunk":"1","chunk":"2","payload":"AAECAw=="`, ``), inbound, false},
		{"media with a member in capitals", media(`"CHUNK":"2","payload":"AAECAw=="`, ``), inbound, false},
		{"media with its event twice", media(`"chunk":"2","payload":"AAECAw=="`, `,"event":"media"`), inbound, false},
		{"unknown event", `{"event":"transcript","text":"hi"}`, message{kind: unknownEvent, event: "transcript"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := decodeMessage([]byte(test.text), new([]byte))
			if err != nil {
				t.Fatalf("decodeMessage(%s) = %v", test.text, err)
			}
			if diff := cmp.Diff(test.want, got, compareMessages); diff != "" {
				t.Errorf("decodeMessage(%s) (-want +got):\n%s", test.text, diff)
			}
			scanned, ok := scanMessage([]byte(test.text), new([]byte))
			if ok != test.fast {
				t.Fatalf("scanMessage(%s) understood = %v, want %v", test.text, ok, test.fast)
			}
			if diff := cmp.Diff(test.want, scanned, compareMessages); ok && diff != "" {
				t.Errorf("scanMessage(%s) (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

// badMessages are messages that mean nothing.
var badMessages = []struct{ name, text string }{
	{"empty", ""},
	{"not JSON", "hello"},
	{"cut", startText[:60]},
	{"two values", markText + markText},
	{"an array", `[1]`},
	{"no event", `{"media":{"payload":""}}`},
	{"event of the wrong type", `{"event":7}`},
	{"invalid UTF-8", "{\"event\":\"mark\",\"mark\":{\"name\":\"\xff\"}}"},
	{"deep nesting", `{"event":"media","x":` + strings.Repeat("[", 12_000)},
	{"media without media", `{"event":"media"}`},
	{"media of the wrong type", `{"event":"media","media":"x"}`},
	{"payload of the wrong type", media(`"payload":5`, ``)},
	{"payload that is not base64", media(`"payload":"AAEC!w=="`, ``)},
	{"payload with a line break", media(`"payload":"AAEC\nAw=="`, ``)},
	{"payload without padding", media(`"payload":"AAECAw"`, ``)},
	{"payload with too much padding", media(`"payload":"AA======"`, ``)},
	{"payload in the URL alphabet", media(`"payload":"__--"`, ``)},
	{"chunk that is no number", media(`"chunk":"two","payload":""`, ``)},
	{"chunk as a number", media(`"chunk":2,"payload":""`, ``)},
	{"negative chunk", media(`"chunk":"-1","payload":""`, ``)},
	{"enormous chunk", media(`"chunk":"99999999999999999999","payload":""`, ``)},
	{"dtmf without a digit", `{"event":"dtmf","dtmf":{}}`},
	{"dtmf with two digits", `{"event":"dtmf","dtmf":{"digit":"12"}}`},
	{"dtmf with a letter", `{"event":"dtmf","dtmf":{"digit":"x"}}`},
	{"dtmf without dtmf", `{"event":"dtmf"}`},
	{"mark without mark", `{"event":"mark"}`},
	{"start without start", `{"event":"start"}`},
	{"start without a stream id", `{"event":"start","start":{"callSid":"CA1"}}`},
	{"start of two streams", `{"event":"start","streamSid":"MZ2","start":{"streamSid":"MZ1","callSid":"CA1","accountSid":"AC1"}}`},
	{"start with other audio", `{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000,"channels":1}}}`},
}

func TestBadMessages(t *testing.T) {
	for _, test := range badMessages {
		if m, ok := scanMessage([]byte(test.text), new([]byte)); ok {
			t.Errorf("%s: scanMessage understood %+v", test.name, m)
		}
		if m, err := decodeMessage([]byte(test.text), new([]byte)); err == nil {
			t.Errorf("%s: decodeMessage understood %+v", test.name, m)
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	text := []byte(mediaText(4711, noise(160)))
	scratch := make([]byte, 0, 168)
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := scanMessage(text, &scratch); !ok {
			t.Fatal("a usual media message was not understood")
		}
	}); n != 0 {
		t.Errorf("%v allocations for a media message, want none", n)
	}
}

// FuzzMessage holds scanMessage against encoding/json: whatever it understands
// must mean the same there.
func FuzzMessage(f *testing.F) {
	for _, text := range []string{connectedText, startText, dtmfText, markText, stopText, mediaText(3, noise(160))} {
		f.Add([]byte(text))
	}
	for _, bad := range badMessages {
		f.Add([]byte(bad.text[:min(len(bad.text), 200)]))
	}
	f.Add([]byte(media(`"Track":"x","track":"inbound","payload":"AA==","payload":"AAA="`, `,"MEDIA":{}`)))
	f.Add([]byte(media(`"chunk":"007","payload":"AAAA"`, `,"start":"x"`)))
	f.Add([]byte(`{"event":"mark","mark":{"name":"m1"},"dtmf":{"digit":"1"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		slow, err := decodeMessage(bytes.Clone(b), new([]byte))
		fast, ok := scanMessage(b, new([]byte))
		if !ok {
			return
		}
		if err != nil {
			t.Fatalf("scanMessage understands %q as %+v, encoding/json does not: %v", b, fast, err)
		}
		if diff := cmp.Diff(slow, fast, compareMessages); diff != "" {
			t.Errorf("%q (-encoding/json +scanMessage):\n%s", b, diff)
		}
	})
}

// TestOwnMessagesAreJSON reads what we send with encoding/json.
func TestOwnMessagesAreJSON(t *testing.T) {
	for _, sid := range []string{"MZ1", `a"b\c`, "\u2028<é>\x01"} {
		quoted, err := json.Marshal(sid)
		if err != nil {
			t.Fatal(err)
		}
		for name, build := range map[string]func(*outgoing){
			"media": func(o *outgoing) { o.media(quoted, noise(801)) },
			"mark":  func(o *outgoing) { o.mark(quoted, 4294967295) },
			"clear": func(o *outgoing) { o.clear(quoted) },
		} {
			out := newOutgoing()
			build(out)
			got := map[string]any{}
			if err := json.Unmarshal(out.b[maxServerHeader:], &got); err != nil {
				t.Fatalf("%s message %s is not JSON: %v", name, out.b[maxServerHeader:], err)
			}
			want := map[string]any{"event": name, "streamSid": sid}
			switch name {
			case "media":
				payload, _ := json.Marshal(noise(801)) // encoding/json writes []byte as base64
				want["media"] = map[string]any{"payload": string(bytes.Trim(payload, `"`))}
			case "mark":
				want["mark"] = map[string]any{"name": "m4294967295"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s message (-want +got):\n%s", name, diff)
			}
			out.free()
		}
	}
}

func TestMarkNumber(t *testing.T) {
	for _, test := range []struct {
		name string
		want uint32
		ours bool
	}{
		{"m0", 0, true},
		{"m17", 17, true},
		{"m4294967295", 4294967295, true},
		{"m4294967296", 0, false},
		{"m", 0, false},
		{"", 0, false},
		{"m01", 0, false},
		{"m+1", 0, false},
		{"m-1", 0, false},
		{"M1", 0, false},
		{"m1 ", 0, false},
		{"goodbye", 0, false},
	} {
		if got, ours := markNumber(test.name); ours != test.ours || ours && got != test.want {
			t.Errorf("markNumber(%q) = %d, %v; want %d, %v", test.name, got, ours, test.want, test.ours)
		}
	}
	for _, n := range []uint32{0, 9, 10, 1 << 31} {
		if got, ours := markNumber(fmt.Sprintf("m%d", n)); got != n || !ours {
			t.Errorf("mark %d comes back as %d, %v", n, got, ours)
		}
	}
}
