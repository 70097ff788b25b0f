package connectsim

import (
	"context"
	"strconv"
	"strings"
	"time"

	"lexline/internal/connect"
)

// actions has what each type of action does
// (https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html).
// Others end a contact with a fault that names them.
var actions map[string]func(*run, context.Context, *connect.Action) outcome

func init() { // the table leads to functions that look things up in it
	actions = map[string]func(*run, context.Context, *connect.Action) outcome{
		"MessageParticipant":             (*run).message,
		"InvokeLambdaFunction":           (*run).invoke,
		"Compare":                        (*run).compare,
		"ConnectParticipantWithLexBot":   (*run).lexBlock,
		"GetParticipantInput":            (*run).getInput,
		"UpdateContactAttributes":        (*run).updateAttributes,
		"UpdateContactData":              (*run).updateData,
		"UpdateContactTargetQueue":       (*run).updateQueue,
		"TransferContactToQueue":         (*run).transfer,
		"UpdateContactTextToSpeechVoice": (*run).nothing,
		"UpdateContactRecordingBehavior": (*run).nothing,
		"UpdateFlowLoggingBehavior":      (*run).nothing,
		"DisconnectParticipant":          (*run).disconnect,
		"EndFlowExecution":               (*run).disconnect,
		"Wait":                           (*run).wait,
	}
}

// chooses reports whether an action goes on by its conditions.
func chooses(a *connect.Action) bool {
	switch a.Type {
	case "Compare", "ConnectParticipantWithLexBot":
		return true
	case "GetParticipantInput":
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
	size := 0
	for key, value := range c.attributes {
		size += len(key) + len(value)
	}
	values := map[string]string{}
	for key, value := range given {
		values[key] = fill(words(value), c.data)
		size += len(key) + len(values[key])
	}
	if size > maxAttributes {
		return failed("the attributes have more than %d bytes", maxAttributes)
	}
	for key, value := range values {
		c.attributes[key] = value
	}
	return outcome{}
}

// updateData takes what of a contact's data matters here: its language.
func (c *run) updateData(_ context.Context, a *connect.Action) outcome {
	if language := resolve(text(a, "LanguageCode"), c.data); language != "" {
		c.data["LanguageCode"] = language
	}
	return outcome{}
}

func (c *run) updateQueue(_ context.Context, a *connect.Action) outcome {
	queue := resolve(text(a, "QueueId"), c.data)
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
		return outcome{failed: queueAtCapacity, why: "the queue is full"}
	}
	c.result.Queue = c.queue
	return outcome{end: Queued}
}

// wait waits at the pace, as it is time that passes for the caller.
func (c *run) wait(ctx context.Context, a *connect.Action) outcome {
	seconds, err := strconv.Atoi(resolve(text(a, "TimeoutSeconds"), c.data))
	if err != nil || seconds < 0 {
		return failed("the time is no number of seconds")
	}
	pause(ctx, c.paced(time.Duration(seconds)*time.Second))
	return outcome{results: "WaitCompleted"}
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
