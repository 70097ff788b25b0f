package dynamolocal

import (
	"slices"
)

// query goes through the items under one hash key in the order of their range keys.
func (s *Server) query(q *request) (any, *apiError) {
	in := &q.in
	if err := in.checkScan(); err != nil {
		return nil, err
	}
	if in.KeyConditionExpression == nil {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	x, err := in.expressions()
	if err != nil {
		return nil, err
	}
	t, err := s.dataTable(q)
	if err != nil {
		return nil, err
	}
	if err := t.checkKeyCondition(x.keys); err != nil {
		return nil, err
	}
	if err := t.checkFilter(x.condition); err != nil {
		return nil, err
	}
	start, err := t.startOf(in)
	if err != nil {
		return nil, err
	}
	if start != nil && !x.keys.holds(start) {
		return nil, invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	return in.queryPage(t, x, start), nil
}

// startOf reads the key behind which a query goes on, nil for none.
func (t *table) startOf(in *input) (item, *apiError) {
	if in.ExclusiveStartKey == nil {
		return nil, nil
	}
	start, err := decodeItem(in.ExclusiveStartKey)
	if err != nil {
		return nil, err
	}
	if _, err := t.keyOf(start); err != nil {
		return nil, invalid("The provided starting key is invalid: %s", err.message)
	}
	return start, nil
}

// queryPage collects the items of a query, as many as fit.
func (in *input) queryPage(t *table, x expressions, start item) page {
	backward := in.ScanIndexForward != nil && !*in.ScanIndexForward
	inOrder := func(a, b item) int {
		order := a[t.sort.name].compare(b[t.sort.name])
		if backward {
			return -order
		}
		return order
	}
	var found []item
	for _, it := range t.all() {
		if x.keys.holds(it) && (start == nil || inOrder(it, start) > 0) {
			found = append(found, it)
		}
	}
	if t.sort.name != "" { // without one there is one item at most
		slices.SortFunc(found, inOrder)
	}
	return in.collect(t, x, found)
}

// checkKeyCondition wants the hash key to be equal to a value, and the range key, if
// anything, compared with values, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html.
func (t *table) checkKeyCondition(n *node) *apiError {
	conditions := []*node{n}
	if n.op == opAnd {
		conditions = n.args
	}
	seen := map[string]bool{}
	for _, c := range conditions {
		name, err := t.checkKeyPart(c)
		if err != nil {
			return err
		}
		if seen[name] {
			return invalid("KeyConditionExpressions must only contain one condition per key")
		}
		seen[name] = true
	}
	if !seen[t.keyName] {
		return invalid("Query condition missed key schema element: %s", t.keyName)
	}
	if len(seen) > 1 && !seen[t.sort.name] {
		return invalid("Query condition missed key schema element: %s", t.sort.name)
	}
	return nil
}

// checkKeyPart looks at the condition of one attribute of the key, and returns its name.
func (t *table) checkKeyPart(n *node) (string, *apiError) {
	switch {
	case !slices.Contains([]string{"=", "<", "<=", ">", ">=", opBetween, "begins_with"}, n.op):
		return "", invalid("Invalid operator used in KeyConditionExpression: %s", n.op)
	case n.args[0].op != opPath || len(n.args[0].path) != 1:
		return "", invalid("Invalid condition in KeyConditionExpression: an attribute of the key has to stand first")
	}
	name := n.args[0].path[0].name
	for _, arg := range n.args[1:] {
		switch {
		case arg.op != opValue:
			return "", invalid("Invalid condition in KeyConditionExpression: a value has to stand behind %s", name)
		case t.isKey(name) && arg.value.kind != t.kindOf(name):
			return "", invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
	}
	if name == t.keyName && n.op != "=" {
		return "", invalid("Query key condition not supported")
	}
	return name, nil
}

// checkFilter refuses a filter of a query by what its key condition is for.
func (t *table) checkFilter(n *node) *apiError {
	if n == nil {
		return nil
	}
	if n.op == opPath && t.isKey(n.path[0].name) {
		return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", n.path[0].name)
	}
	for _, arg := range n.args {
		if err := t.checkFilter(arg); err != nil {
			return err
		}
	}
	return nil
}
