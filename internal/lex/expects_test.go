package lex

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"

	"lexline/internal/call"
	"lexline/internal/vad"
)

func TestAnswerSaysWhatIsExpectedNext(t *testing.T) {
	answers := map[string]vad.Answer{"Size": vad.ShortAnswer, "Address": vad.FreeAnswer, "Address.House": vad.ShortAnswer}
	tests := []struct {
		name, action string
		want         vad.Answer
	}{
		{"confirmation", `{"type":"ConfirmIntent"}`, vad.ShortAnswer},
		{"slot that is known", `{"type":"ElicitSlot","slotToElicit":"Size"}`, vad.ShortAnswer},
		{"another one", `{"type":"ElicitSlot","slotToElicit":"Address"}`, vad.FreeAnswer},
		{"sub-slot that is known", `{"type":"ElicitSlot","slotToElicit":"Address","subSlotToElicit":{"name":"House"}}`, vad.ShortAnswer},
		{"sub-slot that is not", `{"type":"ElicitSlot","slotToElicit":"Address","subSlotToElicit":{"name":"Street"}}`, vad.FreeAnswer},
		{"slot that is not known", `{"type":"ElicitSlot","slotToElicit":"Name"}`, vad.AnyAnswer},
		{"any intent", `{"type":"ElicitIntent"}`, vad.AnyAnswer},
		{"the end", `{"type":"Close","slotToElicit":"Size"}`, vad.AnyAnswer},
		{"nothing", `{}`, vad.AnyAnswer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, _ *http.Request) {
					answerHead(w, object{"dialogAction": json.RawMessage(tt.action), "intent": object{"name": "Order", "state": "InProgress"}})
				})
				client.answers = answers
				a := ask(t.Context(), client.Session(call.Info{ID: "CA1"}), call.Turn{Number: 1, Text: "1"})
				if a.err != nil || a.answer.Expects != tt.want {
					t.Errorf("after %s: answer %+v, error %v; want %v expected", tt.action, a.answer, a.err, tt.want)
				}
			})
		})
	}
}
