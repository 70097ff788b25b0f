package lexlocal

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func valueSlot(v string) *slot {
	return &slot{Shape: "Scalar", Value: &slotValue{Original: v, Interpreted: &v, Resolved: []string{v}}}
}

// halfOrdered is the state of an order that another server began.
func halfOrdered(action dialogAction) *sessionState {
	return &sessionState{
		DialogAction: &action,
		Intent: &intentState{
			Name: "OrderFlowers", State: stateInProgress, Confirmation: confirmationNone,
			Slots: map[string]*slot{"FlowerType": valueSlot("lilies"), "PickupDate": valueSlot("2026-11-21"), "PickupTime": nil},
		},
		SessionAttributes: map[string]string{"caller": "+15550123"},
	}
}

func TestNewSessionTakesADialogOver(t *testing.T) {
	for _, test := range []struct {
		name   string
		action dialogAction
		text   string
		want   string
	}{
		{
			"the answer to a slot",
			dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"},
			"five p m",
			"OrderFlowers InProgress ConfirmIntent FlowerType=lilies PickupDate=2026-11-21 PickupTime=17:00",
		},
		{
			"a slot that has a value is asked again",
			dialogAction{Type: actionElicitSlot, SlotToElicit: "FlowerType"},
			"tulips",
			"OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=tulips PickupDate=2026-11-21",
		},
		{
			"yes",
			dialogAction{Type: actionConfirmIntent},
			"yes",
			"OrderFlowers Fulfilled/Confirmed Close FlowerType=lilies PickupDate=2026-11-21",
		},
		{
			"the bot knows the question",
			dialogAction{Type: actionDelegate},
			"five p m",
			"OrderFlowers InProgress ConfirmIntent FlowerType=lilies PickupDate=2026-11-21 PickupTime=17:00",
		},
		{
			"anything may come",
			dialogAction{Type: actionElicitIntent},
			"goodbye",
			"GoodbyeIntent Fulfilled Close",
		},
		{
			"after the end",
			dialogAction{Type: actionClose},
			"I would like to order tulips",
			"OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=tulips",
		},
		{
			"not understood",
			dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"},
			"xylophone",
			"OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=lilies PickupDate=2026-11-21",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := flowers(t, nil)
			a, err := d.Step(nil, input{sessionID: "test", text: test.text, state: halfOrdered(test.action)}, friday)
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(a); got != test.want {
				t.Errorf("%q:\n got %s\nwant %s", test.text, got, test.want)
			}
			if got := a.session.attributes["caller"]; got != "+15550123" {
				t.Errorf("attribute caller = %q, want that of the request", got)
			}
		})
	}
}

func TestStateEqualsTheOneItCameFrom(t *testing.T) {
	// What one server shows is taken over by another, which then shows the same.
	d := flowers(t, nil)
	for _, talk := range [][]exchange{toFlower, toDay, toTime, toConfirm} {
		shown := converse(t, d, talk).session.state(friday, "id")
		a, err := d.Put(nil, "other", &shown, nil, friday)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shown, a.session.state(friday, "id")); diff != "" {
			t.Errorf("after %q, taken over (-first +second):\n%s", talk[len(talk)-1].say, diff)
		}
		if lastWords(a) == "" {
			t.Errorf("after %q, taken over: the bot does not ask its question", talk[len(talk)-1].say)
		}
	}
}

func TestRepeatedStateKeepsTheCountOfRetries(t *testing.T) {
	d := flowers(t, nil)
	a := converse(t, d, toFlower)
	for i, want := range []string{
		"OrderFlowers InProgress ElicitSlot:FlowerType", "OrderFlowers InProgress ElicitSlot:FlowerType",
		"OrderFlowers InProgress ElicitSlot:FlowerType", "FallbackIntent InProgress ElicitIntent",
	} {
		state := a.session.state(friday, "id")
		var err error
		if a, err = d.Step(a.session, input{sessionID: "test", text: "xylophone", state: &state}, friday); err != nil {
			t.Fatal(err)
		}
		if got := summary(a); got != want {
			t.Fatalf("useless answer %d: got %s, want %s", i+1, got, want)
		}
	}
}

