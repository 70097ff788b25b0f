package lexhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/lexhook"
)

// turn returns the event of a turn in which roses are ordered.
func turn(id string) lexhook.Event {
	return lexhook.Event{
		InvocationSource: lexhook.FulfillmentCodeHook, SessionID: "CA1",
		RequestAttributes: map[string]string{lexhook.TurnAttribute: id},
		SessionState: lexhook.SessionState{Intent: &lexhook.Intent{
			Name: "OrderFlowers", Slots: map[string]*lexhook.Slot{"FlowerType": {Value: &lexhook.SlotValue{Interpreted: "roses"}}},
		}},
	}
}

// words returns what an answer says.
func words(r lexhook.Response) string {
	var texts []string
	for _, m := range r.Messages {
		texts = append(texts, m.Content)
	}
	return strings.Join(texts, "|")
}

// book returns work that counts its executions and takes some time.
func book(count *atomic.Int32, takes time.Duration) lexhook.Fulfil {
	return func(_ context.Context, x lexhook.Execution, e lexhook.Event) (lexhook.Response, error) {
		n := count.Add(1)
		<-time.After(takes)
		return lexhook.Close(e, "Fulfilled", fmt.Sprintf("order %d of %s", n, x.Key)), nil
	}
}

func TestFiftyRepetitionsAreOneExecution(t *testing.T) {
	for _, implementation := range tables {
		t.Run(implementation.name, func(t *testing.T) {
			table := implementation.open(t)
			var executions, first atomic.Int32
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() {
					once := &lexhook.Once{Table: table, Namespace: "n"} // each in a region of its own
					result, err := once.Do(t.Context(), turn("CA1/3"), book(&executions, 50*time.Millisecond))
					if err != nil || words(result.Response) != "order 1 of n/OrderFlowers/turn/CA1/3" || result.Execution != 1 {
						t.Errorf("result %+v, %v; want the first order", result, err)
					}
					if !result.Replayed {
						first.Add(1)
					}
				})
			}
			group.Wait()
			if executions.Load() != 1 || first.Load() != 1 {
				t.Errorf("%d executions, %d answers that were not replayed; want 1 and 1", executions.Load(), first.Load())
			}
			once := &lexhook.Once{Table: table, Namespace: "n"}
			if result, err := once.Do(t.Context(), turn("CA1/4"), book(&executions, 0)); err != nil || result.Replayed {
				t.Errorf("the next turn: %+v, %v; want a new order", result, err)
			}
		})
	}
}

