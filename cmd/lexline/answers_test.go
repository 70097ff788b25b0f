package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
	"lexline/internal/vad"
)

const (
	anyAnswer   = vad.AnyAnswer
	shortAnswer = vad.ShortAnswer
	freeAnswer  = vad.FreeAnswer
)

func TestAnswersOfABot(t *testing.T) {
	list := func(resolution botdef.Resolution, words ...string) *botdef.SlotType {
		l := &botdef.SlotType{Name: "List", Resolution: resolution}
		for _, word := range words {
			l.Values = append(l.Values, botdef.Value{Value: word})
		}
		return l
	}
	many := strings.Fields("a b c d e f g h i j k l m")
	slot := func(kind string) *botdef.Slot { return &botdef.Slot{Name: "S", Type: kind} }
	tests := []struct {
		name string
		slot *botdef.Slot
		list *botdef.SlotType
		want vad.Answer
	}{
		{"yes or no", slot("AMAZON.Confirmation"), nil, shortAnswer},
		{"number", slot("AMAZON.Number"), nil, shortAnswer},
		{"number of Lex V1", slot("AMAZON.FOUR_DIGIT_NUMBER"), nil, shortAnswer},
		{"telephone number", slot("AMAZON.PhoneNumber"), nil, freeAnswer},
		{"anything", slot("AMAZON.FreeFormInput"), nil, freeAnswer},
		{"street", slot("AMAZON.StreetName"), nil, freeAnswer},
		{"date", slot("AMAZON.Date"), nil, anyAnswer},
		{"type that is new", slot("AMAZON.Mood"), nil, anyAnswer},
		{"few words", slot("List"), list(botdef.TopResolution, "roses", "lilies"), shortAnswer},
		{"words as examples", slot("List"), list(botdef.OriginalValue, "roses", "lilies"), anyAnswer},
		{"many words", slot("List"), list(botdef.TopResolution, many...), anyAnswer},
		{"as many as are few", slot("List"), list(botdef.TopResolution, many[:12]...), shortAnswer},
		{"two words", slot("List"), list(botdef.TopResolution, "roses", "red roses"), anyAnswer},
		{"synonym of two words", slot("List"), &botdef.SlotType{Name: "List", Resolution: botdef.TopResolution, Values: []botdef.Value{{Value: "queen", Synonyms: []string{"queen size"}}}}, anyAnswer},
		{"empty list", slot("List"), list(botdef.TopResolution), anyAnswer},
		{"pattern", slot("List"), &botdef.SlotType{Name: "List", Parent: "AMAZON.AlphaNumeric", Pattern: "[0-9]{4}"}, freeAnswer},
		{"several at once", &botdef.Slot{Name: "S", Type: "AMAZON.Number", Multiple: true}, nil, freeAnswer},
		{"composite", &botdef.Slot{Name: "S", Type: "Address", Subslots: []*botdef.Slot{{Name: "House", Type: "AMAZON.Number"}}}, nil, freeAnswer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			locale := &botdef.Locale{Intents: []*botdef.Intent{{Name: "I", Slots: []*botdef.Slot{tt.slot}}}}
			if tt.list != nil {
				locale.SlotTypes = []*botdef.SlotType{tt.list}
			}
			answers := answersOf(locale)
			if got, ok := answers["S"]; !ok || got != tt.want {
				t.Errorf("answers of a slot of type %s = %v; want %v", tt.slot.Type, answers, tt.want)
			}
			if tt.slot.Subslots != nil && answers["S.House"] != shortAnswer {
				t.Errorf("answers = %v; want a short one to the sub-slot", answers)
			}
		})
	}
}

