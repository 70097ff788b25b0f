package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"lexline/internal/connect"
	"lexline/internal/connectsim"
)

// contactFunctions are the Lambda functions behind a flow.
type contactFunctions struct {
	invokers map[string]connectsim.Invoker
	running  []*connectsim.Function
}

func (f *contactFunctions) close() error {
	var all []error
	for _, one := range f.running {
		all = append(all, one.Close())
	}
	return errors.Join(all...)
}

// functions starts what answers for the Lambda functions of the flow.
func (o *connectCallOptions) functions(ctx context.Context, env *environment, flow *connect.Flow) (*contactFunctions, error) {
	f := &contactFunctions{invokers: map[string]connectsim.Invoker{}}
	names := lambdaNames(flow)
	switch {
	case o.lambdaAnswer != "":
		answer, err := o.constantAnswer()
		if err != nil {
			return nil, err
		}
		f.invokers[""] = answer
	case o.bootstrap == "" && len(names) > 0:
		fmt.Fprintf(env.stderr, "note: nothing answers for %s, so the flow goes on by its error branch; see --bootstrap and --lambda-answer\n",
			printable(strings.Join(names, ", ")))
	case o.bootstrap != "":
		for _, name := range names {
			function, err := o.startFunction(ctx, env, name)
			if err != nil {
				return nil, errors.Join(&hintError{err, "make build builds bin/lexline-lambda"}, f.close())
			}
			f.running = append(f.running, function)
			f.invokers[name] = function
		}
	}
	return f, nil
}

func (o *connectCallOptions) startFunction(ctx context.Context, env *environment, name string) (*connectsim.Function, error) {
	handler := name
	if o.handler != "" {
		handler = o.handler
	}
	log := &lineWriter{w: env.stderr, prefix: name + ": "}
	return connectsim.StartFunction(ctx, connectsim.FunctionConfig{
		Bootstrap: o.bootstrap, Handler: handler, Name: name, Region: o.region, Env: o.env, Log: log.line,
	})
}

// constantAnswer is what a function always answers.
type constantAnswer []byte

func (a constantAnswer) Invoke(context.Context, []byte) ([]byte, error) { return a, nil }

func (o *connectCallOptions) constantAnswer() (constantAnswer, error) {
	if strings.HasPrefix(strings.TrimSpace(o.lambdaAnswer), "{") {
		return constantAnswer(o.lambdaAnswer), nil
	}
	answer, err := connect.EncodeRegionAnswer(o.lambdaAnswer)
	if err != nil {
		return nil, usageError{&hintError{err, `--lambda-answer takes a region, or a whole answer such as '{"primaryCode":"err"}'`}}
	}
	return answer, nil
}

// appendEnv takes a variable of a Lambda function's environment.
func appendEnv(list *[]string) func(string) error {
	return func(text string) error {
		if name, _, ok := strings.Cut(text, "="); !ok || name == "" {
			return errors.New("must be NAME=VALUE")
		}
		*list = append(*list, text)
		return nil
	}
}

// lineWriter writes lines of several goroutines, each behind a prefix.
type lineWriter struct {
	w      io.Writer
	prefix string
}

func (l *lineWriter) line(line []byte) {
	// One call of Write for each line: the writers underneath keep it whole.
	fmt.Fprint(l.w, l.prefix+printable(strings.TrimSuffix(string(line), "\n"))+"\n")
}

// lambdaNames are the names of the Lambda functions in a flow.
func lambdaNames(flow *connect.Flow) []string {
	return arnParts(flow, connect.InvokeLambdaFunction, func(p map[string]any) string {
		arn, _ := p["LambdaFunctionARN"].(string)
		if parts := strings.Split(arn, ":"); len(parts) >= 7 {
			return parts[6]
		}
		return arn
	})
}

// lexRegions are the regions of the bots in a flow. What a reference leads to is
// known only when a contact gets there, and stands here as it is written.
func lexRegions(flow *connect.Flow) []string {
	return arnParts(flow, connect.ConnectParticipantWithLexBot, func(p map[string]any) string {
		bot, _ := p["LexV2Bot"].(map[string]any)
		arn, _ := bot["AliasArn"].(string)
		if parts := strings.Split(arn, ":"); len(parts) >= 4 {
			return parts[3]
		}
		return arn
	})
}

// arnParts returns what part finds in the parameters of all actions of a kind,
// each once and in order.
func arnParts(flow *connect.Flow, kind string, part func(map[string]any) string) []string {
	found := map[string]bool{}
	for _, a := range flow.Actions {
		if name := part(a.Parameters); a.Type == kind && name != "" {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// allIn reports whether all names are keys of the map.
func allIn(names []string, in map[string]string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return in[name] == "" })
}
