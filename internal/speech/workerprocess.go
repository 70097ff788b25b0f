package speech

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// worker is a place for one worker process. It is used by one goroutine at a time.
type worker struct {
	cmd    *exec.Cmd // nil while it is not running
	in     io.WriteCloser
	out    io.ReadCloser
	engine string
	stderr complaints // since it last did what was asked

	pause time.Duration // after the latest failure to start
	retry time.Time     // no start before
}

func (w *worker) running() bool { return w.cmd != nil }

// start starts the process and sets it up. After an error it must be ended.
func (w *worker) start(ctx context.Context, path string, setup Setup) error {
	cmd := exec.Command(path)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	w.stderr.reset()
	cmd.Stderr = &w.stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	w.cmd, w.in, w.out = cmd, in, out
	var greeting hello
	err = w.guarded(ctx, func() error {
		if err := writeJSON(w.in, setupMessage, setup); err != nil {
			return err
		}
		return readJSON(w.out, helloMessage, &greeting)
	})
	switch {
	case err != nil:
		return err
	case greeting.Absent != "":
		return errors.New(greeting.Absent)
	case greeting.Version != protocolVersion:
		return fmt.Errorf("it speaks version %d of the protocol, not %d", greeting.Version, protocolVersion)
	}
	w.engine = greeting.Engine
	return nil
}

// ask has one utterance answered.
func (w *worker) ask(ctx context.Context, utterance []byte) (answer heard, err error) {
	err = w.guarded(ctx, func() error {
		if err := writeMessage(w.in, utteranceMessage, utterance); err != nil {
			return err
		}
		return readJSON(w.out, heardMessage, &answer)
	})
	return answer, err
}

// guarded talks to the process and kills it when ctx ends first, so that talking
// to it comes to an end. After an error it must be ended.
func (w *worker) guarded(ctx context.Context, talk func() error) error {
	process := w.cmd.Process
	stop := context.AfterFunc(ctx, func() { _ = process.Kill() }) // it may have ended by itself
	err := talk()
	if !stop() {
		return context.Cause(ctx) // whatever it said, it is being killed
	}
	if err != nil {
		return noEOF(err)
	}
	w.stderr.reset()
	return nil
}

// end ends the process, if it is running, and returns what it complained about on
// its error output, or else how it ended if that was not well.
func (w *worker) end() string {
	if w.cmd == nil {
		return ""
	}
	_ = w.in.Close() // it ends when its input does ...
	_ = w.out.Close()
	process := w.cmd.Process
	kill := time.AfterFunc(time.Second, func() { _ = process.Kill() }) // ... or else it is made to
	err := w.cmd.Wait()
	kill.Stop()
	w.cmd = nil
	if complaint := w.stderr.String(); complaint != "" || err == nil {
		return complaint
	}
	return err.Error()
}

// complaints keeps the beginning of what a process writes: there a fault in C has
// its name and the stack that led to it, and at the end only registers.
type complaints struct {
	mu   sync.Mutex
	text []byte
}

const complaintsSize = 2 << 10

func (c *complaints) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, p[:min(len(p), complaintsSize-len(c.text))]...)
	return len(p), nil
}

func (c *complaints) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = c.text[:0]
}

func (c *complaints) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSpace(string(c.text))
}
