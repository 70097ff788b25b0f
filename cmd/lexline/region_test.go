package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lexline/internal/region"
)

// lexlineSays runs a command line as main does.
func lexlineSays(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	env := &environment{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
	code = run(ctx, env, args)
	return code, out.String(), errs.String()
}

// expect runs `lexline region` with args and fails unless it exits with that
// code and says all that is wanted, on either output.
func expect(t *testing.T, code int, args []string, says ...string) {
	t.Helper()
	got, stdout, stderr := lexlineSays(t.Context(), append([]string{"region"}, args...)...)
	if got != code {
		t.Errorf("region %s: exit code %d; want %d\n%s%s", strings.Join(args, " "), got, code, stdout, stderr)
	}
	for _, want := range says {
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("region %s lacks %q:\n%s%s", strings.Join(args, " "), want, stdout, stderr)
		}
	}
}

func TestRegionCommandsAtAGateway(t *testing.T) {
	c := startControlled(t, func(cfg *config) {
		cfg.Table.File = filepath.Join(t.TempDir(), "table.db")
		cfg.Failover.ProbeEvery = 24 * time.Hour // nothing is there to be probed
	})
	at := []string{"--control", c.address()}
	with := func(words ...string) []string { return append(words, at...) }
	// What the table says at a start is advice; here it must come before the pin.
	c.await("the table to be read", func(b botStatus) bool { return b.Table != nil && b.Table.ReadAge >= 0 })

	expect(t, 0, with("status"), "New calls go to us-east-1.", "us-east-1 (home) is healthy since", "us-west-2 is healthy", "of 25")
	expect(t, 0, with("status", "--check"))
	expect(t, 0, with("status", "--json"), `"active": "us-east-1"`)
	expect(t, 0, with("pin", "us-west-2", "--for", "30m", "--why", "a test", "--by", "ann"),
		"Calls of OrderFlowers go to us-west-2 until", "(30 min)", "region unpin --control "+c.address())
	expect(t, 0, with("status"), "New calls go to us-west-2.", "PINNED to us-west-2 by ann until", "a test")
	expect(t, 0, with("history"), "pin to us-west-2", "pinned by ann: a test")
	expect(t, 0, with("history", "-n", "1", "--json"), `"entries"`)
	expect(t, 0, with("unpin", "--by", "bob"), "The pin of OrderFlowers is gone", "New calls of OrderFlowers go to us-east-1.")
	expect(t, 0, with("unpin"), "There was no pin.")
	expect(t, 1, with("pin", "mars", "--for", "30m"), `there is no region "mars"; there are: us-east-1, us-west-2`)
	expect(t, 1, with("pin", "--for", "30m", "--bot", "BookTrip", "us-west-2"), `there is no bot "BookTrip"`)
	expect(t, 1, with("unpin", "--bot", "BookTrip"), `there is no bot "BookTrip"`)
}

