package connectsim

import (
	"cmp"
	"context"
	"maps"
	"strconv"
	"strings"

	"lexline/internal/connect"
)

// actions has what each type of action does
// (https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html).
// Others end a contact with a fault that names them.
var actions map[string]func(*run, context.Context, *connect.Action) outcome

func init() { // the table leads to functions that look things up in it
	actions = map[string]func(*run, context.Context, *connect.Action) outcome{
		connect.MessageParticipant:             (*run).message,
		connect.InvokeLambdaFunction:           (*run).invoke,
		connect.Compare:                        (*run).compare,
		connect.ConnectParticipantWithLexBot:   (*run).lexBlock,
		connect.GetParticipantInput:            (*run).getInput,
		connect.UpdateContactAttributes:        (*run).updateAttributes,
		connect.UpdateContactData:              (*run).updateData,
		connect.UpdateContactTargetQueue:       (*run).updateQueue,
		connect.TransferContactToQueue:         (*run).transfer,
		connect.UpdateContactTextToSpeechVoice: (*run).nothing,
		connect.UpdateFlowLoggingBehavior:      (*run).logging,
		connect.DisconnectParticipant:          (*run).disconnect,
		connect.EndFlowExecution:               (*run).disconnect,
		connect.Loop:                           (*run).loop,
	}
}

// chooses reports whether an action goes on by its conditions.
func chooses(a *connect.Action) bool {
	switch a.Type {
	case connect.Compare, connect.ConnectParticipantWithLexBot, connect.Loop:
		return true
	case connect.GetParticipantInput:
		return !stores(a)
	}
	return false
}

func (c *run) nothing(context.Context, *connect.Action) outcome { return outcome{} }

func (c *run) disconnect(context.Context, *connect.Action) outcome {
	return outcome{end: Disconnected}
}

func (c *run) message(ctx context.Context, a *connect.Action) outcome {
	text, ok := c.prompt(a)
	if !ok {
		return failed("there is nothing to play")
	}
	c.play(ctx, a, text)
	return outcome{}
}

func (c *run) compare(_ context.Context, a *connect.Action) outcome {
	return outcome{results: resolve(text(a, "ComparisonValue"), c.data)}
}

// maxAttributes is what the attributes of a contact may take together, in bytes
// (https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html).
const maxAttributes = 32 << 10

func (c *run) updateAttributes(_ context.Context, a *connect.Action) outcome {
	if target := text(a, "TargetContact"); target != "" && target != "Current" {
		return failed("the target contact is %s; there is the current one only", target)
	}
	given, _ := a.Parameters["Attributes"].(map[string]any)
	values := maps.Clone(c.attributes)
	for key, value := range given {
		values[key] = fill(words(value), c.data)
	}
	size := 0
	for key, value := range values {
		size += len(key) + len(value)
	}
	if size > maxAttributes {
		return failed("the attributes have more than %d bytes", maxAttributes)
	}
	maps.Copy(c.attributes, values) // the map that references lead to
	return outcome{}
}

// updateData takes what of a contact's data a flow can refer to.
func (c *run) updateData(_ context.Context, a *connect.Action) outcome {
	for _, name := range []string{"LanguageCode", "Name", "Description", "CustomerId"} {
		if value := fill(text(a, name), c.data); value != "" {
			c.data[name] = value
		}
	}
	return outcome{}
}

func (c *run) updateQueue(_ context.Context, a *connect.Action) outcome {
	queue := resolve(cmp.Or(text(a, "QueueId"), text(a, "AgentId")), c.data)
	if queue == "" {
		return failed("no queue is named")
	}
	c.queue = queue
	c.data["Queue"] = map[string]any{"ARN": queue, "Name": queue[strings.LastIndex(queue, "/")+1:]}
	return outcome{}
}

func (c *run) transfer(context.Context, *connect.Action) outcome {
	switch {
	case c.queue == "":
		return failed("no queue was set before")
	case c.n.cfg.QueueFull:
		return outcome{failed: connect.QueueAtCapacity, why: "the queue is full"}
	}
	c.result.Queue = c.queue
	return outcome{end: Queued}
}

// loop goes on as often as its count says, is done once, and begins anew
// (https://docs.aws.amazon.com/connect/latest/APIReference/flow-control-actions-loop.html).
func (c *run) loop(_ context.Context, a *connect.Action) outcome {
	count, err := strconv.Atoi(resolve(words(a.Parameters["LoopCount"]), c.data))
	switch {
	case err != nil || count < 0:
		return failed("LoopCount is not a number")
	case c.loops[a.Identifier] == count:
		c.loops[a.Identifier] = 0
		return outcome{results: connect.DoneLooping}
	}
	c.loops[a.Identifier]++
	return outcome{results: connect.ContinueLooping}
}

func (c *run) logging(_ context.Context, a *connect.Action) outcome {
	c.silent = text(a, "FlowLoggingBehavior") == "Disabled"
	return outcome{}
}

// text returns a parameter as it is in the flow, empty when it has none.
func text(a *connect.Action, name string) string {
	value, _ := a.Parameters[name].(string)
	return value
}

// resolveAll returns parameters with all references replaced, to be shown.
func resolveAll(parameters map[string]any, data map[string]any) map[string]any {
	shown := make(map[string]any, len(parameters))
	for name, value := range parameters {
		switch v := value.(type) {
		case string:
			shown[name] = fill(v, data)
		case map[string]any:
			shown[name] = resolveAll(v, data)
		default:
			shown[name] = v
		}
	}
	return shown
}
