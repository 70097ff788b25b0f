package parity

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

func plain(text ...string) (list []Message) {
	for _, t := range text {
		list = append(list, Message{"PlainText", t})
	}
	return list
}

// asked is what the example bot answers to "Order roses".
func asked() Answer {
	return Answer{
		Intent: "OrderFlowers", State: "InProgress", Confirmation: "None", Confidence: 0.9,
		Slots: map[string]string{"FlowerType": "roses"}, Action: "ElicitSlot", Slot: "PickupDate",
		Messages: plain("What day do you want the roses to be picked up?"),
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name   string
		change func(a *Answer)
		want   string // "" for no difference
	}{
		{"equal", func(*Answer) {}, ""},
		{"variation", func(a *Answer) { a.Messages = plain("On which day will you pick up the roses?") }, ""},
		{"a message of another group", func(a *Answer) { a.Messages = plain("Goodbye.") }, `/ messages: "What day do you want the roses to be picked up?" | "Goodbye."`},
		{"one message more", func(a *Answer) { a.Messages = append(a.Messages, plain("Well?")...) }, `| "What day do you want the roses to be picked up?" then "Well?"`},
		{"no message", func(a *Answer) { a.Messages = nil }, `| none`},
		{"another kind", func(a *Answer) { a.Messages[0].Kind = "SSML" }, `| SSML "What day`},
		{"intent", func(a *Answer) { a.Intent = "FallbackIntent" }, `/ intent: OrderFlowers | FallbackIntent`},
		{"state", func(a *Answer) { a.State = "Failed" }, `/ intent state: InProgress | Failed`},
		{"confirmation", func(a *Answer) { a.Confirmation = "Denied" }, `/ confirmation state: None | Denied`},
		{"slot's value", func(a *Answer) { a.Slots = map[string]string{"FlowerType": "lilies"} }, `/ slot FlowerType: "roses" | "lilies"`},
		{"slot not understood", func(a *Answer) { a.Slots = nil }, `/ slot FlowerType: "roses" | none`},
		{"empty slot", func(a *Answer) { a.Slots = map[string]string{"FlowerType": "roses", "PickupDate": ""} }, ""},
		{"action", func(a *Answer) { a.Action = "Close" }, `/ dialog action: ElicitSlot | Close`},
		{"slot asked for", func(a *Answer) { a.Slot = "PickupTime" }, `/ slot asked for: PickupDate | PickupTime`},
		{"context", func(a *Answer) { a.Contexts = []string{"shop"} }, `/ active contexts: [] | [shop]`},
		{"error", func(a *Answer) { *a = Answer{Error: "ResourceNotFoundException: no alias"} }, `/ error: none | ResourceNotFoundException: no alias`},
	}
	bot := flowers(t).Bot
	wording := NewWording(bot, bot)
	c := Conversation{Turns: []string{"Order roses"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			there := asked()
			test.change(&there)
			found, remarks := Answers(c, []Answer{asked()}, []Answer{there}, wording)
			switch {
			case len(remarks) > 0:
				t.Errorf("remarks %q, want none", remarks)
			case test.want == "" && len(found) > 0:
				t.Errorf("differences %q, want none", found)
			case test.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), test.want)):
				t.Errorf("differences %q, want one: %s", found, test.want)
			}
		})
	}
}

