package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/lexhook"
)

// startHook starts `lexline bot hook` and returns what its first line says.
func startHook(t *testing.T, args ...string) (*botServer, hookStart) {
	t.Helper()
	s := startCommand(t, append([]string{"bot", "hook", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...)...)
	var start hookStart
	if err := json.Unmarshal([]byte(s.line(t)), &start); err != nil {
		t.Fatal(err)
	}
	return s, start
}

// invocation reads the next line of a hook.
func invocation(t *testing.T, s *botServer) hookInvocation {
	t.Helper()
	var i hookInvocation
	if err := json.Unmarshal([]byte(s.line(t)), &i); err != nil {
		t.Fatal(err)
	}
	return i
}

// readLedger returns the orders in a ledger, without their times.
func readLedger(t *testing.T, path string) []placedOrder {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var orders []placedOrder
	for line := range strings.Lines(string(text)) {
		var o placedOrder
		if err := json.Unmarshal([]byte(line), &o); err != nil || o.Time.IsZero() {
			t.Errorf("ledger has the line %q, %v", line, err)
		}
		o.Time = time.Time{}
		orders = append(orders, o)
	}
	return orders
}

// ask sends a text with the attribute of its turn to a region, and returns the
// bot's words, or the status of the error.
func ask(t *testing.T, endpoint, session, text string, turn int) string {
	body, err := json.Marshal(map[string]any{
		"text": text, "requestAttributes": map[string]string{lexhook.TurnAttribute: fmt.Sprintf("%s/%d", session, turn)},
	})
	if err != nil {
		t.Error(err)
		return ""
	}
	answer, err := http.Post(endpoint+"/bots/FLOWERSBOT/botAliases/TSTALIASID/botLocales/en_US/sessions/"+session+"/text", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return ""
	}
	defer answer.Body.Close()
	var said struct{ Messages []struct{ Content string } }
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || answer.StatusCode != http.StatusOK {
		return answer.Status
	}
	var words []string
	for _, m := range said.Messages {
		words = append(words, m.Content)
	}
	return strings.Join(words, " ")
}

// The whole of it: two regions ask for one order at the same time, a third
// time after the function was started anew, and it is placed once.
func TestTwoRegionsPlaceOneOrder(t *testing.T) {
	dir := t.TempDir()
	ledger := filepath.Join(dir, "orders.jsonl")
	keep := []string{"--keys", filepath.Join(dir, "keys.db"), "--ledger", ledger, "--delay", "50ms"}
	hook, start := startHook(t, keep...)
	if start.Op != "Start" || start.Function != "OrderFlowers" || start.Ledger != ledger {
		t.Errorf("start = %+v, want the function and its ledger", start)
	}
	const want = "Thank you, your roses have been ordered. Goodbye."
	order := func(hookURL, region string) (yes func() string, done func()) {
		s := startBotServer(t, "--log-format", "json", "--region", region, "--now", "2026-11-20T10:00:00Z", "--timezone", "UTC", "--hook", "OrderFlowers="+hookURL)
		var start botStart
		if err := json.Unmarshal([]byte(s.line(t)), &start); err != nil {
			t.Fatal(err)
		}
		if len(start.Caveats) != 0 {
			t.Errorf("caveats %q, want none with a function", start.Caveats)
		}
		for _, text := range []string{"I would like to order some flowers", "roses", "tomorrow", "five p m"} {
			s.tell(t, start.Endpoint, text)
		}
		return func() string { return ask(t, start.Endpoint, "CA1", "yes", 5) }, func() { s.line(t) }
	}
	eastYes, eastDone := order(start.Endpoint, "us-east-1")
	westYes, westDone := order(start.Endpoint, "us-west-2")
	var both sync.WaitGroup
	for _, yes := range []func() string{eastYes, westYes} {
		both.Go(func() {
			if got := yes(); got != want {
				t.Errorf("bot says %q, want %q", got, want)
			}
		})
	}
	regions := map[string]bool{}
	replayed := 0
	for range 2 {
		i := invocation(t, hook)
		if i.Key != "lexline/OrderFlowers/turn/CA1/5" || i.Execution != 1 || i.Error != "" || i.Alias != "TestBotAlias" {
			t.Errorf("invocation %+v, want the first execution of turn 5", i)
		}
		regions[i.Region] = true
		if i.Replayed {
			replayed++
		}
	}
	eastDone()
	westDone()
	both.Wait()
	if !regions["us-east-1"] || !regions["us-west-2"] || replayed != 1 {
		t.Errorf("invocations from %v, %d of them replayed; want both regions and 1", regions, replayed)
	}
	if code := hook.stop(); code != 0 {
		t.Errorf("the hook ends with code %d, want 0", code)
	}
	hook, start = startHook(t, keep...)
	again, againDone := order(start.Endpoint, "eu-west-1")
	said := make(chan string, 1)
	go func() { said <- again() }()
	if i := invocation(t, hook); !i.Replayed || i.Region != "eu-west-1" {
		t.Errorf("invocation after a restart %+v, want it replayed", i)
	}
	againDone()
	if got := <-said; got != want {
		t.Errorf("after a restart the bot says %q, want %q", got, want)
	}
	placed := readLedger(t, ledger)
	if len(placed) == 1 {
		placed[0].Region = "" // whichever was first
	}
	if diff := cmp.Diff([]placedOrder{{
		Key: "lexline/OrderFlowers/turn/CA1/5", Execution: 1, Session: "CA1", Intent: "OrderFlowers",
		Order: map[string]string{"FlowerType": "roses", "PickupDate": "2026-11-21", "PickupTime": "17:00"}, Bot: "OrderFlowers", Alias: "TestBotAlias",
	}}, placed); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
}

// newHook returns a function over tables in memory, with its log.
func newHook(t *testing.T, ledgerPath string) (http.Handler, *bytes.Buffer) {
	t.Helper()
	orders, err := openLedger(ledgerPath)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { orders.close() })
	var log bytes.Buffer
	h := &hookServer{
		once: &lexhook.Once{Table: lexhook.NewMemory()}, shop: &flowerShop{orders: orders}, log: &hookLog{botLog{w: &log}},
	}
	return h.routes(), &log
}

