// Command lexline-speech is the speech worker: it loads PocketSphinx and makes
// words of the utterances that its master, package speech, hands it on the
// standard input. It is a program of its own so that a fault in C ends it alone,
// and so that the main program needs no dynamic linking. People do not run it.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"lexline/internal/speech"
)

func main() {
	// A Ctrl-C at the terminal, and a stop of the whole service, is the master's
	// affair, who still has calls on the line and closes our input after them.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "lexline-speech: %v\n", err)
		os.Exit(1)
	}
}

// run keeps the standard output for the protocol: whatever C code prints there
// goes to the error output.
func run() error {
	protocol, err := syscall.Dup(syscall.Stdout)
	if err != nil {
		return fmt.Errorf("keep the standard output: %w", err)
	}
	syscall.CloseOnExec(protocol)
	if err := syscall.Dup3(syscall.Stderr, syscall.Stdout, 0); err != nil {
		return fmt.Errorf("turn the standard output away: %w", err)
	}
	out := os.NewFile(uintptr(protocol), "protocol")
	return speech.ServeWorker(os.Stdin, out, openDecoder)
}
