package lexhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Defaults of Once.
const (
	DefaultLease = 15 * time.Second
	DefaultTTL   = 24 * time.Hour
)

// ErrBusy says that another execution of the same key was at work for as long
// as the repetition could wait. Whether its work will be done is not known
// yet. An error of a Lambda function becomes a DependencyFailedException (424)
// of Lex.
var ErrBusy = errors.New("another execution of this turn is at work")

// ErrNoAnswer says that the work of a key was done, once, but that its answer
// could not be kept: it was longer than MaxAnswer, or had no JSON form. It is
// what the first invocation gets and every repetition.
var ErrNoAnswer = errors.New("the work of this turn is done, but it left no answer")

// Handler answers an event of Lex. It has the form that lambda.Start of
// github.com/aws/aws-lambda-go takes.
type Handler func(ctx context.Context, e Event) (Response, error)

// Execution says which execution of a key's work this is.
type Execution struct {
	// Key is the same in every repetition of a turn. Whatever the work calls
	// should be given it as idempotency key, because an execution that dies
	// between its work and its answer is followed by another one.
	Key string
	// Number counts from 1. With more than 1 the work may have been done already.
	Number int
}

// Fulfil does what an intent asks for.
//
// An answer, Failed ones included, is kept and given to every repetition. An
// error is not: it says that nothing was done, and the next repetition begins
// anew. ctx ends before the lease of the key does.
type Fulfil func(ctx context.Context, x Execution, e Event) (Response, error)

// Once does the work of every key once. Its fields are set before the first
// use; it is safe for several goroutines.
type Once struct {
	Table     Table  // shared by all functions that may be given the same turn
	Namespace string // keeps the keys of several programs in one table apart
	// Lease is how long an execution may take before it is taken for dead, 0 for
	// DefaultLease. Its context ends after four fifths of it; the rest is for
	// writing the answer down and for clocks that differ. So the clocks of all
	// who share the table must agree to a tenth of it.
	Lease time.Duration
	// TTL is how long keys and answers are kept, 0 for DefaultTTL. It must be
	// longer than a turn can be repeated.
	TTL    time.Duration
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: none
}

// Result is what came of an event.
type Result struct {
	Response Response
	Key      string
	Replayed bool // the answer is that of another execution
	// Execution says which execution of the key the answer is of, from 1; 0
	// when there is none.
	Execution int
}

// Handler returns the handler of a function that fulfils. It answers the
// events of dialog code hooks with Delegate.
func (o *Once) Handler(fulfil Fulfil) Handler {
	return func(ctx context.Context, e Event) (Response, error) {
		if err := e.check(); err != nil {
			return Response{}, err
		}
		if e.InvocationSource == DialogCodeHook {
			return Delegate(e), nil
		}
		result, err := o.Do(ctx, e, fulfil)
		return result.Response, err
	}
}

// Do returns the answer to an event: that of fulfil if this is the first time
// that its Key is seen, else that of the first time. While another execution
// of the key is at work it waits for it, until ctx is done or for the time of
// a lease. Besides the errors of fulfil and of the table it returns ErrBusy
// and ErrNoAnswer. The Key of the Result is always set.
func (o *Once) Do(ctx context.Context, e Event, fulfil Fulfil) (Result, error) {
	key := Key(o.Namespace, e)
	owner := rand.Text()
	entry, err := o.claim(ctx, key, owner)
	switch {
	case err != nil:
		return Result{Key: key}, err
	case entry.Done:
		return repeat(entry, true)
	}
	// The lease runs since before the table was asked, which may have taken long.
	work, cancel := context.WithTimeout(ctx, entry.Lease.Sub(o.now())-o.lease()/5)
	defer cancel()
	response, err := fulfil(work, Execution{Key: key, Number: entry.Execution}, e)
	if err != nil {
		o.release(ctx, entry)
		return Result{Key: key, Execution: entry.Execution}, err
	}
	entry.Done = true
	entry.Answer, entry.Fault = encode(response)
	kept := o.keep(ctx, entry)
	return repeat(kept, kept.Owner != owner)
}

