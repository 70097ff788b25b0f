package connectsim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is one process of a function, in a process group of its own: when it
// ends, what it started ends too, as with the sandbox that Lambda takes away.
type process struct {
	ctx  context.Context // kills it
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and its output was read
}

// startProcess starts the program with the Runtime API at that address.
func startProcess(ctx context.Context, cfg FunctionConfig, api string) (*process, error) {
	program, err := filepath.Abs(cfg.Bootstrap)
	if err != nil {
		return nil, fmt.Errorf("start function %s: %w", cfg.Name, err)
	}
	p := &process{ctx: ctx, cmd: exec.CommandContext(ctx, program), done: make(chan struct{})}
	p.cmd.Env = environ(cfg, api)
	p.cmd.Dir = filepath.Dir(program)
	// When we are killed the kernel kills it too, also while it is stopped.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.Cancel = p.killGroup
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start function %s: %w", cfg.Name, err)
	}
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	started := make(chan error)
	go func() {
		// A death signal comes when the thread that forked ends, not the process
		// (prctl(2), PR_SET_PDEATHSIG): so this one stays until the process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer reader.Close()
		err := p.cmd.Start()
		_ = writer.Close() // the process has its own
		started <- err
		if err != nil {
			return
		}
		defer close(p.done)
		var read sync.WaitGroup
		read.Go(func() { readLog(reader, cfg.Log) })
		_ = p.cmd.Wait() // how it ended is in ProcessState
		_ = p.killGroup()
		_ = reader.SetReadDeadline(time.Now().Add(lastWords)) // pipes have deadlines
		read.Wait()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start function %s: %w", cfg.Name, err)
	}
	return p, nil
}

// lastWords bounds how long the output is read after the process has ended: one that
// it started, and that left its group, may still hold the pipe.
const lastWords = time.Second

// readLog hands on every line, and what is too long for one in pieces.
func readLog(r io.Reader, take func([]byte)) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		if take != nil {
			take(line)
		}
	}
}

// environ is the environment that Lambda gives a process
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), with a
// key that opens nothing, and the function's own over it.
func environ(cfg FunctionConfig, api string) []string {
	return append([]string{
		"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin", "LANG=en_US.UTF-8", "TZ=:UTC",
		"_HANDLER=" + cfg.Handler,
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + cfg.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(cfg.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + cfg.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=local",
		"AWS_REGION=" + cfg.Region, "AWS_DEFAULT_REGION=" + cfg.Region,
		"AWS_ACCESS_KEY_ID=LOCAL", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=local",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(cfg.Bootstrap), "LAMBDA_RUNTIME_DIR=/var/runtime",
	}, cfg.Env...)
}

// signal sends a signal to the process, if it is there.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		// It may end at this very moment; its id is not given away before Wait.
		_ = p.cmd.Process.Signal(s)
	}
}

// kill ends the process and all that it started, and waits for that.
func (p *process) kill() {
	select {
	case <-p.done:
		return
	default:
	}
	if err := p.killGroup(); err != nil {
		_ = p.cmd.Process.Kill() // it has ended, or is about to
	}
	<-p.done
}

// killGroup kills the process and what it started. The error says that there is
// nothing any more.
func (p *process) killGroup() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// ending says how the process ended, which it has.
func (p *process) ending() string {
	switch state := p.cmd.ProcessState; {
	case state == nil:
		return "without a word"
	case state.Success():
		return "without providing a reason"
	default:
		return "with error: " + state.String()
	}
}

// errTooBig says that a body is longer than a function may answer.
var errTooBig = errors.New("the body is too long")

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	if len(body) > maxResponse {
		return nil, errTooBig
	}
	return body, nil
}

// readFunctionError reads how a program describes a failure.
func readFunctionError(r *http.Request) *FunctionError {
	fault := struct{ ErrorType, ErrorMessage string }{"Runtime.Unknown", "Unknown"}
	body, err := readBody(r)
	if err == nil {
		_ = json.Unmarshal(body, &fault) // what cannot be read stays unknown
	}
	return &FunctionError{fault.ErrorType, fault.ErrorMessage}
}
