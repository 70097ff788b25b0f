package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/region"
)

// controlled is a running gateway with two regions, to be asked over its control
// listener.
type controlled struct {
	t       *testing.T
	gateway *gateway
	stop    func() // waits for the end
}

// startControlled starts a gateway; change, if not nil, changes its configuration.
func startControlled(t *testing.T, change func(*config)) *controlled {
	t.Helper()
	lex := &rig{t: t}
	cfg := defaultConfig()
	cfg.Listen, cfg.PublicURL, cfg.Control.Listen = "127.0.0.1:0", demoURL, "127.0.0.1:0"
	cfg.Twilio.AuthToken = "secret"
	cfg.AWS = awsConfig{AccessKeyID: "a", SecretAccessKey: "b"}
	cfg.Table.Refresh = 50 * time.Millisecond
	for _, name := range []string{"us-east-1", "us-west-2"} {
		address := lex.startLex()
		cfg.Regions = append(cfg.Regions, regionConfig{Name: name, RuntimeEndpoint: address, ModelsEndpoint: address})
	}
	cfg.Lines = []lineConfig{{Name: "flowers", Bot: "OrderFlowers", Alias: "ver_one", Quota: defaultLine.Quota}}
	if change != nil {
		change(&cfg)
	}
	cfg.complete()
	g, err := newGateway(t.Context(), cfg, false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.run(ctx, nil) }()
	c := &controlled{t: t, gateway: g}
	stopped := false
	c.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run = %v", err)
		}
	}
	t.Cleanup(c.stop)
	return c
}

// address is that of the control listener.
func (c *controlled) address() string { return c.gateway.control.address() }

