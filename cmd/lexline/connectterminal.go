package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"lexline/internal/connectsim"
)

// terminalCaller is a person who types. One goroutine reads; it ends with the
// input, or else with the process, as nothing wakes a read from a terminal.
type terminalCaller struct {
	out   *contactPrinter
	input io.Reader
	echo  bool        // the input is no terminal, which would show what is typed
	lines chan string // closed at the end of the input
}

func newTerminalCaller(env *environment, out *contactPrinter) *terminalCaller {
	t := &terminalCaller{out: out, input: env.stdin, echo: true}
	if file, ok := env.stdin.(*os.File); ok {
		info, err := file.Stat()
		t.echo = err != nil || info.Mode()&os.ModeCharDevice == 0
	}
	return t
}

// errNoMoreInput is the end of what the person types.
var errNoMoreInput = errors.New("the input is over")

// Next asks for a line, and waits for it or for the end of ctx.
func (t *terminalCaller) Next(ctx context.Context, heard connectsim.Heard) (connectsim.Utterance, error) {
	if t.lines == nil {
		t.lines = make(chan string)
		go t.read(ctx)
	}
	t.out.ask(heard)
	select {
	case line, ok := <-t.lines:
		if t.echo || !ok {
			t.out.asked(line)
		}
		if !ok {
			return connectsim.Utterance{}, errNoMoreInput
		}
		return typed(line), nil
	case <-ctx.Done():
		t.out.asked("")
		return connectsim.Utterance{}, ctx.Err()
	}
}

// typed is what a line means: keys are pressed, words said.
func typed(line string) connectsim.Utterance {
	line = strings.TrimSpace(line)
	if areKeys(line) {
		return connectsim.Utterance{Keys: line}
	}
	return connectsim.Utterance{Text: line}
}

func (t *terminalCaller) read(ctx context.Context) {
	defer close(t.lines)
	for scanner := bufio.NewScanner(t.input); scanner.Scan(); {
		select {
		case t.lines <- scanner.Text():
		case <-ctx.Done():
			return
		}
	}
}
