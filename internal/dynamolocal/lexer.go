package dynamolocal

import "strings"

// tokenKind is what a token is.
type tokenKind int

// The kinds of tokens.
const (
	tokenEnd    tokenKind = iota
	tokenWord             // an attribute's name, a function, or AND and the like
	tokenName             // #n
	tokenValue            // :v
	tokenNumber           // an index
	tokenSymbol           // ( ) [ ] . , + - and comparators
)

// token is a piece of an expression.
type token struct {
	kind tokenKind
	text string
	at   int // offset of its first byte
}

// is says whether the token is a symbol.
func (t token) is(symbol string) bool { return t.kind == tokenSymbol && t.text == symbol }

// isWord says whether the token is a word of the language, in whatever case.
func (t token) isWord(word string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, word)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

// lex cuts an expression into tokens, the last of which is tokenEnd.
func lex(text string) ([]token, *apiError) {
	var tokens []token
	for at := 0; at < len(text); {
		if strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
			continue
		}
		t := nextToken(text[at:])
		if t.text == "" {
			return nil, syntaxError(text, at)
		}
		t.at = at
		tokens = append(tokens, t)
		at += len(t.text)
	}
	return append(tokens, token{at: len(text)}), nil
}

// nextToken returns the token that a text begins with, without text if there is
// none.
func nextToken(text string) token {
	run := func(from int, part func(byte) bool) string {
		end := from
		for end < len(text) && part(text[end]) {
			end++
		}
		if end == from {
			return ""
		}
		return text[:end]
	}
	wordPart := func(c byte) bool { return isLetter(c) || isDigit(c) }
	switch c := text[0]; {
	case isLetter(c):
		return token{kind: tokenWord, text: run(0, wordPart)}
	case isDigit(c):
		return token{kind: tokenNumber, text: run(0, isDigit)}
	case c == '#':
		return token{kind: tokenName, text: run(1, wordPart)}
	case c == ':':
		return token{kind: tokenValue, text: run(1, wordPart)}
	}
	for _, symbol := range []string{"<=", ">=", "<>", "<", ">", "=", "(", ")", "[", "]", ".", ",", "+", "-"} {
		if strings.HasPrefix(text, symbol) {
			return token{kind: tokenSymbol, text: symbol}
		}
	}
	return token{}
}

// syntaxError says where an expression cannot be read.
func syntaxError(text string, at int) *apiError {
	if at >= len(text) {
		return invalid("Syntax error; the expression ends too early, near: %q", near(text, at))
	}
	return invalid("Syntax error; token: %q, near: %q", nextOr(text[at:]), near(text, at))
}

func nextOr(text string) string {
	if t := nextToken(text); t.text != "" {
		return t.text
	}
	return text[:1]
}

// near shows what stands around a place.
func near(text string, at int) string {
	const around = 10
	return text[max(0, at-around):min(len(text), at+around)]
}
