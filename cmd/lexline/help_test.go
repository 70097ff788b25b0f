package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// helpOf is what `lexline COMMAND --help` prints.
func helpOf(t *testing.T, name string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" }}
	if code := run(context.Background(), env, append(strings.Fields(name), "--help")); code != 0 || complaints.Len() > 0 {
		t.Fatalf("lexline %s --help: exit code %d, %s", name, code, complaints.String())
	}
	return out.String()
}

// narrow complains of lines that a terminal of helpWidth columns breaks.
func narrow(t *testing.T, help string) {
	t.Helper()
	for line := range strings.Lines(help) {
		if line = strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(line) > helpWidth || strings.Contains(line, "\t") {
			t.Errorf("a line of %d characters, want %d at the most and no tab: %s", utf8.RuneCountInString(line), helpWidth, line)
		}
	}
}

// TestHelpOfCommands asks of the help of each command what a page of a manual has.
func TestHelpOfCommands(t *testing.T) {
	sentence := regexp.MustCompile(`\A[A-Z][^\n]*(?:\n[^\n]+)*?[.:](?:\s|\z)`)
	flagText := regexp.MustCompile(`(?m)^  --?[a-z-]+.*\n {8}\S`)
	for _, c := range commands() {
		t.Run(c.name, func(t *testing.T) {
			help := helpOf(t, c.name)
			narrow(t, help)
			head, rest, _ := strings.Cut(help, "\n\n")
			if !regexp.MustCompile(`\Ausage: lexline ` + c.name + ` \[flags\]( [A-Za-z|.]+)?\z`).MatchString(head) {
				t.Errorf("begins with %q, want the line of usage", head)
			}
			if !sentence.MatchString(rest) {
				t.Errorf("says %.60q behind the usage, want a sentence", rest)
			}
			about, flags, found := strings.Cut(rest, "\n\nflags:\n")
			if !found {
				t.Errorf("has no flags: at its end")
			}
			_, examples, found := strings.Cut(about, "\n\nexample")
			if !found || !strings.Contains(examples, "  lexline "+c.name) {
				t.Errorf("has no example of the command")
			}
			if given, explained := strings.Count("\n"+flags, "\n  -"), len(flagText.FindAllString(flags, -1)); given != explained {
				t.Errorf("has %d flags and explains %d of them", given, explained)
			}
		})
	}
}

// TestHelpOfAll asks that the first page fits, has each command once, and begins with what to type.
func TestHelpOfAll(t *testing.T) {
	var page bytes.Buffer
	usage(&page)
	narrow(t, page.String())
	for _, c := range commands() {
		if n := strings.Count(page.String(), "\n  "+c.name+strings.Repeat(" ", max(1, 15-len(c.name)))+" "+c.summary+"\n"); n != 1 {
			t.Errorf("has the command %s %d times, want 1", c.name, n)
		}
	}
	for _, step := range firstSteps {
		words := strings.Fields(step.typed)[1:]
		cmd, args, err := lookUp(words)
		if err != nil || cmd == nil {
			t.Errorf("the first step %q is no command: %v", step.typed, err)
			continue
		}
		m, err := cmd.manual()
		if err != nil {
			t.Error(err)
			continue
		}
		if err := parseFlags(m.flags, args); err != nil {
			t.Errorf("the first step %q: %v", step.typed, err)
		}
	}
}
