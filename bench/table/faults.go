package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lexline/internal/region"
	"lexline/internal/sqlite"
)

// The regions of a drill.
const (
	home  = "us-east-1"
	other = "us-west-2"
)

// deed is something that is done to a table.
type deed func(*table, context.Context) error

// fault is one way in which the table goes wrong. It always speaks for the other
// region, where it speaks at all: a gateway that believed it would move calls.
type fault struct {
	name, what string
	strike     deed
	again      deed // every second while it lasts; nil for nothing
	mend       deed
	// met tells from the gateway's view before and at the end of the fault that it
	// met it, in words; empty if it did not.
	met func(before, after region.TableStatus) string
}

var faults = []fault{
	{"dead", "the file and its WAL are removed, a folder stands in its place", (*table).remove, nil, (*table).clear, unreachable},
	{"hung", "another process holds every lock of the WAL", (*table).lock, nil, (*table).unlock, unreachable},
	{"corrupt", "all bytes of file, WAL and index are overwritten", (*table).overwrite, nil, (*table).clear, unreachable},
	{"stale", "verdict and evidence are put back to an old state, every second", (*table).putOld, (*table).putOld, (*table).putRight, stale},
	{"future", "version 2^61, times in 2099, a pin until 2099", (*table).putFuture, nil, (*table).putRight, future},
	{"foreign", `every second another of "err", unknown regions, wrong types, nothing, noise`, (*table).putForeign, (*table).putForeign, (*table).putRight, invalid},
}

func (f *fault) do(ctx context.Context, d deed, t *table) error {
	if d == nil {
		return nil
	}
	if err := d(t, ctx); err != nil {
		return fmt.Errorf("make or end the fault %q: %w", f.name, err)
	}
	return nil
}

func unreachable(_, after region.TableStatus) string {
	if after.Reachable {
		return ""
	}
	return "unreachable"
}

func stale(before, after region.TableStatus) string {
	return grown("stale reads", before.Counters.Stale, after.Counters.Stale)
}

func invalid(before, after region.TableStatus) string {
	return grown("invalid items", before.Counters.Invalid, after.Counters.Invalid)
}

func future(before, after region.TableStatus) string {
	if after.Version < farVersion {
		return ""
	}
	return invalid(before, after)
}

func grown(what string, before, after uint64) string {
	if after <= before {
		return ""
	}
	return what
}

// table is the file that the gateway keeps its table in, as it is seen by
// somebody who breaks it. It is for one goroutine.
type table struct {
	path  string
	view  func(context.Context) (region.Status, error) // the gateway's
	locks *os.File                                     // of hung; nil while it is not
	turn  int                                          // of foreign
	began time.Time                                    // when first made it
}

// files are those of the database.
func (t *table) files() []string { return []string{t.path, t.path + "-wal", t.path + "-shm"} }

