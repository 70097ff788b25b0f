package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/record"
	"lexline/internal/record/storetest"
)

func openCalls(t *testing.T, path string) *Calls {
	t.Helper()
	c, err := OpenCalls(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestCalls(t *testing.T) {
	storetest.Run(t, func(t *testing.T) record.Store { return openCalls(t, filepath.Join(t.TempDir(), "calls.db")) })
}

func TestNotes(t *testing.T) {
	storetest.RunNotes(t, func(t *testing.T) storetest.Notes { return openCalls(t, filepath.Join(t.TempDir(), "calls.db")) })
}

func someCall(id string) record.Entry {
	now := time.Now().UTC().Truncate(time.Second)
	return record.Entry{Call: id, Started: now, Until: now.Add(time.Hour), Record: []byte("{}")}
}

// TestCallsOfSeveralProcesses has another process write beside this one.
func TestCallsOfSeveralProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	cmd := otherProcess(t, "record", path)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	here := putCalls(path, "here")
	if err := errors.Join(here, cmd.Wait()); err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	all, err := openCalls(t, path).List(t.Context(), record.Filter{})
	if err != nil || len(all) != 100 {
		t.Errorf("%d records, %v; want 50 of each process", len(all), err)
	}
}

func putCalls(path, who string) error {
	c, err := OpenCalls(path)
	if err != nil {
		return err
	}
	for i := range 50 {
		if err := c.Put(context.Background(), someCall(fmt.Sprint(who, i))); err != nil {
			return errors.Join(err, c.Close())
		}
	}
	return c.Close()
}

func TestDeletingIsInPieces(t *testing.T) {
	c := openCalls(t, filepath.Join(t.TempDir(), "calls.db"))
	for i := range 3*deleteAtOnce + 7 {
		e := someCall(fmt.Sprint(i))
		e.Until = time.Now().Add(-time.Minute)
		if err := c.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.PutNote(t.Context(), "k", []byte("v"), time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.DeleteExpired(t.Context(), time.Now()); n != 3*deleteAtOnce+7 || err != nil {
		t.Errorf("DeleteExpired = %d, %v; want %d", n, err, 3*deleteAtOnce+7)
	}
	for _, table := range []string{"calls", "notes"} {
		var left int
		if err := c.db.db.QueryRow("SELECT count(*) FROM " + table).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d rows left in %s, %v; want none", left, table, err)
		}
	}
}

// TestWhatIsDeletedIsGone looks for it in the file, once the log was written into that.
func TestWhatIsDeletedIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	c := openCalls(t, path)
	e := someCall("CA1")
	e.Until, e.Record = time.Now().Add(-time.Minute), []byte("words of a caller")
	if err := c.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for _, note := range []string{"a secret", "none"} {
		if err := c.PutNote(t.Context(), "k", []byte(note), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(text string) bool {
		t.Helper()
		if _, err := c.db.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(file, []byte(text))
	}
	if !holds("words of a caller") {
		t.Fatal("the record is not in the file")
	}
	if n, err := c.DeleteExpired(t.Context(), time.Now()); n != 1 || err != nil {
		t.Fatalf("DeleteExpired = %d, %v; want 1", n, err)
	}
	for _, text := range []string{"words of a caller", "a secret"} {
		if holds(text) {
			t.Errorf("the file still holds %q", text)
		}
	}
}

// TestListUsesAnIndex has SQLite tell how it would find the newest calls.
func TestListUsesAnIndex(t *testing.T) {
	c := openCalls(t, filepath.Join(t.TempDir(), "calls.db"))
	for query, want := range map[string]string{
		selectCalls + " ORDER BY started DESC, call DESC LIMIT 20":                                     "calls_started",
		selectCalls + " AND number = 'x' AND started > 7 ORDER BY started DESC, call DESC":             "calls_number",
		selectCalls + " AND call = 'x' ORDER BY started":                                               "sqlite_autoindex_calls_1",
		"SELECT rowid FROM calls WHERE until <= ? LIMIT 200":                                           "calls_until",
		selectCalls + " AND line = 'x' AND started >= 7 AND started < 9 ORDER BY started DESC LIMIT 2": "calls_started",
	} {
		var id, parent, unused int
		var plan string
		if err := c.db.db.QueryRow("EXPLAIN QUERY PLAN "+query, time.Now().Unix()).Scan(&id, &parent, &unused, &plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, want) {
			t.Errorf("%s: %s; want it by %s", query, plan, want)
		}
	}
}

// TestKindsOfFilesAreToldApart opens one kind as the other.
func TestKindsOfFilesAreToldApart(t *testing.T) {
	dir := t.TempDir()
	region, records := filepath.Join(dir, "region.db"), filepath.Join(dir, "calls.db")
	open(t, region)
	openCalls(t, records)
	if c, err := OpenCalls(region); err == nil || !strings.Contains(err.Error(), "a store is wanted") {
		t.Errorf("OpenCalls of a region table = %v, %v; want an error that says so", c, err)
	}
	if d, err := Open(records); err == nil || !strings.Contains(err.Error(), "a table is wanted") {
		t.Errorf("Open of a store = %v, %v; want an error that says so", d, err)
	}
	if info, err := os.Stat(records); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions of the store: %v, %v; want its owner's only", info.Mode(), err)
	}
}

// TestReadersMakeNoFile has a reader look at a file that is not there, at one that is
// moved away, and at the one that its writer makes then.
func TestReadersMakeNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	if c, err := ReadCalls(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("ReadCalls of no file = %v, %v; want an error that says so", c, err)
	}
	writer := openCalls(t, path)
	reader, err := ReadCalls(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	look := func() (string, error) {
		found, err := reader.List(t.Context(), record.Filter{})
		if len(found) == 0 {
			return "", err
		}
		return found[0].Call, err
	}
	if err := writer.Put(t.Context(), someCall("old")); err != nil {
		t.Fatal(err)
	}
	if got, err := look(); got != "old" || err != nil {
		t.Errorf("List = %s, %v; want the writer's call", got, err)
	}
	if err := os.Rename(path, path+".damaged"); err != nil {
		t.Fatal(err)
	}
	if got, err := look(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("List of a file that was moved away = %s, %v; want an error that says so", got, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file, %v; want none, as nobody has written", err)
	}
	if err := writer.Put(t.Context(), someCall("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := look(); got != "new" || err != nil {
		t.Errorf("List = %s, %v; want the call in the new file", got, err)
	}
}
