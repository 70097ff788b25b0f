package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// completionScript is what `lexline completion SHELL` prints, in a file.
func completionScript(t *testing.T, shell string) string {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("completion needs its shell: %v", err)
		}
		t.Skipf("completion needs its shell: %v", err)
	}
	var out, complaints bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" }}
	if code := run(context.Background(), env, []string{"completion", shell}); code != 0 {
		t.Fatalf("lexline completion %s: exit code %d, %s", shell, code, complaints.String())
	}
	path := filepath.Join(t.TempDir(), "_lexline")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// inShell runs a script in a folder with some files in it.
func inShell(t *testing.T, script string, shell ...string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "bots"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "my file.yml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], append(slices.Clone(shell[1:]), script)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TERM=xterm", "HOME="+folder, "XDG_CONFIG_HOME="+folder, "XDG_DATA_HOME="+folder)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell[0], err, out)
	}
	return string(out)
}

// completionCases are command lines and some of what may stand at their end.
// A word of the line that is empty is where the cursor is.
var completionCases = []struct {
	name    string
	line    []string
	have    []string
	without []string
}{
	{"all commands", []string{""}, []string{"demo", "serve", "region", "calls", "help"}, []string{"status pin", "--seed", "my file.yml"}},
	{"the beginning of a command", []string{"dem"}, []string{"demo"}, []string{"serve"}},
	{"second words", []string{"region", ""}, []string{"pin", "drill"}, []string{"show", "my file.yml"}},
	{"flags of a command", []string{"demo", "--"}, []string{"--seed", "--keys", "--out"}, []string{"--config", "--follow"}},
	{"flags of a command of two words", []string{"region", "pin", "--w"}, []string{"--why"}, []string{"--watch"}},
	{"a command that others begin with", []string{"calls", "--f"}, []string{"--follow"}, nil},
	{"one of those others", []string{"calls", "show", "--"}, []string{"--store"}, []string{"--follow"}},
	{"a file as the value of a flag", []string{"serve", "--config", "my"}, []string{"my file.yml"}, []string{"--config"}},
	{"a folder as the value of a flag", []string{"demo", "--out", ""}, []string{"bots"}, []string{"my file.yml", "--seed"}},
	{"nothing as the value of a flag", []string{"demo", "--seed", ""}, nil, []string{"my file.yml", "--out", "bots"}},
	{"flags behind a value", []string{"demo", "--seed", "7", "--o"}, []string{"--out"}, nil},
	{"a file as operand", []string{"bot", "check", ""}, []string{"bots"}, []string{"hook"}},
	{"words as operand", []string{"completion", ""}, []string{"bash", "fish", "zsh"}, []string{"my file.yml"}},
	{"the command to be explained", []string{"help", "dem"}, []string{"demo"}, nil},
	{"its second word", []string{"help", "calls", ""}, []string{"show"}, []string{"--follow"}},
}

// checkCompletion holds what a shell offers against what is wanted.
func checkCompletion(t *testing.T, offered, have, without []string) {
	t.Helper()
	for _, word := range have {
		if !slices.Contains(offered, word) {
			t.Errorf("offered %q, want %q among them", offered, word)
		}
	}
	for _, word := range without {
		if slices.Contains(offered, word) {
			t.Errorf("offered %q, which should not have %q", offered, word)
		}
	}
	if have == nil && len(offered) > 0 {
		t.Errorf("offered %q, want nothing", offered)
	}
}

// offeredBy reads the words that a shell printed, a line each.
func offeredBy(out string) []string {
	var words []string
	for line := range strings.Lines(out) {
		if word := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "/"); word != "" {
			words = append(words, word)
		}
	}
	return words
}

func TestBashCompletes(t *testing.T) {
	script := completionScript(t, "bash")
	complete := func(line []string) []string {
		words := append([]string{"lexline"}, line...)
		for i := range words {
			words[i] = shellQuote(words[i])
		}
		ask := "set -u; source " + shellQuote(script) + "\nCOMP_WORDS=(" + strings.Join(words, " ") + ")\n" +
			"COMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_lexline 2>&1\n[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\""
		return offeredBy(inShell(t, ask, "bash", "--norc", "-c"))
	}
	for _, test := range completionCases {
		t.Run(test.name, func(t *testing.T) { checkCompletion(t, complete(test.line), test.have, test.without) })
	}
	// bash breaks a word at its equals sign.
	t.Run("a value behind an equals sign", func(t *testing.T) {
		checkCompletion(t, complete([]string{"serve", "--config", "=", "my"}), []string{"my file.yml"}, nil)
		checkCompletion(t, complete([]string{"serve", "--config", "="}), []string{"my file.yml", "bots"}, []string{"--config"})
	})
	t.Run("registered", func(t *testing.T) {
		if out := inShell(t, "source "+shellQuote(script)+"; complete -p lexline", "bash", "--norc", "-c"); out != "complete -F _lexline lexline\n" {
			t.Errorf("complete -p lexline says %q", out)
		}
	})
}

