package lex

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"lexline/internal/call"
)

// A caller whose turn was given up says it again, and the first time may have
// been executed: both carry one key, so that it is done once.
func TestTurnThatWasGivenUpLeavesItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []string
		client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) {
			keys = append(keys, unpacked(t, r.Header.Get("X-Amz-Lex-Request-Attributes")))
			if len(keys) == 2 || len(keys) == 3 {
				fail(w, http.StatusNotFound, "ResourceNotFoundException")
				return
			}
			if len(keys) == 1 {
				answerHead(w, asksForFlowers)
				return
			}
			answerHead(w, object{"dialogAction": object{"type": "ElicitSlot", "slotToElicit": "PickupDate"}})
		})
		session := client.Session(call.Info{ID: "CA1"})
		failed := []bool{false, true, true, false, false}
		for n, want := range failed {
			a := ask(t.Context(), session, call.Turn{Number: n + 1, Text: "yes"})
			if (a.err != nil) != want {
				t.Fatalf("turn %d: error %v; want one: %v", n+1, a.err, want)
			}
		}
		want := []string{`{"x-lexline-turn":"CA1/1"}`, `{"x-lexline-turn":"CA1/2"}`, `{"x-lexline-turn":"CA1/2"}`, `{"x-lexline-turn":"CA1/2"}`, `{"x-lexline-turn":"CA1/5"}`}
		if !slices.Equal(keys, want) {
			t.Errorf("turns 2 and 3 of 5 were given up: keys %q; want %q", keys, want)
		}
	})
}
