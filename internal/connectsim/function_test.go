package connectsim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A test binary with this in its environment is a function's program: what its
// handler is called is what it does.
const asBootstrap = "CONNECTSIM_TEST_BOOTSTRAP"

func init() {
	if os.Getenv(asBootstrap) != "" {
		bootstrap(os.Getenv("_HANDLER"))
		os.Exit(0)
	}
}

// bootstrap speaks the Runtime API in its own plain way.
func bootstrap(handler string) {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	post := func(path, body string) int {
		resp, err := http.Post(api+path, "application/json", strings.NewReader(body)) //nolint:noctx // it is killed
		if err != nil {
			os.Exit(9)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	switch handler {
	case "dies":
		fmt.Println("I die")
		os.Exit(3)
	case "refuses":
		post("init/error", `{"errorType":"Config","errorMessage":"TABLE_NAME is missing"}`)
		os.Exit(1)
	case "hangs":
		time.Sleep(time.Hour)
	}
	for n := 1; ; n++ {
		resp, err := http.Get(api + "invocation/next") //nolint:noctx // as above
		if err != nil {
			os.Exit(9)
		}
		event, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		path := "invocation/" + id + "/"
		switch word := string(event); word {
		case `"sleep"`:
			time.Sleep(time.Hour)
		case `"exit"`:
			os.Exit(4)
		case `"parent"`, `"quiet parent"`, `"parent of a stranger"`:
			child := exec.Command("sleep", "3600") //nolint:noctx // the group is killed
			if word != `"quiet parent"` {
				child.Stdout = os.Stdout
			}
			child.SysProcAttr = &syscall.SysProcAttr{Setsid: word == `"parent of a stranger"`}
			if child.Start() != nil {
				os.Exit(9)
			}
			fmt.Println("child", child.Process.Pid)
			os.Exit(5)
		case `"error"`:
			post(path+"error", `{"errorType":"Boom","errorMessage":"it did"}`)
		case `"huge"`:
			post(path+"response", `"`+strings.Repeat("x", 6<<20)+`"`)
		case `"stranger"`:
			post(path+"response", strconv.Itoa(post("invocation/other/response", `1`)))
		case `"wait"`:
			time.Sleep(50 * time.Millisecond)
			post(path+"response", strconv.Itoa(os.Getpid()))
		default:
			fmt.Println("event", n)
			answer, _ := json.Marshal(map[string]any{
				"event": word, "n": n, "pid": os.Getpid(), "env": os.Environ(), "deadline": resp.Header.Get("Lambda-Runtime-Deadline-Ms"),
			})
			post(path+"response", string(answer))
		}
	}
}

// testFunction runs this test binary as a function until the end of the test.
func testFunction(t *testing.T, cfg FunctionConfig) *Function {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Bootstrap = program
	cfg.Env = append(cfg.Env, asBootstrap+"=1")
	orElse(&cfg.Handler, "lambda_function.answers")
	orElse(&cfg.Timeout, time.Minute)
	orElse(&cfg.InitTimeout, time.Minute)
	f, err := StartFunction(t.Context(), cfg)
	if err != nil {
		t.Fatalf("StartFunction(%s) = %v", cfg.Handler, err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// said is what the program answers to any event that it does not know.
type said struct {
	Event    string
	N, PID   int
	Env      []string
	Deadline string
}

func invoke(t *testing.T, f *Function, event string) said {
	t.Helper()
	answer, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("Invoke(%s) = %v", event, err)
	}
	var s said
	if err := json.Unmarshal(answer, &s); err != nil {
		t.Fatalf("answer %.200s: %v", answer, err)
	}
	return s
}

func TestFunctionAnswers(t *testing.T) {
	var mu sync.Mutex
	var reports []Report
	var lines []string
	f := testFunction(t, FunctionConfig{
		Region: "eu-west-1", MemoryMB: 256, Env: []string{"TABLE_NAME=lexDR"},
		Report: func(r Report) { mu.Lock(); reports = append(reports, r); mu.Unlock() },
		Log:    func(line []byte) { mu.Lock(); lines = append(lines, string(line)); mu.Unlock() },
	})
	t.Setenv("SECRET_OF_THE_TEST", "1")
	begun := time.Now()
	first, second := invoke(t, f, `{"a":1}`), invoke(t, f, `{}`)
	if first.Event != `{"a":1}` || first.N != 1 || second.N != 2 || first.PID != second.PID {
		t.Errorf("two events in a row = %+v, %+v; want both by one process, in that order", first, second)
	}
	ms, _ := strconv.ParseInt(first.Deadline, 10, 64)
	if left := time.UnixMilli(ms).Sub(begun); left < 55*time.Second || left > 10*time.Minute {
		t.Errorf("the deadline of the first event is %v after it began; want some more than a minute", left)
	}
	for _, want := range []string{
		"_HANDLER=lambda_function.answers", "AWS_LAMBDA_FUNCTION_NAME=answers", "AWS_REGION=eu-west-1",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "TABLE_NAME=lexDR",
	} {
		if !strings.Contains(strings.Join(first.Env, "\n"), want) {
			t.Errorf("environment %q; want %s in it", first.Env, want)
		}
	}
	if strings.Contains(strings.Join(first.Env, "\n"), "SECRET_OF_THE_TEST") {
		t.Error("the program has the environment of who runs it")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if len(reports) != 2 || reports[0].Init <= 0 || reports[1].Init != 0 || reports[0].RequestID == reports[1].RequestID {
		t.Errorf("reports %+v; want two, of which the first alone has a cold start", reports)
	}
	if strings.Join(lines, ",") != "event 1,event 2" {
		t.Errorf("log %q; want both lines that the program wrote", lines)
	}
	if _, err := f.Invoke(t.Context(), nil); !errors.Is(err, errClosed) {
		t.Errorf("Invoke after Close = %v; want %v", err, errClosed)
	}
}

func TestFunctionFails(t *testing.T) {
	tests := []struct {
		name, handler, event string
		timeout, init        time.Duration
		kind, text           string
	}{
		{"error", "", `"error"`, 0, 0, "Boom", "it did"},
		{"exits", "", `"exit"`, 0, 0, TypeExit, "exit status 4"},
		{"time is up", "", `"sleep"`, time.Second, 0, TypeTimeout, "Task timed out after 1.00 seconds"},
		{"huge answer", "", `"huge"`, 0, 0, TypeTooBig, "6291456"},
		{"does not start", "dies", `{}`, 0, 0, TypeExit, "exit status 3"},
		{"refuses to start", "refuses", `{}`, 0, 0, "Config", "TABLE_NAME is missing"},
		{"never asks", "hangs", `{}`, 0, time.Second, TypeTimeout, "ask for work within 1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := testFunction(t, FunctionConfig{Handler: tt.handler, Timeout: tt.timeout, InitTimeout: tt.init})
			answer, err := f.Invoke(t.Context(), []byte(tt.event))
			var fault *FunctionError
			if !errors.As(err, &fault) || fault.Type != tt.kind || !strings.Contains(fault.Message, tt.text) {
				t.Errorf("Invoke(%s) = %s, %v; want %s: %s", tt.event, answer, err, tt.kind, tt.text)
			}
		})
	}
}

func TestFunctionStartsAnew(t *testing.T) {
	f := testFunction(t, FunctionConfig{Timeout: 3 * time.Second})
	before := invoke(t, f, `{}`)
	if _, err := f.Invoke(t.Context(), []byte(`"sleep"`)); err == nil {
		t.Fatal("an event that takes an hour was answered")
	}
	if syscall.Kill(before.PID, 0) == nil {
		t.Error("the process is there after its time was up")
	}
	after := invoke(t, f, `{}`)
	if after.N != 1 || after.PID == before.PID {
		t.Errorf("after a time-out %+v; before it %+v: want a new process", after, before)
	}
	// An error of the function leaves the process be.
	if _, err := f.Invoke(t.Context(), []byte(`"error"`)); err == nil {
		t.Fatal("no error")
	}
	if again := invoke(t, f, `{}`); again.PID != after.PID {
		t.Errorf("process %d after an error of %d; want the same", again.PID, after.PID)
	}
	if err := syscall.Kill(after.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Its end may be noticed in the middle of the next event, which then fails.
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); err != nil && !strings.Contains(err.Error(), TypeExit) {
		t.Errorf("Invoke after the idle process was killed = %v", err)
	}
	if again := invoke(t, f, `{}`); again.PID == after.PID {
		t.Error("a process that was killed answers")
	}
	if answer, err := f.Invoke(t.Context(), []byte(`"stranger"`)); string(answer) != "400" || err != nil {
		t.Errorf("a response for another event's id = %s, %v; want status 400", answer, err)
	}
}

// TestFunctionFrozen looks at a process between two events.
func TestFunctionFrozen(t *testing.T) {
	f := testFunction(t, FunctionConfig{})
	pid := invoke(t, f, `{}`).PID
	state := ""
	for deadline := time.Now().Add(20 * time.Second); state != "T" && time.Now().Before(deadline); {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			t.Skip("no /proc here")
		}
		state = string(stat[bytes.LastIndexByte(stat, ')')+2])
	}
	if state != "T" {
		t.Errorf("state of the idle process = %s; want T, stopped", state)
	}
	if again := invoke(t, f, `{}`); again.PID != pid {
		t.Errorf("process %d answers after %d; want the same", again.PID, pid)
	}
}

func TestFunctionAtOnce(t *testing.T) {
	f := testFunction(t, FunctionConfig{Concurrency: 4})
	var mu sync.Mutex
	pids := map[string]int{}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			answer, err := f.Invoke(t.Context(), []byte(`"wait"`))
			if err != nil {
				t.Errorf("Invoke = %v", err)
			}
			mu.Lock()
			pids[string(answer)]++
			mu.Unlock()
		})
	}
	all.Wait()
	if len(pids) < 2 || len(pids) > 4 {
		t.Errorf("40 events at once were handled by %v; want 2 to 4 processes", pids)
	}
}

