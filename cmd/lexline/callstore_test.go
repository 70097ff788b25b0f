package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/sqlite"
)

// lockedStore makes a store, locks it as a program that stands still does, and returns
// what ends that.
func lockedStore(t *testing.T) (path string, unlock func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "calls.db")
	made, err := sqlite.OpenCalls(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // which has the lock
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceFunc(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(unlock)
	return path, unlock
}

// TestStoreIsOpenedLater has callers ask for notes while the store cannot be opened: each
// is told so before their time is over. When it can be, they get them.
func TestStoreIsOpenedLater(t *testing.T) {
	t.Parallel()
	path, unlock := lockedStore(t)
	var log lockedBuffer
	store := openLateCalls(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
	defer store.Close()
	const patience = 700 * time.Millisecond // of a door that is asked what follows a call
	var callers sync.WaitGroup
	for range 5 {
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := store.Note(ctx, "end/CA1")
			if err == nil || !strings.Contains(err.Error(), "the store is not open: open store "+path) || ctx.Err() != nil {
				t.Errorf("Note = %v, its context %v; want to be told in time that the store is not open, and why", err, ctx.Err())
			}
		})
	}
	callers.Wait()
	unlock()
	<-store.opened
	until := time.Now().Add(time.Minute)
	if err := store.PutNote(t.Context(), "end/CA1", []byte("bye"), until); err != nil {
		t.Fatal(err)
	}
	if note, err := store.Note(t.Context(), "end/CA1"); string(note) != "bye" || err != nil {
		t.Errorf("Note = %q, %v; want what was left", note, err)
	}
	if text := log.String(); strings.Count(text, "store not opened, going on without it") != 1 || strings.Count(text, "store opened") != 1 {
		t.Errorf("log = %s; want it told once that the store was not opened, and once that it was", text)
	}
}

// TestStoreThatIsNeverOpenedIsClosed ends a gateway whose store stays locked.
func TestStoreThatIsNeverOpenedIsClosed(t *testing.T) {
	t.Parallel()
	path, _ := lockedStore(t)
	starting, cancel := context.WithCancel(t.Context())
	cancel() // so that the first try is over at once
	store := openLateCalls(starting, path, slog.New(slog.DiscardHandler))
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-store.opened:
	default:
		t.Error("it is tried on after Close")
	}
	if _, err := store.use(); !errors.Is(err, context.Canceled) {
		t.Errorf("the store after Close: %v; want that opening was given up", err)
	}
}
