package record

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMasker(t *testing.T) {
	type turn struct {
		name  string
		given Turn
		keys  string
		want  Turn
	}
	tests := []struct {
		name   string
		masked []string
		turns  []turn
	}{
		{"nothing is masked", nil, []turn{
			{
				"",
				Turn{Words: "roses for Bob", Said: "Roses it is.", Slots: map[string]string{"Kind": "roses"}},
				"",
				Turn{Words: "roses for Bob", Said: "Roses it is.", Slots: map[string]string{"Kind": "roses"}},
			},
		}},
		{"value in the caller's and the bot's words", []string{"Name"}, []turn{
			{
				"given by the way",
				Turn{Words: "roses for Bob, please", Said: "Thanks, BOB! What day?", Slots: map[string]string{"Name": "Bob", "Kind": "roses"}},
				"",
				Turn{Words: "roses for {Name}, please", Said: "Thanks, {Name}! What day?", Slots: map[string]string{"Name": "{Name}", "Kind": "roses"}},
			},
			{
				"said again later",
				Turn{Words: "bob's", Said: "For Bob, on Monday. Bobby?", Slots: map[string]string{"Name": "Bob", "Day": "Monday"}},
				"",
				Turn{Words: "{Name}'s", Said: "For {Name}, on Monday. Bobby?", Slots: map[string]string{"Name": "{Name}", "Day": "Monday"}},
			},
		}},
		{"answer to the question for it", []string{"Pin"}, []turn{
			{
				"understood",
				Turn{Expected: "Pin", Words: "it is four one two", Said: "Thank you.", Slots: map[string]string{"Pin": "412"}},
				"",
				Turn{Expected: "Pin", Words: "{Pin}", Said: "Thank you.", Slots: map[string]string{"Pin": "{Pin}"}},
			},
			{"not understood", Turn{Expected: "Pin", Words: "four one too"}, "", Turn{Expected: "Pin", Words: "{Pin}"}},
			{"silence", Turn{Expected: "Pin"}, "", Turn{Expected: "Pin"}},
		}},
		{"words that are not those of the value", []string{"Pin"}, []turn{
			{
				"",
				Turn{Words: "my pin is four one two", Slots: map[string]string{"Pin": "412"}},
				"",
				Turn{Words: "{Pin}", Slots: map[string]string{"Pin": "{Pin}"}},
			},
		}},
		{"otherwise spaced", []string{"Card"}, []turn{
			{
				"",
				Turn{Words: "4111 1111-1111", Said: "Card 4 1 1 1 1 1 1 1 1 1 1 1, right? Not 41111111111.", Slots: map[string]string{"Card": "411111111111"}},
				"",
				Turn{Words: "{Card}", Said: "Card {Card}, right? Not 41111111111.", Slots: map[string]string{"Card": "{Card}"}},
			},
		}},
		{"keys", nil, []turn{
			{
				"keyed",
				Turn{Words: "4711", Said: "I have 4 7 1 1.", Slots: map[string]string{"Any": "4711", "Kind": "roses"}},
				"4711",
				Turn{Said: "I have {Any}.", Slots: map[string]string{"Any": "{Any}", "Kind": "{Kind}"}},
			},
			{
				"later",
				Turn{Words: "no, 4711", Slots: map[string]string{"Any": "4711"}},
				"",
				Turn{Words: "no, {Any}", Slots: map[string]string{"Any": "{Any}"}},
			},
		}},
		{"keys that fill no slot", []string{"Card"}, []turn{
			{
				"a slot was asked for",
				Turn{Expected: "Card", Said: "4111 1111 1111 1112 is not a card number. Please key it again.", Slots: map[string]string{}},
				"4111111111111112",
				Turn{Expected: "Card", Said: "{Card} is not a card number. Please key it again.", Slots: map[string]string{}},
			},
			{
				"none was",
				Turn{Said: "0 1 7? There is no such flower.", Unsaid: "Or was it 17 or 0-1-7?", Slots: map[string]string{}},
				"017",
				Turn{Said: "{keys}? There is no such flower.", Unsaid: "Or was it 17 or {keys}?", Slots: map[string]string{}},
			},
			{
				"a key that is a word of what was keyed before",
				Turn{Said: "You pressed 1, before that 0 1 7.", Slots: map[string]string{}},
				"1",
				Turn{Said: "You pressed {keys}, before that {keys}.", Slots: map[string]string{}},
			},
			{
				"a slot has them later",
				Turn{Words: "yes", Slots: map[string]string{"Note": "card 4111-1111-1111-1112", "Kind": "roses"}},
				"",
				Turn{Words: "yes", Slots: map[string]string{"Note": "card {Card}", "Kind": "roses"}},
			},
		}},
		{"parts of a composite slot", []string{"Address"}, []turn{
			{
				"",
				Turn{Words: "Main Street in Ulm", Slots: map[string]string{"Address.City": "Ulm", "Address.Street": "Main Street"}},
				"",
				Turn{Words: "{Address.Street} in {Address.City}", Slots: map[string]string{"Address.City": "{Address.City}", "Address.Street": "{Address.Street}"}},
			},
		}},
		{"one part of it", []string{"Address.Street"}, []turn{
			{
				"",
				Turn{Expected: "Address", Words: "Main Street in Ulm", Slots: map[string]string{"Address.City": "Ulm"}},
				"",
				Turn{Expected: "Address", Words: "{Address}", Slots: map[string]string{"Address.City": "Ulm"}},
			},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMasker(tt.masked)
			for _, turn := range tt.turns {
				got := turn.given
				m.turn(&got, turn.keys != "", turn.keys)
				if diff := cmp.Diff(turn.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", turn.name, diff)
				}
			}
		})
	}
}

