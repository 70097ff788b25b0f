package lexlocal

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

// hooked returns a dialog over OrderFlowers whose bot has a Lambda function.
func hooked(t testing.TB, edit func(*botdef.Locale)) *dialog {
	d := flowers(t, edit)
	d.hooks = true
	return d
}

// response reads a function's answer as a server does.
func response(t testing.TB, text string) *hookResponse {
	t.Helper()
	r, err := parseHookResponse([]byte(text))
	if err != nil {
		t.Fatalf("response %s: %v", text, err)
	}
	return r
}

// confirmedOrder takes an order to its fulfilment and returns the call of the
// function.
func confirmedOrder(t testing.TB, d *dialog) *hookCall {
	t.Helper()
	var s *session
	for _, say := range []string{"I would like to order some flowers", "roses", "tomorrow", "five p m", "yes"} {
		a, err := d.Step(s, input{sessionID: "test", mode: modeText, text: say, attributes: map[string]string{"x-lexline-turn": "CA1/5"}}, friday)
		if err != nil {
			t.Fatalf("%q: %v", say, err)
		}
		if a.call != nil {
			return a.call
		}
		s = a.session
	}
	t.Fatal("the order is over and nothing was called")
	return nil
}

func TestFulfilmentEvent(t *testing.T) {
	got, err := json.MarshalIndent(confirmedOrder(t, hooked(t, nil)).event(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	slots := `{
    "FlowerType": {"shape": "Scalar", "value": {"originalValue": "roses", "interpretedValue": "roses", "resolvedValues": ["roses"]}},
    "PickupDate": {"shape": "Scalar", "value": {"originalValue": "tomorrow", "interpretedValue": "2026-11-21", "resolvedValues": ["2026-11-21"]}},
    "PickupTime": {"shape": "Scalar", "value": {"originalValue": "five p m", "interpretedValue": "17:00", "resolvedValues": ["17:00"]}}
  }`
	intent := `{"name": "OrderFlowers", "state": "ReadyForFulfillment", "confirmationState": "Confirmed", "slots": ` + slots + `}`
	var want, have any
	if err := json.Unmarshal([]byte(`{
  "messageVersion": "1.0", "invocationSource": "FulfillmentCodeHook", "inputMode": "Text", "responseContentType": "",
  "sessionId": "", "inputTranscript": "yes", "bot": {"id": "", "name": "", "aliasId": "", "aliasName": "", "localeId": "", "version": ""},
  "interpretations": [
    {"intent": `+intent+`, "interpretationSource": "Lex"},
    {"intent": {"name": "FallbackIntent", "slots": {}}, "interpretationSource": "Lex"}
  ],
  "requestAttributes": {"x-lexline-turn": "CA1/5"},
  "sessionState": {"sessionAttributes": {}, "intent": `+intent+`}
}`), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &have); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestFulfilmentFollowsTheFunction(t *testing.T) {
	edit := func(l *botdef.Locale) { order(l).Fulfillment.Failure.Response = say("The shop is closed.") }
	const intent = `"intent": {"name": "OrderFlowers", "confirmationState": "Confirmed", "slots": {"FlowerType": {"value": {"interpretedValue": "lilies"}}}`
	for _, test := range []struct {
		name, response string
		want, words    string // words exactly
	}{
		{
			"it says that it is done",
			`{"sessionState": {"dialogAction": {"type": "Close"}, ` + intent + `, "state": "Fulfilled"}}, "messages": [{"contentType": "PlainText", "content": "Done."}]}`,
			"OrderFlowers Fulfilled/Confirmed Close FlowerType=lilies", "Done.",
		},
		{
			"it leaves the words to the bot",
			`{"sessionState": {"dialogAction": {"type": "Close"}, ` + intent + `, "state": "Fulfilled"}}}`,
			"OrderFlowers Fulfilled/Confirmed Close FlowerType=lilies", "Thank you, your lilies have been ordered.\nGoodbye.",
		},
		{
			"it leaves everything to the bot",
			`{"sessionState": {"dialogAction": {"type": "Delegate"}}}`,
			"OrderFlowers Fulfilled/Confirmed Close " + ordered, "Thank you, your roses have been ordered.\nGoodbye.",
		},
		{
			"it failed",
			`{"sessionState": {"dialogAction": {"type": "Close"}, ` + intent + `, "state": "Failed"}}}`,
			"OrderFlowers Failed/Confirmed Close FlowerType=lilies", "The shop is closed.",
		},
		{
			"it failed and leaves the rest to the bot",
			`{"sessionState": {"dialogAction": {"type": "Delegate"}, ` + intent + `, "state": "Failed"}}}`,
			"OrderFlowers Failed/Confirmed Close FlowerType=lilies", "The shop is closed.",
		},
		{
			"it asks for a slot again",
			`{"sessionState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "PickupTime"}, ` + intent + `}}, "messages": [{"contentType": "PlainText", "content": "We close at six."}]}`,
			"OrderFlowers InProgress/Confirmed ElicitSlot:PickupTime FlowerType=lilies", "We close at six.",
		},
		{
			"it asks for a slot in the bot's words",
			`{"sessionState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "PickupTime"}, ` + intent + `}}}`,
			"OrderFlowers InProgress/Confirmed ElicitSlot:PickupTime FlowerType=lilies", "At what time do you want the lilies to be picked up?",
		},
		{
			"it asks to confirm again",
			`{"sessionState": {"dialogAction": {"type": "ConfirmIntent"}, ` + intent + `}}, "messages": [{"contentType": "PlainText", "content": "Lilies?"}]}`,
			"OrderFlowers InProgress ConfirmIntent FlowerType=lilies", "Lilies?",
		},
		{
			"it asks what else there is",
			`{"sessionState": {"dialogAction": {"type": "ElicitIntent"}}, "messages": [{"contentType": "PlainText", "content": "What else?"}]}`,
			"- ElicitIntent", "What else?",
		},
	} {
		a, err := confirmedOrder(t, hooked(t, edit)).Resume(response(t, test.response))
		if err != nil || a.call != nil {
			t.Errorf("%s: %v, another call %v", test.name, err, a.call != nil)
			continue
		}
		if got, words := summary(a), messagesText(a.messages); got != test.want || words != test.words {
			t.Errorf("%s:\n got %s %q\nwant %s %q", test.name, got, words, test.want, test.words)
		}
	}
}

func TestFunctionThatDoesNotFitTheBot(t *testing.T) {
	for _, text := range []string{
		`{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "BookCar"}}}`,
		`{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "OrderFlowers", "slots": {"Colour": null}}}}`,
		`{"sessionState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "Colour"}, "intent": {"name": "OrderFlowers"}}}`,
	} {
		if _, err := confirmedOrder(t, hooked(t, nil)).Resume(response(t, text)); err == nil {
			t.Errorf("response %s was followed, want an error", text)
		}
	}
}

func TestSessionStateOfTheFunctionIsTakenOver(t *testing.T) {
	a, err := confirmedOrder(t, hooked(t, nil)).Resume(response(t, `{"sessionState": {
	  "dialogAction": {"type": "Delegate"}, "sessionAttributes": {"order": "7"},
	  "activeContexts": [{"name": "ordered", "contextAttributes": {}, "timeToLive": {"timeToLiveInSeconds": 60, "turnsToLive": 2}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if a.session.attributes["order"] != "7" || len(a.session.contexts) != 1 {
		t.Errorf("attributes %v and contexts %v, want order 7 and ordered", a.session.attributes, a.session.contexts)
	}
}

// calls plays a conversation whose function always delegates, and lists what
// it was called for.
func calls(t *testing.T, d *dialog, talk ...string) (list []string, last *answer) {
	t.Helper()
	var s *session
	for _, say := range talk {
		a, err := d.Step(s, input{sessionID: "test", mode: modeText, text: say}, friday)
		for err == nil && a.call != nil {
			e := a.call.event()
			called := say + ": " + strings.TrimSuffix(e.InvocationSource+" "+e.InvocationLabel, " ")
			if next := e.ProposedNextState; next != nil {
				called += ", then " + next.DialogAction.Type + " " + next.DialogAction.SlotToElicit
			}
			list = append(list, called)
			a, err = a.call.Resume(response(t, `{"sessionState": {"dialogAction": {"type": "Delegate"}}}`))
		}
		if err != nil {
			t.Fatalf("%q: %v", say, err)
		}
		s, last = a.session, a
	}
	return list, last
}

func TestDialogHooks(t *testing.T) {
	talk := []string{"I would like to order some flowers", "roses", "tomorrow", "five p m", "yes"}
	hook := func(label string) *botdef.CodeHook { return &botdef.CodeHook{Active: true, Invoke: true, Label: label} }
	const fulfilment = "yes: FulfillmentCodeHook"
	for _, test := range []struct {
		name string
		edit func(*botdef.Locale)
		want []string
	}{
		{"none", nil, []string{fulfilment}},
		{"no fulfilment", func(l *botdef.Locale) { order(l).Fulfillment.Hook = false }, nil},
		{"at three points", func(l *botdef.Locale) {
			in := order(l)
			in.DialogHook = true
			in.Initial.Hook, in.Slot("FlowerType").Hook, in.Confirmation.Hook = hook("begin"), hook("flower"), hook("")
			in.Confirmation.Confirmed.Next = step("InvokeDialogCodeHook")
		}, []string{
			talk[0] + ": DialogCodeHook begin, then ElicitSlot FlowerType", "roses: DialogCodeHook flower, then ElicitSlot PickupDate",
			"yes: DialogCodeHook", fulfilment,
		}},
		{"hooks without the intent's switch", func(l *botdef.Locale) { order(l).Initial.Hook = hook("begin") }, []string{fulfilment}},
		{"a step past the hook", func(l *botdef.Locale) { order(l).DialogHook, order(l).Confirmation.Hook = true, hook("") }, []string{fulfilment}},
		{"a bot of 2021", func(l *botdef.Locale) { order(l).DialogHook, order(l).Confirmation.Confirmed.Next = true, nil }, []string{
			talk[0] + ": DialogCodeHook, then ElicitSlot FlowerType", "roses: DialogCodeHook, then ElicitSlot PickupDate",
			"tomorrow: DialogCodeHook, then ElicitSlot PickupTime", "five p m: DialogCodeHook", "yes: DialogCodeHook", fulfilment,
		}},
	} {
		got, last := calls(t, hooked(t, test.edit), talk...)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", test.name, diff)
		}
		if want := "OrderFlowers Fulfilled/Confirmed Close " + ordered; summary(last) != want {
			t.Errorf("%s: ends as %s, want %s", test.name, summary(last), want)
		}
	}
}

func TestDialogHookDecides(t *testing.T) {
	edit := func(l *botdef.Locale) {
		order(l).DialogHook = true
		order(l).Initial.Hook = &botdef.CodeHook{Active: true, Invoke: true, Failure: botdef.Outcome{Response: say("Not today.")}}
	}
	for _, test := range []struct{ name, response, want, words string }{
		{
			"a value of its own", `{"sessionState": {"dialogAction": {"type": "Delegate"}, "intent": {"name": "OrderFlowers", "slots": {"FlowerType": {"value": {"interpretedValue": "tulips"}}}}}}`,
			"OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=tulips", "",
		},
		{
			"failure", `{"sessionState": {"dialogAction": {"type": "Delegate"}, "intent": {"name": "OrderFlowers", "state": "Failed"}}}`,
			"OrderFlowers Failed Close", "Not today.",
		},
		{
			"another intent", `{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "GoodbyeIntent", "state": "Fulfilled"}}, "messages": [{"contentType": "PlainText", "content": "Bye."}]}`,
			"GoodbyeIntent Fulfilled Close", "Bye.",
		},
		{
			"an end without a word", `{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "OrderFlowers", "state": "InProgress"}}}`,
			"OrderFlowers Failed Close", "",
		},
	} {
		a, err := hooked(t, edit).Step(nil, input{sessionID: "test", text: "I would like to order some flowers"}, friday)
		if err != nil || a.call == nil {
			t.Fatalf("%s: %v, %+v; want a call", test.name, err, a)
		}
		if a, err = a.call.Resume(response(t, test.response)); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := summary(a); got != test.want || !strings.Contains(messagesText(a.messages), test.words) {
			t.Errorf("%s: got %s %q, want %s %q", test.name, got, messagesText(a.messages), test.want, test.words)
		}
	}
}

func TestKeysAreListedAfterAFunctionsQuestion(t *testing.T) {
	d := hooked(t, nil)
	d.keys = true
	a, err := confirmedOrder(t, d).Resume(response(t, `{"sessionState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "FlowerType"},
	  "intent": {"name": "OrderFlowers"}}, "messages": [{"contentType": "PlainText", "content": "No roses. What else?"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if words := messagesText(a.messages); !strings.HasPrefix(words, "No roses. What else?\nPress 1") {
		t.Errorf("bot says %q, want the question and its keys", words)
	}
}

func TestParseHookResponseRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "JSON"},
		{`"ok"`, "JSON"},
		{"null", "sessionState is missing"},
		{`{"statusCode": 200, "body": "{}"}`, "sessionState is missing"},
		{`{"sessionState": {}}`, "dialogAction.type is missing"},
		{`{"sessionState": {"dialogAction": {"type": "None"}}}`, `is "None"`},
		{`{"sessionState": {"dialogAction": {"type": "Close"}}}`, "intent is missing"},
		{`{"sessionState": {"dialogAction": {"type": "ElicitIntent"}}}`, "messages are missing"},
		{`{"sessionState": {"dialogAction": {"type": "ElicitSlot"}, "intent": {"name": "I"}}}`, "slotToElicit is missing"},
		{`{"sessionState": {"dialogAction": {"type": "Delegate"}, "intent": {"name": "I", "state": "Done"}}}`, `"Done"`},
		{`{"sessionState": {"dialogAction": {"type": "Delegate"}}, "messages": [{"contentType": "PlainText"}]}`, "content is empty"},
	} {
		if _, err := parseHookResponse([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("response %s: %v, want an error with %q", test.text, err, test.want)
		}
	}
}

// FuzzHookResponse lets a function answer anything: what passes the checks
// fits the dialog or is refused, and the conversation can go on.
func FuzzHookResponse(f *testing.F) {
	for _, seed := range []string{
		`{"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "OrderFlowers", "state": "Fulfilled"}}}`,
		`{"sessionState": {"dialogAction": {"type": "Delegate"}, "intent": {"name": "OrderFlowers", "state": "ReadyForFulfillment"}}}`,
		`{"sessionState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "PickupDate"}, "intent": {"name": "OrderFlowers", "slots": {"FlowerType": {"values": [null]}}}}}`,
		`{"sessionState": {"dialogAction": {"type": "ConfirmIntent"}, "intent": {"name": "HelpIntent"}}, "messages": [{"contentType": "SSML", "content": "<speak/>"}]}`,
		`{"sessionState": {"dialogAction": {"type": "ElicitIntent"}}, "messages": [{"contentType": "PlainText", "content": "x"}]}`, `null`,
	} {
		f.Add([]byte(seed))
	}
	d := hooked(f, func(l *botdef.Locale) { order(l).DialogHook = true })
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseHookResponse(text)
		if err != nil {
			return
		}
		a, err := d.Step(nil, input{sessionID: "fuzz", text: "I would like to order some flowers"}, friday)
		for i := 0; err == nil && i < 12; i++ {
			if a.call != nil {
				_ = a.call.event()
				a, err = a.call.Resume(r)
				continue
			}
			a, err = d.Step(a.session, input{sessionID: "fuzz", text: "yes"}, friday)
		}
		if err != nil && kindOf(err) != "ValidationException" {
			t.Errorf("response %s: %v, want a ValidationException", text, err)
		}
	})
}
