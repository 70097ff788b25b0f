package lexhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// SQLite is a Table in a SQLite file, for one or several processes of one
// machine.
type SQLite struct {
	db *sql.DB

	mu    sync.Mutex
	swept time.Time // guarded by mu
}

// The table as the file has it. Times are milliseconds since 1970.
const sqliteTable = `
CREATE TABLE IF NOT EXISTS lexhook_keys (
	key       TEXT PRIMARY KEY,
	version   INTEGER NOT NULL,
	owner     TEXT NOT NULL,
	execution INTEGER NOT NULL,
	lease     INTEGER NOT NULL,
	done      INTEGER NOT NULL,
	answer    BLOB,
	fault     TEXT NOT NULL,
	expires   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lexhook_expires ON lexhook_keys (expires)`

// minBusy is how long SQLite must be told to wait for another process, in
// milliseconds.
const minBusy = 1000

// OpenSQLite returns the table in a SQLite file, which it adds if there is
// none. The file is put into WAL mode, so that readers and a writer do not
// stop each other. A file that is damaged, or is none of SQLite's, is an
// error.
//
// The driver, and what it is told about waiting, is the caller's choice; with
// modernc.org/sqlite
//
//	db, err := sql.Open("sqlite", "file:keys.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
//
// A database whose connections wait less than a second for another process is
// refused: they would fail instead. The caller closes db.
func OpenSQLite(ctx context.Context, db *sql.DB) (*SQLite, error) {
	var busy int
	if err := db.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&busy); err != nil {
		return nil, fmt.Errorf("open key table: %w", err)
	}
	if busy < minBusy {
		return nil, fmt.Errorf("open key table: the database waits %d ms for other processes, it must be %d or more: set busy_timeout for all connections", busy, minBusy)
	}
	var mode, sound string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return nil, fmt.Errorf("open key table: switch to WAL mode: %w", err)
	}
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&sound); err != nil {
		return nil, fmt.Errorf("open key table: check the file: %w", err)
	}
	if sound != "ok" {
		return nil, fmt.Errorf("open key table: the file is damaged: %s", sound)
	}
	if _, err := db.ExecContext(ctx, sqliteTable); err != nil {
		return nil, fmt.Errorf("open key table: %w", err)
	}
	return &SQLite{db: db}, nil
}

// Create implements Table. Once a minute it also removes keys that have expired.
func (s *SQLite) Create(ctx context.Context, e Entry, now time.Time) (bool, error) {
	if err := s.sweep(ctx, now); err != nil {
		return false, err
	}
	return s.write(ctx, "create", e, `
INSERT INTO lexhook_keys (key, version, owner, execution, lease, done, answer, fault, expires)
VALUES (:key, :version, :owner, :execution, :lease, :done, :answer, :fault, :expires)
ON CONFLICT (key) DO UPDATE SET
	version = excluded.version, owner = excluded.owner, execution = excluded.execution, lease = excluded.lease,
	done = excluded.done, answer = excluded.answer, fault = excluded.fault, expires = excluded.expires
WHERE lexhook_keys.expires <= :now`, sql.Named("now", now.UnixMilli()))
}

// Replace implements Table.
func (s *SQLite) Replace(ctx context.Context, e Entry) (bool, error) {
	return s.write(ctx, "replace", e, `
UPDATE lexhook_keys SET
	version = :version, owner = :owner, execution = :execution, lease = :lease,
	done = :done, answer = :answer, fault = :fault, expires = :expires
WHERE key = :key AND version = :version - 1`)
}

// Get implements Table.
func (s *SQLite) Get(ctx context.Context, key string) (Entry, error) {
	e := Entry{Key: key}
	var lease, expires int64
	err := s.db.QueryRowContext(ctx, `
SELECT version, owner, execution, lease, done, answer, fault, expires FROM lexhook_keys WHERE key = ?`, key).
		Scan(&e.Version, &e.Owner, &e.Execution, &lease, &e.Done, &e.Answer, &e.Fault, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Entry{}, ErrNoEntry
	case err != nil:
		return Entry{}, fmt.Errorf("get key: %w", err)
	}
	e.Lease, e.Expires = time.UnixMilli(lease), time.UnixMilli(expires)
	return e, nil
}

// write runs a statement that writes one entry or none.
func (s *SQLite) write(ctx context.Context, what string, e Entry, statement string, more ...any) (bool, error) {
	result, err := s.db.ExecContext(ctx, statement, append([]any{
		sql.Named("key", e.Key), sql.Named("version", e.Version), sql.Named("owner", e.Owner),
		sql.Named("execution", e.Execution), sql.Named("lease", e.Lease.UnixMilli()), sql.Named("done", e.Done),
		sql.Named("answer", e.Answer), sql.Named("fault", e.Fault), sql.Named("expires", e.Expires.UnixMilli()),
	}, more...)...)
	if err != nil {
		return false, fmt.Errorf("%s key: %w", what, err)
	}
	written, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("%s key: %w", what, err)
	}
	return written == 1, nil
}

// sweepMost bounds how many keys one call removes, so that it stays quick.
const sweepMost = 1000

func (s *SQLite) sweep(ctx context.Context, now time.Time) error {
	s.mu.Lock()
	since := now.Sub(s.swept)
	due := since >= sweepEvery || since < 0
	if due {
		s.swept = now
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	_, err := s.db.ExecContext(ctx, `
DELETE FROM lexhook_keys WHERE key IN (SELECT key FROM lexhook_keys WHERE expires <= ? LIMIT ?)`, now.UnixMilli(), sweepMost)
	if err != nil {
		return fmt.Errorf("remove expired keys: %w", err)
	}
	return nil
}
