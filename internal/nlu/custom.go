package nlu

import (
	"regexp"
	"slices"
	"strings"

	"lexline/internal/botdef"
)

// customType makes a slot type of the bot ready for use.
//
// With TOP_RESOLUTION a phrase must be a listed value or a synonym, give or
// take an article or a plural, and gives the listed value. With
// ORIGINAL_VALUE any words are a value, as they were said.
// https://docs.aws.amazon.com/lexv2/latest/dg/custom-slot-types.html
func customType(def *botdef.SlotType) *slotType {
	if base := builtinBase(def); base != nil {
		return base
	}
	index := newValueIndex(def.Values)
	t := &slotType{carriers: articles}
	if t.body = valuesRule(def.Values); t.body != "" {
		t.rule = "type_" + ruleName(def.Name)
	}
	keepWords := def.Resolution != botdef.TopResolution
	t.closed = func(p phrase, _ environment) (Value, bool) {
		found, part := index.find(p)
		if len(found) == 0 {
			return Value{}, false
		}
		v := Value{Original: part.original(), Interpreted: found[0], Resolved: found}
		if keepWords {
			v.Interpreted = v.Original
		}
		return v, true
	}
	if keepWords {
		t.open = func(p phrase) (Value, bool) {
			words := p.words()
			if len(words) == 0 || len(words) > 6 || !slices.ContainsFunc(words, func(w string) bool { return !common(w) }) {
				return Value{}, false
			}
			return Value{Original: p.original(), Interpreted: p.original(), Resolved: []string{}}, true
		}
	}
	return t
}

var articles = []string{"a", "an", "the", "some"}

// builtinBase returns the type that a custom one extends, narrowed by its
// pattern, or nil.
func builtinBase(def *botdef.SlotType) *slotType {
	name, ok := botdef.BuiltinType(def.Parent)
	if !ok {
		return nil
	}
	if name != "AMAZON.AlphaNumeric" || def.Pattern == "" {
		return builtinTypes[name]
	}
	pattern, err := regexp.Compile("^(?:" + def.Pattern + ")$")
	if err != nil {
		return builtinTypes[name] // Bot.Check reports it
	}
	t := &slotType{closed: resolveAlphaNumeric(pattern), rule: "alphanumeric"}
	if body, ok := patternRule(def.Pattern); ok {
		t.rule, t.body = "type_"+ruleName(def.Name), body
	}
	return t
}

// valueIndex finds the values of a custom type by what was said.
type valueIndex struct {
	exact, stems map[string][]string // key of a value or synonym to the values it means
}

func newValueIndex(values []botdef.Value) *valueIndex {
	x := &valueIndex{map[string][]string{}, map[string][]string{}}
	add := func(m map[string][]string, k, value string) {
		if k != "" && !slices.Contains(m[k], value) {
			m[k] = append(m[k], value)
		}
	}
	for _, v := range values {
		for _, text := range append([]string{v.Value}, v.Synonyms...) {
			for _, k := range spokenForms(text) {
				add(x.exact, k, v.Value)
				add(x.stems, stemmed(k), v.Value)
			}
		}
	}
	return x
}

// find returns the values that a phrase can mean, those named word for word
// before those that agree but for a plural, and the phrase without an article.
func (x *valueIndex) find(p phrase) ([]string, phrase) {
	for _, part := range []phrase{p, p.without(articles, nil)} {
		k := key(part)
		if found := x.exact[k]; len(found) > 0 {
			return found, part
		}
		if found := x.stems[stemmed(k)]; len(found) > 0 {
			return found, part
		}
	}
	return nil, p
}

// spokenForms returns the keys under which a written value is found: its
// words, and for longer numbers in it also their digits one by one.
func spokenForms(text string) []string {
	p := tokenize(text)
	forms := []string{key(p)}
	var b strings.Builder
	for _, t := range p.tokens {
		switch {
		case t.kind == digits && len(t.text) > 2:
			for _, c := range t.text {
				b.WriteString(" " + spell(string(c)))
			}
		case t.kind != sign:
			b.WriteString(" " + key(phrase{tokens: []token{t}}))
		}
	}
	if other := strings.TrimSpace(b.String()); other != forms[0] && other != "" {
		forms = append(forms, other)
	}
	return forms
}
