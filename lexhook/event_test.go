package lexhook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/lexhook"
)

// wholeEvent has every field of the format, and one that nobody knows.
const wholeEvent = `{
  "messageVersion": "1.0", "invocationSource": "FulfillmentCodeHook", "inputMode": "Speech",
  "responseContentType": "audio/pcm", "sessionId": "CA1", "inputTranscript": "yes", "somethingNew": [1, {"a": null}],
  "bot": {"id": "B", "name": "OrderFlowers", "aliasId": "A", "aliasName": "live", "localeId": "en_US", "version": "3"},
  "interpretations": [
    {"nluConfidence": 0.75, "interpretationSource": "Lex", "intent": {"name": "OrderFlowers"}},
    {"nluConfidence": {"score": 0.5}, "intent": {"name": "Other"}},
    {"intent": {"name": "FallbackIntent", "slots": {}}}
  ],
  "proposedNextState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "S"}, "intent": {"name": "I"}, "prompt": {"attempt": "Initial"}},
  "requestAttributes": {"x-lexline-turn": "CA1/7"},
  "sessionState": {
    "sessionAttributes": {"caller_number": "+1"}, "originatingRequestId": "r", "runtimeHints": {"slotHints":{}},
    "activeContexts": [{"name": "c", "contextAttributes": {"a": "b"}, "timeToLive": {"timeToLiveInSeconds": 60, "turnsToLive": 2}}],
    "intent": {"name": "OrderFlowers", "state": "ReadyForFulfillment", "confirmationState": "Confirmed", "slots": {
      "FlowerType": {"shape": "Scalar", "value": {"originalValue": "rose", "interpretedValue": "roses", "resolvedValues": ["roses"]}},
      "Colours": {"shape": "List", "values": [{"value": {"interpretedValue": "red"}}, {"value": {"interpretedValue": "white"}}]},
      "Card": null
    }}
  },
  "transcriptions": [{"transcription": "yes", "transcriptionConfidence": 0.9}]
}`

func TestParseEvent(t *testing.T) {
	e, err := lexhook.ParseEvent([]byte(wholeEvent))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.75, 0.5} {
		if got := e.Interpretations[i].Confidence; got == nil || float64(*got) != want {
			t.Errorf("confidence %d = %v, want %v", i, got, want)
		}
	}
	if e.Interpretations[2].Confidence != nil {
		t.Errorf("confidence of the fallback intent = %v, want none", *e.Interpretations[2].Confidence)
	}
	for slot, want := range map[string]string{"FlowerType": "roses", "Colours": "red", "Card": "", "Unknown": ""} {
		if got := e.SlotText(slot); got != want {
			t.Errorf("slot %s = %q, want %q", slot, got, want)
		}
	}
	if e.Bot.AliasName != "live" || e.ProposedNextState.Prompt.Attempt != "Initial" || e.SessionState.ActiveContexts[0].TimeToLive.Turns != 2 {
		t.Errorf("event %+v lacks what its text has", e)
	}
	again, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	second, err := lexhook.ParseEvent(again)
	if diff := cmp.Diff(e, second); err != nil || diff != "" {
		t.Errorf("written and read again, %v (-want +got):\n%s", err, diff)
	}
}

func TestParseEventRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "unexpected end"},
		{"an array", "[]", "cannot unmarshal array"},
		{"a wrong kind", `{"sessionId": 7}`, "sessionId"},
		{"a confidence that is none", strings.Replace(wholeEvent, "0.75", `"high"`, 1), "nluConfidence"},
		{"no source", `{"sessionId": "CA1", "sessionState": {"intent": {"name": "I"}}}`, "invocationSource"},
		{"no intent", `{"invocationSource": "DialogCodeHook", "sessionId": "CA1"}`, "sessionState.intent"},
		{"no session", `{"invocationSource": "DialogCodeHook", "sessionState": {"intent": {"name": "I"}}}`, "sessionId"},
	} {
		if _, err := lexhook.ParseEvent([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "read Lex event: ") {
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestKey(t *testing.T) {
	slots := func(e lexhook.Event, slots string) lexhook.Event {
		e.RequestAttributes = nil
		intent := *e.SessionState.Intent
		intent.Slots = nil
		if err := json.Unmarshal([]byte(slots), &intent.Slots); err != nil {
			t.Fatal(err)
		}
		e.SessionState.Intent = &intent
		return e
	}
	intent := func(e lexhook.Event, name string) lexhook.Event {
		e.SessionState.Intent = &lexhook.Intent{Name: name}
		return e
	}
	session := func(e lexhook.Event, id string) lexhook.Event { e.SessionID = id; return e }
	const roses = `{"F": {"value": {"originalValue": "rose", "interpretedValue": "roses"}}, "D": null}`
	for _, test := range []struct {
		name string
		a, b lexhook.Event
		same bool
	}{
		{"the same turn", turn("CA1/1"), turn("CA1/1"), true},
		{"the same turn, other session and words", turn("CA1/1"), intent(session(turn("CA1/1"), "x"), "OrderFlowers"), true},
		{"another turn", turn("CA1/1"), turn("CA1/11"), false},
		{"another intent", turn("CA1/1"), intent(turn("CA1/1"), "Cancel"), false},
		{"names with separators", intent(turn("c"), "a/turn/b"), intent(turn("b/turn/c"), "a"), false},
		{"escapes", turn("a/b"), turn("a%2Fb"), false},
		{"long turns", turn(strings.Repeat("x", 500) + "1"), turn(strings.Repeat("x", 500) + "2"), false},
		{"the same long turn", turn(strings.Repeat("x", 500)), turn(strings.Repeat("x", 500)), true},
		{"without attribute", slots(turn(""), roses), slots(turn(""), `{"F": {"value": {"originalValue": "a rose", "interpretedValue": "roses"}}}`), true},
		{"another session", slots(turn(""), roses), slots(session(turn(""), "CA2"), roses), false},
		{"other values", slots(turn(""), roses), slots(turn(""), `{"F": {"value": {"interpretedValue": "tulips"}}}`), false},
		{"another slot", slots(turn(""), roses), slots(turn(""), `{"G": {"value": {"interpretedValue": "roses"}}}`), false},
		{
			"lists", slots(turn(""), `{"F": {"values": [{"value": {"interpretedValue": "a"}}, {"value": {"interpretedValue": "b"}}]}}`),
			slots(turn(""), `{"F": {"values": [{"value": {"interpretedValue": "ab"}}]}}`), false,
		},
		{
			"parts", slots(turn(""), `{"F": {"subSlots": {"a": {"value": {"interpretedValue": "1"}}, "b": {"value": {"interpretedValue": "2"}}}}}`),
			slots(turn(""), `{"F": {"subSlots": {"b": {"value": {"interpretedValue": "1"}}, "a": {"value": {"interpretedValue": "2"}}}}}`), false,
		},
	} {
		a, b := lexhook.Key("n", test.a), lexhook.Key("n", test.b)
		if (a == b) != test.same {
			t.Errorf("%s: keys %s and %s; want the same %v", test.name, a, b, test.same)
		}
		if len(a) > 400 {
			t.Errorf("%s: key %s has %d letters", test.name, a, len(a))
		}
	}
	if got, want := lexhook.Key("shop", turn("CA1/7")), "shop/OrderFlowers/turn/CA1/7"; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
	if lexhook.Key("a", turn("1")) == lexhook.Key("b", turn("1")) {
		t.Error("two namespaces have one key")
	}
}

// FuzzEvent reads any text: what is accepted has a key, and can be answered
// and repeated.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		wholeEvent, "", "{}", "null", `{"sessionState":{"intent":{"name":"I","slots":{"A":{"values":[null]}}}},"invocationSource":"DialogCodeHook","sessionId":"s"}`,
		`{"sessionState":{"intent":{"name":"/","slots":{"A":{"subSlots":{"B":{"values":[{"value":null}]}}}}}},"invocationSource":"FulfillmentCodeHook","sessionId":"s"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := lexhook.ParseEvent(text)
		if err != nil {
			return
		}
		if a, b := lexhook.Key("n", e), lexhook.Key("n", e); a != b || !strings.HasPrefix(a, "n/") {
			t.Errorf("keys %q and %q of one event", a, b)
		}
		for name := range e.SessionState.Intent.Slots {
			_ = e.SlotText(name)
		}
		answer, err := json.Marshal(lexhook.Close(e, "Fulfilled", "done"))
		var r lexhook.Response
		if err != nil || json.Unmarshal(answer, &r) != nil || words(r) != "done" {
			t.Errorf("answer %s, %v; want one that can be read", answer, err)
		}
	})
}
