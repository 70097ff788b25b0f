package connectsim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lexline/internal/connect"
)

// botDouble answers as Lex does, on the goroutine that asks. The host of a request
// is the region.
type botDouble func(region, text string) botReply

// botReply is one answer; a status of 0 is 200.
type botReply struct {
	status int
	takes  time.Duration
	action string // dialog action
	intent string
	state  string
	slots  map[string]string
	says   []string
}

func (b botDouble) RoundTrip(r *http.Request) (*http.Response, error) {
	var asked struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	reply := b(r.URL.Hostname(), asked.Text)
	pause(r.Context(), reply.takes)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	status, body := http.StatusOK, reply.body()
	if reply.status != 0 {
		status, body = reply.status, map[string]any{"message": "planted"}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

func (b botReply) body() any {
	var messages []any
	for _, text := range b.says {
		messages = append(messages, map[string]any{"contentType": "PlainText", "content": text})
	}
	slots := map[string]any{}
	for name, value := range b.slots {
		slots[name] = map[string]any{"value": map[string]any{"interpretedValue": value}}
	}
	return map[string]any{
		"messages": messages,
		"sessionState": map[string]any{
			"dialogAction": map[string]any{"type": b.action},
			"intent":       map[string]any{"name": b.intent, "state": b.state, "slots": slots},
		},
	}
}

// florist asks for the kind of flowers, and closes the dialog with it.
func florist(_, text string) botReply {
	switch {
	case strings.Contains(text, "order"):
		return botReply{action: "ElicitSlot", intent: "OrderFlowers", state: "InProgress", says: []string{"What flowers?"}}
	case strings.Contains(text, "roses"):
		return botReply{
			action: "Close", intent: "OrderFlowers", state: "Fulfilled",
			slots: map[string]string{"FlowerType": "roses"}, says: []string{"Your roses are ordered."},
		}
	}
	return botReply{action: "Close", intent: "FallbackIntent", state: "Failed", says: []string{"Sorry."}}
}

// down makes a bot fail in one region.
func down(region string, bot botDouble) botDouble {
	return func(in, text string) botReply {
		if in == region {
			return botReply{status: http.StatusServiceUnavailable}
		}
		return bot(in, text)
	}
}

// endpoints leads the two regions to a botDouble.
var endpoints = map[string]string{"us-east-1": "http://us-east-1", "us-west-2": "http://us-west-2"}

// invoker is a Lambda function in this process. It counts its invocations.
type invoker struct {
	calls  atomic.Int64
	answer func(ctx context.Context, payload []byte) (string, error)
}

func (i *invoker) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	i.calls.Add(1)
	answer, err := i.answer(ctx, payload)
	return []byte(answer), err
}

func constant(answer string) *invoker {
	return &invoker{answer: func(context.Context, []byte) (string, error) { return answer, nil }}
}

func ends() map[string]any { return map[string]any{} }

// act makes an action. transitions is "next" or a list such as
// "next NoMatchingError:other =OrderFlowers:done".
func act(id, kind string, parameters map[string]any, transitions string) connect.Action {
	a := connect.Action{Identifier: id, Type: kind, Parameters: parameters}
	for word := range strings.FieldsSeq(transitions) {
		name, next, ok := strings.Cut(word, ":")
		operand, isCondition := strings.CutPrefix(name, "=")
		switch {
		case !ok:
			a.Transitions.NextAction = word
		case isCondition:
			a.Transitions.Conditions = append(a.Transitions.Conditions, connect.Conditional{
				NextAction: next, Condition: connect.Condition{Operator: "Equals", Operands: []string{operand}},
			})
		default:
			a.Transitions.Errors = append(a.Transitions.Errors, connect.ErrorTransition{NextAction: next, ErrorType: name})
		}
	}
	return a
}

func flowOf(actions ...connect.Action) *connect.Flow {
	return &connect.Flow{Version: connect.FlowVersion, StartAction: actions[0].Identifier, Actions: actions}
}

func lexAction(id, region, prompt, transitions string) connect.Action {
	return act(id, "ConnectParticipantWithLexBot", map[string]any{
		"Text": prompt,
		"LexV2Bot": map[string]any{
			"AliasArn": "arn:aws:lex:" + region + ":123456789012:bot-alias/BOTBOTBOT1/ALIASALIA1",
		},
	}, transitions)
}

// drFlow asks a Lambda function for the region, and has a Lex block for each, of
// which an error leads to the other.
func drFlow() *connect.Flow {
	const lexTransitions = "bye =OrderFlowers:bye InputTimeLimitExceeded:sorry NoMatchingCondition:sorry NoMatchingError:"
	return flowOf(
		act("ask", "InvokeLambdaFunction", map[string]any{
			"LambdaFunctionARN":          "arn:aws:lambda:us-east-1:123456789012:function:lexDRGetRegion",
			"InvocationTimeLimitSeconds": "8",
			"LambdaInvocationAttributes": map[string]any{"region": "$.AwsRegion"},
		}, "which NoMatchingError:east"),
		act("which", "Compare", map[string]any{"ComparisonValue": "$.External.primaryCode"},
			"=us-east-1:east =us-west-2:west NoMatchingCondition:east"),
		lexAction("east", "us-east-1", "Welcome. What would you like?", lexTransitions+"west"),
		lexAction("west", "us-west-2", "Welcome. How can we help?", lexTransitions+"sorry"),
		act("sorry", "MessageParticipant", map[string]any{"Text": "Sorry."}, "bye"),
		act("bye", "DisconnectParticipant", ends(), ""),
	)
}

func order() *Script { return &Script{Lines: Say("I would like to order flowers", "roses")} }

// start makes an instance of a configuration that gets what a test needs.
func start(t *testing.T, cfg Config) *Instance {
	t.Helper()
	orElse(&cfg.Region, "us-east-1")
	if cfg.Lex == nil {
		cfg.Lex = endpoints
	}
	if cfg.Transport == nil {
		cfg.Transport = botDouble(florist)
	}
	if cfg.Functions == nil {
		cfg.Functions = map[string]Invoker{"": constant(`{"primaryCode":"us-east-1"}`)}
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}
