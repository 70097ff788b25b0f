package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSummarize(t *testing.T) {
	dir := t.TempDir()
	for name, report := range map[string]string{
		"stop.json":         `{"policy":"lexline","callers":50,"calls":153,"utterances":713,"faults":[{"calls_around":49,"extra_around":{"n":71,"p99_s":1.26}}]}`,
		"stop-article.json": `{"policy":"article","callers":50,"calls":125,"utterances_lost":89}`,
		"5xx-speech.json":   `{"policy":"lexline","callers":5,"calls":15}`,
		"5xx.json":          `{"policy":"lexline","callers":50,"calls":150}`,
		"notes.json":        `{}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(report), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := summarize(options{channel: phone{}, results: dir}, "nothing was scaled"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "summary.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range strings.Split(string(text), "\n")[4:] {
		if cells := strings.Fields(line); len(cells) > 3 {
			got = append(got, strings.Join(cells[:4], " "))
		}
	}
	want := []string{"5xx lexline 50 150", "stop lexline 50 153", "stop article 50 125", "5xx-speech lexline 5 15"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the rows begin with\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(string(text), "nothing was scaled") || !strings.Contains(string(text), "1.26") {
		t.Errorf("the table does not say what was scaled, or not 1.26:\n%s", text)
	}
}

func TestSummaryNamesABadReport(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hang.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (phone{}).summary(dir, ""); err == nil || !strings.Contains(err.Error(), "hang") {
		t.Errorf("a torn report: %v; want an error that names it", err)
	}
}

func TestUnits(t *testing.T) {
	tests := []struct {
		name  string
		flags []string
		want  []string // names of their files
	}{
		{"two faults of calls under both policies", []string{"-fault", "stop", "-fault", "5xx"}, []string{"stop", "stop-article", "5xx", "5xx-article"}},
		{"the article's policy alone", []string{"-faults", "stop,5xx", "-policy", "article"}, []string{"stop-article", "5xx-article"}},
		{"speech", []string{"-fault", "stop", "-policy", "lexline", "-speech"}, []string{"stop-speech"}},
		{"contacts", []string{"-channel", "connect", "-fault", "slow"}, []string{"slow-5m", "slow-5m-article", "slow-1m", "slow-1m-article"}},
		{
			"contacts beside a gateway",
			[]string{"-channel", "connect", "-fault", "hang", "-policy", "lexline"},
			[]string{"hang-5m", "hang-1m", "hang-1m-unscaled", "hang-1m-unscaled-gateway"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := parse(tt.flags, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range o.channel.units(&o) {
				got = append(got, u.name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("units of %v (-want +got):\n%s", tt.flags, diff)
			}
		})
	}
}

// TestAllContactUnits counts them: ten kinds, two schedules and two policies, and two
// kinds unscaled, without a gateway and with one.
func TestAllContactUnits(t *testing.T) {
	o, err := parse([]string{"-channel", "connect"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, u := range o.channel.units(&o) {
		names[u.name] = true
	}
	if len(names) != 10*2*2+2*2 || o.calls != 60 || o.results != filepath.Join("bench", "results", "connect") {
		t.Errorf("%d units with names of their own, %d customers, results in %s; want 44, 60 and bench/results/connect", len(names), o.calls, o.results)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, flags := range [][]string{
		{"-fault", "rain"}, {"-channel", "fax"}, {"-channel", "connect", "-fault", "flap"}, {"-channel", "connect", "-speech"},
	} {
		if o, err := parse(flags, io.Discard); err == nil {
			t.Errorf("parse(%v) = %+v; want an error", flags, o)
		}
	}
}

// TestHoldAll has four drills held, two at a time; the first of them meets a busy
// machine once.
func TestHoldAll(t *testing.T) {
	o := options{channel: phone{}, faults: []string{"stop", "5xx"}, policy: "both", jobs: 2, runs: 2, results: t.TempDir()}
	var (
		mu   sync.Mutex
		held = map[string]int{}
		pair sync.WaitGroup // the first two are held at one time
		out  strings.Builder
	)
	pair.Add(2)
	err := holdAll(t.Context(), o, func(_ context.Context, _ options, u unit) (*drilled, error) {
		mu.Lock()
		held[u.name]++
		n := held[u.name]
		mu.Unlock()
		if u.fault == "stop" && n == 1 {
			pair.Done()
			pair.Wait()
		}
		late := int64(10)
		if u.name == "stop" && n == 1 {
			late = doubtful + 1
		}
		return &drilled{setting: "under " + u.policy, outcomes: []outcome{callReport{Policy: u.policy, Calls: 7, LateMS: late}}}, nil
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"stop": 2, "stop-article": 1, "5xx": 1, "5xx-article": 1}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Errorf("how often each was held (-want +got):\n%s", diff)
	}
	for _, want := range []string{"drill 4 of 4", "stop under lexline: callers were late by 201 ms; once more", "5xx under article: 7 calls"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

// TestHoldAllEnds has one of two drills fail, which ends the other, and no third
// is begun.
func TestHoldAllEnds(t *testing.T) {
	o := options{channel: phone{}, faults: []string{"stop", "5xx", "hang"}, policy: "lexline", jobs: 2, results: t.TempDir()}
	var out strings.Builder
	err := holdAll(t.Context(), o, func(ctx context.Context, _ options, u unit) (*drilled, error) {
		if u.fault == "stop" {
			return nil, errors.New("out of paper")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Minute):
			return nil, errors.New("nobody ended it")
		}
	}, &out)
	if err == nil || err.Error() != "stop under lexline: out of paper" {
		t.Errorf("the error is %v; want the one of the first that failed", err)
	}
	if strings.Contains(out.String(), "hang") {
		t.Errorf("a third drill was begun:\n%s", out.String())
	}
}