// TestCourses has what can happen to the executions of a key, one after the
// other or beside each other, in fake time.
func TestCourses(t *testing.T) {
	type call struct {
		at      time.Duration // after the beginning
		patient time.Duration // its own deadline, 0 for none
		takes   time.Duration // of the work, if it is done
		ends    string        // of the work: "" well, error, or panic
		want    string        // "N new", "N replayed", busy, error, panic
		until   time.Duration // when it has its answer; 0: not checked
	}
	const lease = 10 * time.Second
	for _, test := range []struct {
		name  string
		calls []call
	}{
		{"a repetition later", []call{{want: "1 new"}, {at: time.Hour, want: "1 replayed"}}},
		{"a repetition after a day", []call{{want: "1 new"}, {at: 25 * time.Hour, want: "1 new"}}},
		{"a repetition meanwhile waits", []call{
			{takes: 2 * time.Second, want: "1 new", until: 2 * time.Second},
			{at: time.Second, want: "1 replayed"},
			{at: time.Second + time.Millisecond, want: "1 replayed"},
		}},
		{"an impatient repetition", []call{
			{takes: 5 * time.Second, want: "1 new"},
			{at: time.Second, patient: time.Second, want: "busy", until: 2 * time.Second},
			{at: 6 * time.Second, want: "1 replayed", until: 6 * time.Second},
		}},
		{"an error is no answer", []call{{ends: "error", want: "error"}, {at: time.Second, want: "2 new", until: time.Second}}},
		{"a repetition that waits takes over after an error", []call{
			{takes: 2 * time.Second, ends: "error", want: "error"},
			{at: time.Second, takes: time.Second, want: "2 new"},
			{at: time.Second + time.Millisecond, want: "2 replayed"},
		}},
		{"a dead one is replaced when its lease is over", []call{
			{ends: "panic", want: "panic"},
			{at: time.Second, want: "2 new"},
			{at: lease - time.Second, patient: 500 * time.Millisecond, want: "busy"},
			{at: time.Minute, want: "2 replayed"},
		}},
		{"all who wait for a dead one get one answer", []call{
			{ends: "panic", want: "panic"},
			{at: 4 * time.Second, want: "2 new", takes: time.Second},
			{at: 4*time.Second + 7*time.Millisecond, want: "2 replayed"},
			{at: 4*time.Second + 8*time.Millisecond, want: "2 replayed"},
		}},
		{"work that is not done in time is stopped before its lease", []call{
			{takes: time.Minute, want: "error", until: lease * 4 / 5},
			{at: lease * 9 / 10, want: "2 new"},
		}},
		{"a sleeper wakes after its lease and gives the answer that counts", []call{
			{takes: 20 * time.Second, ends: "asleep", want: "2 replayed", until: 20 * time.Second},
			{at: lease + time.Millisecond, want: "2 new"},
		}},
		{"a sleeper that ends first decides", []call{
			{takes: 12 * time.Second, ends: "asleep", want: "1 new", until: 12 * time.Second},
			{at: lease + time.Millisecond, takes: 5 * time.Second, want: "1 replayed"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := lexhook.NewMemory()
				began := time.Now()
				var group sync.WaitGroup
				for i, c := range test.calls {
					group.Go(func() {
						<-time.After(c.at + time.Duration(i)) // no two at the same instant
						once := &lexhook.Once{Table: table, Lease: lease}
						ctx, cancel := context.WithTimeout(t.Context(), max(c.patient, time.Millisecond))
						if c.patient == 0 {
							ctx, cancel = context.WithCancel(t.Context())
						}
						defer cancel()
						got := do(ctx, once, func(ctx context.Context, x lexhook.Execution, e lexhook.Event) (lexhook.Response, error) {
							stopped := ctx.Done()
							if c.ends == "asleep" {
								stopped = nil
							}
							select {
							case <-stopped:
								return lexhook.Response{}, ctx.Err()
							case <-time.After(c.takes):
							}
							switch c.ends {
							case "error":
								return lexhook.Response{}, errors.New("no flowers")
							case "panic":
								panic("killed")
							}
							return lexhook.Close(e, "Fulfilled", fmt.Sprint(x.Number)), nil
						})
						if got != c.want {
							t.Errorf("call %d: %s, want %s", i, got, c.want)
						}
						if took := time.Since(began).Truncate(time.Millisecond); c.until != 0 && took != c.until {
							t.Errorf("call %d has its answer after %v, want %v", i, took, c.until)
						}
					})
				}
				group.Wait()
			})
		})
	}
}

// do runs one call and names what came of it.
func do(ctx context.Context, once *lexhook.Once, work lexhook.Fulfil) (outcome string) {
	defer func() {
		if recover() != nil {
			outcome = "panic"
		}
	}()
	result, err := once.Do(ctx, turn("CA1/1"), work)
	switch {
	case errors.Is(err, lexhook.ErrBusy):
		return "busy"
	case err != nil:
		return "error"
	case result.Replayed:
		return words(result.Response) + " replayed"
	}
	return words(result.Response) + " new"
}