func TestAttributesReplaceAndKeepTheDialog(t *testing.T) {
	d := flowers(t, nil)
	a := converse(t, d, toFlower)
	for _, test := range []struct {
		sent, want map[string]string
	}{
		{map[string]string{"x": "1", "y": "2"}, map[string]string{"x": "1", "y": "2"}},
		{nil, map[string]string{"x": "1", "y": "2"}},
		{map[string]string{"z": "3"}, map[string]string{"z": "3"}},
		{map[string]string{}, map[string]string{}},
	} {
		var err error
		a, err = d.Step(a.session, input{sessionID: "test", text: "help", state: &sessionState{SessionAttributes: test.sent}}, friday)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, a.session.attributes); diff != "" {
			t.Errorf("sent %v (-want +got):\n%s", test.sent, diff)
		}
		if got := a.session.action.SlotToElicit; got != "FlowerType" {
			t.Errorf("sent %v: the dialog elicits %q, want FlowerType still", test.sent, got)
		}
	}
}

func TestPut(t *testing.T) {
	own := []message{{ContentType: plainText, Content: "Welcome back."}}
	for _, test := range []struct {
		name     string
		state    *sessionState
		messages []message
		want     string
		hear     string
	}{
		{
			"a slot in the bot's words", halfOrdered(dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"}), nil,
			"OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=lilies PickupDate=2026-11-21", askTime,
		},
		{
			"a slot in the client's words", halfOrdered(dialogAction{Type: actionElicitSlot, SlotToElicit: "PickupTime"}), own,
			"OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=lilies PickupDate=2026-11-21", "Welcome back.",
		},
		{
			"delegated", halfOrdered(dialogAction{Type: actionDelegate}), nil,
			"OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=lilies PickupDate=2026-11-21", askTime,
		},
		{
			"delegated without an intent", &sessionState{DialogAction: &dialogAction{Type: actionDelegate}}, nil,
			"- ElicitIntent", "",
		},
		{
			"ready to be fulfilled", &sessionState{Intent: &intentState{Name: "OrderFlowers", State: stateReady}}, nil,
			"OrderFlowers Fulfilled Close", "Thank you",
		},
		{
			"an intent from its beginning", &sessionState{Intent: &intentState{Name: "OrderFlowers"}}, nil,
			"OrderFlowers InProgress ElicitSlot:FlowerType", askFlower,
		},
		{
			"any intent", &sessionState{DialogAction: &dialogAction{Type: actionElicitIntent}}, own,
			"- ElicitIntent", "Welcome back.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := flowers(t, nil).Put(nil, "test", test.state, test.messages, friday)
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(a); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := lastWords(a); !containsOne(got, test.hear) {
				t.Errorf("bot says %q, want %q in it", got, test.hear)
			}
		})
	}
}

func TestStatesThatDoNotFitTheBot(t *testing.T) {
	for _, test := range []struct {
		name  string
		state *sessionState
		want  string
	}{
		{"unknown intent", &sessionState{Intent: &intentState{Name: "OrderPizza"}}, `the bot has no intent "OrderPizza"`},
		{
			"unknown slot", &sessionState{Intent: &intentState{Name: "OrderFlowers", Slots: map[string]*slot{"Crust": nil}}},
			`intent OrderFlowers has no slot "Crust"`,
		},
		{
			"unknown slot to elicit", halfOrdered(dialogAction{Type: actionElicitSlot, SlotToElicit: "Crust"}),
			`intent OrderFlowers has no slot "Crust"`,
		},
		{
			"a slot without an intent", &sessionState{DialogAction: &dialogAction{Type: actionElicitSlot, SlotToElicit: "FlowerType"}},
			"sessionState.intent is missing",
		},
		{
			"a confirmation without an intent", &sessionState{DialogAction: &dialogAction{Type: actionConfirmIntent}},
			"sessionState.intent is missing",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := flowers(t, nil).Step(nil, input{sessionID: "test", text: "roses", state: test.state}, friday)
			var told *apiError
			if !errors.As(err, &told) || told.status != http.StatusBadRequest || !containsOne(told.message, test.want) {
				t.Errorf("got %v, want a ValidationException with %q", err, test.want)
			}
		})
	}
}
