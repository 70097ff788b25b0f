package connectsim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lexline/internal/connect"
)

// invoke runs a Lambda function as Connect does: within the block's time limit,
// again after an error, and with an answer that a flow can use
// (https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
func (c *run) invoke(ctx context.Context, a *connect.Action) outcome {
	arn := fill(text(a, "LambdaFunctionARN"), c.data)
	function, ok := c.function(arn)
	if !ok {
		return failed("there is no Lambda function %q", arn)
	}
	limit, err := c.timeLimit(a)
	if err != nil {
		return failed("%v", err)
	}
	payload, err := json.Marshal(c.lambdaEvent(a))
	if err != nil {
		return failed("write the event: %v", err)
	}
	if text(a, "InvocationType") == "ASYNCHRONOUS" {
		c.background.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			_, _ = function.Invoke(ctx, payload) // nobody waits for what it says
		})
		return outcome{}
	}
	began := time.Now()
	answer, err := c.attempts(ctx, function, payload, limit)
	c.chain += time.Since(began)
	var external map[string]any
	if err == nil {
		external, err = readLambdaAnswer(answer, responseType(a), c.n.limits.AnswerBytes)
	}
	c.emit(c.invoked(a, began, answer, err))
	if err != nil {
		return failed("%v", err)
	}
	c.data["External"] = external
	return outcome{results: "Success", external: shown(external)}
}

// invoked is the event of an invocation.
func (c *run) invoked(a *connect.Action, began time.Time, answer []byte, err error) Event {
	e := Event{Event: KindInvoke, Action: a.Identifier, Type: a.Type, Text: string(answer), TookMS: time.Since(began).Milliseconds()}
	if err != nil {
		e.Text, e.Error = err.Error(), connect.NoMatchingError
	}
	return e
}

// function finds a Lambda function by its name, or by an ARN with it:
// arn:aws:lambda:REGION:ACCOUNT:function:NAME and perhaps :ALIAS.
func (c *run) function(arn string) (Invoker, bool) {
	name := arn
	if parts := strings.Split(arn, ":"); len(parts) >= 7 && parts[0] == "arn" && parts[2] == "lambda" {
		name = parts[6]
	}
	if arn == "" {
		return nil, false
	}
	f, ok := c.n.cfg.Functions[name]
	if !ok {
		f, ok = c.n.cfg.Functions[""]
	}
	return f, ok
}

// timeLimit returns how long a Lambda block may take: what it names, what Connect
// allows, and what the blocks before it have left.
func (c *run) timeLimit(a *connect.Action) (time.Duration, error) {
	limits := c.n.limits
	limit := limits.LambdaDefault
	if named := resolve(text(a, "InvocationTimeLimitSeconds"), c.data); named != "" {
		seconds, err := strconv.Atoi(named)
		if err != nil || seconds < 1 {
			return 0, fmt.Errorf("InvocationTimeLimitSeconds is %q, no number of seconds", named)
		}
		limit = time.Duration(seconds) * time.Second
	}
	left := limits.LambdaChain - c.chain
	if left <= 0 {
		return 0, fmt.Errorf("the Lambda functions before it took the %s that they may take without a prompt", limits.LambdaChain)
	}
	return min(limit, limits.Lambda, left), nil
}

// attempts invokes the function until it answers, the retries are used up or the
// time is over.
func (c *run) attempts(ctx context.Context, f Invoker, payload []byte, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for retry := 0; ; retry++ {
		answer, err := f.Invoke(ctx, payload)
		switch {
		case err == nil:
			return answer, nil
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return nil, fmt.Errorf("no answer of the Lambda function within %s", limit)
		case retry >= c.n.limits.LambdaRetries:
			return nil, fmt.Errorf("the Lambda function failed %d times: %w", retry+1, err)
		}
		pause(ctx, c.n.limits.RetryPause)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no answer of the Lambda function within %s: %w", limit, err)
		}
	}
}

// lambdaEvent is what the function is given.
func (c *run) lambdaEvent(a *connect.Action) any {
	parameters := map[string]any{}
	given, _ := a.Parameters["LambdaInvocationAttributes"].(map[string]any)
	for key, value := range given {
		parameters[key] = resolve(words(value), c.data)
	}
	data := map[string]any{
		"CustomerId": nil, "Description": nil, "Name": nil, "PreviousContactId": c.in.ID, "Queue": nil,
		"References":   map[string]any{},
		"MediaStreams": map[string]any{"Customer": map[string]any{"Audio": nil}},
	}
	for _, key := range []string{
		"Attributes", "Channel", "ContactId", "CustomerEndpoint", "CustomerId", "Description", "InitialContactId",
		"InitiationMethod", "InstanceARN", "LanguageCode", "Name", "Queue", "SystemEndpoint",
	} {
		if value, ok := c.data[key]; ok {
			data[key] = value
		}
	}
	return map[string]any{"Name": "ContactFlowEvent", "Details": map[string]any{"ContactData": data, "Parameters": parameters}}
}

func responseType(a *connect.Action) string {
	validation, _ := a.Parameters["ResponseValidation"].(map[string]any)
	return cmp.Or(words(validation["ResponseType"]), stringMap)
}

const stringMap = "STRING_MAP"

// readLambdaAnswer checks an answer as the response type wants it: JSON is any
// object, and STRING_MAP one of strings only. Which letters those may have is
// documented in two ways, so all are taken.
func readLambdaAnswer(answer []byte, kind string, atMost int) (map[string]any, error) {
	if len(answer) >= atMost {
		return nil, fmt.Errorf("the answer of the Lambda function has %d bytes, and must have fewer than %d", len(answer), atMost)
	}
	var external map[string]any
	if err := json.Unmarshal(answer, &external); err != nil || external == nil {
		return nil, errors.New("the answer of the Lambda function is no JSON object")
	}
	if kind != stringMap {
		return external, nil
	}
	for key, value := range external {
		if _, ok := value.(string); !ok {
			return nil, fmt.Errorf("%q in the answer of the Lambda function is not a string, as %s wants it", key, stringMap)
		}
	}
	return external, nil
}

// shown returns an answer as text, for the records.
func shown(external map[string]any) map[string]string {
	texts := make(map[string]string, len(external))
	for key, value := range external {
		texts[key] = words(value)
	}
	return texts
}
