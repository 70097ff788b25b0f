package main

import (
	"fmt"
	"io"
	"strings"
)

// bashCompletion needs nothing but bash itself: not the package bash-completion.
// https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
func bashCompletion(w io.Writer, rows []completable) {
	first, _ := firstWords(rows)
	fmt.Fprintf(w, `# Completion of lexline for bash, printed by "lexline completion bash".

_lexline() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at=1
	COMPREPLY=()
	# bash takes --flag=value for three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	[[ ${COMP_WORDS[1]} == help && $COMP_CWORD -gt 1 ]] && at=2
	if [[ $COMP_CWORD -eq $at ]]; then
		local words=%s
		[[ $at -eq 1 ]] && words+=' help --version'
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
	fi
	local begin=${COMP_WORDS[at]} second= seconds= flags= files= folders= nothing= operand=
	[[ $COMP_CWORD -gt $((at+1)) ]] && second=${COMP_WORDS[at+1]}
	case $begin in
`, shellQuote(strings.Join(first, " ")))
	bashSecondWords(w, rows, first)
	fmt.Fprint(w, `	esac
	[[ " $seconds " == *" $second "* && $second ]] && begin="$begin $second"
	if [[ $at -eq 2 ]]; then
		[[ $COMP_CWORD -eq 3 ]] && COMPREPLY=($(compgen -W "$seconds" -- "$cur"))
		return
	fi
	case $begin in
`)
	bashFlags(w, rows)
	fmt.Fprintf(w, `	esac
	if [[ " $nothing " == *" $prev "* ]]; then
		return
	elif [[ " $files " == *" $prev "* ]]; then
		operand=%s
	elif [[ " $folders " == *" $prev "* ]]; then
		operand=%s
	elif [[ $cur == -* || -z $operand && -z $seconds$cur ]]; then
		COMPREPLY=($(compgen -W "$flags --help" -- "$cur"))
		return
	elif [[ $COMP_CWORD -eq 2 && $seconds ]]; then
		COMPREPLY=($(compgen -W "$seconds" -- "$cur"))
		return
	fi
	local IFS=$'\n' # names of files may have spaces
	case $operand in
	%[1]s)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -f -- "$cur"))
		;;
	%[2]s)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -d -- "$cur"))
		;;
	*)
		COMPREPLY=($(IFS=' ' && compgen -W "$operand" -- "$cur"))
		;;
	esac
}

complete -F _lexline lexline
`, shellQuote(kindFile), shellQuote(kindFolder))
}

// bashSecondWords writes a case for each first word that has second ones: which they are.
func bashSecondWords(w io.Writer, rows []completable, first []string) {
	for _, word := range first {
		if seconds := secondWords(rows, word); len(seconds) > 0 {
			var names []string
			for _, row := range seconds {
				names = append(names, strings.TrimPrefix(row.name, word+" "))
			}
			fmt.Fprintf(w, "\t%s) seconds=%s ;;\n", word, shellQuote(strings.Join(names, " ")))
		}
	}
}

// bashFlags writes a case for each command: its flags, which of them take a file, a folder
// or something that cannot be completed, and what its operand is.
func bashFlags(w io.Writer, rows []completable) {
	for _, row := range rows {
		fmt.Fprintf(w, "\t%s)\n", shellQuote(row.name))
		for _, list := range []struct {
			name string
			of   func(f *completableFlag) bool
		}{
			{"flags", func(*completableFlag) bool { return true }},
			{"files", func(f *completableFlag) bool { return f.kind == kindFile }},
			{"folders", func(f *completableFlag) bool { return f.kind == kindFolder }},
			{"nothing", func(f *completableFlag) bool { return f.value != "" && f.kind == kindNone }},
		} {
			if typed := typedFlags(row.flags, list.of); typed != "" {
				fmt.Fprintf(w, "\t\t%s=%s\n", list.name, shellQuote(typed))
			}
		}
		if row.operand != kindNone {
			fmt.Fprintf(w, "\t\toperand=%s\n", shellQuote(row.operand))
		}
		fmt.Fprint(w, "\t\t;;\n")
	}
}

// typedFlags are those of flags that are wanted, as people type them.
func typedFlags(flags []completableFlag, wanted func(*completableFlag) bool) string {
	var typed []string
	for i := range flags {
		if wanted(&flags[i]) {
			typed = append(typed, flags[i].typed())
		}
	}
	return strings.Join(typed, " ")
}
