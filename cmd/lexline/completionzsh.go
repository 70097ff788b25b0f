package main

import (
	"fmt"
	"io"
	"strings"
)

// zshCompletion describes every word by _describe and _arguments
// (https://zsh.sourceforge.io/Doc/Release/Completion-System.html).
func zshCompletion(w io.Writer, rows []completable) {
	first, summary := firstWords(rows)
	fmt.Fprint(w, `#compdef lexline
# Completion of lexline for zsh, printed by "lexline completion zsh".

_lexline() {
	local -a words_of
	local begin
	if (( CURRENT > 2 )) && [[ $words[2] == help ]]; then
		words=($words[1] "${(@)words[3,-1]}")
		(( CURRENT-- ))
		local helping=1
	fi
	if (( CURRENT == 2 )); then
		words_of=(
`)
	for _, word := range first {
		fmt.Fprintf(w, "\t\t\t%s\n", shellQuote(word+":"+strings.ReplaceAll(summary[word], ":", `\:`)))
	}
	fmt.Fprint(w, `			'help:explain a command'
		)
		_describe -t commands command words_of
		return
	fi
	begin=$words[2]
	case $begin in
`)
	for _, word := range first {
		seconds := secondWords(rows, word)
		if len(seconds) == 0 {
			continue
		}
		fmt.Fprintf(w, "\t%s) words_of=(\n", word)
		for _, row := range seconds {
			fmt.Fprintf(w, "\t\t%s\n", shellQuote(strings.TrimPrefix(row.name, word+" ")+":"+strings.ReplaceAll(row.summary, ":", `\:`)))
		}
		fmt.Fprint(w, "\t) ;;\n")
	}
	fmt.Fprint(w, `	esac
	if (( CURRENT == 3 )); then
		if [[ $PREFIX != -* ]]; then
			(( $#words_of )) && _describe -t commands command words_of && return
		fi
	elif [[ -n ${words_of[(r)$words[3]:*]} ]]; then
		begin="$begin $words[3]"
		words=($begin "${(@)words[4,-1]}")
		(( CURRENT -= 2 ))
	fi
	(( $+helping )) && return
	if [[ $begin != *' '* ]]; then
		words=($begin "${(@)words[3,-1]}")
		(( CURRENT-- ))
	fi
	case $begin in
`)
	for _, row := range rows {
		fmt.Fprintf(w, "\t%s)\n\t\t_arguments \\\n", shellQuote(row.name))
		for _, f := range row.flags {
			fmt.Fprintf(w, "\t\t\t%s \\\n", shellQuote(zshFlag(&f)))
		}
		if row.operand != kindNone {
			fmt.Fprintf(w, "\t\t\t%s \\\n", shellQuote("*:operand:"+zshAction(row.operand)))
		}
		fmt.Fprint(w, "\t\t\t'--help[explain the command]'\n\t\t;;\n")
	}
	fmt.Fprint(w, `	esac
}

if [[ $funcstack[1] == _lexline ]]; then
	_lexline "$@"
else
	compdef _lexline lexline
fi
`)
}

// zshFlag is a flag as _arguments takes it. The star allows it more than once.
func zshFlag(f *completableFlag) string {
	escape := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)
	text := "*" + f.typed() + "[" + escape.Replace(f.about) + "]"
	if f.value != "" {
		text += ":" + escape.Replace(f.value) + ":" + zshAction(f.kind)
	}
	return text
}

// zshAction completes a kind of value.
func zshAction(kind string) string {
	switch kind {
	case kindNone:
		return ""
	case kindFile:
		return "_files"
	case kindFolder:
		return "_files -/"
	}
	return "(" + kind + ")"
}
