package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func someOutcome() outcome {
	return outcome{
		options:  options{calls: 100, window: 3 * time.Second, rounds: 3},
		measured: interleaved{floor: samples(8000, 8000, 8000, 8000), gateway: samples(10000, 10400, 20000)},
		messages: 50_000, bytes: 50_000 * 380, allocations: 0.25,
		idleRSS: [2]int64{20 << 20, 4 << 20}, rss: [2]int64{22 << 20, 5 << 20},
	}
}

func TestSummarize(t *testing.T) {
	got := summarize(someOutcome(), "make bench", time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC))
	want := summary{
		Calls: 100, Rounds: 3, WindowSeconds: 3, Messages: 50_000, MessageBytes: 380,
		OverR: 1.3, OverRLow: 1.25, OverRHigh: 2.5, CPU: 10.4, CPUR: 8,
		PerCore: 1e6 / 10.4 / 50, Allocations: 0.25,
		RSSPerCall: 2 << 20 / 100.0, RSSPerCallR: 1 << 20 / 100.0, RSSIdle: 20 << 20,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 0), cmpopts.IgnoreFields(summary{}, "Machine")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if m := got.Machine; m.Date != "2026-03-04" || m.Command != "make bench" || m.CPU == "" || m.Kernel == "" {
		t.Errorf("machine: got %+v, want date, command, CPU and kernel", m)
	}
}

func TestMissedBars(t *testing.T) {
	good := summary{OverR: 1.6, Allocations: 1, RSSPerCall: 64 << 10}
	cases := []struct {
		name   string
		change func(*summary)
		want   string
	}{
		{"all just met", func(*summary) {}, ""},
		{"CPU", func(s *summary) { s.OverR = 1.61 }, "CPU over R is 1.61, must be at most 1.6"},
		{"allocations", func(s *summary) { s.Allocations = 2 }, "allocations per message are 2.00, must be at most 1"},
		{"memory", func(s *summary) { s.RSSPerCall = 65 << 10 }, "memory per call is 65.0 KB, must be at most 64"},
	}
	for _, c := range cases {
		s := good
		c.change(&s)
		if got := strings.Join(s.missed(), "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	s := summarize(someOutcome(), "x", time.Now())
	s.writeTable(&out)
	for _, want := range []string{
		`raw TCP, discard \(R\) +8\.00 +1\.00 +10\.2`,
		`lexline serve +10\.40 +1\.30 +0\.250 +20\.5`,
		`must +1\.6 +1 +64`,
		`1\.25 to 2\.50 in single rounds; 1923 calls would fill a core; 20\.0 MB when idle`,
		`none of 50000 messages lost`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("table has no %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "doubtful") || strings.Contains(out.String(), "missed") {
		t.Errorf("table of a good run on a quiet machine doubts it:\n%s", out.String())
	}
	s.LateMicros, s.OverR = 30_000, 3
	out.Reset()
	s.writeTable(&out)
	for _, want := range []string{"doubtful: the machine was busy", "missed: CPU over R is 3.00"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table of a bad run on a busy machine has no %q:\n%s", want, out.String())
		}
	}
}

func TestLastLine(t *testing.T) {
	if got := (summary{OverR: 1.3}).lastLine(); got != "media path: 1.30 R" {
		t.Errorf("last line: got %q", got)
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	want := summarize(someOutcome(), "x", time.Now())
	if err := want.writeJSON(&out); err != nil {
		t.Fatal(err)
	}
	var got summary
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
}

// The format is that of `go test -bench`: keys, then lines of a name, a count
// and pairs of value and unit.
func TestBenchstatFormat(t *testing.T) {
	var out bytes.Buffer
	o := someOutcome()
	writeBenchstat(&out, o, summarize(o, "make bench", time.Now()))
	key := regexp.MustCompile(`^[a-z]+: .+$`)
	benchmark := regexp.MustCompile(`^Benchmark[A-Z]\S+-\d+\t\d+(\t[\d.]+ \S+)+$`)
	counts := map[string]int{}
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "":
		case benchmark.MatchString(line):
			name, _, _ := strings.Cut(line, "\t")
			counts[name[:strings.LastIndex(name, "-")]]++
		case !key.MatchString(line):
			t.Errorf("line %q is neither a key nor a benchmark", line)
		}
	}
	want := map[string]int{
		"BenchmarkMediaPath/system=discard": 4, "BenchmarkMediaPath/system=lexline": 3,
		"BenchmarkMediaPath/system=discard/whole-run": 1, "BenchmarkMediaPath/system=lexline/whole-run": 1,
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("benchmarks (-want +got):\n%s", diff)
	}
}
