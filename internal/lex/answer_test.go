package lex

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
)

type output = lexruntimev2.RecognizeUtteranceOutput

func TestReadAnswer(t *testing.T) {
	filled := func(value string) object {
		return object{"shape": "Scalar", "value": object{"originalValue": value, "interpretedValue": value, "resolvedValues": []string{value}}}
	}
	tests := []struct {
		name string
		out  output
		want call.Answer
	}{
		{
			"slot is asked for",
			output{
				InputMode:       new("Speech"),
				InputTranscript: new(packedText(`"i would like roses"`)),
				SessionState: new(packed(object{
					"dialogAction": object{"type": "ElicitSlot", "slotToElicit": "PickupDate"},
					"intent": object{"name": "OrderFlowers", "state": "InProgress", "confirmationState": "None", "slots": object{
						"FlowerType": filled("roses"), "PickupDate": nil, "PickupTime": nil,
					}},
					"originatingRequestId": "e5b7",
				})),
				Messages: new(packed([]object{{"contentType": "PlainText", "content": "What day?"}})),
			},
			call.Answer{
				Transcript: "i would like roses", InputMode: "Speech", Intent: "OrderFlowers", State: "InProgress",
				Slots: map[string]string{"FlowerType": "roses"}, Messages: []string{"What day?"}, Elicits: "PickupDate",
			},
		},
		{
			"dialog is closed",
			output{
				InputMode:       new("DTMF"),
				InputTranscript: new(packedText("12")),
				SessionState: new(packed(object{
					"dialogAction": object{"type": "Close"},
					"intent":       object{"name": "OrderFlowers", "state": "Fulfilled", "slots": object{}},
				})),
				Messages: new(packed([]object{
					{"contentType": "SSML", "content": `<speak>Thank&#32;you.<break time="1s"/> Good <emphasis>bye</emphasis>!</speak>`},
					{"contentType": "SSML", "content": "less < more"},
					{"contentType": "CustomPayload", "content": "{}"},
					{"contentType": "ImageResponseCard", "imageResponseCard": object{"title": "card"}},
				})),
			},
			call.Answer{
				Transcript: "12", InputMode: "DTMF", Intent: "OrderFlowers", State: "Fulfilled", Slots: map[string]string{},
				Messages: []string{"Thank you. Good bye!", "less < more"}, Closed: true,
			},
		},
		{
			"attributes that are for us, and others",
			output{SessionState: new(packed(object{
				"dialogAction": object{"type": "ElicitIntent"},
				"sessionAttributes": object{
					"lexline_transfer": "sales", "lexline_context": "a wedding", "lexline_turn": 7, "lexline_redirect": nil,
					"customer": "12345", "cart": object{"not": "a text"},
				},
			}))},
			call.Answer{Slots: map[string]string{}, Attributes: map[string]string{
				"lexline_transfer": "sales", "lexline_context": "a wedding", "lexline_redirect": "",
			}},
		},
		{
			"attributes that are none",
			output{SessionState: new(packed(object{"dialogAction": object{"type": "ElicitIntent"}, "sessionAttributes": []any{"lexline_transfer"}}))},
			call.Answer{Slots: map[string]string{}},
		},
		{
			"all shapes of slots",
			output{SessionState: new(packed(object{"intent": object{"name": "I", "slots": object{
				"Time":     object{"shape": "Scalar", "value": object{"originalValue": "ten", "interpretedValue": nil, "resolvedValues": []string{"10:00", "22:00"}}},
				"Toppings": object{"shape": "List", "values": []any{filled("ham"), nil, filled("cheese")}},
				"Address":  object{"shape": "Composite", "subSlots": object{"City": filled("Ulm"), "Street": nil}},
				"Empty":    object{"shape": "Scalar", "value": nil},
			}}}))},
			call.Answer{Intent: "I", Slots: map[string]string{"Toppings": "ham, cheese", "Address.City": "Ulm"}},
		},
		{
			"bare and broken text",
			output{SessionState: new(packedText(`{"intent":null,"dialogAction":null}`)), InputTranscript: new(packedText("two \xff roses"))},
			call.Answer{Transcript: "two \uFFFD roses", Slots: map[string]string{}},
		},
		{
			"headers that are not looked at",
			output{
				SessionState: new(packedText(`{}`)), InputTranscript: new(packedText(`""`)),
				RecognizedBotMember: new("not packed"), Interpretations: new("%%%%"), RequestAttributes: new("%%%%"),
			},
			call.Answer{Slots: map[string]string{}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, state, _, err := readAnswer(&tt.out)
			if err != nil {
				t.Fatalf("readAnswer = %v, want nil", err)
			}
			if diff := cmp.Diff(&tt.want, answer); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if want := unpacked(t, *tt.out.SessionState); string(state) != want {
				t.Errorf("state = %s, want as sent: %s", state, want)
			}
		})
	}
}

