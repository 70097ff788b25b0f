package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// Process is a process that somebody started for the drill.
type Process interface {
	// Signal sends it a signal; a process that has ended is no error.
	Signal(sig os.Signal) error
	// Stop asks it to end, and waits until it has.
	Stop()
	// Done is closed when it has ended and all it wrote was passed on.
	Done() <-chan struct{}
}

// Start starts lexline with arguments. line gets each line that it writes, on
// one goroutine, and may keep nothing of it.
type Start func(name string, args []string, line func([]byte)) (Process, error)

// service is one process of a drill that listens.
type service struct {
	Process
	name string

	mu   sync.Mutex
	last string // guarded by mu: the latest line it wrote
}

func (s *service) lastLine() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// stage is the set of processes of a run. Its methods are for one goroutine.
type stage struct {
	start    Start
	dir      string // for logs
	services []*service
	logs     []*os.File
}

// begin starts a process, keeps its log and waits for the line that ready
// accepts. take gets every line, that one included, on the process's goroutine.
func (s *stage) begin(ctx context.Context, name string, args []string, ready func([]byte) bool, take func([]byte)) (*service, error) {
	file, err := os.Create(filepath.Join(s.dir, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("keep the log of %s: %w", name, err)
	}
	s.logs = append(s.logs, file)
	svc := &service{name: name}
	isReady := make(chan struct{})
	found := false
	svc.Process, err = s.start(name, args, func(text []byte) {
		svc.mu.Lock()
		svc.last = string(text)
		svc.mu.Unlock()
		_, _ = fmt.Fprintf(file, "%s\n", text) // the log is for people to look at later
		if take != nil {
			take(text)
		}
		if !found && ready(text) {
			found = true
			close(isReady)
		}
	})
	if err != nil {
		return nil, err
	}
	s.services = append(s.services, svc)
	select {
	case <-isReady:
		return svc, nil
	case <-svc.Done():
		return nil, fmt.Errorf("%s ended before it was ready: %s", name, svc.lastLine())
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// died returns the first process that has ended, nil while all run.
func (s *stage) died() *service {
	for _, svc := range s.services {
		select {
		case <-svc.Done():
			return svc
		default:
		}
	}
	return nil
}

// close ends all processes, the latest first.
func (s *stage) close() {
	for _, svc := range slices.Backward(s.services) {
		svc.Stop()
	}
	for _, file := range s.logs {
		_ = file.Close() // it is for people to look at later
	}
	s.services, s.logs = nil, nil
}

// region is a running local Lex.
type region struct {
	*service
	name     string
	endpoint string // http://127.0.0.1:port
	admin    string // as above, of the listener that takes faults
	bot      string // id
	version  string // of the bot that the alias is for

	alias atomic.Value // its id, a string: it changes when the alias is made again
}

// regionStart is what the drill reads of the first line of a local Lex.
type regionStart struct {
	Op, Endpoint, Admin string
	Bots                []struct {
		ID      string
		Aliases []struct{ Name, ID, Version string }
	}
}

// botAlias is the alias that the callers' line asks.
const botAlias = "ver_one"

// read takes the first line of a region. It reports whether it was that.
func (r *region) read(text []byte) bool {
	var start regionStart
	if json.Unmarshal(text, &start) != nil || start.Op != "Start" {
		return false
	}
	r.endpoint, r.admin = start.Endpoint, start.Admin
	for _, bot := range start.Bots {
		r.bot = bot.ID
		for _, alias := range bot.Aliases {
			if alias.Name == botAlias {
				r.version = alias.Version
				r.alias.Store(alias.ID)
			}
		}
	}
	return true
}

// session is the address of a session of the callers' bot.
func (r *region) session(id string) string {
	return fmt.Sprintf("%s/bots/%s/botAliases/%v/botLocales/en_US/sessions/%s", r.endpoint, r.bot, r.alias.Load(), id)
}
