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
// a call, nothing can end.
//
// # Damage
//
// A damaged file is an error, when it is opened or when the damaged part is met:
// never a crash, and never silently an empty table. Whoever gets one moves the
// files away; what they held is advice only.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
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

	application = 0x6c786c6e // "lxln": in the file's header, so that nobody else's is touched
	format      = 1          // of our tables
)

// DB is a region table in a file. It is safe for use by many goroutines, and the
// file by many processes. It implements [region.Table].
type DB struct {
	db   *sql.DB
	path string
}

var _ region.Table = (*DB)(nil)

// Open opens the file, making it if there is none; its folder must be there. It
// returns an error if the file is damaged so far that SQLite sees it, is no
// database, belongs to another program, or was written by a newer lexline. It
// waits at most 5 s for other processes.
func Open(path string) (*DB, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", path, err)
	}
	opening.Lock()
	defer opening.Unlock()
	if err := create(full); err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	name := "file:" + (&url.URL{Path: full}).EscapedPath() +
		fmt.Sprintf("?_pragma=busy_timeout(%d)&_txlock=immediate", lockWait.Milliseconds())
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", path, err)
	}
	db.SetMaxOpenConns(2) // one writes while another reads
	db.SetMaxIdleConns(2)
	d := &DB{db: db, path: path}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("open table %s: %w", path, errors.Join(err, db.Close()))
	}
	return d, nil
}

// opening is held while a file is opened: see create.
var opening sync.Mutex

// create makes the file if there is none, for its owner only: SQLite would let
// everybody read it. It never opens one that is there: closing it would take away
// the locks that this process has on it through SQLite.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	return err
}

// prepare checks the file and makes the tables of a new one.
func (d *DB) prepare() error {
	return d.try(context.Background(), func(ctx context.Context) error {
		var mode string
		if err := d.db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
			return err
		}
		if mode != "wal" {
			return fmt.Errorf("the file system allows no shared use: journal mode is %s", mode)
		}
		tx, err := d.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
		if err := makeTables(ctx, tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func makeTables(ctx context.Context, tx *sql.Tx) error {
	var id, version, tables int
	var damage string
	for statement, into := range map[string]any{
		"PRAGMA application_id":              &id,
		"PRAGMA user_version":                &version,
		"PRAGMA quick_check(1)":              &damage,
		"SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := tx.QueryRowContext(ctx, statement).Scan(into); err != nil {
			return err
		}
	}
	switch {
	case damage != "ok":
		return fmt.Errorf("the file is damaged: %s", damage)
	case id == 0 && version == 0 && tables == 0: // a new file
	case id != application:
		return errors.New("the file is the database of another program")
	case version > format:
		return fmt.Errorf("the file is of format %d, written by a newer lexline; this one knows %d", version, format)
	default:
		return nil
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`
		CREATE TABLE items (key TEXT PRIMARY KEY, attributes TEXT NOT NULL) STRICT;
		PRAGMA application_id = %d;
		PRAGMA user_version = %d;`, application, format))
	return err
}

// Close closes the file. Calls under way end first; later ones are errors.
func (d *DB) Close() error {
	if err := d.db.Close(); err != nil {
		return fmt.Errorf("close table %s: %w", d.path, err)
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
	for {
		err := guarded(ctx, do)
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

// isBusy tells whether another process was in the way.
func isBusy(err error) bool {
	var e *driver.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff // without the extension
	return code == codes.SQLITE_BUSY || code == codes.SQLITE_LOCKED
}
