package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// commandGroup is commands for one purpose of the person who types them.
type commandGroup struct {
	title    string
	commands []command
}

// commandGroups is the command table; lexline prints it in this order.
func commandGroups() []commandGroup {
	return []commandGroup{
		{"try it on this machine", []command{demoCommand(), phoneCommand(), phoneAnswerCommand()}},
		{"answer calls, and place them", []command{serveCommand(), checkCommand(), healthCommand(), dialCommand()}},
		{"look at calls", []command{statusCommand(), callsCommand(), callsShowCommand(), hearCommand()}},
		{"regions", []command{
			regionStatusCommand(), regionPinCommand(), regionUnpinCommand(), regionHistoryCommand(), regionWatchCommand(),
			regionDrillCommand(), regionParityCommand(), tableServeCommand(),
		}},
		{"bots", []command{botServeCommand(), botCheckCommand(), botDeployCommand(), botHookCommand()}},
		{"Amazon Connect", []command{connectFlowCommand(), connectCheckCommand(), connectCallCommand(), lambdaInvokeCommand()}},
		{"deploy to AWS", []command{deployPlanCommand(), iamCommand()}},
		{"this program", []command{completionCommand(), versionCommand()}},
	}
}

// commands are those of all groups.
func commands() []command {
	var all []command
	for _, group := range commandGroups() {
		all = append(all, group.commands...)
	}
	return all
}

// lookUp finds the command that args begin with. No arguments, or help for
// everything, is no command and no error; help for the first word of commands is a
// command that lists them.
func lookUp(args []string) (*command, []string, error) {
	if len(args) > 1 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	if len(args) == 0 || isHelp(args[0]) {
		return nil, nil, nil
	}
	for words := min(2, len(args)); words > 0; words-- { // calls show is not calls
		if c := find(strings.Join(args[:words], " ")); c != nil {
			return c, args[words:], nil
		}
	}
	if args[0] == "--version" {
		return find("version"), nil, nil
	}
	if group := commandsOf(args[0]); group != "" {
		if len(args) == 2 && isHelp(args[1]) {
			return groupHelp(args[0]), nil, nil
		}
		err := fmt.Errorf("%s is the beginning of: %s", args[0], group)
		if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
			err = fmt.Errorf("there is no command %s %s; there are: %s", args[0], args[1], group)
		}
		return nil, nil, usageError{&hintError{err, "each of them explains itself with --help"}}
	}
	err := fmt.Errorf("there is no command %q", strings.Join(args[:min(2, len(args))], " "))
	return nil, nil, usageError{&hintError{err, "lexline help lists the commands"}}
}

func isHelp(word string) bool { return word == "help" || word == "--help" || word == "-h" }

// groupHelp lists the commands that begin with word.
func groupHelp(word string) *command {
	return &command{name: word, run: func(_ context.Context, env *environment, _ []string) error {
		fmt.Fprintf(env.stdout, "usage: lexline %s COMMAND [flags]\n\n", word)
		for _, c := range commands() {
			if strings.HasPrefix(c.name, word+" ") {
				fmt.Fprintf(env.stdout, "  %-15s %s\n", c.name, c.summary)
			}
		}
		_, err := fmt.Fprintf(env.stdout, "\nlexline %s COMMAND --help explains one command.\n", word)
		return err
	}}
}

// find returns the command of that name.
func find(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return &c
		}
	}
	return nil
}

