package nlu

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"lexline/internal/botdef"
)

// maxPhrases bounds the values of one slot type in a grammar. A recogniser
// that must tell ten thousand values apart tells none.
const maxPhrases = 2000

// Grammar returns what a caller can sensibly say in a state, as a grammar in
// the JSpeech Grammar Format with one public rule: the answer to what is
// elicited, yes and no, and the utterances of every intent whose input contexts
// are active. words are the words in it, sorted, each once.
//
// Words are spelled as in the CMU pronouncing dictionary as far as it has them:
// lower case, numbers in words, "o'clock", and "p m" in two words, because
// people leave a gap there. Whatever the grammar produces Rank, Resolve or
// ParseYesNo understands. A slot that takes any words
// at all (AMAZON.FreeFormInput) cannot be listed: utterances with such a slot
// are left out, and so are the answers to it.
//
// The format is described at https://www.w3.org/TR/jsgf/.
func (m *Model) Grammar(state State) (jsgf string, words []string) {
	g := &grammar{model: m, rules: map[string]string{}}
	g.add("yesno", alternatives(slices.Concat(yesPhrases, noPhrases)))
	top := []string{"<yesno>"}
	if in := m.locale.Intent(state.Intent); in != nil && state.Elicit == ElicitSlot {
		if s := in.Slot(state.Slot); s != nil && g.answers(in, s) {
			top = append([]string{"<answer>"}, top...)
		}
	}
	for _, in := range m.locale.Intents {
		if in.Parent != botdef.FallbackSignature && gated(in, state.Contexts) && g.intent(in) {
			top = append(top, "<intent_"+ruleName(in.Name)+">")
		}
	}
	return g.text(top), g.words()
}

// Words returns every word that a grammar of the model can have, sorted, each
// once: a recogniser needs to know how to pronounce no others.
func (m *Model) Words() []string {
	var all []string
	for _, in := range m.locale.Intents {
		_, words := m.Grammar(State{Contexts: in.InputContexts})
		all = append(all, words...)
		for _, s := range in.Slots {
			_, words := m.Grammar(State{Elicit: ElicitSlot, Intent: in.Name, Slot: s.Name})
			all = append(all, words...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// grammar collects rules.
type grammar struct {
	model *Model
	rules map[string]string
}

// add adds a rule and the built-in rules it refers to.
func (g *grammar) add(name, body string) {
	g.rules[name] = body
	for _, ref := range references(body) {
		if rule, known := builtinRules()[ref]; known && g.rules[ref] == "" {
			g.add(ref, rule)
		}
	}
}

// references returns the names in angle brackets.
func references(body string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(body, "<")
		name, after, closed := strings.Cut(rest, ">")
		if !found || !closed {
			return names
		}
		names = append(names, name)
		body = after
	}
}

// intent adds the rule of an intent's utterances, false if it has none.
func (g *grammar) intent(in *botdef.Intent) bool {
	var list []string
	for _, u := range utterances(in) {
		if expansion, ok := g.utterance(in, u); ok {
			list = append(list, expansion)
		}
	}
	if len(list) == 0 {
		return false
	}
	g.add("intent_"+ruleName(in.Name), strings.Join(unique(list), " | "))
	return true
}

// answers adds the rule of the answers to a slot's prompt, false if they
// cannot be listed.
func (g *grammar) answers(in *botdef.Intent, s *botdef.Slot) bool {
	t := g.model.slotType(s)
	if !g.slot(s) {
		return false
	}
	plain := "<" + t.rule + ">"
	if len(t.carriers) > 0 {
		plain = "[" + strings.Join(t.carriers, " | ") + "] " + plain
	}
	list := []string{plain + " [please]"}
	for _, u := range s.Utterances {
		if expansion, ok := g.utterance(in, u); ok {
			list = append(list, expansion)
		}
	}
	g.add("answer", strings.Join(unique(list), " | "))
	return true
}

// utterance returns a sample utterance as an expansion, false if it has a slot
// that cannot be listed.
func (g *grammar) utterance(in *botdef.Intent, text string) (string, bool) {
	var parts []string
	rest := text
	for _, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		parts = append(parts, spoken(key(tokenize(text[len(text)-len(rest):at[0]]))))
		rest = text[at[1]:]
		s := in.Slot(strings.TrimSpace(text[at[2]:at[3]]))
		if s == nil || !g.slot(s) {
			return "", false
		}
		parts = append(parts, "<"+g.model.slotType(s).rule+">")
	}
	parts = append(parts, spoken(key(tokenize(rest))))
	expansion := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	return expansion, expansion != ""
}

// slot adds the rule of a slot's type, false if it has none.
func (g *grammar) slot(s *botdef.Slot) bool {
	t := g.model.slotType(s)
	body := t.body
	if body == "" {
		body = builtinRules()[t.rule]
	}
	if body == "" {
		return false
	}
	g.add(t.rule, body)
	return true
}

// valuesRule returns the rule of a list of values and their synonyms.
func valuesRule(values []botdef.Value) string {
	var phrases []string
	for _, v := range values {
		for _, text := range append([]string{v.Value}, v.Synonyms...) {
			for _, form := range spokenForms(text) {
				if form != "" {
					phrases = append(phrases, spoken(form))
				}
			}
		}
	}
	phrases = unique(phrases)
	return strings.Join(phrases[:min(len(phrases), maxPhrases)], " | ")
}

// spoken spells a key as the dictionary does.
func spoken(key string) string {
	words := strings.Fields(key)
	for i, w := range words {
		_, hour := small[words[max(i-1, 0)]]
		switch {
		case w == "pm":
			words[i] = "p m"
		case w == "am" && i > 0 && hour:
			words[i] = "a m"
		}
	}
	return strings.Join(words, " ")
}

// text writes the grammar.
func (g *grammar) text(top []string) string {
	var b strings.Builder
	b.WriteString("#JSGF V1.0;\ngrammar lexline;\n")
	fmt.Fprintf(&b, "public <utterance> = %s;\n", strings.Join(top, " | "))
	for _, name := range slices.Sorted(maps.Keys(g.rules)) {
		fmt.Fprintf(&b, "<%s> = %s;\n", name, g.rules[name])
	}
	return b.String()
}

// words returns the words of all rules.
func (g *grammar) words() []string {
	set := map[string]bool{}
	for _, body := range g.rules {
		for _, f := range strings.FieldsFunc(body, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("|[]()*+", r) }) {
			if !strings.HasPrefix(f, "<") {
				set[f] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func alternatives(texts []string) string {
	var list []string
	for _, text := range texts {
		list = append(list, key(tokenize(text)))
	}
	return strings.Join(unique(list), " | ")
}

// unique drops repetitions and keeps the order.
func unique(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s string) bool {
		known := seen[s]
		seen[s] = true
		return known
	})
}

// ruleName makes a name that JSGF allows of one of the bot's.
func ruleName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, name)
}
