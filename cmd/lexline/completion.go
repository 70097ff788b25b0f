package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

const completionAbout = `Prints the script that has a shell complete what is typed: commands, their flags, and files
where a file is wanted. It is made from the commands and flags of this very program: after
an update, print it again. It works where the program is found by its name, lexline.

examples:
  lexline completion bash > ~/.local/share/bash-completion/completions/lexline
  lexline completion zsh > ~/.zsh/completions/_lexline      where that folder is in fpath
  lexline completion fish > ~/.config/fish/completions/lexline.fish
  source <(lexline completion bash)                         only for this shell`

func completionCommand() command {
	return command{"completion", "print the script that has a shell complete commands and flags", runCompletion}
}

func runCompletion(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "completion", "bash|zsh|fish", completionAbout)
	shell, err := operandAmong(flags, args)
	if err != nil {
		return err
	}
	var write func(io.Writer, []completable)
	switch shell {
	case "bash":
		write = bashCompletion
	case "zsh":
		write = zshCompletion
	case "fish":
		write = fishCompletion
	case "":
		return usageError{errors.New("completion needs the name of a shell: bash, zsh or fish")}
	default:
		return usageError{fmt.Errorf("there is no completion for %q, only for bash, zsh and fish", shell)}
	}
	rows, err := completables()
	if err != nil {
		return err
	}
	var script strings.Builder
	write(&script, rows)
	if _, err := io.WriteString(env.stdout, script.String()); err != nil {
		return fmt.Errorf("print the completion: %w", err)
	}
	return nil
}

// completable is a command as a shell completes it.
type completable struct {
	name, summary string
	flags         []completableFlag
	operand       string // kind of what it is given besides: one of the kinds, or words to choose from
}

// completableFlag is a flag of a command.
type completableFlag struct {
	name, about string
	value       string // name of its value; empty: it has none
	kind        string // of its value
}

// Kinds of values. Any other text is words to choose from, with spaces between them.
const (
	kindNone   = ""         // nothing that a shell could know
	kindFile   = "<file>"   // a file or folder
	kindFolder = "<folder>" // a folder
)

// isWords reports whether kind is words to choose from.
func isWords(kind string) bool {
	return kind != kindNone && kind != kindFile && kind != kindFolder
}

// completables are the commands, with the flags that they really parse.
func completables() ([]completable, error) {
	var rows []completable
	for _, c := range commands() {
		m, err := c.manual()
		if err != nil {
			return nil, err
		}
		row := completable{name: c.name, summary: c.summary, operand: operandKind(m.operands)}
		m.flags.VisitAll(func(f *flag.Flag) {
			value, about := flag.UnquoteUsage(f)
			row.flags = append(row.flags, completableFlag{f.Name, firstClause(about), value, valueKind(value)})
		})
		rows = append(rows, row)
	}
	return rows, nil
}

// operandKind reads the kind of a command's operands from its line of usage.
func operandKind(operands string) string {
	switch name := strings.TrimSuffix(operands, "..."); {
	case strings.Contains(name, "|"):
		return strings.ReplaceAll(name, "|", " ")
	case slices.Contains([]string{"PATH", "EXPORT", "FLOW", "FILE", "FILE.wav"}, name):
		return kindFile
	}
	return kindNone
}

// valueKind reads the kind of a flag's value from the name that the help has for it.
func valueKind(name string) string {
	switch strings.ToLower(name) {
	case "file", "export", "path", "program":
		return kindFile
	case "folder":
		return kindFolder
	}
	return kindNone
}

// firstClause is the beginning of a flag's explanation, as far as fits beside its name.
func firstClause(about string) string {
	about, _, _ = strings.Cut(about, ";")
	about, _, _ = strings.Cut(about, ", such as")
	about = strings.Join(strings.Fields(about), " ")
	if len(about) > 70 {
		about = about[:strings.LastIndex(about[:70], " ")] + " ..."
	}
	return about
}

// typed writes a flag as people type it: one dash before a letter, two before a word.
func (f *completableFlag) typed() string {
	if len(f.name) == 1 {
		return "-" + f.name
	}
	return "--" + f.name
}

// firstWords are the words that commands begin with, each once, in their order, with a
// summary where a command is that word alone.
func firstWords(rows []completable) (words []string, summary map[string]string) {
	summary = map[string]string{}
	for _, row := range rows {
		first, second, _ := strings.Cut(row.name, " ")
		if !slices.Contains(words, first) {
			words = append(words, first)
		}
		switch {
		case second == "":
			summary[first] = row.summary
		case summary[first] == "":
			summary[first] = commandsOf(first)
		}
	}
	return words, summary
}

// secondWords are the commands of two words that begin with first.
func secondWords(rows []completable, first string) []completable {
	var found []completable
	for _, row := range rows {
		if strings.HasPrefix(row.name, first+" ") {
			found = append(found, row)
		}
	}
	return found
}

// shellQuote quotes text for a POSIX shell, and for zsh.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// fishQuote quotes text for fish.
func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
