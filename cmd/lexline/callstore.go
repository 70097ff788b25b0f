package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"lexline/internal/dynamodb"
	"lexline/internal/record"
	"lexline/internal/sqlite"
	"lexline/internal/twilio"
)

// callStore keeps the records of calls, and notes about them.
type callStore interface {
	record.Store
	twilio.Notes
	io.Closer
}

// openCallStore opens the store that is configured, nil for none. DynamoDB is not
// asked, and a file that cannot be opened yet is tried again: who cannot reach their
// store answer calls all the same.
func (g *gateway) openCallStore(ctx context.Context) (callStore, error) {
	switch {
	case g.cfg.Store.DynamoDB.Name != "":
		calls, err := dynamodb.OpenCalls(ctx, g.cfg.dynamoCalls())
		if err != nil {
			return nil, fmt.Errorf("open the store: %w", err)
		}
		return calls, nil
	case g.cfg.Store.File == "":
		return nil, nil
	}
	if dir := filepath.Dir(g.cfg.Store.File); isMissing(dir) {
		return nil, &hintError{
			fmt.Errorf("open the store: store.file: the folder %s is missing", dir),
			"the file is made where there is none, its folder is not: mkdir -p " + dir,
		}
	}
	store := &lateCalls{path: g.cfg.Store.File}
	if _, err := store.use(); err != nil {
		g.log.Error("store not opened, going on without it", "file", g.cfg.Store.File, "err", err)
	}
	return store, nil
}

// dynamoCalls is the store in DynamoDB.
func (cfg *config) dynamoCalls() dynamodb.CallsConfig {
	c := cfg.dynamoTable(cfg.Store.DynamoDB)
	c.Deadline = 2 * time.Second // nobody on the telephone waits for it
	return dynamodb.CallsConfig{Config: c, Retention: time.Duration(cfg.Store.Retention)}
}

// lateCalls is a store whose file could not be opened when the gateway started; each
// use tries it again.
type lateCalls struct {
	path string

	mu    sync.Mutex
	calls *sqlite.Calls // nil: not open yet
}

// use returns the store, opening it if it can be opened by now.
func (l *lateCalls) use() (*sqlite.Calls, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls != nil {
		return l.calls, nil
	}
	calls, err := sqlite.OpenCalls(l.path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	l.calls = calls
	return calls, nil
}

// Put implements record.Store.
func (l *lateCalls) Put(ctx context.Context, e record.Entry) error {
	calls, err := l.use()
	if err != nil {
		return err
	}
	return calls.Put(ctx, e)
}

// Get implements record.Store.
func (l *lateCalls) Get(ctx context.Context, call string) ([]record.Entry, error) {
	calls, err := l.use()
	if err != nil {
		return nil, err
	}
	return calls.Get(ctx, call)
}

// List implements record.Store.
func (l *lateCalls) List(ctx context.Context, f record.Filter) ([]record.Entry, error) {
	calls, err := l.use()
	if err != nil {
		return nil, err
	}
	return calls.List(ctx, f)
}

// DeleteExpired implements record.Store.
func (l *lateCalls) DeleteExpired(ctx context.Context, now time.Time) (int, error) {
	calls, err := l.use()
	if err != nil {
		return 0, err
	}
	return calls.DeleteExpired(ctx, now)
}

// PutNote implements twilio.Notes.
func (l *lateCalls) PutNote(ctx context.Context, key string, value []byte, until time.Time) error {
	calls, err := l.use()
	if err != nil {
		return err
	}
	return calls.PutNote(ctx, key, value, until)
}

// Note implements twilio.Notes.
func (l *lateCalls) Note(ctx context.Context, key string) ([]byte, error) {
	calls, err := l.use()
	if err != nil {
		return nil, err
	}
	return calls.Note(ctx, key)
}

// Close closes the store if it was opened.
func (l *lateCalls) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		return nil
	}
	return l.calls.Close()
}
