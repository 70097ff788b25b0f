package connect

import (
	"strconv"
	"strings"
)

// lambdaTotal is how long Lambda functions may take in a row without a prompt
// between them, in seconds
// (https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
const lambdaTotal = 20

const lambdaHint = "put a prompt between the functions, or wait less long for each"

// lambdas checks how long functions take in a row, and that answers are used where
// there is one. A row is told of where it begins.
func (c *checker) lambdas() {
	comes, follows, row := c.graph.distances(), c.afterLambdas(), c.rows()
	for i := range c.flow.Actions {
		_, reached := comes[i]
		_, inside := follows[i]
		if reached && !inside && c.lambdaSeconds(i) > 0 && row[i] > lambdaTotal {
			c.say(i, Error, "lambda-chain", lambdaHint,
				"from here on functions may take %d s with no prompt between them; Amazon Connect ends that after %d s", row[i], lambdaTotal)
		}
	}
	c.repeatedLambdas(comes)
	c.answers()
}

// afterLambdas are the actions that a contact can come to from a function without a
// prompt between.
func (c *checker) afterLambdas() map[int]int {
	var from []int
	for i, ways := range c.graph.out {
		for _, w := range ways {
			if c.lambdaSeconds(i) > 0 && w.to != i {
				from = append(from, w.to)
			}
		}
	}
	return c.graph.reach(c.graph.isSilent, from...)
}

// rows are the longest times that functions may take from each action on without a
// prompt between them, in seconds, going round nowhere.
func (c *checker) rows() []int {
	longest, seen := make([]int, len(c.graph.out)), make([]bool, len(c.graph.out))
	var visit func(i int) int
	visit = func(i int) int {
		if seen[i] { // known, or being looked at: a way round
			return longest[i]
		}
		seen[i] = true
		after := 0
		for _, w := range c.graph.out[i] {
			if c.graph.isSilent(w) {
				after = max(after, visit(w.to))
			}
		}
		longest[i] = after + c.lambdaSeconds(i)
		return longest[i]
	}
	for i := range longest {
		visit(i)
	}
	return longest
}

// repeatedLambdas reports functions that a Loop lets be asked too often without a
// prompt.
func (c *checker) repeatedLambdas(comes map[int]int) {
	for _, cycle := range c.graph.cycles(c.graph.isSilent) {
		seconds, rounds, first := 0, 1, -1
		for _, i := range cycle {
			if s := c.lambdaSeconds(i); s > 0 {
				seconds += s
				if first < 0 {
					first = i
				}
			}
			rounds = max(rounds, 1+c.loopCount(i))
		}
		if _, reached := comes[cycle[0]]; reached && seconds*rounds > lambdaTotal && rounds > 1 {
			c.say(first, Error, "lambda-chain", lambdaHint,
				"a Loop lets functions be asked %d times with no prompt between, which may take %d s; Amazon Connect ends that after %d s", rounds, seconds*rounds, lambdaTotal)
		}
	}
}

func (c *checker) loopCount(i int) int {
	text, _ := c.flow.Actions[i].Parameters["LoopCount"].(string)
	n, _ := strconv.Atoi(text)
	return max(0, min(n, 100))
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
