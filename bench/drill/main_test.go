package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
