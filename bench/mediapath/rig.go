package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"lexline/bench/process"
)

// patience is how long a program may take to start, or to stop.
const patience = 20 * time.Second

// The account of all calls here. It exists on this machine only, for a minute.
const (
	benchAccount = "AC00000000000000000000000000000000"
	benchToken   = "0123456789abcdef0123456789abcdef"
)

// serveConfig is the configuration of the gateway: its address, and that of the
// trap that stands where Lex would be. Bot and alias are ids, so that nobody is
// asked for their names. Callers who say nothing are left alone.
const serveConfig = `listen: %[1]s
public_url: http://%[1]s
log: {level: info, format: json}
control: {listen: "127.0.0.1:0"}
twilio: {auth_token: %[2]s}
aws: {access_key_id: BENCH, secret_access_key: bench}
regions:
  - {name: us-east-1, runtime_endpoint: "http://%[3]s", models_endpoint: "http://%[3]s"}
lines:
  - {bot: BENCHBOT01, alias: BENCHALIAS, locale: en_US, greeting: Welcome.}
call: {no_input: "off"}
`

// rig is everything that runs during a measurement besides the sender.
type rig struct {
	dir     string
	trap    *trap
	gateway *process.Child
	floor   *process.Child
	carrier *carrier

	floorAddress string
	idleRSS      [2]int64 // of gateway and floor, before the first connection
	idleMallocs  float64  // of the gateway
}

// newRig builds the programs, unless a lexline is given, and starts them. The
// caller must close the rig, also after an error.
func newRig(ctx context.Context, lexline string) (*rig, error) {
	r := &rig{}
	var err error
	if r.dir, err = os.MkdirTemp("", "lexline-bench-"); err != nil {
		return r, fmt.Errorf("make a folder for programs: %w", err)
	}
	if r.trap, err = newTrap(); err != nil {
		return r, err
	}
	programs := []string{"./bench/discard"}
	if lexline == "" {
		lexline = filepath.Join(r.dir, "lexline")
		programs = append(programs, "./cmd/lexline")
	}
	if err := process.Build(ctx, r.dir, programs...); err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := r.startFloor(ctx); err != nil {
		return r, err
	}
	return r, r.startGateway(ctx, lexline)
}

func (r *rig) startFloor(ctx context.Context) (err error) {
	if r.floor, err = process.Start("discard", process.Environment(r.dir), filepath.Join(r.dir, "discard")); err != nil {
		return err
	}
	line, err := r.floor.Await(ctx, "listening")
	if err != nil {
		return err
	}
	r.floorAddress, _ = line["address"].(string)
	r.idleRSS[1], err = process.ResidentMemory(r.floor.PID())
	return err
}

func (r *rig) startGateway(ctx context.Context, lexline string) error {
	address, err := process.FreeAddress()
	if err != nil {
		return err
	}
	config := filepath.Join(r.dir, "lexline.yml")
	text := fmt.Sprintf(serveConfig, address, benchToken, r.trap.address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if r.gateway, err = process.Start("lexline serve", process.Environment(r.dir), lexline, "serve", "--dev", "--config", config); err != nil {
		return err
	}
	line, err := r.gateway.Await(ctx, "listening")
	if err != nil {
		return err
	}
	if r.idleMallocs, err = line.Number("mallocs"); err != nil {
		return err
	}
	r.carrier = &carrier{
		publicURL: "http://" + address, authToken: benchToken, account: benchAccount,
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: openAtOnce}},
	}
	r.idleRSS[0], err = process.ResidentMemory(r.gateway.PID())
	return err
}

// close ends the programs and removes what was built.
func (r *rig) close() {
	for _, c := range []*process.Child{r.gateway, r.floor} {
		if c != nil {
			c.Kill()
		}
	}
	if r.trap != nil {
		r.trap.server.Close()
	}
	os.RemoveAll(r.dir)
}

// trap stands where Lex would be and counts who asks.
type trap struct {
	address  string
	server   *http.Server
	requests atomic.Int64
}

func newTrap() (*trap, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen in place of Lex: %w", err)
	}
	t := &trap{address: listener.Addr().String()}
	t.server = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.requests.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})}
	go t.server.Serve(listener) // until close
	return t, nil
}
