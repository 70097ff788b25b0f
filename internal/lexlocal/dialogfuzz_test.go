package lexlocal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// checkAnswer checks what holds after any turn.
func checkAnswer(t *testing.T, what string, d *dialog, a *answer) {
	t.Helper()
	if len(a.messages) == 0 && !a.closed() {
		t.Errorf("%s: no message and not closed, state %s", what, summary(a))
	}
	if len(a.messages) > maxMessages || len(a.interpretations) > maxInterpretations {
		t.Errorf("%s: %d messages and %d interpretations", what, len(a.messages), len(a.interpretations))
	}
	if action := a.session.action; action.Type == actionElicitSlot {
		def := d.locale.Intent(a.session.intent.Name)
		if def == nil || def.Slot(action.SlotToElicit) == nil {
			t.Errorf("%s: elicits %q of intent %q, which has no such slot", what, action.SlotToElicit, a.session.intent.Name)
		}
	}
	shown := a.session.state(friday, "id")
	if err := checkState(&shown); err != nil {
		t.Errorf("%s: the state shown is not one that may be sent: %v", what, err)
	}
}

// FuzzDialog holds conversations whose turns are the lines of a text.
func FuzzDialog(f *testing.F) {
	for _, seed := range []string{
		"I would like to order some flowers\nroses\ntomorrow\nfive p m\nyes",
		"1\n2\n1203\n0930\n1", "help\nhelp\ncancel", "\n\n\n\n\n\n\n", "order roses\nno\nten o'clock\nyes\nbye",
		"I would like to order {FlowerType}\n[attr]\n\x00\n{}\n#\n*", strings.Repeat("xylophone\n", 20),
	} {
		f.Add(seed, uint64(1), false)
		f.Add(seed, uint64(2), true)
	}
	bot := loadBot(f, "OrderFlowers")
	whole := newDialog(bot)
	f.Fuzz(func(t *testing.T, text string, seed uint64, keys bool) {
		d := &dialog{locale: whole.locale, model: whole.model, keys: keys, seed: seed}
		var s *session
		for i, line := range strings.Split(text, "\n") {
			if i == 30 {
				return
			}
			line = shorten(line)
			a, err := d.Step(s, input{sessionID: "fuzz", mode: modeText, text: line}, friday.Add(time.Duration(i)*time.Minute))
			if err != nil {
				t.Fatalf("turn %d %q: %v", i, line, err)
			}
			checkAnswer(t, "after "+line, d, a)
			s = a.session
		}
	})
}

// FuzzSessionState takes over any state that passes the checks, and goes on.
func FuzzSessionState(f *testing.F) {
	for _, seed := range []string{
		`{"dialogAction":{"type":"ElicitSlot","slotToElicit":"PickupTime"},"intent":{"name":"OrderFlowers","slots":{"FlowerType":{"value":{"interpretedValue":"roses"}}}}}`,
		`{"dialogAction":{"type":"ConfirmIntent"},"intent":{"name":"OrderFlowers","state":"InProgress","confirmationState":"None"}}`,
		`{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers","state":"ReadyForFulfillment"}}`,
		`{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers","slots":{"FlowerType":{"shape":"List","values":[{"value":{"interpretedValue":"x"}}]}},"confirmationState":"Denied"}}`,
		`{"dialogAction":{"type":"Delegate"}}`, `{"dialogAction":{"type":"Close"},"intent":{"name":"FallbackIntent"}}`,
		`{"dialogAction":{"type":"ConfirmIntent"},"intent":{"name":"HelpIntent"}}`, `{"intent":{"name":"GoodbyeIntent"}}`,
		`{"sessionAttributes":{"a":"b"},"activeContexts":[{"name":"c","timeToLive":{"timeToLiveInSeconds":5,"turnsToLive":1}}],"runtimeHints":{"slotHints":{}}}`,
		`{"dialogAction":{"type":"ElicitSlot","slotToElicit":"FlowerType","subSlotToElicit":{"name":"x"}},"intent":{"name":"OrderFlowers","slots":{"FlowerType":null}}}`,
		`null`, `{}`,
	} {
		f.Add(seed, "roses")
		f.Add(seed, "")
	}
	d := newDialog(loadBot(f, "OrderFlowers"))
	f.Fuzz(func(t *testing.T, text, say string) {
		say = shorten(say)
		var state *sessionState
		if json.Unmarshal([]byte(text), &state) != nil || checkState(state) != nil {
			return
		}
		a, err := d.Step(nil, input{sessionID: "fuzz", text: say, state: state}, friday)
		if err != nil {
			if kindOf(err) != "ValidationException" {
				t.Errorf("state %s: %v, want a ValidationException", text, err)
			}
			return
		}
		checkAnswer(t, text+" "+say, d, a)
		if state != nil {
			if _, err := d.Put(a.session, "fuzz", state, nil, friday); err != nil {
				t.Errorf("state %s fits a turn but not PutSession: %v", text, err)
			}
		}
		for range 3 {
			if a, err = d.Step(a.session, input{sessionID: "fuzz", text: say}, friday); err != nil {
				t.Fatal(err)
			}
			checkAnswer(t, text+" "+say, d, a)
		}
	})
}
