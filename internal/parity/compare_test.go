package parity

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
)

const hookHere = "arn:aws:lambda:us-east-1:123456789012:function:order"

// flowers returns the example bot as an alias serves it, anew each time.
func flowers(t *testing.T) Definition {
	t.Helper()
	bot, err := botdef.Load("../../bots/OrderFlowers")
	if err != nil {
		t.Fatal(err)
	}
	return Definition{bot, &Alias{
		Name: "ver_one", Version: "3",
		Locales: []AliasLocale{{ID: "en_US", Enabled: true, Hook: hookHere, HookVersion: "1.0"}},
	}}
}

func message(text string) []botdef.MessageGroup {
	return []botdef.MessageGroup{{{Kind: botdef.PlainText, Text: text}}}
}

// planted are differences between two regions, one each.
var planted = []struct {
	name  string
	plant func(d *Definition, l *botdef.Locale, order *botdef.Intent)
	want  string // the one difference, here | there
}{
	{"prompt wording", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Slot("PickupDate").Prompt.Groups = message("When?")
	}, `intent OrderFlowers / slot PickupDate / prompt: "On which day will you pick up the {FlowerType}?" or "What day do you want the {FlowerType} to be picked up?" | "When?"`},
	{"one variation", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Slot("PickupDate").Prompt.Groups[0] = in.Slot("PickupDate").Prompt.Groups[0][:1]
	}, `/ prompt: "On which day will you pick up the {FlowerType}?" or "What day do you want the {FlowerType} to be picked up?" | "What day do you want the {FlowerType} to be picked up?"`},
	{"sample utterance", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Utterances = slices.DeleteFunc(in.Utterances, func(u string) bool { return u == "Buy flowers" })
	}, `intent OrderFlowers / utterance "Buy flowers": there | (missing)`},
	{"utterance of a slot", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Slot("PickupDate").Utterances = append(in.Slot("PickupDate").Utterances, "by {PickupDate}")
	}, `slot PickupDate / utterance "by {PickupDate}": (missing) | there`},
	{"synonym", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) {
		l.SlotType("FlowerTypes").Values[1].Synonyms = nil
	}, `slot type FlowerTypes / value lilies / synonym "lily": there | (missing)`},
	{"value", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) {
		l.SlotType("FlowerTypes").Values = l.SlotType("FlowerTypes").Values[:2]
	}, `slot type FlowerTypes / value tulips: there | (missing)`},
	{"resolution", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) {
		l.SlotType("FlowerTypes").Resolution = botdef.OriginalValue
	}, `slot type FlowerTypes / resolution: TOP_RESOLUTION | ORIGINAL_VALUE`},
	{"slot type", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) { l.SlotTypes = nil }, `slot type FlowerTypes: there | (missing)`},
	{"slot priority", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Slots[0], in.Slots[1] = in.Slots[1], in.Slots[0]
	}, `intent OrderFlowers / slot order / order: FlowerType, PickupDate, PickupTime | PickupDate, FlowerType, PickupTime`},
	{"a slot", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Slots = in.Slots[1:] }, `intent OrderFlowers / slot FlowerType: there | (missing)`},
	{"optional slot", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Slot("PickupTime").Required = false }, `slot PickupTime / constraint: required | optional`},
	{"slot's type", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Slot("PickupTime").Type = "AMAZON.Number" }, `slot PickupTime / type: AMAZON.Time | AMAZON.Number`},
	{"obfuscation", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Slot("PickupTime").Obfuscated = true }, `slot PickupTime / kept from logs: off | on`},
	{"retries", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		p := in.Slot("PickupTime").Prompt
		p.MaxRetries, p.Attempts = 1, p.Attempts[:2]
	}, `slot PickupTime / prompt / retries: 3 | 1`},
	{"time-out", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Slot("PickupTime").Prompt.Attempts[1].StartTimeout = 9 * time.Second
	}, `slot PickupTime / prompt / attempts / 2 / start time-out: 4s | 9s`},
	{"intent", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) {
		l.Intents = slices.DeleteFunc(l.Intents, func(in *botdef.Intent) bool { return in.Name == "CancelIntent" })
	}, `intent CancelIntent: there | (missing)`},
	{"confirmation off", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Confirmation.Active = false }, `intent OrderFlowers / confirmation: on | off`},
	{"declination", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Confirmation.Declined.Response.Groups = message("Fine.")
	}, `confirmation / declined / says: "Okay, I will not place your order." | "Fine."`},
	{"closing", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Closing = nil }, `intent OrderFlowers / closing response: there | (missing)`},
	{"next step", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Closing.Next.Action = "ElicitIntent" }, `closing response / next step: EndConversation | ElicitIntent`},
	{"condition", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.Slot("PickupDate").Capture.Conditional = &botdef.Conditional{Active: true, Branches: []botdef.Branch{{Name: "late", Expression: "{PickupDate} > 3"}}}
	}, `slot PickupDate / captured: (missing) | there`},
	{"code hook off", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.Fulfillment.Hook = false }, `intent OrderFlowers / fulfillment / code hook: on | off`},
	{"dialog hook", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.DialogHook = true }, `intent OrderFlowers / code hook in the dialog: off | on`},
	{"input context", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) { in.InputContexts = []string{"shop"} }, `intent OrderFlowers / input contexts: (missing) | ["shop"]`},
	{"output context", func(_ *Definition, _ *botdef.Locale, in *botdef.Intent) {
		in.OutputContexts = []botdef.Context{{Name: "ordered", TimeToLive: time.Minute, Turns: 2}}
	}, `intent OrderFlowers / output context ordered: (missing) | 1m0s, 2 turns`},
	{"threshold", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) { l.Threshold = 0.55 }, `confidence threshold: 0.4 | 0.55`},
	{"voice", func(_ *Definition, l *botdef.Locale, _ *botdef.Intent) { l.VoiceID = "Matthew" }, `voice: Joanna | Matthew`},
	{"locale", func(d *Definition, l *botdef.Locale, _ *botdef.Intent) {
		l.ID, d.Alias.Locales[0].ID = "en_GB", "en_GB"
	}, `locale: en_US | en_GB`},
	{"session time", func(d *Definition, _ *botdef.Locale, _ *botdef.Intent) { d.Bot.SessionTTL = time.Minute }, `session time: 5m0s | 1m0s`},
	{"locale off", func(d *Definition, _ *botdef.Locale, _ *botdef.Intent) { d.Alias.Locales[0].Enabled = false }, `alias / settings / enabled: on | off`},
	{"hook function", func(d *Definition, _ *botdef.Locale, _ *botdef.Intent) {
		d.Alias.Locales[0].Hook = "arn:aws:lambda:us-west-2:123456789012:function:other"
	}, `alias / settings / code hook: order | other`},
	{"no hook", func(d *Definition, _ *botdef.Locale, _ *botdef.Intent) { d.Alias.Locales[0].Hook = "" }, `alias / settings / code hook: order | (missing)`},
}

