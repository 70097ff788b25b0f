// Package tabletest has the tests that every region.Table must pass, whatever
// stores its items: one in memory, a local file, Amazon DynamoDB. An
// implementation's own test calls Run. It is no test itself, as tests of several
// packages use it.
package tabletest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/region"
)

// Run tests a kind of table. open returns an empty one for a test and has it
// closed at the test's end. It is called on the test's goroutine.
func Run(t *testing.T, open func(t *testing.T) region.Table) {
	t.Run("no item", func(t *testing.T) { noItem(t, open(t)) })
	t.Run("put and get", func(t *testing.T) { putAndGet(t, open(t)) })
	t.Run("changes", func(t *testing.T) { changes(t, open) })
	t.Run("an item is the caller's own", func(t *testing.T) { notShared(t, open(t)) })
	t.Run("what no table holds", func(t *testing.T) { refused(t, open(t)) })
	t.Run("one of many wins", func(t *testing.T) { oneWins(t, open(t)) })
	t.Run("no update is lost", func(t *testing.T) { noneLost(t, open(t)) })
	t.Run("an ended context", func(t *testing.T) { ended(t, open(t)) })
	t.Run("pins and history", func(t *testing.T) { pins(t, open(t)) })
}

func noItem(t *testing.T, table region.Table) {
	for _, key := range []string{"us-east-1", "", "'; DROP TABLE items; --"} {
		if item, err := table.Get(t.Context(), key); !errors.Is(err, region.ErrNotFound) {
			t.Errorf("Get(%q) of an empty table = %v, %v; want ErrNotFound", key, item, err)
		}
	}
}

// full has every type that a table holds.
func full() map[string]any {
	return map[string]any{
		"lexRegion": "us-west-2",
		"empty":     "",
		"letters":   "Zürich \U0001f4de <&> \"quoted\" \u2028",
		"highest":   int64(1<<63 - 1),
		"lowest":    int64(-1 << 63),
		"yes":       true,
		"no":        false,
		"nothing":   map[string]any{},
		"none":      []any{},
		"observers": map[string]any{"a.b-c_1": map[string]any{"seq": int64(7), "regions": map[string]any{"us-east-1": "down"}}},
		"entries":   []any{map[string]any{"at": int64(1)}, "text", int64(2), []any{true}},
	}
}

func putAndGet(t *testing.T, table region.Table) {
	for _, attributes := range []map[string]any{full(), {"lexRegion": "us-east-1"}, {}} {
		if err := table.Put(t.Context(), region.Item{Key: "k", Attributes: attributes}); err != nil {
			t.Fatalf("Put(%v): %v", attributes, err)
		}
		same(t, table, attributes)
	}
	if _, err := table.Get(t.Context(), "K"); !errors.Is(err, region.ErrNotFound) {
		t.Errorf("Get(K) with an item k = %v; want ErrNotFound", err)
	}
}

// same fails unless the item k has those attributes.
func same(t *testing.T, table region.Table, want map[string]any) {
	t.Helper()
	const key = "k"
	got, err := table.Get(t.Context(), key)
	if err != nil || got.Key != key || !reflect.DeepEqual(got.Attributes, want) {
		t.Errorf("Get(%q) = %#v, %v; want %#v", key, got, err, want)
	}
}

