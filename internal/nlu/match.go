package nlu

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"lexline/internal/botdef"
)

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// element is one place of a sample utterance: a word or a slot.
type element struct {
	word   string
	weight float64
	slot   *botdef.Slot // nil for a word
	kind   *slotType
	rivals []*slotType // of the intent's other slots: their values are no guess for this one
}

// pattern is a sample utterance made ready for comparison.
type pattern struct {
	elements []element
	bare     bool // nothing but slots and fillers
}

// Weights of slots: a value that is listed or well-formed tells much, one that
// could be any words tells little.
const (
	slotWeight = 1.5
	openWeight = 0.5
)

func (m *Model) pattern(in *botdef.Intent, utterance string) *pattern {
	p := &pattern{bare: true}
	addWords := func(text string) {
		for w := range strings.FieldsSeq(key(tokenize(text))) {
			p.elements = append(p.elements, element{word: w, weight: m.weight(w)})
			p.bare = p.bare && slices.Contains(fillers, w)
		}
	}
	rest := utterance
	for _, at := range placeholder.FindAllStringSubmatchIndex(utterance, -1) {
		addWords(utterance[len(utterance)-len(rest) : at[0]])
		rest = utterance[at[1]:]
		name, _, _ := strings.Cut(utterance[at[2]:at[3]], ".")
		if s := in.Slot(strings.TrimSpace(name)); s != nil {
			el := element{weight: slotWeight, slot: s, kind: m.slotType(s)}
			for _, other := range in.Slots {
				if t := m.slotType(other); t != el.kind && t.closed != nil {
					el.rivals = append(el.rivals, t)
				}
			}
			p.elements = append(p.elements, el)
		}
	}
	addWords(rest)
	return p
}

// Bounds of the comparison. Fifteen seconds of speech, the longest utterance
// that Lex takes, have about fifty words.
const (
	maxWords = 60
	maxSpan  = 20 // words of one slot value, such as a long number
	maxOpen  = 5  // words of a value that could be any words
)

// match is a text during the comparison with patterns.
type match struct {
	model  *Model
	phrase phrase
	env    environment
	words  []textWord
	spans  map[span]spanValue
}

// textWord is a word of the text. A number in digits gives several.
type textWord struct {
	text   string
	token  int // of the phrase
	weight float64
}

type span struct {
	kind     *slotType
	from, to int // words
}

type spanValue struct {
	value Value
	ok    bool
}

func (m *Model) newMatch(text string, now time.Time) *match {
	x := &match{model: m, phrase: tokenize(text), env: environment{now, m.dayFirst}, spans: map[span]spanValue{}}
	for i, t := range x.phrase.tokens {
		for w := range strings.FieldsSeq(key(phrase{tokens: []token{t}})) {
			if len(x.words) < maxWords {
				x.words = append(x.words, textWord{w, i, m.weight(w)})
			}
		}
	}
	return x
}

// part returns the words from i up to j as a phrase, with the signs that
// belong to them.
func (x *match) part(i, j int) phrase {
	tokens := x.phrase.tokens
	from, to := x.words[i].token, x.words[j-1].token+1
	if from > 0 && tokens[from-1].kind == sign && tokens[from-1].end == tokens[from].start {
		from--
	}
	if to < len(tokens) && tokens[to].text == "%" {
		to++
	}
	return x.phrase.cut(from, to).trimmed()
}

// closed resolves a phrase as a well-formed value.
func (x *match) closed(t *slotType, p phrase) (Value, bool) {
	if t.closed == nil || len(p.tokens) == 0 {
		return Value{}, false
	}
	return t.closed(p, x.env)
}

// value resolves the words from i up to j as a well-formed value and remembers
// the result.
func (x *match) value(t *slotType, i, j int) (Value, bool) {
	k := span{t, i, j}
	v, known := x.spans[k]
	if !known {
		v.value, v.ok = x.closed(t, x.part(i, j))
		x.spans[k] = v
	}
	return v.value, v.ok
}

// alignment is the best way to lay a text over a pattern, word order kept.
type alignment struct {
	matched  float64 // weight of the elements found
	missing  float64 // weight of those not found
	content  bool    // a word or value that tells something was found
	covered  []bool  // words of the text that were used
	slots    map[string]Value
	words    []textWord
	guessing bool // a slot holds words that could be anything
}

// extra is the weight of the words of the text that the pattern has not.
func (a *alignment) extra() (weight float64) {
	for i, w := range a.words {
		if !a.covered[i] {
			weight += w.weight
		}
	}
	return weight
}

// complete says whether the text is the pattern, give or take fillers.
func (a *alignment) complete() bool {
	if a.missing > 2*fillerWeight || len(a.words) == 0 {
		return false
	}
	for i, w := range a.words {
		if !a.covered[i] && w.weight > fillerWeight {
			return false
		}
	}
	return true
}

// score grades the alignment from 0 to 1. What the pattern has and the text
// lacks counts four times as much as what the text has beyond the pattern:
// people say more than samples do.
func (a *alignment) score() float64 {
	if a.matched == 0 || !a.content && !a.complete() {
		return 0
	}
	const missing, extra = 2, 0.5
	score := a.matched / (a.matched + missing*a.missing + extra*a.extra())
	for i, w := range a.words {
		if !a.covered[i] && negation(w.text) {
			score *= 0.4 // "I do not want flowers"
			break
		}
	}
	return math.Round(score*100) / 100
}

