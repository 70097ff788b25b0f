package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lexline/internal/call"
)

// The modes of a line.
const (
	modeStream = "stream" // the bot's voice goes over the stream
	modeUpdate = "update" // Twilio says the bot's words, by updates of the call
)

// goodbyeIntent ends a call on lines of mode update, as it does with the AWS sample
// server for Twilio and Lex.
const goodbyeIntent = "GoodbyeIntent"

// completeMode fills the gaps of what belongs to a line's mode.
func (line *lineConfig) completeMode() {
	fill(&line.Mode, modeStream)
	if line.Mode == modeUpdate {
		fill(&line.GoodbyeIntent, goodbyeIntent)
	}
}

// checkMode returns what is wrong with the mode of line number i.
func (line *lineConfig) checkMode(i int, twilio *twilioConfig) (faults []error) {
	key := fmt.Sprintf("lines[%d].mode", i)
	switch line.Mode {
	case modeStream:
	case modeUpdate:
		if err := twilio.needsREST(key); err != nil {
			faults = append(faults, err)
		}
	default:
		faults = append(faults, fmt.Errorf("%s: %q is neither %s nor %s", key, line.Mode, modeStream, modeUpdate))
	}
	return faults
}

// wordsConfig replaces the built-in words for one locale.
type wordsConfig struct {
	Fillers    []string `key:"fillers"`
	Apology    string   `key:"apology"`
	StillThere string   `key:"still_there"`
	Goodbye    string   `key:"goodbye"`
}

// builtinWords are what the built-in sounds say.
var builtinWords = call.Words{
	Fillers:    []string{"One moment please.", "Let me see.", "Still checking, just a second.", "It takes a little longer."},
	Apology:    "I am sorry, that did not work. Could you say that again?",
	StillThere: "Are you still there?",
	Goodbye:    "I am sorry, I cannot go on with this call. Please call again later. Goodbye.",
}

// wordsFor picks what Twilio tells callers of a bot's locale, each as soundsFor picks
// sounds, and whether some of it is foreign to them.
func wordsFor(locale string, sets []soundSet) (words call.Words, foreign bool) {
	language, _, _ := strings.Cut(locale, "_")
	nearest := slices.Clone(sets)
	slices.SortStableFunc(nearest, func(a, b soundSet) int {
		return distance(a.locale, locale, language) - distance(b.locale, locale, language)
	})
	for _, set := range nearest {
		before := words
		if len(words.Fillers) == 0 {
			words.Fillers = set.words.Fillers
		}
		words.Apology = cmp.Or(words.Apology, set.words.Apology)
		words.StillThere = cmp.Or(words.StillThere, set.words.StillThere)
		words.Goodbye = cmp.Or(words.Goodbye, set.words.Goodbye)
		taken := len(before.Fillers) != len(words.Fillers) || before.Apology != words.Apology ||
			before.StillThere != words.StillThere || before.Goodbye != words.Goodbye
		foreign = foreign || taken && !strings.HasPrefix(set.locale, language+"_")
	}
	return words, foreign
}