func TestPinOfASickRegionIsQuestioned(t *testing.T) {
	sick := busyStatus()
	sick.Bots[0].Pin.Region = "us-east-1"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, sick) })
	mux.HandleFunc("POST /pin", func(w http.ResponseWriter, _ *http.Request) {
		until := time.Now().Add(time.Minute)
		answerJSON(w, pinAnswer{Bots: []string{"OrderFlowers"}, Region: "us-east-1", Until: &until})
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	address := server.Listener.Addr().String()
	expect(t, 0, []string{"pin", "us-east-1", "--for", "1m", "--control", address}, "MIND: for OrderFlowers us-east-1 is down since", "5 turns in a row failed")
	expect(t, 1, []string{"status", "--check", "--control", address}, "lexline: us-east-1 is down for OrderFlowers")
}

func TestRegionCommandsOnATable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.db")
	with := func(words ...string) []string { return append(words, "--table", file) }
	expect(t, 1, with("status"), "no such file", "hint: table.file")

	c := startControlled(t, func(cfg *config) { cfg.Table.File, cfg.Table.Observer = file, "gw-1" })
	c.await("the table has a verdict", func(b botStatus) bool { return b.Table.Region == "us-east-1" })
	c.stop()

	expect(t, 0, with("status", "--check"), "under the key us-east-1", "New calls go to us-east-1.", "Gateway gw-1 in us-east-1 gave its last sign of life ", " s ago; then it held every region up, since")
	expect(t, 1, with("pin", "us-wets-2", "--for", "10m"), `have no region "us-wets-2"; there are: us-east-1, us-west-2`, "hint: ", "--unknown")
	expect(t, 0, with("status"), "New calls go to us-east-1.")
	expect(t, 0, with("pin", "us-west-2", "--for", "10m", "--by", "ann", "--why", "night"), "Wrote the pin to us-west-2")
	expect(t, 0, with("status"), "New calls go to us-west-2.", "PINNED to us-west-2 by ann until", "night", "Version")
	expect(t, 0, with("status", "--json"), `"region": "us-west-2"`, `"by": "ann"`)
	expect(t, 0, with("history"), "pin from us-east-1 to us-west-2, by ann: night")

	again := startControlled(t, func(cfg *config) { cfg.Table.File, cfg.Table.Observer = file, "gw-1" })
	again.await("pinned by the table", pinned("us-west-2"))
	expect(t, 0, with("unpin", "--by", "ann"), "Took the pin under the key us-east-1 away")
	expect(t, 0, with("unpin", "--by", "ann"), "There was no pin under the key us-east-1.")
	again.await("unpinned by the table", unpinned)
	again.stop()
	expect(t, 0, with("history", "--json"), `"unpin"`)
	expect(t, 2, with("pin", "us-west-2", "--for", "10m", "--bot", "OrderFlowers"), "--bot is for gateways")
	expect(t, 2, with("unpin", "--bot", "OrderFlowers"), "--bot is for gateways")
	expect(t, 2, with("watch"), "flag provided but not defined: --table")
}

func TestTableOfSeveralBotsNeedsAKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.db")
	c := startControlled(t, func(cfg *config) {
		other := cfg.Lines[0]
		other.Name, other.Quota, other.Numbers = "orders", 3, []string{"+15550100"}
		cfg.Lines = append(cfg.Lines, other)
		cfg.Table.File = file
	})
	for i := range 2 {
		c.await("the table has verdicts", func(botStatus) bool { return c.status().Bots[i].Table.Version > 0 })
	}
	c.stop()
	expect(t, 2, []string{"status", "--table", file}, "choose one with --key: us-east-1/OrderFlowers, us-east-1/OrderFlowers/orders")
	expect(t, 0, []string{"status", "--table", file, "--key", "us-east-1/OrderFlowers"}, "New calls go to us-east-1.")
}

func TestTableStatusInWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC)
	s := tableStatus{
		File: "table.db", Key: "us-east-1", Version: 7, By: "gw-1", Why: "2 of 3 hold it down", At: at, State: region.TableDegraded,
		Faults:   []string{"lexRegion is a number"},
		Gateways: []tableGateway{{Name: "gw-2", From: "us-west-2", Down: []string{"us-east-1", "us-west-2"}, Panic: true, Doubt: true, Since: at.Add(-time.Hour), At: at.Add(-7 * time.Minute)}, {Name: "gw-3", From: "us-west-2", Since: at}, {Name: "lexDRTest-us-east-1", From: "us-east-1", Check: true, At: at.Add(-2 * time.Minute)}},
	}
	text := s.words(at)
	for _, want := range []string{
		"It names no region", "No region is held up by most gateways", "Version 7, by gw-1 at 14:00:00: 2 of 3 hold it down.",
		"Gateway gw-2 in us-west-2 gave its last sign of life 7 min ago; then it held us-east-1 and us-west-2 down, since 13:00:00.",
		"Gateway gw-3 in us-west-2 gave its last sign of life at a time that it did not write down", "Health check lexDRTest-us-east-1 in us-east-1 ran last 2 min ago; then it held every region up.\n", "it may have been its own network", "It alone saw that", "Not understood: lexRegion is a number",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the words lack %q:\n%s", want, text)
		}
	}
	if s.sick() == nil || (tableStatus{Gateways: s.Gateways}).sick() == nil || (tableStatus{}).sick() != nil {
		t.Errorf("sick: degraded %v, held down %v, all well %v", s.sick(), tableStatus{Gateways: s.Gateways}.sick(), tableStatus{}.sick())
	}
}

