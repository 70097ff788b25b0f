package main

import (
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

func newVisit(t *testing.T) (*visit, *strings.Builder) {
	t.Helper()
	var out strings.Builder
	return &visit{folder: t.TempDir(), env: []string{"PATH=/usr/bin:/bin"}, out: &out, echo: io.Discard, began: time.Now(), terminals: map[string]*terminal{}}, &out
}

// do has a page done, and returns what came of it.
func do(t *testing.T, v *visit, page string) error {
	t.Helper()
	steps, err := parse(strings.ReplaceAll(page, "'''", "```"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if err := v.do(t.Context(), s); err != nil {
			return err
		}
	}
	return nil
}

func TestVisit(t *testing.T) {
	const server = "<!-- newcomer: terminal lex, says \"ready\" -->\n'''\necho ready; read line <fifo; echo got $line; exec sleep 1000\n'''\n"
	const fifo = "<!-- newcomer: run -->\n'''\nmkfifo fifo\n'''\n"
	tests := []struct{ name, page, want string }{
		{"a page that is right", fifo + server + "<!-- newcomer: file word -->\n'''\nhello\n'''\n" +
			"<!-- newcomer: run, says \"^done\", and once lex says \"got hello\" close lex -->\n'''\ncat word >fifo; echo done\n'''\n", ""},
		{"a command that fails", "<!-- newcomer: run -->\n'''\nfalse\n'''\n", "exit status 1"},
		{"one that fails within a block", "<!-- newcomer: run -->\n'''\nfalse\ntrue\n'''\n", "exit status 1"},
		{"one that says something else", "<!-- newcomer: run, says \"yes\" -->\n'''\necho no\n'''\n", `it did not say "yes"`},
		{"a terminal that ends at once", "<!-- newcomer: terminal lex, says \"ready\" -->\n'''\necho no\n'''\n", `lex ended and had not said "ready"`},
		{"a terminal that is closed and read", fifo + server + "<!-- newcomer: close lex -->\n<!-- newcomer: lex said \"ready\" -->\n", "no such terminal"},
		{"a second terminal of a name", fifo + server + server, "there is a terminal of that name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, out := newVisit(t)
			err := do(t, v, test.page)
			if left := v.leave(); left != nil {
				t.Errorf("leave: %v", left)
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v; want %q\n%s", err, test.want, out)
			}
		})
	}
}

// TestCloseKills has a terminal that does not heed Ctrl-C.
func TestCloseKills(t *testing.T) {
	term, err := start("deaf", t.TempDir(), "trap '' INT; echo ready; sleep 1000", []string{"PATH=/usr/bin:/bin"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := term.await(t.Context(), regexp.MustCompile("ready")); err != nil {
		t.Error(err)
	}
	if err := term.close(100 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("close: %v; want it to say that the terminal did not end", err)
	}
	select {
	case <-term.ended:
	default:
		t.Error("the shell goes on")
	}
}

// TestAwaitGivesUp has a terminal that says nothing.
func TestAwaitGivesUp(t *testing.T) {
	term, err := start("mute", t.TempDir(), "exec sleep 1000", []string{"PATH=/usr/bin:/bin"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := term.await(ctx, regexp.MustCompile("ready")); err == nil || !strings.Contains(err.Error(), "wait for mute") {
		t.Errorf("await: %v; want it to give up", err)
	}
	if err := term.close(closeTime); err != nil {
		t.Error(err)
	}
}
