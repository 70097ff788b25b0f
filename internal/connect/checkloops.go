package connect

import (
	"slices"
	"strconv"
	"strings"
)

// loops reports where a contact can go round for ever and hear nothing, or nothing
// that asks it for a word. Ways out of an action whose prompt was heard are no part of
// the first; a prompt that fails is not heard, and a bot whose region fails may be
// one. A way that can be taken only a number of times is no part of either.
func (c *checker) loops() {
	silent := map[int]bool{}
	for _, cycle := range c.endless(c.graph.isSilent) {
		c.say(cycle[0], Error, "silent-loop", "lead one of them to a prompt, count the rounds with a Loop, or mark in an attribute what was tried and compare it",
			"a contact can go round for ever, and hear nothing: %s", c.names(cycle))
		for _, i := range cycle {
			silent[i] = true
		}
	}
	for _, cycle := range c.endless(c.graph.isUnasked) {
		if !slices.ContainsFunc(cycle, func(i int) bool { return silent[i] }) { // else one mistake is told twice
			c.say(cycle[0], Warning, "endless-loop", "lead one of them to the end, count the rounds with a Loop, or mark in an attribute what was tried and compare it",
				"a contact can go round for ever without being asked anything: %s", c.names(cycle))
		}
	}
}

// endless are the sets of actions in which contacts can go round for ever over ways
// that may be taken, where there is a way to the end all the same.
func (c *checker) endless(open func(way) bool) (found [][]int) {
	reached, ending := c.graph.distances(), c.ending()
	limited := map[way]bool{}
	may := func(w way) bool { return open(w) && !c.isCounted(w) && !limited[w] }
	for {
		cycles, before := c.graph.cycles(may), len(limited)
		for _, cycle := range cycles {
			c.limit(cycle, may, limited)
		}
		if len(limited) > before {
			continue
		}
		for _, cycle := range cycles {
			if _, comes := reached[cycle[0]]; comes && ending[cycle[0]] { // else that is told already
				found = append(found, cycle)
			}
		}
		return found
	}
}

// isCounted reports whether a way is the one that a Loop lets through a number of
// times. Round for ever one comes over its other way, too.
func (c *checker) isCounted(w way) bool {
	return c.flow.Actions[w.from].Type == Loop && w.condition != nil && isEquals(w.condition, ContinueLooping)
}

// maxCycle is how many ways a loop may have to be examined for marks; the work grows
// with the third power.
const maxCycle = 500

// limit adds the ways of a cycle that marks close behind a contact: ways out of a
// Compare of an attribute with a mark, taken while it is not marked, to which nobody
// comes back without setting the mark, which nothing in the cycle takes away.
func (c *checker) limit(cycle []int, may func(way) bool, limited map[way]bool) {
	inside := func(w way) bool { return may(w) && contains(cycle, w.from) && contains(cycle, w.to) }
	ways := 0
	for _, i := range cycle {
		ways += len(c.graph.out[i])
	}
	for _, i := range cycle {
		attr, ok := c.comparedAttribute(i)
		if !ok || ways > maxCycle {
			continue
		}
		for _, cond := range c.flow.Actions[i].Transitions.Conditions {
			if mark := cond.Condition.Operands[0]; c.isStable(cycle, attr, mark) {
				c.limitBy(i, attr, mark, inside, limited)
			}
		}
	}
}

// limitBy adds the ways out of the Compare at i that one mark closes.
func (c *checker) limitBy(i int, attr, mark string, inside func(way) bool, limited map[way]bool) {
	back := c.graph.leading(func(w way) bool {
		value, sets := c.attribute(w.from, attr)
		return inside(w) && (!sets || value != mark || w.err != "") // an update that fails sets no mark
	}, i)
	for _, w := range c.graph.out[i] {
		closes := w.condition == nil || !isEquals(w.condition, mark)
		if closes && inside(w) && !back[w.to] {
			limited[w] = true
		}
	}
}

// comparedAttribute is the contact attribute that a Compare looks at, all its
// conditions being Equals with one static operand.
func (c *checker) comparedAttribute(i int) (string, bool) {
	a := &c.flow.Actions[i]
	path, _ := a.Parameters["ComparisonValue"].(string)
	name, ok := strings.CutPrefix(path, "$.Attributes.")
	for _, cond := range a.Transitions.Conditions {
		if cond.Condition.Operator != "Equals" || len(cond.Condition.Operands) != 1 || strings.Contains(cond.Condition.Operands[0], "$") {
			return "", false
		}
	}
	return name, ok && a.Type == Compare
}

// isStable reports whether no action of the cycle sets the attribute to
// anything but mark.
func (c *checker) isStable(cycle []int, attr, mark string) bool {
	for _, i := range cycle {
		if value, sets := c.attribute(i, attr); sets && value != mark {
			return false
		}
	}
	return true
}

// attribute is what an action sets an attribute to.
func (c *checker) attribute(i int, attr string) (value any, sets bool) {
	a := &c.flow.Actions[i]
	if a.Type != UpdateContactAttributes {
		return nil, false
	}
	values, _ := a.Parameters["Attributes"].(map[string]any)
	value, sets = values[attr]
	return value, sets
}

func (c *checker) names(actions []int) string {
	const most = 6
	var names []string
	for _, i := range actions[:min(most, len(actions))] {
		names = append(names, c.flow.Actions[i].Identifier)
	}
	if len(actions) > most {
		names = append(names, "and "+strconv.Itoa(len(actions)-most)+" more")
	}
	return strings.Join(names, ", ")
}

func isEquals(cond *Condition, value string) bool {
	return cond.Operator == "Equals" && len(cond.Operands) == 1 && cond.Operands[0] == value
}

func contains(sorted []int, i int) bool {
	_, found := slices.BinarySearch(sorted, i)
	return found
}
