package twiliosim

import (
	"errors"
	"strings"
	"unicode"
)

// word is one word of a script's line.
type word struct {
	text   string
	quoted bool
}

// splitWords takes a line of a script apart: words at white space, text in double
// quotes as one word (the curved quotes of word processors count too), and no
// further than a remark. The keys of a press may begin with the # that elsewhere
// begins a remark.
func splitWords(line string) ([]word, error) {
	line = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`).Replace(line)
	var words []word
	for {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		keys := len(words) == 1 && words[0] == word{text: "press"}
		switch {
		case line == "", line[0] == '#' && !keys:
			return words, nil
		case line[0] == '"':
			text, rest, closed := strings.Cut(line[1:], `"`)
			if !closed {
				return nil, errors.New("a quote is not closed")
			}
			words = append(words, word{text: text, quoted: true})
			line = rest
		default:
			end := strings.IndexFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
			if end < 0 {
				end = len(line)
			}
			words = append(words, word{text: line[:end]})
			line = line[end:]
		}
	}
}
