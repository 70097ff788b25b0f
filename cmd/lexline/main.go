// Command lexline keeps a Lex bot on the line: a telephone voice gateway
// between Twilio Media Streams and Amazon Lex V2, with the stand-ins (a local
// Lex, a simulated phone) that let it be tried and tested without any account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// environment is what a command sees of the process, so that tests can run
// commands without one.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        func() []string  // all of it, as NAME=VALUE; nil: nothing
	hangups        <-chan os.Signal // SIGHUP, for a command that reads its configuration again; nil: none comes
	tell           func(manual)     // takes what a command says of itself, instead of its help; nil: the help is printed
}

// command is one row of the command table. run parses its own flags.
type command struct {
	name    string // one or two words, as typed
	summary string
	run     func(ctx context.Context, env *environment, args []string) error
}

// hintError is an error for a person, with advice on what to do about it.
type hintError struct {
	err  error
	hint string // empty: the error says it all
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// usageError marks wrong use of a command: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error } // to its hint

// explained is wrong use of which the error says all there is to say: no hint is
// added to it.
func explained(err error) error { return usageError{&hintError{err: err}} }

func main() {
	ending, hangups := endingSignals(), make(chan os.Signal, 1)
	if cmd, _, err := lookUp(os.Args[1:]); err == nil && cmd != nil && cmd.name == serveCommand().name {
		ending = stoppingSignals()
		signal.Notify(hangups, syscall.SIGHUP) // from now on: it would end the process
	}
	ctx, stop := untilSignal(ending)
	env := &environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, environ: os.Environ, hangups: hangups}
	code := run(ctx, env, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code: 0 done, 1 the
// command could not do it, 2 wrong use, 3 the gateway was stopped and ended calls,
// 128 and the number of the signal that kept
// it from being done.
func run(ctx context.Context, env *environment, args []string) int {
	cmd, rest, err := lookUp(args)
	if err == nil && cmd == nil {
		usage(env.stdout)
		return 0
	}
	if err == nil {
		err = helped(cmd, cmd.run(ctx, env, rest))
	}
	if ended, ok := errors.AsType[endedBySignal](context.Cause(ctx)); ok && (errors.Is(err, context.Canceled) || errors.Is(err, ended)) {
		return ended.exitCode()
	}
	return report(env.stderr, err)
}

func report(w io.Writer, err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(w, "lexline: %v\n", err)
	if hint, ok := errors.AsType[*hintError](err); ok && hint.hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint.hint)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	if _, ok := errors.AsType[*cutOffError](err); ok {
		return 3
	}
	return 1
}
