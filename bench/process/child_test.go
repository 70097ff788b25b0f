package process

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell starts a shell script in place of a server.
func shell(t *testing.T, script string) *Child {
	t.Helper()
	c, err := Start("script", os.Environ(), "/bin/sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

const wellBehaved = `
trap 'echo "{\"msg\":\"stopped\",\"media_messages\":7}" >&2; exit 0' TERM
echo starting
echo '{"msg":"listening","mallocs":12,"address":"here"}'
echo '{"msg":"listening","mallocs":13}'
while :; do sleep 0.01; done`

func TestChildFromStartToStop(t *testing.T) {
	c := shell(t, wellBehaved)
	line, err := c.Await(t.Context(), "listening")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := line.Number("mallocs"); got != 12 || err != nil {
		t.Errorf("mallocs of the first line: got %v, error %v; want 12", got, err)
	}
	if _, err := line.Number("address"); err == nil || !strings.Contains(err.Error(), "address is here, want a number") {
		t.Errorf("a word as a number: got error %v", err)
	}
	stopped, err := c.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stopped.Number("media_messages"); got != 7 || err != nil {
		t.Errorf("media_messages, logged to standard error: got %v, error %v; want 7", got, err)
	}
	if err := syscall.Kill(c.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process after stop: got %v, want that it is gone", err)
	}
}

func TestChildFailures(t *testing.T) {
	cases := []struct {
		name, script string
		want         []string
	}{
		{"ends at once", "echo no port left; exit 3", []string{`script ended without logging "listening"`, "exit status 3", "no port left"}},
		{"says nothing", "exit 0", []string{"it logged nothing"}},
		{"shows the last lines only", "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; exit 1", []string{"ends with:\n\tline 2"}},
	}
	for _, c := range cases {
		_, err := shell(t, c.script).Await(t.Context(), "listening")
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v, want %q", c.name, err, want)
			}
		}
	}
	if _, err := Start("nothing", nil, "/nonexistent"); err == nil || !strings.Contains(err.Error(), "start nothing") {
		t.Errorf("no such program: got error %v", err)
	}
}

func TestChildIsNotWaitedForForever(t *testing.T) {
	deaf := shell(t, `trap "" TERM; echo '{"msg":"listening"}'; while :; do sleep 0.01; done`)
	if _, err := deaf.Await(t.Context(), "listening"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := deaf.Stop(ctx); err == nil || !strings.Contains(err.Error(), `waiting for it to log "stopped"`) {
		t.Errorf("a process that does not stop: got error %v", err)
	}
	deaf.Kill()
	if err := syscall.Kill(deaf.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("after kill: got %v, want that it is gone", err)
	}
}
