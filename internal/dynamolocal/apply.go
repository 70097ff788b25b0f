package dynamolocal

import (
	"cmp"
	"slices"
)

var (
	errPath    = invalid("The document path provided in the update expression is invalid for update")
	errOperand = invalid("An operand in the update expression has an incorrect data type")
	errMissing = invalid("The provided expression refers to an attribute that does not exist in the item")
)

// apply returns an item as the actions change it. The old one stays as it is, and
// is what all operands are taken from.
func apply(actions []action, old item) (item, *apiError) {
	changed := value{kind: kindM, m: cloneItem(old)}
	for _, a := range inOrderOfLists(actions) {
		var operand value
		if a.value != nil {
			var err *apiError
			if operand, err = a.value.result(old); err != nil {
				return nil, err
			}
		}
		if err := changed.edit(a.path, a.verb, operand.clone()); err != nil {
			return nil, err
		}
	}
	return changed.m, nil
}

// inOrderOfLists puts actions in an order in which each list index means what it
// meant in the old item: what is set beyond a list's end from its front on, then
// removals from its end on.
func inOrderOfLists(actions []action) []action {
	ordered := slices.Clone(actions)
	slices.SortStableFunc(ordered, func(a, b action) int {
		aRemoves, bRemoves := a.verb == verbRemove, b.verb == verbRemove
		aIndex, bIndex := a.path[len(a.path)-1].index, b.path[len(b.path)-1].index
		switch {
		case aRemoves && bRemoves:
			return cmp.Compare(bIndex, aIndex)
		case aRemoves:
			return 1
		case bRemoves:
			return -1
		}
		return cmp.Compare(aIndex, bIndex)
	})
	return ordered
}

// result is the value of an operand in an update.
func (n *node) result(it item) (value, *apiError) {
	switch n.op {
	case opValue:
		return n.value, nil
	case opPath:
		v, ok := n.path.find(it)
		if !ok {
			return value{}, errMissing
		}
		return v, nil
	case "if_not_exists":
		if v, ok := n.args[0].path.find(it); ok {
			return v, nil
		}
		return n.args[1].result(it)
	}
	a, err := n.args[0].result(it)
	if err != nil {
		return value{}, err
	}
	b, err := n.args[1].result(it)
	if err != nil {
		return value{}, err
	}
	return combine(n.op, a, b)
}

// combine is the result of an operator or of list_append.
func combine(op string, a, b value) (value, *apiError) {
	want := kindN
	if op == "list_append" {
		want = kindL
	}
	if a.kind != want || b.kind != want {
		return value{}, errOperand
	}
	if want == kindL {
		return value{kind: kindL, list: slices.Concat([]value{}, a.list, b.list)}, nil
	}
	var n number
	var err *apiError
	if op == opMinus {
		n, err = a.number().minus(b.number())
	} else {
		n, err = a.number().plus(b.number())
	}
	if err != nil {
		return value{}, err
	}
	return value{kind: kindN, text: n.String()}, nil
}

// edit carries out one action in a value that nobody else has.
func (v *value) edit(way path, verb string, operand value) *apiError {
	s := way[0]
	if (s.name == "") != (v.kind == kindL) || s.name != "" && v.kind != kindM {
		return errPath
	}
	child, ok := v.child(s)
	if len(way) > 1 {
		if !ok {
			return errPath
		}
		if err := child.edit(way[1:], verb, operand); err != nil {
			return err
		}
		v.put(s, child)
		return nil
	}
	switch verb {
	case verbRemove:
		v.remove(s)
		return nil
	case verbAdd:
		return v.add(s, child, operand)
	case verbDelete:
		return v.deleteFrom(s, child, operand)
	default:
		v.put(s, operand)
		return nil
	}
}

// put sets what is one step into a map or list. Beyond a list's end it is appended.
func (v *value) put(s step, child value) {
	switch {
	case s.name != "":
		v.m[s.name] = child
	case s.index < len(v.list):
		v.list[s.index] = child
	default:
		v.list = append(v.list, child)
	}
}

func (v *value) remove(s step) {
	switch {
	case s.name != "":
		delete(v.m, s.name)
	case s.index < len(v.list):
		v.list = slices.Delete(v.list, s.index, s.index+1)
	}
}

// add adds to a number or a set. What is not there is zero, or empty.
func (v *value) add(s step, old, operand value) *apiError {
	switch {
	case old.kind == "":
		v.put(s, operand)
		return nil
	case old.kind != operand.kind:
		return errOperand
	case old.kind == kindN:
		sum, err := combine(opPlus, old, operand)
		if err != nil {
			return err
		}
		v.put(s, sum)
		return nil
	}
	for _, member := range operand.set {
		if !slices.Contains(old.set, member) {
			old.set = append(old.set, member)
		}
	}
	v.put(s, old)
	return nil
}

// deleteFrom takes members out of a set. An empty set goes.
func (v *value) deleteFrom(s step, old, operand value) *apiError {
	switch {
	case old.kind == "":
		return nil
	case old.kind != operand.kind:
		return errOperand
	}
	old.set = slices.DeleteFunc(old.set, func(member string) bool { return slices.Contains(operand.set, member) })
	if len(old.set) == 0 {
		v.remove(s)
		return nil
	}
	v.put(s, old)
	return nil
}
