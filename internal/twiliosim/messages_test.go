package twiliosim

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The messages are those of Twilio's documentation
// (https://www.twilio.com/docs/voice/media-streams/websocket-messages), with the
// fields in this package's order.
func TestMessagesToTheApplication(t *testing.T) {
	s := newStream("MZ1", "CA1", "AC1", &streamNoun{track: "inbound_track", parameters: map[string]string{"token": "abc"}}, true)
	var got []string
	add := func(messages ...[]byte) {
		for _, m := range messages {
			got = append(got, string(m))
		}
	}
	add(s.opening(time.Second)...)
	add(s.media("inbound", time.Second, []byte("abc")), s.media("inbound", 1020*time.Millisecond, []byte("def")))
	add(s.dtmf('#'), s.mark("m1"), s.stop())
	want := []string{
		`{"event":"connected","protocol":"Call","version":"1.0.0"}`,
		`{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],` +
			`"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"token":"abc"}},"streamSid":"MZ1"}`,
		`{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"YWJj"},"streamSid":"MZ1"}`,
		`{"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"ZGVm"},"streamSid":"MZ1"}`,
		`{"event":"dtmf","sequenceNumber":"4","dtmf":{"track":"inbound_track","digit":"#"},"streamSid":"MZ1"}`,
		`{"event":"mark","sequenceNumber":"5","mark":{"name":"m1"},"streamSid":"MZ1"}`,
		`{"event":"stop","sequenceNumber":"6","stop":{"accountSid":"AC1","callSid":"CA1"},"streamSid":"MZ1"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestTracksAreNumberedApart(t *testing.T) {
	s := newStream("MZ1", "CA1", "AC1", &streamNoun{track: "both_tracks"}, false)
	if opening := s.opening(0); !strings.Contains(string(opening[1]), `"tracks":["inbound","outbound"]`) {
		t.Errorf("start of both tracks is %s", opening[1])
	}
	s.media("inbound", 0, nil)
	s.media("outbound", 0, nil)
	if second := string(s.media("outbound", 0, nil)); !strings.Contains(second, `"chunk":"2"`) || !strings.Contains(second, `"sequenceNumber":"4"`) {
		t.Errorf("the second outbound frame is %s", second)
	}
}

func TestParseInstruction(t *testing.T) {
	for _, test := range []struct {
		name, given string
		want        instruction
	}{
		{"media", `{"event":"media","streamSid":"MZ1","media":{"payload":"YWJj"}}`, instruction{event: "media", mulaw: []byte("abc")}},
		{"mark", ` {"mark":{"name":"m1"}, "streamSid":"MZ1", "event":"mark"} `, instruction{event: "mark", name: "m1"}},
		{"clear", `{"event":"clear","streamSid":"MZ1"}`, instruction{event: "clear"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, flt := parseInstruction([]byte(test.given), "MZ1")
			if flt != nil {
				t.Fatalf("given %s: %v", test.given, flt)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(instruction{})); diff != "" {
				t.Errorf("given %s (-want +got):\n%s", test.given, diff)
			}
		})
	}
}

func TestParseInstructionFaults(t *testing.T) {
	for _, test := range []struct{ name, given, want string }{
		{"not JSON", `hello`, "not a JSON object"},
		{"cut off", `{"event":"clear"`, "not a JSON object"},
		{"two objects", `{"event":"clear","streamSid":"MZ1"}{}`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"a list", `["media"]`, "not a JSON object"},
		{"no event", `{"streamSid":"MZ1"}`, `no text in the field "event"`},
		{"event is a number", `{"event":1,"streamSid":"MZ1"}`, `no text in the field "event"`},
		{"unknown event", `{"event":"stop","streamSid":"MZ1"}`, `event "stop" is none of`},
		{"event in capitals", `{"event":"Media","streamSid":"MZ1","media":{"payload":"YWJj"}}`, `event "Media" is none of`},
		{"no streamSid", `{"event":"clear"}`, `no text in the field "streamSid"`},
		{"streamSid in another case", `{"event":"clear","streamsid":"MZ1"}`, `unexpected field "streamsid"`},
		{"another stream", `{"event":"clear","streamSid":"MZ2"}`, `streamSid "MZ2" of clear is not that of this stream`},
		{"unexpected field", `{"event":"clear","streamSid":"MZ1","sequenceNumber":"1"}`, `unexpected field "sequenceNumber"`},
		{"unexpected inner field", `{"event":"media","streamSid":"MZ1","media":{"payload":"YWJj","track":"outbound"}}`, `media has an unexpected field "track"`},
		{"media without media", `{"event":"media","streamSid":"MZ1"}`, "media is not a JSON object"},
		{"media without payload", `{"event":"media","streamSid":"MZ1","media":{}}`, `media has no text in the field "payload"`},
		{"payload is no base64", `{"event":"media","streamSid":"MZ1","media":{"payload":"YW-j"}}`, "not base64"},
		{"payload without padding", `{"event":"media","streamSid":"MZ1","media":{"payload":"YWI"}}`, "not base64"},
		{"payload over lines", `{"event":"media","streamSid":"MZ1","media":{"payload":"=\n"}}`, "not base64"},
		{"payload is a WAV file", `{"event":"media","streamSid":"MZ1","media":{"payload":"` + base64.StdEncoding.EncodeToString([]byte("RIFF\x00\x00\x00\x00WAVE")) + `"}}`, "header of a WAV file"},
		{"mark without a name", `{"event":"mark","streamSid":"MZ1","mark":{"name":""}}`, `mark has no text in the field "name"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, flt := parseInstruction([]byte(test.given), "MZ1")
			if flt == nil {
				t.Fatalf("given %s there is no fault but %+v", test.given, in)
			}
			if flt.Code != 31951 || !strings.Contains(flt.Text, test.want) {
				t.Errorf("given %s the fault is %v, want 31951 with %q", test.given, flt, test.want)
			}
		})
	}
}

// FuzzInbound feeds what an application may send to the reader of messages and
// to the playout, which must stay within their bounds.
func FuzzInbound(f *testing.F) {
	f.Add([]byte(`{"event":"media","streamSid":"MZ1","media":{"payload":"YWJj"}}`))
	f.Add([]byte(`{"event":"mark","streamSid":"MZ1","mark":{"name":"m1"}}`))
	f.Add([]byte(`{"event":"clear","streamSid":"MZ1"}`))
	f.Add([]byte(`{"event":"media","streamSid":"MZ2","media":{"payload":"="},"x":[{}]}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		in, flt := parseInstruction(message, "MZ1")
		if flt != nil {
			if flt.Text == "" || flt.Code != codeStreamMessage {
				t.Errorf("given %q the fault is %v", message, flt)
			}
			return
		}
		var p playout
		p.play(in.mulaw)
		if !p.mark(in.name) {
			t.Errorf("given %q a mark is refused", message)
		}
		frame := make([]byte, 160)
		for n := 0; len(p.due()) == 0; n++ {
			if n > len(message)/160+1 {
				t.Fatalf("given %q the mark does not return in %d frames", message, n)
			}
			p.frame(frame)
		}
		if (in.event == "media") != (len(in.mulaw) > 0) || (in.event == "mark") != (in.name != "") {
			t.Errorf("given %q the instruction is %+v", message, in)
		}
	})
}
