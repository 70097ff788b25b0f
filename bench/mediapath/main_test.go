package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongFlags(t *testing.T) {
	cases := []struct{ args, want string }{
		{"--calls 0", "--calls 0: want 1 to 2000"},
		{"--calls 2001", "--calls 2001: want 1 to 2000"},
		{"--seconds 4.5", "--seconds 4.5: want 0.1 to 4"},
		{"--seconds 0.01", "--seconds 0.01"},
		{"--rounds 0", "--rounds 0: want 1 or more"},
		{"fast", `unexpected ["fast"]`},
		{"--fast", "flag provided but not defined"},
	}
	for _, c := range cases {
		var out, log bytes.Buffer
		err := run(t.Context(), strings.Fields(c.args), &out, &log)
		if err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%s: got error %v and output %q, want %q", c.args, err, out.String(), c.want)
		}
	}
	var log bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, nil, &log); !errors.Is(err, flag.ErrHelp) || !strings.Contains(log.String(), "media path: X R") {
		t.Errorf("--help: got error %v and %q", err, log.String())
	}
}

// A short run with the real programs: what is shown is that nothing is lost and
// no bot asked; figures of so short a run say nothing.
func TestShortRun(t *testing.T) {
	var log bytes.Buffer
	o := options{calls: 20, window: 200e6, rounds: 1}
	got, err := measure(t.Context(), o, &log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	// Warm-up: two windows of the gateway; then one that counts.
	if want := 3 * 20 * 10; got.messages != float64(want) {
		t.Errorf("messages sent: got %v, want %d", got.messages, want)
	}
	if len(got.measured.gateway) != 1 || len(got.measured.floor) != 2 {
		t.Errorf("windows: got %d and %d, want 1 and 2", len(got.measured.gateway), len(got.measured.floor))
	}
	if got.allocations <= 0 || got.rss[0] < got.idleRSS[0]/2 || got.idleRSS[0] < 1<<20 {
		t.Errorf("got %v allocations a message, %d bytes of memory, idle %d; want what real programs have", got.allocations, got.rss[0], got.idleRSS[0])
	}
}

func TestRunsThatCannotBe(t *testing.T) {
	o := options{calls: 1, window: 100e6, rounds: 1}
	var log bytes.Buffer
	o.lexline = "/nonexistent"
	if _, err := measure(t.Context(), o, &log); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no program: got error %v, want that it is not there", err)
	}
	o.lexline = "/bin/false"
	if _, err := measure(t.Context(), o, &log); err == nil || !strings.Contains(err.Error(), "lexline serve ended without logging") {
		t.Errorf("another program: got error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := measure(ctx, o, &log); err == nil {
		t.Error("interrupted: got no error")
	}
}

func TestSave(t *testing.T) {
	o := someOutcome()
	path := filepath.Join(t.TempDir(), "new", "results.txt")
	if err := save(path, o, summary{}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte("BenchmarkMediaPath/system=lexline")) {
		t.Errorf("got %q, error %v", text, err)
	}
	if err := save(filepath.Join(path, "below-a-file"), o, summary{}); err == nil || !strings.Contains(err.Error(), "keep the results") {
		t.Errorf("impossible path: got error %v", err)
	}
	if err := save("", o, summary{}); err != nil {
		t.Errorf("no path: %v", err)
	}
}