// do sends a request and returns the status and the body of the answer.
func (c *controlled) do(r *http.Request) (status int, body string) {
	c.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// request makes a request as the commands do; a body makes it JSON.
func (c *controlled) request(method, path, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.address()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// status asks for the status; a field that statusAnswer does not have is a fault.
func (c *controlled) status() (s statusAnswer) {
	c.t.Helper()
	code, body := c.do(c.request("GET", "/status", ""))
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); code != 200 || err != nil {
		c.t.Fatalf("GET /status = %d, %v: %s", code, err, body)
	}
	return s
}

// await asks for the status until it is as wanted.
func (c *controlled) await(what string, wanted func(botStatus) bool) {
	c.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for s := c.status(); !wanted(s.Bots[0]); s = c.status() {
		if time.Now().After(deadline) {
			c.t.Fatalf("the status is not: %s, after 10 s: %+v", what, s.Bots[0])
		}
	}
}

// pinned tells whether a bot is pinned to a region.
func pinned(to string) func(botStatus) bool {
	return func(b botStatus) bool { return b.Pin != nil && b.Pin.Region == to && b.Active == to }
}

func unpinned(b botStatus) bool { return b.Pin == nil && b.Active == "us-east-1" }

func TestStatus(t *testing.T) {
	c := startControlled(t, func(cfg *config) { cfg.Table.Observer = "gw-1" })
	s := c.status()
	if s.Node != "gw-1" || s.Version != programVersion() || s.Started.IsZero() || s.Now.Before(s.Started) {
		t.Errorf("status of %q %q, started %v, now %v", s.Node, s.Version, s.Started, s.Now)
	}
	if diff := cmp.Diff(callsStatus{Ends: []callEnd{}, MarkLateness: call.NewCounters().Marks()}, s.Calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if len(s.Bots) != 1 || len(s.Bots[0].Regions) != 2 {
		t.Fatalf("bots = %+v; want one with two regions", s.Bots)
	}
	b := s.Bots[0]
	if b.Name != "OrderFlowers" || b.Active != "us-east-1" || b.Lines[0] != "flowers" || b.Table == nil || b.Pin != nil {
		t.Errorf("bot = %+v", b)
	}
	for _, r := range b.Regions {
		if r.State != region.Healthy || r.Why == "" || r.Since.IsZero() {
			t.Errorf("region %s = %+v; want it healthy, since a time and for a reason", r.Region, r)
		}
		if room := b.Rooms[r.Region]; room.Limit != defaultLine.Quota {
			t.Errorf("room in %s = %+v; want the line's quota of %d", r.Region, room, defaultLine.Quota)
		}
	}
}

func TestBotsOfOneNameAreToldApart(t *testing.T) {
	c := startControlled(t, func(cfg *config) {
		other := cfg.Lines[0]
		other.Name, other.Quota, other.Numbers = "orders", 3, []string{"+15550100"}
		cfg.Lines = append(cfg.Lines, other)
	})
	var names []string
	for _, b := range c.status().Bots {
		names = append(names, b.Name)
	}
	if diff := cmp.Diff([]string{"OrderFlowers/flowers", "OrderFlowers/orders"}, names); diff != "" {
		t.Fatalf("names of the bots (-want +got):\n%s", diff)
	}
	if code, body := c.do(c.request("POST", "/pin", `{"region":"us-west-2","for":"1m","bot":"OrderFlowers/orders"}`)); code != 200 {
		t.Fatalf("pin one of them = %d: %s", code, body)
	}
	if bots := c.status().Bots; bots[0].Pin != nil || bots[1].Pin == nil {
		t.Errorf("pins = %v, %v; want the second bot's alone", bots[0].Pin, bots[1].Pin)
	}
	if code, body := c.do(c.request("GET", "/metrics", "")); code != 200 {
		t.Errorf("GET /metrics = %d: %s", code, body)
	}
}

func TestControlRefuses(t *testing.T) {
	c := startControlled(t, nil)
	order := `{"region":"us-west-2","for":"1m"}`
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			if r.Header.Set(name, value); name == "Host" {
				r.Host = value
			}
		}
	}
	for _, test := range []struct {
		name         string
		method, path string
		body         string
		change       func(*http.Request)
		status       int
		says         string
	}{
		{"foreign host", "GET", "/status", "", header("Host", "evil.example"), 403, "loopback"},
		{"foreign host with our port", "POST", "/pin", order, header("Host", "evil.example:8471"), 403, "loopback"},
		{"address of the network", "GET", "/metrics", "", header("Host", "192.0.2.1:8471"), 403, "loopback"},
		{"no host", "GET", "/status", "", header("Host", "[]"), 403, "loopback"},
		{"other site", "POST", "/pin", order, header("Origin", "https://evil.example"), 403, "web pages"},
		{"sandboxed page", "POST", "/pin", order, header("Origin", "null"), 403, "web pages"},
		{"form", "POST", "/pin", order, header("Content-Type", "text/plain"), 415, "application/json"},
		{"no type", "POST", "/unpin", order, header("Content-Type", ""), 415, "application/json"},
		{"pin by GET", "GET", "/pin", "", nil, 405, ""},
		{"unpin by GET", "GET", "/unpin", "", nil, 405, ""},
		{"status by POST", "POST", "/status", "{}", nil, 405, ""},
		{"no such path", "GET", "/nothing", "", nil, 404, ""},
		{"no JSON", "POST", "/pin", "region=us-west-2", nil, 400, "read the order"},
		{"half of it", "POST", "/pin", `{"region":"us-we`, nil, 400, "read the order"},
		{"a list", "POST", "/pin", `["us-west-2"]`, nil, 400, "read the order"},
		{"two orders", "POST", "/pin", order + order, nil, 400, "behind it"},
		{"unknown key", "POST", "/pin", `{"region":"us-west-2","for":"1m","until":"noon"}`, nil, 400, "until"},
		{"no region", "POST", "/pin", `{"for":"1m"}`, nil, 400, "region: is missing"},
		{"unknown region", "POST", "/pin", `{"region":"mars","for":"1m"}`, nil, 400, `no region "mars"; there are: us-east-1, us-west-2`},
		{"unknown bot", "POST", "/pin", `{"region":"us-west-2","for":"1m","bot":"BookTrip"}`, nil, 400, `no bot "BookTrip"; there are: OrderFlowers`},
		{"no time", "POST", "/pin", `{"region":"us-west-2"}`, nil, 400, "for: is missing"},
		{"number", "POST", "/pin", `{"region":"us-west-2","for":30}`, nil, 400, "read the order"},
		{"bare number", "POST", "/pin", `{"region":"us-west-2","for":"30"}`, nil, 400, "no duration"},
		{"time past", "POST", "/pin", `{"region":"us-west-2","for":"-1m"}`, nil, 400, "is no time"},
		{"for ever", "POST", "/pin", `{"region":"us-west-2","for":"1000h"}`, nil, 400, "longer than 168h"},
		{"terminal codes", "POST", "/pin", `{"region":"us-west-2","for":"1m","why":"\u001b[2J"}`, nil, 400, "why: must be one line"},
		{"novel", "POST", "/pin", `{"region":"us-west-2","for":"1m","by":"` + strings.Repeat("x", 301) + `"}`, nil, 400, "by: must be"},
		{"long body", "POST", "/pin", `{"why":"` + strings.Repeat("x", maxOrder) + `"}`, nil, 400, "too large"},
		{"unpin of a region", "POST", "/unpin", `{"region":"us-west-2"}`, nil, 400, "takes no region"},
		{"unpin of an unknown bot", "POST", "/unpin", `{"bot":"BookTrip"}`, nil, 400, "no bot"},
		{"no entries", "GET", "/history?n=0", "", nil, 400, "n: "},
		{"half an entry", "GET", "/history?n=1.5", "", nil, 400, "n: "},
	} {
		r := c.request(test.method, test.path, test.body)
		if test.change != nil {
			test.change(r)
		}
		status, body := c.do(r)
		if status != test.status || !strings.Contains(strings.ReplaceAll(body, `\"`, `"`), test.says) {
			t.Errorf("%s: %s %s %.60s = %d, %s; want %d with %q", test.name, test.method, test.path, test.body, status, body, test.status, test.says)
		}
	}
	if b := c.status().Bots[0]; b.Pin != nil {
		t.Errorf("after all that there is a pin: %+v", b.Pin)
	}
}

