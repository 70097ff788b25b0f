package connectsim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// FunctionConfig says which Lambda function is run, and how.
type FunctionConfig struct {
	Bootstrap string // path of the program, as it is in the function's zip
	Handler   string // the function's handler, which the program finds in _HANDLER
	Name      string // of the function; empty: that of the handler
	Region    string // where it runs; empty: us-east-1

	// Env is the function's own environment, as name=value. Besides it the program
	// sees what Lambda sets, and nothing of this process's environment.
	Env []string

	MemoryMB    int           // as the program is told; nothing holds it to that. 0: 128
	Timeout     time.Duration // of one invocation; 0: 3 s
	InitTimeout time.Duration // until the program asks for the first one; 0: 10 s
	Concurrency int           // processes at most; invocations above it wait for one. 0: 10

	// Log gets every line that the programs write, and Report every invocation
	// that is over. They are called by several goroutines at once; nil for none.
	Log    func(line []byte)
	Report func(Report)
}

// Report says what one invocation came to, as the REPORT line of Lambda's log does.
type Report struct {
	RequestID string
	Duration  time.Duration // from the event's delivery to the end of its handling
	Init      time.Duration // from the start of the process until it asked for work; 0 for one that was running
	Err       error         // what Invoke returned
}

// FunctionError is a function's failure, as the caller of a Lambda function sees it.
type FunctionError struct {
	Type    string // such as Sandbox.Timedout
	Message string
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// The types of failures that are Lambda's own words; others are the function's.
const (
	TypeTimeout = "Sandbox.Timedout"
	TypeExit    = "Runtime.ExitError"
	TypeTooBig  = "Function.ResponseSizeTooLarge"
)

func (c FunctionConfig) withDefaults() (FunctionConfig, error) {
	switch {
	case c.Handler == "":
		return c, errors.New("run a function: it has no handler")
	case c.Timeout < 0 || c.InitTimeout < 0 || c.Concurrency < 0 || c.MemoryMB < 0:
		return c, errors.New("run a function: a limit is below 0")
	}
	for _, pair := range c.Env {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return c, fmt.Errorf("run a function: %.40q is no name=value of an environment", pair)
		}
	}
	if c.Name == "" {
		c.Name = c.Handler[strings.LastIndexByte(c.Handler, '.')+1:]
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	orElse(&c.MemoryMB, 128)
	orElse(&c.Timeout, 3*time.Second)
	orElse(&c.InitTimeout, 10*time.Second)
	orElse(&c.Concurrency, 10)
	return c, nil
}

func orElse[T comparable](value *T, otherwise T) {
	if zero := *new(T); *value == zero {
		*value = otherwise
	}
}

// Function runs a Lambda function's real program as Lambda does, against a double
// of the Runtime API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). A process
// handles one invocation at a time and stands still between two; more invocations
// at once get more processes. A process that is not done in time is killed, and
// the next invocation starts another one. It is safe for use by many goroutines.
type Function struct {
	cfg    FunctionConfig
	ctx    context.Context // ends all processes
	cancel context.CancelFunc
	slots  chan struct{} // one token for each process that may be busy
	busy   sync.WaitGroup

	mu     sync.Mutex
	closed bool           // guarded by mu
	idle   []*environment // guarded by mu: the one used last is last
}

// StartFunction prepares a function; its first process starts with the first
// invocation. When ctx ends its processes are killed; Close is to be called all the
// same.
func StartFunction(ctx context.Context, cfg FunctionConfig) (*Function, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(cfg.Bootstrap)
	if err != nil {
		return nil, fmt.Errorf("run function %s: %w", cfg.Name, err)
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("run function %s: %s is no program", cfg.Name, cfg.Bootstrap)
	}
	f := &Function{cfg: cfg, slots: make(chan struct{}, cfg.Concurrency)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return f, nil
}

// errClosed is the end of what was under way when a function was closed.
var errClosed = errors.New("the function was closed")

// Invoke has an event handled and returns the function's answer, or its failure
// as a *FunctionError. When ctx ends it returns at once, and the function goes on
// with the event all the same, as Lambda's do when their caller hangs up.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for function %s to have room: %w", f.cfg.Name, ctx.Err())
	case <-f.ctx.Done():
		return nil, errClosed
	}
	over := make(chan handled, 1)
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		<-f.slots
		return nil, errClosed
	}
	f.busy.Go(func() {
		defer func() { <-f.slots }()
		over <- f.handle(slices.Clone(payload))
	})
	f.mu.Unlock()
	select {
	case got := <-over:
		return got.answer, got.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for function %s: %w", f.cfg.Name, ctx.Err())
	}
}

// handled is what an invocation came to.
type handled struct {
	answer []byte
	err    error
}

// handle has one event handled by a process that is idle, or by a new one.
func (f *Function) handle(payload []byte) (got handled) {
	report := Report{RequestID: newID()}
	defer func() {
		if report.Err = got.err; f.cfg.Report != nil {
			f.cfg.Report(report)
		}
	}()
	e := f.takeIdle()
	if e == nil {
		var err error
		if e, err = f.newEnvironment(); err != nil {
			return handled{err: err}
		}
		report.Init = e.init
	}
	begun := time.Now()
	got = e.handle(invocation{id: report.RequestID, payload: payload, deadline: begun.Add(f.cfg.Timeout)})
	report.Duration = time.Since(begun)
	f.putBack(e)
	return got
}

// takeIdle returns an idle process, or nil.
func (f *Function) takeIdle() *environment {
	for {
		f.mu.Lock()
		last := len(f.idle) - 1
		if last < 0 {
			f.mu.Unlock()
			return nil
		}
		e := f.idle[last]
		f.idle = f.idle[:last]
		f.mu.Unlock()
		if e.alive() {
			return e
		}
		e.close()
	}
}

// putBack keeps a process that can handle another event.
func (f *Function) putBack(e *environment) {
	f.mu.Lock()
	keep := e.alive() && !f.closed
	if keep {
		f.idle = append(f.idle, e)
	}
	f.mu.Unlock()
	if !keep {
		e.close()
	}
}

// Close ends all processes, whatever they are doing, and returns when they have
// ended.
func (f *Function) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.cancel()
	f.busy.Wait()
	for e := f.takeIdle(); e != nil; e = f.takeIdle() {
		e.close()
	}
	return nil
}
