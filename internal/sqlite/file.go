package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
)

// errExchanging says that a call found the file open anew, or being opened.
var errExchanging = errors.New("the file is being opened anew")

// follow opens the file anew if there is another one at the path than the one
// that is open, or none: who finds a table damaged moves it away, and a file that
// has no name any more is shared with nobody.
func (d *DB) follow(ctx context.Context) error {
	if !d.using.TryRLock() {
		return errExchanging
	}
	isCurrent := d.isCurrent()
	d.using.RUnlock()
	if isCurrent {
		return nil
	}
	if !d.using.TryLock() {
		return errExchanging
	}
	defer d.using.Unlock()
	if d.isCurrent() {
		return nil
	}
	// SQLite finds by itself that its file was moved, and leaves the log and the
	// index alone, which may be those of the new one.
	_ = d.db.Close() // what it has is lost anyway
	d.file = nil
	return d.openFile(ctx)
}

// isCurrent tells whether the file at the path is the one that is open. While it
// is open, no other file gets its number.
func (d *DB) isCurrent() bool {
	if d.closed {
		return true // the call itself says so
	}
	if d.file == nil {
		return false
	}
	now, err := os.Stat(d.full)
	return err == nil && os.SameFile(now, d.file)
}

// openFile opens the file at the path, making it if there is none and that is wanted.
// Its errors leave nothing open.
func (d *DB) openFile(ctx context.Context) error {
	opening.Lock()
	defer opening.Unlock()
	if d.makes {
		if err := create(d.full); err != nil {
			return err
		}
	}
	// Before it is opened: if it is exchanged in between, that is found.
	file, err := os.Stat(d.full)
	if err != nil {
		return err
	}
	// Read and write, but not make: that is done, with the right permissions.
	name := "file:" + (&url.URL{Path: d.full}).EscapedPath() +
		fmt.Sprintf("?mode=rw&_pragma=busy_timeout(%d)%s&_txlock=immediate", lockWait.Milliseconds(), d.schema.settings)
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(2) // one writes while another reads
	db.SetMaxIdleConns(2)
	if err := prepare(ctx, db, d.schema); err != nil {
		return errors.Join(err, db.Close())
	}
	d.db, d.file = db, file
	return nil
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
func prepare(ctx context.Context, db *sql.DB, schema schema) error {
	return retry(ctx, func(ctx context.Context) error {
		var mode string
		if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
			return err
		}
		if mode != "wal" {
			return fmt.Errorf("the file system allows no shared use: journal mode is %s", mode)
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
		if err := schema.make(ctx, tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}
