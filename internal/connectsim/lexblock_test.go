package connectsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDialogGoesOn says in which dialog actions a Lex block listens again.
func TestDialogGoesOn(t *testing.T) {
	for action, wantTurns := range map[string]int{
		"ElicitSlot": 2, "ElicitIntent": 2, "ConfirmIntent": 2, "Close": 1, "None": 1, "Delegate": 1,
	} {
		turns := 0
		bot := func(_, _ string) botReply {
			turns++
			if turns == 1 {
				return botReply{action: action, intent: "OrderFlowers", state: "InProgress", says: []string{"Hm."}}
			}
			return botReply{action: "Close", intent: "OrderFlowers", state: "Fulfilled"}
		}
		f := flowOf(lexAction("lex", "us-east-1", "Hello?", "=OrderFlowers:bye"), act("bye", "DisconnectParticipant", ends(), ""))
		r := start(t, Config{Flow: f, Transport: botDouble(bot)}).Run(t.Context(), Contact{Caller: order()})
		if turns != wantTurns || r.End != Disconnected {
			t.Errorf("after %s there were %d turns and the contact %s; want %d", action, turns, r.End, wantTurns)
		}
	}
}

// TestServedStaysServed has a caller who is served, and then not understood.
func TestServedStaysServed(t *testing.T) {
	f := flowOf(
		lexAction("first", "us-east-1", "Hello?", "=OrderFlowers:second"),
		lexAction("second", "us-east-1", "Anything else?", "bye =OrderFlowers:bye"),
		act("bye", "DisconnectParticipant", ends(), ""),
	)
	r := start(t, Config{Flow: f}).Run(t.Context(), Contact{Caller: &Script{Lines: Say("order flowers", "roses", "what?")}})
	if !r.Served() || r.Intent != "OrderFlowers" || r.Answers["us-east-1"] != 3 {
		t.Errorf("served %v by %s, %d answers; want OrderFlowers served, 3 answers", r.Served(), r.Intent, r.Answers["us-east-1"])
	}
}

// bodies keeps the bodies of requests on their way to a bot.
type bodies struct {
	bot  botDouble
	kept []string
}

func (b *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.kept = append(b.kept, string(body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return b.bot.RoundTrip(r)
}

// TestSessionAttributes wants a block's session attributes in its first request
// only: afterwards they are the bot's, and a state in a request replaces them.
func TestSessionAttributes(t *testing.T) {
	lex := lexAction("lex", "us-east-1", "Hello?", "=OrderFlowers:bye")
	lex.Parameters["LexSessionAttributes"] = map[string]any{"from": "$.CustomerEndpoint.Address", "why": "test"}
	wire := &bodies{bot: florist}
	n := start(t, Config{Flow: flowOf(lex, act("bye", "DisconnectParticipant", ends(), "")), Transport: wire})
	n.Run(t.Context(), Contact{From: "+15550100001", Caller: order()})
	var got []map[string]string
	for _, body := range wire.kept {
		var in struct {
			SessionState struct{ SessionAttributes map[string]string }
		}
		if err := json.NewDecoder(strings.NewReader(body)).Decode(&in); err != nil {
			t.Fatal(err)
		}
		got = append(got, in.SessionState.SessionAttributes)
	}
	if diff := cmp.Diff([]map[string]string{{"from": "+15550100001", "why": "test"}, nil}, got); diff != "" {
		t.Errorf("session attributes (-want +got):\n%s", diff)
	}
}
