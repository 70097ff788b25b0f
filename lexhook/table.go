package lexhook

import (
	"context"
	"errors"
	"time"
)

// ErrNoEntry says that a Table has no entry of a key.
var ErrNoEntry = errors.New("the key table has no such key")

// Table keeps one Entry a key. It must decide between two writers: of two
// Create calls for one key, or two Replace calls with one Version, exactly one
// succeeds, in whatever processes and regions they are made. It is used by
// several goroutines. An error leaves open whether anything was written.
//
// In DynamoDB Create is a PutItem on the condition that the key does not exist
// or has expired, Get a GetItem with ConsistentRead, and Replace a PutItem on
// the condition that Version is still e.Version-1.
type Table interface {
	// Create adds e, whose Version is 1, unless there is an entry of its key
	// that expires after now. It returns whether it did.
	Create(ctx context.Context, e Entry, now time.Time) (bool, error)
	// Get returns the entry of a key, or ErrNoEntry. It sees every write that
	// has returned before. It may return an entry that has expired.
	Get(ctx context.Context, key string) (Entry, error)
	// Replace puts e in the place of the entry of its key if that has the
	// Version before e's. It returns whether it did.
	Replace(ctx context.Context, e Entry) (bool, error)
}

// Entry is what a Table knows of a key.
type Entry struct {
	Key     string
	Version int64 // 1 for the first entry of a key, one more for each that replaces it
	// Owner names the execution that wrote this entry, by a random word.
	Owner string
	// Execution counts how often the work of this key was begun, from 1. More
	// than 1 means that an execution before failed or ended without a word.
	Execution int
	// Lease is when the execution is taken for dead, to the millisecond. It says
	// nothing once Done.
	Lease time.Time
	Done  bool
	// Answer is the JSON text of the Response, of at most MaxAnswer bytes.
	Answer []byte
	// Fault tells, of a key that is done, why there is no answer to repeat.
	Fault string
	// Expires is when the key is forgotten, to the millisecond.
	Expires time.Time
}
