package lexhook_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"lexline/lexhook"
	"lexline/lexhook/keytest"
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
		t.Run(implementation.name, func(t *testing.T) {
			keytest.Run(t, func(t *testing.T) lexhook.Table { return implementation.open(t) })
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