func TestFunctionCallerLeaves(t *testing.T) {
	reports := make(chan Report, 1)
	f := testFunction(t, FunctionConfig{Concurrency: 1, Report: func(r Report) { reports <- r }})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Invoke(ctx, []byte(`"wait"`)); !errors.Is(err, context.Canceled) {
		t.Errorf("Invoke of a caller that has left = %v; want %v", err, context.Canceled)
	}
	select {
	case r := <-reports: // it may not even have begun: then nothing is reported
		if r.Err != nil {
			t.Errorf("the event of a caller that left: %v; want it handled all the same", r.Err)
		}
	case <-time.After(100 * time.Millisecond):
	}
}

// TestFunctionClose closes a function in the middle of everything and looks for
// what it leaves.
func TestFunctionClose(t *testing.T) {
	before := runtime.NumGoroutine()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	busy := make(chan struct{}, 16)
	f, err := StartFunction(t.Context(), FunctionConfig{
		Bootstrap: program, Handler: "answers", Timeout: time.Hour, Env: []string{asBootstrap + "=1"},
		Log: func([]byte) { busy <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	pid := invoke(t, f, `{}`).PID
	<-busy
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if _, err := f.Invoke(t.Context(), []byte(`"sleep"`)); !errors.Is(err, errClosed) {
				t.Errorf("Invoke of an event that Close interrupts = %v; want %v", err, errClosed)
			}
		})
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if syscall.Kill(pid, 0) == nil {
		t.Error("a process is there after Close")
	}
	http.DefaultClient.CloseIdleConnections()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched() // connections of the Runtime API that were closed end by themselves
	}
	if after := runtime.NumGoroutine(); after > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines after Close, %d before it:\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
	}
}

