package speech

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// marks are SSML's elements (https://www.w3.org/TR/speech-synthesis11/).
var marks = regexp.MustCompile(`<[^<>]*>`)

// plainText returns text without SSML marks and line breaks.
func plainText(text string) string {
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "<speak") {
		text = html.UnescapeString(marks.ReplaceAllString(trimmed, " "))
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// longest is the length from which a sentence is split at a comma or blank: an
// engine makes a whole sentence before it is heard.
const longest = 240

// abbreviations end with a dot that ends no sentence.
var abbreviations = map[string]bool{
	"mr.": true, "mrs.": true, "ms.": true, "dr.": true, "st.": true, "no.": true, "vs.": true,
	"a.m.": true, "p.m.": true, "e.g.": true, "i.e.": true, "etc.": true,
}

// sentences splits plain text where a speaker would make a pause.
func sentences(text string) (list []string) {
	start := 0
	add := func(end int) {
		if sentence := strings.TrimSpace(text[start:end]); sentence != "" {
			list = append(list, sentence)
		}
		start = end
	}
	for i, r := range text {
		next := i + len(string(r))
		switch {
		case endsSentence(text, start, i, next, r):
			add(next)
		case next-start >= longest && (r == ',' || r == ';' || r == ' '):
			add(next)
		}
	}
	add(len(text))
	return list
}

// endsSentence reports whether the character r at text[i:next] ends the sentence
// that begins at start.
func endsSentence(text string, start, i, next int, r rune) bool {
	if !strings.ContainsRune(".!?", r) || next < len(text) && text[next] != ' ' {
		return false
	}
	if r != '.' {
		return true
	}
	word := text[max(start, strings.LastIndexByte(text[:i], ' ')+1):next]
	follows := strings.TrimSpace(text[next:])
	if abbreviations[strings.ToLower(word)] {
		// An abbreviation ends a sentence only if a new one seems to begin.
		return follows != "" && unicode.IsUpper(rune(follows[0])) && strings.Count(word, ".") > 1
	}
	return true
}