func TestControlAnswersByEveryNameOfLoopback(t *testing.T) {
	c := startControlled(t, nil)
	for _, host := range []string{"localhost", "localhost:8471", "127.0.0.1", "127.0.0.2:80", "[::1]", "[::1]:8471"} {
		r := c.request("GET", "/status", "")
		r.Host = host
		if status, body := c.do(r); status != 200 {
			t.Errorf("GET /status of host %s = %d: %s; want 200", host, status, body)
		}
	}
}

func TestPinAndUnpin(t *testing.T) {
	c := startControlled(t, nil)
	code, body := c.do(c.request("POST", "/pin", `{"region":"us-west-2","for":"30m","why":"a test","by":"ann"}`))
	var answer pinAnswer
	if err := json.Unmarshal([]byte(body), &answer); code != 200 || err != nil || answer.Region != "us-west-2" || len(answer.Bots) != 1 || answer.Until == nil {
		t.Fatalf("POST /pin = %d, %v: %s", code, err, body)
	}
	if pin := c.status().Bots[0].Pin; pin == nil || !pin.Until.Equal(*answer.Until) {
		t.Errorf("the answer's end is %v, the status has %+v; want one time", answer.Until, pin)
	}
	if left := time.Until(*answer.Until); left < 29*time.Minute || left > 30*time.Minute {
		t.Errorf("the pin ends in %v; want about 30 min", left)
	}
	b := c.status().Bots[0]
	if !pinned("us-west-2")(b) || b.Pin.By != "ann" || b.Pin.Why != "a test" {
		t.Errorf("after the pin active is %s with pin %+v", b.Active, b.Pin)
	}
	for _, want := range []string{`"bots": ["OrderFlowers"]`, `"bots": []`} { // the second finds none
		code, body := c.do(c.request("POST", "/unpin", `{"by":"ann"}`))
		var short bytes.Buffer
		if err := json.Compact(&short, []byte(body)); code != 200 || err != nil || !strings.Contains(short.String(), strings.ReplaceAll(want, " ", "")) {
			t.Errorf("POST /unpin = %d, %v: %s; want %s", code, err, body, want)
		}
	}
	if b := c.status().Bots[0]; !unpinned(b) {
		t.Errorf("after the unpin active is %s with pin %+v", b.Active, b.Pin)
	}
}

