package lexlocal

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// scope is what a condition can ask about.
type scope interface {
	// lookUpName returns a value by the brackets it was written in, "{", "[" or
	// "((", and its name.
	lookUpName(bracket, name string) (string, bool)
	contextActive(name string) bool
}

// maxExpression is the longest condition that Lex takes.
const maxExpression = 1024

// evaluate says whether a condition of a bot holds. Conditions compare slots
// {Nights}, session attributes [member], request attributes ((channel)),
// quoted strings, numbers and the functions fn.IS_SET, fn.COUNT, fn.FIRST,
// fn.LAST and fn.ACTIVE_CONTEXT by = != < <= > >=, and combine comparisons by
// AND, OR, ! and parentheses. Two numbers are compared as numbers, everything
// else as text. See
// https://docs.aws.amazon.com/lexv2/latest/dg/branching.html.
func evaluate(text string, in scope) (bool, error) {
	if len(text) > maxExpression {
		return false, fmt.Errorf("condition has %d bytes, at most %d are allowed", len(text), maxExpression)
	}
	tokens, err := tokenize(text)
	if err != nil {
		return false, err
	}
	p := &conditionParser{tokens: tokens, in: in}
	is := p.or()
	if p.err == nil && len(p.tokens) > 0 {
		p.fail("unexpected %q", p.tokens[0])
	}
	return is && p.err == nil, p.err
}

// conditionToken matches one token. Names in double parentheses come before
// single parentheses, which may be doubled as well.
var conditionToken = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`^(?:\(\([\w:. -]+\)\)|\{[^{}]+\}|\[[^\[\]]+\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|fn\.\w+|!=|<=|>=|[=<>!(),]|-?[\w.]+)`)
})

func tokenize(text string) ([]string, error) {
	var tokens []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		token := conditionToken().FindString(text)
		if token == "" {
			return nil, fmt.Errorf("condition is not understood from %q on", text)
		}
		tokens = append(tokens, token)
		text = text[len(token):]
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("condition is empty")
	}
	return tokens, nil
}

// conditionParser evaluates while it parses. After the first error it returns
// false for everything.
type conditionParser struct {
	tokens []string
	in     scope
	err    error
}

func (p *conditionParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("condition: "+format, args...)
	}
	p.tokens = nil
}

// accept takes the next token if it is one of those given.
func (p *conditionParser) accept(tokens ...string) (string, bool) {
	if len(p.tokens) == 0 || !slices.Contains(tokens, p.tokens[0]) {
		return "", false
	}
	return p.next(), true
}

func (p *conditionParser) next() string {
	if len(p.tokens) == 0 {
		p.fail("ends too early")
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *conditionParser) or() bool {
	is := p.and()
	for {
		if _, ok := p.accept("OR", "or"); !ok {
			return is
		}
		is = p.and() || is
	}
}

func (p *conditionParser) and() bool {
	is := p.not()
	for {
		if _, ok := p.accept("AND", "and"); !ok {
			return is
		}
		is = p.not() && is
	}
}

func (p *conditionParser) not() bool {
	if _, ok := p.accept("!", "NOT", "not"); ok {
		return !p.not()
	}
	if _, ok := p.accept("("); ok {
		is := p.or()
		if _, closed := p.accept(")"); !closed {
			p.fail("a parenthesis is not closed")
		}
		return is
	}
	return p.comparison()
}

func (p *conditionParser) comparison() bool {
	left, set := p.operand()
	operator, ok := p.accept("=", "!=", "<", "<=", ">", ">=")
	if !ok {
		return set && !strings.EqualFold(left, "false") && left != ""
	}
	right, rightSet := p.operand()
	if !set || !rightSet {
		return operator == "!="
	}
	order := compareValues(left, right)
	switch operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func compareValues(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

// operand returns the value of the next operand, and false if it has none.
func (p *conditionParser) operand() (string, bool) {
	token := p.next()
	switch {
	case token == "":
		return "", false
	case strings.HasPrefix(token, "(("):
		return p.in.lookUpName("((", strings.TrimSpace(token[2:len(token)-2]))
	case token[0] == '{' || token[0] == '[':
		return p.in.lookUpName(token[:1], strings.TrimSpace(token[1:len(token)-1]))
	case token[0] == '"' || token[0] == '\'':
		return unquote(token), true
	case strings.HasPrefix(token, "fn."):
		return p.function(token)
	case strings.ContainsAny(token[:1], "=<>!(),"):
		p.fail("%q stands where a value should be", token)
		return "", false
	}
	return token, true
}

func unquote(token string) string {
	var b strings.Builder
	escaped := false
	for _, r := range token[1 : len(token)-1] {
		if escaped = r == '\\' && !escaped; !escaped {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (p *conditionParser) function(name string) (string, bool) {
	if _, ok := p.accept("("); !ok {
		p.fail("%s needs an argument in parentheses", name)
		return "", false
	}
	value, set := p.operand()
	if _, ok := p.accept(")"); !ok {
		p.fail("%s takes one argument", name)
		return "", false
	}
	switch name {
	case "fn.IS_SET":
		return strconv.FormatBool(set), true
	case "fn.COUNT":
		if !set {
			return "0", true
		}
		return "1", true // a slot holds one value here
	case "fn.FIRST", "fn.LAST":
		return value, set
	case "fn.ACTIVE_CONTEXT":
		return strconv.FormatBool(p.in.contextActive(value)), true
	}
	p.fail("there is no function %s", name)
	return "", false
}

// lookUpName implements scope.
func (t *turn) lookUpName(bracket, name string) (string, bool) {
	switch bracket {
	case "{":
		v := t.slotText(name)
		return v, v != ""
	case "[":
		v, ok := t.s.attributes[name]
		return v, ok
	default:
		v, ok := t.request[name]
		return v, ok
	}
}

// contextActive implements scope.
func (t *turn) contextActive(name string) bool {
	return slices.Contains(t.s.contextNames(), name)
}
