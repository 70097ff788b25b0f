package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keptContacts are reports as the drill writes them, of one kind under both policies,
// of one where every region is broken, and of one beside a gateway.
var keptContacts = map[string]string{
	"5xx-1m.json": `{"policy":"lexline","check_every_s":6,"customers":40,"contacts":700,"contacts_moved":90,"utterances_repeated":110,
		"longest_silence_s":0.6,"region_told_in":{"n":700,"p50_s":0.004,"p99_s":0.02,"max_s":0.1},"customers_late_ms":12,
		"faults":[{"checked_s":6.5,"moved_s":6.6,"last_led_s":6.5,"back_moved_s":10,"back_led_s":10.1,
			"before_move":{"contacts":95,"extra_wait":{"p50_s":0.5,"p99_s":1.6,"max_s":1.7}},"after_move":{"contacts":230}}]}`,
	"5xx-1m-article.json": `{"policy":"article","check_every_s":6,"customers":40,"contacts":800,"contacts_lost":70,
		"faults":[{"checked_s":6.5,"moved_s":6.6,"last_led_s":6.5,"back_moved_s":5,"back_led_s":5.1,
			"before_move":{"contacts":100,"contacts_lost":70,"lost":70},"after_move":{"contacts":240}}]}`,
	"5xx-1m-unscaled-gateway.json": `{"policy":"lexline","check_every_s":60,"customers":40,"contacts":3000}`,
	"both-5m.json": `{"policy":"lexline","check_every_s":30,"contacts":900,"contacts_spared":300,
		"faults":[{"checked_s":38,"moved_s":-1,"last_led_s":59,"back_moved_s":0,"back_led_s":0.1,"before_move":{"contacts":310,"lost":300}}]}`,
	"5xx.json": `{"policy":"lexline"}`, // of a drill of calls
}

func keepContacts(t *testing.T, reports map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, report := range reports {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(report), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestContactSummary reads the table's cells by the names of their columns.
func TestContactSummary(t *testing.T) {
	text, err := contacts{}.summary(keepContacts(t, keptContacts), "regions answer at once")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "regions answer at once\n") {
		t.Errorf("the table does not say what the setting was:\n%s", text)
	}
	_, table, _ := strings.Cut(text, "\n\n")
	rows := strings.Split(strings.TrimSpace(table), "\n")
	tests := []struct {
		row, column int
		header      string
		want        string
	}{
		{1, 0, "fault", "5xx"},
		{1, 1, "policy", "lexline"},
		{1, 2, "check every", "6 s"},
		{1, 5, "met the fault", "325"},
		{1, 6, "lost", "0"},
		{1, 7, "moved by error branch", "90"},
		{1, 8, "said again", "110"},
		{1, 13, "before table moved", "95"},
		{1, 16, "p99", "1.60"},
		{1, 18, "after it moved", "230"},
		{1, 23, "silence", "0.6"},
		{1, 24, "first check over", "6.5"},
		{1, 25, "table moved", "6.6"},
		{1, 26, "last led there", "6.5"},
		{1, 27, "table back", "10.0"},
		{1, 28, "contact back", "10.1"},
		{1, 30, "p99", "0.020"},
		{1, 32, "late ms", "12"},
		{2, 1, "policy", "article"},
		{2, 6, "lost", "70"},
		{2, 14, "lost", "70"},
		{3, 0, "fault", "both"},
		{3, 6, "lost", "300"},
		{3, 13, "before table moved", "310"},
		{3, 25, "table moved", "-"},
		{3, 27, "table back", "0.0"},
		{4, 1, "policy", "lexline + gateway"},
		{4, 2, "check every", "60 s"},
		{4, 25, "table moved", "-"},
	}
	if len(rows) != 5 {
		t.Fatalf("%d lines, want a header and 4 rows:\n%s", len(rows), table)
	}
	// Columns begin where the header's do.
	cells := func(line string) []string {
		var all []string
		for cell := range strings.SplitSeq(line, "  ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				all = append(all, cell)
			}
		}
		return all
	}
	header := cells(rows[0])
	for _, tt := range tests {
		if got := cells(rows[tt.row]); header[tt.column] != tt.header || len(got) != len(header) || got[tt.column] != tt.want {
			t.Errorf("row %d has %d of %d cells and %q under %q; want %q under %q", tt.row, len(got), len(header), got[tt.column], header[tt.column], tt.want, tt.header)
		}
	}
}

func TestContactArgs(t *testing.T) {
	o, err := parse([]string{"-channel", "connect", "-fault", "5xx", "-policy", "lexline"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range o.channel.units(&o) {
		got = append(got, u.folder+": "+strings.Join(o.channel.args(&o, u), " "))
	}
	want := []string{
		"connect-lexline-5m: --channel connect --every 5m0s --scale 0.1",
		"connect-lexline-1m: --channel connect --every 1m0s --scale 0.1",
		"connect-lexline-1m: --channel connect --every 1m0s --scale 1",
		"connect-lexline-1m: --channel connect --every 1m0s --scale 1 --gateway",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("drills of 5xx:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestHoldAllContacts has the drills of one kind held by one that fails at the last:
// what was held before is in the table.
func TestHoldAllContacts(t *testing.T) {
	o, err := parse([]string{"-channel", "connect", "-fault", "slow", "-jobs", "1", "-results", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = holdAll(t.Context(), o, func(_ context.Context, o options, u unit) (*drilled, error) {
		if u.name == "slow-1m-article" {
			return nil, errors.New("out of paper")
		}
		printed := []byte(`{"setting":"regions answer at once; a check every 7 s","reports":[{"policy":"` + u.policy + `","contacts":400,"contacts_moved":5}]}`)
		if err := os.WriteFile(filepath.Join(o.results, u.name+".json"), []byte(`{"policy":"`+u.policy+`"}`), 0o600); err != nil {
			return nil, err
		}
		return o.channel.read(printed)
	}, &out)
	if err == nil || err.Error() != "slow under article, a check every 1m times 0.1: out of paper" {
		t.Errorf("the error is %v; want the last one's", err)
	}
	text, err := os.ReadFile(filepath.Join(o.results, "summary.txt"))
	if err != nil || strings.Count(string(text), "\nslow ") != 3 || !strings.Contains(string(text), "; regions answer at once\n") {
		t.Errorf("the table is, with error %v:\n%s\nwant 3 rows, and the setting without a schedule", err, text)
	}
	if want := "slow under lexline, a check every 5m times 0.1: 400 contacts, 0 met the fault, 0 lost, 5 moved by an error branch"; !strings.Contains(out.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, out.String())
	}
}
