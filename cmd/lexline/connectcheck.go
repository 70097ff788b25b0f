package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"lexline/internal/connect"
)

func connectCheckCommand() command {
	return command{"connect check", "say what is wrong with a contact flow", runConnectCheck}
}

const connectCheckAbout = `Reads a contact flow as Amazon Connect exports it and says what is wrong with it: parameters
and transitions of every action, ways to nowhere, contacts that never end, go round in
silence, or are lost with a region. An action that lexline does not check is an error, as
nothing can be said of what follows it, unless --allow names it: then it is a warning, and
taken for a block that speaks and goes on by its transitions. With errors the exit code is
1, with warnings 0.

examples:
  lexline connect check flow.json
  lexline connect check flow.json --describe           and print the flow for people
  lexline connect check flow.json --allow ShowView --allow TransferToFlow
  lexline connect check flow.json --json | jq '.problems[].code'
  aws connect describe-contact-flow ... --query ContactFlow.Content --output text |
      lexline connect check -`

// flowReport is what connect check prints with --json.
type flowReport struct {
	File     string            `json:"file"`
	OK       bool              `json:"ok"`
	Actions  int               `json:"actions"`
	Problems []connect.Problem `json:"problems"`
}

func runConnectCheck(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "connect check", "FILE", connectCheckAbout)
	asJSON := flags.Bool("json", false, "print JSON, for programs")
	describe := flags.Bool("describe", false, "print the flow for people as well")
	var allowed []string
	flags.Func("allow", "`TYPE` of actions that are taken unchecked; may be repeated", appendTo(&allowed))
	file, err := operandAmong(flags, args)
	switch {
	case err != nil:
		return err
	case file == "":
		return usageError{&hintError{errors.New("the file of a flow is missing"), "lexline connect check FILE, or - for the standard input"}}
	case *asJSON && *describe:
		return usageError{errors.New("--json and --describe exclude each other")}
	}
	flow, err := readFlow(env, file)
	if err != nil {
		return err
	}
	problems := flow.Check(allowed...)
	faults := 0
	for _, p := range problems {
		if p.Level == connect.Error {
			faults++
		}
	}
	if err := printFlowReport(env.stdout, flow, flowReport{file, faults == 0, len(flow.Actions), problems}, *asJSON, *describe); err != nil {
		return err
	}
	if faults > 0 {
		return fmt.Errorf("%s has %s", file, count(faults, "error", "errors"))
	}
	return nil
}

// readFlow reads the flow in a file, or on the standard input.
func readFlow(env *environment, file string) (*connect.Flow, error) {
	read := func() ([]byte, error) { return os.ReadFile(file) }
	if file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(io.LimitReader(env.stdin, 2<<20)) }
	}
	text, err := read()
	if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	flow, err := connect.DecodeFlow(text)
	if err != nil {
		return nil, &hintError{fmt.Errorf("%s: %w", file, err), "lexline reads the flow language: the editor's export, or the Content of aws connect describe-contact-flow"}
	}
	return flow, nil
}

func printFlowReport(w io.Writer, flow *connect.Flow, report flowReport, asJSON, describe bool) error {
	if asJSON {
		if report.Problems == nil {
			report.Problems = []connect.Problem{}
		}
		return printJSON(w, report)
	}
	if describe {
		if err := describeFlow(w, flow); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, p := range report.Problems {
		fmt.Fprintln(w, printable(p.String()))
		if p.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", printable(p.Hint))
		}
	}
	if !report.OK {
		return nil
	}
	_, err := fmt.Fprintf(w, "%s: ok (%s)\n", report.File, flowSummary(flow))
	return err
}

// describeFlow prints a flow for people; the words in it may come from anybody.
func describeFlow(w io.Writer, flow *connect.Flow) error {
	var text strings.Builder
	if err := flow.Describe(&text); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, printable(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}