func TestNoGatewayAnswers(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	for _, args := range [][]string{{"status"}, {"history"}, {"unpin"}, {"pin", "us-west-2", "--for", "1m"}} {
		expect(t, 1, append(args, "--control", address), "no answer from a gateway at "+address, "hint: is `lexline serve` running on this machine?", "--table FILE")
	}
}

func TestSomethingElseAnswers(t *testing.T) {
	answer := "<html>"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/history" {
			http.Error(w, "what?", http.StatusTeapot)
			return
		}
		w.Write([]byte(answer))
	}))
	defer server.Close()
	address := server.Listener.Addr().String()
	expect(t, 1, []string{"status", "--control", address}, "is no gateway's control listener", "hint: ")
	expect(t, 1, []string{"history", "--control", address}, "answered 418", "hint: ")
}

func TestSomethingHangs(t *testing.T) {
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = newControlClient(deaf.Addr().String(), "", "").status(ctx)
	var hint *hintError
	if !errors.As(err, &hint) || !strings.Contains(hint.hint, "says nothing") {
		t.Errorf("status of a listener that hangs = %v; want a hint", err)
	}
}

func TestAddressOfTheControlListenerFromTheEnvironment(t *testing.T) {
	var opts regionOptions
	env := &environment{stderr: &bytes.Buffer{}, getenv: func(name string) string {
		return map[string]string{"LEXLINE_CONTROL_LISTEN": "127.0.0.1:9"}[name]
	}}
	if regionFlags(env, &opts, "region status", "", ""); opts.control != "127.0.0.1:9" {
		t.Errorf("control = %q; want what the gateway is told by the same variable", opts.control)
	}
}