func TestAnAnswerTooLargeIsStillOnce(t *testing.T) {
	for _, test := range []struct {
		name, want string
		edit       func(*lexhook.Response)
	}{
		{"too large", "Lex takes 25600", func(r *lexhook.Response) { r.Messages[0].Content = strings.Repeat("x", lexhook.MaxAnswer) }},
		{"no JSON", "json", func(r *lexhook.Response) { r.SessionState.RuntimeHints = []byte("{") }},
	} {
		for _, implementation := range tables {
			t.Run(test.name+"/"+implementation.name, func(t *testing.T) {
				once := &lexhook.Once{Table: implementation.open(t)}
				executions := 0
				for i := range 3 {
					result, err := once.Do(t.Context(), turn("CA1/1"), func(_ context.Context, _ lexhook.Execution, e lexhook.Event) (lexhook.Response, error) {
						executions++
						r := lexhook.Close(e, "Fulfilled", "done")
						test.edit(&r)
						return r, nil
					})
					if !errors.Is(err, lexhook.ErrNoAnswer) || !strings.Contains(err.Error(), test.want) || result.Execution != 1 {
						t.Errorf("call %d: %+v, %v; want ErrNoAnswer with %q", i, result, err, test.want)
					}
				}
				if executions != 1 {
					t.Errorf("%d executions, want 1", executions)
				}
			})
		}
	}
}

// brokenTable fails from some call on.
type brokenTable struct {
	lexhook.Table
	good atomic.Int32 // calls that still work
}

var errTable = errors.New("table is down")

func (b *brokenTable) Create(ctx context.Context, e lexhook.Entry, now time.Time) (bool, error) {
	if b.good.Add(-1) < 0 {
		return false, errTable
	}
	return b.Table.Create(ctx, e, now)
}

func (b *brokenTable) Replace(ctx context.Context, e lexhook.Entry) (bool, error) {
	if b.good.Add(-1) < 0 {
		return false, errTable
	}
	return b.Table.Replace(ctx, e)
}

// A table that fails must not let anything be done unseen, and what was done
// must be told.
func TestTableFails(t *testing.T) {
	for _, test := range []struct {
		good       int32
		executions int32
		err        error
	}{{0, 0, errTable}, {1, 1, nil}, {2, 1, nil}} {
		synctest.Test(t, func(t *testing.T) {
			table := &brokenTable{Table: lexhook.NewMemory()}
			table.good.Store(test.good)
			var executions atomic.Int32
			result, err := (&lexhook.Once{Table: table}).Do(t.Context(), turn("CA1/1"), book(&executions, time.Second))
			if !errors.Is(err, test.err) || executions.Load() != test.executions {
				t.Errorf("%d good calls: %v after %d executions; want %v after %d", test.good, err, executions.Load(), test.err, test.executions)
			}
			if err == nil && words(result.Response) != "order 1 of /OrderFlowers/turn/CA1/1" {
				t.Errorf("%d good calls: answer %q, want the order", test.good, words(result.Response))
			}
		})
	}
}

// Times and the log are the owner's: what the table did not take is told.
func TestClockAndLogOfTheOwner(t *testing.T) { synctest.Test(t, clockAndLog) }

func clockAndLog(t *testing.T) {
	now := noon
	var log strings.Builder
	table := &brokenTable{Table: lexhook.NewMemory()}
	table.good.Store(4)
	once := &lexhook.Once{
		Table: table, TTL: time.Minute, Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}
	var executions atomic.Int32
	for _, step := range []struct {
		later    time.Duration
		replayed bool
	}{{0, false}, {59 * time.Second, true}, {61 * time.Second, false}} {
		now = noon.Add(step.later)
		if result, err := once.Do(t.Context(), turn("CA1/1"), book(&executions, 0)); err != nil || result.Replayed != step.replayed {
			t.Errorf("after %v: %+v, %v; want replayed %v", step.later, result, err, step.replayed)
		}
	}
	if got := log.String(); strings.Count(got, "answer not kept") != 1 || !strings.Contains(got, "key=/OrderFlowers/turn/CA1/1") || !strings.Contains(got, "table is down") {
		t.Errorf("log %q, want that the third answer was not kept", got)
	}
	log.Reset()
	table.good.Store(1)
	_, err := once.Do(t.Context(), turn("CA1/2"), func(context.Context, lexhook.Execution, lexhook.Event) (lexhook.Response, error) {
		return lexhook.Response{}, errors.New("no flowers")
	})
	if err == nil || !strings.Contains(log.String(), "key not released") {
		t.Errorf("error %v, log %q; want that the key was not released", err, log.String())
	}
}

