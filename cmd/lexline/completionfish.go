package main

import (
	"fmt"
	"io"
	"strings"
)

// fishCompletion has a line for each command and each flag
// (https://fishshell.com/docs/current/cmds/complete.html).
func fishCompletion(w io.Writer, rows []completable) {
	first, summary := firstWords(rows)
	fmt.Fprint(w, `# Completion of lexline for fish, printed by "lexline completion fish".

# Whether the words that are typed begin with these, and more words come behind them.
function __lexline_after
	set -l typed (commandline -opc)[2..-1]
	test "$typed[1]" = help; and set -e typed[1]
	test (count $typed) -ge (count $argv); or return 1
	for i in (seq (count $argv))
		test "$typed[$i]" = "$argv[$i]"; or return 1
	end
end

# Whether it is these words that are typed, and no other.
function __lexline_at
	set -l typed (commandline -opc)[2..-1]
	test "$typed[1]" = help; and set -e typed[1]
	test "$typed" = "$argv"
end

complete -c lexline -f
complete -c lexline -n __lexline_at -a help -d 'explain a command'
`)
	for _, word := range first {
		fmt.Fprintf(w, "complete -c lexline -n __lexline_at -a %s -d %s\n", word, fishQuote(summary[word]))
		for _, row := range secondWords(rows, word) {
			fmt.Fprintf(w, "complete -c lexline -n '__lexline_at %s' -a %s -d %s\n",
				word, strings.TrimPrefix(row.name, word+" "), fishQuote(row.summary))
		}
	}
	for _, row := range rows {
		condition := fishQuote("__lexline_after " + row.name + fishExcept(rows, row.name))
		fmt.Fprintln(w)
		for _, f := range row.flags {
			fmt.Fprintf(w, "complete -c lexline -n %s %s -d %s\n", condition, fishFlag(&f), fishQuote(f.about))
		}
		fmt.Fprintf(w, "complete -c lexline -n %s -l help -d 'explain the command'\n", condition)
		switch {
		case isWords(row.operand):
			fmt.Fprintf(w, "complete -c lexline -n %s -a %s\n", condition, fishQuote(row.operand))
		case row.operand == kindFile:
			fmt.Fprintf(w, "complete -c lexline -n %s -F\n", condition)
		}
	}
}

// fishExcept keeps the flags of a command of one word from commands of two words that begin
// with it.
func fishExcept(rows []completable, name string) string {
	var except strings.Builder
	if !strings.Contains(name, " ") {
		for _, row := range secondWords(rows, name) {
			except.WriteString("; and not __lexline_after " + row.name)
		}
	}
	return except.String()
}

// fishFlag is a flag, and what its value may be, as options of complete.
func fishFlag(f *completableFlag) string {
	option := "-l " + f.name
	if len(f.name) == 1 {
		option = "-s " + f.name
	}
	switch {
	case f.value == "":
		return option
	case f.kind == kindFile:
		return option + " -r -F"
	case f.kind == kindFolder:
		return option + " -x -a '(__fish_complete_directories)'"
	}
	return option + " -x"
}
