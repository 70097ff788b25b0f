package connect

import (
	"strconv"
	"strings"
)

// lambdaTotal is how long Lambda functions may take in a row without a prompt
// between them, in seconds
// (https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
const lambdaTotal = 20

// lambdas checks how long functions take in a row, and that answers are used where
// there is one.
func (c *checker) lambdas() {
	g := c.graph
	longest := make([]int, len(g.out))
	state := make([]int, len(g.out)) // 1: being looked at, which ends a cycle; 2: known
	var total func(i int) int
	total = func(i int) int {
		if state[i] != 0 {
			return longest[i]
		}
		state[i] = 1
		after := 0
		for _, w := range g.out[i] {
			if g.isSilent(w) {
				after = max(after, total(w.to))
			}
		}
		longest[i], state[i] = after+c.lambdaSeconds(i), 2
		return longest[i]
	}
	comes := g.distances()
	for i := range c.flow.Actions {
		_, reached := comes[i]
		if reached && c.lambdaSeconds(i) > 0 && total(i) > lambdaTotal && !c.follows(i) {
			c.say(i, Error, "lambda-chain", "put a prompt between the functions, or wait less long for each",
				"from here on functions may take %d s with no prompt between them; Amazon Connect ends that after %d s", total(i), lambdaTotal)
		}
	}
	c.answers()
}

// follows reports whether a function can come before the one at i without a prompt
// between: then the row is told of there.
func (c *checker) follows(i int) bool {
	for k := range c.flow.Actions {
		if k == i || c.lambdaSeconds(k) == 0 {
			continue
		}
		if _, leads := c.graph.reach(c.graph.isSilent, k)[i]; leads {
			return true
		}
	}
	return false
}

func (c *checker) lambdaSeconds(i int) int {
	a := &c.flow.Actions[i]
	if a.Type != InvokeLambdaFunction || a.Parameters["InvocationType"] == "ASYNCHRONOUS" {
		return 0
	}
	limit, _ := a.Parameters["InvocationTimeLimitSeconds"].(string)
	seconds, _ := strconv.Atoi(limit)
	return max(0, min(seconds, maxLambdaSeconds))
}

// answers reports actions that use $.External where no function was asked.
func (c *checker) answers() {
	g := c.graph
	answered := func(w way) bool {
		a := &c.flow.Actions[w.from]
		return a.Type == InvokeLambdaFunction && a.Parameters["InvocationType"] != "ASYNCHRONOUS" && w.err == "" && w.condition == nil
	}
	without := g.reach(func(w way) bool { return !answered(w) }, g.start()...)
	for i := range c.flow.Actions {
		if _, comes := without[i]; !comes || !usesAnswer(c.flow.Actions[i].Parameters) {
			continue
		}
		c.say(i, Error, "no-answer-yet", "invoke the function first, and lead its error branch past this action",
			"it uses $.External, and a contact can come here before any function has answered")
	}
}

// usesAnswer reports whether a parameter has a path to a function's answer in it.
func usesAnswer(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "$.External")
	case map[string]any:
		for _, value := range v {
			if usesAnswer(value) {
				return true
			}
		}
	}
	return false
}
