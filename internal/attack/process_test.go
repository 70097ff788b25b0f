package attack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a machine that is busy with other things.
const patience = time.Minute

// line is one line of a program's log, which is JSON.
type line map[string]any

func (l line) text(key string) string {
	text, _ := l[key].(string)
	return text
}

// process is a program that runs until the test is over.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended and its log is read

	mu    sync.Mutex
	lines []line
	tail  []string // the last lines as they are
	grown chan struct{}
}

// start starts a program, of which standard output and error are its log.
func start(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{}), grown: make(chan struct{})}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir()}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.follow(log)
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGINT) // it may have ended already
		select {
		case <-p.ended:
		case <-time.After(patience):
			_ = p.cmd.Process.Kill() // as above
			<-p.ended
			t.Errorf("%s did not end", args[0])
		}
	})
	return p
}

func (p *process) follow(log io.Reader) {
	defer close(p.ended)
	scanner := bufio.NewScanner(log)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		p.take(scanner.Text())
	}
	_ = p.cmd.Wait() // that it ended is what matters
}

func (p *process) take(text string) {
	var l line
	_ = json.Unmarshal([]byte(text), &l) // what is no JSON is kept for the tail only
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, l)
	p.tail = append(p.tail, text)
	p.tail = p.tail[max(0, len(p.tail)-20):]
	close(p.grown)
	p.grown = make(chan struct{})
}

// await returns the first line that is wanted, once it is there.
func (p *process) await(t *testing.T, what string, wanted func(line) bool) line {
	t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		grown := p.grown
		for _, l := range p.lines {
			if wanted(l) {
				p.mu.Unlock()
				return l
			}
		}
		p.mu.Unlock()
		select {
		case <-grown:
		case <-p.ended:
			t.Fatalf("the program ended before %s:\n%s", what, p.lastWords())
		case <-deadline:
			t.Fatalf("no %s within %v:\n%s", what, patience, p.lastWords())
		}
	}
}

// count is how many lines so far are of a kind.
func (p *process) count(of func(line) bool) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if of(l) {
			n++
		}
	}
	return n
}

func (p *process) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "\n")
}

// runs reports whether the program still runs.
func (p *process) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// descriptors is how many files and connections the program has open.
func (p *process) descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// resident is how much memory of the machine the program has, in bytes.
func (p *process) resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}