// claim returns an entry of the key that is done, or one that is ours, which
// makes the work ours.
func (o *Once) claim(ctx context.Context, key, owner string) (Entry, error) {
	waiting, cancel := context.WithTimeout(ctx, o.lease()+leaseSlack)
	defer cancel()
	absent := true
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		now := o.now()
		if absent {
			first := o.start(Entry{Key: key}, owner, now)
			if created, err := o.Table.Create(waiting, first, now); err != nil || created {
				return first, err
			}
		}
		there, err := o.Table.Get(waiting, key)
		absent = errors.Is(err, ErrNoEntry) || err == nil && !there.Expires.After(now)
		switch {
		case absent:
		case err != nil && waiting.Err() != nil:
			return Entry{}, fmt.Errorf("%w: %w", ErrBusy, err)
		case err != nil:
			return Entry{}, err
		case there.Done, there.Owner == owner:
			return there, nil
		case !now.Before(there.Lease):
			taken := o.start(there, owner, now)
			if replaced, err := o.Table.Replace(waiting, taken); err != nil || replaced {
				return taken, err
			}
		}
		select {
		case <-waiting.Done():
			return Entry{}, fmt.Errorf("%w: execution %d", ErrBusy, there.Execution)
		case <-time.After(pause):
		}
	}
}

// How a repetition waits: it looks again after pauses that double.
const (
	firstPause   = 20 * time.Millisecond
	longestPause = 320 * time.Millisecond
	// leaseSlack is for the last look, after the lease of the other execution.
	leaseSlack = time.Second
)

// start returns the entry of an execution that begins, after that of before.
func (o *Once) start(before Entry, owner string, now time.Time) Entry {
	return Entry{
		Key: before.Key, Version: before.Version + 1, Owner: owner, Execution: before.Execution + 1,
		Lease: now.Add(o.lease()), Expires: now.Add(o.ttl()),
	}
}

// tableTime is for telling the table how an execution ended. It does not come
// out of the invocation's own time, which may be over.
const tableTime = 2 * time.Second

// release gives the key free for the next execution. If it cannot, the lease
// will.
func (o *Once) release(ctx context.Context, entry Entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tableTime)
	defer cancel()
	entry.Version++
	entry.Lease = o.now()
	if _, err := o.Table.Replace(ctx, entry); err != nil {
		o.log("key not released", entry, err)
	}
}

// keep writes down that the work is done and returns the entry whose answer
// counts. If another execution took the key over meanwhile, the answer of the
// one that was written down first counts for both.
//
// When the table does not answer, ours counts: the work is done, and the
// caller had better know.
func (o *Once) keep(ctx context.Context, entry Entry) Entry {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tableTime)
	defer cancel()
	version := entry.Version
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		entry.Version, entry.Expires = version+1, o.now().Add(o.ttl())
		replaced, err := o.Table.Replace(ctx, entry)
		if replaced {
			return entry
		}
		var there Entry
		if err == nil {
			there, err = o.Table.Get(ctx, entry.Key)
		}
		switch {
		case err == nil && there.Done:
			return there
		case err == nil:
			version = there.Version
			continue
		case errors.Is(err, ErrNoEntry):
			o.log("answer not kept", entry, err)
			return entry
		}
		select {
		case <-ctx.Done():
			o.log("answer not kept", entry, err)
			return entry
		case <-time.After(pause):
		}
	}
}

// repeat returns the result that an entry holds.
func repeat(entry Entry, replayed bool) (Result, error) {
	r := Result{Key: entry.Key, Replayed: replayed, Execution: entry.Execution}
	if entry.Fault != "" {
		return r, fmt.Errorf("%w: %s", ErrNoAnswer, entry.Fault)
	}
	if err := json.Unmarshal(entry.Answer, &r.Response); err != nil {
		return r, fmt.Errorf("read the answer of key %s: %w", entry.Key, err)
	}
	return r, nil
}

// encode returns the JSON text of an answer, or why it cannot be kept.
func encode(r Response) (text []byte, fault string) {
	text, err := json.Marshal(r)
	switch {
	case err != nil:
		return nil, err.Error()
	case len(text) > MaxAnswer:
		return nil, fmt.Sprintf("it has %d bytes, Lex takes %d", len(text), MaxAnswer)
	}
	return text, ""
}

func (o *Once) log(message string, entry Entry, err error) {
	if o.Logger != nil {
		//nolint:sloglint // its callers pass constants
		o.Logger.Warn(message, "key", entry.Key, "execution", entry.Execution, "err", err)
	}
}

func (o *Once) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

func (o *Once) lease() time.Duration {
	if o.Lease > 0 {
		return o.Lease
	}
	return DefaultLease
}

func (o *Once) ttl() time.Duration {
	if o.TTL > 0 {
		return o.TTL
	}
	return DefaultTTL
}