func TestDefinitionsFindsEachPlantedDifference(t *testing.T) {
	for _, test := range planted {
		t.Run(test.name, func(t *testing.T) {
			here, there := flowers(t), flowers(t)
			l := there.Bot.Locales[0]
			test.plant(&there, l, l.Intent("OrderFlowers"))
			found := Definitions(here, there)
			if len(found) != 1 || !strings.HasSuffix(found[0].String(), test.want) {
				t.Errorf("differences %q, want one: %s", found, test.want)
			}
			if back := Definitions(there, here); len(back) != 1 || back[0].Here != found[0].There {
				t.Errorf("the other way round %q, want the one difference turned over", back)
			}
		})
	}
}

func TestDefinitionsIgnoresWhatCallersCannotNotice(t *testing.T) {
	here, there := flowers(t), flowers(t)
	there.Bot.ID, there.Bot.Version = "OTHEROTHER", "17"
	there.Alias.Version = "17"
	there.Alias.Locales[0].Hook = "arn:aws:lambda:us-west-2:210987654321:function:order"
	l := there.Bot.Locales[0]
	slices.Reverse(l.Intents)
	slices.Reverse(l.SlotTypes[0].Values)
	for _, in := range l.Intents {
		in.ID = "X" + in.Name
		slices.Reverse(in.Utterances)
		for _, s := range in.Slots {
			s.ID = "X" + s.Name
			slices.Reverse(s.Utterances)
			for _, g := range s.Prompt.Groups {
				slices.Reverse(g)
			}
		}
	}
	l.Intent("OrderFlowers").Slot("PickupDate").Type = "AMAZON.DATE"
	if found := Definitions(here, there); len(found) > 0 {
		t.Errorf("differences %q, want none", found)
	}
	there.Alias = nil
	if found := Definitions(here, there); len(found) > 0 {
		t.Errorf("with an export that has no alias: differences %q, want none", found)
	}
}

func TestDefinitionsOfSeveralLocales(t *testing.T) {
	here, there := flowers(t), flowers(t)
	second := *there.Bot.Locales[0]
	second.ID = "en_GB"
	there.Bot.Locales = append(there.Bot.Locales, &second)
	here.Alias, there.Alias = nil, nil
	want := []Difference{{Path: "locale en_GB", Here: Missing, There: "there"}}
	if diff := cmp.Diff(want, Definitions(here, there)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

func TestOrderedVariationsKeepTheirOrder(t *testing.T) {
	here, there := flowers(t), flowers(t)
	for _, d := range []Definition{here, there} {
		d.Bot.Locales[0].Intent("OrderFlowers").Slot("PickupDate").Prompt.Ordered = true
	}
	slices.Reverse(there.Bot.Locales[0].Intent("OrderFlowers").Slot("PickupDate").Prompt.Groups[0])
	if found := Definitions(here, there); len(found) != 1 || !strings.HasSuffix(found[0].Path, "PickupDate / prompt") {
		t.Errorf("differences %q, want the prompt's", found)
	}
}

func TestFunctionName(t *testing.T) {
	for _, test := range []struct{ arn, name, account string }{
		{hookHere, "order", "123456789012"},
		{hookHere + ":live", "order:live", "123456789012"},
		{"arn:aws:iam::123456789012:role/lex", "arn:aws:iam::123456789012:role/lex", "123456789012"},
		{"order", "order", ""},
		{"", "", ""},
	} {
		if name, account := FunctionName(test.arn), AccountOf(test.arn); name != test.name || account != test.account {
			t.Errorf("of %q: function %q, account %q; want %q, %q", test.arn, name, account, test.name, test.account)
		}
	}
}
