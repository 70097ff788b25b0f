package connect

import (
	"slices"
	"strings"
)

// transitions checks which transitions an action has; dangling, where they lead.
func (c *checker) transitions(i int, a *Action, k kind) {
	t := &a.Transitions
	switch {
	case t.NextAction == "" && k.next == required:
		c.breaks(i, "missing-next", "NextAction says which action follows", "it goes on nowhere")
	case t.NextAction != "" && k.next == forbidden:
		c.say(i, Error, "transition", "take the transitions out", "nothing follows %s, and here NextAction does", a.Type)
	}
	c.errorTransitions(i, a, k)
	c.conditions(i, a, k)
}

func (c *checker) errorTransitions(i int, a *Action, k kind) {
	there := map[string]bool{}
	for _, e := range a.Transitions.Errors {
		known := slices.ContainsFunc(k.errors, func(n errorNeed) bool { return n.name == e.ErrorType })
		switch {
		case !known:
			c.say(i, Error, "transition", errorNames(k), "%s has no error %q", a.Type, e.ErrorType)
		case there[e.ErrorType]:
			c.say(i, Error, "transition", "the second one is never taken", "the error %s is there twice", e.ErrorType)
		}
		there[e.ErrorType] = true
	}
	for _, n := range k.errors {
		if need := c.needOf(a, n); !there[n.name] && need >= advised {
			c.missingError(i, a, n.name, need)
		}
	}
}

// needOf is whether an action needs that error, which for keys depends on what is
// done with them.
func (c *checker) needOf(a *Action, n errorNeed) need {
	if a.Type == GetParticipantInput && n.name == NoMatchingCondition && a.Parameters["StoreInput"] != "True" {
		return required
	}
	return n.need
}

func (c *checker) missingError(i int, a *Action, name string, need need) {
	level, code := Error, "missing-error"
	switch {
	case need == advised:
		level = Warning
	case a.Type == Compare && name == NoMatchingCondition:
		code = "no-default"
	}
	hint := "add the error to its transitions: what becomes of the contact then?"
	if code == "no-default" {
		hint = "lead NoMatchingCondition to a good default: a region's name may be missing, err, or one that nobody expected"
	}
	c.say(i, level, code, hint, "it does not say what follows %s", name)
}

func errorNames(k kind) string {
	var names []string
	for _, n := range k.errors {
		names = append(names, n.name)
	}
	if len(names) == 0 {
		return "it has no errors"
	}
	return "its errors are " + strings.Join(names, ", ")
}

func (c *checker) conditions(i int, a *Action, k kind) {
	t := &a.Transitions
	switch n := len(t.Conditions); {
	case n > 0 && k.operators == nil:
		c.say(i, Error, "transition", "compare its result in a Compare that follows", "%s has no conditions", a.Type)
		return
	case n > 0 && a.Type == GetParticipantInput && a.Parameters["StoreInput"] == "True":
		c.say(i, Error, "transition", "compare $.StoredCustomerInput in a Compare that follows", "keys that are stored have no conditions")
		return
	case n < k.conditions:
		c.say(i, Error, "missing-next", "", "it has %d conditions, and needs %d", n, k.conditions)
	}
	seen := map[string]bool{}
	for _, cond := range t.Conditions {
		key := cond.Condition.Operator + " " + strings.Join(cond.Condition.Operands, " ")
		if seen[key] {
			c.say(i, Warning, "never-true", "take one of them out", "the condition %s is there twice; the second is never looked at", key)
		}
		seen[key] = true
		c.condition(i, a, k, cond.Condition)
	}
}

func (c *checker) condition(i int, a *Action, k kind, cond Condition) {
	if !slices.Contains(k.operators, cond.Operator) {
		c.say(i, Error, "operator", "it is one of "+strings.Join(k.operators, ", "), "the conditions of %s have no operator %q", a.Type, cond.Operator)
		return
	}
	if len(cond.Operands) != 1 {
		c.say(i, Error, "operands", "", "%s takes one operand, and has %d", cond.Operator, len(cond.Operands))
		return
	}
	operand := cond.Operands[0]
	switch {
	case a.Type == GetParticipantInput && !(len(operand) == 1 && strings.Contains("0123456789*#", operand)):
		c.say(i, Error, "operands", "a key is one of 0 to 9, * and #", "%q is no key", operand)
	case a.Type == Loop && operand != ContinueLooping && operand != DoneLooping:
		c.say(i, Error, "operands", "it is "+ContinueLooping+" or "+DoneLooping, "a Loop does not result in %q", operand)
	default:
		c.add(i, checkRoots("the operand", operand))
	}
}

// dangling reports transitions to actions that are not there.
func (c *checker) dangling(i int) {
	t := &c.flow.Actions[i].Transitions
	targets := []string{t.NextAction}
	for _, e := range t.Errors {
		targets = append(targets, e.NextAction)
	}
	for _, cond := range t.Conditions {
		targets = append(targets, cond.NextAction)
	}
	said := map[string]bool{}
	for k, id := range targets {
		if _, there := c.graph.at[id]; there || said[id] || k == 0 && id == "" {
			continue
		}
		said[id] = true
		c.breaks(i, "dangling", "lead it to an action of this flow", "it leads to %q, and there is no such action", id)
	}
}