func TestFishCompletes(t *testing.T) {
	script := completionScript(t, "fish")
	for _, test := range completionCases {
		t.Run(test.name, func(t *testing.T) {
			line := "lexline " + strings.Join(test.line, " ")
			var offered []string
			for _, word := range offeredBy(inShell(t, "source "+fishQuote(script)+"; complete -C "+fishQuote(line), "fish", "--no-config", "-c")) {
				word, _, _ = strings.Cut(word, "\t") // behind it is what it means
				offered = append(offered, strings.ReplaceAll(strings.TrimSuffix(word, "/"), `\ `, " "))
			}
			checkCompletion(t, offered, test.have, test.without)
		})
	}
}

// zshTerminal presses the tab key behind each line of $LINES_FILE in a terminal of zsh's. What
// is offered goes to $WORDS, a line each, with a line DONE behind those of each line. The line
// editor says when it is ready for a line: before that the terminal itself takes what is
// typed, and ^U would have it forget the line.
const zshTerminal = `
zmodload zsh/zpty
zpty -b z zsh -f -i
integer i=1
reach() { zpty -r -m z said "*EDITS$i,*" }
zpty -w z 'PS1=; unsetopt zle_bracketed_paste prompt_sp; autoload -Uz compinit; compinit -u -D; LISTMAX=1000; integer lines=0
compadd() {
	local -a hits
	if [[ ${@[(I)-[OAD]]} -eq 0 ]]; then
		builtin compadd -O hits "$@"
		(( $#hits )) && print -rl -- "$hits[@]" >>$WORDS
	fi
	builtin compadd "$@"
}
source $SCRIPT
zle-line-init() { print EDITS$((++lines)), }
bindkey "^I" complete-word; zle -N zle-line-init'
reach
while IFS= read -r line; do
	zpty -w -n z "$line"$'\t'
	zpty -w -n z $'\x15print DONE >>$WORDS\n'
	(( ++i ))
	reach
done <$LINES_FILE
zpty -d z
`

func TestZshCompletes(t *testing.T) {
	folder := t.TempDir()
	words, lines := filepath.Join(folder, "words"), filepath.Join(folder, "lines")
	t.Setenv("SCRIPT", completionScript(t, "zsh"))
	t.Setenv("WORDS", words)
	t.Setenv("LINES_FILE", lines)
	var typed strings.Builder
	for _, test := range completionCases {
		typed.WriteString("lexline " + strings.Join(test.line, " ") + "\n")
	}
	if err := os.WriteFile(lines, []byte(typed.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	inShell(t, zshTerminal, "zsh", "-f", "-c")
	said, err := os.ReadFile(words)
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(string(said), "DONE\n")
	if len(answers) != len(completionCases)+1 {
		t.Fatalf("%d lines were answered, want %d:\n%s", len(answers)-1, len(completionCases), said)
	}
	for i, test := range completionCases {
		t.Run(test.name, func(t *testing.T) {
			offered := offeredBy(strings.ReplaceAll(answers[i], `\ `, " ")) // as it is put into the line
			checkCompletion(t, offered, test.have, test.without)
		})
	}
}

// TestCompletionIsWhole compares what is completed with what the help of each command has.
func TestCompletionIsWhole(t *testing.T) {
	rows, err := completables()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range commands() {
		var have, want []string
		for _, f := range rows[i].flags {
			have = append(have, f.typed())
		}
		for line := range strings.Lines(helpOf(t, c.name)) {
			if words := strings.Fields(line); strings.HasPrefix(line, "  -") {
				name := strings.TrimLeft(words[0], "-")
				want = append(want, (&completableFlag{name: name}).typed())
			}
		}
		if diff := cmp.Diff(want, have); diff != "" || rows[i].name != c.name {
			t.Errorf("completion of %s, as %s (-in its help +completed):\n%s", c.name, rows[i].name, diff)
		}
	}
}
