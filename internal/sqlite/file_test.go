package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lexline/internal/region"
)

// TestFollowsTheFile exchanges the file under an open table.
func TestFollowsTheFile(t *testing.T) {
	remove := func(path string) error {
		return errors.Join(os.Remove(path), os.RemoveAll(path+"-wal"), os.RemoveAll(path+"-shm"))
	}
	tests := []struct {
		name     string
		exchange func(path string) error
		want     string // of the item afterwards; empty: there is none
	}{
		{"nothing happens", func(string) error { return nil }, "old"},
		{"it is removed", remove, ""},
		{"the file alone is removed", os.Remove, ""},
		{"it is moved away", func(path string) error { return os.Rename(path, path+".damaged") }, ""},
		{"another table is put in its place", func(path string) error {
			other := path + ".other"
			db, err := Open(other)
			if err != nil {
				return err
			}
			err = db.Put(context.Background(), text("new"))
			return errors.Join(err, db.Close(), remove(path), os.Rename(other, path))
		}, "new"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "table.db")
			db := open(t, path)
			if err := db.Put(t.Context(), text("old")); err != nil {
				t.Fatal(err)
			}
			if err := tt.exchange(path); err != nil {
				t.Fatal(err)
			}
			item, err := db.Get(t.Context(), "k")
			if got := item.Attributes["a"]; tt.want != "" && got != tt.want || tt.want == "" && !errors.Is(err, region.ErrNotFound) {
				t.Errorf("Get = %v, %v; want %q", item, err, tt.want)
			}
			if err := db.Put(t.Context(), text("newer")); err != nil {
				t.Fatal(err)
			}
			// Who opens the path now has the same table.
			if item, err := open(t, path).Get(t.Context(), "k"); err != nil || item.Attributes["a"] != "newer" {
				t.Errorf("Get of somebody else = %v, %v; want newer", item, err)
			}
		})
	}
}

func text(a string) region.Item {
	return region.Item{Key: "k", Attributes: map[string]any{"a": a}}
}

// TestFolderInPlaceOfTheFile has the file away for a while: calls are errors at
// once, by many goroutines, and all is well when it may be made again.
func TestFolderInPlaceOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	db := open(t, path)
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if _, err := db.Get(ctx, "k"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("Get with a folder in place of the file = %v; want an error that says so", err)
			}
		})
	}
	askers.Wait()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		askers.Go(func() {
			if err := db.Put(t.Context(), text("new")); err != nil {
				t.Errorf("Put once the folder is gone: %v", err)
			}
		})
	}
	askers.Wait()
	if item, err := open(t, path).Get(t.Context(), "k"); err != nil || item.Attributes["a"] != "new" {
		t.Errorf("Get of somebody else = %v, %v; want new", item, err)
	}
}

// TestClosedStaysClosed removes the file of a table that is closed: nobody makes
// it again.
func TestClosedStaysClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	if err := db.Put(t.Context(), text("new")); err == nil {
		t.Error("Put into a closed table: no error")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of a closed table: %v; want none", err)
	}
}

// freeze takes every lock of the log, as a process has them that stands still while
// it recovers it, until its standard input ends: 8 bytes of the index from 120 on,
// https://sqlite.org/walformat.html.
func freeze(path string) error {
	index, err := os.OpenFile(path+"-shm", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	all := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 120, Len: 8}
	if err := syscall.FcntlFlock(index.Fd(), syscall.F_SETLKW, &all); err != nil {
		return err
	}
	fmt.Println("locked")
	var end [1]byte
	os.Stdin.Read(end[:]) //nolint:errcheck // the end of the input is what is waited for
	return index.Close()
}

// TestHungProcess has SQLite wait for another process inside calls that no
// context ends.
func TestHungProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	db := open(t, path)
	if err := db.Put(t.Context(), text("old")); err != nil {
		t.Fatal(err)
	}
	cmd := otherProcess(t, "freeze", path)
	letGo, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	if line, err := readLine(out); err != nil || line != "locked\n" {
		t.Fatalf("the other process said %q, %v; want locked", line, err)
	}
	for range 4 { // more than the connections that there are
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := db.Get(ctx, "k")
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
			t.Errorf("Get with 200 ms to go while another process hangs = %v after %v; want DeadlineExceeded then", err, took)
		}
		cancel()
	}
	if err := errors.Join(letGo.Close(), cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	if item, err := db.Get(t.Context(), "k"); err != nil || item.Attributes["a"] != "old" {
		t.Errorf("Get once the other is gone = %v, %v; want the item", item, err)
	}
}
