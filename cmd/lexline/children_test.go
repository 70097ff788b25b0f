package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// parentRole names, in the environment, the folder in which TestChildrenOfAParent
// plays a command with children.
const parentRole = "LEXLINE_TEST_PARENT"

// TestChildrenOfAParent is the parent in TestNoChildOutlivesItsParent. Each child
// holds a pipe open for as long as it lives.
func TestChildrenOfAParent(t *testing.T) {
	dir := os.Getenv(parentRole)
	if dir == "" {
		return // run as a test of its own it has nothing to do
	}
	for _, name := range []string{"runs", "stopped"} {
		ready := make(chan struct{}, 1)
		script := fmt.Sprintf("exec 3>%q; echo ready; exec sleep 300", filepath.Join(dir, name))
		c, err := startChild(t.Context(), name, "/bin/sh", []string{"-c", script}, nil, func([]byte) { ready <- struct{}{} })
		if err != nil {
			t.Fatal(err)
		}
		<-ready
		if name == "stopped" {
			if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Println("started")
	select {} // until it is killed
}

// TestNoChildOutlivesItsParent kills a command that has no time to end its
// children, one of which does not hear signals that ask.
func TestNoChildOutlivesItsParent(t *testing.T) {
	dir := t.TempDir()
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildrenOfAParent$")
	parent.Env = append(os.Environ(), parentRole+"="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var pipes []*os.File
	for _, name := range []string{"runs", "stopped"} {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"runs", "stopped"} {
		pipe, err := os.Open(filepath.Join(dir, name)) // waits for the child
		if err != nil {
			t.Fatal(err)
		}
		defer pipe.Close()
		pipes = append(pipes, pipe)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
		t.Fatalf("the parent says %q, %v; want that it has started its children", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, pipe := range pipes {
		if _, err := io.Copy(io.Discard, pipe); err != nil { // until the child has ended
			t.Errorf("wait for the child that %s: %v", filepath.Base(pipe.Name()), err)
		}
	}
	_ = parent.Wait() // it was killed
}

// program is this test binary under the name by which it is the whole command.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lexline")
	if err := os.WriteFile(path, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSignalsEndTheDemo ends the demo in the middle of its calls: it ends all that
// it started, and has nothing to say about it.
func TestSignalsEndTheDemo(t *testing.T) {
	lexline := program(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			out := t.TempDir()
			mark := "MARK_OF_THIS_TEST=" + out
			var complaints bytes.Buffer
			demo := exec.CommandContext(t.Context(), lexline, "demo", "--keys", "--bot", orderFlowers, "--out", out)
			demo.Env, demo.Stderr = append(os.Environ(), mark), &complaints
			stdout, err := demo.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := demo.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(stdout)
			for lines.Scan() && !strings.Contains(lines.Text(), "+15550100") {
			}
			if got := len(marked(t, mark)); got < 5 {
				t.Errorf("%d processes in the middle of the demo; want 5 or more", got)
			}
			if err := demo.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, stdout) // until it has ended
			err = demo.Wait()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if want := 128 + int(signal); !ok || exit.ExitCode() != want || complaints.Len() > 0 {
				t.Errorf("after %v the demo ended with %v, saying %q; want exit code %d and nothing said", signal, err, &complaints, want)
			}
			if left := marked(t, mark); len(left) > 0 {
				t.Errorf("after %v these are left: %v", signal, left)
			}
		})
	}
}

// marked lists the processes that have a variable in their environment.
func marked(t *testing.T, variable string) (processes []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		environ, _ := os.ReadFile(file) // it may have ended meanwhile
		if bytes.Contains(environ, append([]byte(variable), 0)) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			processes = append(processes, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return processes
}
