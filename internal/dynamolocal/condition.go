package dynamolocal

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// holds says whether a condition is true of an item, nil for none.
func (n *node) holds(it item) bool {
	switch n.op {
	case opAnd:
		return n.args[0].holds(it) && n.args[1].holds(it)
	case opOr:
		return n.args[0].holds(it) || n.args[1].holds(it)
	case opNot:
		return !n.args[0].holds(it)
	}
	args := make([]value, len(n.args))
	for i, arg := range n.args {
		args[i] = arg.operand(it)
	}
	return n.compares(args)
}

// compares decides on a comparison or a function. An operand that is not there has
// no kind.
func (n *node) compares(args []value) bool {
	first, isThere := args[0], args[0].kind != ""
	switch n.op {
	case "=":
		return isThere && first.equal(args[1])
	case "<>":
		return !isThere || !first.equal(args[1])
	case "<", "<=", ">", ">=":
		return inOrder(n.op, first, args[1])
	case opBetween:
		return inOrder(">=", first, args[1]) && inOrder("<=", first, args[2])
	case opIn:
		return isThere && slices.ContainsFunc(args[1:], first.equal)
	case "attribute_exists":
		return isThere
	case "attribute_not_exists":
		return !isThere
	case "attribute_type":
		return isThere && string(first.kind) == args[1].text
	case "begins_with":
		return first.kind == args[1].kind && (first.kind == kindS || first.kind == kindB) && strings.HasPrefix(first.text, args[1].text)
	case "contains":
		return first.contains(args[1])
	}
	return false
}

// inOrder compares two values. Those that have no order are in none.
func inOrder(op string, a, b value) bool {
	if a.kind != b.kind || !a.kind.hasOrder() {
		return false
	}
	switch order := a.compare(b); op {
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

// contains says whether a text has a part, or a set or list a member.
func (v value) contains(part value) bool {
	switch v.kind {
	case kindS, kindB:
		return part.kind == v.kind && strings.Contains(v.text, part.text)
	case kindSS, kindNS, kindBS:
		return part.kind == v.kind[:1] && slices.Contains(v.set, part.text)
	case kindL:
		return part.kind != "" && slices.ContainsFunc(v.list, part.equal)
	}
	return false
}

// operand returns the value of an operand in a condition, of no kind if it is not
// there.
func (n *node) operand(it item) value {
	switch n.op {
	case opValue:
		return n.value
	case opPath:
		v, _ := n.path.find(it)
		return v
	}
	length, ok := n.args[0].operand(it).length() // of size, nothing else passes the checks
	if !ok {
		return value{}
	}
	return value{kind: kindN, text: strconv.Itoa(length)}
}

// length is what the function size says of a value, false if it has none.
func (v value) length() (int, bool) {
	switch v.kind {
	case kindS:
		return utf8.RuneCountInString(v.text), true
	case kindB:
		return len(v.text), true
	case kindSS, kindNS, kindBS:
		return len(v.set), true
	case kindL:
		return len(v.list), true
	case kindM:
		return len(v.m), true
	}
	return 0, false
}

// find returns what stands at the end of a path.
func (p path) find(it item) (value, bool) {
	v := value{kind: kindM, m: it}
	for _, s := range p {
		var ok bool
		if v, ok = v.child(s); !ok {
			return value{}, false
		}
	}
	return v, true
}

// child returns what is one step into a value.
func (v value) child(s step) (value, bool) {
	switch {
	case s.name != "" && v.kind == kindM:
		inner, ok := v.m[s.name]
		return inner, ok
	case s.name == "" && v.kind == kindL && s.index < len(v.list):
		return v.list[s.index], true
	}
	return value{}, false
}
