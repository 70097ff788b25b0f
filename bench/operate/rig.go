package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lexline/bench/process"
)

// patience is how long a program may take to start, to stop, or to answer.
const patience = 20 * time.Second

// The account of all calls here. It exists on this machine only, for some minutes.
const (
	benchAccount = "AC00000000000000000000000000000000"
	benchToken   = "0123456789abcdef0123456789abcdef"
)

// serveConfig is the configuration of both gateways; the operated one has a store.
const serveConfig = `listen: %[1]s
public_url: http://%[1]s
log: {level: info, format: json}
control: {listen: "%[2]s"}
twilio: {auth_token: %[3]s}
aws: {access_key_id: BENCH, secret_access_key: bench}
regions:
  - {name: us-east-1, runtime_endpoint: "%[4]s", models_endpoint: "%[4]s"}
lines:
  - {bot: OrderFlowers, alias: ver_one, locale: en_US, twiml: "<Response>{{stream}}</Response>"}
call: {no_input: "off"}
`

// operated is what the configuration of the operated gateway has besides.
const operated = `store: {file: %s}
records: {transcripts: true}
`

// gateway is one `lexline serve` under measurement.
type gateway struct {
	name             string
	child            *process.Child
	address, control string
	stores           bool
}

// rig is everything that runs during a measurement besides the phones.
type rig struct {
	dir, lexline    string
	bot             *process.Child
	plain, operated *gateway
	http            *http.Client
}

// newRig builds the program, unless one is given, and starts the Lex and both
// gateways. The caller must close the rig, also after an error.
func newRig(ctx context.Context, lexline string) (*rig, error) {
	r := &rig{lexline: lexline, http: &http.Client{}}
	var err error
	if r.dir, err = os.MkdirTemp("", "lexline-operate-"); err != nil {
		return r, fmt.Errorf("make a folder for programs: %w", err)
	}
	if lexline == "" {
		r.lexline = filepath.Join(r.dir, "lexline")
		if err := process.Build(ctx, r.dir, "./cmd/lexline"); err != nil {
			return r, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if r.bot, err = process.Start("lexline bot serve", process.Environment(r.dir), r.lexline, "bot", "serve", "--bot", "bots/OrderFlowers",
		"--worker", "none", "--voice", "none", "--listen", "127.0.0.1:0", "--log-format", "json"); err != nil {
		return r, err
	}
	line, err := r.bot.Await(ctx, "Start")
	if err != nil {
		return r, err
	}
	lex, _ := line["endpoint"].(string)
	if r.plain, err = r.serve(ctx, "plain", lex, ""); err != nil {
		return r, err
	}
	r.operated, err = r.serve(ctx, "operated", lex, fmt.Sprintf(operated, filepath.Join(r.dir, "calls.db")))
	return r, err
}

// serve starts a gateway.
func (r *rig) serve(ctx context.Context, name, lex, more string) (*gateway, error) {
	g := &gateway{name: name, stores: more != ""}
	for _, address := range []*string{&g.address, &g.control} {
		var err error
		if *address, err = process.FreeAddress(); err != nil {
			return nil, err
		}
	}
	config := filepath.Join(r.dir, name+".yml")
	text := fmt.Sprintf(serveConfig, g.address, g.control, benchToken, lex) + more
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	var err error
	if g.child, err = process.Start("lexline serve, "+name, process.Environment(r.dir), r.lexline, "serve", "--dev", "--config", config); err != nil {
		return nil, err
	}
	_, err = g.child.Await(ctx, "listening")
	return g, err // with its child, for close
}

// close ends the programs and removes what was built.
func (r *rig) close() {
	for _, g := range []*gateway{r.plain, r.operated} {
		if g != nil && g.child != nil {
			g.child.Kill()
		}
	}
	if r.bot != nil {
		r.bot.Kill()
	}
	os.RemoveAll(r.dir)
}

// keys are the turns of a caller, who then hangs up.
var keys = []string{"1#", "2#", "1224#", "1730#"}

// script is what a caller does: a turn after each pause.
func script(pause time.Duration) string {
	text := "pause 2s\n"
	for _, k := range keys {
		text += fmt.Sprintf("press %s\npause %v\n", k, pause)
	}
	return text
}

// call places calls on a gateway, and returns when all of them have ended.
func (r *rig) call(ctx context.Context, g *gateway, o options) error {
	file := filepath.Join(r.dir, "script.txt")
	if err := os.WriteFile(file, []byte(script(o.pause)), 0o600); err != nil {
		return fmt.Errorf("write the script: %w", err)
	}
	phone := exec.CommandContext(ctx, r.lexline, "phone", "call", "-n", strconv.Itoa(o.calls), "--script", file, "--out", "",
		"--auth-token", benchToken, "--account", benchAccount, "http://"+g.address+"/twiml")
	phone.Env = process.Environment(r.dir)
	phone.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	phone.Cancel = func() error { return phone.Process.Signal(os.Interrupt) }
	phone.WaitDelay = patience
	if said, err := phone.CombinedOutput(); err != nil {
		return fmt.Errorf("call the %s gateway: %w; the phones end with:\n%.800s", g.name, err, said[max(0, len(said)-800):])
	}
	return nil
}

// counts is what a round needs of GET /status.
type counts struct {
	Calls struct {
		Live  int64 `json:"live"`
		Turns int64 `json:"turns"`
		Ended int64 `json:"ended"`
	} `json:"calls"`
	Door struct {
		Messages int64 `json:"media_messages"`
	} `json:"door"`
	Records struct {
		Waiting int   `json:"waiting"`
		Written int64 `json:"written"`
		Failed  int64 `json:"failed"`
		Dropped int64 `json:"dropped"`
	} `json:"records"`
}

// counts asks a gateway for its counters.
func (r *rig) counts(ctx context.Context, g *gateway) (c counts, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := r.get(ctx, g, "/status", "application/json")
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return c, fmt.Errorf("read the counters of the %s gateway: %w", g.name, err)
	}
	return c, nil
}

// get asks the control listener of a gateway. ctx has a deadline.
func (r *rig) get(ctx context.Context, g *gateway, path, accept string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.control+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := r.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s answered %s", path, response.Status)
	}
	return body, err
}

// scrape asks the operated gateway for its metrics, as Prometheus does, until ctx
// ends. It tells how often it did.
func (r *rig) scrape(ctx context.Context, every time.Duration) (scrapes int, err error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return scrapes, nil
		case <-tick.C:
		}
		asked, cancel := context.WithTimeout(ctx, patience)
		body, err := r.get(asked, r.operated, "/metrics", "text/plain")
		cancel()
		switch {
		case ctx.Err() != nil:
			return scrapes, nil
		case err != nil:
			return scrapes, fmt.Errorf("scrape the metrics: %w", err)
		case !strings.Contains(string(body), "lexline_calls_ended_total"):
			return scrapes, errors.New("scrape the metrics: there are none")
		}
		scrapes++
	}
}
