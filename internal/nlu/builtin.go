package nlu

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// slotType is a slot type made ready for use.
type slotType struct {
	// closed reads a phrase that is a listed or well-formed value; open, nil
	// for most types, takes any words that could be one.
	closed func(p phrase, env environment) (Value, bool)
	open   func(p phrase) (Value, bool)
	// rule names the grammar rule of what can be said, "" if that is anything;
	// body is the rule itself unless it is a built-in one.
	rule, body string
	// carriers are the words that can stand before a value: "on friday".
	carriers []string
}

// environment is what values depend on besides the words.
type environment struct {
	now      time.Time
	dayFirst bool // 3/12 is the third of December
}

// single is the value of a phrase that can mean only one thing.
func single(p phrase, value string) Value {
	return Value{Original: p.original(), Interpreted: value, Resolved: []string{value}}
}

// builtinTypes are the built-in slot types by their V2 name.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slots.html
var builtinTypes = map[string]*slotType{
	"AMAZON.AlphaNumeric":  {closed: resolveAlphaNumeric(nil), rule: "alphanumeric"},
	"AMAZON.City":          {closed: listed(cities), open: properName, rule: "city", carriers: []string{"in", "to", "from", "at"}},
	"AMAZON.Confirmation":  {closed: resolveConfirmation, rule: "confirmation"},
	"AMAZON.Country":       {closed: listed(countries), open: properName, rule: "country", carriers: []string{"in", "to", "from"}},
	"AMAZON.Date":          {closed: resolveDate, rule: "date", carriers: []string{"on", "for"}},
	"AMAZON.Duration":      {closed: resolveDuration, rule: "duration", carriers: []string{"for"}},
	"AMAZON.EmailAddress":  {closed: resolveEmail, rule: "email"},
	"AMAZON.FirstName":     {closed: listed(firstNames), open: properName, rule: "firstname"},
	"AMAZON.FreeFormInput": {open: anyWords},
	"AMAZON.LastName":      {closed: listed(lastNames), open: properName, rule: "lastname"},
	"AMAZON.Number":        {closed: resolveNumber, rule: "number"},
	"AMAZON.Percentage":    {closed: resolvePercentage, rule: "percentage"},
	"AMAZON.PhoneNumber":   {closed: resolvePhone, rule: "phone"},
	"AMAZON.State":         {closed: listed(states), open: properName, rule: "state", carriers: []string{"in", "to", "from"}},
	"AMAZON.StreetName":    {open: properName},
	"AMAZON.Time":          {closed: resolveTime, rule: "time", carriers: []string{"at", "around"}},
	"AMAZON.UKPostalCode":  {closed: resolveUKPostalCode, rule: "postcode"},
}

func resolveNumber(p phrase, _ environment) (Value, bool) {
	s := &parser{tokens: p.tokens}
	n, ok := s.decimal()
	return single(p, n), ok && s.done()
}

// resolvePercentage adds the sign only if the caller said "percent".
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-percent.html
func resolvePercentage(p phrase, _ environment) (Value, bool) {
	s := &parser{tokens: p.tokens}
	n, ok := s.decimal()
	if ok && (s.acceptAny("%", "percent") || s.accept("per", "cent")) {
		n += "%"
	}
	return single(p, n), ok && s.done()
}

var durationUnits = map[string]string{
	"second": "S", "sec": "S", "minute": "M", "min": "M", "hour": "H", "hr": "H",
	"day": "D", "night": "D", "week": "W", "month": "M", "year": "Y",
}

// resolveDuration reads "ten minutes" (PT10M), "five hours ten minutes", "an
// hour and a half", "half an hour".
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-duration.html
func resolveDuration(p phrase, _ environment) (Value, bool) {
	s := &parser{tokens: p.without([]string{"for", "about"}, nil).tokens}
	order := []string{"Y", "M", "W", "D", "TH", "TM", "TS"}
	amounts := map[string]string{}
	for !s.done() {
		amount, half := s.amount()
		name := strings.TrimSuffix(s.peek(0), "s")
		unit := durationUnits[name]
		if amount == "" || unit == "" {
			return Value{}, false
		}
		s.at++
		if unit == "H" || unit == "S" || unit == "M" && name != "month" {
			unit = "T" + unit
		}
		half = half || s.accept("and", "a", "half")
		if amounts[unit] != "" || half && !addHalf(unit, amounts) {
			return Value{}, false
		}
		if amount != "0" || len(amounts) == 0 {
			amounts[unit] = amount
		}
		s.acceptAny("and", ",")
	}
	if len(amounts) == 0 {
		return Value{}, false
	}
	text, clock := "P", ""
	for _, unit := range order {
		if a := amounts[unit]; a != "" && unit[0] == 'T' {
			clock += a + unit[1:]
		} else if a != "" {
			text += a + unit
		}
	}
	if clock != "" {
		text += "T" + clock
	}
	return single(p, text), true
}