func changes(t *testing.T, open func(t *testing.T) region.Table) {
	version := func(is int64) region.Where { return region.Where{Path: []string{"version"}, Is: is} }
	seq := func(is int64) region.Where { return region.Where{Path: []string{"observers", "a", "seq"}, Is: is} }
	entry := func(seq int64) map[string]any { return map[string]any{"seq": seq} }
	tests := []struct {
		name   string
		before map[string]any // nil: no item
		change region.Change
		after  map[string]any // nil: a conflict
	}{
		{"makes an item", nil, region.Change{Set: map[string]any{"version": int64(1)}, Where: version(0)}, map[string]any{"version": int64(1)}},
		{
			"without a condition",
			map[string]any{"version": int64(9), "by": "x"},
			region.Change{Set: map[string]any{"version": int64(1)}},
			map[string]any{"version": int64(1), "by": "x"},
		},
		{
			"the article's item",
			map[string]any{"lexRegion": "us-east-1"},
			region.Change{Set: map[string]any{"version": int64(1)}, Where: version(0)},
			map[string]any{"lexRegion": "us-east-1", "version": int64(1)},
		},
		{"a version of 0", map[string]any{"version": int64(0)}, region.Change{Remove: []string{"version"}, Where: version(0)}, map[string]any{}},
		{
			"a version that is no number",
			map[string]any{"version": "12"},
			region.Change{Set: map[string]any{"version": int64(1)}, Where: version(0)},
			map[string]any{"version": int64(1)},
		},
		{"somebody was faster", map[string]any{"version": int64(2)}, region.Change{Set: map[string]any{"version": int64(2)}, Where: version(1)}, nil},
		{"somebody made the item", map[string]any{"version": int64(1)}, region.Change{Set: map[string]any{"version": int64(1)}, Where: version(0)}, nil},
		{"the item is gone", nil, region.Change{Set: map[string]any{"version": int64(3)}, Where: version(2)}, nil},
		{"a negative version", map[string]any{"version": int64(-4)}, region.Change{Set: map[string]any{"version": int64(1)}, Where: version(-4)}, map[string]any{"version": int64(1)}},
		{
			"removes",
			map[string]any{"a": "x", "b": "y"},
			region.Change{Set: map[string]any{"c": true}, Remove: []string{"a", "z"}},
			map[string]any{"b": "y", "c": true},
		},
		{"an entry of no item", nil, region.Change{Entry: region.Entry{Map: "observers", Name: "a", Value: entry(1)}, Where: seq(0)}, map[string]any{"observers": map[string]any{"a": entry(1)}}},
		{
			"an entry beside others",
			map[string]any{"observers": map[string]any{"b": entry(5)}},
			region.Change{Entry: region.Entry{Map: "observers", Name: "a", Value: entry(1)}, Where: seq(0)},
			map[string]any{"observers": map[string]any{"a": entry(1), "b": entry(5)}},
		},
		{
			"an entry in place of itself",
			map[string]any{"observers": map[string]any{"a": entry(5)}},
			region.Change{Entry: region.Entry{Map: "observers", Name: "a", Value: entry(6)}, Where: seq(5)},
			map[string]any{"observers": map[string]any{"a": entry(6)}},
		},
		{
			"an entry that moved on",
			map[string]any{"observers": map[string]any{"a": entry(6)}},
			region.Change{Entry: region.Entry{Map: "observers", Name: "a", Value: entry(6)}, Where: seq(5)},
			nil,
		},
		{
			"an entry goes",
			map[string]any{"observers": map[string]any{"a": entry(6), "b": entry(1)}},
			region.Change{Entry: region.Entry{Map: "observers", Name: "a"}, Where: seq(6)},
			map[string]any{"observers": map[string]any{"b": entry(1)}},
		},
		{
			"an entry of what is no map",
			map[string]any{"observers": "none"},
			region.Change{Entry: region.Entry{Map: "observers", Name: "a", Value: entry(1)}, Where: seq(0)},
			map[string]any{"observers": map[string]any{"a": entry(1)}},
		},
		{
			"a condition below what is no map",
			map[string]any{"observers": []any{"a"}},
			region.Change{Set: map[string]any{"x": "y"}, Where: seq(3)},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := open(t)
			if tt.before != nil {
				if err := table.Put(t.Context(), region.Item{Key: "k", Attributes: tt.before}); err != nil {
					t.Fatal(err)
				}
			}
			err := table.Update(t.Context(), "k", tt.change)
			switch {
			case tt.after != nil && err != nil:
				t.Fatalf("given %v, Update(%+v) = %v; want no error", tt.before, tt.change, err)
			case tt.after != nil:
				same(t, table, tt.after)
			case !errors.Is(err, region.ErrConflict):
				t.Fatalf("given %v, Update(%+v) = %v; want ErrConflict", tt.before, tt.change, err)
			case tt.before != nil:
				same(t, table, tt.before)
			default:
				if _, err := table.Get(t.Context(), "k"); !errors.Is(err, region.ErrNotFound) {
					t.Errorf("after a conflict on no item Get = %v; want ErrNotFound", err)
				}
			}
		})
	}
}

func notShared(t *testing.T, table region.Table) {
	given := full()
	if err := table.Put(t.Context(), region.Item{Key: "k", Attributes: given}); err != nil {
		t.Fatal(err)
	}
	given["observers"].(map[string]any)["a.b-c_1"].(map[string]any)["seq"] = int64(100)
	got, err := table.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	got.Attributes["entries"].([]any)[0].(map[string]any)["at"] = int64(100)
	same(t, table, full())
}

