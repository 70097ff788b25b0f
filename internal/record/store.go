package record

import (
	"context"
	"errors"
	"time"
)

// Entry is a record with what it is found by.
type Entry struct {
	Call    string    // with Started it is the entry's key
	Started time.Time // in whole milliseconds
	Line    string
	Result  string // empty while the call goes on
	Reason  string
	Number  string    // hash of the outside number; empty if it is not known
	Until   time.Time // from then on the entry is not shown any more, and may be deleted; in whole seconds
	Record  []byte    // JSON
}

// Filter says which entries are wanted. A zero field wants all.
type Filter struct {
	Line, Result, Reason, Number string

	Since time.Time // started then or later
	Until time.Time // started before
	Limit int       // so many at most, the newest of them
}

// Matches reports whether an entry is wanted, but for the limit.
func (f Filter) Matches(e Entry) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(f.Line, e.Line) && is(f.Result, e.Result) && is(f.Reason, e.Reason) && is(f.Number, e.Number) &&
		(f.Since.IsZero() || !e.Started.Before(f.Since)) && (f.Until.IsZero() || e.Started.Before(f.Until))
}

// Store keeps entries. It is safe for many goroutines. Each method returns soon after
// its context ends.
type Store interface {
	// Put keeps an entry, in place of the one with the same call and start.
	Put(ctx context.Context, e Entry) error
	// Get returns the entries of a call, the oldest first; none is no error.
	Get(ctx context.Context, call string) ([]Entry, error)
	// List returns the entries that match, the newest first.
	List(ctx context.Context, f Filter) ([]Entry, error)
	// DeleteExpired deletes entries, and notes, whose time is over at now, as far as the
	// store does not do that by itself, and returns how many. It may leave some for the
	// next time.
	DeleteExpired(ctx context.Context, now time.Time) (int, error)
}

// ErrRefused is wrapped by errors of Put when the entry is at fault: to try again is of
// no use.
var ErrRefused = errors.New("the store does not take this entry")