// FuzzMasked has a masked value stand anywhere in what is said.
func FuzzMasked(f *testing.F) {
	f.Add("roses for ", "Bob", ", please")
	f.Add("", "4 1 1 1", "")
	f.Add("{", "Pin", "}")
	f.Add("é ", "Żółć", "\xff")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		before, value, after = strings.ToValidUTF8(before, "?"), strings.ToValidUTF8(value, "?"), strings.ToValidUTF8(after, "?")
		if strings.ContainsAny(before+value+after, "{}") || len(squeezed(value)) == 0 {
			t.Skip()
		}
		m := newMasker([]string{"S"})
		turn := Turn{Words: before + " " + value + " " + after, Said: after + "," + value + "." + before, Slots: map[string]string{"S": value}}
		m.turn(&turn, false, "")
		for _, text := range []string{turn.Words, turn.Said, turn.Slots["S"]} {
			words := wordsOf(text)
			for i := range words {
				if run := squeezed(text[words[i][0]:words[i][1]]); run == squeezed(value) {
					t.Errorf("value %q is still in %q", value, text)
				}
			}
		}
	})
}

func TestSplit(t *testing.T) {
	const said = "I have roses and tulips."
	tests := []struct {
		told, length   int64
		heard, unheard string
	}{
		{0, 1000, "", said},
		{1000, 1000, said, ""},
		{1200, 1000, said, ""},
		{0, 0, said, ""},
		{500, 1000, "I have roses", "and tulips."},
		{490, 1000, "I have", "roses and tulips."},
		{999, 1000, "I have roses and", "tulips."},
		{10, 1000, "", said},
	}
	for _, tt := range tests {
		heard, unheard := split(said, ms(tt.told), ms(tt.length))
		if heard != tt.heard || unheard != tt.unheard {
			t.Errorf("split at %d of %d = %q, %q; want %q, %q", tt.told, tt.length, heard, unheard, tt.heard, tt.unheard)
		}
	}
	if heard, unheard := split("", ms(1), ms(2)); heard+unheard != "" {
		t.Errorf("split of nothing = %q, %q", heard, unheard)
	}
}