func (t *table) remove(context.Context) error {
	for _, file := range t.files() {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Mkdir(t.path, 0o700)
}

// clear takes away whatever stands where the file should: the gateway makes it
// anew.
func (t *table) clear(context.Context) error {
	for _, file := range t.files() {
		if err := os.RemoveAll(file); err != nil {
			return err
		}
	}
	return nil
}

// The bytes of the index that are the locks of the WAL: one for each of writing,
// checkpoint and recovery, and five for reading (https://sqlite.org/walformat.html,
// "WAL-Index Locks").
const firstLock, lockCount = 120, 8

// lock takes all locks, as a process would that stands still while it recovers the
// WAL. SQLite in the gateway then waits inside a call that no context ends.
func (t *table) lock(ctx context.Context) error {
	file, err := os.OpenFile(t.path+"-shm", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	for {
		whole := syscall.Flock_t{Type: syscall.F_WRLCK, Start: firstLock, Len: lockCount}
		err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &whole)
		if err == nil {
			t.locks = file
			return nil
		}
		if !pause(ctx, time.Millisecond) { // a reader has one of them for some microseconds
			return errors.Join(err, file.Close())
		}
	}
}

// unlock gives the locks back: they are gone with the file.
func (t *table) unlock(context.Context) error {
	err := t.locks.Close()
	t.locks = nil
	return err
}

func (t *table) overwrite(context.Context) error {
	for _, path := range t.files() {
		if err := scribble(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// scribble overwrites every byte of a file in place.
func scribble(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		noise := make([]byte, info.Size())
		_, _ = rand.Read(noise) // it never fails
		_, err = file.WriteAt(noise, 0)
	}
	return errors.Join(err, file.Close())
}

// put writes items, with whatever they hold.
func (t *table) put(ctx context.Context, items ...region.Item) error {
	db, err := sqlite.Open(t.path)
	if err != nil {
		return err
	}
	for _, item := range items {
		err = errors.Join(err, db.Put(ctx, item))
	}
	return errors.Join(err, db.Close())
}

// verdict reads the verdict item; it is not there while the file is not.
func (t *table) verdict(ctx context.Context) (region.VerdictItem, error) {
	if _, err := os.Stat(t.path); err != nil {
		return region.VerdictItem{}, err
	}
	db, err := sqlite.Open(t.path)
	if err != nil {
		return region.VerdictItem{}, err
	}
	item, err := db.Get(ctx, home)
	return region.DecodeVerdict(item, []string{home, other}), errors.Join(err, db.Close())
}

// oldVersion is that of the verdict that stale puts back; the first verdict of a
// run has a higher one.
const oldVersion, firstVersion = 7, 1000

// first is the table that the gateway finds.
func (t *table) first(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(t.path), 0o755); err != nil {
		return err
	}
	if err := errors.Join(t.clear(ctx), os.RemoveAll(t.path+".copy")); err != nil {
		return err
	}
	t.began = time.Now()
	return t.put(ctx, verdictItem(home, firstVersion, t.began, nil))
}

// putOld puts the whole table back to a day when the home region was down, in the
// eyes of two gateways that are long gone.
func (t *table) putOld(ctx context.Context) error {
	then := t.began.Add(-24 * time.Hour) // the same each time: evidence that stands still
	return t.put(ctx, verdictItem(other, oldVersion, then, nil), evidenceItem(home, 40, then), evidenceItem(other, 40, then))
}

// farVersion is a version from the future, and far is when.
const farVersion = 1 << 61

var far = time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC)

func (t *table) putFuture(ctx context.Context) error {
	now, err := t.view(ctx)
	if err != nil {
		return err
	}
	version := max(now.Table.Version, farVersion) + 1000 // a later round must not be stale
	pin := map[string]any{"region": other, "until": far.AddDate(0, 11, 30).Format(time.RFC3339), "by": "nobody", "why": "far away"}
	return t.put(ctx, verdictItem(other, version, far, pin), evidenceItem(home, farVersion, far), evidenceItem(other, farVersion, far))
}

// putForeign puts in what others might write, each time something else.
func (t *table) putForeign(ctx context.Context) error {
	now, err := t.view(ctx)
	if err != nil {
		return err
	}
	v := now.Table.Version + 1
	foreign := []map[string]any{
		{"lexRegion": "err"},
		{"lexRegion": "eu-central-1", "version": v, "state": "ok"},
		{"lexRegion": int64(7), "version": "x", "state": []any{}, "pin": "us-west-2", "at": map[string]any{}},
		{},
		{"lexRegion": "mars-north-1", "version": v, "pin": map[string]any{"region": "mars-north-1", "until": "2099-01-01T00:00:00Z"}},
		{"lexRegion": other, "version": int64(-1), "state": "maybe", "why": strings.Repeat("?", 4000)},
		{"lexRegion": home, "version": v, "state": "ok", "pin": map[string]any{"region": other, "until": "soon"}},
		{"lexRegion": strings.Repeat("us-west-2 ", 1000), "version": v, "observers": int64(1)},
	}
	strange := []any{"?", map[string]any{"Zo\u00eb": int64(1), "x": map[string]any{"seq": "one", "regions": []any{home}}}, int64(1)}
	t.turn++
	observers := map[string]any{"observers": strange[t.turn%len(strange)]}
	return t.put(ctx, region.Item{Key: home, Attributes: foreign[t.turn%len(foreign)]},
		region.Item{Key: region.EvidenceKey(home, home), Attributes: observers},
		region.Item{Key: region.EvidenceKey(home, other), Attributes: observers})
}

// putRight makes the table what it was before somebody wrote into it.
func (t *table) putRight(ctx context.Context) error {
	now, err := t.view(ctx)
	if err != nil {
		return err
	}
	none := map[string]any{"observers": map[string]any{}}
	return t.put(ctx, verdictItem(home, now.Table.Version+1, time.Now(), nil),
		region.Item{Key: region.EvidenceKey(home, home), Attributes: none}, region.Item{Key: region.EvidenceKey(home, other), Attributes: none})
}

// verdictItem is an item as gateways write it.
func verdictItem(name string, version int64, at time.Time, pin map[string]any) region.Item {
	item := region.Item{Key: home, Attributes: map[string]any{
		"lexRegion": name, "state": "ok", "version": version, "by": "gateway-9", "why": "bench", "at": at.Unix(),
	}}
	if pin != nil {
		item.Attributes["pin"] = pin
	}
	return item
}

// evidenceItem is an item in which two gateways, and ours, hold the home region
// down.
func evidenceItem(from string, seq int64, since time.Time) region.Item {
	entry := map[string]any{"epoch": since.UnixNano(), "seq": seq, "since": since.Unix(), "regions": map[string]any{home: "down", other: "up"}}
	return region.Item{Key: region.EvidenceKey(home, from), Attributes: map[string]any{
		"observers": map[string]any{"gateway-8": entry, "gateway-9": entry, observerID: entry},
	}}
}

// pause waits; it reports whether the context still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
