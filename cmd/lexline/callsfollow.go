package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"lexline/internal/record"
)

const (
	followEvery = time.Second
	// followBack is how long ago a call may have begun whose end is still waited for.
	followBack = 2 * time.Hour
)

// followCalls prints the latest calls, the oldest first, and then what happens, until
// ctx ends. A store whose file is moved away is waited for, which complaints is told once.
func (o *callsOptions) followCalls(ctx context.Context, store callStore, f record.Filter, p *callsPrinter, complaints io.Writer) error {
	result, reason := f.Result, f.Reason
	entries, err := store.List(ctx, f)
	if err != nil {
		return hintedDynamoDB(err)
	}
	seen := followed{}
	slices.Reverse(entries)
	if err := p.followed(entries, seen); err != nil {
		return err
	}
	f.Limit, f.Result, f.Reason = 0, "", "" // how a call ends is known when it has
	if began := time.Now().Add(-followBack); f.Since.Before(began) {
		f.Since = began
	}
	if err := seen.skip(ctx, store, f); err != nil {
		return err
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	gone := false
	for {
		select {
		case <-ctx.Done():
			return nil // Ctrl-C is how it ends
		case <-tick.C:
		}
		entries, err := store.List(ctx, f)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, fs.ErrNotExist):
			if !gone {
				fmt.Fprintf(complaints, "the store has gone, waiting for a gateway to make a new one: %v\n", err)
			}
			gone = true
			continue
		case err != nil:
			return err
		}
		gone = false
		slices.Reverse(entries)
		wanted := slices.DeleteFunc(entries, func(e record.Entry) bool {
			return e.Result != "" && (result != "" && e.Result != result || reason != "" && e.Reason != reason)
		})
		if err := p.followed(wanted, seen); err != nil {
			return err
		}
	}
}

// followedKey names a record.
type followedKey struct {
	call    string
	started int64
}

func keyOfEntry(e record.Entry) followedKey { return followedKey{e.Call, e.Started.UnixMilli()} }

// followed is how much of each record was printed.
type followed map[followedKey]progress

// progress is how much of one record was printed.
type progress struct {
	begun, ended bool
	turns        int
	dialled      int // targets, of which it was printed what became of them
}

// progressOf is how much there is of a record.
func progressOf(r record.Record) progress {
	p := progress{begun: true, turns: len(r.Turns), ended: r.State == record.Ended}
	if r.Next != nil {
		p.dialled = len(r.Next.Dialled)
	}
	return p
}

// skip takes what ended before as printed, whether it was listed or not.
func (s followed) skip(ctx context.Context, store callStore, f record.Filter) error {
	entries, err := store.List(ctx, f)
	if err != nil {
		return hintedDynamoDB(err)
	}
	for _, e := range entries {
		if r, err := record.Parse(e.Record); e.Result != "" && err == nil {
			s[keyOfEntry(e)] = progressOf(r)
		} else if e.Result != "" {
			s[keyOfEntry(e)] = progress{ended: true}
		}
	}
	return nil
}
