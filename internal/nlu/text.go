package nlu

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTokens is how much of a text is looked at. Lex takes 1,024 characters.
const maxTokens = 250

// tokenKind tells the parts of a text apart.
type tokenKind uint8

const (
	letters tokenKind = iota // a word, lower case
	digits                   // a run of digits
	sign                     // one of the characters that values contain: : / - . , + % @ _
)

// token is one part of a text and where it stands there.
type token struct {
	kind       tokenKind
	text       string
	start, end int // in bytes of the text
}

// phrase is a text, or a part of one, cut into tokens.
type phrase struct {
	text   string // the whole text; token offsets refer to it
	tokens []token
}

// original returns the words of the phrase as the caller gave them.
func (p phrase) original() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.text[p.tokens[0].start:p.tokens[len(p.tokens)-1].end]
}

// words returns the words and numbers without signs.
func (p phrase) words() []string {
	var list []string
	for _, t := range p.tokens {
		if t.kind != sign {
			list = append(list, t.text)
		}
	}
	return list
}

// cut returns the part of the phrase from token i up to j.
func (p phrase) cut(i, j int) phrase { return phrase{p.text, p.tokens[i:j]} }

// without returns the phrase with leading and trailing tokens removed while
// they are in the lists.
func (p phrase) without(leading, trailing []string) phrase {
	for len(p.tokens) > 0 && slices.Contains(leading, p.tokens[0].text) {
		p.tokens = p.tokens[1:]
	}
	for n := len(p.tokens); n > 0 && slices.Contains(trailing, p.tokens[n-1].text); n-- {
		p.tokens = p.tokens[:n-1]
	}
	return p
}

// tokenize cuts a text. Typed and spoken forms come out alike: "10:30 P.M." is
// 10 : 30 pm, "twenty-one" is two words, accents are dropped.
func tokenize(text string) phrase {
	p := phrase{text: text}
	for i := 0; i < len(text) && len(p.tokens) < maxTokens; {
		r, size := utf8.DecodeRuneInString(text[i:])
		end := i + size
		switch {
		case unicode.IsLetter(r):
			for end < len(text) && wordGoesOn(text, end) {
				_, n := utf8.DecodeRuneInString(text[end:])
				end += n
			}
			p.tokens = append(p.tokens, token{letters, fold(text[i:end]), i, end})
		case r >= '0' && r <= '9':
			for end < len(text) && text[end] >= '0' && text[end] <= '9' {
				end++
			}
			p.tokens = append(p.tokens, token{digits, text[i:end], i, end})
		case strings.ContainsRune(":/.,+%@_", r) || r == '-' && !hyphen(text, i):
			p.tokens = append(p.tokens, token{sign, string(r), i, end})
		}
		i = end
	}
	p.tokens = p.joinInitials().tokens
	return p.trimmed()
}

// wordGoesOn says whether the character at i belongs to the word before it:
// letters, and an apostrophe before a letter.
func wordGoesOn(text string, i int) bool {
	r, size := utf8.DecodeRuneInString(text[i:])
	if r == '\'' || r == '’' {
		r, _ = utf8.DecodeRuneInString(text[i+size:])
	}
	return unicode.IsLetter(r)
}

// hyphen says whether the - at i only joins two words.
func hyphen(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	return unicode.IsLetter(before) || unicode.IsLetter(after) && before != utf8.RuneError && !unicode.IsSpace(before)
}

// joinInitials makes one word of letters with dots between them: p.m. is pm.
func (p phrase) joinInitials() phrase {
	out := p.tokens[:0]
	for i := 0; i < len(p.tokens); i++ {
		t := p.tokens[i]
		for i+2 < len(p.tokens) && t.kind == letters && len(p.tokens[i].text) == 1 &&
			p.tokens[i+1].text == "." && p.tokens[i+2].kind == letters && len(p.tokens[i+2].text) == 1 &&
			p.tokens[i+2].start == p.tokens[i].end+1 {
			t.text += p.tokens[i+2].text
			t.end = p.tokens[i+2].end
			i += 2
		}
		if t.kind == letters && len(t.text) > 1 && i+1 < len(p.tokens) && p.tokens[i+1].text == "." &&
			t.end-t.start > len(t.text) {
			i++ // the last dot of p.m.
		}
		out = append(out, t)
	}
	return phrase{p.text, out}
}

// trimmed drops the punctuation at both ends, but not a minus or a point before
// a number.
func (p phrase) trimmed() phrase {
	marks := []string{",", ":", "/", "_", ".", "-"}
	lead := marks
	if len(p.tokens) > 1 && p.tokens[1].kind == digits {
		lead = marks[:4]
	}
	return p.without(lead, marks)
}

// accents maps the letters of Western European names to plain ones.
var accents = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "æ", "ae", "ç", "c",
	"é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i", "î", "i", "ï", "i", "ñ", "n",
	"ó", "o", "ò", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "œ", "oe", "ß", "ss",
	"ú", "u", "ù", "u", "û", "u", "ü", "u", "ý", "y", "ÿ", "y", "’", "'",
)

// fold returns a word in lower case and without accents.
func fold(word string) string { return accents.Replace(strings.ToLower(word)) }

// stem drops the ending of a plural or a possessive, so that "rose", "roses"
// and "rose's" are alike. It is no more than that: "going" stays.
func stem(word string) string {
	word = strings.TrimSuffix(word, "'s")
	switch n := len(word); {
	case n > 4 && strings.HasSuffix(word, "ies"):
		return word[:n-3] + "y"
	case n > 4 && (strings.HasSuffix(word, "ses") || strings.HasSuffix(word, "xes") || strings.HasSuffix(word, "zes") ||
		strings.HasSuffix(word, "ches") || strings.HasSuffix(word, "shes")):
		return strings.TrimSuffix(word[:n-2], "e") // roses and rose are both ros
	case n > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss"):
		if word = word[:n-1]; len(word) > 3 {
			word = strings.TrimSuffix(word, "e")
		}
		return word
	case n > 3 && strings.HasSuffix(word, "e"):
		return word[:n-1]
	}
	return word
}

// key returns what two spellings of a value have in common: their words, with
// numbers spelled out.
func key(p phrase) string {
	var list []string
	for _, t := range p.tokens {
		switch {
		case t.kind == digits:
			list = append(list, spell(t.text))
		case t.text == "%":
			list = append(list, "percent")
		case t.text == "+":
			list = append(list, "plus")
		case t.kind == letters:
			list = append(list, t.text)
		}
	}
	return strings.Join(list, " ")
}

// stemmed returns a key with each word cut to its stem.
func stemmed(key string) string {
	words := strings.Fields(key)
	for i, w := range words {
		words[i] = stem(w)
	}
	return strings.Join(words, " ")
}
