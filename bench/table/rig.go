package main

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
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"lexline/internal/drill"
	"lexline/internal/region"
	"lexline/internal/speech"
)

// The gateway of the drill, whose environment is ours.
const (
	gatewayName = "gateway"
	observerID  = "bench"
	refresh     = time.Second // the shortest that a gateway takes
)

// How long is waited for processes: to be ready, to end, and to answer.
const (
	startWait  = 60 * time.Second
	endWait    = 10 * time.Second
	statusWait = 2 * time.Second
)

// longest is how long the drill may go on at most: it is ended by us.
const longest = 12 * time.Hour

// rig is a drill without a fault, under whose gateway we break the table.
type rig struct {
	o     options
	table string // path of the file
	http  *http.Client

	mu      sync.Mutex
	log     []logLine // guarded by mu: of the gateway
	control string    // guarded by mu: host:port of its control listener
	ready   chan struct{}
}

func newRig(o options, table string) *rig {
	return &rig{o: o, table: table, http: &http.Client{Timeout: statusWait}, ready: make(chan struct{})}
}

// config is that of the drill: calls and nothing else, until its context ends.
func (r *rig) config(progress io.Writer) (*drill.Config, error) {
	sounds, err := builtinSounds(filepath.Join("cmd", "lexline", "sounds"))
	if err != nil {
		return nil, err
	}
	return &drill.Config{
		Calls: r.o.calls, Seed: r.o.seed, Region: home, Policy: drill.PolicyLexline,
		Ramp: ramp, WarmUp: longest, FaultFor: time.Second, Settle: time.Second, Hold: 10 * time.Second,
		Latency: 400 * time.Millisecond, Scale: 1,
		Bot: filepath.Join("bots", "OrderFlowers"), Out: r.o.work, Cache: filepath.Join(filepath.Dir(r.o.work), "clips"),
		Start: r.start, Say: speech.NewSynthesizer(speech.SynthConfig{}).Say, Sounds: sounds,
		Tell: func(format string, args ...any) {
			// To the drill all of this is what comes before its first fault.
			fmt.Fprintln(progress, strings.Replace(fmt.Sprintf(format, args...), "warming up", "people call", 1))
		},
	}, nil
}

// builtinSounds reads the gateway's own sounds, so that none is taken for an
// answer.
func builtinSounds(dir string) (map[string][]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.ulaw"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has none; run this in lexline's own folder", dir)
	}
	sounds := map[string][]byte{}
	for _, file := range files {
		var mulaw []byte
		if mulaw, err = os.ReadFile(file); err != nil {
			break
		}
		sounds[strings.TrimSuffix(filepath.Base(file), ".ulaw")] = mulaw
	}
	if err != nil {
		return nil, fmt.Errorf("read the gateway's sounds: %w", err)
	}
	return sounds, nil
}

// process is one that the drill asked for.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// start is drill.Start: the gateway gets its table here, and its log is read
// along.
func (r *rig) start(name string, args []string, line func([]byte)) (drill.Process, error) {
	p := &process{cmd: exec.Command(r.o.lexline, args...), done: make(chan struct{})}
	p.cmd.Env = os.Environ()
	take := line
	if name == gatewayName {
		p.cmd.Env = append(p.cmd.Env, "LEXLINE_TABLE_FILE="+r.table, "LEXLINE_TABLE_REFRESH="+refresh.String(),
			"LEXLINE_TABLE_OBSERVER="+observerID, "LEXLINE_TABLE_COPY="+r.table+".copy")
		take = func(text []byte) {
			line(text)
			r.take(text)
		}
	}
	// A group of its own: an interrupt from the keyboard comes to us, and we end it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, output, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer output.Close()
	p.cmd.Stdout, p.cmd.Stderr = output, output
	if err := p.cmd.Start(); err != nil {
		log.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go p.follow(log, take)
	return p, nil
}

// follow reads the log to its end and then waits for the process.
func (p *process) follow(log *os.File, take func([]byte)) {
	defer close(p.done)
	defer log.Close()
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		take(lines.Bytes())
	}
	_ = p.cmd.Wait() // that it ended is all the drill wants to know
}

// Signal implements drill.Process.
func (p *process) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal a process: %w", err)
	}
	return nil
}

// Stop implements drill.Process.
func (p *process) Stop() {
	_ = p.Signal(os.Interrupt) // what cannot be interrupted is killed
	timer := time.NewTimer(endWait)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		_ = p.cmd.Process.Kill() // as above
		<-p.done
	}
}

// Done implements drill.Process.
func (p *process) Done() <-chan struct{} { return p.done }

// take takes a line of the gateway's log.
func (r *rig) take(text []byte) {
	line, ok := parseLine(text)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, line)
	if line.Msg == "listening" && r.control == "" {
		r.control = line.Control
		close(r.ready)
	}
}

// lines returns the gateway's log so far.
func (r *rig) lines() []logLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log)
}

// status asks the gateway how it stands with its regions and its table.
func (r *rig) status(ctx context.Context) (region.Status, error) {
	r.mu.Lock()
	control := r.control
	r.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+control+"/status", nil)
	if err != nil {
		return region.Status{}, fmt.Errorf("ask for the status: %w", err)
	}
	answer, err := r.http.Do(request)
	if err != nil {
		return region.Status{}, fmt.Errorf("ask for the status: %w", err)
	}
	defer answer.Body.Close()
	var all struct{ Bots []region.Status }
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return region.Status{}, fmt.Errorf("read the status: %w", err)
	}
	if len(all.Bots) != 1 || all.Bots[0].Table == nil {
		return region.Status{}, fmt.Errorf("read the status: %d bots, or no table; want one bot with a table", len(all.Bots))
	}
	return all.Bots[0], nil
}
