package fault

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// dropped is a stand-in's fault.
type dropped struct {
	Kind string
	Rate float64
	Only string // the operation that it strikes
}

func (d dropped) Name() string                  { return d.Kind }
func (d dropped) Share() float64                { return d.Rate }
func (d dropped) Strikes(operation string) bool { return d.Only == "" || d.Only == operation }

// change puts faults in force, at a time that it returns as it was told.
func change(t *testing.T, b *Board[dropped], list ...dropped) (told time.Time) {
	t.Helper()
	if err := b.Change(list, time.Now, func(at time.Time, err error) {
		if told = at; err != nil {
			t.Errorf("told of %v; want no error", err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return told
}

func TestPick(t *testing.T) {
	b := NewBoard[dropped](1)
	change(t, b, dropped{"reads", 1, "Get"}, dropped{"all", 1, ""}, dropped{"some", 0.3, "Get"})
	some := 0
	for range 1000 {
		picked := b.Current().Pick("Get")
		if len(picked) < 2 || picked[0].Fault.Kind != "reads" || picked[1].Fault.Kind != "all" {
			t.Fatalf("Get is struck by %v; want reads and all, in this order", picked)
		}
		some += len(picked) - 2
	}
	if some < 250 || some > 350 {
		t.Errorf("a fault of 0.3 struck %d of 1000; want about 300", some)
	}
	if picked := b.Current().Pick("Put"); len(picked) != 1 || picked[0].Fault.Kind != "all" {
		t.Errorf("Put is struck by %v; want all", picked)
	}
	if change(t, b); len(b.Current().Pick("Get")) != 0 {
		t.Error("faults strike that were cleared")
	}
}

// TestChangesComeOneByOne has two set faults at once: the second waits for the first
// to be told, and gives up after a time.
func TestChangesComeOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBoard[dropped](1)
		before := b.Current()
		var order []string
		go func() {
			_ = b.Change([]dropped{{"first", 1, ""}}, time.Now, func(time.Time, error) {
				time.Sleep(time.Second)
				order = append(order, "first")
			})
		}()
		synctest.Wait()
		select {
		case <-before.Cleared:
		default:
			t.Error("the waits of the faults before go on")
		}
		change(t, b, dropped{"second", 1, ""})
		order = append(order, "second")
		if got := strings.Join(order, " "); got != "first second" || Names([]dropped{b.Current().Faults[0].Fault}) != "second" {
			t.Errorf("told in the order %s, %v in force; want first second, and the second", got, b.Current().Faults[0].Fault)
		}
		end := make(chan struct{})
		defer close(end)
		go func() {
			_ = b.Change(nil, time.Now, func(time.Time, error) { <-end })
		}()
		synctest.Wait()
		began := time.Now()
		err := b.Change([]dropped{{"third", 1, ""}}, time.Now, func(time.Time, error) { t.Error("told of faults that are not in force") })
		if err == nil || time.Since(began) != changeTime || len(b.Current().Faults) != 0 {
			t.Errorf("Change beside one that does not end = %v after %v; want an error after %v, and no faults", err, time.Since(began), changeTime)
		}
	})
}

func TestThrottle(t *testing.T) {
	b := NewBoard[dropped](1)
	change(t, b, dropped{"throttle", 1, ""})
	f := b.Current().Faults[0]
	for n, want := range []bool{true, true, false} {
		if got := f.Enter(2); got != want {
			t.Errorf("request %d of a throttle of two at a time: let in %v; want %v", n+1, got, want)
		}
	}
	if f.Leave(); !f.Enter(2) {
		t.Error("nobody is let in for one who left")
	}
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cleared := make(chan struct{})
		time.AfterFunc(3*time.Second, func() { close(cleared) })
		gone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, tt := range []struct {
			name string
			ctx  context.Context
			d    time.Duration
			want error
			took time.Duration
		}{
			{"the client goes away", gone, -1, context.DeadlineExceeded, time.Second},
			{"the time is over", t.Context(), time.Second, nil, time.Second},
			{"the fault is cleared", t.Context(), -1, nil, time.Second},
		} {
			began := time.Now()
			if err := Pause(tt.ctx, tt.d, cleared); !errors.Is(err, tt.want) || time.Since(began) != tt.took {
				t.Errorf("%s: %v after %v; want %v after %v", tt.name, err, time.Since(began), tt.want, tt.took)
			}
		}
	})
}

// oddly is a server that takes any list but one.
type oddly struct{ set []dropped }

func (o *oddly) Faults() []dropped { return o.set }

func (o *oddly) SetFaults(list []byte) ([]dropped, error) {
	parsed, err := ParseList(list, func(f *dropped, text []byte) error {
		return Decode(text, f, map[string][]string{"hang": nil, "stuck": {"only"}})
	})
	switch {
	case err != nil:
		return nil, &ListError{err}
	case Names(parsed) == "stuck":
		return parsed, errors.New("the port is taken")
	}
	o.set = parsed
	return parsed, nil
}

func TestHandler(t *testing.T) {
	h := Handler(&oddly{}, "how it is used")
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{http.MethodGet, "/", "", 200, "how it is used"},
		{http.MethodPut, "/faults", `[{"kind":"hang","rate":0.5}]`, 200, `[{"Kind":"hang","Rate":0.5,"Only":""}]`},
		{http.MethodPut, "/faults", `{}`, 400, "not a JSON list"},
		{http.MethodPut, "/faults", `[][]`, 400, "more than one JSON value"},
		{http.MethodPut, "/faults", `[{"kind":"hang"},7]`, 400, "faults[1]: is not a JSON object"},
		{http.MethodPut, "/faults", `[{"kind":"flood"}]`, 400, `known are [\"hang\" \"stuck\"]`},
		{http.MethodPut, "/faults", `[{"kind":"hang","only":"Get"}]`, 400, "only: a fault of kind hang has no such key"},
		{http.MethodPut, "/faults", "[" + strings.Repeat(`{"kind":"hang"},`, maxFaults) + `{"kind":"hang"}]`, 400, "33 faults, at most 32"},
		{http.MethodPut, "/faults", strings.Repeat(" ", maxList+1), 400, "too large"},
		{http.MethodPut, "/faults", `[{"kind":"stuck","only":"Get"}]`, 500, "the port is taken"},
		{http.MethodGet, "/faults", "", 200, `"hang"`},
		{http.MethodDelete, "/faults", "", 200, "[]"},
		{http.MethodGet, "/faults", "", 200, "[]"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body)))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s %.60q: %d %s; want %d with %q", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	var d Duration
	if err := json.Unmarshal([]byte(`"400ms"`), &d); err != nil || time.Duration(d) != 400*time.Millisecond {
		t.Errorf("400ms is read as %v, %v", time.Duration(d), err)
	}
	if text, err := json.Marshal(d); err != nil || string(text) != `"400ms"` {
		t.Errorf("400ms is written as %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`"soon"`), &d); err == nil {
		t.Error("soon is read as a duration")
	}
}
