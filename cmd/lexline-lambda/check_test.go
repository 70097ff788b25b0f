package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
)

// bot is Lex in every region of a test; it notes what happens in order.
type bot struct {
	mu     sync.Mutex
	events []string
	hang   bool // deletions are never answered
}

func (b *bot) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, what)
}

func (b *bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodDelete:
		b.note("delete")
		if b.hang {
			<-r.Context().Done()
		}
	case strings.HasSuffix(r.URL.Path, "/text"):
		b.note("text")
	default:
		b.note("put")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"messages":[{"content":"What flowers?"}],"sessionState":{"intent":{"name":"OrderFlowers"}}}`))
}

// testCheck is a check of two regions that b answers for, whose run is given.
func testCheck(t *testing.T, b *bot, run func(context.Context, region.CheckupConfig) (region.CheckupReport, error), more ...string) *check {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "LOCAL")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	vars := article(append([]string{
		"BOTNAME=BOTBOTBOT1", "BOT_ALIAS=ALIALIALI1", "LEX_RUNTIME_ENDPOINT_US_EAST_1=" + server.URL, "LEX_RUNTIME_ENDPOINT_US_WEST_2=" + server.URL,
		"AWS_ENDPOINT_URL_DYNAMODB=" + server.URL,
	}, more...)...)
	s, err := readCheckSettings(env(vars))
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCheck(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c.run = run
	return c
}

// probes is a run that probes both regions deeply and then writes its verdict.
func (b *bot) probes(ctx context.Context, cfg region.CheckupConfig) (region.CheckupReport, error) {
	for _, name := range cfg.Settings.Regions {
		if class, err := cfg.Prober.Probe(ctx, name, true); class != region.None {
			return region.CheckupReport{}, err
		}
	}
	b.note("verdict")
	return region.CheckupReport{Written: true}, nil
}

func TestCheckInOrder(t *testing.T) {
	for method, want := range map[string]string{"send_message": "text", "put_session": "put"} {
		b := &bot{hang: true}
		c := testCheck(t, b, b.probes, "TEST_METHOD="+method)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // the function's limit
		answer, err := c.Invoke(ctx, []byte("no JSON"))
		if err != nil || ctx.Err() != nil {
			t.Errorf("%s: Invoke = %v, context %v; want it well, and in time, whatever the deletions do", method, err, ctx.Err())
		}
		cancel()
		b.mu.Lock()
		if diff := cmp.Diff([]string{want, want, "verdict", "delete", "delete"}, b.events); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", method, diff)
		}
		b.mu.Unlock()
		if !strings.HasPrefix(string(answer), `{"statusCode":200,"body":"Success","report":{`) {
			t.Errorf("%s: answer %s; want the article's two fields and a report", method, answer)
		}
	}
}

func TestCheckSettingsReachIt(t *testing.T) {
	b := new(bot)
	var got region.CheckupConfig
	c := testCheck(t, b, func(_ context.Context, cfg region.CheckupConfig) (region.CheckupReport, error) {
		got = cfg
		return region.CheckupReport{}, nil
	}, "HOLD=2m", "TABLE_KEY=trips", "AWS_REGION=us-west-2")
	if _, err := c.Invoke(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want := region.CheckupConfig{
		Settings: region.Settings{Regions: []string{"us-east-1", "us-west-2"}, Hold: 2 * time.Minute},
		Key:      "trips", From: "us-west-2", ID: "lexDRTest-us-west-2", Deadline: tableTime,
	}
	got.Prober, got.Table, got.Logger = nil, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration of the check (-want +got):\n%s", diff)
	}
}

// TestCheckExpectedResponse has the bot say something that is expected, or not.
func TestCheckExpectedResponse(t *testing.T) {
	for expected, want := range map[string]map[string]bool{
		"What flowers?":  {"us-east-1": true, "us-west-2": true},
		"Which flowers?": {"us-east-1": false, "us-west-2": false},
		"":               nil,
	} {
		b := new(bot)
		answer, err := testCheck(t, b, b.probes, "EXPECTED_RESPONSE="+expected).Invoke(t.Context(), nil)
		var got checkAnswer
		if err := errors.Join(err, json.Unmarshal(answer, &got)); err != nil {
			t.Errorf("expected %q: %v; want no failure, whatever the words are", expected, err)
		}
		if diff := cmp.Diff(want, got.AsExpected); diff != "" {
			t.Errorf("expected %q: (-want +got):\n%s", expected, diff)
		}
	}
}

func TestCheckFails(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name   string
		report region.CheckupReport
		err    error
		want   string // empty: it does not fail
	}{
		{"the run", region.CheckupReport{}, boom, "boom"},
		{"neither read nor written", region.CheckupReport{Memory: region.MemoryUnread, TableFaults: []string{"no answer"}}, nil, "no answer"},
		{"not read, but written", region.CheckupReport{Memory: region.MemoryUnread, Written: true, TableFaults: []string{"no answer"}}, nil, ""},
		{"read, but not written", region.CheckupReport{Memory: region.MemoryRead, TableFaults: []string{"no answer"}}, nil, ""},
		{"all regions down", region.CheckupReport{Memory: region.MemoryRead, After: region.VerdictItem{State: region.TableDegraded}}, nil, ""},
	}
	for _, tt := range tests {
		c := testCheck(t, new(bot), func(context.Context, region.CheckupConfig) (region.CheckupReport, error) { return tt.report, tt.err })
		_, err := c.Invoke(t.Context(), nil)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Invoke = %v; want an error about %q", tt.name, err, tt.want)
		}
	}
}

// TestCheckWarnsOfLittleTime: with Lambda's own default of 3 s a region that hangs is
// not found down in one run, and nothing else would tell.
func TestCheckWarnsOfLittleTime(t *testing.T) {
	for limit, want := range map[time.Duration]bool{3 * time.Second: true, 15 * time.Second: false} {
		var log strings.Builder
		b := new(bot)
		c := testCheck(t, b, b.probes)
		c.log = slog.New(slog.NewTextHandler(&log, nil))
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		if _, err := c.Invoke(ctx, nil); err != nil {
			t.Errorf("limit %v: Invoke = %v", limit, err)
		}
		cancel()
		if got := strings.Contains(log.String(), "time limit is short"); got != want {
			t.Errorf("limit %v: a warning: %v, want %v; the log is %s", limit, got, want, log.String())
		}
	}
}

// TestCheckCleansUp has sessions of one run deleted once.
func TestCheckCleansUp(t *testing.T) {
	b := new(bot)
	c := testCheck(t, b, b.probes)
	for range 2 {
		if _, err := c.Invoke(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	deletions := len(slices.DeleteFunc(b.events, func(what string) bool { return what != "delete" }))
	if deletions != 4 {
		t.Errorf("two runs of two probes deleted %d sessions; want 4", deletions)
	}
}
