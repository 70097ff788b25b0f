package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// logTail is how many of the last log lines an error about a child shows.
const logTail = 8

// logLine is one line of a JSON log.
type logLine map[string]any

// child is a process under measurement. Its log, standard output and error,
// is JSON lines.
type child struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{} // closed when the process has ended and its log is read

	mu    sync.Mutex // guards what follows
	seen  map[string]logLine
	grown chan struct{} // closed and replaced with each line
	tail  []string
	err   error // from Wait
}

// start runs a program. Whoever starts it must kill it.
func start(name string, env []string, path string, args ...string) (*child, error) {
	c := &child{
		name: name, cmd: exec.Command(path, args...),
		ended: make(chan struct{}), grown: make(chan struct{}), seen: map[string]logLine{},
	}
	c.cmd.Env = env
	// A group of its own: an interrupt from the keyboard comes to us, and we end it.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.WaitDelay = time.Second
	log, output, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer output.Close()
	c.cmd.Stdout, c.cmd.Stderr = output, output
	if c.stdin, err = c.cmd.StdinPipe(); err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		log.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go c.follow(log)
	return c, nil
}

// follow reads the log to its end and then waits for the process.
func (c *child) follow(log *os.File) {
	defer close(c.ended)
	defer log.Close()
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c.take(lines.Text())
	}
	err := c.cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *child) take(line string) {
	var fields logLine
	json.Unmarshal([]byte(line), &fields) // what is no JSON is kept for the tail only
	c.mu.Lock()
	defer c.mu.Unlock()
	if message, ok := fields["msg"].(string); ok {
		if _, again := c.seen[message]; !again {
			c.seen[message] = fields
		}
	}
	c.tail = append(c.tail, line)
	c.tail = c.tail[max(0, len(c.tail)-logTail):]
	close(c.grown)
	c.grown = make(chan struct{})
}

// await returns the first log line with a message, once it is there.
func (c *child) await(ctx context.Context, message string) (logLine, error) {
	for {
		c.mu.Lock()
		line, ok := c.seen[message]
		grown := c.grown
		c.mu.Unlock()
		if ok {
			return line, nil
		}
		select {
		case <-grown:
		case <-c.ended:
			c.mu.Lock()
			_, ok := c.seen[message]
			c.mu.Unlock()
			if !ok {
				return nil, c.failure(fmt.Sprintf("ended without logging %q", message))
			}
		case <-ctx.Done():
			return nil, c.failure(fmt.Sprintf("waiting for it to log %q: %v", message, context.Cause(ctx)))
		}
	}
}

// failure makes an error about the child that ends with its last log lines.
func (c *child) failure(what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		what += ": " + c.err.Error()
	}
	if len(c.tail) == 0 {
		return fmt.Errorf("%s %s; it logged nothing", c.name, what)
	}
	return fmt.Errorf("%s %s; its log ends with:\n\t%s", c.name, what, strings.Join(c.tail, "\n\t"))
}

// stop asks the process to end and returns its line "stopped".
func (c *child) stop(ctx context.Context) (logLine, error) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil, c.failure("cannot be stopped: " + err.Error())
	}
	line, err := c.await(ctx, "stopped")
	if err != nil {
		return nil, err
	}
	select {
	case <-c.ended:
		return line, nil
	case <-ctx.Done():
		return nil, c.failure("does not end after it stopped")
	}
}

// kill ends the process, if it still runs, and waits for that.
func (c *child) kill() {
	c.stdin.Close()
	c.cmd.Process.Kill() // an error means that it has ended
	<-c.ended
}

// number returns a numeric attribute of a log line.
func (l logLine) number(key string) (float64, error) {
	n, ok := l[key].(float64)
	if !ok {
		return 0, fmt.Errorf("log line %q: %s is %v, want a number", l["msg"], key, l[key])
	}
	return n, nil
}