// step is one move of the dynamic programme: how the elements before e were
// laid over the words before w.
type step struct {
	value float64 // weight found so far, elements and words
	words int     // words taken by the last element: 0 if it was left out
	skip  bool    // the last word was left out
	open  bool
}

// align finds the alignment that covers the most weight.
func (x *match) align(p *pattern) *alignment {
	n, k := len(x.words), len(p.elements)
	grid := make([][]step, k+1)
	for e := range grid {
		grid[e] = make([]step, n+1)
		for w := range grid[e] {
			if e == 0 && w == 0 {
				continue
			}
			best := step{value: -1}
			if w > 0 {
				best = step{value: grid[e][w-1].value, skip: true}
			}
			if e > 0 {
				if v := grid[e-1][w].value; v > best.value {
					best = step{value: v}
				}
				x.extend(&best, grid[e-1], &p.elements[e-1], w)
			}
			grid[e][w] = best
		}
	}
	return x.trace(p, grid)
}

// extend tries to end the element at word w, coming from the row before.
func (x *match) extend(best *step, row []step, el *element, w int) {
	if w == 0 {
		return
	}
	if el.slot == nil {
		if q := alike(el.word, x.words[w-1].text); q > 0 {
			if v := row[w-1].value + 2*el.weight*q + x.words[w-1].weight; v >= best.value {
				*best = step{value: v, words: 1}
			}
		}
		return
	}
	gained := 0.0
	for from := w - 1; from >= 0 && w-from <= maxSpan; from-- {
		gained += x.words[from].weight
		if _, ok := x.value(el.kind, from, w); ok {
			if v := row[from].value + 2*slotWeight + gained; v >= best.value {
				*best = step{value: v, words: w - from}
			}
		} else if el.kind.open != nil && w-from <= maxOpen && !x.claimed(el.rivals, from, w) {
			// Any words are worth the same: the fewer are taken the better, but
			// those that the pattern has elsewhere are worth more there.
			if _, ok := el.kind.open(x.part(from, w)); ok {
				if v := row[from].value + 2*openWeight + 0.9*gained; v > best.value {
					*best = step{value: v, words: w - from, open: true}
				}
			}
		}
	}
}

// claimed says whether the words are a well-formed value of one of the types.
func (x *match) claimed(types []*slotType, from, to int) bool {
	return slices.ContainsFunc(types, func(t *slotType) bool {
		_, ok := x.value(t, from, to)
		return ok
	})
}

// alike compares a word of a pattern with one of the text: 1 for the same
// word, less for one that differs in its ending or by a slip of a key.
func alike(want, got string) float64 {
	switch {
	case want == got:
		return 1
	case stem(want) == stem(got) && len(want) > 2:
		return 0.9
	case len(want) >= 5 && len(got) >= 5 && oneSlip(want, got):
		return 0.8
	}
	return 0
}

// oneSlip says whether one letter was left out, added, changed or swapped.
func oneSlip(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	if i == 0 || len(a) == 0 || len(b) == 0 {
		return i > 0 && len(a)+len(b) == 1
	}
	return a[1:] == b[1:] || a[1:] == b || a == b[1:] ||
		len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}

// trace walks back from the last cell.
func (x *match) trace(p *pattern, grid [][]step) *alignment {
	a := &alignment{covered: make([]bool, len(x.words)), slots: map[string]Value{}, words: x.words}
	w := len(x.words)
	for e := len(p.elements); e > 0 || w > 0; {
		s := grid[e][w]
		if s.skip {
			w--
			continue
		}
		e--
		el := &p.elements[e]
		if s.words == 0 {
			a.missing += el.weight
			continue
		}
		from := w - s.words
		for i := from; i < w; i++ {
			a.covered[i] = true
		}
		switch {
		case el.slot == nil:
			q := alike(el.word, x.words[from].text)
			a.matched += el.weight * q
			a.missing += el.weight * (1 - q) / 2
			a.content = a.content || el.weight >= lowWeight
		case s.open:
			a.slots[el.slot.Name], _ = el.kind.open(x.part(from, w))
			a.matched += openWeight
			a.guessing = true
		default:
			a.slots[el.slot.Name], _ = x.value(el.kind, from, w)
			a.matched += slotWeight
			a.content = true
		}
		w = from
	}
	return a
}

// best returns the best reading of the text as one of an intent's patterns.
func (x *match) best(in *botdef.Intent, patterns []*pattern) Interpretation {
	const promising = 6
	type candidate struct {
		pattern *pattern
		*alignment
	}
	var list []candidate
	for _, p := range patterns {
		if a := x.align(p); a.content || a.complete() {
			list = append(list, candidate{p, a})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return -cmp.Compare(a.score(), b.score()) })
	best := Interpretation{Intent: in, Slots: map[string]Value{}}
	for _, c := range list[:min(len(list), promising)] {
		x.sweep(in, c.alignment)
		score := c.score()
		if c.pattern.bare && c.guessing {
			score = min(score, 0.3) // "{Name}" alone would understand everything
		}
		if score > best.Score || score == best.Score && len(c.slots) > len(best.Slots) {
			best.Score, best.Slots = score, c.slots
		}
	}
	return best
}
