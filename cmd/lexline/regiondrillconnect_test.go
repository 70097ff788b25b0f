package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDrillOfContacts holds short drills with all their processes.
func TestDrillOfContacts(t *testing.T) {
	if testing.Short() {
		t.Skip("a drill takes a minute")
	}
	t.Parallel()
	bootstrap := filepath.Join(t.TempDir(), "lexline-lambda")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bootstrap, "../lexline-lambda")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the Lambda program: %v\n%s", err, text)
	}
	t.Run("a region fails", func(t *testing.T) { drillOneRegion(t, bootstrap) })
	t.Run("beside a gateway", func(t *testing.T) { drillBesideGateway(t, bootstrap) })
}

// drillOfContacts is a drill with a check every minute, scaled to one every 3 s.
func drillOfContacts(t *testing.T, bootstrap, out string, args ...string) *exec.Cmd {
	t.Helper()
	lexline, err := exec.LookPath("lexline") // this test's own program under that name
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{
		"region", "drill", "--channel", "connect", "--bot", orderFlowers, "--bootstrap", bootstrap, "--out", out,
		"--fault", "5xx", "--every", "1m", "--scale", "0.05", "--calls", "4", "--seed", "3",
	}, args...)
	return exec.CommandContext(t.Context(), lexline, args...)
}

// drillOneRegion has a region answer with errors from just after a health check on;
// the table follows at the next one. It takes about a minute, nearly all of it waiting.
func drillOneRegion(t *testing.T, bootstrap string) {
	t.Parallel()
	drill := drillOfContacts(t, bootstrap, filepath.Join(t.TempDir(), "run"), "--json")
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

// drillBesideGateway ends a drill as soon as the table is known: the gateway has read
// what the health check wrote.
func drillBesideGateway(t *testing.T, bootstrap string) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	drill := drillOfContacts(t, bootstrap, out, "--gateway")
	reader, err := drill.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	drill.Stderr = &stderr
	if err := drill.Start(); err != nil {
		t.Fatal(err)
	}
	said, isInterrupted := "", false
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		said += lines.Text() + "\n"
		if !isInterrupted && strings.Contains(lines.Text(), "table: us-east-1") {
			isInterrupted = true
			if err := drill.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	if err := drill.Wait(); drill.ProcessState.ExitCode() != 130 {
		t.Fatalf("the drill ended with %v; want exit code 130 of an interrupt\n%s%s", err, stderr.String(), said)
	}
	if !strings.Contains(said, "a gateway shares the table") {
		t.Errorf("the drill does not say that a gateway shares the table:\n%s", said)
	}
	log, err := os.ReadFile(filepath.Join(out, "connect-lexline-1m", "gateway.log"))
	if err != nil || !strings.Contains(string(log), `"region table says"`) || !strings.Contains(string(log), `"by":"lexDRTest-us-east-1"`) {
		t.Errorf("the gateway's log, %v, is\n%s\nwant that it read what the health check wrote into the table", err, log)
	}
}

func TestPicturesIn(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"connect-lexline-1m", "connect-article-5m"} {
		picture := filepath.Join(folder, name, "timeline.svg")
		if err := os.MkdirAll(filepath.Dir(picture), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(picture, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		want := "The picture: " + picture
		if name == "connect-article-5m" {
			want = "The pictures: " + filepath.Join(folder, "connect-*", "timeline.svg")
		}
		if got := picturesIn(folder); got != want {
			t.Errorf("with %s: %q; want %q", name, got, want)
		}
	}
}
