// Package sqlite keeps the region table in one local file, so that a gateway
// remembers across starts, several gateways of one machine share what they see,
// and commands work beside a running gateway.
//
// The file is an SQLite database in WAL mode: any number of processes may have it
// open, one of them writes at a time, and readers never wait for the writer.
// Beside it SQLite keeps two files of the same name with -wal and -shm at the
// end. It must not be on a network file system, whose locks cannot be relied on.
//
// # Waiting
//
// SQLite itself waits for a lock inside a call that no context ends. So it is
// told to wait 20 ms only, and this package tries again until the caller's
// context ends, or for 5 s if it has no deadline. What a disk that hangs does to
// SQLite nothing can end, nor what a process does that stands still while it has
// all locks of the log: SQLite gives up after 10 s then. Calls return all the
// same; two of them at most are left waiting behind the scenes, and Close waits
// for these.
//
// # Damage
//
// A damaged file is an error, when it is opened or when the damaged part is met:
// never a crash, and never silently an empty table. Whoever gets one moves the
// files away; what they held is advice only. A gateway need not be started anew
// for that: when there is another file in its place, or none, the new one is
// opened at the next call, and made if whoever has it open makes files. All three
// files belong together: a log that stays behind is taken for that of the new file.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"lexline/internal/region"
)

const (
	lockWait = 20 * time.Millisecond // in one call of SQLite
	ownWait  = 5 * time.Second       // in all, for callers without a deadline

)

// schema is what a kind of file holds. application stands in the file's header, so that
// nobody else's is touched.
type schema struct {
	kind        string // for people
	application int
	format      int    // of the tables
	tables      string // statements that make them
	settings    string // statements for each connection; part of the file's name
	check       bool   // look for damage when it is opened, which reads all of the file
}

// regionTable is the schema of the region table.
var regionTable = schema{
	kind: "table", application: 0x6c786c6e, format: 1, check: true, // "lxln"
	tables: "CREATE TABLE items (key TEXT PRIMARY KEY, attributes TEXT NOT NULL) STRICT;",
}

// DB is a region table in a file. It is safe for use by many goroutines, and the
// file by many processes. It implements [region.Table].
type DB struct {
	schema schema
	path   string // as given
	full   string
	makes  bool // the file, where there is none

	// using is held by every use of what follows, and alone by who exchanges it.
	using  sync.RWMutex
	db     *sql.DB
	file   fs.FileInfo // that db has open; nil if it has none
	closed bool
}

var _ region.Table = (*DB)(nil)

// Open opens the file, making it if there is none; its folder must be there. It
// returns an error if the file is damaged so far that SQLite sees it, is no
// database, belongs to another program, or was written by a newer lexline. It
// waits at most 5 s for other processes.
func Open(path string) (*DB, error) { return openAs(context.Background(), path, regionTable, true) }

// openAs opens a file; makes says whether it is made where there is none.
func openAs(ctx context.Context, path string, schema schema, makes bool) (*DB, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open %s %s: %w", schema.kind, path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, ownWait)
	defer cancel()
	d := &DB{schema: schema, path: path, full: full, makes: makes}
	if err := d.openFile(ctx); err != nil {
		return nil, fmt.Errorf("open %s %s: %w", schema.kind, path, err)
	}
	return d, nil
}

func (s schema) make(ctx context.Context, tx *sql.Tx) error {
	var id, version, tables int
	damage := "ok"
	questions := map[string]any{
		"PRAGMA application_id":              &id,
		"PRAGMA user_version":                &version,
		"SELECT count(*) FROM sqlite_schema": &tables,
	}
	if s.check {
		questions["PRAGMA quick_check(1)"] = &damage
	}
	for statement, into := range questions {
		if err := tx.QueryRowContext(ctx, statement).Scan(into); err != nil {
			return err
		}
	}
	switch {
	case damage != "ok":
		return fmt.Errorf("the file is damaged: %s", damage)
	case id == 0 && version == 0 && tables == 0: // a new file
	case id == regionTable.application || id == calls.application:
		if id != s.application {
			return fmt.Errorf("the file is not for this but another of lexline's: a %s is wanted", s.kind)
		}
		if version > s.format {
			return fmt.Errorf("the file is of format %d, written by a newer lexline; this one knows %d", version, s.format)
		}
		return nil
	default:
		return errors.New("the file is the database of another program")
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("%s PRAGMA application_id = %d; PRAGMA user_version = %d;", s.tables, s.application, s.format))
	return err
}

