package lexmodels

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/parity"
)

const session = "/bots/BOTBOTBOT1/botAliases/ALIASALIAS/botLocales/en_US/sessions/{session}"

func TestConverse(t *testing.T) {
	s := newStandIn()
	s.answer("POST "+session+"/text",
		`{"interpretations": [{"nluConfidence": {"score": 0.8}, "intent": {"name": "Buy"}}, {"intent": {"name": "FallbackIntent"}}],
		"messages": [{"contentType": "PlainText", "content": "When?"}, {"contentType": "ImageResponseCard", "imageResponseCard": {"title": "T", "subtitle": "S", "buttons": [{"text": "B", "value": "v"}]}}],
		"sessionState": {"activeContexts": [{"name": "c", "timeToLive": {}, "contextAttributes": {}}],
			"dialogAction": {"type": "ElicitSlot", "slotToElicit": "Address", "subSlotToElicit": {"name": "City"}},
			"intent": {"name": "Buy", "state": "InProgress", "confirmationState": "None", "slots": {
				"Colour": {"value": {"originalValue": "scarlet", "interpretedValue": "red", "resolvedValues": ["red"]}},
				"Kinds": {"shape": "List", "values": [{"value": {"interpretedValue": "a"}}, {"value": {"interpretedValue": "b"}}]},
				"Time": {"value": {"originalValue": "five", "resolvedValues": ["05:00", "17:00"]}},
				"Address": {"shape": "Composite", "subSlots": {"Street": {"value": {"interpretedValue": "Main"}}}},
				"Day": null}}}}`,
		`{"sessionState": {"dialogAction": {"type": "Close"}}}`)
	s.answer("DELETE "+session, `{}`)
	got, err := s.client(t).Converse(t.Context(), "BOTBOTBOT1", "ALIASALIAS", "en_US", []string{"buy", "now"})
	if err != nil {
		t.Fatal(err)
	}
	want := []parity.Answer{{
		Intent: "Buy", State: "InProgress", Confirmation: "None", Confidence: 0.8, Action: "ElicitSlot", Slot: "Address.City", Contexts: []string{"c"},
		Slots:    map[string]string{"Colour": "red", "Kinds": "a, b", "Time": "05:00 or 17:00", "Address.Street": "Main"},
		Messages: []parity.Message{{Kind: "PlainText", Text: "When?"}, {Kind: "ImageResponseCard", Text: "T: S, B"}},
	}, {Action: "Close"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one, two, end := strings.TrimSuffix(s.seen[0], "/text"), strings.TrimSuffix(s.seen[1], "/text"), strings.Replace(s.seen[2], "DELETE", "POST", 1)
	if one != two || two != end || !strings.Contains(one, "/sessions/parity-") {
		t.Errorf("requests %q; want two turns in one session, which is deleted", s.seen)
	}
}

func TestConverseEndsAtAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStandIn()
		s.handle("POST "+session+"/text", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusBadGateway, "BadGatewayException")
		})
		got, err := s.client(t).Converse(t.Context(), "BOTBOTBOT1", "ALIASALIAS", "en_US", []string{"buy", "now"})
		want := []parity.Answer{{Error: "BadGatewayException: because"}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("error %v, answers (-want +got):\n%s", err, diff)
		}
		if len(s.seen) != 2 || !strings.HasPrefix(s.seen[1], "DELETE ") {
			t.Errorf("requests %q; want the turn once, as its function may have been invoked, and the end of the session", s.seen)
		}
		if NoAnswer(got[0]) {
			t.Error("an error of the service counts as no answer")
		}
	})
}

func TestConverseWithoutAnswer(t *testing.T) {
	c := New(Config{Region: "us-east-1", RuntimeURL: "http://lex.test", Credentials: newStandIn().client(t).cfg.Credentials, Transport: broken{}})
	got, err := c.Converse(t.Context(), "BOTBOTBOT1", "ALIASALIAS", "en_US", []string{"buy"})
	if err != nil || len(got) != 1 || !NoAnswer(got[0]) || !strings.Contains(got[0].Error, "wire cut") {
		t.Errorf("answers %+v, error %v; want one that is no answer, with the reason", got, err)
	}
}

type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("wire cut") }

func TestConverseDeletesItsSessionAfterCtrlC(t *testing.T) {
	s := newStandIn()
	stop := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	s.handle("POST "+session+"/text", func(http.ResponseWriter, *http.Request) { cancel(stop) })
	s.answer("DELETE "+session, `{}`)
	if _, err := s.client(t).Converse(ctx, "BOTBOTBOT1", "ALIASALIAS", "en_US", []string{"buy"}); !errors.Is(err, stop) {
		t.Errorf("error %v, want the cause", err)
	}
	if len(s.seen) != 2 || !strings.HasPrefix(s.seen[1], "DELETE ") {
		t.Errorf("requests %q, want the session deleted", s.seen)
	}
}
