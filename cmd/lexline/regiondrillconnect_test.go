package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestDrillOfContacts holds a short drill with all its processes: a region answers
// with errors from just after a health check on, and the table follows at the next
// one. A check every minute is scaled to one every 3 s, so that it takes about a
// minute, nearly all of it waiting.
func TestDrillOfContacts(t *testing.T) {
	if testing.Short() {
		t.Skip("a drill takes a minute")
	}
	t.Parallel()
	lexline, err := exec.LookPath("lexline") // this test's own program under that name
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bootstrap := filepath.Join(dir, "lexline-lambda")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bootstrap, "../lexline-lambda")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the Lambda program: %v\n%s", err, text)
	}
	drill := exec.CommandContext(t.Context(), lexline, "region", "drill", "--channel", "connect", "--json", "--bot", orderFlowers,
		"--bootstrap", bootstrap, "--fault", "5xx", "--every", "1m", "--scale", "0.05", "--calls", "4", "--seed", "3", "--out", filepath.Join(dir, "run"))
	var stderr bytes.Buffer
	drill.Stderr = &stderr
	text, err := drill.Output()
	if err != nil {
		t.Fatalf("the drill ended with %v\n%s%s", err, stderr.String(), text)
	}
	var got connectDrillReport
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !got.OK || len(got.Reports) != 1 || len(got.Reports[0].Faults) != 1 {
		t.Fatalf("the drill says\n%s\nwant one report, of one fault, that is ok", text)
	}
	r := got.Reports[0]
	f := r.Faults[0]
	if r.Contacts < 20 || r.Lost != 0 || r.GaveUp != 0 || r.Misled != 0 || r.Placed != r.Contacts-r.Stopped {
		t.Errorf("%d contacts, %d lost, %d given up, %d told no region, %d orders; want many, none, none, none and as many", r.Contacts, r.Lost, r.GaveUp, r.Misled, r.Placed)
	}
	if r.Branched == 0 || f.Before.Branched == 0 {
		t.Errorf("%d contacts were moved by an error branch, %d before the table moved; want some", r.Branched, f.Before.Branched)
	}
	if f.Moved < 0 || f.BackMoved < 0 || r.Moves != 2 {
		t.Errorf("the table moved %.1f s after the fault began and %.1f s after it ended, %d times in all; want there and back", f.Moved, f.BackMoved, r.Moves)
	}
	if f.Until.Contacts == 0 || f.Until.Branched != 0 || f.After.Contacts == 0 {
		t.Errorf("%d contacts after the table had moved, %d of them moved by an error branch, %d after the fault; want some, none, some", f.Until.Contacts, f.Until.Branched, f.After.Contacts)
	}
	for _, name := range []string{"report.json", "timeline.svg", "ledger.jsonl", "lexDRTest.log", "table.log"} {
		if _, err := os.Stat(filepath.Join(got.Folder, "connect-lexline-1m", name)); err != nil {
			t.Error(err)
		}
	}
}
