package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"lexline/internal/record"
)

// calls is the schema of a file with the records of calls, and with notes about calls
// that go on. Nothing in it has to survive that the machine loses power in the very
// second: with synchronous NORMAL a commit waits for no disk, and the file stays whole.
// Damage is found where it is met, as files may be large. What is deleted is overwritten:
// there may be words of callers in it.
var calls = schema{
	kind: "store", application: 0x6c786c63, format: 1, settings: "&_pragma=synchronous(NORMAL)&_pragma=secure_delete(ON)", // "lxlc"
	tables: `
		CREATE TABLE calls (
			call TEXT NOT NULL, started INTEGER NOT NULL, -- milliseconds since 1970
			line TEXT NOT NULL, result TEXT NOT NULL, reason TEXT NOT NULL, number TEXT NOT NULL,
			until INTEGER NOT NULL, record BLOB NOT NULL, -- seconds since 1970
			PRIMARY KEY (call, started)) STRICT;
		CREATE INDEX calls_started ON calls (started, call);
		CREATE INDEX calls_number ON calls (number, started, call);
		CREATE INDEX calls_until ON calls (until);
		CREATE TABLE notes (key TEXT PRIMARY KEY, until INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
		CREATE INDEX notes_until ON notes (until);`,
}

// Calls keeps the records of calls, and notes about calls that go on, in a file that
// several processes may have open. It implements [record.Store], and twilio.Notes with
// PutNote and Note. It is safe for use by many goroutines.
type Calls struct{ db *DB }

var _ record.Store = (*Calls)(nil)

// OpenCalls opens the file, making it if there is none, as Open does.
func OpenCalls(path string) (*Calls, error) { return openCallsAs(context.Background(), path, true) }

// OpenCallsContext is OpenCalls that gives up when ctx ends.
func OpenCallsContext(ctx context.Context, path string) (*Calls, error) {
	return openCallsAs(ctx, path, true)
}

// ReadCalls opens the file as OpenCalls does, but never makes one, neither now nor when
// it is moved away later: whoever reads may be another user than the one who writes, who
// then could not open what the reader has made.
func ReadCalls(path string) (*Calls, error) { return openCallsAs(context.Background(), path, false) }

func openCallsAs(ctx context.Context, path string, makes bool) (*Calls, error) {
	db, err := openAs(ctx, path, calls, makes)
	if err != nil {
		return nil, err
	}
	return &Calls{db}, nil
}

// Close closes the file, as that of a DB.
func (c *Calls) Close() error { return c.db.Close() }

// Put implements record.Store.
func (c *Calls) Put(ctx context.Context, e record.Entry) error {
	err := c.exec(ctx, "INSERT OR REPLACE INTO calls (call, started, line, result, reason, number, until, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		e.Call, e.Started.UnixMilli(), e.Line, e.Result, e.Reason, e.Number, e.Until.Unix(), append([]byte{}, e.Record...)) // nil would be NULL
	if err != nil {
		return fmt.Errorf("put the record of call %q into %s: %w", e.Call, c.db.path, err)
	}
	return nil
}

func (c *Calls) exec(ctx context.Context, statement string, args ...any) error {
	return c.db.try(ctx, func(ctx context.Context) error {
		_, err := c.db.db.ExecContext(ctx, statement, args...)
		return err
	})
}

const selectCalls = "SELECT call, started, line, result, reason, number, until, record FROM calls WHERE +until > ?" // +: not by the index on until

// Get implements record.Store.
func (c *Calls) Get(ctx context.Context, call string) ([]record.Entry, error) {
	entries, err := c.query(ctx, selectCalls+" AND call = ? ORDER BY started", time.Now().Unix(), call)
	if err != nil {
		return nil, fmt.Errorf("get the records of call %q of %s: %w", call, c.db.path, err)
	}
	return entries, nil
}

// List implements record.Store.
func (c *Calls) List(ctx context.Context, f record.Filter) ([]record.Entry, error) {
	query, args := selectCalls, []any{time.Now().Unix()}
	where := func(condition string, arg any, wanted bool) {
		if wanted {
			query += " AND " + condition
			args = append(args, arg)
		}
	}
	where("line = ?", f.Line, f.Line != "")
	where("result = ?", f.Result, f.Result != "")
	where("reason = ?", f.Reason, f.Reason != "")
	where("number = ?", f.Number, f.Number != "")
	where("started >= ?", ceilMilli(f.Since), !f.Since.IsZero())
	where("started < ?", ceilMilli(f.Until), !f.Until.IsZero())
	query += " ORDER BY started DESC, call DESC"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	entries, err := c.query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list the records of %s: %w", c.db.path, err)
	}
	return entries, nil
}