func TestPinEndsByItself(t *testing.T) {
	c := startControlled(t, nil)
	if code, body := c.do(c.request("POST", "/pin", `{"region":"us-west-2","for":"1.5s"}`)); code != 200 {
		t.Fatalf("POST /pin = %d: %s", code, body)
	}
	if b := c.status().Bots[0]; !pinned("us-west-2")(b) || b.Pin.By == "" {
		t.Errorf("after the pin active is %s with pin %+v", b.Active, b.Pin)
	}
	c.await("unpinned", unpinned)
}

func TestPinIsSharedAndOutlivesTheGateway(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.db")
	one := startControlled(t, func(cfg *config) { cfg.Table.File, cfg.Table.Observer = file, "one" })
	two := startControlled(t, func(cfg *config) { cfg.Table.File, cfg.Table.Observer = file, "two" })
	if code, body := one.do(one.request("POST", "/pin", `{"region":"us-west-2","for":"30m","by":"ann","why":"a test"}`)); code != 200 {
		t.Fatalf("POST /pin = %d: %s", code, body)
	}
	two.await("pinned as at the other gateway", pinned("us-west-2"))
	one.await("the table has the pin", func(b botStatus) bool { return !b.Table.PinPending })
	one.await("the table's audit trail has the pin", func(botStatus) bool { return hasTablePin(one) })
	one.stop()
	two.stop()

	again := startControlled(t, func(cfg *config) { cfg.Table.File, cfg.Table.Observer = file, "one" })
	again.await("pinned as before the restart", pinned("us-west-2"))
	if p := again.status().Bots[0].Pin; p.By != "ann" || p.Why != "a test" {
		t.Errorf("the pin after the restart = %+v; want who gave it and why", p)
	}
	if !hasTablePin(again) {
		t.Errorf("history = %+v; want the pin, from the table", again.gateway.history(t.Context(), 100).Entries)
	}
	if code, body := again.do(again.request("POST", "/unpin", `{"by":"bob"}`)); code != 200 {
		t.Fatalf("POST /unpin = %d: %s", code, body)
	}
	again.await("unpinned", unpinned)
}

// hasTablePin reports whether the table's audit trail tells of ann's pin.
func hasTablePin(c *controlled) bool {
	return slices.ContainsFunc(c.gateway.history(c.t.Context(), 100).Entries, func(e historyEntry) bool {
		return e.Source == "table" && e.What == "pin" && e.By == "ann" && e.To == "us-west-2" && e.Why == "a test"
	})
}

func TestHistoryKeepsTheLatest(t *testing.T) {
	c := startControlled(t, nil)
	for range 3 {
		c.do(c.request("POST", "/pin", `{"region":"us-west-2","for":"30m","by":"ann"}`))
		c.do(c.request("POST", "/unpin", `{"by":"ann"}`))
	}
	_, body := c.do(c.request("GET", "/history?n=3", ""))
	var answer historyAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Entries) != 3 {
		t.Fatalf("GET /history?n=3 = %v: %s; want three entries", err, body)
	}
	for i, e := range answer.Entries {
		if i > 0 && e.At.Before(answer.Entries[i-1].At) {
			t.Errorf("entry %d is of %v, before the one in front of it of %v", i, e.At, answer.Entries[i-1].At)
		}
	}
	if whole := c.gateway.history(t.Context(), 1000).Entries; len(whole) < 6 {
		t.Errorf("the whole history = %+v; want pins and unpins", whole)
	}
}

// newOnly makes a gateway that does not run.
func newOnly(t *testing.T, address string) (*gateway, *lockedBuffer, error) {
	t.Helper()
	log := &lockedBuffer{}
	cfg := defaultConfig()
	cfg.Control.Listen = address
	g := &gateway{cfg: cfg, log: slog.New(slog.NewTextHandler(log, nil))}
	err := g.openControl()
	t.Cleanup(func() { g.control.close() })
	return g, log, err
}

func TestControlPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, _, err = newOnly(t, taken.Addr().String())
	var hint *hintError
	if !errors.As(err, &hint) || !strings.Contains(err.Error(), "control.listen: another program has the port") {
		t.Errorf("chosen port that is taken: %v; want an error with a hint", err)
	}
	usual, err := net.Listen("tcp", defaultConfig().Control.Listen)
	if err == nil {
		defer usual.Close() // else somebody else has it, which serves as well
	}
	g, log, err := newOnly(t, defaultConfig().Control.Listen)
	if err != nil || g.control != nil || !strings.Contains(log.String(), "no control listener") {
		t.Errorf("usual port that is taken: %v, %v, log %s; want a warning and none", g.control, err, log)
	}
	if got := g.control.address(); got != "off" {
		t.Errorf("address without a listener = %q; want off", got)
	}
}

func TestControlCanBeOff(t *testing.T) {
	g, log, err := newOnly(t, "off")
	if err != nil || g.control != nil || log.String() != "" {
		t.Errorf("off: %v, %v, log %q; want none and no word", g.control, err, log)
	}
}

func TestControlEndsWithTheGateway(t *testing.T) {
	c := startControlled(t, nil)
	c.status()
	c.stop()
	if conn, err := net.Dial("tcp", c.address()); err == nil {
		conn.Close()
		t.Errorf("%s still takes connections after the end", c.address())
	}
}

// TestStrangersDoNotStarveProbes has strangers keep as many connections as there may be,
// each with half of a request, and come back whenever one is closed.
func TestStrangersDoNotStarveProbes(t *testing.T) {
	c := startControlled(t, nil)
	var strangers sync.WaitGroup
	over, end := context.WithCancel(t.Context())
	defer strangers.Wait()
	defer end()
	var came sync.WaitGroup
	came.Add(2 * maxControl)
	for range 2 * maxControl {
		strangers.Go(func() {
			here := sync.OnceFunc(came.Done)
			defer here()
			for over.Err() == nil {
				conn, err := net.Dial("tcp", c.address())
				if err != nil {
					return // it has ended
				}
				stop := context.AfterFunc(over, func() { conn.Close() })
				_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n") // it may be closed already
				here()
				_, _ = conn.Read(make([]byte, 1)) // until it is closed
				stop()
				conn.Close()
			}
		})
	}
	came.Wait()
	for range 2 {
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			err := c.answers(path)
			for again := 0; err != nil && again < 2; again++ { // as supervisors do, where this machine is late
				err = c.answers(path)
			}
			if err != nil {
				t.Errorf("GET %s three times: %v; want an answer", path, err)
			}
		}
	}
	if n := c.gateway.control.crowded(); n == 0 {
		t.Error("nobody had to go; want strangers to make room")
	}
}

// answers asks on a connection of its own.
func (c *controlled) answers(path string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 3 * time.Second}
	response, err := client.Do(c.request("GET", path, ""))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// FuzzReadOrder asks that whatever is sent is refused or understood in full.
func FuzzReadOrder(f *testing.F) {
	for _, seed := range []string{
		`{"region":"us-west-2","for":"30m","why":"a test","by":"ann","bot":"OrderFlowers"}`, `{}`, `{"by":null}`, `{"why":"\u001b[2J"}`,
		`{"region":"a"}{"region":"b"}`, `[]`, `{"for":1e999}`, "{\"why\":\"\xff\"}", `{"REGION":"us-west-2"}`, `"`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		order, err := readOrder(bytes.NewReader(body))
		if err != nil {
			return
		}
		if order.By == "" || len(order.By) > maxRemark || len(order.Why) > maxRemark {
			t.Errorf("readOrder(%q) = %+v; want remarks within bounds and somebody who gave it", body, order)
		}
		for _, c := range order.By + order.Why {
			if c < ' ' || c == 0x7f {
				t.Errorf("readOrder(%q) let %q through to terminals", body, c)
			}
		}
		text, err := json.Marshal(order)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := readOrder(bytes.NewReader(text)); err != nil || again != order {
			t.Errorf("readOrder(%s) = %+v, %v; want %+v as before", text, again, err, order)
		}
	})
}
