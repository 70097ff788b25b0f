package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// transcript is what a terminal has printed.
type transcript struct {
	mu    sync.Mutex
	text  []byte
	grown chan struct{} // closed and replaced with each write
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	close(t.grown)
	t.grown = make(chan struct{})
	return len(p), nil
}

// seen tells whether the text matches, and gives a channel that is closed when it grows.
func (t *transcript) seen(says *regexp.Regexp) (bool, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return says.Match(t.text), t.grown
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// terminal is a shell that runs one block, with all that it starts.
type terminal struct {
	name  string
	cmd   *exec.Cmd
	said  *transcript
	ended chan struct{} // closed when the shell has ended and all it printed is there
	err   error         // of the shell; to be read after ended
}

// start runs a block in a folder. Whoever starts it must close it.
func start(name, folder, block string, env []string, echo io.Writer) (*terminal, error) {
	t := &terminal{name: name, said: &transcript{grown: make(chan struct{})}, ended: make(chan struct{})}
	t.cmd = exec.Command("bash", "-euo", "pipefail", "-c", block)
	t.cmd.Dir, t.cmd.Env = folder, env
	out := io.MultiWriter(t.said, echo)
	t.cmd.Stdout, t.cmd.Stderr = out, out
	// A group of its own, as a terminal's foreground job: Ctrl-C there goes to all of it.
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	t.cmd.WaitDelay = 5 * time.Second
	if err := t.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a shell for %s: %w", name, err)
	}
	go func() {
		t.err = t.cmd.Wait()
		close(t.ended)
	}()
	return t, nil
}

// await waits until the terminal has said something.
func (t *terminal) await(ctx context.Context, says *regexp.Regexp) error {
	for {
		// The end is looked at first: what was printed before it is all there then.
		over := false
		select {
		case <-t.ended:
			over = true
		default:
		}
		found, grown := t.said.seen(says)
		switch {
		case found:
			return nil
		case over:
			return fmt.Errorf("%s ended and had not said %q", t.name, says)
		}
		select {
		case <-grown:
		case <-t.ended:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to say %q: %w", t.name, says, context.Cause(ctx))
		}
	}
}

// end waits for the shell to end by itself.
func (t *terminal) end(ctx context.Context) error {
	select {
	case <-t.ended:
		return t.err
	case <-ctx.Done():
		return fmt.Errorf("wait for the end: %w", context.Cause(ctx))
	}
}

// close presses Ctrl-C and waits for the end. What does not heed it is killed, which is
// an error.
func (t *terminal) close(patience time.Duration) error {
	select {
	case <-t.ended:
		return nil
	default:
	}
	if err := syscall.Kill(-t.cmd.Process.Pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("interrupt %s: %w", t.name, err)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-t.ended:
		return nil
	case <-late.C:
	}
	_ = syscall.Kill(-t.cmd.Process.Pid, syscall.SIGKILL) // or it has just ended
	<-t.ended
	return fmt.Errorf("%s did not end within %v of Ctrl-C", t.name, patience)
}
