package lexlocal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/nlu"
)

// friday is the clock of the tests.
var friday = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// loadBot reads one of the example bots.
func loadBot(t testing.TB, name string) *botdef.Bot {
	t.Helper()
	bot, err := botdef.Load("../../bots/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return bot
}

// newDialog returns a dialog over the first locale of a bot.
func newDialog(bot *botdef.Bot) *dialog {
	return &dialog{locale: bot.Locales[0], model: nlu.NewModel(bot.Locales[0]), seed: 1}
}

// flowers returns a dialog over OrderFlowers, changed by edit.
func flowers(t testing.TB, edit func(*botdef.Locale)) *dialog {
	bot := loadBot(t, "OrderFlowers")
	if edit != nil {
		edit(bot.Locales[0])
	}
	return newDialog(bot)
}

// exchange is what the caller says and what has to come of it.
type exchange struct {
	say string
	// want is the intent, its state, the dialog action with its slot, and the
	// filled slots by name: "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses".
	want string
	// hear is a part of the bot's words; several, separated by |, where the bot
	// has variations. "" stands for anything.
	hear string
}

// summary puts the outcome of a turn into the form of exchange.want.
func summary(a *answer) string {
	words := []string{"-"}
	if in := a.session.intent; in != nil {
		words = []string{in.Name, in.State}
		if in.Confirmation != confirmationNone {
			words[1] += "/" + in.Confirmation
		}
	}
	action := a.session.action.Type
	if a.session.action.SlotToElicit != "" {
		action += ":" + a.session.action.SlotToElicit
	}
	words = append(words, action)
	if in := a.session.intent; in != nil {
		for _, name := range slices.Sorted(maps.Keys(in.Slots)) {
			if v := in.Slots[name].interpreted(); v != "" {
				words = append(words, name+"="+v)
			}
		}
	}
	return strings.Join(words, " ")
}

// converse plays a conversation and returns its last answer.
func converse(t *testing.T, d *dialog, talk []exchange) *answer {
	t.Helper()
	var s *session
	var a *answer
	for i, e := range talk {
		var err error
		a, err = d.Step(s, input{sessionID: "test", mode: modeText, text: e.say}, friday)
		if err != nil {
			t.Fatalf("turn %d %q: %v", i, e.say, err)
		}
		if got := summary(a); got != e.want {
			t.Fatalf("turn %d %q:\n got %s\nwant %s", i, e.say, got, e.want)
		}
		if words := messagesText(a.messages); !containsOne(words, e.hear) {
			t.Fatalf("turn %d %q: bot says %q, want %q in it", i, e.say, words, e.hear)
		}
		s = a.session
	}
	return a
}

func containsOne(text, parts string) bool {
	return slices.ContainsFunc(strings.Split(parts, "|"), func(part string) bool { return strings.Contains(text, part) })
}

const (
	askFlower  = "What type of flowers|Which would you like"
	askDay     = "What day|On which day"
	askTime    = "At what time"
	askConfirm = "Does this sound okay|Please say yes or no"
)

// The first turns of an order, for conversations that go on from there.
var (
	toFlower  = []exchange{{"I would like to order some flowers.", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower}}
	toDay     = append(slices.Clip(toFlower), exchange{"roses", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay})
	toTime    = append(slices.Clip(toDay), exchange{"tomorrow", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=roses PickupDate=2026-11-21", askTime})
	toConfirm = append(slices.Clip(toTime), exchange{
		"five p m", "OrderFlowers InProgress ConfirmIntent FlowerType=roses PickupDate=2026-11-21 PickupTime=17:00", askConfirm,
	})
)

const ordered = "FlowerType=roses PickupDate=2026-11-21 PickupTime=17:00"

func TestDialog(t *testing.T) {
	for _, test := range []struct {
		name string
		talk []exchange
	}{
		{"a whole order", append(slices.Clip(toConfirm), exchange{
			"yes", "OrderFlowers Fulfilled/Confirmed Close " + ordered, "Thank you, your roses have been ordered.",
		})},
		{"the first sentence fills a slot", []exchange{
			{"I would like to order lilies", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=lilies", "lilies"},
		}},
		{"a synonym stands for its value", append(slices.Clip(toFlower), exchange{
			"rose", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay,
		})},
		{"declined", append(slices.Clip(toConfirm), exchange{
			"no", "OrderFlowers Failed/Denied Close " + ordered, "Okay, I will not place your order.",
		})},
		{"an unclear confirmation is asked again", append(
			slices.Clip(toConfirm),
			exchange{"purple", "OrderFlowers InProgress ConfirmIntent " + ordered, askConfirm},
			exchange{"yes", "OrderFlowers Fulfilled/Confirmed Close " + ordered, "Thank you"},
		)},
		{"not understood at first", []exchange{
			{"the weather in spain", "FallbackIntent InProgress ElicitIntent", "Sorry, I did not|I can only"},
			{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
		}},
		{"silence at first", []exchange{
			{"", "FallbackIntent InProgress ElicitIntent", "Sorry, I did not|I can only"},
		}},
		{"retries, then the fallback", append(
			slices.Clip(toFlower),
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"xylophone", "FallbackIntent InProgress ElicitIntent", "Sorry|I can only"},
		)},
		{"a good answer ends the retries", append(
			slices.Clip(toFlower),
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"roses", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay},
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay},
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay},
			exchange{"xylophone", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay},
			exchange{"tomorrow", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=roses PickupDate=2026-11-21", askTime},
		)},
		{"an unclear confirmation ends in the fallback", append(
			slices.Clip(toConfirm),
			exchange{"purple", "OrderFlowers InProgress ConfirmIntent " + ordered, askConfirm},
			exchange{"purple", "OrderFlowers InProgress ConfirmIntent " + ordered, askConfirm},
			exchange{"purple", "OrderFlowers InProgress ConfirmIntent " + ordered, askConfirm},
			exchange{"purple", "FallbackIntent InProgress ElicitIntent", "Sorry|I can only"},
		)},
		{"cancel in the middle", append(slices.Clip(toDay), exchange{
			"cancel", "CancelIntent Fulfilled Close", "Okay, nothing was ordered. Goodbye.",
		})},
		{"cancel at the confirmation", append(slices.Clip(toConfirm), exchange{
			"cancel", "CancelIntent Fulfilled Close", "Okay, nothing was ordered. Goodbye.",
		})},
		{"help at first", []exchange{
			{"help", "HelpIntent InProgress ElicitIntent", "I take orders for roses"},
		}},
		{"help returns to the question", append(
			slices.Clip(toDay),
			exchange{"help", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", "I take orders for roses"},
			exchange{"help", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=roses", askDay},
			exchange{"tomorrow", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=roses PickupDate=2026-11-21", askTime},
		)},
		{"another intent takes over", append(slices.Clip(toTime), exchange{
			"goodbye", "GoodbyeIntent Fulfilled Close", "Thank you for calling. Goodbye.",
		})},
		{"the same intent again changes a slot", append(slices.Clip(toTime), exchange{
			"I would like to order tulips", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=tulips PickupDate=2026-11-21", askTime,
		})},
		{"a new order after the first", append(
			slices.Clip(toConfirm),
			exchange{"yes", "OrderFlowers Fulfilled/Confirmed Close " + ordered, "Thank you"},
			exchange{"I would like to order some flowers", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
		)},
		{"an ambiguous time is asked again", append(
			slices.Clip(toTime),
			exchange{"ten o'clock", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=roses PickupDate=2026-11-21", askTime},
			exchange{"five p m", "OrderFlowers InProgress ConfirmIntent " + ordered, askConfirm},
		)},
		{"an order by keys alone", []exchange{
			{"1", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			{"3", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=tulips", askDay},
			{"1203#", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=tulips PickupDate=2026-12-03", askTime},
			{"0930", "OrderFlowers InProgress ConfirmIntent FlowerType=tulips PickupDate=2026-12-03 PickupTime=09:30", askConfirm},
			{"1", "OrderFlowers Fulfilled/Confirmed Close FlowerType=tulips PickupDate=2026-12-03 PickupTime=09:30", "tulips"},
		}},
		{"wrong keys are not understood", append(
			slices.Clip(toFlower),
			exchange{"4", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"0", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"*", "OrderFlowers InProgress ElicitSlot:FlowerType", askFlower},
			exchange{"99999999999", "FallbackIntent InProgress ElicitIntent", "Sorry|I can only"},
		)},
		{"declined by key", append(slices.Clip(toConfirm), exchange{
			"2", "OrderFlowers Failed/Denied Close " + ordered, "Okay, I will not place your order.",
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			converse(t, flowers(t, nil), test.talk)
		})
	}
}

func TestAmbiguousTimeShowsItsChoices(t *testing.T) {
	a := converse(t, flowers(t, nil), append(slices.Clip(toTime), exchange{
		"ten o'clock", "OrderFlowers InProgress ElicitSlot:PickupTime FlowerType=roses PickupDate=2026-11-21", askTime,
	}))
	got := a.session.intent.Slots["PickupTime"]
	if got == nil || got.Value.Interpreted != nil || !slices.Equal(got.Value.Resolved, []string{"10:00", "22:00"}) {
		t.Errorf("slot after %q = %+v, want no interpreted value and 10:00, 22:00 to choose from", "ten o'clock", got)
	}
}

func TestSameSeedSaysTheSameWords(t *testing.T) {
	words := func(seed uint64) string {
		d := flowers(t, nil)
		d.seed = seed
		var all []string
		var s *session
		for _, text := range []string{"I would like to order some flowers", "", "roses", "", "tomorrow", ""} {
			a, err := d.Step(s, input{sessionID: "one", text: text}, friday)
			if err != nil {
				t.Fatal(err)
			}
			all, s = append(all, messagesText(a.messages)), a.session
		}
		return strings.Join(all, "\n")
	}
	if a, b := words(7), words(7); a != b {
		t.Errorf("seed 7 said\n%s\nand then\n%s", a, b)
	}
	different := make(map[string]bool)
	for seed := range uint64(20) {
		different[words(seed)] = true
	}
	if len(different) < 5 {
		t.Errorf("20 seeds made %d different conversations, want at least 5", len(different))
	}
}

func TestKeyPressModeListsKeys(t *testing.T) {
	d := flowers(t, nil)
	d.keys = true
	for _, test := range []struct {
		talk []exchange
		want string
	}{
		{[]exchange{{"what", "FallbackIntent InProgress ElicitIntent", ""}}, "Press 1 to order flowers, 2 for goodbye."},
		{toFlower, "Press 1 for roses, 2 for lilies, 3 for tulips."},
		{toDay, "Key month and day as four digits."},
		{toTime, "Key hour and minute as four digits, 24-hour clock."},
		{toConfirm, "Press 1 for yes, 2 for no."},
	} {
		a := converse(t, d, test.talk)
		if got := a.messages[len(a.messages)-1].Content; got != test.want {
			t.Errorf("after %q the bot says at last %q, want %q", test.talk[len(test.talk)-1].say, got, test.want)
		}
	}
}

func TestInterpretations(t *testing.T) {
	a := converse(t, flowers(t, nil), []exchange{
		{"I would like to order lilies", "OrderFlowers InProgress ElicitSlot:PickupDate FlowerType=lilies", ""},
	})
	first, last := a.interpretations[0], a.interpretations[len(a.interpretations)-1]
	if first.Intent.Name != "OrderFlowers" || first.Confidence == nil || first.Intent.Slots["FlowerType"].interpreted() != "lilies" {
		t.Errorf("first interpretation = %+v, want OrderFlowers with a score and lilies", first)
	}
	if last.Intent.Name != "FallbackIntent" || last.Confidence != nil {
		t.Errorf("last interpretation = %+v, want FallbackIntent without a score", last)
	}
	if n := len(a.interpretations); n > maxInterpretations {
		t.Errorf("%d interpretations, want at most %d", n, maxInterpretations)
	}
}

func TestStepLeavesTheOldSessionAlone(t *testing.T) {
	d := flowers(t, nil)
	before := converse(t, d, toDay)
	shown := fmt.Sprintf("%+v %+v", *before.session, *before.session.intent)
	for _, text := range []string{"tomorrow", "cancel", "", "I would like to order tulips"} {
		state := &sessionState{SessionAttributes: map[string]string{"a": "b"}}
		if _, err := d.Step(before.session, input{sessionID: "test", text: text, state: state}, friday); err != nil {
			t.Fatal(err)
		}
	}
	if now := fmt.Sprintf("%+v %+v", *before.session, *before.session.intent); now != shown {
		t.Errorf("session changed\nfrom %s\nto   %s", shown, now)
	}
}
