package main

import (
	"context"
	"errors"
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
	if err := summarize(options{results: dir}, "nothing was scaled"); err != nil {
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

func TestReadRowsNamesABadReport(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hang.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRows(dir); err == nil || !strings.Contains(err.Error(), "hang") {
		t.Errorf("a torn report: %v; want an error that names it", err)
	}
}

func TestUnits(t *testing.T) {
	o := options{faults: []string{"stop", "5xx"}, policy: "both"}
	want := []unit{{"stop", "lexline"}, {"stop", "article"}, {"5xx", "lexline"}, {"5xx", "article"}}
	if diff := cmp.Diff(want, o.units(), cmp.AllowUnexported(unit{})); diff != "" {
		t.Errorf("units of two faults under both policies (-want +got):\n%s", diff)
	}
	o.policy = "article"
	if got := o.units(); len(got) != 2 || got[1] != (unit{"5xx", "article"}) {
		t.Errorf("units of two faults under the article's policy are %v; want 2", got)
	}
}

// TestHoldAll has four drills held, two at a time; the first of them meets a busy
// machine once.
func TestHoldAll(t *testing.T) {
	o := options{faults: []string{"stop", "5xx"}, policy: "both", jobs: 2, runs: 2, results: t.TempDir()}
	var (
		mu   sync.Mutex
		held = map[unit]int{}
		pair sync.WaitGroup // the first two are held at one time
		out  strings.Builder
	)
	pair.Add(2)
	err := holdAll(t.Context(), o, func(_ context.Context, _ options, u unit) (*drilled, error) {
		mu.Lock()
		held[u]++
		n := held[u]
		mu.Unlock()
		if u.fault == "stop" && n == 1 {
			pair.Done()
			pair.Wait()
		}
		late := int64(10)
		if u == (unit{"stop", "lexline"}) && n == 1 {
			late = doubtful + 1
		}
		return &drilled{Setting: "under " + u.policy, Reports: []report{{Policy: u.policy, Calls: 7, LateMS: late}}}, nil
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	want := map[unit]int{{"stop", "lexline"}: 2, {"stop", "article"}: 1, {"5xx", "lexline"}: 1, {"5xx", "article"}: 1}
	if diff := cmp.Diff(want, held, cmp.AllowUnexported(unit{})); diff != "" {
		t.Errorf("how often each was held (-want +got):\n%s", diff)
	}
	for _, want := range []string{"drill 4 of 4", "stop under lexline: the phones were late by 201 ms; once more", "5xx under article: 7 calls"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

// TestHoldAllEnds has one of two drills fail, which ends the other, and no third
// is begun.
func TestHoldAllEnds(t *testing.T) {
	o := options{faults: []string{"stop", "5xx", "hang"}, policy: "lexline", jobs: 2, results: t.TempDir()}
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