func refused(t *testing.T, table region.Table) {
	if err := table.Put(t.Context(), region.Item{Key: "k", Attributes: map[string]any{"a": "b"}}); err != nil {
		t.Fatal(err)
	}
	deep := any("leaf")
	for range 9 {
		deep = map[string]any{"in": deep}
	}
	for name, value := range map[string]any{
		"a fraction": 1.5, "an int": 1, "nothing": nil, "bytes": []byte("x"), "too deep": deep,
		"no text": "\xff", "within a list": []any{1.5}, "within a map": map[string]any{"x": nil},
	} {
		set := map[string]any{"v": value}
		if err := table.Put(t.Context(), region.Item{Key: "k", Attributes: set}); err == nil {
			t.Errorf("Put of %s: no error; want one", name)
		}
		if err := table.Update(t.Context(), "k", region.Change{Set: set}); err == nil || errors.Is(err, region.ErrConflict) {
			t.Errorf("Update with %s = %v; want an error other than ErrConflict", name, err)
		}
	}
	for name, c := range map[string]region.Change{
		"an entry without a name": {Entry: region.Entry{Map: "m", Value: "x"}},
		"an entry without a map":  {Entry: region.Entry{Name: "n", Value: "x"}},
		"a map changed twice":     {Set: map[string]any{"m": "x"}, Entry: region.Entry{Map: "m", Name: "n", Value: "x"}},
		"a path too long":         {Set: map[string]any{"m": "x"}, Where: region.Where{Path: []string{"a", "b", "c", "d", "e"}}},
	} {
		if err := table.Update(t.Context(), "k", c); err == nil || errors.Is(err, region.ErrConflict) {
			t.Errorf("Update with %s = %v; want an error other than ErrConflict", name, err)
		}
	}
	same(t, table, map[string]any{"a": "b"})
}

// oneWins has many write on the same condition at once.
func oneWins(t *testing.T, table region.Table) {
	const writers = 8
	for version := range int64(5) {
		errs := make([]error, writers)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				errs[w] = table.Update(t.Context(), "k", region.Change{
					Set:   map[string]any{"version": version + 1, "by": fmt.Sprint(w)},
					Where: region.Where{Path: []string{"version"}, Is: version},
				})
			})
		}
		all.Wait()
		winner := -1
		for w, err := range errs {
			switch {
			case err == nil && winner >= 0:
				t.Errorf("writers %d and %d both wrote version %d", winner, w, version+1)
			case err == nil:
				winner = w
			case !errors.Is(err, region.ErrConflict):
				t.Errorf("writer %d: %v; want ErrConflict", w, err)
			}
		}
		same(t, table, map[string]any{"version": version + 1, "by": fmt.Sprint(winner)})
	}
}

// noneLost has many change their own entries of one item.
func noneLost(t *testing.T, table region.Table) {
	const writers, times = 6, 10
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			name := fmt.Sprint("observer", w)
			for seq := range int64(times) {
				err := table.Update(t.Context(), "k", region.Change{
					Entry: region.Entry{Map: "observers", Name: name, Value: map[string]any{"seq": seq + 1}},
					Where: region.Where{Path: []string{"observers", name, "seq"}, Is: seq},
				})
				if err != nil {
					t.Errorf("%s: update %d: %v", name, seq+1, err)
				}
			}
		})
	}
	all.Wait()
	want := map[string]any{}
	for w := range writers {
		want[fmt.Sprint("observer", w)] = map[string]any{"seq": int64(times)}
	}
	same(t, table, map[string]any{"observers": want})
}

func ended(t *testing.T, table region.Table) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := table.Get(ctx, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get after its context ended = %v; want Canceled", err)
	}
	if err := table.Put(ctx, region.Item{Key: "k"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Put after its context ended = %v; want Canceled", err)
	}
	if err := table.Update(ctx, "k", region.Change{Set: map[string]any{"a": "b"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Update after its context ended = %v; want Canceled", err)
	}
	if _, err := table.Get(t.Context(), "k"); !errors.Is(err, region.ErrNotFound) {
		t.Errorf("Get after writes whose context had ended = %v; want ErrNotFound", err)
	}
}

// pins has several operators at the same verdict item, with the package's own
// functions.
func pins(t *testing.T, table region.Table) {
	const operators = 4
	var all sync.WaitGroup
	for n := range operators {
		all.Go(func() {
			by := fmt.Sprint("operator", n)
			pin := region.Pin{Region: "us-west-2", Until: time.Now().Add(time.Hour), By: by, Why: strings.Repeat("drill ", 3)}
			if err := region.SetPin(t.Context(), table, "us-east-1", pin); err != nil {
				t.Errorf("%s: %v", by, err)
			}
		})
	}
	all.Wait()
	v, err := region.ReadVerdict(t.Context(), table, "us-east-1")
	if err != nil || v.Version != operators || v.Region != "us-west-2" || v.Pin.Region != "us-west-2" || len(v.Faults) > 0 {
		t.Errorf("after %d pins ReadVerdict = %+v, %v; want version %d, pinned to us-west-2", operators, v, err, operators)
	}
	history, err := region.ReadHistory(t.Context(), table, "us-east-1")
	if err != nil || len(history) != operators {
		t.Errorf("after %d pins ReadHistory = %v, %v; want a line of each", operators, history, err)
	}
	if _, err := region.ClearPin(t.Context(), table, "us-east-1", "operator0", "drill over"); err != nil {
		t.Error(err)
	}
	if v, err := region.ReadVerdict(t.Context(), table, "us-east-1"); err != nil || !v.Pin.IsZero() || v.Version != operators+1 {
		t.Errorf("after ClearPin ReadVerdict = %+v, %v; want no pin and version %d", v, err, operators+1)
	}
}
