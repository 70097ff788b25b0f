package lexlocal

import (
	"strings"
	"testing"
	"time"

	"lexline/internal/botdef"
)

// say is a response of one message.
func say(text string) *botdef.Response {
	return &botdef.Response{Groups: []botdef.MessageGroup{{{Kind: botdef.PlainText, Text: text}}}}
}

func step(action string) *botdef.Step { return &botdef.Step{Action: action} }

// order returns the order intent of a locale for changes.
func order(l *botdef.Locale) *botdef.Intent { return l.Intent("OrderFlowers") }

// lastWords are those of a conversation's last answer.
func lastWords(a *answer) string { return messagesText(a.messages) }

func TestBotDefinitionLeadsTheDialog(t *testing.T) {
	yes := append([]exchange(nil), toConfirm...)
	for _, test := range []struct {
		name string
		edit func(*botdef.Locale)
		talk []exchange
	}{
		{
			"an initial response comes before the question",
			func(l *botdef.Locale) { order(l).Initial.Response = say("Flowers, lovely.") },
			[]exchange{{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:FlowerType", "Flowers, lovely.\n"}},
		},
		{
			"an initial step skips a slot",
			func(l *botdef.Locale) {
				order(l).Initial.Next = &botdef.Step{Action: "ElicitSlot", SlotToElicit: "PickupTime"}
			},
			[]exchange{{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:PickupTime", askTime}},
		},
		{
			"a capture response follows a value",
			func(l *botdef.Locale) { order(l).Slot("FlowerType").Capture.Response = say("A good choice.") },
			append(toFlower[:1:1], exchange{"roses", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", "A good choice.\n"}),
		},
		{
			"a capture step leads elsewhere",
			func(l *botdef.Locale) { order(l).Slot("FlowerType").Capture.Next = step("CloseIntent") },
			append(toFlower[:1:1], exchange{"roses", "OrderFlowers Failed Close FlowerType=roses", ""}),
		},
		{
			"a refused order is changed and confirmed again",
			func(l *botdef.Locale) {
				order(l).Confirmation.Declined.Next = &botdef.Step{Action: "ElicitSlot", SlotToElicit: "FlowerType"}
			},
			append(
				yes[:4:4],
				exchange{"no", "OrderFlowers InProgress ElicitSlot:FlowerType " + ordered, askFlower},
				exchange{"lilies", "OrderFlowers InProgress ConfirmIntent FlowerType=lilies PickupDate=2026-11-21 PickupTime=17:00", askConfirm},
			),
		},
		{
			"a failure step replaces the fallback",
			func(l *botdef.Locale) {
				s := order(l).Slot("FlowerType")
				s.Prompt.MaxRetries = 0
				s.Failure.Response, s.Failure.Next = say("Then roses it is."), &botdef.Step{
					Action: "ElicitSlot", SlotToElicit: "PickupDate", Slots: map[string]string{"FlowerType": "roses"},
				}
			},
			append(toFlower[:1:1], exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", "Then roses it is."}),
		},
		{
			"without a hook the client fulfils",
			func(l *botdef.Locale) { order(l).Fulfillment.Active, order(l).Fulfillment.Hook = false, false },
			append(yes[:4:4], exchange{"yes", "OrderFlowers ReadyForFulfillment/Confirmed Close " + ordered, ""}),
		},
		{
			"fulfilment without a Lambda function succeeds",
			func(l *botdef.Locale) { order(l).Fulfillment.Hook = false },
			append(yes[:4:4], exchange{"yes", "OrderFlowers Fulfilled/Confirmed Close " + ordered, "Thank you"}),
		},
		{
			"a Lambda function is taken to succeed",
			func(l *botdef.Locale) { order(l).Fulfillment.Hook = true },
			append(yes[:4:4], exchange{"yes", "OrderFlowers Fulfilled/Confirmed Close " + ordered, "Thank you"}),
		},
		{
			"a dialog hook goes its way of success",
			func(l *botdef.Locale) {
				order(l).Initial.Next = step("InvokeDialogCodeHook")
				order(l).Initial.Hook = &botdef.CodeHook{
					Active: true, Invoke: true,
					Success: botdef.Outcome{Response: say("Hooked."), Next: &botdef.Step{Action: "ElicitSlot", SlotToElicit: "PickupDate"}},
				}
			},
			[]exchange{{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:PickupDate", "Hooked."}},
		},
		{
			"without confirmation an order is fulfilled at once",
			func(l *botdef.Locale) { order(l).Confirmation = nil },
			append(toTime[:3:3], exchange{"five p m", "OrderFlowers Fulfilled Close " + ordered, "Thank you"}),
		},
		{
			"a default value is not asked for",
			func(l *botdef.Locale) {
				order(l).Slot("FlowerType").Defaults = []string{"#none.Flower", "[flower]", "tulips"}
			},
			[]exchange{{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=tulips", "tulips"}},
		},
		{
			"an optional slot is not asked for",
			func(l *botdef.Locale) { order(l).Slot("FlowerType").Required = false },
			[]exchange{{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:PickupDate", ""}},
		},
		{
			"a step starts another intent",
			func(l *botdef.Locale) {
				order(l).Initial.Next = &botdef.Step{Action: "StartIntent", Intent: "GoodbyeIntent"}
			},
			[]exchange{{"I would like to order some flowers", "GoodbyeIntent Fulfilled Close", "Goodbye"}},
		},
		{
			"steps in a circle end in a closed dialog",
			func(l *botdef.Locale) {
				order(l).Initial.Next = &botdef.Step{Action: "StartIntent", Intent: "OrderFlowers"}
			},
			[]exchange{{"I would like to order some flowers", "OrderFlowers Failed Close", ""}},
		},
		{
			"a bot without fallback closes",
			func(l *botdef.Locale) { l.Intents = []*botdef.Intent{order(l)} },
			[]exchange{{"the weather in spain", "- Close", ""}},
		},
		{
			"the fallback closes when its definition has no step",
			func(l *botdef.Locale) { l.Fallback().Initial.Next = nil },
			[]exchange{{"the weather in spain", "FallbackIntent ReadyForFulfillment Close", "Sorry|I can only"}},
		},
		{
			"start over",
			func(l *botdef.Locale) {
				l.Intents = append(l.Intents, &botdef.Intent{Name: "Again", Parent: "AMAZON.StartOverIntent"})
			},
			append(toTime[:3:3], exchange{"start over", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower}),
		},
		{
			"a silent cancel uses the words of the declined order",
			func(l *botdef.Locale) { l.Intent("CancelIntent").Closing = nil },
			append(toDay[:2:2], exchange{"cancel", "CancelIntent Fulfilled Close", "Okay, I will not place your order."}),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			converse(t, flowers(t, test.edit), test.talk)
		})
	}
}

func TestRepeatIntentSaysTheSameAgain(t *testing.T) {
	d := flowers(t, func(l *botdef.Locale) {
		l.Intents = append(l.Intents, &botdef.Intent{Name: "Again", Parent: "AMAZON.RepeatIntent"})
	})
	first := converse(t, d, toDay)
	second, err := d.Step(first.session, input{sessionID: "test", text: "repeat"}, friday)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := lastWords(second), lastWords(first); got != want {
		t.Errorf("after %q the bot says %q, want %q", "repeat", got, want)
	}
	if got, want := summary(second), summary(first); got != want {
		t.Errorf("after %q the state is %q, want %q", "repeat", got, want)
	}
}

func TestConditionsChooseTheBranch(t *testing.T) {
	edit := func(l *botdef.Locale) {
		order(l).Slot("FlowerType").Capture.Conditional = &botdef.Conditional{
			Active: true,
			Branches: []botdef.Branch{
				{Name: "broken", Expression: `{FlowerType} = = "roses"`, Next: step("EndConversation")},
				{Name: "member", Expression: `{FlowerType} = "roses" AND [member] = "yes"`, Response: say("Members get two.")},
			},
			Default: botdef.Branch{Response: say("Just one.")},
		}
	}
	for _, test := range []struct{ flower, member, want string }{
		{"roses", "yes", "Members get two."},
		{"roses", "no", "Just one."},
		{"tulips", "yes", "Just one."},
	} {
		d := flowers(t, edit)
		a := converse(t, d, toFlower)
		state := &sessionState{SessionAttributes: map[string]string{"member": test.member}}
		a, err := d.Step(a.session, input{sessionID: "test", text: test.flower, state: state}, friday)
		if err != nil {
			t.Fatal(err)
		}
		if got := lastWords(a); !strings.Contains(got, test.want) {
			t.Errorf("%s, member %s: bot says %q, want %q in it", test.flower, test.member, got, test.want)
		}
	}
}

func TestContexts(t *testing.T) {
	// Goodbye needs an order first, and the order hands its flower on.
	d := flowers(t, func(l *botdef.Locale) {
		order(l).OutputContexts = []botdef.Context{{Name: "ordered", TimeToLive: time.Minute, Turns: 2}}
		l.Intent("GoodbyeIntent").InputContexts = []string{"ordered"}
		order(l).Slot("FlowerType").Defaults = []string{"#ordered.FlowerType"}
	})
	d.keys = true
	done := converse(t, d, append(toConfirm[:4:4], exchange{"yes", "OrderFlowers Fulfilled/Confirmed Close " + ordered, ""}))
	shown := done.session.state(friday, "id").ActiveContexts
	if len(shown) != 1 || shown[0].TimeToLive != (timeToLive{60, 2}) || shown[0].Attributes["FlowerType"] != "roses" {
		t.Fatalf("active contexts = %+v, want ordered for 60 s and 2 turns with roses", shown)
	}
	const orders = "I would like to order some flowers"
	for _, test := range []struct {
		name string
		talk []string // after the order
		at   time.Duration
		want string // flower of the context
	}{
		{"first turn", []string{orders}, 30 * time.Second, "roses"},
		{"second turn", []string{"xylophone", orders}, 30 * time.Second, "roses"},
		{"third turn, one too many", []string{"xylophone", "xylophone", orders}, 30 * time.Second, ""},
		{"after its minute", []string{orders}, time.Minute, ""},
	} {
		s := done.session
		for _, text := range test.talk {
			a, err := d.Step(s, input{sessionID: "test", text: text}, friday.Add(test.at))
			if err != nil {
				t.Fatal(err)
			}
			s = a.session
		}
		if got := s.intent.Slots["FlowerType"].interpreted(); got != test.want {
			t.Errorf("%s: FlowerType = %q, want %q", test.name, got, test.want)
		}
	}
	menu := func(s *session) string {
		a, err := d.Step(s, input{sessionID: "test", text: "what"}, friday)
		if err != nil {
			t.Fatal(err)
		}
		return a.messages[len(a.messages)-1].Content
	}
	if got, want := menu(nil), "Press 1 to order flowers."; got != want {
		t.Errorf("menu without context %q, want %q", got, want)
	}
}

func TestMessagePlaceholders(t *testing.T) {
	d := flowers(t, func(l *botdef.Locale) {
		order(l).Slot("FlowerType").Prompt.Groups = []botdef.MessageGroup{
			{{Kind: botdef.PlainText, Text: "Hello [name]."}, {Kind: botdef.PlainText, Text: "Hello stranger."}},
			{{Kind: botdef.SSML, Text: "<speak>From [channel]?</speak>"}},
		}
	})
	for _, test := range []struct {
		attributes, request map[string]string
		want                string
	}{
		{map[string]string{"name": "Ann"}, map[string]string{"channel": "A&B"}, "Hello Ann.\n<speak>From A&amp;B?</speak>|Hello stranger.\n<speak>From A&amp;B?</speak>"},
		{nil, map[string]string{"channel": "web"}, "Hello stranger.\n<speak>From web?</speak>"},
		{nil, nil, "Hello stranger.\n<speak>From ?</speak>"},
	} {
		a, err := d.Step(nil, input{
			sessionID: "test", text: "I would like to order some flowers",
			state: &sessionState{SessionAttributes: test.attributes}, attributes: test.request,
		}, friday)
		if err != nil {
			t.Fatal(err)
		}
		if got := lastWords(a); !containsOne(got, test.want) {
			t.Errorf("attributes %v, request %v: bot says %q, want %q", test.attributes, test.request, got, test.want)
		}
	}
}

func TestOrderedVariationsFollowTheAttempts(t *testing.T) {
	d := flowers(t, func(l *botdef.Locale) {
		p := order(l).Slot("FlowerType").Prompt
		p.Ordered, p.MaxRetries = true, 3
		p.Groups = []botdef.MessageGroup{{
			{Kind: botdef.PlainText, Text: "first"}, {Kind: botdef.PlainText, Text: "second"}, {Kind: botdef.PlainText, Text: "third"},
		}}
	})
	const asks = "OrderFlowers InProgress ElicitSlot:FlowerType"
	converse(t, d, []exchange{
		{"I would like to order some flowers", asks, "first"},
		{"xylophone", asks, "second"},
		{"xylophone", asks, "third"},
		{"xylophone", asks, "first"},
	})
}
