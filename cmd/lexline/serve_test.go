package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/botdef"
	"lexline/internal/call"
	"lexline/internal/lexlocal"
	"lexline/internal/twiliosim"
)

// rig is the whole path in one process: a local Lex without speech engines, a
// gateway on a port of its own, and phones that call it.
type rig struct {
	t       *testing.T
	gateway *gateway
	log     *lockedBuffer
	stop    context.CancelFunc
	hurry   chan os.Signal
	ended   chan error

	mu      sync.Mutex
	records []lexlocal.Record // of the local Lex
}

// lockedBuffer is written by one goroutine or process while another one reads. The buffer
// is not embedded: a copy into it would find its ReadFrom, and that takes no lock.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigBehind(t, func(lexAddress string) string { return lexAddress })
}

// newRigBehind is a rig that finds its local Lex at the address that front makes of
// the Lex's own.
func newRigBehind(t *testing.T, front func(lexAddress string) string) *rig {
	t.Helper()
	return newRigWith(t, front, func(*config) {})
}

// newRigWith is as newRigBehind, with another configuration.
func newRigWith(t *testing.T, front func(lexAddress string) string, change func(*config)) *rig {
	t.Helper()
	return newRigFrom(t, front, change, func(*gateway) {})
}

// newRigFrom is as newRigWith, and changes the gateway before it runs.
func newRigFrom(t *testing.T, front func(lexAddress string) string, change func(*config), ready func(*gateway)) *rig {
	t.Helper()
	r := &rig{t: t, log: &lockedBuffer{}, hurry: make(chan os.Signal, 1), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	lexAddress := front(r.startLex())
	cfg := defaultConfig()
	cfg.Listen, cfg.PublicURL, cfg.Control.Listen = "127.0.0.1:0", demoURL, "127.0.0.1:0"
	cfg.Twilio.AuthToken = "secret"
	cfg.AWS = awsConfig{AccessKeyID: "a", SecretAccessKey: "b"}
	cfg.Regions = []regionConfig{{Name: "us-east-1", RuntimeEndpoint: lexAddress, ModelsEndpoint: lexAddress}}
	cfg.Lines = []lineConfig{{Bot: "OrderFlowers", Alias: "ver_one", Greeting: "Hi.", Quota: defaultLine.Quota}}
	change(&cfg)
	cfg.complete()
	var err error
	logger := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if r.gateway, err = newGateway(ctx, cfg, false, logger); err != nil {
		t.Fatal(err)
	}
	ready(r.gateway)
	go func() { r.ended <- r.gateway.run(ctx, r.hurry) }()
	t.Cleanup(func() {
		select {
		case r.hurry <- os.Interrupt:
		default: // it is hurrying already
		}
		stop()
		if r.ended != nil {
			<-r.ended
		}
	})
	return r
}

// startLex serves OrderFlowers until the test ends and returns its URL.
func (r *rig) startLex() string {
	bot, err := botdef.Load("../../bots/OrderFlowers")
	if err != nil {
		r.t.Fatal(err)
	}
	server, err := lexlocal.New(lexlocal.Config{
		Region: "us-east-1", Bots: []*botdef.Bot{bot}, Aliases: []string{"ver_one"},
		Record: func(record lexlocal.Record) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.records = append(r.records, record)
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			r.t.Errorf("serve the local Lex: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// turns returns the records of what callers asked the bot.
func (r *rig) turns() (turns []lexlocal.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.records {
		if record.Session != "" {
			turns = append(turns, record)
		}
	}
	return turns
}

// call places a call with a script and a token, and returns what the phone saw.
func (r *rig) call(ctx context.Context, script, token string, events func(twiliosim.Event)) *twiliosim.Record {
	r.t.Helper()
	parsed, err := twiliosim.ParseScript("test", strings.NewReader(script))
	if err != nil {
		r.t.Fatal(err)
	}
	routes := twiliosim.Routes{}
	if err := routes.Add(strings.TrimPrefix(demoURL, "https://") + "=" + r.gateway.listener.Addr().String()); err != nil {
		r.t.Fatal(err)
	}
	phone, err := twiliosim.New(ctx, twiliosim.Config{
		URL: demoURL + "/twiml", AuthToken: token, From: "+15550120001", To: "+15550100",
		Routes: routes, Script: parsed, Events: events, Seed: uint64(time.Now().UnixNano()),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	defer phone.Close()
	return phone.Call(ctx, 1)
}

const orderByKeys = "wait\npress 1#\nwait\npress 2#\nwait\npress 1224#\nwait\npress 1730#\nwait\npress 1#\nexpect-end"

func TestOrderByKeysThroughTheWholePath(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("call", func(t *testing.T) {
		r := newRig(t)
		record := r.call(t.Context(), orderByKeys, "secret", nil)
		if !record.OK() {
			t.Errorf("the phone saw %s: %s", record.Reason, record.Text)
		}
		turns := r.turns()
		if len(turns) != 5 {
			t.Fatalf("the bot was asked %d times; want 5: %v", len(turns), turns)
		}
		last := turns[4]
		if last.State != "Fulfilled" || last.Slots["FlowerType"] != "lilies" || last.Slots["PickupTime"] != "17:30" || !strings.HasSuffix(last.Slots["PickupDate"], "-12-24") {
			t.Errorf("the bot's last turn = %v; want lilies on December 24 at 17:30, fulfilled", last)
		}
		if last.Session != record.Call || last.Attributes["caller_number"] != "+15550120001" || last.Attributes["called_number"] != "+15550100" {
			t.Errorf("session %s with attributes %v; want the call's id and numbers", last.Session, last.Attributes)
		}
		r.stop() // the caller is hung up before the call is through with its last line
		if err := <-r.ended; err != nil {
			t.Errorf("run = %v", err)
		}
		r.ended = nil
		if log := r.log.String(); !strings.Contains(log, "reason=bot_closed") || strings.Contains(log, "5550120001") {
			t.Errorf("log = %s; want the call's end and no full number", log)
		}
	})
	awaitGoroutines(t, before)
}

// awaitGoroutines fails if the number of goroutines does not come back to what it was.
func awaitGoroutines(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines; want %d as before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

func TestForgedCallNeverReachesTheBot(t *testing.T) {
	r := newRig(t)
	record := r.call(t.Context(), orderByKeys, "guessed", nil)
	if record.OK() {
		t.Error("a call with a wrong token was served")
	}
	if turns := r.turns(); len(turns) != 0 {
		t.Errorf("the bot was asked %d times; want never", len(turns))
	}
}

func TestLiveCallFinishesWhileDraining(t *testing.T) {
	r := newRig(t)
	var once sync.Once
	record := r.call(t.Context(), orderByKeys, "secret", func(e twiliosim.Event) {
		if e.Event == "press" {
			once.Do(r.stop) // SIGTERM in the middle of the first turn
		}
	})
	if !record.OK() {
		t.Errorf("the phone saw %s: %s", record.Reason, record.Text)
	}
	r.stop() // in case that the call never got that far
	if err := <-r.ended; err != nil {
		t.Errorf("run = %v", err)
	}
	r.ended = nil
	log := r.log.String()
	for _, want := range []string{"draining calls_left=1 greeting=0 calls=" + record.Call + " seconds_left=", "reason=bot_closed", "stopped calls=1"} {
		if !strings.Contains(log, want) {
			t.Errorf("log lacks %q:\n%s", want, log)
		}
	}
	calls := r.gateway.status().Calls
	if diff := cmp.Diff([]callEnd{{call.Success, call.BotClosed, 1}}, calls.Ends); diff != "" || calls.Live != 0 || calls.Total != 1 || calls.Turns != 5 {
		t.Errorf("status: calls = %+v; want one, of five turns, that the bot closed", calls)
	}
	if _, err := http.Get("http://" + r.gateway.listener.Addr().String() + "/ping"); err == nil {
		t.Error("the port still answers after the end")
	}
}

func TestImpatientStopEndsCalls(t *testing.T) {
	r := newRig(t)
	var once sync.Once
	record := r.call(t.Context(), orderByKeys, "secret", func(e twiliosim.Event) {
		if e.Event == "press" {
			once.Do(func() {
				r.hurry <- os.Interrupt
				r.stop()
			})
		}
	})
	if record.OK() {
		t.Error("the call went on to its end")
	}
	if log := r.log.String(); !strings.Contains(log, "reason=shutdown") {
		t.Errorf("log lacks the call's end by shutdown:\n%s", log)
	}
	awaitCutOff(t, r, "signal")
	if log := r.log.String(); strings.Count(log, `"live calls were ended" calls=1 why=signal samples=`+record.Call) != 1 {
		t.Errorf("log does not say once that a call was ended:\n%s", log)
	}
}

// TestImpatientStopCutsOffGreetings has the gateway told to stop at once while a caller
// hears the greeting: there is no stream yet, and they are cut off all the same.
func TestImpatientStopCutsOffGreetings(t *testing.T) {
	r := newRig(t)
	var once sync.Once
	record := r.call(t.Context(), orderByKeys, "secret", func(e twiliosim.Event) {
		if e.Event == "twiml" {
			once.Do(func() {
				r.hurry <- os.Interrupt
				r.stop()
			})
		}
	})
	if record.OK() {
		t.Error("the call went on to its end")
	}
	awaitCutOff(t, r, "signal")
	if log := r.log.String(); strings.Count(log, `"live calls were ended" calls=1 why=signal samples=`) != 1 {
		t.Errorf("log does not say once that a call was ended:\n%s", log)
	}
}

// awaitCutOff waits for the end of a gateway that ended one call.
func awaitCutOff(t *testing.T, r *rig, why string) {
	t.Helper()
	err := <-r.ended
	r.ended = nil
	cut, ok := errors.AsType[*cutOffError](err)
	if !ok || cut.calls != 1 || cut.why != why {
		t.Errorf("run = %v; want that one call was cut off by %s", err, why)
	}
	if code := report(io.Discard, err); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
}

func TestImpatientStopWithoutCallsWarnsOfNothing(t *testing.T) {
	r := newRig(t)
	r.hurry <- os.Interrupt
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("run = %v", err)
	}
	r.ended = nil
	if log := r.log.String(); strings.Contains(log, "WARN") || !strings.Contains(log, "msg=stopped") {
		t.Errorf("log = %s; want a quiet end", log)
	}
}

// TestDrainTimeEndsCalls has a caller who does not finish in time.
func TestDrainTimeEndsCalls(t *testing.T) {
	r := newRigWith(t, func(lexAddress string) string { return lexAddress }, func(cfg *config) { cfg.Call.DrainTime = 50 * time.Millisecond })
	var once sync.Once
	record := r.call(t.Context(), orderByKeys, "secret", func(e twiliosim.Event) {
		if e.Event == "press" {
			once.Do(r.stop)
		}
	})
	if record.OK() {
		t.Error("the call went on to its end")
	}
	awaitCutOff(t, r, "drain_time")
	if log := r.log.String(); !strings.Contains(log, `"live calls were ended" calls=1 why=drain_time`) {
		t.Errorf("log lacks the calls that were ended:\n%s", log)
	} else if _, after, _ := strings.Cut(log, "live calls were ended"); strings.Contains(after, "draining") {
		t.Errorf("calls that were ended are waited for:\n%s", log)
	}
}

func TestBusyPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = listen(taken.Addr().String())
	var hint *hintError
	if !errors.As(err, &hint) || !strings.Contains(err.Error(), "another program has this port") {
		t.Errorf("listen on a taken port = %v; want it said, with a hint", err)
	}
}

func TestUnknownBotIsSaidAtStart(t *testing.T) {
	r := &rig{t: t}
	lexAddress := r.startLex()
	cfg := defaultConfig()
	cfg.Listen, cfg.PublicURL, cfg.Twilio.AuthToken = "127.0.0.1:0", demoURL, "secret"
	cfg.Control.Listen = "127.0.0.1:0"
	cfg.AWS = awsConfig{AccessKeyID: "a", SecretAccessKey: "b"}
	cfg.Regions = []regionConfig{{Name: "us-east-1", RuntimeEndpoint: lexAddress, ModelsEndpoint: lexAddress}}
	cfg.Lines = []lineConfig{{Name: "trip", Bot: "BookTrip", Quota: defaultLine.Quota}}
	cfg.complete()
	_, err := newGateway(t.Context(), cfg, false, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "BookTrip") || !strings.Contains(err.Error(), "line trip") || !strings.Contains(err.Error(), "OrderFlowers") {
		t.Errorf("newGateway = %v; want an error with the line, the bot and the bots there are", err)
	}
}
