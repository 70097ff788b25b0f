package lex

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/region"
)

const carriedState = `{"activeContexts":[{"name":"ordering"}],"dialogAction":{"slotToElicit":"PickupDate","type":"ElicitSlot"},` +
	`"intent":{"confirmationState":"None","name":"OrderFlowers","slots":{"FlowerType":{"value":{"interpretedValue":"roses"}},` +
	`"Note":null,"PickupDate":null},"state":"InProgress"},"originatingRequestId":"r-1","runtimeHints":{"x":1},` +
	`"sessionAttributes":{"caller_number":"+15550100"}}`

func TestWhatIsCarried(t *testing.T) {
	const (
		attributes = `"activeContexts":[{"name":"ordering"}],"sessionAttributes":{"caller_number":"+15550100"}`
		whole      = `{"activeContexts":[{"name":"ordering"}],"dialogAction":{"slotToElicit":"PickupDate","type":"ElicitSlot"},` +
			`"intent":{"confirmationState":"None","name":"OrderFlowers","slots":{"FlowerType":{"value":{"interpretedValue":"roses"}},` +
			`"Note":null,"PickupDate":null},"state":"InProgress"},"runtimeHints":{"x":1},"sessionAttributes":{"caller_number":"+15550100"}}`
		thin = `{"activeContexts":[{"name":"ordering"}],"dialogAction":{"slotToElicit":"PickupDate","type":"ElicitSlot"},` +
			`"intent":{"confirmationState":"None","name":"OrderFlowers","slots":{"FlowerType":{"value":{"interpretedValue":"roses"}}},` +
			`"state":"InProgress"},"sessionAttributes":{"caller_number":"+15550100"}}`
		delegated = `{"activeContexts":[{"name":"ordering"}],"dialogAction":{"type":"Delegate"},` +
			`"intent":{"confirmationState":"None","name":"OrderFlowers","slots":{"FlowerType":{"value":{"interpretedValue":"roses"}}},` +
			`"state":"InProgress"},"sessionAttributes":{"caller_number":"+15550100"}}`
		rosesGone = `{"activeContexts":[{"name":"ordering"}],"dialogAction":{"slotToElicit":"PickupDate","type":"ElicitSlot"},` +
			`"intent":{"confirmationState":"None","name":"OrderFlowers","slots":{},"state":"InProgress"},` +
			`"sessionAttributes":{"caller_number":"+15550100"}}`
		bare = `{` + `"activeContexts":[{"name":"ordering"}],"dialogAction":{"type":"ElicitIntent"},"sessionAttributes":{"caller_number":"+15550100"}}`
	)
	closed := strings.Replace(carriedState, `{"slotToElicit":"PickupDate","type":"ElicitSlot"}`, `{"type":"Close"}`, 1)
	allFilled := strings.Replace(carriedState, `,"Note":null,"PickupDate":null`, "", 1)
	tests := []struct {
		name    string
		state   string
		reasons []string
		want    string
	}{
		{"everything", carriedState, nil, whole},
		{"a closed dialog", closed, nil, bare},
		{"no reason that could be used", carriedState, []string{"Invalid Bot Configuration"}, thin},
		{"and again none", carriedState, []string{"Invalid Bot Configuration", "Invalid Bot Configuration"}, bare},
		{"no reason, and all slots are filled", allFilled, []string{"Invalid"}, bare},
		{"a slot is not known", carriedState, []string{"there is no slot FlowerType in intent OrderFlowers"}, rosesGone},
		{"the slot that is asked for is not known", carriedState, []string{`slot "PickupDate" does not exist`}, delegated},
		{"a slot without a value is not known", carriedState, []string{"sessionState.intent.slots.Note is not known"}, thin},
		{"the intent is not known", carriedState, []string{"there is no intent OrderFlowers"}, bare},
		{"a slot, and then the intent", carriedState, []string{"slot Note", "intent OrderFlowers"}, bare},
		{"the same slot twice", carriedState, []string{"slot Note", "slot Note"}, bare},
		{"part of a word", carriedState, []string{"FlowerTypes"}, thin},
		{"no state", "", nil, ""},
		{"no intent", `{` + attributes + `}`, []string{"nothing"}, bare},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &carried{state: []byte(tt.state)}
			for _, reason := range tt.reasons {
				c.refused(reason)
			}
			got, err := c.json()
			if err != nil || string(got) != tt.want {
				t.Errorf("after %q: %s, %v\nwant %s", tt.reasons, got, err, tt.want)
			}
		})
	}
	for _, broken := range []string{"{", `{"dialogAction":3}`, "[]"} {
		if got, err := (&carried{state: []byte(broken)}).json(); err == nil || !strings.HasPrefix(err.Error(), "read the session state to carry: ") {
			t.Errorf("state %s: %s, %v; want an error", broken, got, err)
		}
	}
	for _, broken := range []string{`{"intent":3}`, `{"intent":{"slots":3}}`} {
		if got, err := (&carried{state: []byte(broken), filled: true}).json(); err == nil {
			t.Errorf("state %s: %s, nil; want an error", broken, got)
		}
	}
}

