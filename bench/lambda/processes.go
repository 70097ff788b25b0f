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
	"strings"
	"syscall"
	"time"
)

// startWait is how long is waited for a process to be ready.
const startWait = 60 * time.Second

// server is a process that serves something, and its first line.
type server struct {
	cmd   *exec.Cmd
	in    io.Closer // ends it
	first chan string
	done  chan struct{}
}

// startServer starts a process and returns the first line that it writes.
func startServer(ctx context.Context, folder, program string, args ...string) (*server, string, error) {
	s := &server{cmd: exec.Command(program, args...), first: make(chan string, 1), done: make(chan struct{})}
	s.cmd.Dir = folder
	// A group of its own: an interrupt from the keyboard comes to us, and we end it.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, errIn := s.cmd.StdinPipe()
	out, errOut := s.cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", program, err)
	}
	s.in = in
	if err := s.cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", program, err)
	}
	go func() {
		defer close(s.done)
		lines := bufio.NewReader(out)
		line, _ := lines.ReadString('\n')
		s.first <- line
		_, _ = io.Copy(io.Discard, lines)
		_ = s.cmd.Wait() // it is ended by us
	}()
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	select {
	case line := <-s.first:
		return s, strings.TrimSpace(line), nil
	case <-ctx.Done():
		s.stop()
		return nil, "", fmt.Errorf("start %s: %w", program, ctx.Err())
	}
}

// stop ends the process and waits for it.
func (s *server) stop() {
	_ = s.in.Close()
	_ = s.cmd.Process.Kill() // it has nothing to save
	<-s.done
}

// startDatabase starts npm's dynalite with the article's table in it.
func startDatabase(ctx context.Context, folder string) (*server, string, error) {
	s, address, err := startServer(ctx, folder, "node", "serve.js")
	if err != nil {
		return nil, "", err
	}
	if !strings.HasPrefix(address, "http://") {
		s.stop()
		return nil, "", fmt.Errorf("dynalite says %q where its address should be: is it installed? make setup-test does it", address)
	}
	if err := createTable(ctx, address); err != nil {
		s.stop()
		return nil, "", fmt.Errorf("create the table: %w", err)
	}
	return s, address, nil
}

// served is a local region of Lex in a process.
type served struct {
	region          string
	server          *server
	endpoint, admin string
	bot, alias      string // ids
	version         string
	gone            bool
}

// startRegion starts a region.
func startRegion(ctx context.Context, lexline, region, bot string) (*served, error) {
	s, line, err := startServer(ctx, "", lexline, "bot", "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
		"--region", region, "--bot", bot, "--alias", aliasName, "--voice", "none", "--log-format", "json")
	if err != nil {
		return nil, err
	}
	r := &served{region: region, server: s}
	var ready struct{ Endpoint, Address, Admin string }
	if err := json.Unmarshal([]byte(line), &ready); err != nil {
		s.stop()
		return nil, fmt.Errorf("start region %s: first line %.200q: %w", region, line, err)
	}
	r.endpoint, r.admin = ready.Endpoint, ready.Admin
	if !strings.Contains(r.admin, "://") {
		r.admin = "http://" + r.admin
	}
	if err := r.find(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("start region %s: %w", region, err)
	}
	return r, nil
}

// find looks up the ids.
func (r *served) find(ctx context.Context) error {
	var bots struct {
		BotSummaries []struct{ BotID, BotName string }
	}
	if err := call(ctx, http.MethodPost, r.endpoint+"/bots/", object{}, &bots); err != nil {
		return err
	}
	for _, b := range bots.BotSummaries {
		if b.BotName == botName {
			r.bot = b.BotID
		}
	}
	var aliases struct {
		BotAliasSummaries []struct{ BotAliasID, BotAliasName, BotVersion string }
	}
	if err := call(ctx, http.MethodPost, r.endpoint+"/bots/"+r.bot+"/botaliases/", object{}, &aliases); err != nil {
		return err
	}
	for _, a := range aliases.BotAliasSummaries {
		if a.BotAliasName == aliasName {
			r.alias, r.version = a.BotAliasID, a.BotVersion
		}
	}
	if r.alias == "" {
		return fmt.Errorf("there is no alias %s of %s", aliasName, botName)
	}
	return nil
}

func (r *served) name() string      { return r.region }
func (r *served) client() lexClient { return lexClient{r.endpoint, r.bot, r.alias} }

// set implements lexSide over the admin listener and the models API.
func (r *served) set(ctx context.Context, fault lexFault) error {
	var faults []object
	switch fault {
	case lexFine, lexGone:
		faults = []object{}
	case lexErrors:
		faults = []object{{"kind": "error", "type": "InternalServerException", "operations": []string{"RecognizeText", "PutSession"}}}
	case lexHole:
		faults = []object{{"kind": "blackhole"}}
	case lexThrottled:
		faults = []object{{"kind": "error", "type": "ThrottlingException"}}
	case lexNoDelete:
		faults = []object{{"kind": "error", "type": "InternalServerException", "operations": []string{"DeleteSession"}}}
	}
	if err := call(ctx, http.MethodPut, r.admin+"/faults", faults, nil); err != nil {
		return fmt.Errorf("break region %s: %w", r.region, err)
	}
	switch aliases := r.endpoint + "/bots/" + r.bot + "/botaliases/"; {
	case fault == lexGone && !r.gone:
		if err := call(ctx, http.MethodDelete, aliases+r.alias+"/", nil, nil); err != nil {
			return fmt.Errorf("delete the alias in %s: %w", r.region, err)
		}
		r.gone = true
	case fault != lexGone && r.gone:
		if err := call(ctx, http.MethodPut, aliases, object{"botAliasName": aliasName, "botVersion": r.version}, nil); err != nil {
			return fmt.Errorf("create the alias in %s: %w", r.region, err)
		}
		r.gone = false
		return r.find(ctx)
	}
	return nil
}

// buildFunctions builds the program for this machine and returns its path.
func buildFunctions(ctx context.Context, folder string) (string, error) {
	file := folder + "/bootstrap"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", file, "lexline/cmd/lexline-lambda")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the functions: %w", err)
	}
	return file, nil
}
