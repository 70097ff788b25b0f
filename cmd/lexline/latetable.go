package main

import (
	"context"
	"fmt"
	"sync"

	"lexline/internal/region"
	"lexline/internal/sqlite"
)

// lateTable is a region table whose file could not be opened when the gateway
// started: the disk was full, or the file is damaged. It is advice, and calls must
// be answered without it; so each use tries to open it again. Only a keeper's own
// goroutine waits for that.
type lateTable struct {
	path string

	mu sync.Mutex
	db *sqlite.DB // nil: not open yet
}

// use returns the table, opening it if it can be opened by now.
func (t *lateTable) use() (*sqlite.DB, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db != nil {
		return t.db, nil
	}
	db, err := sqlite.Open(t.path)
	if err != nil {
		return nil, fmt.Errorf("open the region table: %w", err)
	}
	t.db = db
	return db, nil
}

// Get implements region.Table.
func (t *lateTable) Get(ctx context.Context, key string) (region.Item, error) {
	db, err := t.use()
	if err != nil {
		return region.Item{}, err
	}
	return db.Get(ctx, key)
}

// Put implements region.Table.
func (t *lateTable) Put(ctx context.Context, item region.Item) error {
	db, err := t.use()
	if err != nil {
		return err
	}
	return db.Put(ctx, item)
}

// Update implements region.Table.
func (t *lateTable) Update(ctx context.Context, key string, change region.Change) error {
	db, err := t.use()
	if err != nil {
		return err
	}
	return db.Update(ctx, key, change)
}

// Close closes the table if it was opened.
func (t *lateTable) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db == nil {
		return nil
	}
	return t.db.Close()
}
