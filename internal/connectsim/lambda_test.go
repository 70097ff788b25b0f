package connectsim

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/connect"
)

// lambdaFlow has n Lambda blocks, and then an end; an error leads to another end.
func lambdaFlow(n int, parameters map[string]any) *connect.Flow {
	parameters["LambdaFunctionARN"] = "arn:aws:lambda:us-east-1:123456789012:function:slow"
	var all []connect.Action
	for i := range n {
		next := "good"
		if i < n-1 {
			next = string(rune('b' + i))
		}
		all = append(all, act(string(rune('a'+i)), "InvokeLambdaFunction", parameters, next+" NoMatchingError:bad"))
	}
	return flowOf(append(all, act("good", "DisconnectParticipant", ends(), ""), act("bad", "DisconnectParticipant", ends(), ""))...)
}

// TestLambdaLimits has what Connect allows a Lambda block; times are those of a
// bubble.
func TestLambdaLimits(t *testing.T) {
	takes := func(d time.Duration, answer string) *invoker {
		return &invoker{answer: func(ctx context.Context, _ []byte) (string, error) {
			pause(ctx, d)
			return answer, ctx.Err()
		}}
	}
	failsAfter := func(d time.Duration) *invoker {
		return &invoker{answer: func(ctx context.Context, _ []byte) (string, error) {
			pause(ctx, d)
			return "", errors.New("planted")
		}}
	}
	failing := 0
	recovers := &invoker{answer: func(context.Context, []byte) (string, error) {
		if failing++; failing <= 3 {
			return "", errors.New("planted")
		}
		return `{}`, nil
	}}
	limit := func(seconds string) map[string]any { return map[string]any{"InvocationTimeLimitSeconds": seconds} }
	kind := func(t string) map[string]any {
		return map[string]any{"ResponseValidation": map[string]any{"ResponseType": t}}
	}
	tests := []struct {
		name       string
		blocks     int
		parameters map[string]any
		function   *invoker
		end        string
		took       time.Duration
		calls      int64
		why        string // of the last invocation
	}{
		{"an answer in time", 1, limit("8"), takes(7*time.Second, `{"a":"b"}`), "good", 7 * time.Second, 1, `{"a":"b"}`},
		{"an answer too late", 1, limit("2"), takes(3*time.Second, `{}`), "bad", 2 * time.Second, 1, "no answer of the Lambda function within 2s"},
		{"three seconds where the block says nothing", 1, ends(), takes(time.Minute, `{}`), "bad", 3 * time.Second, 1, "no answer of the Lambda function within 3s"},
		{"at most eight seconds", 1, limit("60"), takes(time.Minute, `{}`), "bad", 8 * time.Second, 1, "no answer of the Lambda function within 8s"},
		{"three retries", 1, limit("8"), failsAfter(time.Second), "bad", 4300 * time.Millisecond, 4, "the Lambda function failed 4 times: planted"},
		{"retries inside the time limit", 1, limit("3"), failsAfter(2 * time.Second), "bad", 3 * time.Second, 2, "no answer of the Lambda function within 3s"},
		{"the last retry succeeds", 1, limit("8"), recovers, "good", 300 * time.Millisecond, 4, `{}`},
		{"twenty seconds for a chain", 4, limit("8"), takes(7*time.Second, `{}`), "bad", 20 * time.Second, 3, "no answer of the Lambda function within 6s"},
		{"no string map: a number", 1, ends(), takes(0, `{"statusCode":200}`), "bad", 0, 1, `"statusCode" in the answer of the Lambda function is not a string, as STRING_MAP wants it`},
		{"no string map: nested", 1, kind("STRING_MAP"), takes(0, `{"a":{"b":"c"}}`), "bad", 0, 1, `"a" in the answer of the Lambda function is not a string, as STRING_MAP wants it`},
		{"JSON may nest", 1, kind("JSON"), takes(0, `{"a":{"b":200}}`), "good", 0, 1, `{"a":{"b":200}}`},
		{"no object", 1, kind("JSON"), takes(0, `[1]`), "bad", 0, 1, "the answer of the Lambda function is no JSON object"},
		{"nothing at all", 1, ends(), takes(0, `null`), "bad", 0, 1, "the answer of the Lambda function is no JSON object"},
		{"almost 32 KB", 1, ends(), takes(0, `{"a":"`+strings.Repeat("b", 32<<10-9)+`"}`), "good", 0, 1, `{"a":"` + strings.Repeat("b", 32<<10-9) + `"}`},
		{"32 KB", 1, ends(), takes(0, `{"a":"`+strings.Repeat("b", 32<<10-8)+`"}`), "bad", 0, 1, "the answer of the Lambda function has 32768 bytes, and must have fewer than 32768"},
		{"a time limit that is no number", 1, limit("soon"), takes(0, `{}`), "bad", 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := start(t, Config{Flow: lambdaFlow(tt.blocks, tt.parameters), Functions: map[string]Invoker{"slow": tt.function}})
				r := n.Run(t.Context(), Contact{Caller: order()})
				why := ""
				for _, e := range r.Events {
					if e.Event == KindInvoke {
						why = e.Text
					}
				}
				end := r.Path[len(r.Path)-1]
				if calls := tt.function.calls.Load(); end != tt.end || r.Length != tt.took || calls != tt.calls || why != tt.why {
					t.Errorf("end %s after %s and %d invocations: %s\nwant %s after %s and %d: %s", end, r.Length, calls, why, tt.end, tt.took, tt.calls, tt.why)
				}
			})
		})
	}
}

func TestPromptBetweenLambdaBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parameters := map[string]any{"LambdaFunctionARN": "slow", "InvocationTimeLimitSeconds": "8"}
		f := flowOf(
			act("a", "InvokeLambdaFunction", parameters, "b NoMatchingError:bad"),
			act("b", "InvokeLambdaFunction", parameters, "say NoMatchingError:bad"),
			act("say", "MessageParticipant", map[string]any{"Text": "One moment."}, "c"),
			act("c", "InvokeLambdaFunction", parameters, "d NoMatchingError:bad"),
			act("d", "InvokeLambdaFunction", parameters, "good NoMatchingError:bad"),
			act("good", "DisconnectParticipant", ends(), ""), act("bad", "DisconnectParticipant", ends(), ""),
		)
		slow := &invoker{answer: func(ctx context.Context, _ []byte) (string, error) {
			pause(ctx, 7*time.Second)
			return `{}`, ctx.Err()
		}}
		r := start(t, Config{Flow: f, Functions: map[string]Invoker{"slow": slow}}).Run(t.Context(), Contact{Caller: order()})
		if got := strings.Join(r.Path, " "); got != "a b say c d good" || r.Silence != 14*time.Second {
			t.Errorf("path %q, longest silence %s; want four answers around a prompt, 14 s", got, r.Silence)
		}
	})
}

func TestUnknownFunction(t *testing.T) {
	n := start(t, Config{Flow: lambdaFlow(1, ends()), Functions: map[string]Invoker{"other": constant(`{}`)}})
	r := n.Run(t.Context(), Contact{Caller: order()})
	if end := r.Path[len(r.Path)-1]; end != "bad" {
		t.Errorf("the flow ends at %s; want the error branch, as there is no function of that name", end)
	}
}

func TestExternalIsOverwritten(t *testing.T) {
	f := flowOf(
		act("a", "InvokeLambdaFunction", map[string]any{"LambdaFunctionARN": "first"}, "b"),
		act("b", "InvokeLambdaFunction", map[string]any{"LambdaFunctionARN": "second"}, "say"),
		act("say", "MessageParticipant", map[string]any{"Text": "[$.External.one] [$.External.two]"}, "bye"),
		act("bye", "DisconnectParticipant", ends(), ""),
	)
	functions := map[string]Invoker{"first": constant(`{"one":"1"}`), "second": constant(`{"two":"2"}`)}
	r := start(t, Config{Flow: f, Functions: functions}).Run(t.Context(), Contact{Caller: order()})
	if diff := cmp.Diff([]string{"[] [2]"}, prompts(r)); diff != "" {
		t.Errorf("prompts (-want +got):\n%s", diff)
	}
}

func TestLambdaEvent(t *testing.T) {
	var got map[string]any
	function := &invoker{answer: func(_ context.Context, payload []byte) (string, error) {
		return `{}`, json.Unmarshal(payload, &got)
	}}
	n := start(t, Config{
		Flow:      lambdaFlow(1, map[string]any{"LambdaInvocationAttributes": map[string]any{"region": "$.AwsRegion", "kind": "dr"}}),
		Functions: map[string]Invoker{"": function},
	})
	n.Run(t.Context(), Contact{ID: "contact-1", From: "+15550100001", To: "+15550100002", Attributes: map[string]string{"tier": "gold"}, Caller: order()})
	endpoint := func(number string) any { return map[string]any{"Address": number, "Type": "TELEPHONE_NUMBER"} }
	want := map[string]any{"Name": "ContactFlowEvent", "Details": map[string]any{
		"Parameters": map[string]any{"region": "us-east-1", "kind": "dr"},
		"ContactData": map[string]any{
			"Attributes": map[string]any{"tier": "gold"}, "Channel": "VOICE", "ContactId": "contact-1", "InitialContactId": "contact-1",
			"PreviousContactId": "contact-1", "CustomerEndpoint": endpoint("+15550100001"), "SystemEndpoint": endpoint("+15550100002"),
			"CustomerId": nil, "Description": nil, "Name": nil, "Queue": nil, "References": map[string]any{}, "InitiationMethod": "INBOUND",
			"InstanceARN":  "arn:aws:connect:us-east-1:123456789012:instance/00000000-0000-4000-8000-000000000000",
			"LanguageCode": "en-US", "MediaStreams": map[string]any{"Customer": map[string]any{"Audio": nil}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestAsynchronousInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := false
		slow := &invoker{answer: func(ctx context.Context, _ []byte) (string, error) {
			pause(ctx, 2*time.Second)
			done = true
			return "no JSON", nil
		}}
		n := start(t, Config{Flow: lambdaFlow(1, map[string]any{"InvocationType": "ASYNCHRONOUS"}), Functions: map[string]Invoker{"": slow}})
		r := n.Run(t.Context(), Contact{Caller: order()})
		if r.Path[len(r.Path)-1] != "good" || !done {
			t.Errorf("path %v, function done %v; want the block left without an answer, and the function waited for", r.Path, done)
		}
	})
}
