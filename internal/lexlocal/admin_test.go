package lexlocal

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// admin starts the admin listener of a server.
func (ts *testServer) admin(t *testing.T) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- ts.ServeAdmin(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("ServeAdmin: %v", err)
		}
	})
	return "http://" + listener.Addr().String()
}

// ask makes a request and returns the status and the body of its answer.
func ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(readAll(t, answer.Body))
}

func TestAdmin(t *testing.T) {
	ts := serve(t, nil)
	url := ts.admin(t)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", 200, "PUT /faults"},
		{"GET", "/faults", "", 200, "[]\n"},
		{"PUT", "/faults", `[{"kind":"error","type":"ConflictException"}]`, 200, `[{"kind":"error","rate":1,"type":"ConflictException","when":"body"}]`},
		{"GET", "/faults", "", 200, `"ConflictException"`},
		{"PUT", "/faults", `[{"kind":"flood"}]`, 400, `{"message":"faults[0]: kind is \"flood\"`},
		{"PUT", "/faults", strings.Repeat(" ", 64<<10+1), 400, "too large"},
		{"GET", "/faults", "", 200, `"ConflictException"`}, // a bad list changes nothing
		{"PUT", "/faults", `[{"kind":"blackhole"},{"kind":"hang"}]`, 200, `[{"kind":"blackhole","rate":1}`},
		{"GET", "/faults", "", 200, `"blackhole"`},
		{"PUT", "/faults", `[{"kind":"refuse"}]`, 200, `"refuse"`},
		{"GET", "/faults", "", 200, `"refuse"`},
		{"DELETE", "/faults", "", 200, "[]\n"},
		{"GET", "/faults", "", 200, "[]\n"},
		{"POST", "/faults", "", 405, ""},
		{"GET", "/other", "", 404, ""},
	} {
		if status, body := ask(t, test.method, url+test.path, test.body); status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s %s %.80s: %d %s, want %d %s", test.method, test.path, test.body, status, body, test.status, test.want)
		}
	}
}

func TestAdminCountsAndRecords(t *testing.T) {
	ts := serve(t, nil)
	url := ts.admin(t)
	ask(t, "PUT", url+"/faults", `[{"kind":"empty","operations":["RecognizeText"]},{"kind":"hang","operations":["GetSession"]}]`)
	for range 3 {
		ts.say(t, "CA0123", "order flowers")
	}
	_, body := ask(t, "GET", url+"/faults", "")
	var faults []Fault
	if err := json.Unmarshal([]byte(body), &faults); err != nil || len(faults) != 2 || faults[0].Applied != 3 || faults[1].Applied != 0 {
		t.Errorf("faults %s, %v; want the first applied 3 times, the second never", body, err)
	}
	ask(t, "DELETE", url+"/faults", "")
	var lines []string
	for _, r := range ts.records.all {
		lines = append(lines, r.Op+" "+r.Fault)
	}
	want := []string{"Fault empty+hang", "RecognizeText empty", "RecognizeText empty", "RecognizeText empty", "Fault "}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if got, want := ts.records.all[0].String(), `Fault [{"kind":"empty","operations":["RecognizeText"],"rate":1},{"kind":"hang","operations":["GetSession"],"rate":1,"when":"body"}]`; got != want {
		t.Errorf("line\n%s\nwant\n%s", got, want)
	}
	if got := ts.records.last().String(); got != "Fault none" {
		t.Errorf("line %q, want that there is none", got)
	}
}

func TestAdminIsForLoopbackOnly(t *testing.T) {
	s, _ := localLex(t, nil)
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ServeAdmin(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "only loopback addresses") {
		t.Errorf("ServeAdmin on every address: %v, want it refused", err)
	}
	if conn, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("the refused listener is still open")
	}
}
