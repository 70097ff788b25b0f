package dynamolocal

import (
	_ "embed" // the reserved words
	"strconv"
	"strings"
	"sync"
)

// Limits of an expression, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const (
	maxExpression = 4 << 10 // bytes
	maxOperators  = 300     // and functions
	maxOperands   = 100     // of IN
)

//go:embed reserved.txt
var reservedText string

// reserved has the words that are no names of attributes, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html.
var reserved = sync.OnceValue(func() map[string]bool {
	words := make(map[string]bool)
	for word := range strings.FieldsSeq(reservedText) {
		words[word] = true
	}
	return words
})

// step is one step of a path: into an attribute or map by name, or into a list.
type step struct {
	name  string // "" for a list
	index int
}

// path leads to a value in an item. Its first step has a name.
type path []step

// String writes the path as DynamoDB does in its messages.
func (p path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.name
		if s.name == "" {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// node is a piece of an expression: an operand, a comparison, a function, or what
// joins them.
type node struct {
	op     string // opPath, opValue, a function, or an operator
	path   path
	value  value
	args   []*node
	parens bool // it stands in parentheses
}

// What a node is besides functions, which have their names, and comparators,
// which are themselves.
const (
	opPath    = "path"
	opValue   = "value"
	opAnd     = "AND"
	opOr      = "OR"
	opNot     = "NOT"
	opIn      = "IN"
	opBetween = "BETWEEN"
	opPlus    = "+"
	opMinus   = "-"
)

// parser reads one expression by recursive descent. Its depth is bounded, as each
// level of it takes an operator. The first error sticks.
type parser struct {
	text         string
	tokens       []token
	next         int
	placeholders *placeholders
	operators    int
	err          *apiError
}

// parse lets a rule read the whole of an expression. what is its name in errors.
func parse[T any](what, text string, ph *placeholders, rule func(*parser) T) (T, *apiError) {
	p := &parser{text: text, placeholders: ph}
	var parsed T
	switch {
	case text == "":
		p.fail(invalid("The expression can not be empty;"))
	case len(text) > maxExpression:
		p.fail(invalid("Expression size has exceeded the maximum allowed size; expression size: %d", len(text)))
	default:
		if p.tokens, p.err = lex(text); p.err == nil {
			parsed = rule(p)
		}
		if p.err == nil && p.peek().kind != tokenEnd {
			p.syntax()
		}
	}
	if p.err != nil {
		return parsed, invalid("Invalid %s: %s", what, p.err.message)
	}
	return parsed, nil
}

func (p *parser) fail(err *apiError) {
	if p.err == nil && err != nil {
		p.err = err
	}
}

func (p *parser) syntax() { p.fail(syntaxError(p.text, p.peek().at)) }

// peek returns the next token. After an error that is the end, which ends every
// loop.
func (p *parser) peek() token {
	if p.err != nil || p.next >= len(p.tokens) {
		return token{at: len(p.text)}
	}
	return p.tokens[p.next]
}

func (p *parser) take() token {
	t := p.peek()
	p.next++
	return t
}

// skip takes a symbol if it is next.
func (p *parser) skip(symbol string) bool {
	if p.peek().is(symbol) {
		p.next++
		return true
	}
	return false
}

// skipWord takes a word of the language if it is next.
func (p *parser) skipWord(word string) bool {
	if p.peek().isWord(word) {
		p.next++
		return true
	}
	return false
}

func (p *parser) expect(symbol string) {
	if !p.skip(symbol) {
		p.syntax()
	}
}

// operator counts an operator or a function.
func (p *parser) operator() {
	if p.operators++; p.operators > maxOperators {
		p.fail(invalid("The expression has more than %d operators and functions;", maxOperators))
	}
}

// condition reads a ConditionExpression or a FilterExpression.
func (p *parser) condition() *node {
	n := p.or()
	p.fail(n.checkCondition())
	return n
}

func (p *parser) or() *node { return p.chain(opOr, p.and) }

func (p *parser) and() *node { return p.chain(opAnd, p.not) }

// chain reads operands that a word joins.
func (p *parser) chain(word string, operand func() *node) *node {
	left := operand()
	for p.skipWord(word) {
		p.operator()
		left = &node{op: word, args: []*node{left, operand()}}
	}
	return left
}

func (p *parser) not() *node {
	if p.skipWord(opNot) {
		p.operator()
		return &node{op: opNot, args: []*node{p.not()}}
	}
	return p.comparison()
}

// comparison reads a condition without AND, OR and NOT, or an operand alone, which
// may turn out to be one of a comparison around parentheses.
func (p *parser) comparison() *node {
	left := p.term()
	t := p.peek()
	switch {
	case t.kind == tokenSymbol && comparators[t.text]:
		p.take()
		p.operator()
		return p.checked(&node{op: t.text, args: []*node{left, p.term()}})
	case p.skipWord(opBetween):
		p.operator()
		low := p.term()
		if !p.skipWord(opAnd) {
			p.syntax()
		}
		return p.checked(&node{op: opBetween, args: []*node{left, low, p.term()}})
	case p.skipWord(opIn):
		p.operator()
		p.expect("(")
		n := &node{op: opIn, args: append([]*node{left}, p.arguments()...)}
		if len(n.args) > maxOperands+1 {
			p.fail(invalid("The IN operator is provided with too many operands; number of operands: %d", len(n.args)-1))
		}
		return p.checked(n)
	}
	return left
}

var comparators = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true}

// checked notes what is wrong with a node that has just been read.
func (p *parser) checked(n *node) *node {
	if p.err == nil {
		p.fail(n.check())
	}
	return n
}

// term reads an operand or what stands in parentheses.
func (p *parser) term() *node {
	if !p.skip("(") {
		return p.operand()
	}
	p.operator() // parentheses nest, so they are counted as well
	n := p.or()
	p.expect(")")
	if n.parens {
		p.fail(invalid("The expression has redundant parentheses;"))
	}
	n.parens = true
	return n
}

// operand reads a path, a value or a function.
func (p *parser) operand() *node {
	t := p.peek()
	switch {
	case t.kind == tokenValue:
		p.take()
		return &node{op: opValue, value: p.value(t)}
	case t.kind == tokenWord && p.next+1 < len(p.tokens) && p.tokens[p.next+1].is("("):
		p.take()
		p.take()
		p.operator()
		return p.checked(&node{op: t.text, args: p.arguments()})
	}
	return &node{op: opPath, path: p.path()}
}

// arguments reads operands up to a closing parenthesis.
func (p *parser) arguments() []*node {
	args := []*node{p.operand()}
	for p.skip(",") {
		args = append(args, p.operand())
	}
	p.expect(")")
	return args
}

func (p *parser) value(t token) value {
	v, err := p.placeholders.value(t.text)
	p.fail(err)
	return v
}

// path reads a document path.
func (p *parser) path() path {
	way := path{{name: p.name()}}
	for p.err == nil && len(way) <= maxNesting {
		switch {
		case p.skip("."):
			way = append(way, step{name: p.name()})
		case p.skip("["):
			way = append(way, step{index: p.index()})
			p.expect("]")
		default:
			return way
		}
	}
	p.fail(invalid("The document path has too many nesting elements; nesting elements: more than %d", maxNesting))
	return way
}

// name reads an attribute's name or what stands for it.
func (p *parser) name() string {
	t := p.take()
	switch {
	case t.kind == tokenName:
		name, err := p.placeholders.name(t.text)
		p.fail(err)
		return name
	case t.kind != tokenWord:
		p.fail(syntaxError(p.text, t.at))
	case reserved()[strings.ToUpper(t.text)]:
		p.fail(invalid("Attribute name is a reserved keyword; reserved keyword: %s", t.text))
	}
	return t.text
}

func (p *parser) index() int {
	t := p.take()
	index, err := strconv.Atoi(t.text)
	if t.kind != tokenNumber || err != nil {
		p.fail(syntaxError(p.text, t.at))
	}
	return index
}
