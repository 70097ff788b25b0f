package connect

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Describe writes the flow for people: its actions in the order in which the editor
// shows them from left to right, each with what it does and where it goes on.
func (f *Flow) Describe(w io.Writer) error {
	layers := newGraph(f).layers()
	order := make([]int, len(f.Actions))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(layers[a], layers[b]) })
	for _, i := range order {
		a := &f.Actions[i]
		if _, err := fmt.Fprintf(w, "%-24s %s\n", a.Identifier, a.summary()); err != nil {
			return err
		}
		for _, line := range a.lines() {
			if _, err := fmt.Fprintf(w, "%-24s   %s\n", "", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// summary is what an action does, in a few words.
func (a *Action) summary() string {
	value := func(name string) string { s, _ := a.Parameters[name].(string); return s }
	prompt := cmp.Or(value("Text"), value("SSML"), value("PromptId"), "a recording")
	switch a.Type {
	case MessageParticipant:
		return fmt.Sprintf("says %q", prompt)
	case GetParticipantInput:
		return fmt.Sprintf("says %q and waits for a key", prompt)
	case ConnectParticipantWithLexBot:
		bot, _ := a.Parameters["LexV2Bot"].(map[string]any)
		return fmt.Sprintf("asks %q, and talks as the bot %v", prompt, bot["AliasArn"])
	case InvokeLambdaFunction:
		return fmt.Sprintf("asks the function %s, for %s s at most", value("LambdaFunctionARN"), value("InvocationTimeLimitSeconds"))
	case Compare:
		return "looks at " + value("ComparisonValue")
	case Loop:
		return "lets a contact through " + value("LoopCount") + " times"
	case UpdateContactAttributes:
		values, _ := a.Parameters["Attributes"].(map[string]any)
		return "keeps " + pairs(values)
	case UpdateContactTargetQueue:
		return "chooses the queue " + cmp.Or(value("QueueId"), value("AgentId"))
	case TransferContactToQueue:
		return "hands over to the queue: the end"
	case DisconnectParticipant, EndFlowExecution:
		return "ends (" + a.Type + ")"
	}
	return a.Type + " " + pairs(a.Parameters)
}

func pairs(values map[string]any) string {
	var list []string
	for _, name := range sortedKeys(values) {
		list = append(list, fmt.Sprintf("%s=%v", name, values[name]))
	}
	return strings.Join(list, ", ")
}

// lines say where a contact goes on from the action, with all that leads to the
// same action on one line; no reason is any reason.
func (a *Action) lines() []string {
	t := &a.Transitions
	var targets []string
	why := map[string][]string{}
	add := func(reason, to string) {
		if why[to] == nil {
			targets = append(targets, to)
		}
		why[to] = append(why[to], reason)
	}
	if len(t.Conditions) == 0 && t.NextAction != "" && !kinds[a.Type].ends {
		add("", t.NextAction)
	}
	for _, c := range t.Conditions {
		add(c.Condition.words(), c.NextAction)
	}
	for _, e := range t.Errors {
		add(cmp.Or(errorWords[e.ErrorType], e.ErrorType), e.NextAction)
	}
	var lines []string
	for _, to := range targets {
		reasons := why[to]
		if reasons[0] == "" {
			reasons = nil
		}
		lines = append(lines, strings.TrimPrefix(strings.Join(reasons, ", ")+" -> "+to, " "))
	}
	return lines
}

func (c *Condition) words() string {
	operands := strings.Join(c.Operands, " ")
	if c.Operator == "Equals" {
		return operands
	}
	return c.Operator + " " + operands
}

var errorWords = map[string]string{
	NoMatchingError:        "error",
	NoMatchingCondition:    "otherwise",
	InputTimeLimitExceeded: "silence",
	QueueAtCapacity:        "full",
	InvalidPhoneNumber:     "no phone number",
}
