package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
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
	return openLateCalls(ctx, g.cfg.Store.File, g.log), nil
}

// dynamoCalls is the store in DynamoDB.
func (cfg *config) dynamoCalls() dynamodb.CallsConfig {
	c := cfg.dynamoTable(cfg.Store.DynamoDB)
	c.Deadline = 2 * time.Second // nobody on the telephone waits for it
	return dynamodb.CallsConfig{Config: c, Retention: time.Duration(cfg.Store.Retention)}
}

const (
	// openTime is what one try may take, and so what a start waits for its store: other
	// gateways hold its lock for milliseconds.
	openTime = time.Second
	// openEvery is how often a store that could not be opened is tried again.
	openEvery = time.Second
)

// lateCalls is a store whose file may not be open yet, as it was locked, damaged or not
// to be had when the gateway started. It is opened by a goroutine of its own: callers
// wait for notes, and are told at once that there are none to be had.
type lateCalls struct {
	path   string
	stop   context.CancelFunc
	opened chan struct{} // closed when it is open, or was closed

	mu    sync.Mutex
	calls *sqlite.Calls // nil: not open
	err   error         // why not
}

// openLateCalls opens the store, or goes on trying until Close.
func openLateCalls(ctx context.Context, path string, log *slog.Logger) *lateCalls {
	opening, stop := context.WithCancel(context.WithoutCancel(ctx)) // records are written while calls end, too
	l := &lateCalls{path: path, stop: stop, opened: make(chan struct{})}
	err := l.try(ctx)
	if err == nil {
		close(l.opened)
		return l
	}
	log.Error("store not opened, going on without it", "file", path, "err", err)
	go func() {
		defer close(l.opened)
		l.keepTrying(opening, log)
	}()
	return l
}

// keepTrying opens the store unless ctx ends before that.
func (l *lateCalls) keepTrying(ctx context.Context, log *slog.Logger) {
	again := time.NewTicker(openEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		if l.try(ctx) == nil {
			log.Info("store opened", "file", l.path)
			return
		}
	}
}

// try opens the store if it can be opened now.
func (l *lateCalls) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	calls, err := sqlite.OpenCallsContext(ctx, l.path)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls, l.err = calls, err
	return err
}

// use returns the store if it is open.
func (l *lateCalls) use() (*sqlite.Calls, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		return nil, fmt.Errorf("the store is not open: %w", l.err)
	}
	return l.calls, nil
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

// Close gives up opening the store, or closes it.
func (l *lateCalls) Close() error {
	l.stop()
	<-l.opened
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		return nil
	}
	return l.calls.Close()
}