func TestStartFunctionRefuses(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	tests := []struct {
		name string
		cfg  FunctionConfig
		text string
	}{
		{"no handler", FunctionConfig{Bootstrap: sleep}, "no handler"},
		{"no program", FunctionConfig{Bootstrap: "missing", Handler: "x"}, "missing"},
		{"a folder", FunctionConfig{Bootstrap: t.TempDir(), Handler: "x"}, "is no program"},
		{"environment", FunctionConfig{Bootstrap: sleep, Handler: "x", Env: []string{"TABLE_NAME"}}, "TABLE_NAME"},
		{"limit", FunctionConfig{Bootstrap: sleep, Handler: "x", Timeout: -1}, "limit"},
	}
	for _, tt := range tests {
		if _, err := StartFunction(t.Context(), tt.cfg); err == nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: StartFunction = %v; want an error about %q", tt.name, err, tt.text)
		}
	}
}

// A program that has died is not waited for because of what it started.
func TestFunctionLeavesChildren(t *testing.T) {
	for _, word := range []string{"parent", "quiet parent", "parent of a stranger"} {
		t.Run(word, func(t *testing.T) {
			pids := make(chan int, 1)
			f := testFunction(t, FunctionConfig{Timeout: time.Hour, Log: func(line []byte) {
				if pid, ok := strings.CutPrefix(string(line), "child "); ok {
					n, _ := strconv.Atoi(pid)
					pids <- n
				}
			}})
			_, err := f.Invoke(t.Context(), []byte(strconv.Quote(word)))
			var failure *FunctionError
			if !errors.As(err, &failure) || failure.Type != TypeExit {
				t.Errorf("%s: error %v, want that the program ended", word, err)
			}
			child := <-pids
			defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }()
			for word != "parent of a stranger" && lives(child) {
				runtime.Gosched() // a killed process is there until its parent has seen it
			}
			if err := f.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

// lives reports whether a process is there and has not ended.
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return fields[0] != "Z" && fields[0] != "X"
}

// What a program has posted, and nobody takes any more, is not waited for when its
// environment closes, however long it is.
func TestFunctionForgetsRequests(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := serveRuntime(t.Context(), FunctionConfig{}, listener)
	var posting sync.WaitGroup
	posting.Go(func() {
		body := strings.NewReader(strings.Repeat("x", maxResponse+16<<20))
		resp, err := http.Post("http://"+listener.Addr().String()+runtimePath+"init/error", "application/json", body) //nolint:noctx // its server closes
		if err == nil {
			resp.Body.Close()
		}
	})
	waits := func() bool {
		stacks := make([]byte, 1<<20)
		return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("(*environment).post("))
	}
	for !waits() {
		runtime.Gosched()
	}
	e.close()
	posting.Wait()
	for end := time.Now().Add(time.Minute); waits(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the environment was closed, and a minute later its request still waits")
		}
	}
}
