package nlu

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"lexline/internal/botdef"
)

// Model understands one locale of a bot. It never changes after NewModel and
// is safe for several goroutines.
type Model struct {
	locale   *botdef.Locale
	types    map[string]*slotType // by the name that slots use
	patterns map[*botdef.Intent][]*pattern
	answers  map[*botdef.Slot][]*pattern // how the answer to a slot's prompt can be put
	weights  map[string]float64          // of words, by their stem
	unknown  float64                     // weight of a word that no utterance has
	dayFirst bool
}

// NewModel prepares a locale. The locale must not change afterwards.
func NewModel(l *botdef.Locale) *Model {
	m := &Model{
		locale: l, types: map[string]*slotType{},
		patterns: map[*botdef.Intent][]*pattern{}, answers: map[*botdef.Slot][]*pattern{},
		dayFirst: strings.HasPrefix(l.ID, "en_") && l.ID != "en_US",
	}
	for _, def := range l.SlotTypes {
		m.types[def.Name] = customType(def)
	}
	m.weigh()
	for _, in := range l.Intents {
		for _, u := range utterances(in) {
			m.patterns[in] = append(m.patterns[in], m.pattern(in, u))
		}
		for _, s := range in.Slots {
			for _, u := range append([]string{"{" + s.Name + "}"}, s.Utterances...) {
				m.answers[s] = append(m.answers[s], m.pattern(in, u))
			}
		}
	}
	return m
}

// utterances returns what an intent understands, its own or those of the
// built-in intent it derives from.
func utterances(in *botdef.Intent) []string {
	return slices.Concat(in.Utterances, builtinUtterances[in.Parent])
}

// slotType returns the type of a slot. A type that is nowhere defined takes
// nothing.
func (m *Model) slotType(s *botdef.Slot) *slotType {
	if t := m.types[s.Type]; t != nil {
		return t
	}
	name, _ := botdef.BuiltinType(s.Type)
	if t := builtinTypes[name]; t != nil {
		return t
	}
	return &slotType{closed: func(phrase, environment) (Value, bool) { return Value{}, false }}
}

// Weights of words in the comparison of a text with an utterance. A word that
// few intents use tells more than one that all use; common words tell little.
const (
	fillerWeight = 0.05
	commonWeight = 0.15
	lowWeight    = 0.6
	highWeight   = 1.5
)

// weigh gives each word its weight: its inverse frequency among the intents.
func (m *Model) weigh() {
	users := map[string]map[*botdef.Intent]bool{}
	for _, in := range m.locale.Intents {
		for _, u := range utterances(in) {
			for w := range strings.FieldsSeq(key(tokenize(placeholder.ReplaceAllString(u, " ")))) {
				w = stem(w)
				if users[w] == nil {
					users[w] = map[*botdef.Intent]bool{}
				}
				users[w][in] = true
			}
		}
	}
	n := float64(len(m.locale.Intents))
	m.weights = make(map[string]float64, len(users))
	for w, in := range users {
		m.weights[w] = lowWeight + (highWeight-lowWeight)*math.Log(1+n/float64(len(in)))/math.Log(1+n)
	}
	m.unknown = highWeight
}

func (m *Model) weight(word string) float64 {
	if slices.Contains(fillers, word) {
		return fillerWeight
	}
	if common(word) {
		return commonWeight
	}
	if w, ok := m.weights[stem(word)]; ok {
		return w
	}
	return m.unknown
}

// maxInterpretations is how many readings Lex returns.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html
const maxInterpretations = 5

// Rank returns what a text can mean, the best reading first, at most five. The
// fallback intent stands behind the readings that reach the locale's threshold
// and before those that do not, so that the first reading is always the one to
// follow; it is missing only if the bot has none.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateBotLocale.html
//
// Intents whose input contexts are not all active are left out. In the state
// ElicitSlot an answer to the elicited slot counts as an utterance of the
// intent in force, so that "roses for tomorrow" fills two slots. Only the zone
// and the day and time of now matter.
func (m *Model) Rank(text string, state State, now time.Time) []Interpretation {
	match := m.newMatch(text, now)
	var list []Interpretation
	for _, in := range m.locale.Intents {
		if in.Parent == botdef.FallbackSignature || !gated(in, state.Contexts) {
			continue
		}
		candidates := m.patterns[in]
		if state.Elicit == ElicitSlot && in.Name == state.Intent && in.Slot(state.Slot) != nil {
			candidates = slices.Concat(candidates, m.answers[in.Slot(state.Slot)])
		}
		if best := match.best(in, candidates); best.Score > 0 {
			list = append(list, best)
		}
	}
	slices.SortStableFunc(list, func(a, b Interpretation) int {
		return cmp.Or(-cmp.Compare(a.Score, b.Score), -cmp.Compare(len(a.Slots), len(b.Slots)))
	})
	if fallback := m.locale.Fallback(); fallback != nil {
		at := 0
		for at < len(list) && list[at].Score >= m.locale.Threshold && at < maxInterpretations-1 {
			at++
		}
		list = slices.Insert(list, at, Interpretation{Intent: fallback, Slots: map[string]Value{}})
	}
	return list[:min(len(list), maxInterpretations)]
}

// gated says whether the intent may be recognised: all its input contexts are
// active. https://docs.aws.amazon.com/lexv2/latest/dg/context-mgmt-active-context.html
func gated(in *botdef.Intent, active []string) bool {
	for _, c := range in.InputContexts {
		if !slices.Contains(active, c) {
			return false
		}
	}
	return true
}

// Resolve turns the answer to a slot's prompt into a value: the text as it
// is, put as in the slot's sample utterances ("on {PickupDate} please"), or
// anywhere in a sentence. ok says that a value was found; its Interpreted is
// "" if it has several meanings to choose from.
func (m *Model) Resolve(s *botdef.Slot, text string, now time.Time) (v Value, ok bool) {
	match := m.newMatch(text, now)
	t := m.slotType(s)
	all := match.phrase.without(fillers, fillers)
	if len(all.tokens) == 0 {
		all = match.phrase
	}
	for _, p := range []phrase{match.phrase, all, all.without(t.carriers, nil)} {
		if v, ok := match.closed(t, p); ok {
			return v, true
		}
	}
	for _, p := range m.answers[s] {
		if r := match.align(p); r.complete() {
			if v, ok := r.slots[s.Name]; ok {
				return v, true
			}
		}
	}
	if v, ok := match.anywhere(t); ok {
		return v, true
	}
	if t.open != nil {
		if v, ok := t.open(all.without(t.carriers, nil)); ok {
			return v, true
		}
	}
	return Value{}, false
}
