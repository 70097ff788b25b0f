package botdef

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files of this package anew")

func TestLoadDialog(t *testing.T) {
	e := readExport(t, flowers)
	text, err := os.ReadFile("testdata/conditional.json")
	if err != nil {
		t.Fatal(err)
	}
	e[orderIntent] = string(text)
	bot, err := Load(e.folder(t))
	if err != nil {
		t.Fatal(err)
	}
	in := bot.Locale("en_US").Intent("OrderFlowers")

	var order []string
	for _, s := range in.Slots {
		order = append(order, s.Name)
	}
	if diff := cmp.Diff([]string{"PickupTime", "FlowerType", "PickupDate"}, order); diff != "" {
		t.Errorf("slots, the unlisted one last (-want +got):\n%s", diff)
	}
	if !in.DialogHook || !cmp.Equal(in.InputContexts, []string{"member"}) ||
		!cmp.Equal(in.OutputContexts, []Context{{"ordered", 90 * time.Second, 5}}) {
		t.Errorf("hook %v, contexts %v, %v", in.DialogHook, in.InputContexts, in.OutputContexts)
	}
	if in.Confirmation != nil || in.Closing != nil {
		t.Errorf("confirmation %v, closing %v; want none", in.Confirmation, in.Closing)
	}
	say := func(s string) *Response {
		return &Response{Groups: []MessageGroup{{{Kind: PlainText, Text: s}}}, AllowInterrupt: true}
	}
	wantInitial := Initial{
		Outcome: Outcome{
			Response: &Response{Groups: []MessageGroup{
				{{Kind: SSML, Text: "<speak>Welcome.</speak>"}},
				{{Kind: CustomPayload, Text: `{"k": 1}`}, {Kind: PlainText, Text: "Hello."}},
				{{Kind: ImageCard, Card: &Card{
					Title: "Flowers", Subtitle: "fresh", ImageURL: "https://example.com/f.png",
					Buttons: []Button{{"Roses", "roses"}},
				}}},
			}},
			Next: &Step{Action: "EvaluateConditional"},
			Conditional: &Conditional{
				Active: true,
				Branches: []Branch{{
					Name: "Member", Expression: `[member] = "yes"`, Response: say("Nice to hear you again."),
					Next: &Step{
						Action: "ElicitSlot", SlotToElicit: "PickupDate", SuppressNextMessage: true, Intent: "OrderFlowers",
						Slots: map[string]string{"FlowerType": "roses"}, SessionAttributes: map[string]string{"greeted": "yes"},
					},
				}},
				Default: Branch{Next: &Step{Action: "InvokeDialogCodeHook"}},
			},
		},
		Hook: &CodeHook{
			Active: true, Invoke: true, Label: "initial",
			Success: Outcome{Next: &Step{Action: "ElicitSlot", SlotToElicit: "FlowerType"}},
			Failure: Outcome{Next: &Step{Action: "EndConversation"}},
		},
	}
	if diff := cmp.Diff(wantInitial, in.Initial); diff != "" {
		t.Errorf("initial response (-want +got):\n%s", diff)
	}
	wantFulfillment := Fulfillment{
		Hook: true, Active: true, Failure: Outcome{Response: say("That did not work.")},
		Updates: &Updates{
			Active: true, Delay: 2 * time.Second, Start: say("One moment."),
			Frequency: 10 * time.Second, Update: say("Still at it."), Timeout: 30 * time.Second,
		},
	}
	if diff := cmp.Diff(wantFulfillment, in.Fulfillment); diff != "" {
		t.Errorf("fulfilment (-want +got):\n%s", diff)
	}
	if len(bot.Warnings)+len(bot.Check()) > 0 {
		t.Errorf("warnings %q, problems %v; want none", bot.Warnings, bot.Check())
	}
}

