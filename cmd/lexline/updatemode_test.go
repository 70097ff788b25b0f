package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
)

func TestModeOfALine(t *testing.T) {
	account := twilioConfig{AccountSID: "AC0123456789abcdef0123456789abcdef"}
	for _, test := range []struct {
		name    string
		line    lineConfig
		twilio  twilioConfig
		goodbye string
		want    string // in the fault
	}{
		{"by default", lineConfig{}, twilioConfig{}, "", ""},
		{"stream", lineConfig{Mode: "stream"}, twilioConfig{}, "", ""},
		{"update", lineConfig{Mode: "update"}, account, "GoodbyeIntent", ""},
		{"update with another goodbye", lineConfig{Mode: "update", GoodbyeIntent: "Bye"}, account, "Bye", ""},
		{"update without an account", lineConfig{Mode: "update"}, twilioConfig{}, "GoodbyeIntent", "twilio.account_sid"},
		{"no mode", lineConfig{Mode: "say"}, account, "", `"say" is neither stream nor update`},
	} {
		t.Run(test.name, func(t *testing.T) {
			line := test.line
			line.completeMode()
			faults := line.checkMode(3, &test.twilio)
			switch {
			case test.want == "" && len(faults) > 0:
				t.Errorf("faults %v; want none", faults)
			case test.want != "" && (len(faults) != 1 || !strings.Contains(faults[0].Error(), test.want) || !strings.HasPrefix(faults[0].Error(), "lines[3].mode:")):
				t.Errorf("faults %v; want one of lines[3].mode with %q", faults, test.want)
			}
			if line.GoodbyeIntent != test.goodbye {
				t.Errorf("the intent that ends a call is %q; want %q", line.GoodbyeIntent, test.goodbye)
			}
		})
	}
}

func TestWordsOfALocale(t *testing.T) {
	sets, err := loadSounds([]soundsConfig{
		{Locale: "de_DE", Words: wordsConfig{Fillers: []string{"Moment bitte."}, Apology: "Verzeihung.", StillThere: "Sind Sie noch da?", Goodbye: "Auf Wiederhören."}},
		{Locale: "fr_FR", Words: wordsConfig{Apology: "Pardon."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		locale  string
		want    call.Words
		foreign bool
	}{
		{"en_GB", builtinWords, false},
		{"de_AT", call.Words{Fillers: []string{"Moment bitte."}, Apology: "Verzeihung.", StillThere: "Sind Sie noch da?", Goodbye: "Auf Wiederhören."}, false},
		{"fr_FR", call.Words{Fillers: builtinWords.Fillers, Apology: "Pardon.", StillThere: builtinWords.StillThere, Goodbye: builtinWords.Goodbye}, true},
	} {
		got, foreign := wordsFor(test.locale, sets)
		if diff := cmp.Diff(test.want, got); diff != "" || foreign != test.foreign {
			t.Errorf("%s: foreign %t, words (-want +got):\n%s", test.locale, foreign, diff)
		}
	}
}

// TestBuiltinWordsAreThoseOfTheSounds looks into the program that made the sounds.
func TestBuiltinWordsAreThoseOfTheSounds(t *testing.T) {
	source, err := os.ReadFile("sounds/generate.go")
	if err != nil {
		t.Fatal(err)
	}
	w := builtinWords
	for _, words := range append([]string{w.Apology, w.StillThere, w.Goodbye}, w.Fillers...) {
		if !strings.Contains(string(source), `"`+words+`"`) {
			t.Errorf("no built-in sound says %q", words)
		}
	}
}
