package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// child is one operating-system process that a command started, in a process
// group of its own so that a Ctrl-C at the terminal reaches it only through us.
type child struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and its output was read
	err  error         // how it ended; read after done
}

// childGrace is how long a child may take to end after it was asked to.
const childGrace = 10 * time.Second

// startChild runs the program at path with args until it ends or ctx does; then
// it is interrupted, and killed if it does not end. It does not outlive us. line
// gets every line of output and error output, one at a time, on a goroutine of
// the child.
func startChild(ctx context.Context, name, path string, args, environ []string, line func(text []byte)) (*child, error) {
	c := &child{name: name, cmd: exec.CommandContext(ctx, path, args...), done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), environ...)
	// When we are killed we end nothing. The kernel does it then, with the one signal
	// that also ends a region which we had stopped.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(os.Interrupt) }
	c.cmd.WaitDelay = childGrace
	reader, writer := io.Pipe()
	c.cmd.Stdout, c.cmd.Stderr = writer, writer
	started := make(chan error)
	go func() {
		// A death signal comes when the thread that forked ends, not the process
		// (prctl(2), PR_SET_PDEATHSIG): so this one stays until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		defer close(c.done)
		var read sync.WaitGroup
		read.Go(func() { readLines(reader, line) })
		c.err = c.cmd.Wait()
		_ = writer.Close() // a pipe's never fails
		read.Wait()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

// readLines hands every line to line, and what is too long for one in pieces.
func readLines(r io.Reader, line func([]byte)) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		text, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		line(text)
	}
}

// stop interrupts the child and waits until it has ended.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(os.Interrupt) // it may have ended already
	select {
	case <-c.done:
	case <-time.After(childGrace):
		_ = c.cmd.Process.Kill() // as above
		<-c.done
	}
}

// ended waits for the child and returns how it ended, in words.
func (c *child) ended() error {
	<-c.done
	if c.err == nil {
		return nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](c.err); ok {
		return fmt.Errorf("%s ended with %s", c.name, exit.ProcessState)
	}
	return fmt.Errorf("run %s: %w", c.name, c.err)
}