// FuzzCarriedState carries any state, refused for any reason: nothing panics,
// what is sent is JSON without the id of an earlier request, and in the end
// nothing is left that a bot could refuse.
func FuzzCarriedState(f *testing.F) {
	f.Add(carriedState, "slot FlowerType", "intent OrderFlowers")
	f.Add(`{"intent":{"slots":{"a":null}}}`, "a", "")
	f.Add(`{"dialogAction":{"type":"Close"}}`, "", "")
	f.Add(`[null]`, "", "")
	f.Fuzz(func(t *testing.T, state, first, second string) {
		c := &carried{state: []byte(state)}
		for _, reason := range []string{"", first, second, "", ""} {
			got, err := c.json()
			if err == nil && len(got) > 0 {
				var sent stateJSON
				if json.Unmarshal(got, &sent) != nil || sent["originatingRequestId"] != nil {
					t.Fatalf("state %q is sent as %q", state, got)
				}
				if c.bare && sent["intent"] != nil {
					t.Fatalf("state %q after two refusals without reason: %s", state, got)
				}
			}
			c.refused(reason)
		}
		if !c.bare {
			t.Fatalf("state %q refused four times is still sent whole", state)
		}
	})
}

// refusing400 is a bot of another version: it refuses states as accept says.
func olderBot(accept func(state string) string) reply {
	return onUtterance(func(p *place, w http.ResponseWriter, r *request) {
		r.hear(0)
		if reason := accept(r.State); reason != "" {
			w.Header().Set("X-Amzn-ErrorType", "ValidationException")
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(object{"message": reason})
			return
		}
		answerWell(p, w, r, heardIn(p, r))
	})
}

// A region whose bot is of another version takes what it can, within the turn.
func TestOtherVersionOfTheBot(t *testing.T) {
	tests := []struct {
		name     string
		accept   func(state string) string
		requests int
		left     string // of the intent's slots in the last one; "-" for no intent
		class    region.Class
	}{
		{"the same version", func(string) string { return "" }, 1, `{"FlowerType":{"value":{"interpretedValue":"roses"}},"Note":null,"PickupDate":null}`, ""},
		{"no slot Note", func(state string) string {
			if strings.Contains(state, "Note") {
				return "slot Note is not in the intent"
			}
			return ""
		}, 2, `{"FlowerType":{"value":{"interpretedValue":"roses"}}}`, ""},
		{"no slots without a value", func(state string) string {
			if strings.Contains(state, "null") {
				return "invalid"
			}
			return ""
		}, 2, `{"FlowerType":{"value":{"interpretedValue":"roses"}}}`, ""},
		{"one slot after the other", func(state string) string {
			for _, name := range []string{"FlowerType", "PickupDate"} {
				if strings.Contains(state, name) {
					return "unknown: " + name
				}
			}
			return ""
		}, 3, `{}`, ""},
		{"no such intent", func(state string) string {
			if strings.Contains(state, "OrderFlowers") {
				return "no intent OrderFlowers"
			}
			return ""
		}, 2, "-", ""},
		{"nothing at all", func(string) string { return "no" }, 4, "-", region.Hard},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			w := newWorld(t, Config{Once: true}, east, west)
			session := w.client.Session(caller)
			w.at(east).tell(answering(func(*place, *request) object {
				var state object
				json.Unmarshal([]byte(carriedState), &state)
				return state
			}))
			w.first(t, session)
			w.at(east).tell(failing(500, "x"))
			w.at(west).tell(olderBot(tt.accept))
			a := w.say(t.Context(), session, 2)
			if Class(a.err) != tt.class || tt.class == "" && a.answered != 0 {
				t.Errorf("answered after %v, %v; want class %q, at once", a.answered, a.err, tt.class)
			}
			got := w.at(west).seen()
			if len(got) != tt.requests {
				t.Fatalf("the region was asked %d times, want %d", len(got), tt.requests)
			}
			for n, r := range got {
				if string(r.body) != string(secondSent) || r.Key != caller.ID+"/2" {
					t.Errorf("request %d: %d bytes under key %s; want the whole utterance and the same key", n+1, len(r.body), r.Key)
				}
			}
			var sent struct {
				Intent *struct{ Slots json.RawMessage }
				Attrs  map[string]string `json:"sessionAttributes"`
			}
			json.Unmarshal([]byte(got[len(got)-1].State), &sent)
			left := "-"
			if sent.Intent != nil {
				left = string(sent.Intent.Slots)
			}
			if left != tt.left || sent.Attrs["caller_number"] != "+15550100" {
				t.Errorf("taken in the end: slots %s, attributes %v; want %s and the caller's number", left, sent.Attrs, tt.left)
			}
			if c := w.condition(west); c.State != region.Healthy {
				t.Errorf("%s is %s after refusals, want healthy", west, c.State)
			}
			if n := w.client.Counters(); n.Refused != int64(tt.requests-1)+map[bool]int64{true: 1}[tt.class != ""] {
				t.Errorf("%d refusals counted of %d requests", n.Refused, tt.requests)
			}
		})
	}
}