func TestSlotOfTwoIntentsTakesAnyAnswer(t *testing.T) {
	intent := func(kind string) *botdef.Intent {
		return &botdef.Intent{Slots: []*botdef.Slot{{Name: "S", Type: kind}, {Name: "Number", Type: "AMAZON.Number"}}}
	}
	for _, kinds := range [][]string{{"AMAZON.Number", "AMAZON.StreetName"}, {"AMAZON.StreetName", "AMAZON.Number"}} {
		locale := &botdef.Locale{Intents: []*botdef.Intent{intent(kinds[0]), intent(kinds[1])}}
		want := map[string]vad.Answer{"S": anyAnswer, "Number": shortAnswer}
		if diff := cmp.Diff(want, answersOf(locale)); diff != "" {
			t.Errorf("of slots %v (-want +got):\n%s", kinds, diff)
		}
	}
}

func TestExpectedAnswersOfALine(t *testing.T) {
	export := filepath.Join("..", "..", "bots", "OrderFlowers")
	tests := []struct {
		name string
		line lineConfig
		want map[string]vad.Answer
		err  string // part of it
	}{
		{"nothing is known", lineConfig{}, map[string]vad.Answer{}, ""},
		{"by name", lineConfig{Answers: map[string]string{"Street": "free", "Size": "short"}}, map[string]vad.Answer{"Street": freeAnswer, "Size": shortAnswer}, ""},
		{"example bot", lineConfig{Export: export, Locale: "en_US"}, map[string]vad.Answer{"FlowerType": shortAnswer, "PickupDate": anyAnswer, "PickupTime": anyAnswer}, ""},
		{
			"example bot, known better",
			lineConfig{Export: export, Locale: "en_US", Answers: map[string]string{"FlowerType": "any", "PickupTime": "free"}},
			map[string]vad.Answer{"FlowerType": anyAnswer, "PickupDate": anyAnswer, "PickupTime": freeAnswer},
			"",
		},
		{"slip of the pen", lineConfig{Export: export, Locale: "en_US", Answers: map[string]string{"FlowerTipe": "any"}}, nil, "answers.FlowerTipe: the bot in " + export + " has no such slot; did you mean FlowerType?"},
		{"another slot", lineConfig{Export: export, Locale: "en_US", Answers: map[string]string{"Street": "any"}}, nil, "answers.Street: the bot in " + export + " has no such slot"},
		{"another locale", lineConfig{Export: export, Locale: "de_DE"}, nil, "export: " + export + " has no locale de_DE"},
		{"no export", lineConfig{Export: "nowhere"}, nil, "export: load bot nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.line.expectedAnswers()
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error = %v; want one with %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExportIsFoundFromTheConfiguration(t *testing.T) {
	lines := []lineConfig{{Export: "bots/A"}, {Export: "/bots/B"}, {}}
	locateExports(lines, filepath.Join("etc", "lexline"))
	for i, want := range []string{filepath.Join("etc", "lexline", "bots", "A"), "/bots/B", ""} {
		if got := lines[i].Export; got != want {
			t.Errorf("export %d = %q; want %q", i, got, want)
		}
	}
}

// TestHearingIsConfigured follows the settings of hearing from the file to the ear.
func TestHearingIsConfigured(t *testing.T) {
	tests := []struct {
		text    string
		want    vad.Settings
		noInput time.Duration
	}{
		{"", vad.DefaultSettings, 8 * time.Second},
		{
			"call: {end_of_speech: 1s, speech_threshold: 0.75, barge_in: 300ms, max_turn: 9s, no_input: 20s}",
			vad.Settings{EndOfSpeech: time.Second, Threshold: 0.75, BargeIn: 300 * time.Millisecond, MaxTurn: 9 * time.Second},
			20 * time.Second,
		},
		{
			"call: {barge_in: off, no_input: off}",
			vad.Settings{EndOfSpeech: 640 * time.Millisecond, Threshold: 0.5, BargeIn: vad.Never, MaxTurn: 14 * time.Second},
			0,
		},
	}
	for _, tt := range tests {
		cfg, err := load(t, goodConfig+tt.text, nil)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, cfg.Call.hearing()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
		if got := cfg.Call.NoInput.duration(0); got != tt.noInput {
			t.Errorf("%q: no_input = %v; want %v", tt.text, got, tt.noInput)
		}
	}
}
