package nlu

import (
	"slices"

	"lexline/internal/botdef"
)

// sweep fills slots of the intent from words that the pattern left over: who
// says "order roses for tomorrow at five p m" means three slots even if no
// sample utterance has all three. Only values that are hard to mistake are
// taken, and only if exactly one empty slot can hold them.
func (x *match) sweep(in *botdef.Intent, a *alignment) {
	empty := map[*slotType][]*botdef.Slot{}
	for _, s := range in.Slots {
		if _, filled := a.slots[s.Name]; !filled {
			t := x.model.slotType(s)
			empty[t] = append(empty[t], s)
		}
	}
	for _, s := range in.Slots {
		t := x.model.slotType(s)
		if len(empty[t]) != 1 || empty[t][0] != s || !sweepable(s, t) {
			continue
		}
		if v, from, to, ok := x.longest(t, a.covered, x.plain); ok {
			for from > 0 && !a.covered[from-1] && slices.Contains(slices.Concat(t.carriers, []string{"the"}), x.words[from-1].text) {
				from--
			}
			for i := from; i < to; i++ {
				a.covered[i] = true
			}
			a.slots[s.Name] = v
			if _, builtin := botdef.BuiltinType(s.Type); !builtin {
				a.matched += slotWeight // a minivan tells of cars, a date of nothing
			}
		}
	}
}

// sweepable says whether values of the type are hard to mistake.
func sweepable(s *botdef.Slot, t *slotType) bool {
	name, builtin := botdef.BuiltinType(s.Type)
	if !builtin {
		return t.closed != nil
	}
	switch name {
	case "AMAZON.Date", "AMAZON.Time", "AMAZON.City", "AMAZON.Country", "AMAZON.State", "AMAZON.PhoneNumber",
		"AMAZON.EmailAddress", "AMAZON.Duration":
		return true
	}
	return false
}

// plain says whether the words from i up to j are a value on the face of it: a
// date and no "may", a time and no number.
func (x *match) plain(t *slotType, i, j int) bool {
	introduced := i > 0 && slices.Contains(t.carriers, x.words[i-1].text)
	first := x.words[i].text
	switch t {
	case builtinTypes["AMAZON.Date"]:
		_, weekday := weekdays[first]
		return j-i > 1 && first != "may" || introduced || weekday && len(first) > 3 ||
			slices.Contains([]string{"today", "tomorrow", "tonight"}, first) || x.phrase.tokens[x.words[i].token].kind == digits && j-i > 1
	case builtinTypes["AMAZON.Time"]:
		return spokenMarker(x.part(i, j)) || introduced
	}
	return true
}

// longest finds the longest run of unused words that is a value of the type,
// the first of several. accept, if not nil, may refuse it.
func (x *match) longest(t *slotType, used []bool, accept func(*slotType, int, int) bool) (v Value, from, to int, ok bool) {
	for i := range x.words {
		for j := min(i+maxSpan, len(x.words)); j > i && j-i > to-from; j-- {
			if slices.Contains(used[i:j], true) {
				continue
			}
			if found, good := x.value(t, i, j); good && (accept == nil || accept(t, i, j)) {
				v, from, to, ok = found, i, j, true
			}
		}
	}
	return v, from, to, ok
}

// anywhere finds a value of the type inside a sentence that says little else:
// "I think tulips" but not "I had tulips last year, do you sell bonsai trees".
// Two different values contradict each other: then there is none.
func (x *match) anywhere(t *slotType) (Value, bool) {
	used := make([]bool, len(x.words))
	v, from, to, ok := x.longest(t, used, nil)
	if !ok {
		return Value{}, false
	}
	for i := from; i < to; i++ {
		used[i] = true
	}
	if other, i, j, again := x.longest(t, used, nil); again && j-i == to-from && !slices.Equal(other.Resolved, v.Resolved) {
		return Value{}, false
	}
	inside, outside := 0.0, 0.0
	for i, w := range x.words {
		switch {
		case used[i]:
			inside += max(w.weight, lowWeight)
		case w.weight >= lowWeight:
			outside += w.weight
		case negation(w.text):
			return Value{}, false // "not tulips"
		}
	}
	return v, outside <= inside
}