func TestAnswersStopAtTheFirstTurnThatDiffers(t *testing.T) {
	c := Conversation{Turns: []string{"Order roses", "tomorrow", "ten"}}
	other := asked()
	other.Slot = "PickupTime"
	later := asked()
	later.Intent = "FallbackIntent"
	found, _ := Answers(c, []Answer{asked(), asked(), asked()}, []Answer{asked(), other, later}, Wording{})
	want := []Difference{{Path: `"Order roses", "tomorrow" / slot asked for`, Here: "PickupDate", There: "PickupTime"}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	found, _ = Answers(c, []Answer{asked(), asked()}, []Answer{asked()}, Wording{})
	want = []Difference{{Path: `"Order roses", "tomorrow"`, Here: "2 answers", There: "1 answers"}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("a conversation that broke off: differences (-want +got):\n%s", diff)
	}
}

func TestAnswersRemarks(t *testing.T) {
	c := Conversation{Turns: []string{"Order roses"}}
	less := asked()
	less.Confidence = 0.7
	for _, test := range []struct {
		name        string
		here, there Answer
		want        string
	}{
		{"confidence", asked(), less, `"Order roses": confidence 0.90 | 0.70`},
		{"the same error", Answer{Error: "ThrottlingException: a"}, Answer{Error: "ThrottlingException: b"}, `"Order roses": both answer an error: ThrottlingException: a`},
	} {
		found, remarks := Answers(c, []Answer{test.here}, []Answer{test.there}, Wording{})
		if len(found) > 0 || !slices.Equal(remarks, []string{test.want}) {
			t.Errorf("%s: differences %q, remarks %q; want none and %q", test.name, found, remarks, test.want)
		}
	}
}

func TestWordingTrustsOnlyGroupsThatBothHave(t *testing.T) {
	here, there := flowers(t).Bot, flowers(t).Bot
	there.Locales[0].Intent("OrderFlowers").Slot("PickupDate").Prompt.Groups[0][0].Text = "When?"
	a, b := plain("What day do you want the roses to be picked up?"), plain("On which day will you pick up the roses?")
	if !NewWording(here, here).same(a, b) {
		t.Error("two variations of a common group are not the same, want the same")
	}
	if NewWording(here, there).same(a, b) {
		t.Error("two variations of a group that differs are the same, want a difference")
	}
	if (Wording{}).same(a, b) {
		t.Error("without definitions two texts are the same, want a difference")
	}
	if !(Wording{}).same(plain("a", "b"), plain("b", "a")) {
		t.Error("the same messages in another order are a difference, want none")
	}
	here.Locales[0].Intent("OrderFlowers").Slot("PickupDate").Prompt.Groups = []botdef.MessageGroup{{
		{Kind: botdef.PlainText, Text: "{FlowerType}"}, {Kind: botdef.PlainText, Text: "[greeting]!"},
	}}
	if NewWording(here, here).same(plain("Yes."), plain("No.")) {
		t.Error("a group of placeholders only makes any two texts the same, want a difference")
	}
}

// TestWordingExplains tells answers that differ because a prompt does from others.
func TestWordingExplains(t *testing.T) {
	here, there := flowers(t).Bot, flowers(t).Bot
	there.Locales[0].Intent("OrderFlowers").Slot("PickupDate").Prompt.Groups[0][0].Text = "When?"
	w := NewWording(here, there)
	c := Conversation{Turns: []string{"Order roses", "tomorrow"}}
	changed, later := asked(), asked()
	changed.Messages, later.Intent = plain("When?"), "FallbackIntent"
	found, _ := Answers(c, []Answer{asked(), asked()}, []Answer{changed, later}, w)
	if len(found) != 2 || found[0].ExplainedBy != "intent OrderFlowers / slot PickupDate / prompt" || found[1].ExplainedBy != "" {
		t.Errorf("differences %+v; want the messages explained by the prompt, and the intent of the next turn", found)
	}
	for name, said := range map[string][]Message{
		"another prompt's words": plain("Goodbye."),
		"one message more":       plain("When?", "Well?"),
		"another kind":           {{"SSML", "When?"}},
	} {
		changed.Messages = said
		if found, _ := Answers(c, []Answer{asked()}, []Answer{changed}, w); len(found) != 1 || found[0].ExplainedBy != "" {
			t.Errorf("%s: differences %+v; want one that nothing explains", name, found)
		}
	}
	other := asked()
	other.Messages, other.Slot = plain("When?"), "PickupTime"
	if found, _ := Answers(c, []Answer{asked(), asked()}, []Answer{other, later}, w); len(found) != 2 || found[0].ExplainedBy != "" {
		t.Errorf("another slot asked for, in other words: %+v; want that unexplained, and an end", found)
	}
}

var november = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestSampleUtterances(t *testing.T) {
	home, other := flowers(t).Bot.Locales[0], flowers(t).Bot.Locales[0]
	other.Intent("OrderFlowers").Utterances = append(other.Intent("OrderFlowers").Utterances, "Roses now", "{Nobody} please", "ORDER flowers")
	home.Intent("CancelIntent").Fulfillment.Hook = true
	samples := SampleUtterances([]*botdef.Locale{home, other}, november)
	var said []string
	for _, c := range samples.Conversations {
		if strings.ContainsAny(c.Turns[0], "{}") {
			t.Errorf("%q still has a placeholder", c.Turns[0])
		}
		said = append(said, c.Turns[0])
	}
	for _, want := range []string{
		"Order flowers", "Roses now", "I would like to order tulips for December 26", "I want lilies for December 26 at 10 am",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("sample utterances %q, want %q among them", said, want)
		}
	}
	if slices.Contains(said, "ORDER flowers") || slices.Contains(said, " please") {
		t.Errorf("sample utterances %q, want no text twice and none without its value", said)
	}
	for _, c := range samples.Fulfilling {
		if c.Source != "CancelIntent" {
			t.Errorf("%q of %s was left out, want those of CancelIntent only", c.Turns[0], c.Source)
		}
	}
}

