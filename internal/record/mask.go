package record

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// masker takes the values of masked slots out of what is kept of one call. Masked are
// the slots that were named to it, with their sub-slots, and each that was filled by
// keys: a card number is keyed into a slot that nobody thought of masking. So are keys
// that filled no slot: a bot may repeat what it does not take.
//
// As Lex does in its own logs, a value is replaced by the name of its slot in braces
// (https://docs.aws.amazon.com/lexv2/latest/dg/monitoring-obfuscate.html). Where the
// caller's words for it are not known, as when they spelt a number that the bot took as
// digits, all that they said in the turn is replaced.
type masker struct {
	named  []string
	keyed  map[string]bool
	before map[string]string   // slots after the turn before
	values map[string][]string // by slot: every value that it has had, and what was keyed for it, squeezed
}

// anyKeys stands for the slot of keys that no slot was asked for with.
const anyKeys = "keys"

func newMasker(named []string) *masker {
	return &masker{named: named, keyed: map[string]bool{}, before: map[string]string{}, values: map[string][]string{}}
}

// masks reports whether the value of a slot, or a part of it, must not be kept.
func (m *masker) masks(slot string) bool {
	whole, _, _ := strings.Cut(slot, ".")
	return slot != "" && (m.keyed[slot] || slices.ContainsFunc(m.named, func(name string) bool {
		return name == slot || name == whole || strings.HasPrefix(name, slot+".")
	}))
}

// turn masks what is kept of one turn; the slots that it had are learnt for those that
// follow. keyed says that the caller pressed keys: those are never kept.
func (m *masker) turn(t *Turn, keyed bool, keys string) {
	changed := m.learn(t.Slots, keyed)
	m.learnKeys(cmp.Or(t.Expected, anyKeys), squeezed(keys))
	switch {
	case keyed:
		t.Words = ""
	case m.masks(t.Expected) && t.Words != "":
		t.Words = braced(t.Expected)
	default:
		whole := t.Words
		t.Words = m.text(whole)
		for _, slot := range changed {
			if t.Words != "" && !strings.Contains(t.Words, braced(slot)) {
				t.Words = braced(slot) // what they said for it is not known
			}
		}
	}
	t.Said, t.Unsaid = m.text(t.Said), m.text(t.Unsaid)
	for slot, value := range t.Slots {
		if t.Slots[slot] = m.text(value); m.masks(slot) {
			t.Slots[slot] = braced(slot)
		}
	}
}

// learn takes note of the slots after a turn and returns the masked ones whose value
// has changed in it.
func (m *masker) learn(slots map[string]string, keyed bool) (changed []string) {
	for _, slot := range slices.Sorted(maps.Keys(slots)) {
		value := slots[slot]
		if value == m.before[slot] {
			continue
		}
		m.before[slot] = value
		m.keyed[slot] = m.keyed[slot] || keyed
		if m.masks(slot) {
			changed = append(changed, slot)
			m.values[slot] = append(m.values[slot], squeezed(value))
		}
	}
	return changed
}

// learnKeys takes note of keys, unless they are the value of a slot that is masked.
func (m *masker) learnKeys(slot, keys string) {
	if keys == "" {
		return
	}
	for _, values := range m.values {
		if slices.Contains(values, keys) {
			return
		}
	}
	m.values[slot] = append(m.values[slot], keys)
}

// text returns a text with every masked value replaced that is in it, however it is
// spaced and punctuated there. Of two values the longer one goes first: the other may be
// a word of it, without which the rest would not be found.
func (m *masker) text(text string) string {
	type masked struct{ slot, value string }
	var all []masked
	for slot, values := range m.values {
		for _, value := range values {
			all = append(all, masked{slot, value})
		}
	}
	slices.SortFunc(all, func(a, b masked) int {
		return cmp.Or(cmp.Compare(len(b.value), len(a.value)), cmp.Compare(a.slot, b.slot), cmp.Compare(a.value, b.value))
	})
	for _, m := range all {
		text = replace(text, m.value, braced(m.slot))
	}
	return text
}

func braced(slot string) string { return "{" + slot + "}" }

// squeezed returns the letters and digits of a text, in small letters.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// replace replaces runs of whole words that, squeezed, are value.
func replace(text, value, by string) string {
	if value == "" {
		return text
	}
	words := wordsOf(text)
	var out strings.Builder
	copied := 0
	for i := 0; i < len(words); i++ {
		run, j := "", i
		for ; j < len(words) && len(run) < len(value); j++ {
			run += squeezed(text[words[j][0]:words[j][1]])
		}
		if run != value {
			continue
		}
		out.WriteString(text[copied:words[i][0]] + by)
		copied = words[j-1][1]
		i = j - 1
	}
	return out.String() + text[copied:]
}

// wordsOf returns where the words of a text are: runs of letters and digits. What
// stands in braces is no word any more.
func wordsOf(text string) (words [][2]int) {
	start, braces := -1, false
	for i, r := range text {
		inWord := !braces && (unicode.IsLetter(r) || unicode.IsDigit(r))
		switch {
		case inWord && start < 0:
			start = i
		case !inWord && start >= 0:
			words = append(words, [2]int{start, i})
			start = -1
		}
		braces = r == '{' || braces && r != '}'
	}
	if start >= 0 {
		words = append(words, [2]int{start, len(text)})
	}
	return words
}
