package nlu

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// patternRule turns the regular expression of an AMAZON.AlphaNumeric type into
// the rule of what is spelled: [A-Z]{2}[0-9] is two letters and a digit. It
// knows what Lex allows in such an expression.
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slot-alphanumerics.html
func patternRule(pattern string) (string, bool) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	return expand(tree)
}

func expand(re *syntax.Regexp) (string, bool) {
	var parts []string
	for _, sub := range re.Sub {
		part, ok := expand(sub)
		if !ok {
			return "", false
		}
		parts = append(parts, part)
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return "", true
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			word := letterWords([]rune{r, r})
			if word == "" {
				return "", false
			}
			parts = append(parts, word)
		}
		return strings.Join(parts, " "), true
	case syntax.OpCharClass:
		words := letterWords(re.Rune)
		return words, words != ""
	case syntax.OpCapture, syntax.OpConcat:
		return strings.Join(parts, " "), true
	case syntax.OpAlternate:
		return "(" + strings.Join(parts, " | ") + ")", !slices.Contains(parts, "")
	case syntax.OpQuest:
		return "[" + parts[0] + "]", parts[0] != ""
	case syntax.OpRepeat:
		required := strings.TrimSpace(strings.Repeat(parts[0]+" ", re.Min))
		optional := re.Max - re.Min
		return required + strings.Repeat(" ["+parts[0], max(optional, 0)) + strings.Repeat("]", max(optional, 0)), optional >= 0
	}
	return "", false
}

// letterWords returns the words for a class of characters, given as pairs of
// first and last; "" if it has others than letters and digits.
func letterWords(class []rune) string {
	var words []string
	for i := 0; i+1 < len(class); i += 2 {
		for r := class[i]; r <= class[i+1]; r++ {
			switch {
			case r == '0':
				words = append(words, "zero", "oh")
			case r >= '1' && r <= '9':
				words = append(words, unitWords[r-'0'])
			case r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z':
				words = append(words, strings.ToLower(string(r))+".")
			default:
				return ""
			}
		}
	}
	return "(" + strings.Join(unique(words), " | ") + ")"
}