// statuses is a gateway's control listener that answers with one status after the
// other, nil for an answer that is none, and calls end after the last one.
func statuses(t *testing.T, list []*statusAnswer, end func()) (address string) {
	t.Helper()
	var next atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := int(next.Add(1)) - 1
		if n >= len(list) {
			end()
		}
		if s := list[min(n, len(list)-1)]; s != nil {
			answerJSON(w, s)
		} else {
			refuseControl(w, http.StatusServiceUnavailable, "gone")
		}
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// threeStatuses are: all well; still so, with other numbers; a region is down.
func threeStatuses() (list []*statusAnswer) {
	for i := range 3 {
		s := busyStatus()
		s.Calls.Live = int64(i)
		s.Bots[0].Pin = nil
		if i < 2 {
			s.Bots[0].Active, s.Bots[0].Regions[0].State = "us-east-1", region.Healthy
			s.Bots[0].NewCalls, s.Bots[0].Regions[0].NewCalls, s.Bots[0].Regions[1].NewCalls = "us-east-1", 100, 0
		}
		list = append(list, &s)
	}
	return list
}

func TestWatchPrintsChanges(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	list := threeStatuses()
	address := statuses(t, append(list, nil, nil, list[2]), cancel)
	code, stdout, stderr := lexlineSays(ctx, "region", "watch", "--every", "100ms", "--control", address)
	if code != 0 || stderr != "" {
		t.Errorf("watch ended with %d: %s; want 0 after Ctrl-C", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	wants := []string{
		"  OrderFlowers: new calls go to us-east-1; us-east-1 healthy, us-west-2 healthy",
		"  OrderFlowers: new calls go to us-west-2; us-east-1 down (5 turns in a row failed: soft), us-west-2 healthy",
		"gone; it is waited for",
		"  OrderFlowers: new calls go to us-west-2; us-east-1 down (5 turns in a row failed: soft), us-west-2 healthy",
	}
	if len(lines) != len(wants) {
		t.Fatalf("watch printed\n%s\nwant %d lines, one for each change", stdout, len(wants))
	}
	for i, want := range wants {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d = %q; want %q", i, lines[i], want)
		}
	}
}

// TestWatchWaitsForAGateway begins to watch before anything is there.
func TestWatchWaitsForAGateway(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	env := &environment{stdout: write, stderr: io.Discard, getenv: func(string) string { return "" }}
	ended := make(chan int, 1)
	go func() {
		defer write.Close()
		ended <- run(ctx, env, []string{"region", "watch", "--every", "100ms", "--control", address})
	}()
	lines := bufio.NewScanner(read)
	if !lines.Scan() || !strings.Contains(lines.Text(), "no answer from a gateway at "+address) || !strings.HasSuffix(lines.Text(), "it is waited for") {
		t.Errorf("the first line = %q; want that nothing is there yet", lines.Text())
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := busyStatus()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s) })}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if !lines.Scan() || !strings.Contains(lines.Text(), "OrderFlowers: new calls go to us-west-2") {
		t.Errorf("the second line = %q; want the status, and nothing said twice", lines.Text())
	}
	cancel()
	if lines.Scan() {
		t.Errorf("a third line %q; want none", lines.Text())
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d; want 0 after Ctrl-C", code)
	}
	server.Close()
	<-served
}

func TestWatchPrintsJSON(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, stdout, _ := lexlineSays(ctx, "region", "watch", "--json", "--every", "100ms", "--control", statuses(t, threeStatuses(), cancel))
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 2 {
		t.Fatalf("watch --json printed\n%s\nwant two lines, one for each change", stdout)
	}
	for i, want := range []string{"us-east-1", "us-west-2"} {
		var s statusAnswer
		if err := json.Unmarshal([]byte(lines[i]), &s); err != nil || s.Bots[0].Active != want {
			t.Errorf("line %d = %s, %v; want a status with %s active", i, lines[i], err, want)
		}
	}
}

func TestWatchRedraws(t *testing.T) {
	var screen bytes.Buffer
	w := watcher{out: &screen, redraw: true, tell: regionsWords, size: func() screenSize { return screenSize{} }}
	for _, s := range threeStatuses() {
		if err := w.show(*s, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.show(statusAnswer{}, nil, errors.New("gone \x1b[5m")); err != nil {
		t.Fatal(err)
	}
	text := screen.String()
	if strings.Count(text, "\x1b[2J") != 1 || strings.Count(text, "\x1b[H") != 4 || strings.Count(text, "\x1b[J") != 4 {
		t.Errorf("the screen got %q; want it cleared once and drawn over four times", text)
	}
	if !strings.Contains(text, "2 live calls\x1b[K\n") || !strings.Contains(text, "gone ?[5m; it is waited for\x1b[K\x1b[J") {
		t.Errorf("the screen got %q; want each status and the fault, each line cleared to its end", text)
	}
}

func TestWatchLineNamesWhatIsWrong(t *testing.T) {
	b := busyStatus().Bots[0]
	b.Panic, b.Doubt, b.Table.Reachable, b.Regions[1].Throttled = true, true, false, true
	line := b.line()
	for _, want := range []string{"PINNED to us-west-2 by ann@desk", "PANIC", "DOUBT", "TABLE NOT REACHED", "us-west-2 healthy throttled"} {
		if !strings.Contains(line, want) {
			t.Errorf("line = %q; want %q in it", line, want)
		}
	}
}
