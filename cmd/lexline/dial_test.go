package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	dialAccount = "AC00000000000000000000000000000001"
	dialToken   = "5ecret70ken"
)

// fakeTwilio is the Calls resource, and the gateway's /ping beside it. What becomes
// of a call is told by the last digit of its number.
type fakeTwilio struct {
	*httptest.Server
	ready bool // of the gateway

	mu     sync.Mutex
	placed []url.Values
	asked  func() // called for each request to place a call
}

// The last digits of numbers.
const (
	byHuman, byMachine, isBusy, noAnswer, isInvalid, isForbidden = "1", "2", "3", "4", "5", "6"
)

func newFakeTwilio(t *testing.T) *fakeTwilio {
	f := &fakeTwilio{ready: true, asked: func() {}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeTwilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	user, password, _ := r.BasicAuth()
	switch {
	case r.URL.Path == "/ping":
		if !f.ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	case user != dialAccount || password != dialToken:
		refuseDial(w, http.StatusUnauthorized, 20003, "Authenticate")
	case r.Method == http.MethodPost:
		f.place(w, r)
	default:
		f.tell(w, strings.TrimSuffix(filepath.Base(r.URL.Path), ".json"))
	}
}

func refuseDial(w http.ResponseWriter, status, code int, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code": %d, "message": %q, "status": %d}`, code, message, status)
}

func (f *fakeTwilio) place(w http.ResponseWriter, r *http.Request) {
	f.asked()
	to := r.FormValue("To")
	f.placed = append(f.placed, r.PostForm)
	switch to[len(to)-1:] {
	case isInvalid:
		refuseDial(w, http.StatusBadRequest, 21211, "Invalid 'To' Phone Number: "+to)
	case isForbidden:
		refuseDial(w, http.StatusBadRequest, 21210, "Source phone number is not yet verified")
	default:
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"sid": "CA%s", "status": "queued", "answered_by": null, "duration": null}`, to[1:])
	}
}

func (f *fakeTwilio) tell(w http.ResponseWriter, sid string) {
	ends := map[string]string{
		byHuman:   `"status": "completed", "answered_by": "human", "duration": "42"`,
		byMachine: `"status": "completed", "answered_by": "machine_start", "duration": "1"`,
		isBusy:    `"status": "busy"`,
		noAnswer:  `"status": "no-answer"`,
	}
	fmt.Fprintf(w, `{"sid": %q, %s}`, sid, ends[sid[len(sid)-1:]])
}

// dialFiles writes a configuration whose gateway and Twilio are f, and returns its path.
func (f *fakeTwilio) config(t *testing.T, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lexline.yml")
	text := fmt.Sprintf(`
public_url: %s
twilio: {auth_token: %s, account_sid: %s, rest_url: %s}
regions: [{name: us-east-1}]
lines:
  - {name: flowers, numbers: ["flowers", "+1 555 0100 000"], bot: OrderFlowers}
  - {name: reminders, outbound: true, bot: Remind}
`, f.URL, token, dialAccount, f.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// dial runs the command and returns what it printed and its exit code.
func dial(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	var out, complaints bytes.Buffer
	env := &environment{stdout: &out, stderr: &complaints, getenv: func(string) string { return "" }}
	code = run(ctx, env, append([]string{"dial", "--dev", "--rate", "50/s"}, args...))
	return out.String(), complaints.String(), code
}

// TestDial calls a number of each kind.
func TestDial(t *testing.T) {
	t.Parallel()
	f := newFakeTwilio(t)
	list := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(list, []byte("+15550200002 # Bob\n\n+1 555 0200 003\n+15550200004\n+15550200001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := dial(t.Context(), "--config", f.config(t, dialToken), "--line", "flowers", "--file", list,
		"+15550200001", "--machine-detection", "DetectMessageEnd", "--machine-detection-timeout", "20s", "--timeout", "25s", "--time-limit", "10m", "+15550200005")
	if code != 1 || !strings.Contains(stderr, "lexline: 1 number of 5 could not be called") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	for _, want := range []string{
		"5 numbers to call from +15550100000, line flowers, 50/s (1 was there twice)\n",
		"+15550200001      answered by human, 42s  CA15550200001\n",
		"+15550200002      machine (machine_start), 1s  CA15550200002\n",
		"+15550200003      busy  CA15550200003\n",
		"+15550200004      no answer  CA15550200004\n",
		"+15550200005      refused: place call: twilio answered 400 Bad Request, error 21211: Invalid 'To' Phone Number: ***05 (write the number with",
		"5 numbers, 4 calls placed: 1 answered, 1 machine, 1 busy, 1 no answer, 1 refused\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the report lacks %q:\n%s", want, stdout)
		}
	}
	call := f.placed[0]
	address := call.Get("Url")
	call.Del("Url")
	want := url.Values{
		"To": {"+15550200001"}, "From": {"+15550100000"}, "Method": {"POST"}, "StatusCallback": {f.URL + "/status-callback"}, "StatusCallbackEvent": {"completed"},
		"Timeout": {"25"}, "TimeLimit": {"600"}, "MachineDetection": {"DetectMessageEnd"}, "MachineDetectionTimeout": {"20"},
	}
	if diff := cmp.Diff(want, call); diff != "" || !strings.HasPrefix(address, f.URL+"/twiml?dial=") {
		t.Errorf("address %s, form (-want +got):\n%s", address, diff)
	}
}

// TestDialForPrograms reads the report as a program does.
func TestDialForPrograms(t *testing.T) {
	t.Parallel()
	f := newFakeTwilio(t)
	stdout, stderr, code := dial(t.Context(), "--json", "--config", f.config(t, dialToken), "--line", "reminders", "--from", "+1 555 0100 001", "+15550200001", "+15550200005")
	if code != 1 {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	lines := map[string]dialResult{}
	var summary struct{ Summary dialSummary }
	for line := range strings.Lines(stdout) {
		var r dialResult
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
		if r.Number == "" {
			if err := json.Unmarshal([]byte(line), &summary); err != nil {
				t.Fatal(err)
			}
			continue
		}
		lines[r.Number] = r
	}
	want := map[string]dialResult{
		"+15550200001": {Number: "+15550200001", Outcome: "answered", Call: "CA15550200001", AnsweredBy: "human", Seconds: 42},
		"+15550200005": {
			Number: "+15550200005", Outcome: "refused", Code: 21211, Hint: restHints[21211],
			Error: "place call: twilio answered 400 Bad Request, error 21211: Invalid 'To' Phone Number: ***05",
		},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if s := summary.Summary; s.Numbers != 2 || s.Placed != 1 || s.Outcomes["answered"] != 1 || s.Outcomes["refused"] != 1 {
		t.Errorf("summary %+v", s)
	}
}

// TestDialStopsForGood meets what every number would meet.
func TestDialStopsForGood(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, token, number string
		want                []string
	}{
		{"wrong token", "other", "+15550200001", []string{"no further call was placed: place call: twilio answered 401 Unauthorized, error 20003", "hint: do twilio.account_sid and twilio.auth_token"}},
		{"number not ours", dialToken, "+15550200006", []string{"error 21210: Source phone number", "hint: the calling number must be bought"}},
	} {
		f := newFakeTwilio(t)
		stdout, stderr, code := dial(t.Context(), "--rate", "5/s", "--config", f.config(t, test.token), "--line", "flowers", test.number, "+15550200011", "+15550200021")
		if code != 1 || !strings.Contains(stdout, "3 numbers, no call placed: 1 refused, 2 not tried\n") {
			t.Errorf("%s: exit code %d\n%s", test.name, code, stdout)
		}
		for _, want := range test.want {
			if !strings.Contains(stderr, want) || strings.Contains(stdout+stderr, dialToken) {
				t.Errorf("%s: error %s\nwant %q in it, and no secret", test.name, stderr, want)
			}
		}
	}
}

// TestDialTellsBeforeItCalls has each number be told of, on the output and in the
// journal, when Twilio is asked to call it; a second run with that journal calls nobody.
func TestDialTellsBeforeItCalls(t *testing.T) {
	t.Parallel()
	f := newFakeTwilio(t)
	journal := filepath.Join(t.TempDir(), "calls.journal")
	var out lockedBuffer
	f.asked = func() {
		kept, err := os.ReadFile(journal)
		if n := len(f.placed) + 1; err != nil || strings.Count(out.String(), " placing\n") < n || strings.Count(string(kept), `"placing"`) < n {
			t.Errorf("call %d is asked for, and told of are:\n%s\nin the journal, %v:\n%s", n, out.String(), err, kept)
		}
	}
	env := &environment{stdout: &out, stderr: io.Discard, getenv: func(string) string { return "" }}
	args := []string{"--rate", "50/s", "--config", f.config(t, dialToken), "--line", "flowers", "--journal", journal, "+15550200001", "+15550200003"}
	if code := run(t.Context(), env, append([]string{"dial", "--dev"}, args...)); code != 0 || !strings.Contains(out.String(), "+15550200003      placed  CA15550200003\n") {
		t.Errorf("exit code %d, %s", code, out.String())
	}
	f.asked = func() {}
	stdout, stderr, code := dial(t.Context(), append(args, "+15550200004")...)
	if code != 0 || !strings.Contains(stdout, "(2 more: called before, by the journal)") || !strings.Contains(stdout, "1 number, 1 call placed: 1 no answer\n") {
		t.Errorf("with one more number: exit code %d, %s%s", code, stdout, stderr)
	}
	stdout, stderr, code = dial(t.Context(), args...)
	if code != 0 || stdout != "Nobody is left to call: 2 numbers, called before, by the journal.\n" || len(f.placed) != 3 {
		t.Errorf("the same again: exit code %d, %d calls in all, %s%s", code, len(f.placed), stdout, stderr)
	}
}

// closedPipe takes one line, as `head -1` does.
type closedPipe struct{ lines int }

func (c *closedPipe) Write(p []byte) (int, error) {
	if c.lines++; c.lines > 1 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

// TestDialStopsWhenNobodyReads has the output closed behind the headline.
func TestDialStopsWhenNobodyReads(t *testing.T) {
	t.Parallel()
	f := newFakeTwilio(t)
	var complaints bytes.Buffer
	env := &environment{stdout: &closedPipe{}, stderr: &complaints, getenv: func(string) string { return "" }}
	code := run(t.Context(), env, []string{"dial", "--dev", "--rate", "50/s", "--config", f.config(t, dialToken), "--line", "flowers", "+15550200001", "+15550200003"})
	if code != 1 || len(f.placed) != 0 || !strings.Contains(complaints.String(), "no further call was placed: print what becomes of the numbers: broken pipe") {
		t.Errorf("exit code %d, %d calls placed, %s; want none, and why", code, len(f.placed), &complaints)
	}
}

// TestDialIsInterrupted has Ctrl-C pressed while the second call is placed: it and
// the first one are watched to their ends, and no third one is placed.
func TestDialIsInterrupted(t *testing.T) {
	t.Parallel()
	f := newFakeTwilio(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	f.asked = func() {
		if len(f.placed) == 1 {
			interrupt(endedBySignal{2})
		}
	}
	stdout, stderr, code := dial(ctx, "--rate", "2/s", "--config", f.config(t, dialToken), "--line", "flowers", "+15550200001", "+15550200003", "+15550200004")
	if code != 130 || !strings.HasPrefix(stderr, "no further call is placed; 2 calls are watched to their end, and Ctrl-C once more") || !strings.Contains(stdout, "3 numbers, 2 calls placed: 1 answered, 1 busy, 1 not tried\n") {
		t.Errorf("exit code %d, %s\n%s", code, stderr, stdout)
	}
}

// TestDialCallsNobody ends before the first call.
func TestDialCallsNobody(t *testing.T) {
	t.Parallel()
	f := newFakeTwilio(t)
	good := f.config(t, dialToken)
	missing := filepath.Join(t.TempDir(), "missing.yml")
	if err := os.WriteFile(missing, []byte(strings.Replace(goodConfig, "https://voice.example.com", f.URL, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(list, []byte("+15550200001\n555-0199\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		args  []string
		ready bool
		code  int
		want  string // on either output
	}{
		{"nobody", []string{"--config", good}, true, 2, "there is no number to call"},
		{"no country code", []string{"--config", good, "5550199"}, true, 2, `"5550199" does not begin with + and a country code`},
		{"wrong line of the list", []string{"--config", good, "--file", list}, true, 2, "numbers.txt:2: \"555-0199\" does not begin with +"},
		{"no list", []string{"--config", good, "--file", list + "x"}, true, 1, "read the numbers: open "},
		{"which line", []string{"--config", good, "+15550200001"}, true, 2, "hint: there are: flowers, reminders"},
		{"no such line", []string{"--config", good, "--line", "flower", "+15550200001"}, true, 2, `there is no line "flower"`},
		{"nothing to call from", []string{"--config", good, "--line", "reminders", "+15550200001"}, true, 2, "the line reminders has no number to call from"},
		{"wrong number to call from", []string{"--config", good, "--line", "reminders", "--from", "me", "+15550200001"}, true, 2, `--from: "me" is no telephone number`},
		{"no account", []string{"--config", missing, "+15550200001"}, true, 1, "lexline dial: needs Twilio's API, and for that twilio.account_sid, which is missing"},
		{"rate", []string{"--rate", "fast", "+15550200001"}, true, 2, `"fast" is no rate`},
		{"detection", []string{"--machine-detection", "yes", "+15550200001"}, true, 2, "is Enable or DetectMessageEnd"},
		{"half a detection", []string{"--machine-detection-timeout", "20s", "+15550200001"}, true, 2, "--machine-detection-timeout needs --machine-detection"},
		{"long detection", []string{"--machine-detection", "Enable", "--machine-detection-timeout", "2m", "+15550200001"}, true, 2, "2m0s is not between 3s and 59s"},
		{"no patience", []string{"--timeout", "0s", "+15550200001"}, true, 2, "--timeout: 0s is not between 5s and 10m0s"},
		{"gateway stops", []string{"--config", good, "--line", "flowers", "+15550200001"}, false, 1, "the gateway takes no calls: GET " + f.URL + "/ping answered 503"},
		{"dry run", []string{"--config", good, "--line", "flowers", "--dry-run", "+15550200001"}, false, 0, "1 number would be called from +15550100000, 50/s, and asked at " + f.URL + "/twiml to talk with the line flowers.\nNobody was called."},
	} {
		f.ready = test.ready
		stdout, stderr, code := dial(t.Context(), test.args...)
		if code != test.code || !strings.Contains(stdout+stderr, test.want) {
			t.Errorf("%s: exit code %d\n%s%s\nwant %d and %q", test.name, code, stdout, stderr, test.code, test.want)
		}
	}
	if len(f.placed) > 0 {
		t.Errorf("calls were placed: %v", f.placed)
	}
}

// TestPatienceEndsWithItsCommand has the first signal end the placing alone; what waits
// for the second one ends with the command.
func TestPatienceEndsWithItsCommand(t *testing.T) {
	ctx, first := context.WithCancel(t.Context())
	watch, stop := patience(ctx)
	first()
	if watch.Err() != nil {
		t.Error("the first signal ended the watching, too")
	}
	stop() // waits for its goroutine
	if watch.Err() == nil {
		t.Error("the watching goes on behind its end")
	}
}
