package dynamolocal

import "slices"

// conditionFunctions are the functions of conditions and their numbers of operands,
// see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html.
var conditionFunctions = map[string]int{
	"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
}

// updateFunctions are the functions and operators of an update.
var updateFunctions = map[string]int{"if_not_exists": 2, "list_append": 2, opPlus: 2, opMinus: 2}

// check says what is wrong with a comparison or a function, as far as that can be
// seen without an item.
func (n *node) check() *apiError {
	if err := n.checkOperands(); err != nil {
		return err
	}
	switch n.op {
	case "attribute_exists", "attribute_not_exists", "if_not_exists":
		if n.args[0].op != opPath {
			return invalid("Operator or function requires a document path; operator or function: %s", n.op)
		}
	case "attribute_type":
		return n.checkTypeName()
	case "begins_with":
		return n.checkKinds(func(k kind) bool { return k == kindS || k == kindB })
	case "size":
		return n.checkKinds(func(k kind) bool { return k != kindN && k != kindBOOL && k != kindNULL })
	case "list_append":
		return n.checkKinds(func(k kind) bool { return k == kindL })
	case opPlus, opMinus:
		return n.checkKinds(func(k kind) bool { return k == kindN })
	case "<", "<=", ">", ">=":
		return n.checkKinds(kind.hasOrder)
	case opBetween:
		return n.checkBounds()
	}
	return nil
}

// checkOperands looks at what a comparison or function is given.
func (n *node) checkOperands() *apiError {
	want, isFunction := conditionFunctions[n.op]
	if !isFunction {
		want, isFunction = updateFunctions[n.op]
	}
	compares := comparators[n.op] || n.op == opBetween || n.op == opIn
	switch {
	case !isFunction && !compares:
		return invalid("Invalid function name; function: %s", n.op)
	case isFunction && len(n.args) != want:
		return invalid("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.op, len(n.args))
	}
	for _, arg := range n.args {
		if !arg.isOperand(updateFunctions[n.op] != 0) {
			return invalid("The function is not allowed to be used this way in an expression; function: %s", arg.op)
		}
	}
	if len(n.args) == 2 && n.args[0].op == opPath && n.args[1].op == opPath && updateFunctions[n.op] == 0 && slices.Equal(n.args[0].path, n.args[1].path) {
		return invalid("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %v", n.op, n.args[0].path)
	}
	return nil
}

// isOperand says whether a node has a value, in a condition or in an update.
func (n *node) isOperand(inUpdate bool) bool {
	switch n.op {
	case opPath, opValue:
		return true
	case "size":
		return !inUpdate
	}
	return inUpdate && updateFunctions[n.op] != 0
}

// checkKinds looks at the operands whose kind is known.
func (n *node) checkKinds(allowed func(kind) bool) *apiError {
	for _, arg := range n.args {
		if arg.op == opValue && !allowed(arg.value.kind) {
			return invalid("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.op, arg.value.kind)
		}
	}
	return nil
}

func (n *node) checkTypeName() *apiError {
	name := n.args[1]
	if name.op != opValue || name.value.kind != kindS {
		return invalid("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: %s", name.value.kind)
	}
	if !slices.Contains(kinds, kind(name.value.text)) {
		return invalid("Invalid attribute type name found; type: %s, valid types: %v", name.value.text, kinds)
	}
	return nil
}

func (n *node) checkBounds() *apiError {
	if err := n.checkKinds(kind.hasOrder); err != nil {
		return err
	}
	low, high := n.args[1], n.args[2]
	switch {
	case low.op != opValue || high.op != opValue:
		return nil
	case low.value.kind != high.value.kind:
		return invalid("The BETWEEN operator requires same data type for lower and upper bounds; lower bound: %s, upper bound: %s", low.value.kind, high.value.kind)
	case low.value.compare(high.value) > 0:
		return invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound: %q, upper bound: %q", low.value.text, high.value.text)
	}
	return nil
}

// checkCondition says whether the nodes that should be conditions are.
func (n *node) checkCondition() *apiError {
	switch {
	case n.op == opAnd || n.op == opOr || n.op == opNot:
		for _, arg := range n.args {
			if err := arg.checkCondition(); err != nil {
				return err
			}
		}
		return nil
	case n.op == opPath || n.op == opValue:
		return invalid("Syntax error; an operand stands where a condition is needed")
	case n.op == "size" || updateFunctions[n.op] != 0:
		return invalid("The function is not allowed to be used this way in an expression; function: %s", n.op)
	}
	return nil
}