func TestCheck(t *testing.T) {
	const order = "en_US/OrderFlowers"
	tests := []struct {
		name   string
		change func(b *Bot, l *Locale, in *Intent)
		where  string
		want   string
	}{
		{"bot name", func(b *Bot, _ *Locale, _ *Intent) { b.Name = "Flower shop" }, "Bot", `name: "Flower shop"`},
		{"bot id", func(b *Bot, _ *Locale, _ *Intent) { b.ID = "SHORT" }, "Bot", `identifier: "SHORT" is not 10`},
		{"session TTL", func(b *Bot, _ *Locale, _ *Intent) { b.SessionTTL = time.Second }, "Bot", "1s is not between 1 minute"},
		{"threshold", func(_ *Bot, l *Locale, _ *Intent) { l.Threshold = 40 }, "en_US", "40 is not between 0 and 1"},
		{"no fallback", func(_ *Bot, l *Locale, _ *Intent) { l.Intents = l.Intents[:len(l.Intents)-1] }, "en_US", "has 0 intents that derive from AMAZON.FallbackIntent"},
		{"no intents", func(_ *Bot, l *Locale, _ *Intent) { l.Intents = nil }, "en_US", "has no intents"},
		{"intent twice", func(_ *Bot, l *Locale, _ *Intent) {
			l.Intents = append(l.Intents, &Intent{Name: "orderflowers", Utterances: []string{"x"}})
		}, "en_US", `intent "orderflowers" is there twice`},
		{"slot type twice", func(_ *Bot, l *Locale, _ *Intent) {
			l.SlotTypes = append(l.SlotTypes, l.SlotTypes[0])
		}, "en_US", `slot type "FlowerTypes" is there twice`},
		{"utterance of two intents", func(_ *Bot, l *Locale, _ *Intent) {
			l.Intent("GoodbyeIntent").Utterances = []string{"order  Flowers."}
		}, "en_US", "belongs to GoodbyeIntent and to OrderFlowers"},
		{"unreachable intent", func(_ *Bot, _ *Locale, in *Intent) { in.Utterances = nil }, order, "has no sample utterances"},
		{"empty utterance", func(_ *Bot, _ *Locale, in *Intent) { in.Utterances[0] = " " }, order, "has an empty utterance"},
		{"long utterance", func(_ *Bot, _ *Locale, in *Intent) { in.Utterances[0] = strings.Repeat("a ", 300) }, order, "longer than 500"},
		{"placeholder without slot", func(_ *Bot, _ *Locale, in *Intent) { in.Utterances[0] = "order {Flower}" }, order, "{Flower} is no slot"},
		{"open brace", func(_ *Bot, _ *Locale, in *Intent) { in.Utterances[0] = "order {FlowerType" }, order, "brace without its partner"},
		{"built-in unknown", func(_ *Bot, l *Locale, _ *Intent) { l.Intent("HelpIntent").Parent = "AMAZON.Help" }, "en_US/HelpIntent", `"AMAZON.Help" is not a built-in intent`},
		{"built-in with utterances", func(_ *Bot, l *Locale, _ *Intent) {
			l.Intent("HelpIntent").Utterances = []string{"please help"}
		}, "en_US/HelpIntent", "takes no utterances"},
		{"fallback with confirmation", func(_ *Bot, l *Locale, in *Intent) { l.Fallback().Confirmation = in.Confirmation }, "en_US/FallbackIntent", "takes no confirmation"},
		{"output context", func(_ *Bot, _ *Locale, in *Intent) { in.OutputContexts = []Context{{"c", time.Second, 1}} }, order, "time to live 1s"},
		{"output context turns", func(_ *Bot, _ *Locale, in *Intent) { in.OutputContexts = []Context{{"c", time.Minute, 0}} }, order, "turnsToLive is 0"},
		{"slot twice", func(_ *Bot, _ *Locale, in *Intent) { in.Slots = append(in.Slots, in.Slots[0]) }, order + "/FlowerType", "is there twice"},
		{"no prompt", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Prompt = nil }, order + "/FlowerType", "required but has no prompt"},
		{"empty prompt", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Prompt.Groups = nil }, order + "/FlowerType", "prompt: has no message"},
		{"retries", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Prompt.MaxRetries = 6 }, order + "/FlowerType", "maxRetries is 6, want 0 to 5"},
		{"deaf attempt", func(_ *Bot, _ *Locale, in *Intent) {
			in.Slots[0].Prompt.Attempts[1].AllowAudio, in.Slots[0].Prompt.Attempts[1].AllowDTMF = false, false
		}, order + "/FlowerType", "attempt 1 accepts neither"},
		{"no time", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Prompt.Attempts[0].EndTimeout = 0 }, order + "/FlowerType", "attempt 0 has a time-out"},
		{"not a key", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Prompt.Attempts[0].DTMFEnd = "##" }, order + "/FlowerType", `"##" is not one key`},
		{"unknown built-in type", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[1].Type = "AMAZON.Day" }, order + "/PickupDate", `"AMAZON.Day" is not a built-in`},
		{"slot utterance", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Utterances[0] = "{Colour}" }, order + "/FlowerType", "{Colour} is no slot"},
		{"message placeholder", func(_ *Bot, _ *Locale, in *Intent) { in.Slots[0].Prompt.Groups[0][1].Text = "Which {Kind}?" }, order + "/FlowerType", "{Kind} in"},
		{"long message", func(_ *Bot, _ *Locale, in *Intent) {
			in.Closing.Response.Groups[0][0].Text = strings.Repeat("a", 1025)
		}, order, "longer than 1024"},
		{"confirmation without prompt", func(_ *Bot, _ *Locale, in *Intent) { in.Confirmation.Prompt = nil }, order, "confirmation is active but has no prompt"},
		{"unknown action", func(_ *Bot, _ *Locale, in *Intent) { in.Closing.Next.Action = "Dance" }, order, `"Dance" is not a dialog action`},
		{"step to no slot", func(_ *Bot, _ *Locale, in *Intent) {
			in.Initial.Next = &Step{Action: "ElicitSlot", SlotToElicit: "Colour"}
		}, order, `names "Colour", which is no slot`},
		{"step to no intent", func(_ *Bot, _ *Locale, in *Intent) {
			in.Initial.Next = &Step{Action: "StartIntent", Intent: "Pay"}
		}, order, `names "Pay", which is no intent`},
		{"empty slot type", func(_ *Bot, l *Locale, _ *Intent) { l.SlotTypes[0].Values = nil }, "en_US/FlowerTypes", "has no values"},
		{"word with two meanings", func(_ *Bot, l *Locale, _ *Intent) { l.SlotTypes[0].Values[1].Synonyms = []string{"Rose"} }, "en_US/FlowerTypes", `"Rose" means both "roses" and "lilies"`},
		{"empty synonym", func(_ *Bot, l *Locale, _ *Intent) { l.SlotTypes[0].Values[1].Synonyms = []string{""} }, "en_US/FlowerTypes", "empty synonym"},
		{"bad pattern", func(_ *Bot, l *Locale, _ *Intent) { l.SlotTypes[0].Pattern = "[a" }, "en_US/FlowerTypes", "not a regular expression"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bot, err := Load(flowers)
			if err != nil {
				t.Fatal(err)
			}
			l := bot.Locales[0]
			test.change(bot, l, l.Intent("OrderFlowers"))
			for _, p := range bot.Check() {
				if p.Where == test.where && strings.Contains(p.What, test.want) {
					return
				}
			}
			t.Errorf("Check = %v, want a problem at %s: %s", bot.Check(), test.where, test.want)
		})
	}
}

func TestDescribe(t *testing.T) {
	bot, err := Load(flowers)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := bot.Describe(&got); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/describe.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("description (-want +got), -update writes it anew:\n%s", diff)
	}
}

func TestBuiltinType(t *testing.T) {
	tests := []struct {
		name, want string
		ok         bool
	}{
		{"AMAZON.Date", "AMAZON.Date", true},
		{"AMAZON.DATE", "AMAZON.Date", true},
		{"AMAZON.US_CITY", "AMAZON.City", true},
		{"AMAZON.Nothing", "", false},
		{"FlowerTypes", "", false},
	}
	for _, test := range tests {
		if got, ok := BuiltinType(test.name); got != test.want || ok != test.ok {
			t.Errorf("BuiltinType(%q) = %q, %v; want %q, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}