const (
	functionPath = "/2015-03-31/functions/OrderFlowers/invocations"
	rosesEvent   = `{"invocationSource": "FulfillmentCodeHook", "sessionId": "CA1", "requestAttributes": {"x-lexline-turn": "CA1/5"},
	  "bot": {"name": "OrderFlowers", "aliasId": "A"}, "sessionState": {"intent": {"name": "OrderFlowers", "slots": {"FlowerType": {"value": {"interpretedValue": "roses"}}, "PickupDate": null}}}}`
)

func TestHookInvocations(t *testing.T) {
	for _, test := range []struct {
		name, path, body     string
		status               int
		failed, answer, line string // X-Amz-Function-Error, parts of the answer and of the log
	}{
		{"an order", functionPath, rosesEvent, 200, "", "Thank you, your roses have been ordered.", "CA1 [FlowerType:roses], order placed"},
		{"of a version", strings.Replace(functionPath, "Flowers/", "Flowers:live/", 1), rosesEvent, 200, "", "roses", "order placed"},
		{"nothing known", functionPath, `{"invocationSource": "FulfillmentCodeHook", "sessionId": "CA1", "sessionState": {"intent": {"name": "I"}}}`, 200, "", "your flowers have", "order placed"},
		{"a dialog hook", functionPath, strings.Replace(rosesEvent, "Fulfillment", "Dialog", 1), 200, "", `"type":"Delegate"`, "left to the bot"},
		{"no event", functionPath, "{}", 200, "Unhandled", `"errorMessage":"read Lex event: invocationSource`, "read Lex event"},
		{"no JSON", functionPath, "roses", 400, "", "not JSON", ""},
		{"a long event", functionPath, `"` + strings.Repeat("x", maxEvent) + `"`, 400, "", "too large", ""},
		{"another function", "/2015-03-31/functions/BookTrip/invocations", rosesEvent, 404, "", "there is no function BookTrip here", ""},
		{"another operation", "/2015-03-31/functions/OrderFlowers", rosesEvent, 404, "", "", ""},
	} {
		handler, log := newHook(t, filepath.Join(t.TempDir(), "orders"))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, test.path, strings.NewReader(test.body)))
		body, err := io.ReadAll(w.Body)
		if err != nil || w.Code != test.status || w.Header().Get("X-Amz-Function-Error") != test.failed || !strings.Contains(string(body), test.answer) {
			t.Errorf("%s: %d %v %s; want %d, %q and %q", test.name, w.Code, w.Header(), body, test.status, test.failed, test.answer)
		}
		if got := log.String(); !strings.Contains(got, test.line) || test.line == "" && got != "" {
			t.Errorf("%s: log %q, want %q in it", test.name, got, test.line)
		}
	}
}

// An order that cannot be written down is not confirmed, and can be placed
// once the ledger works.
func TestOrderThatIsNotWrittenDown(t *testing.T) {
	handler, log := newHook(t, "/dev/full")
	for range 2 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, functionPath, strings.NewReader(rosesEvent)))
		if w.Header().Get("X-Amz-Function-Error") != "Unhandled" || !strings.Contains(w.Body.String(), "write ledger") {
			t.Errorf("answer %s, want the error of the ledger", w.Body)
		}
	}
	if got := strings.Count(log.String(), "write ledger: "); got != 2 {
		t.Errorf("log %q, want that both executions failed", log)
	}
}

// An execution that follows a dead one looks into the ledger first.
func TestOrderOfADeadExecution(t *testing.T) {
	e, err := lexhook.ParseEvent([]byte(rosesEvent))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "orders")
	if err := os.WriteFile(path, []byte("{\"key\": \"half a li\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	orders, err := openLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	defer orders.close()
	shop := &flowerShop{orders: orders}
	for _, x := range []lexhook.Execution{{Key: "a", Number: 1}, {Key: "a", Number: 2}, {Key: "b", Number: 2}, {Key: "b", Number: 3}} {
		r, err := shop.place(t.Context(), x, e, "us-east-1")
		if err != nil || r.Messages[0].Content != "Thank you, your roses have been ordered." {
			t.Errorf("execution %+v: %+v, %v; want a confirmation", x, r, err)
		}
	}
	text, err := os.ReadFile(path)
	if got := strings.Count(string(text), `"key":"a"`) + 10*strings.Count(string(text), `"key":"b"`); err != nil || got != 11 {
		t.Errorf("ledger %s, %v; want one order of each key", text, err)
	}
}

func TestOrderTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := lexhook.ParseEvent([]byte(rosesEvent))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "orders")
		orders, err := openLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		defer orders.close()
		shop := &flowerShop{delay: 300 * time.Millisecond, orders: orders}
		began := time.Now()
		if _, err := shop.place(t.Context(), lexhook.Execution{Key: "k", Number: 1}, e, ""); err != nil || time.Since(began) != shop.delay {
			t.Errorf("placed after %v, %v; want %v", time.Since(began), err, shop.delay)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 299*time.Millisecond)
		defer cancel()
		if _, err := shop.place(ctx, lexhook.Execution{Key: "k", Number: 2}, e, ""); err == nil {
			t.Error("an order was placed after its time, want an error")
		}
		if placed := readLedger(t, path); len(placed) != 1 {
			t.Errorf("ledger %+v, want one order", placed)
		}
	})
}