// A session that was not asked for a while is told its state: Lex may have
// forgotten it.
func TestIdleSessionIsToldItsState(t *testing.T) {
	for idle, told := range map[time.Duration]bool{48 * time.Second: false, time.Minute: true, time.Hour: true} {
		bubble(t, idle.String(), func(t *testing.T) {
			w := newWorld(t, Config{Once: true}, east, west)
			session := w.client.Session(caller)
			w.first(t, session)
			time.Sleep(idle)
			w.say(t.Context(), session, 2)
			want := ""
			if told {
				want = stateIn(east)
			}
			if got := w.at(east).seen()[0].State; got != want {
				t.Errorf("after %v the region was told %q, want %q", idle, got, want)
			}
		})
	}
}

// A stream that continues a call goes on in the region where the call is, with
// its state; the answer of an earlier stream that is still awaited is not lost.
func TestResumedStreamGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west)
		session := w.client.Session(caller)
		w.first(t, session)
		w.at(east).tell(failing(500, "x"))
		w.say(t.Context(), session, 2)
		w.at(east).tell(nil)

		again := caller
		again.Resumed = true
		resumed := w.client.Session(again)
		w.mark()
		for n := range 2 {
			if a := w.say(t.Context(), resumed, 1+n); a.err != nil {
				t.Fatalf("turn %d of the further stream: %v", 1+n, a.err)
			}
		}
		if asked := w.at(east).seen(); len(asked) != 0 || resumed.Region() != west {
			t.Errorf("%s was asked %d times, call in %s; want it to go on in %s", east, len(asked), resumed.Region(), west)
		}
		w.mark()
		w.at(west).tell(failing(500, "x"))
		if a := w.say(t.Context(), resumed, 3); a.err != nil {
			t.Fatal(a.err)
		}
		key := func(n int) string { return fmt.Sprintf("%s/%d", caller.ID, resumed.before+n) }
		if got := w.at(east).seen(); len(got) != 1 || got[0].Key != key(3) || !strings.Contains(got[0].State, key(2)) {
			t.Errorf("moved on under key %s with %s; want %s with the state of turn 2", got[0].Key, got[0].State, key(3))
		}
		if stranger := w.client.Session(call.Info{ID: "CA2", Resumed: true}); stranger.Region() != "" {
			t.Errorf("a call that is not known here is in %s, want nowhere yet", stranger.Region())
		}
	})
}

// Every region's own session is told of the turns that it has missed.
func TestEachRegionIsToldWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Config{Once: true}, east, west, europe)
		session := w.client.Session(caller)
		var states []string
		for n, fails := range []string{"", east, east + west, europe, ""} {
			for _, p := range w.places {
				p.tell(nil)
				if strings.Contains(fails, p.name) {
					p.tell(failing(500, "x"))
				}
			}
			w.mark()
			if a := w.say(t.Context(), session, n+1); a.err != nil {
				t.Fatalf("turn %d: %v", n+1, a.err)
			}
			got := w.at(session.Region()).seen()
			var state struct {
				Attributes map[string]string `json:"sessionAttributes"`
			}
			json.Unmarshal([]byte(got[len(got)-1].State), &state)
			states = append(states, session.Region()+" "+strings.TrimPrefix(state.Attributes["turn"], caller.ID))
		}
		want := []string{east + " ", west + " /1", europe + " /2", east + " /3", east + " "}
		if diff := cmp.Diff(want, states); diff != "" {
			t.Errorf("region and state told, turn by turn (-want +got):\n%s", diff)
		}
	})
}