func TestReadAnswerNamesTheHeader(t *testing.T) {
	tests := []struct {
		out  output
		want string
	}{
		{output{}, "no session state in its header x-amz-lex-session-state"},
		{output{SessionState: new("%%%%")}, "header x-amz-lex-session-state: illegal base64"},
		{output{SessionState: new(packed([]int{1}))}, "no session state in its header"},
		{output{SessionState: new(packedText("null"))}, "no session state in its header"},
		{output{SessionState: new(packedText(`{"intent":3}`))}, "header x-amz-lex-session-state: json"},
		{output{SessionState: new(packed(object{})), Messages: new("%%%%")}, "header x-amz-lex-messages: illegal base64"},
		{output{SessionState: new(packed(object{})), InputTranscript: new("%%%%")}, "header x-amz-lex-input-transcript: illegal base64"},
	}
	for _, tt := range tests {
		answer, _, _, err := readAnswer(&tt.out)
		if answer != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("readAnswer = %v, %v; want an error with %q", answer, err, tt.want)
		}
	}
}

func TestFallbackClosesNoCall(t *testing.T) {
	for intent, want := range map[string]bool{"FallbackIntent": false, "OrderFlowers": true} {
		synctest.Test(t, func(t *testing.T) {
			client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, _ *http.Request) {
				answerHead(w, object{"dialogAction": object{"type": "Close"}, "intent": object{"name": intent, "state": "Failed"}})
			})
			a := ask(t.Context(), client.Session(call.Info{ID: "CA1"}), call.Turn{Number: 1, Text: "1"})
			if a.err != nil || a.answer.Closed != want {
				t.Errorf("closed with intent %s: answer %+v, error %v; want Closed %t", intent, a.answer, a.err, want)
			}
		})
	}
}

// FuzzReadAnswer feeds the three headers as they are and again packed, so that
// each layer is reached: base64, gzip, JSON.
func FuzzReadAnswer(f *testing.F) {
	f.Add(packed(asksForFlowers), packed([]object{{"contentType": "PlainText", "content": "What?"}}), packedText(`"roses"`))
	f.Add(`{"dialogAction":{"type":"Close"},"intent":{"name":"I","slots":{"S":{"value":{"interpretedValue":"v"}}}}}`,
		`[{"contentType":"SSML","content":"<speak>a</speak>"}]`, `"quoted"`)
	f.Add(`{"intent":{"slots":{"L":{"values":[null,{"value":null}]},"C":{"subSlots":{"D":{"subSlots":{}}}}}}}`, `[]`, `bare`)
	f.Add(`null`, `null`, `null`)
	f.Add(`{`, `[{"content":7}]`, "\xff\x00")
	f.Add("H4sIAAAAAAAA/6uuBQBDv6ajAgAAAA==", "", "H4sI")
	f.Fuzz(func(t *testing.T, state, messages, transcript string) {
		for _, wrap := range []func(string) *string{
			func(text string) *string { return new(text) },
			func(text string) *string { return new(packedText(text)) },
		} {
			out := output{SessionState: wrap(state), Messages: wrap(messages), InputTranscript: wrap(transcript)}
			answer, raw, _, err := readAnswer(&out)
			switch {
			case errors.Is(err, errNoWords):
			case err != nil:
				if answer != nil || !strings.Contains(err.Error(), "x-amz-lex-") {
					t.Errorf("error %v with answer %v; want a header's name and no answer", err, answer)
				}
			case answer.Slots == nil || len(raw) == 0 || len(raw) > maxInflated:
				t.Errorf("answer %+v of %d bytes of state; want slots and a bounded state", answer, len(raw))
			case !utf8.ValidString(answer.Transcript):
				t.Errorf("transcript %q is not UTF-8", answer.Transcript)
			}
		}
	})
}
