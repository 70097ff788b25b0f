package connectsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

var silence = audio.Clip{Rate: 8000, Samples: []int16{1, -2, 300, 0}}

// asked is what a Lex endpoint was asked.
type asked struct {
	Path, Type, Body string
	Attributes       map[string]string // of the session
}

// TestLexRequests looks at the requests of each kind of utterance on the wire.
func TestLexRequests(t *testing.T) {
	const prefix = "/bots/BOTBOTBOT1/botAliases/ALIASALIA1/botLocales/en_US/sessions/contact-1/"
	attributes := map[string]string{"caller": "+15550100001"}
	tests := []struct {
		name string
		said Utterance
		want asked
	}{
		{"words", Utterance{Text: "flowers"}, asked{prefix + "text", "application/json", "flowers", attributes}},
		{"keys", Utterance{Keys: "12#"}, asked{prefix + "utterance", "text/plain; charset=utf-8", "12#", attributes}},
		{"speech", Utterance{Speech: &silence}, asked{
			prefix + "utterance", "audio/lpcm; sample-rate=8000; sample-size-bits=16; channel-count=1; is-big-endian=false",
			"\x01\x00\xfe\xff\x2c\x01\x00\x00", attributes,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []asked
			server := httptest.NewServer(lexHandler(t, &got))
			defer server.Close()
			lex := lexAction("lex", "us-east-1", "Hello?", "=OrderFlowers:bye NoMatchingError:bye")
			lex.Parameters["LexSessionAttributes"] = map[string]any{"caller": "$.CustomerEndpoint.Address"}
			n, err := New(Config{
				Region: "us-east-1", Lex: map[string]string{"us-east-1": server.URL},
				Flow: flowOf(lex, act("bye", "DisconnectParticipant", ends(), "")),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			r := n.Run(t.Context(), Contact{ID: "contact-1", From: "+15550100001", Caller: &Script{Lines: []Utterance{tt.said}}})
			if diff := cmp.Diff([]asked{tt.want}, got); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			want := map[string]string{"FlowerType": "roses", "Colors": "red, white"}
			if diff := cmp.Diff(want, r.Slots); diff != "" || r.State != "ReadyForFulfillment" || len(prompts(r)) != 3 {
				t.Errorf("state %q, prompts %q, slots (-want +got):\n%s", r.State, prompts(r), diff)
			}
		})
	}
}

// lexHandler answers as Lex does: in a body to words, in headers to everything
// else.
func lexHandler(t *testing.T, got *[]asked) http.Handler {
	const state = `{"dialogAction":{"type":"Close"},"intent":{"name":"OrderFlowers","state":"ReadyForFulfillment","slots":{
		"FlowerType":{"value":{"interpretedValue":"roses"}},"PickupDate":null,
		"Colors":{"shape":"List","values":[{"value":{"interpretedValue":"red"}},{"value":{"interpretedValue":"white"}}]}}}}`
	const messages = `[{"contentType":"SSML","content":"<speak>Okay.</speak>"},{"contentType":"CustomPayload","content":"{}"},
		{"contentType":"PlainText","content":"Done."}]`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		a := asked{Path: r.URL.Path, Type: r.Header.Get("Content-Type"), Body: string(body)}
		var in struct {
			Text         string
			SessionState struct{ SessionAttributes map[string]string }
		}
		if bytes.HasPrefix(body, []byte("{")) {
			err = json.Unmarshal(body, &in)
			a.Body = in.Text
		} else {
			header := r.Header.Get("X-Amz-Lex-Session-State")
			err = unpack(&header, &in.SessionState)
		}
		if err != nil {
			t.Error(err)
		}
		a.Attributes = in.SessionState.SessionAttributes
		*got = append(*got, a)
		if a.Type == "application/json" {
			_, _ = io.WriteString(w, `{"sessionState":`+state+`,"messages":`+messages+`}`)
			return
		}
		for header, text := range map[string]string{"X-Amz-Lex-Session-State": state, "X-Amz-Lex-Messages": messages} {
			packed, err := pack(json.RawMessage(text))
			if err != nil {
				t.Error(err)
			}
			w.Header().Set(header, packed)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	})
}

func TestBadLexAnswers(t *testing.T) {
	header := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set(name, value)
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		why     string
	}{
		{"no state", header("X-Other", "x"), "ask Lex in us-east-1: the answer has no session state"},
		{"not packed", header("X-Amz-Lex-Session-State", "{}"), "ask Lex in us-east-1: header x-amz-lex-session-state: unpack: unexpected EOF"},
		{"not zipped", header("X-Amz-Lex-Messages", "aGVsbG8gaGVsbG8gaGVsbG8="), "ask Lex in us-east-1: header x-amz-lex-messages: unpack: gzip: invalid header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.handler)
			defer server.Close()
			n, err := New(Config{
				Region: "us-east-1", Lex: map[string]string{"us-east-1": server.URL},
				Flow: flowOf(lexAction("lex", "us-east-1", "Hello?", "NoMatchingError:bye"), act("bye", "DisconnectParticipant", ends(), "")),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			r := n.Run(t.Context(), Contact{Caller: &Script{Lines: []Utterance{{Keys: "1"}}}})
			why := ""
			for _, e := range r.Events {
				if e.Event == KindFault {
					why = e.Text
				}
			}
			if why != tt.why || r.ErrorBranches != 1 {
				t.Errorf("fault %q, %d error branches; want %q, 1", why, r.ErrorBranches, tt.why)
			}
		})
	}
}

func TestUnpackIsBounded(t *testing.T) {
	packed, err := pack(string(bytes.Repeat([]byte("a"), maxUnpacked)))
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if err := unpack(&packed, &text); err == nil {
		t.Errorf("unpack took %d bytes; want an error beyond %d", len(text), maxUnpacked)
	}
}

func FuzzUnpack(f *testing.F) {
	packed, err := pack(map[string]string{"a": "b"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{packed, packed[:12], "", "e30=", "H4sIAAAAAAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var v, again any
		if err := unpack(&value, &v); err != nil || value == "" {
			return
		}
		packed, err := pack(v)
		if err == nil {
			err = unpack(&packed, &again)
		}
		if diff := cmp.Diff(v, again); err != nil || diff != "" {
			t.Errorf("packed and unpacked again: %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestAliasARN(t *testing.T) {
	good, err := parseAliasARN("arn:aws:lex:us-west-2:123456789012:bot-alias/BOTBOTBOT1/ALIASALIA1")
	if want := (place{region: "us-west-2", bot: "BOTBOTBOT1", alias: "ALIASALIA1"}); err != nil || good != want {
		t.Errorf("parseAliasARN = %+v, %v; want %+v", good, err, want)
	}
	for _, arn := range []string{
		"", "err", "arn:aws:lex:us-west-2:1:bot-alias/B", "arn:aws:lex::1:bot-alias/B/A", "arn:aws:lambda:us-west-2:1:bot-alias/B/A",
		"arn:aws:lex:us-west-2:1:bot/B/A", "arn:aws:lex:us-west-2:1:bot-alias//A", "arn:aws:lex:us-west-2:1:bot-alias/B/A:more",
	} {
		if p, err := parseAliasARN(arn); err == nil {
			t.Errorf("parseAliasARN(%q) = %+v; want an error", arn, p)
		}
	}
}