// Close closes the file. Calls under way end first, those that nobody waits for
// any more as well; later ones are errors.
func (d *DB) Close() error {
	d.using.Lock()
	defer d.using.Unlock()
	d.closed = true
	if err := d.db.Close(); err != nil {
		return fmt.Errorf("close %s %s: %w", d.schema.kind, d.path, err)
	}
	return nil
}

// Get implements region.Table.
func (d *DB) Get(ctx context.Context, key string) (region.Item, error) {
	item := region.Item{Key: key}
	err := d.try(ctx, func(ctx context.Context) (err error) {
		item.Attributes, err = get(ctx, d.db, key)
		if err == nil && item.Attributes == nil {
			err = region.ErrNotFound
		}
		return err
	})
	if err != nil {
		return region.Item{}, fmt.Errorf("get item %q of %s: %w", key, d.path, err)
	}
	return item, nil
}

// Put implements region.Table.
func (d *DB) Put(ctx context.Context, item region.Item) error {
	text, err := region.EncodeAttributes(item.Attributes)
	if err == nil {
		err = d.try(ctx, func(ctx context.Context) error { return put(ctx, d.db, item.Key, text) })
	}
	if err != nil {
		return fmt.Errorf("put item %q into %s: %w", item.Key, d.path, err)
	}
	return nil
}

// Update implements region.Table. An item that is damaged is not changed: Put
// replaces it.
func (d *DB) Update(ctx context.Context, key string, c region.Change) error {
	err := d.try(ctx, func(ctx context.Context) error {
		tx, err := d.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
		old, err := get(ctx, tx, key)
		if err != nil {
			return err
		}
		changed, err := c.Apply(old)
		if err != nil {
			return err
		}
		text, err := region.EncodeAttributes(changed)
		if err != nil {
			return err
		}
		if err := put(ctx, tx, key, text); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err != nil {
		return fmt.Errorf("update item %q of %s: %w", key, d.path, err)
	}
	return nil
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// get returns the attributes of an item, nil if there is none.
func get(ctx context.Context, q querier, key string) (map[string]any, error) {
	var text []byte
	err := q.QueryRowContext(ctx, "SELECT attributes FROM items WHERE key = ?", key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return region.DecodeAttributes(text)
}

func put(ctx context.Context, q querier, key string, text []byte) error {
	_, err := q.ExecContext(ctx, "INSERT OR REPLACE INTO items (key, attributes) VALUES (?, ?)", key, string(text))
	return err
}

// try does something until no other process's lock is in its way, or the time is
// over. A context that ended is said to have ended, whatever SQLite called it.
func (d *DB) try(ctx context.Context, do func(context.Context) error) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, ownWait)
		defer cancel()
	}
	return retry(ctx, func(ctx context.Context) error {
		if err := d.follow(ctx); err != nil {
			return err
		}
		if !d.using.TryRLock() {
			return errExchanging
		}
		defer d.using.RUnlock()
		return do(ctx)
	})
}

// retry does something until nobody is in its way, or the context ends.
func retry(ctx context.Context, do func(context.Context) error) error {
	for {
		err := attempt(ctx, do)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil && !errors.Is(err, region.ErrConflict) && !errors.Is(err, region.ErrNotFound):
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case !isBusy(err):
			return err
		}
		pause := time.NewTimer(lockWait / 10)
		select {
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-pause.C:
		}
	}
}

// errStuck says that SQLite was left waiting.
var errStuck = errors.New("no answer from SQLite yet")

// attempt does something and returns soon after the context ends. What do writes
// may be looked at only if there is no error: it may still be at work.
func attempt(ctx context.Context, do func(context.Context) error) error {
	done := make(chan error, 1)
	go func() { done <- guarded(ctx, do) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(lockWait) // mostly SQLite knows of the end of the context, and says more
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
		return errStuck
	}
}

// guarded makes an error of what a damaged file might do to SQLite's own code,
// which is C translated to Go.
func guarded(ctx context.Context, do func(context.Context) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("sqlite stopped: %v", fault)
		}
	}()
	return do(ctx)
}

// isBusy tells whether another process was in the way, or another goroutine that
// opens the file anew.
func isBusy(err error) bool {
	if errors.Is(err, errExchanging) {
		return true
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff // without the extension
	return code == codes.SQLITE_BUSY || code == codes.SQLITE_LOCKED
}
