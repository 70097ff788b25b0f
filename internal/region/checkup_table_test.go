package region

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sick is a table with faults.
type sick struct {
	Table
	// before is asked before anything is done; an error is the answer.
	before func(ctx context.Context, op, key string) error
	// after is told that it was done, and may hide that.
	after func(op, key string) error
}

func (s *sick) Get(ctx context.Context, key string) (item Item, err error) {
	err = s.around(ctx, "get", key, func() error {
		item, err = s.Table.Get(ctx, key)
		return err
	})
	return item, err
}

func (s *sick) Update(ctx context.Context, key string, c Change) error {
	return s.around(ctx, "update", key, func() error { return s.Table.Update(ctx, key, c) })
}

func (s *sick) around(ctx context.Context, op, key string, do func() error) error {
	if s.before != nil {
		if err := s.before(ctx, op, key); err != nil {
			return err
		}
	}
	err := do()
	if err == nil && s.after != nil {
		err = s.after(op, key)
	}
	return err
}

var errSick = errors.New("the table is ill")

func TestCheckupTableFaults(t *testing.T) {
	hang := func(ctx context.Context, _, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}
	on := func(op, key string, fault func(context.Context, string, string) error) func(context.Context, string, string) error {
		return func(ctx context.Context, o, k string) error {
			if (op == "" || o == op) && (key == "" || strings.Contains(k, key)) {
				return fault(ctx, o, k)
			}
			return nil
		}
	}
	fail := func(context.Context, string, string) error { return errSick }
	for _, c := range []struct {
		name   string
		fault  func(context.Context, string, string) error
		want   string // the verdict once a dead home region was checked
		memory CheckupMemory
		faults bool
		atMost time.Duration
	}{
		{"down", on("", "", fail), "us-east-1 ok", MemoryUnread, true, 4 * time.Second},
		{"hung", on("", "", hang), "us-east-1 ok", MemoryUnread, true, 7 * time.Second},
		{"cannot be written", on("update", "", fail), "us-east-1 ok", MemoryRead, true, 3 * time.Second},
		{"hangs when written", on("update", "", hang), "us-east-1 ok", MemoryRead, true, 8 * time.Second},
		{"every write conflicts", on("update", "", func(context.Context, string, string) error { return ErrConflict }), "us-east-1 ok", MemoryRead, true, 3 * time.Second},
		{"memory cannot be read", on("get", "#check", fail), "us-west-2 ok", MemoryUnread, true, 4 * time.Second},
		{"memory cannot be written", on("update", "#check", fail), "us-west-2 ok", MemoryRead, false, 3 * time.Second},
		{"evidence cannot be read", on("get", "#from-us-west-2", fail), "us-east-1 ok", MemoryRead, true, 4 * time.Second},
		{"evidence cannot be written", on("update", "#from", fail), "us-west-2 ok", MemoryRead, true, 3 * time.Second},
		{"audit trail cannot be written", on("update", "#history", fail), "us-west-2 ok", MemoryRead, true, 3 * time.Second},
		{"every other request is throttled", everyOther(), "us-west-2 ok", MemoryRead, false, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t)
				whole := k.table
				k.check()
				k.table = &sick{Table: whole, before: c.fault}
				k.probes[east] = refuse(Soft)
				began := time.Now()
				report := k.check()
				if took := time.Since(began); took > c.atMost {
					t.Errorf("it took %v, want at most %v", took, c.atMost)
				}
				if report.Memory != c.memory || (len(report.TableFaults) > 0) != c.faults {
					t.Errorf("it reports memory %s (%s) and faults %q", report.Memory, report.MemoryFault, report.TableFaults)
				}
				if report.Regions[0].State != Down {
					t.Errorf("the dead region is %s, want down whatever the table does", report.Regions[0].State)
				}
				k.table = whole
				k.says(c.want)

				// The table is well again: the next run does what this one could not,
				// and the region comes back by its hold, not before.
				time.Sleep(time.Minute)
				k.check()
				k.says("us-west-2 ok")
				delete(k.probes, east)
				time.Sleep(10 * time.Second)
				k.check()
				k.says("us-west-2 ok")
				time.Sleep(time.Minute)
				k.check()
				k.says("us-east-1 ok")
			})
		})
	}
}

// everyOther refuses every other request for the same thing.
func everyOther() func(context.Context, string, string) error {
	var mu sync.Mutex
	asked := map[string]int{}
	return func(_ context.Context, op, key string) error {
		mu.Lock()
		defer mu.Unlock()
		if asked[op+key]++; asked[op+key]%2 == 1 {
			return errors.New("throttled")
		}
		return nil
	}
}

// TestCheckupUnsureWrite has the verdict's write made and not answered.
func TestCheckupUnsureWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.check()
		whole := k.table
		k.table = &sick{Table: whole, after: func(op, key string) error {
			if op == "update" && key == east {
				return errSick
			}
			return nil
		}}
		k.probes[east] = refuse(Hard)
		report := k.check()
		if !report.Written || report.After.Version != 2 {
			t.Errorf("it reports written %v and version %d, want what the table has: %s", report.Written, report.After.Version, report.Why)
		}
		k.table = whole
		k.says("us-west-2 ok")
		if history, _ := ReadHistory(t.Context(), whole, east); len(history) != 2 {
			t.Errorf("the audit trail has %d lines, want 2: %+v", len(history), history)
		}
	})
}

// TestCheckupUnknownPast starts without memory while calls go elsewhere, and without
// the verdict at first: home must not come back before its hold.
func TestCheckupUnknownPast(t *testing.T) {
	for _, blind := range []time.Duration{0, 900 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			k := newClinic(t)
			must(t, k.table.Put(t.Context(), Item{Key: east, Attributes: map[string]any{attrRegion: west, attrVersion: int64(7)}}))
			whole, began := k.table, time.Now()
			k.table = &sick{Table: whole, before: func(context.Context, string, string) error {
				if time.Since(began) < blind {
					return errSick
				}
				return nil
			}}
			for time.Since(began) < 50*time.Second {
				report := k.check()
				k.says("us-west-2 ok")
				if report.Regions[0].State != Down {
					t.Fatalf("blind for %v: home is %s after %v, want down: %s", blind, report.Regions[0].State, time.Since(began), report.Regions[0].Why)
				}
				time.Sleep(10 * time.Second)
			}
			time.Sleep(20 * time.Second)
			k.check()
			k.says("us-east-1 ok")
		})
	}
}

// TestCheckupLateMemory reads the memory only at the second try: what it has of a
// region that is down counts.
func TestCheckupLateMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newClinic(t)
		k.probes[east], k.probes[west] = refuse(Soft), refuse(Soft)
		k.check() // both are down; the verdict stays
		k.says("us-east-1 degraded")
		k.probes[west] = nil
		time.Sleep(time.Minute)
		k.check()
		k.says("us-west-2 ok")
		time.Sleep(time.Minute)
		whole, began := k.table, time.Now()
		k.table = &sick{Table: whole, before: func(_ context.Context, _, key string) error {
			if strings.Contains(key, "#check") && time.Since(began) < 500*time.Millisecond {
				return errSick
			}
			return nil
		}}
		delete(k.probes, east)
		report := k.check()
		if report.Memory != MemoryRead || report.Regions[0].State != Down || !strings.Contains(report.Regions[0].Why, "probes in a row failed") {
			t.Errorf("memory %s, home %s (%s); want it read late, and home down for what was remembered", report.Memory, report.Regions[0].State, report.Regions[0].Why)
		}
		k.says("us-west-2 ok")
	})
}
