// Package process builds and runs programs under measurement, follows their logs
// and ends them, and reads from Linux what they use of processor and memory. The
// programs of bench that measure from outside stand on it.
package process

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

// LogLine is one line of a JSON log.
type LogLine map[string]any

// Child is a process under measurement. Its log, standard output and error,
// is JSON lines.
type Child struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{} // closed when the process has ended and its log is read

	mu    sync.Mutex // guards what follows
	seen  map[string]LogLine
	grown chan struct{} // closed and replaced with each line
	tail  []string
	err   error // from Wait
}

// Start runs a program. Whoever starts it must kill it.
func Start(name string, env []string, path string, args ...string) (*Child, error) {
	c := &Child{
		name: name, cmd: exec.Command(path, args...),
		ended: make(chan struct{}), grown: make(chan struct{}), seen: map[string]LogLine{},
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
func (c *Child) follow(log *os.File) {
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

func (c *Child) take(line string) {
	var fields LogLine
	json.Unmarshal([]byte(line), &fields) // what is no JSON is kept for the tail only
	c.mu.Lock()
	defer c.mu.Unlock()
	message, ok := fields["msg"].(string)
	if !ok {
		message, ok = fields["op"].(string) // as the local Lex says it
	}
	if ok {
		if _, again := c.seen[message]; !again {
			c.seen[message] = fields
		}
	}
	c.tail = append(c.tail, line)
	c.tail = c.tail[max(0, len(c.tail)-logTail):]
	close(c.grown)
	c.grown = make(chan struct{})
}

// Await returns the first log line with a message (msg, or op where there is none),
// once it is there.
func (c *Child) Await(ctx context.Context, message string) (LogLine, error) {
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
func (c *Child) failure(what string) error {
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

// PID returns the number of the process.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Stop asks the process to end and returns its line "stopped".
func (c *Child) Stop(ctx context.Context) (LogLine, error) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil, c.failure("cannot be stopped: " + err.Error())
	}
	line, err := c.Await(ctx, "stopped")
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

// Kill ends the process, if it still runs, and waits for that.
func (c *Child) Kill() {
	c.stdin.Close()
	c.cmd.Process.Kill() // an error means that it has ended
	<-c.ended
}

// Number returns a numeric attribute of a log line.
func (l LogLine) Number(key string) (float64, error) {
	n, ok := l[key].(float64)
	if !ok {
		return 0, fmt.Errorf("log line %q: %s is %v, want a number", l["msg"], key, l[key])
	}
	return n, nil
}