func TestFulfils(t *testing.T) {
	in := flowers(t).Bot.Locales[0].Intent("OrderFlowers")
	all := "{FlowerType} on {PickupDate} at {PickupTime}"
	if fulfils(in, all) {
		t.Error("with a confirmation the first turn fulfils, want not")
	}
	in.Confirmation = nil
	if fulfils(in, "{FlowerType} please") || !fulfils(in, all) {
		t.Error("without a confirmation: want that the turn with all slots fulfils, and the one that lacks two does not")
	}
	in.Fulfillment.Hook = false
	if fulfils(in, all) {
		t.Error("without a function the first turn fulfils, want not")
	}
}

func TestBuiltinValues(t *testing.T) {
	for _, name := range []string{
		"AlphaNumeric", "City", "Confirmation", "Country", "Date", "Duration", "EmailAddress", "FirstName", "FreeFormInput",
		"LastName", "Number", "Percentage", "PhoneNumber", "State", "StreetName", "Time", "UKPostalCode", "DATE", "US_CITY",
	} {
		if builtinValue("AMAZON."+name, november) == "" {
			t.Errorf("there is no value for AMAZON.%s", name)
		}
	}
}

const script = `# what our callers say
I want roses
tomorrow

# the help desk
  help  

`

func TestReadConversations(t *testing.T) {
	got, err := ReadConversations("calls.txt", strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	want := []Conversation{{[]string{"I want roses", "tomorrow"}, "calls.txt:2"}, {[]string{"help"}, "calls.txt:6"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	for _, test := range []struct{ name, text, want string }{
		{"empty", "\n# nothing\n", "holds no conversation"},
		{"long", "ok\n" + strings.Repeat("a", maxTurn+1), "calls.txt:2: is longer"},
		{"too long to read", strings.Repeat("a", 1<<20), "read calls.txt"},
		{"not text", "\xff\xfe", "calls.txt:1: is not UTF-8"},
		{"turns", strings.Repeat("yes\n", maxTurns+1), "calls.txt:51: more than 50 turns"},
	} {
		if _, err := ReadConversations("calls.txt", strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
}

func FuzzReadConversations(f *testing.F) {
	f.Add(script)
	f.Add("")
	f.Add("a\r\n\r\nb")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ReadConversations("f", strings.NewReader(text))
		if err == nil && len(list) == 0 {
			t.Error("neither conversations nor an error")
		}
		for _, c := range list {
			if len(c.Turns) == 0 || slices.Contains(c.Turns, "") {
				t.Errorf("conversation %q has a turn without words", c)
			}
		}
	})
}

func TestSpread(t *testing.T) {
	var list []Conversation
	for range 10 {
		list = append(list, Conversation{Turns: []string{string(rune('a' + len(list)))}})
	}
	said := map[string]bool{}
	for _, c := range Spread(list, 5) {
		said[c.Turns[0]] = true
	}
	if got := strings.Join(slices.Sorted(maps.Keys(said)), ""); got != "acegi" {
		t.Errorf("five of ten are %q, want acegi", got)
	}
	if n := len(Spread(list, 0)); n != 10 {
		t.Errorf("without a limit %d, want all 10", n)
	}
}
