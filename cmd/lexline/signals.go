package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// endedBySignal is the cause of a context that a signal ended. It needs no words
// on the terminal: whoever sent the signal knows.
type endedBySignal struct{ signal syscall.Signal }

func (e endedBySignal) Error() string { return "ended by signal: " + e.signal.String() }

// exitCode is what a shell says of a program that a signal ended.
func (e endedBySignal) exitCode() int { return 128 + int(e.signal) }

// endingSignals are those that end a command: Ctrl-C, the request of a service
// manager, and the end of the terminal. Under nohup the last one stays ignored.
func endingSignals() []os.Signal {
	signals := stoppingSignals()
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// stoppingSignals are those that end even a command that reads its configuration again
// when its terminal hangs up.
func stoppingSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// untilSignal returns a context that the first of the signals ends, with an
// endedBySignal as its cause. stop lets the signals do what they do by default.
func untilSignal(signals []os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	came := make(chan os.Signal, 1)
	signal.Notify(came, signals...)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case s := <-came:
			if number, ok := s.(syscall.Signal); ok {
				cancel(endedBySignal{number})
				return
			}
			cancel(fmt.Errorf("ended by signal: %v", s))
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		signal.Stop(came)
		cancel(context.Canceled)
		watch.Wait()
	}
}
