package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lexline/internal/botdef"
	"lexline/internal/spelling"
	"lexline/internal/vad"
)

// answerKinds are the words of lexline.yml for what a caller is expected to say.
var answerKinds = map[string]vad.Answer{
	vad.AnyAnswer.String():   vad.AnyAnswer,
	vad.ShortAnswer.String(): vad.ShortAnswer,
	vad.FreeAnswer.String():  vad.FreeAnswer,
}

// builtinAnswers are the kinds of answers that Lex's own slot types take
// (https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slots.html), where that is not
// any. Short is what is said in one go; free is what people stop in to think, to
// spell, or to read the next digits.
var builtinAnswers = map[string]vad.Answer{
	"AMAZON.Confirmation":  vad.ShortAnswer,
	"AMAZON.Number":        vad.ShortAnswer,
	"AMAZON.Percentage":    vad.ShortAnswer,
	"AMAZON.AlphaNumeric":  vad.FreeAnswer,
	"AMAZON.EmailAddress":  vad.FreeAnswer,
	"AMAZON.FreeFormInput": vad.FreeAnswer,
	"AMAZON.PhoneNumber":   vad.FreeAnswer,
	"AMAZON.StreetName":    vad.FreeAnswer,
	"AMAZON.UKPostalCode":  vad.FreeAnswer,
}

// shortList is how many words, synonyms included, a list has that a caller chooses
// from without a pause.
const shortList = 12

// expectedAnswers returns what callers of a line are expected to say where its bot asks
// for a slot: by the bot's export, and before that by what is configured.
func (line lineConfig) expectedAnswers() (map[string]vad.Answer, error) {
	answers := map[string]vad.Answer{}
	if line.Export != "" {
		bot, err := botdef.Load(line.Export)
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		locale := bot.Locale(line.Locale)
		if locale == nil {
			return nil, fmt.Errorf("export: %s has no locale %s", line.Export, line.Locale)
		}
		answers = answersOf(locale)
		for _, slot := range slices.Sorted(maps.Keys(line.Answers)) {
			if _, ok := answers[slot]; !ok {
				return nil, fmt.Errorf("answers.%s: the bot in %s has no such slot%s", slot, line.Export, meant(slot, answers))
			}
		}
	}
	for slot, kind := range line.Answers {
		answers[slot] = answerKinds[kind]
	}
	return answers, nil
}

// locateExports makes the paths of the bots' exports, which are relative to the
// configuration file, relative to where the program runs.
func locateExports(lines []lineConfig, dir string) {
	for i := range lines {
		if export := &lines[i].Export; *export != "" && !filepath.IsAbs(*export) {
			*export = filepath.Join(dir, *export)
		}
	}
}

// meant is a question for the word that somebody may have meant; empty if none is near.
func meant[T any](written string, words map[string]T) string {
	if word, ok := spelling.Slip(written, maps.Keys(words)); ok {
		return fmt.Sprintf("; did you mean %s?", word)
	}
	return ""
}

// checkAnswers returns what is wrong with the answers that are configured of a line.
func (line lineConfig) checkAnswers(key string) (faults []error) {
	for _, slot := range slices.Sorted(maps.Keys(line.Answers)) {
		kind := line.Answers[slot]
		if _, ok := answerKinds[kind]; !ok {
			near, _ := spelling.Nearest(kind, maps.Keys(answerKinds))
			faults = append(faults, fmt.Errorf("%s.%s: %q is neither any, short nor free; did you mean %s?", key, slot, kind, near))
		}
	}
	return faults
}

// answersOf returns the kind of answer to each slot of a bot, and to each sub-slot
// behind its slot and a dot. Of a name that slots of several intents have, kinds that
// differ come to any.
func answersOf(locale *botdef.Locale) map[string]vad.Answer {
	answers := map[string]vad.Answer{}
	add := func(name string, answer vad.Answer) {
		if before, ok := answers[name]; ok && before != answer {
			answer = vad.AnyAnswer
		}
		answers[name] = answer
	}
	for _, intent := range locale.Intents {
		for _, slot := range intent.Slots {
			add(slot.Name, answerTo(slot, locale))
			for _, sub := range slot.Subslots {
				add(slot.Name+"."+sub.Name, answerTo(sub, locale))
			}
		}
	}
	return answers
}

// answerTo returns the kind of answer to one slot. Where several things may be said
// people pause between them.
func answerTo(slot *botdef.Slot, locale *botdef.Locale) vad.Answer {
	if slot.Multiple || len(slot.Subslots) > 0 {
		return vad.FreeAnswer
	}
	name := slot.Type
	if list := locale.SlotType(name); list != nil {
		if list.Parent == "" {
			return answerFrom(list)
		}
		name = list.Parent
	}
	builtin, _ := botdef.BuiltinType(name)
	return builtinAnswers[builtin]
}

// answerFrom returns the kind of answer that is one of a list: short, if that is all
// that can be said and if all are single words. A list of examples tells nothing of
// what else is said.
func answerFrom(list *botdef.SlotType) vad.Answer {
	var words []string
	for _, value := range list.Values {
		words = append(append(words, value.Value), value.Synonyms...)
	}
	several := func(text string) bool { return len(strings.Fields(text)) != 1 }
	if list.Resolution != botdef.TopResolution || len(words) == 0 || len(words) > shortList || slices.ContainsFunc(words, several) {
		return vad.AnyAnswer
	}
	return vad.ShortAnswer
}