// ceilMilli is the first whole millisecond that is not before t.
func ceilMilli(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

func (c *Calls) query(ctx context.Context, query string, args ...any) (entries []record.Entry, err error) {
	err = c.db.try(ctx, func(ctx context.Context) error {
		found := []record.Entry{} // a try that nobody waits for must not touch what was returned
		rows, err := c.db.db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err tells what went wrong
		for rows.Next() {
			e, err := scanEntry(rows)
			if err != nil {
				return err
			}
			found = append(found, e)
		}
		entries = found
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

func scanEntry(rows *sql.Rows) (e record.Entry, err error) {
	var started, until int64
	err = rows.Scan(&e.Call, &started, &e.Line, &e.Result, &e.Reason, &e.Number, &until, &e.Record)
	e.Started, e.Until = time.UnixMilli(started).UTC(), time.Unix(until, 0).UTC()
	return e, err
}

// deleteAtOnce is how much is deleted while others wait for the lock: some 10 ms.
const deleteAtOnce = 200

// DeleteExpired implements record.Store. It lets others write in between.
func (c *Calls) DeleteExpired(ctx context.Context, now time.Time) (deleted int, err error) {
	for _, table := range []string{"calls", "notes"} {
		for {
			n, err := c.deleteSome(ctx, table, now)
			if err != nil {
				return deleted, fmt.Errorf("delete what is over in %s: %w", c.db.path, err)
			}
			if table == "calls" {
				deleted += n
			}
			if n < deleteAtOnce {
				break
			}
		}
	}
	return deleted, nil
}

func (c *Calls) deleteSome(ctx context.Context, table string, now time.Time) (n int, err error) {
	statement := strings.ReplaceAll("DELETE FROM %t WHERE rowid IN (SELECT rowid FROM %t WHERE until <= ? LIMIT ?)", "%t", table)
	err = c.db.try(ctx, func(ctx context.Context) error {
		result, err := c.db.db.ExecContext(ctx, statement, now.Unix(), deleteAtOnce)
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		n = int(rows)
		return err
	})
	return n, err
}

// PutNote leaves a note about a call, in place of the one that was under key; it holds
// until the time given, to the second.
func (c *Calls) PutNote(ctx context.Context, key string, value []byte, until time.Time) error {
	if value == nil {
		value = []byte{} // not NULL
	}
	if err := c.exec(ctx, "INSERT OR REPLACE INTO notes (key, until, value) VALUES (?, ?, ?)", key, until.Unix(), value); err != nil {
		return fmt.Errorf("leave a note in %s: %w", c.db.path, err)
	}
	return nil
}

// Note returns the note under key, or nil if there is none.
func (c *Calls) Note(ctx context.Context, key string) ([]byte, error) {
	var note []byte
	err := c.db.try(ctx, func(ctx context.Context) error {
		var value []byte
		err := c.db.db.QueryRowContext(ctx, "SELECT value FROM notes WHERE key = ? AND until > ?", key, time.Now().Unix()).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		note = value
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a note of %s: %w", c.db.path, err)
	}
	return note, nil
}
