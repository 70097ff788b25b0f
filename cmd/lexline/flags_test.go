package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lexline/internal/twiliosim"
)

// A placeholder stands for a flag's value in the help: a noun for what is to be given, or
// the form of it, in one word. A value that could be given is none, as it looks like the
// only one; nor is a word that says nothing without its sentence.
var (
	placeholder   = regexp.MustCompile(`^[A-Za-z][A-Za-z/=:-]*(\[[A-Za-z=:[\]-]+\])?$`)
	sayingNothing = []string{"many", "long", "fail", "continue", "hangup", "Enable", "so", "such", "this"}
)

// TestHelpNamesWhatIsToBeGiven reads the help of every command.
func TestHelpNamesWhatIsToBeGiven(t *testing.T) {
	flag := regexp.MustCompile(`(?m)^  --(\S+) (.+)$`)
	seen := 0
	for _, c := range commands() {
		code, help, _ := lexlineSays(t.Context(), append(strings.Fields(c.name), "--help")...)
		if code != 0 {
			continue // it has no flags
		}
		for _, found := range flag.FindAllStringSubmatch(help, -1) {
			seen++
			word, _, _ := strings.Cut(found[2], "\t")
			if !placeholder.MatchString(word) || slices.Contains(sayingNothing, word) {
				t.Errorf("lexline %s --help: --%s %s: say what is to be given, in one word", c.name, found[1], word)
			}
		}
	}
	if seen < 100 {
		t.Errorf("the help has %d flags with values; want those of every command", seen)
	}
}

// TestErrorsWriteFlagsAsTheHelpDoes, with two dashes.
func TestErrorsWriteFlagsAsTheHelpDoes(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"dial --speed 1", "lexline: flag provided but not defined: --speed\n"},
		{"dial --rate", "lexline: flag needs an argument: --rate\n"},
		{"dial -rate fast +14155550199", `lexline: invalid value "fast" for flag --rate: `},
		{`phone call --dial for-flag-"-x http://127.0.0.1:1/`, `lexline: invalid value "for-flag-\"-x" for flag --dial: `},
		{"dial --dev=perhaps", `lexline: invalid boolean value "perhaps" for --dev: `},
		{"region status --tabel x", "lexline: flag provided but not defined: --tabel\n"},
		{"calls show --al x", "lexline: flag provided but not defined: --al\n"},
		{"bot check --al x", "lexline: flag provided but not defined: --al\n"},
		{"hear --al x", "lexline: flag provided but not defined: --al\n"},
	} {
		code, _, stderr := lexlineSays(context.Background(), strings.Fields(tt.line)...)
		if code != 2 || !strings.HasPrefix(stderr, tt.want) {
			t.Errorf("lexline %s = %d: %swant 2: %s", tt.line, code, stderr, tt.want)
		}
	}
}

// TestPhoneShortensAddresses: what a token opens, and is of no use to people, is not
// printed whole.
func TestPhoneShortensAddresses(t *testing.T) {
	token := strings.Repeat("x", 200)
	p := newPhonePrinter(nil, &phoneOptions{count: 1})
	for _, e := range []twiliosim.Event{
		{Event: "update", URL: "https://voice.example.com/updatecall/" + token},
		{Event: "stream", State: "opened", URL: "wss://voice.example.com/stream/" + token},
		{Event: "failover", URL: "https://voice.example.com/updatecall/" + token},
	} {
		if line := p.line(e); strings.Contains(line, token) || !strings.Contains(line, "/xxxxxxxx...") {
			t.Errorf("%s is printed as %q", e.Event, line)
		}
	}
}
