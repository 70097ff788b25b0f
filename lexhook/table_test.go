package lexhook_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"lexline/lexhook"
)

// dsn is how these tests open a SQLite file.
func dsn(path string) string { return "file:" + path + "?_pragma=busy_timeout(5000)" }

// openSQLite opens the key table in a file, until the test ends.
func openSQLite(t testing.TB, path string) *lexhook.SQLite {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	table, err := lexhook.OpenSQLite(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// tables are all implementations of Table in this package.
var tables = []struct {
	name string
	open func(t testing.TB) lexhook.Table
}{
	{"memory", func(testing.TB) lexhook.Table { return lexhook.NewMemory() }},
	{"sqlite", func(t testing.TB) lexhook.Table { return openSQLite(t, filepath.Join(t.TempDir(), "keys.db")) }},
}

// noon is a time that tables can keep to the digit.
var noon = time.UnixMilli(1_800_000_000_000)

func entry(key string, version int64) lexhook.Entry {
	return lexhook.Entry{
		Key: key, Version: version, Owner: "o", Execution: 1, Lease: noon.Add(time.Second),
		Expires: noon.Add(time.Hour), Answer: []byte(fmt.Sprint("answer ", version)),
	}
}

func TestTable(t *testing.T) {
	for _, implementation := range tables {
		t.Run(implementation.name, func(t *testing.T) { testTable(t, implementation.open(t)) })
	}
}

// testTable checks the contract of Table.
func testTable(t *testing.T, table lexhook.Table) {
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
	whole := lexhook.Entry{
		Key: "é/ '\"\x00%", Version: 1, Owner: "o2", Execution: 7, Lease: noon, Done: true,
		Answer: []byte(strings.Repeat("x", lexhook.MaxAnswer)), Fault: "fault", Expires: noon.Add(time.Minute),
	}
	if done, err := table.Create(ctx, whole, noon); !done || err != nil {
		t.Fatalf("create a full entry: %v, %v", done, err)
	}
	got, err := table.Get(ctx, whole.Key)
	if diff := cmp.Diff(whole, got); err != nil || diff != "" {
		t.Errorf("an entry changed in the table, %v (-want +got):\n%s", err, diff)
	}
}

func TestTableHasOneWinner(t *testing.T) {
	const writers = 20
	for _, implementation := range tables {
		t.Run(implementation.name, func(t *testing.T) {
			table := implementation.open(t)
			for round := range int64(5) {
				won := make(chan bool, writers)
				var group sync.WaitGroup
				for range writers {
					group.Go(func() {
						e := entry("k", round+1)
						var done bool
						var err error
						if round == 0 {
							done, err = table.Create(t.Context(), e, noon)
						} else {
							done, err = table.Replace(t.Context(), e)
						}
						if err != nil {
							t.Errorf("write version %d: %v", e.Version, err)
						}
						won <- done
					})
				}
				group.Wait()
				close(won)
				winners := 0
				for done := range won {
					if done {
						winners++
					}
				}
				if winners != 1 {
					t.Errorf("version %d: %d of %d writers won, want 1", round+1, winners, writers)
				}
			}
		})
	}
}

func TestExpiredKeysAreRemoved(t *testing.T) {
	const keys = 40
	for _, implementation := range tables {
		t.Run(implementation.name, func(t *testing.T) {
			table := implementation.open(t)
			for i := range keys {
				if done, err := table.Create(t.Context(), entry(fmt.Sprint(i), 1), noon); !done || err != nil {
					t.Fatalf("create key %d: %v, %v", i, done, err)
				}
			}
			late := entry("late", 1)
			if done, err := table.Create(t.Context(), late, noon.Add(2*time.Hour)); !done || err != nil {
				t.Fatalf("create a key two hours later: %v, %v", done, err)
			}
			for i := range keys {
				if _, err := table.Get(t.Context(), fmt.Sprint(i)); !errors.Is(err, lexhook.ErrNoEntry) {
					t.Errorf("key %d, expired an hour ago: %v, want ErrNoEntry", i, err)
				}
			}
			if _, err := table.Get(t.Context(), "late"); err != nil {
				t.Errorf("the new key: %v, want it there", err)
			}
		})
	}
}

func TestOpenSQLiteRefuses(t *testing.T) {
	healthy := filepath.Join(t.TempDir(), "healthy.db")
	func() {
		db, err := sql.Open("sqlite", dsn(healthy))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() // so that all of it is in the one file
		table, err := lexhook.OpenSQLite(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			if done, err := table.Create(t.Context(), entry(fmt.Sprintf("key %d %s", i, strings.Repeat("x", 100)), 1), noon); !done || err != nil {
				t.Fatalf("create: %v, %v", done, err)
			}
		}
	}()
	sound, err := os.ReadFile(healthy)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), sound...)
	for i := 5000; i < len(damaged)-5000; i += 100 {
		damaged[i] ^= 0xff
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ name, dsn string }{
		{"no database", dsn(write("a.db", []byte(strings.Repeat("this is a letter\n", 1000))))},
		{"a damaged one", dsn(write("b.db", damaged))},
		{"a database cut short", dsn(write("c.db", sound[:len(sound)/2]))},
		{"a folder", dsn(t.TempDir())},
		{"no folder", dsn(filepath.Join(t.TempDir(), "missing", "keys.db"))},
		{"one that does not wait", "file:" + healthy},
	} {
		db, err := sql.Open("sqlite", test.dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lexhook.OpenSQLite(t.Context(), db); err == nil || !strings.HasPrefix(err.Error(), "open key table: ") {
			t.Errorf("%s: %v, want an error about the key table", test.name, err)
		}
		db.Close()
	}
	openSQLite(t, healthy) // still a good one
}

// A table that cannot be reached says so, whatever it is asked.
func TestSQLiteThatIsGone(t *testing.T) {
	db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "keys.db")))
	if err != nil {
		t.Fatal(err)
	}
	table, err := lexhook.OpenSQLite(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Create(t.Context(), entry("a", 1), noon); err != nil {
		t.Fatal(err)
	}
	db.Close()
	_, createErr := table.Create(t.Context(), entry("b", 1), noon)
	_, sweepErr := table.Create(t.Context(), entry("b", 1), noon.Add(time.Hour))
	_, replaceErr := table.Replace(t.Context(), entry("a", 2))
	_, getErr := table.Get(t.Context(), "a")
	for want, err := range map[string]error{
		"create key: ": createErr, "remove expired keys: ": sweepErr, "replace key: ": replaceErr, "get key: ": getErr,
	} {
		if err == nil || errors.Is(err, lexhook.ErrNoEntry) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want one that begins with %q", err, want)
		}
	}
}