// amount reads how many: "ten", "an", "half an", "two and a half".
func (s *parser) amount() (n string, half bool) {
	if s.accept("half", "an") || s.accept("half", "a") || s.accept("half") {
		return "0", true
	}
	if n, ok := s.decimal(); ok {
		return n, s.accept("and", "a", "half")
	}
	if s.acceptAny("a", "an") {
		return "1", s.accept("and", "a", "half") || s.accept("half")
	}
	return "", false
}

// addHalf adds half a unit in the next smaller one.
func addHalf(unit string, amounts map[string]string) bool {
	smaller := map[string][2]string{"Y": {"M", "6"}, "D": {"TH", "12"}, "TH": {"TM", "30"}, "TM": {"TS", "30"}}[unit]
	if smaller[0] == "" || amounts[smaller[0]] != "" {
		return false
	}
	amounts[smaller[0]] = smaller[1]
	return true
}

// resolvePhone keeps the digits and a leading plus sign.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-phone.html
func resolvePhone(p phrase, _ environment) (Value, bool) {
	s := &parser{tokens: p.tokens}
	number := ""
	if s.acceptAny("+", "plus") {
		number = "+"
	}
	digits := 0
	for !s.done() {
		if s.acceptAny("-", ".", "/", ",") {
			continue
		}
		group := s.digitString()
		if group == "" {
			return Value{}, false
		}
		number += group
		digits += len(group)
	}
	const local, international = 7, 15 // ITU-T E.164
	return single(p, number), digits >= local && digits <= international
}

var typedCode = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// resolveAlphaNumeric reads codes, typed in one piece or spelled: "a b c one
// two three" is ABC123. pattern, which may be nil, must match.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-alphanumerics.html
func resolveAlphaNumeric(pattern *regexp.Regexp) func(phrase, environment) (Value, bool) {
	const longest = 30
	fits := func(s string) bool {
		return s != "" && len(s) <= longest && (pattern == nil || pattern.MatchString(s))
	}
	return func(p phrase, _ environment) (Value, bool) {
		original := p.original()
		if typedCode.MatchString(original) && strings.ContainsAny(original, "0123456789") && fits(original) {
			return single(p, original), true
		}
		var code strings.Builder
		s := &parser{tokens: p.tokens, letters: true}
		for !s.done() {
			t := s.tokens[s.at]
			switch group := s.digitString(); {
			case group != "":
				code.WriteString(group)
			case t.kind == letters && len(t.text) == 1:
				code.WriteString(strings.ToUpper(t.text))
				s.at++
				if s.accept("as", "in") || s.accept("for") { // "b as in boy"
					s.at++
				}
			case t.text == "-", t.text == ".":
				s.at++
			case t.kind == letters && fits(original) && pattern != nil:
				return single(p, original), true // a word that the bot wants
			default:
				return Value{}, false
			}
			s.at = min(s.at, len(s.tokens))
		}
		for _, form := range []string{code.String(), strings.ToLower(code.String())} {
			if fits(form) {
				return single(p, form), true
			}
		}
		return Value{}, false
	}
}

var (
	address  = regexp.MustCompile(`^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$`)
	postcode = regexp.MustCompile(`^([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$`)
)

// resolveEmail reads a typed address or "john dot smith at example dot com".
func resolveEmail(p phrase, _ environment) (Value, bool) {
	text := strings.ToLower(p.original())
	if !strings.Contains(text, "@") {
		words := strings.Fields(text)
		for i, w := range words {
			switch n, ok := small[w]; {
			case w == "at":
				words[i] = "@"
			case w == "dot":
				words[i] = "."
			case w == "underscore":
				words[i] = "_"
			case w == "dash", w == "hyphen":
				words[i] = "-"
			case ok && n < 10 && w != "o" && w != "oh":
				words[i] = string(rune('0' + n))
			}
		}
		text = strings.Join(words, "")
	}
	return single(p, text), address.MatchString(text)
}

// resolveUKPostalCode reads "E C 1 A 1 B B" or "ec1a 1bb" as EC1A 1BB.
func resolveUKPostalCode(p phrase, env environment) (Value, bool) {
	spelled, ok := resolveAlphaNumeric(nil)(p, env)
	code := strings.ToUpper(spelled.Interpreted)
	if !ok {
		code = strings.ToUpper(strings.Join(p.words(), ""))
	}
	m := postcode.FindStringSubmatch(code)
	if m == nil {
		return Value{}, false
	}
	return single(p, m[1]+" "+m[2]), true
}

// listed makes a closed type of names that stand for themselves.
func listed(names []string) func(phrase, environment) (Value, bool) {
	byKey := sync.OnceValue(func() map[string]string {
		m := make(map[string]string, len(names))
		for _, name := range names {
			m[key(tokenize(name))] = name
		}
		return m
	})
	return func(p phrase, _ environment) (Value, bool) {
		name, ok := byKey()[key(p)]
		return single(p, name), ok
	}
}

// properName takes any few words that are not part of ordinary talk.
func properName(p phrase) (Value, bool) {
	words := p.words()
	if len(words) == 0 || len(words) > 5 || slices.ContainsFunc(words, common) {
		return Value{}, false
	}
	return single(p, p.original()), true
}

// anyWords takes everything.
func anyWords(p phrase) (Value, bool) {
	return single(p, p.original()), len(p.tokens) > 0
}
