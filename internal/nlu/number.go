package nlu

import (
	"strconv"
	"strings"
)

var small = map[string]int{
	"zero": 0, "oh": 0, "o": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
	"eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
	"fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}

var tens = map[string]int{
	"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
	"eighty": 80, "ninety": 90,
}

var scales = map[string]int64{"thousand": 1e3, "million": 1e6, "billion": 1e9}

// maxDigits bounds numbers, so that they fit an int64.
const maxDigits = 15

// parser reads values from the tokens of a phrase, from left to right. A method
// that does not find what it looks for leaves the place as it was.
type parser struct {
	tokens  []token
	at      int
	letters bool // "o" is the letter; else it is a zero, like "oh"
}

func (s *parser) done() bool { return s.at == len(s.tokens) }

// peek returns the token n ahead, "" after the end.
func (s *parser) peek(n int) string {
	if s.at+n < len(s.tokens) {
		return s.tokens[s.at+n].text
	}
	return ""
}

// accept takes the given words if they are next, in that order.
func (s *parser) accept(words ...string) bool {
	for i, w := range words {
		if s.peek(i) != w {
			return false
		}
	}
	s.at += len(words)
	return true
}

// acceptAny takes the next token if it is one of the words.
func (s *parser) acceptAny(words ...string) bool {
	for _, w := range words {
		if s.accept(w) {
			return true
		}
	}
	return false
}

// run takes a run of digits of min to max length.
func (s *parser) run(low, high int) (string, bool) {
	if s.done() || s.tokens[s.at].kind != digits {
		return "", false
	}
	text := s.tokens[s.at].text
	if len(text) < low || len(text) > high {
		return "", false
	}
	s.at++
	return text, true
}

// integer reads a cardinal number: "25", "1,250", "twenty five", "one hundred
// and twenty three thousand", "a hundred".
func (s *parser) integer() (int64, bool) {
	n, ok := s.group()
	if !ok {
		return 0, false
	}
	total, limit := int64(0), int64(1e12)
	for f := scales[s.peek(0)]; f > 0 && f < limit && n > 0 && n < 1e6; f = scales[s.peek(0)] {
		s.at++
		total, limit = total+n*f, f
		at := s.at
		s.accept("and")
		if n, ok = s.group(); !ok || n >= f {
			s.at, n = at, 0
			break
		}
	}
	return total + n, true
}

// group reads what stands before a "thousand" or after it.
func (s *parser) group() (int64, bool) {
	start := s.at
	n := int64(1)
	var ok bool
	if next := s.peek(1); s.acceptAny("a", "an") {
		if next == "dozen" {
			s.at++
			return 12, true
		}
		ok = next == "hundred" || scales[next] > 0
	} else {
		n, ok = s.belowHundred()
	}
	if !ok {
		s.at = start
		return 0, false
	}
	if n == 0 || n >= 100 || !s.accept("hundred") {
		return n, true
	}
	n *= 100
	at := s.at
	s.accept("and")
	if rest, ok := s.belowHundred(); ok && rest < 100 {
		return n + rest, true
	}
	s.at = at
	return n, true
}

// belowHundred reads "7", "seven", "seventy", "seventy seven", or any run of
// digits with separators for thousands.
func (s *parser) belowHundred() (int64, bool) {
	if text, ok := s.run(1, maxDigits); ok {
		for s.peek(0) == "," && s.at+1 < len(s.tokens) && s.tokens[s.at+1].kind == digits &&
			len(s.tokens[s.at+1].text) == 3 && len(text) < maxDigits-3 {
			text += s.tokens[s.at+1].text
			s.at += 2
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	word := s.peek(0)
	if n, ok := tens[word]; ok {
		s.at++
		if u, ok := small[s.peek(0)]; ok && u >= 1 && u <= 9 {
			s.at++
			n += u
		}
		return int64(n), true
	}
	if n, ok := small[word]; ok && word != "o" && word != "oh" {
		s.at++
		return int64(n), true
	}
	return 0, false
}

// digitString reads numbers said in groups and strings them together: "five
// five five one two", "nineteen eighty four", "double oh seven", "555-1212".
func (s *parser) digitString() string {
	var b strings.Builder
	for !s.done() && b.Len() <= 2*maxDigits {
		times := 1
		if s.peek(1) != "" {
			if s.accept("double") {
				times = 2
			} else if s.accept("triple") {
				times = 3
			}
		}
		var group string
		if text, ok := s.run(1, maxDigits); ok {
			group = text
		} else if w := s.peek(0); w == "oh" || w == "o" && !s.letters {
			s.at++
			group = "0"
		} else if n, ok := s.belowHundred(); ok {
			group = strconv.FormatInt(n, 10)
		} else {
			break
		}
		b.WriteString(strings.Repeat(group, times))
	}
	return b.String()
}

// decimal reads an AMAZON.Number and returns it in digits: "minus fifteen" is
// -15, "one hundred twenty three point four five" is 123.45.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-number.html
func (s *parser) decimal() (string, bool) {
	start := s.at
	minus := s.acceptAny("minus", "negative", "-")
	if !minus {
		s.accept("+")
	}
	body := s.at
	var whole string
	if n, ok := s.integer(); ok && !s.moreDigits() {
		whole = strconv.FormatInt(n, 10)
	} else {
		s.at = body
		whole = s.digitString()
	}
	fraction := ""
	if at := s.at; s.acceptAny("point", "dot", ".") {
		if fraction = s.digitString(); fraction == "" {
			s.at = at
		}
	}
	if whole+fraction == "" || len(whole) > maxDigits || len(fraction) > maxDigits {
		s.at = start
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if minus {
		whole = "-" + whole
	}
	return whole, true
}

// moreDigits says whether the number goes on in groups, as in "one two three".
func (s *parser) moreDigits() bool {
	if s.done() {
		return false
	}
	_, word := small[s.peek(0)]
	_, ten := tens[s.peek(0)]
	return word || ten || s.tokens[s.at].kind == digits || s.peek(0) == "double" || s.peek(0) == "triple"
}

// spell says a run of digits in words, as a cardinal number if it looks like
// one, else digit by digit.
func spell(text string) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(text) > 4 || len(text) > 1 && text[0] == '0' {
		words := make([]string, len(text))
		for i, c := range []byte(text) {
			words[i] = cardinal(int64(c - '0'))
		}
		return strings.Join(words, " ")
	}
	return cardinal(n)
}

var unitWords = []string{
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
}

var tensWords = []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}

// cardinal says 0 to 9999 in words.
func cardinal(n int64) string {
	switch {
	case n < 20:
		return unitWords[n]
	case n < 100:
		return strings.TrimSuffix(tensWords[n/10]+" "+unitWords[n%10], " zero")
	case n < 1000:
		return strings.TrimSuffix(unitWords[n/100]+" hundred "+cardinal(n%100), " zero")
	}
	return strings.TrimSuffix(cardinal(n/1000)+" thousand "+cardinal(n%1000), " zero")
}