// commandsOf lists the commands of two words that begin with word.
func commandsOf(word string) string {
	var names []string
	for _, c := range commands() {
		if strings.HasPrefix(c.name, word+" ") {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

// firstSteps are what a stranger types first, and why.
var firstSteps = []struct{ typed, why string }{
	{"lexline demo", "hear a bot take orders, and lose a region: no account, 75 s"},
	{"lexline check --config lexline.yml", "with your number and your bot in that file: is all there?"},
	{"lexline serve --config lexline.yml", "answer your number"},
}

func usage(w io.Writer) {
	fmt.Fprint(w, "lexline keeps a Lex bot on the line: a voice gateway between Twilio calls and Amazon Lex V2.\n\n"+
		"usage: lexline COMMAND [flags]\n\nfirst steps:\n")
	for _, step := range firstSteps {
		fmt.Fprintf(w, "  $ %-36s %s\n", step.typed, step.why)
	}
	for _, group := range commandGroups() {
		fmt.Fprintf(w, "\n%s:\n", group.title)
		for _, c := range group.commands {
			fmt.Fprintf(w, "  %-15s %s\n", c.name, c.summary)
		}
	}
	fmt.Fprint(w, "\nlexline COMMAND --help explains one command, with examples.\n")
}

// manual is what a command says of itself.
type manual struct {
	flags    *flag.FlagSet
	operands string // as in the line of usage
	about    string
}

// manual asks the command for it, by which nothing is done.
func (c *command) manual() (manual, error) {
	var told manual
	env := &environment{
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
		getenv: func(string) string { return "" },
		tell:   func(m manual) { told = m },
	}
	if err := c.run(context.Background(), env, []string{"--help"}); !errors.Is(err, flag.ErrHelp) || told.flags == nil {
		return manual{}, fmt.Errorf("ask the command %s for its flags: it ended with %v", c.name, err)
	}
	return told, nil
}

// newFlags returns the flag set of one command; about follows the usage line
// in its help. Whoever asks for the help finds it on the standard output; of a
// wrong flag only the error is returned, and nothing printed.
func newFlags(env *environment, name, operands, about string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	wrong := &complaint{}
	flags.SetOutput(wrong)
	flags.Usage = func() {
		if wrong.made {
			return
		}
		if env.tell != nil {
			env.tell(manual{flags, operands, about})
			return
		}
		fmt.Fprintf(env.stdout, "usage: lexline %s\n\n%s\n\nflags:\n", strings.TrimSpace(name+" [flags] "+operands), about)
		var defaults strings.Builder
		flags.SetOutput(&defaults)
		flags.PrintDefaults()
		flags.SetOutput(wrong)
		// Both spellings are taken; the help has the one of the examples.
		fmt.Fprint(env.stdout, wrapDefaults(strings.ReplaceAll("\n"+defaults.String(), "\n  -", "\n  --")[1:]))
	}
	return flags
}

// helpWidth is how many columns the help of a command takes at the most.
const helpWidth = 100

// wrapDefaults breaks what flag.PrintDefaults writes of each flag, a line behind a tab
// however long, into lines of helpWidth.
func wrapDefaults(defaults string) string {
	const before, indent = "    \t", "        "
	var out strings.Builder
	for line := range strings.Lines(defaults) {
		text, explains := strings.CutPrefix(line, before)
		if !explains {
			out.WriteString(line)
			continue
		}
		column := 0
		for _, word := range strings.Fields(text) {
			switch {
			case column == 0:
				out.WriteString(indent)
				column = len(indent)
			case column+1+len(word) > helpWidth:
				out.WriteString("\n" + indent)
				column = len(indent)
			default:
				out.WriteString(" ")
				column++
			}
			out.WriteString(word)
			column += len(word)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// logFormatFlag has isJSON say whether the log of a server is for programs.
func logFormatFlag(flags *flag.FlagSet, isJSON *bool) {
	flags.Func("log-format", "`format` of the log: text, or json with one object a line (default text)", func(text string) error {
		if text != "text" && text != "json" {
			return errors.New("must be text or json")
		}
		*isJSON = text == "json"
		return nil
	})
}

// complaint takes what the package flag prints of a wrong flag before it shows the
// usage, which it also returns as an error.
type complaint struct{ made bool }

func (c *complaint) Write(p []byte) (int, error) {
	c.made = true
	return len(p), nil
}

// helped adds to wrong use of a command where its right use is explained.
func helped(cmd *command, err error) error {
	if _, ok := errors.AsType[usageError](err); !ok {
		return err
	}
	if _, ok := errors.AsType[*hintError](err); ok {
		return err
	}
	return usageError{&hintError{err, fmt.Sprintf("lexline %s --help explains it", cmd.name)}}
}

// parse parses flags up to the first operand. Wrong ones are a usageError.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{twoDashes{err}}
	}
	return nil
}

// twoDashes is an error of the package flag that writes flags as the help does.
type twoDashes struct{ error }

// oneDash is what these errors say in front of the dash before a flag's name.
var oneDash = regexp.MustCompile(`^(flag provided but not defined: |flag needs an argument: |invalid (?:boolean )?value "(?:[^"\\]|\\.)*" for (?:flag )?)-`)

func (e twoDashes) Error() string { return oneDash.ReplaceAllString(e.error.Error(), "$1--") }

func (e twoDashes) Unwrap() error { return e.error }

// parseFlags parses args, all of which must be flags.
func parseFlags(flags *flag.FlagSet, args []string) error {
	if err := parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("%s takes no operand %q", flags.Name(), flags.Arg(0))}
	}
	return nil
}
