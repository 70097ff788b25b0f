package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lexline/internal/connectsim"
)

func lambdaInvokeCommand() command {
	return command{"lambda invoke", "run a Lambda function of Amazon Connect once, on this machine", runLambdaInvoke}
}

const lambdaInvokeAbout = `Starts the program of a Lambda function as AWS Lambda does, has it handle one event and
prints its answer, indented at a terminal, else on one line. HANDLER is lexDRTest, the
scheduled health check, or lexDRGetRegion, which a contact flow asks. The program sees the
environment that --env gives it, what Lambda itself sets, and nothing else. What it logs
goes to the standard error, with a line at the end that says how long it took.

examples:
  lexline lambda invoke lexDRGetRegion --env TABLE_NAME=lexDR --env PRIMARY_REGION=us-east-1 \
      --env AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8490 \
      --event '{"Details":{"Parameters":{"region":"us-east-1"}}}'
  lexline lambda invoke lexDRTest --env-file check.env --limit 15s --repeat 3`

// invokeOptions are the flags of `lexline lambda invoke`.
type invokeOptions struct {
	handler, bootstrap, region, event string
	env                               []string
	limit                             time.Duration
	repeat                            int
}

func parseInvokeOptions(env *environment, args []string) (*invokeOptions, error) {
	o := &invokeOptions{event: "{}"}
	flags := newFlags(env, "lambda invoke", "HANDLER", lambdaInvokeAbout)
	flags.StringVar(&o.bootstrap, "bootstrap", "", "`program` of the function (default lexline-lambda beside this program)")
	flags.StringVar(&o.region, "region", "us-east-1", "`region` that the function runs in, as it is told")
	flags.Func("env", "environment of the function, as `NAME=VALUE`; may be repeated", appendEnv(&o.env))
	flags.Func("env-file", "`file` with a line NAME=VALUE for each variable; lines that begin with # say nothing", o.addEnvFile)
	flags.Func("event", "event, a JSON `text`, or a file's name behind @ (default {})", o.setEvent)
	flags.DurationVar(&o.limit, "limit", 15*time.Second, "`time` after which the function is killed, as Lambda does")
	flags.IntVar(&o.repeat, "repeat", 1, "`number` of invocations, one after the other; all but the first are warm")
	var err error
	if o.handler, err = operandAmong(flags, args); err != nil {
		return nil, err
	}
	switch {
	case o.handler == "":
		return nil, usageError{&hintError{errors.New("lambda invoke takes the function's handler"), "the handlers are lexDRTest and lexDRGetRegion"}}
	case o.limit <= 0 || o.limit > 15*time.Minute:
		return nil, usageError{fmt.Errorf("--limit %v is not between 0 and Lambda's 15 minutes", o.limit)}
	case o.repeat < 1 || o.repeat > 10_000:
		return nil, usageError{fmt.Errorf("--repeat %d is not from 1 to 10000", o.repeat)}
	}
	if o.bootstrap == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find our own program: %w", err)
		}
		o.bootstrap = filepath.Join(filepath.Dir(self), "lexline-lambda")
	}
	return o, nil
}

// addEnvFile takes the variables in a file.
func (o *invokeOptions) addEnvFile(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	add, n := appendEnv(&o.env), 0
	for line := range strings.Lines(string(content)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := add(line); err != nil {
			return fmt.Errorf("%s line %d: %w", name, n, err)
		}
	}
	return nil
}

// setEvent takes the event, or the file that has it.
func (o *invokeOptions) setEvent(text string) error {
	if name, isFile := strings.CutPrefix(text, "@"); isFile {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		text = string(content)
	}
	if !json.Valid([]byte(text)) {
		return errors.New("must be JSON, or a file of it as @FILE")
	}
	o.event = text
	return nil
}

func runLambdaInvoke(ctx context.Context, env *environment, args []string) (err error) {
	o, err := parseInvokeOptions(env, args)
	if err != nil {
		return err
	}
	report := &invocations{w: env.stderr}
	function, err := connectsim.StartFunction(ctx, connectsim.FunctionConfig{
		Bootstrap: o.bootstrap, Handler: o.handler, Region: o.region, Env: o.env, Timeout: o.limit,
		Log: (&lineWriter{w: env.stderr}).line, Report: report.one,
	})
	if err != nil {
		return &hintError{err, "make build builds bin/lexline-lambda; --bootstrap names another program"}
	}
	defer func() { err = errors.Join(err, function.Close()) }()
	for range o.repeat {
		answer, err := function.Invoke(ctx, []byte(o.event))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.handler, err)
		}
		if err := printAnswer(env.stdout, answer, isTerminal(env.stdout)); err != nil {
			return fmt.Errorf("print the answer: %w", err)
		}
	}
	return nil
}

// printAnswer prints an answer on one line, and for a person indented if it is JSON.
func printAnswer(w io.Writer, answer []byte, forPerson bool) error {
	text := bytes.TrimSpace(answer)
	var indented bytes.Buffer
	if forPerson && json.Indent(&indented, text, "", "  ") == nil {
		text = indented.Bytes()
	}
	_, err := fmt.Fprintf(w, "%s\n", text)
	return err
}

// invocations says how long each one took.
type invocations struct{ w io.Writer }

func (i *invocations) one(r connectsim.Report) {
	text := fmt.Sprintf("REPORT %s  duration %.1f ms", r.RequestID, 1000*r.Duration.Seconds())
	if r.Init > 0 {
		text += fmt.Sprintf(", start %.1f ms", 1000*r.Init.Seconds())
	}
	fmt.Fprintln(i.w, text)
}
