package dynamolocal

// The verbs of an update expression.
const (
	verbSet    = "SET"
	verbRemove = "REMOVE"
	verbAdd    = "ADD"
	verbDelete = "DELETE"
)

// action is one change of an update.
type action struct {
	verb  string
	path  path
	value *node // nil for REMOVE
}

// update reads an UpdateExpression, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html.
func (p *parser) update() []action {
	var actions []action
	seen := make(map[string]bool)
	for p.err == nil && p.peek().kind != tokenEnd {
		verb := p.verb()
		if seen[verb] {
			p.fail(invalid("The %q section can only be used once in an update expression;", verb))
		}
		seen[verb] = true
		actions = append(actions, p.action(verb))
		for p.skip(",") {
			actions = append(actions, p.action(verb))
		}
	}
	switch {
	case len(actions) == 0:
		p.syntax()
	case p.err == nil:
		p.fail(checkOverlap(actions))
	}
	return actions
}

func (p *parser) verb() string {
	for _, verb := range []string{verbSet, verbRemove, verbAdd, verbDelete} {
		if p.skipWord(verb) {
			return verb
		}
	}
	p.syntax()
	return ""
}

func (p *parser) action(verb string) action {
	p.operator()
	a := action{verb: verb, path: p.path()}
	switch verb {
	case verbSet:
		p.expect("=")
		a.value = p.sum()
	case verbAdd, verbDelete:
		t := p.peek()
		if t.kind != tokenValue {
			p.syntax()
			return a
		}
		a.value = p.operand()
		k := a.value.value.kind
		if p.err == nil && !k.isSet() && !(verb == verbAdd && k == kindN) {
			p.fail(invalid("Incorrect operand type for operator or function; operator: %s, operand type: %s", verb, k))
		}
	}
	return a
}

// sum reads what an attribute is set to: an operand, or two with + or - between.
func (p *parser) sum() *node {
	left := p.summand()
	for _, op := range []string{opPlus, opMinus} {
		if p.skip(op) {
			p.operator()
			return p.checked(&node{op: op, args: []*node{left, p.summand()}})
		}
	}
	return left
}

func (p *parser) summand() *node {
	var n *node
	if p.skip("(") {
		p.operator()
		n = p.sum()
		p.expect(")")
	} else {
		n = p.operand()
	}
	if p.err == nil && !n.isOperand(true) {
		p.fail(invalid("Invalid function name; function: %s", n.op))
	}
	return n
}

// checkOverlap refuses two changes of one place, and of a place and what is in it.
func checkOverlap(actions []action) *apiError {
	for i, a := range actions {
		for _, b := range actions[:i] {
			if err := overlap(b.path, a.path); err != nil {
				return err
			}
		}
	}
	return nil
}

func overlap(one, two path) *apiError {
	for i := range min(len(one), len(two)) {
		switch {
		case (one[i].name == "") != (two[i].name == ""):
			return invalid("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %v, path two: %v", one, two)
		case one[i] != two[i]:
			return nil
		}
	}
	return invalid("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %v, path two: %v", one, two)
}
