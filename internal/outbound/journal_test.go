package outbound

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// TestJournalOutlivesItsProgram writes what a program has that dies, and opens it again.
func TestJournalOutlivesItsProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.journal")
	j, called, err := OpenJournal(path)
	if err != nil || len(called) != 0 {
		t.Fatalf("a new journal: %v, %v", called, err)
	}
	err = errors.Join(
		j.Placing("+1551"), j.Placed("+1551", "CA1"), j.Result(Result{Number: "+1551", SID: "CA1", Outcome: Busy}),
		j.Placing("+1552"), j.Placed("+1552", "CA2"),
		j.Placing("+1553"),
		j.Placing("+1554"), j.Result(Result{Number: "+1554", Outcome: Refused}),
		j.Result(Result{Number: "+1555", Outcome: NotTried}),
		j.Placing("+1556"), j.Result(Result{Number: "+1556", Outcome: Uncertain}),
	)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenJournal(path); !errors.Is(err, errJournalInUse) {
		t.Errorf("opened by another one at the same time: %v; want an error that says so", err)
	}
	if _, err := j.file.WriteString(`{"number":"+1557","sta`); err != nil { // its last act
		t.Fatal(err)
	}
	j.Close()
	want := Called{"+1551": true, "+1552": true, "+1553": false, "+1556": false}
	for range 2 {
		again, called, err := OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, called); diff != "" {
			t.Errorf("called (-want +got):\n%s", diff)
		}
		if err := again.Placing("+1558"); err != nil { // behind what was cut off
			t.Fatal(err)
		}
		again.Close()
		want["+1558"] = false
	}
	read, err := ReadJournal(path)
	if diff := cmp.Diff(want, read); err != nil || diff != "" {
		t.Errorf("read: error %v, called (-want +got):\n%s", err, diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %v, %v; want its owner's only", info.Mode(), err)
	}
}

// TestOtherFilesAreNoJournals opens a list of numbers.
func TestOtherFilesAreNoJournals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(path, []byte("+14155550100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenJournal(path); err == nil || !strings.Contains(err.Error(), "line 1 is none of a journal's") {
		t.Errorf("OpenJournal = %v; want an error that names the line", err)
	}
	if text, err := os.ReadFile(path); string(text) != "+14155550100\n" || err != nil {
		t.Errorf("the file is %q now, %v; want it untouched", text, err)
	}
}

// TestWhatCannotBeToldIsNotPlaced has the third call of ten not be told of.
func TestWhatCannotBeToldIsNotPlaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fates := map[string]fate{}
		for _, number := range numbered(10) {
			fates[number] = fate{status: "busy"}
		}
		full, told, placed := errors.New("disk is full"), 0, []string{}
		c := newCarrier(fates)
		var sum Summary
		err := Run(t.Context(), t.Context(), Config{
			API: c, Numbers: numbered(10), Call: toNumber, Rate: once, Report: sum.Add,
			Placing: func(string) error {
				if told++; told == 3 {
					return full
				}
				return nil
			},
			Placed: func(_, sid string) { placed = append(placed, sid) },
		})
		if !errors.Is(err, full) || told != 3 || len(c.order) != 2 || sum.Of[NotTried] != 8 || sum.Of[Busy] != 2 {
			t.Errorf("error %v, %d told of, %d placed, %v; want two placed, eight not tried, and why", err, told, len(c.order), sum.Of)
		}
		if diff := cmp.Diff([]string{"CA15550000000", "CA15550000001"}, placed); diff != "" {
			t.Errorf("placed (-want +got):\n%s", diff)
		}
	})
}
