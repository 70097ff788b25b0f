package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lexline/internal/region"
	"lexline/internal/sqlite"
)

// TestFaults makes every fault on a file and looks at it as a gateway does: by
// package sqlite, and by what package region makes of the items.
func TestFaults(t *testing.T) {
	tests := map[string]struct {
		isRead  bool
		verdict func(region.VerdictItem) bool
	}{
		"dead":    {false, nil},
		"hung":    {true, nil}, // a process does not lock itself out: see TestLocks
		"corrupt": {false, nil},
		"stale":   {true, func(v region.VerdictItem) bool { return v.Region == other && v.Version < firstVersion }},
		"future": {true, func(v region.VerdictItem) bool {
			return v.Version > farVersion && v.Pin.Region == other && v.At.Year() == 2099
		}},
		"foreign": {true, func(v region.VerdictItem) bool { return len(v.Faults) > 0 }},
	}
	for i := range faults {
		f := &faults[i]
		t.Run(f.name, func(t *testing.T) {
			tt, known := tests[f.name]
			if !known {
				t.Fatal("this fault has no row in the test")
			}
			tbl := &table{path: filepath.Join(t.TempDir(), "regions.db"), view: func(context.Context) (region.Status, error) {
				return region.Status{Table: &region.TableStatus{Version: firstVersion}}, nil
			}}
			if err := tbl.first(t.Context()); err != nil {
				t.Fatal(err)
			}
			gateway, err := sqlite.Open(tbl.path) // keeps WAL and index there
			if err != nil {
				t.Fatal(err)
			}
			defer gateway.Close()
			if _, err := gateway.Get(t.Context(), home); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(f.do(t.Context(), f.strike, tbl), f.do(t.Context(), f.again, tbl)); err != nil {
				t.Fatal(err)
			}
			item, err := gateway.Get(t.Context(), home)
			if isRead := err == nil; isRead != tt.isRead {
				t.Errorf("under the fault Get = %v, %v; want it read: %v", item, err, tt.isRead)
			}
			if v := region.DecodeVerdict(item, []string{home, other}); tt.verdict != nil && !tt.verdict(v) {
				t.Errorf("under the fault the verdict is %+v", v)
			}
			if err := f.do(t.Context(), f.mend, tbl); err != nil {
				t.Fatal(err)
			}
			if err := gateway.Put(t.Context(), verdictItem(home, firstVersion+9, time.Now(), nil)); err != nil {
				t.Errorf("after the fault Put: %v", err)
			}
			if v, err := tbl.verdict(t.Context()); err != nil || v.Region != home || len(v.Faults) > 0 {
				t.Errorf("after the fault the verdict is %+v, %v; want one for %s", v, err, home)
			}
		})
	}
}

// TestForeign has every foreign value be one that is not believed.
func TestForeign(t *testing.T) {
	tbl := &table{path: filepath.Join(t.TempDir(), "regions.db"), view: func(context.Context) (region.Status, error) {
		return region.Status{Table: &region.TableStatus{Version: firstVersion}}, nil
	}}
	if err := tbl.first(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 8 {
		if err := tbl.putForeign(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := tbl.verdict(t.Context())
		if err != nil || !v.Pin.IsZero() || v.Region == other && v.Version >= firstVersion {
			t.Errorf("foreign value %d is %+v, %v; want no pin, and nothing newer for %s", n, v, err, other)
		}
	}
}

func TestMet(t *testing.T) {
	well := region.TableStatus{Reachable: true, Version: firstVersion}
	later := well
	later.Version = farVersion + 1
	later.Counters.Stale, later.Counters.Invalid = 1, 1
	for i := range faults {
		f := &faults[i]
		if got := f.met(well, well); got != "" {
			t.Errorf("%s: a gateway whose table is well met it: %q", f.name, got)
		}
		if got := f.met(well, later) + f.met(well, region.TableStatus{}); got == "" {
			t.Errorf("%s: no gateway can meet it", f.name)
		}
	}
}

func TestLocks(t *testing.T) {
	tbl := &table{path: filepath.Join(t.TempDir(), "regions.db")}
	if err := tbl.lock(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("lock without an index: %v; want that there is none", err)
	}
	if err := os.WriteFile(tbl.path+"-shm", make([]byte, 32<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tbl.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tbl.unlock(t.Context()); err != nil || tbl.locks != nil {
		t.Errorf("unlock: %v, %v", tbl.locks, err)
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-calls", "0"}, {"-rounds", "0"}, {"-phase", "1s"}, {"-nonsense"}} {
		if o, err := parse(args, io.Discard); err == nil {
			t.Errorf("parse(%q) = %+v; want an error", args, o)
		}
	}
	if o, err := parse([]string{"-rounds", "2"}, io.Discard); err != nil || o.rounds != 2 || o.calls != 40 {
		t.Errorf("parse = %+v, %v; want 2 rounds, and 40 calls by default", o, err)
	}
}