func TestHandler(t *testing.T) {
	var executions atomic.Int32
	handler := (&lexhook.Once{Table: lexhook.NewMemory()}).Handler(book(&executions, 0))
	dialog := turn("CA1/1")
	dialog.InvocationSource = lexhook.DialogCodeHook
	r, err := handler(t.Context(), dialog)
	if diff := cmp.Diff(lexhook.Delegate(dialog), r); err != nil || diff != "" || executions.Load() != 0 {
		t.Errorf("a dialog code hook: %v, %d executions (-want +got):\n%s", err, executions.Load(), diff)
	}
	for range 2 {
		if r, err := handler(t.Context(), turn("CA1/1")); err != nil || words(r) != "order 1 of /OrderFlowers/turn/CA1/1" {
			t.Errorf("fulfilment: %q, %v; want the first order", words(r), err)
		}
	}
	if _, err := handler(t.Context(), lexhook.Event{}); err == nil {
		t.Error("an empty event has an answer, want an error")
	}
}

// TestMain lets this program be a function in a process of its own.
func TestMain(m *testing.M) {
	if orders := os.Getenv("LEXHOOK_TEST_ORDERS"); orders != "" {
		os.Exit(function(orders))
	}
	os.Exit(m.Run())
}

// function fulfils a turn in its own process: it adds a line to a file, and
// dies right after it if it is told to.
func function(orders string) int {
	t := &process{}
	defer t.end()
	once := &lexhook.Once{Table: openSQLite(t, orders+".db"), Lease: time.Second}
	_, err := once.Do(context.Background(), turn("CA1/1"), func(_ context.Context, x lexhook.Execution, e lexhook.Event) (lexhook.Response, error) {
		file, err := os.OpenFile(orders, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return lexhook.Response{}, err
		}
		fmt.Fprintln(file, x.Key, x.Number)
		if os.Getenv("LEXHOOK_TEST_DIES") != "" {
			os.Exit(3)
		}
		return lexhook.Close(e, "Fulfilled", "done"), file.Close()
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process stands for a test where there is none.
type process struct {
	testing.TB
	cleanups []func()
}

func (p *process) Helper()          {}
func (p *process) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }
func (p *process) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(2)
}

func (p *process) end() {
	for _, f := range p.cleanups {
		f()
	}
}

// run starts a function in another process and returns its exit code.
func run(t *testing.T, orders, dies string) int {
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), "LEXHOOK_TEST_ORDERS="+orders, "LEXHOOK_TEST_DIES="+dies)
	out, err := command.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Error(err)
	}
	if len(out) > 0 {
		t.Logf("%s", out)
	}
	return command.ProcessState.ExitCode()
}

func TestProcessesShareAFile(t *testing.T) {
	orders := filepath.Join(t.TempDir(), "orders")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if code := run(t, orders, ""); code != 0 {
				t.Errorf("a function ended with code %d, want 0", code)
			}
		})
	}
	group.Wait()
	if got, err := os.ReadFile(orders); err != nil || string(got) != "/OrderFlowers/turn/CA1/1 1\n" {
		t.Errorf("orders %q, %v; want one", got, err)
	}
}

func TestProcessDiesBetweenWorkAndAnswer(t *testing.T) {
	orders := filepath.Join(t.TempDir(), "orders")
	if code := run(t, orders, "yes"); code != 3 {
		t.Fatalf("the function that dies ended with code %d, want 3", code)
	}
	for range 2 {
		if code := run(t, orders, ""); code != 0 {
			t.Errorf("a repetition ended with code %d, want 0", code)
		}
	}
	const want = "/OrderFlowers/turn/CA1/1 1\n/OrderFlowers/turn/CA1/1 2\n"
	if got, err := os.ReadFile(orders); err != nil || string(got) != want {
		t.Errorf("executions %q, %v; want a second one, with the same key", got, err)
	}
}
