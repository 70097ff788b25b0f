// Package keytest has the test that every lexhook.Table must pass, whatever
// stores its entries. The test of an implementation calls Run:
//
//	func TestTable(t *testing.T) {
//		keytest.Run(t, func(t *testing.T) lexhook.Table { return openEmpty(t) })
//	}
package keytest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/lexhook"
)

// Run tests a kind of table. open returns an empty one for a test and has it
// closed at the test's end; it is called on the test's goroutine. The times in
// the entries are around the beginning of 2027, whatever the day is.
func Run(t *testing.T, open func(t *testing.T) lexhook.Table) {
	t.Run("contract", func(t *testing.T) { contract(t, open(t)) })
	t.Run("an entry is kept whole", func(t *testing.T) { keptWhole(t, open(t)) })
	t.Run("one of many wins", func(t *testing.T) { oneWins(t, open(t)) })
}

// noon is a time that tables can keep to the digit.
var noon = time.UnixMilli(1_800_000_000_000)

func entry(key string, version int64) lexhook.Entry {
	return lexhook.Entry{
		Key: key, Version: version, Owner: "o", Execution: 1, Lease: noon.Add(time.Second),
		Expires: noon.Add(time.Hour), Answer: []byte(fmt.Sprint("answer ", version)),
	}
}

func contract(t *testing.T, table lexhook.Table) {
	ctx := t.Context()
	if _, err := table.Get(ctx, "a"); !errors.Is(err, lexhook.ErrNoEntry) {
		t.Errorf("Get of an unknown key: %v, want ErrNoEntry", err)
	}
	steps := []struct {
		name    string
		put     lexhook.Entry
		replace bool
		now     time.Time
		want    bool
		there   int64 // version after the step
	}{
		{"replace what is not there", entry("a", 2), true, noon, false, 0},
		{"create", entry("a", 1), false, noon, true, 1},
		{"create again", entry("a", 1), false, noon, false, 1},
		{"create again in the last moment", entry("a", 1), false, noon.Add(time.Hour - time.Millisecond), false, 1},
		{"replace", entry("a", 2), true, noon, true, 2},
		{"replace the same version again", entry("a", 2), true, noon, false, 2},
		{"replace from a version that never was", entry("a", 9), true, noon, false, 2},
		{"create when it has expired", entry("a", 1), false, noon.Add(time.Hour), true, 1},
		{"a key of other letters", entry("A", 1), false, noon, true, 1},
	}
	for _, step := range steps {
		var done bool
		var err error
		if step.replace {
			done, err = table.Replace(ctx, step.put)
		} else {
			done, err = table.Create(ctx, step.put, step.now)
		}
		if err != nil || done != step.want {
			t.Fatalf("%s: %v, %v; want %v", step.name, done, err, step.want)
		}
		if there, err := table.Get(ctx, step.put.Key); err == nil && there.Version != step.there || err != nil && step.there != 0 {
			t.Fatalf("%s: then version %d, %v; want %d", step.name, there.Version, err, step.there)
		}
	}
}

func keptWhole(t *testing.T, table lexhook.Table) {
	for _, whole := range []lexhook.Entry{
		{
			Key: "é/ '\"\x00%", Version: 1, Owner: "o2", Execution: 7, Lease: noon, Done: true,
			Answer: []byte(strings.Repeat("x", lexhook.MaxAnswer)), Fault: "fault", Expires: noon.Add(time.Minute + time.Millisecond),
		},
		{Key: "bare", Version: 1, Owner: "o", Execution: 1, Lease: noon.Add(time.Millisecond), Expires: noon.Add(time.Minute)},
	} {
		if done, err := table.Create(t.Context(), whole, noon); !done || err != nil {
			t.Fatalf("create %+v: %v, %v", whole, done, err)
		}
		got, err := table.Get(t.Context(), whole.Key)
		if len(got.Answer) == 0 {
			got.Answer = nil // none is none
		}
		if err != nil || !got.Lease.Equal(whole.Lease) || !got.Expires.Equal(whole.Expires) {
			t.Errorf("put %+v, got %+v, %v; want the same times", whole, got, err)
		}
		got.Lease, got.Expires = whole.Lease, whole.Expires // they may be in another location
		if !reflect.DeepEqual(got, whole) {
			t.Errorf("put %+v, got %+v", whole, got)
		}
	}
}

// oneWins has many write the same version at once.
func oneWins(t *testing.T, table lexhook.Table) {
	const writers = 20
	for round := range int64(5) {
		won := make([]bool, writers)
		var group sync.WaitGroup
		for i := range won {
			group.Go(func() {
				e := entry("k", round+1)
				e.Owner = fmt.Sprint(i)
				var err error
				if round == 0 {
					won[i], err = table.Create(t.Context(), e, noon)
				} else {
					won[i], err = table.Replace(t.Context(), e)
				}
				if err != nil {
					t.Errorf("write version %d: %v", e.Version, err)
				}
			})
		}
		group.Wait()
		var winners []string
		for i := range won {
			if won[i] {
				winners = append(winners, fmt.Sprint(i))
			}
		}
		there, err := table.Get(t.Context(), "k")
		if len(winners) != 1 || err != nil || there.Owner != winners[0] || there.Version != round+1 {
			t.Errorf("version %d: writers %v won and %+v is there, %v; want the one winner's", round+1, winners, there, err)
		}
	}
}
