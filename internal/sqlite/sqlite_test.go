package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/region"
	"lexline/internal/region/tabletest"
)

// roleVariable makes this test binary play another process: see TestMain.
const roleVariable = "LEXLINE_SQLITE_TEST_ROLE"

func TestMain(m *testing.M) {
	role, path, _ := strings.Cut(os.Getenv(roleVariable), ":")
	if role == "" {
		os.Exit(m.Run())
	}
	roles := map[string]func(path string) error{
		"count":  func(path string) error { return count(path, 40) },
		"record": func(path string) error { return putCalls(path, "there") },
		"hold":   hold, "freeze": freeze,
	}
	if err := roles[role](path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// otherProcess is this test's binary in another role. It has ended when the test ends.
func otherProcess(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), roleVariable+"="+role+":"+path)
	return cmd
}

func open(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestTable(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) region.Table { return open(t, filepath.Join(t.TempDir(), "table 1%?#.db")) })
}

// count adds to the number in an item by conditional updates, as often as told.
func count(path string, times int) error {
	db, err := Open(path)
	if err != nil {
		return err
	}
	for done := 0; done < times; {
		item, err := db.Get(context.Background(), "k")
		if err != nil && !errors.Is(err, region.ErrNotFound) {
			return errors.Join(err, db.Close())
		}
		n, _ := item.Attributes["version"].(int64)
		err = db.Update(context.Background(), "k", region.Change{
			Set: map[string]any{"version": n + 1}, Where: region.Where{Path: []string{"version"}, Is: n},
		})
		switch {
		case err == nil:
			done++
		case !errors.Is(err, region.ErrConflict):
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

func TestManyProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	var others []*exec.Cmd
	var said []*bytes.Buffer
	for range 2 {
		cmd := otherProcess(t, "count", path)
		said = append(said, new(bytes.Buffer))
		cmd.Stderr = said[len(said)-1]
		if err := cmd.Start(); err != nil { // both make the file at once
			t.Fatal(err)
		}
		others = append(others, cmd)
	}
	errs := make(chan error)
	for range 2 { // and two handles in this process
		go func() { errs <- count(path, 40) }()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for i, cmd := range others {
		if err := cmd.Wait(); err != nil {
			t.Errorf("another process: %v: %s", err, said[i])
		}
	}
	item, err := open(t, path).Get(t.Context(), "k")
	if err != nil || item.Attributes["version"] != int64(160) {
		t.Errorf("after 4 times 40 updates Get = %v, %v; want version 160", item, err)
	}
}

// hold locks the file against other writers until its standard input ends.
func hold(path string) error {
	db, err := Open(path)
	if err != nil {
		return err
	}
	tx, err := db.db.Begin() // immediate: see Open
	if err != nil {
		return err
	}
	fmt.Println("locked")
	var end [1]byte
	os.Stdin.Read(end[:]) //nolint:errcheck // the end of the input is what is waited for
	return errors.Join(tx.Rollback(), db.Close())
}

func TestContextEndsTheWaitForAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	db := open(t, path)
	item := region.Item{Key: "k", Attributes: map[string]any{"lexRegion": "us-east-1"}}
	if err := db.Put(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	cmd := otherProcess(t, "hold", path)
	letGo, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := readLine(out); err != nil || line != "locked\n" {
		t.Fatalf("the other process said %q, %v; want locked", line, err)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := db.Get(ctx, "k"); err != nil {
		t.Errorf("Get while another process writes: %v; want the item", err)
	}
	err = db.Update(ctx, "k", region.Change{Set: map[string]any{"by": "x"}})
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took < 250*time.Millisecond || took > 2*time.Second {
		t.Errorf("Update with 300 ms to go while another process writes = %v after %v; want DeadlineExceeded then", err, took)
	}
	if err := letGo.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), "k", region.Change{Set: map[string]any{"by": "x"}}); err != nil {
		t.Errorf("Update once the other lets go: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func readLine(from interface{ Read([]byte) (int, error) }) (string, error) {
	var line []byte
	for one := make([]byte, 1); !bytes.HasSuffix(line, []byte("\n")); {
		if _, err := from.Read(one); err != nil {
			return string(line), err
		}
		line = append(line, one[0])
	}
	return string(line), nil
}

func TestSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	db := open(t, path)
	if err := db.Put(t.Context(), region.Item{Key: "k", Attributes: map[string]any{"a": "b"}}); err != nil {
		t.Fatal(err)
	}
	cmd := otherProcess(t, "hold", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := readLine(out); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the killed process ended well")
	}
	if err := db.Update(t.Context(), "k", region.Change{Set: map[string]any{"a": "c"}}); err != nil {
		t.Errorf("Update after a process that held the lock was killed: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	newer := filepath.Join(dir, "newer.db")
	for path, statement := range map[string]string{
		foreign: "PRAGMA application_id = 7", newer: "PRAGMA user_version = 2",
	} {
		db, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.db.Exec(statement); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no database\n"), 500), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		foreign: "another program", newer: "newer lexline", text: "not a database", dir: "not a regular file",
		filepath.Join(dir, "no", "folder"): "no such file",
	} {
		db, err := Open(path)
		if err == nil {
			db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%s) = %v; want an error with %q and the path", path, err, want)
		}
	}
	if info, err := os.Stat(newer); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's permissions are %v, %v; want its owner's only", info.Mode(), err)
	}
}

// TestDamagedFiles cuts and flips bits of a file and of its log. Nothing may
// crash, and what is read is what was written or an error.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "table.db")
	db := open(t, path)
	written := map[string]string{}
	for i := range 60 {
		key := fmt.Sprint("key", i)
		written[key] = strings.Repeat(key, 40)
		if err := db.Put(t.Context(), region.Item{Key: key, Attributes: map[string]any{"a": written[key]}}); err != nil {
			t.Fatal(err)
		}
		if i == 30 { // half of it in the file, half in the log
			if _, err := db.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
		}
	}
	file, errFile := os.ReadFile(path)
	log, errLog := os.ReadFile(path + "-wal")
	if err := errors.Join(errFile, errLog); err != nil || len(log) == 0 {
		t.Fatalf("the log has %d bytes: %v", len(log), err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	refused, errs, wrong := 0, 0, 0
	for n := range 200 {
		damaged := [2][]byte{bytes.Clone(file), bytes.Clone(log)}
		which := rng.IntN(2)
		switch b := damaged[which]; n % 4 {
		case 0:
			damaged[which] = b[:rng.IntN(len(b))]
		case 1:
			for range 1 + rng.IntN(20) {
				b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			}
		case 2: // in the header and the first page, where it hurts
			for range 1 + rng.IntN(20) {
				b[rng.IntN(min(len(b), 4096))] ^= 1 << rng.IntN(8)
			}
		case 3:
			from := rng.IntN(len(b))
			for i := from; i < min(from+2000, len(b)); i++ {
				b[i] = byte(rng.Uint32())
			}
		}
		copied := filepath.Join(dir, fmt.Sprint("damaged", n, ".db"))
		if err := errors.Join(os.WriteFile(copied, damaged[0], 0o600), os.WriteFile(copied+"-wal", damaged[1], 0o600)); err != nil {
			t.Fatal(err)
		}
		db, err := Open(copied)
		if err != nil {
			refused++
			continue
		}
		for key, text := range written {
			if key == "key7" {
				if err := db.Update(t.Context(), key, region.Change{Set: map[string]any{"b": "c"}}); err != nil {
					errs++
				}
			}
			item, err := db.Get(t.Context(), key)
			switch {
			case errors.Is(err, region.ErrNotFound): // it was in the lost part of the log
			case err != nil:
				errs++
			case item.Attributes["a"] != text:
				wrong++ // SQLite keeps no checksums of the file itself
			}
		}
		if err := db.Close(); err != nil {
			errs++
		}
	}
	t.Logf("of 200 damaged files %d were refused; of the others' calls %d were errors and %d gave another text", refused, errs, wrong)
	if refused < 20 {
		t.Errorf("of 200 damaged files only %d were refused; the test damages too little", refused)
	}
}

func TestDamagedItem(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "table.db"))
	for _, text := range []string{"", "{", "[]", `{"a":null}`, `{"a":1.5}`} {
		if _, err := db.db.Exec("INSERT OR REPLACE INTO items VALUES ('k', ?)", text); err != nil {
			t.Fatal(err)
		}
		if item, err := db.Get(t.Context(), "k"); err == nil || errors.Is(err, region.ErrNotFound) {
			t.Errorf("Get of an item that is %q = %v, %v; want an error", text, item, err)
		}
		if err := db.Update(t.Context(), "k", region.Change{Set: map[string]any{"a": "b"}}); err == nil || errors.Is(err, region.ErrConflict) {
			t.Errorf("Update of an item that is %q = %v; want an error", text, err)
		}
		if err := db.Put(t.Context(), region.Item{Key: "k", Attributes: map[string]any{"a": "b"}}); err != nil {
			t.Errorf("Put in place of an item that is %q: %v", text, err)
		}
	}
}

func TestClosed(t *testing.T) {
	db, err := Open(filepath.Join(t.TempDir(), "table.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Get(t.Context(), "k"); err == nil || errors.Is(err, region.ErrNotFound) {
		t.Errorf("Get of a closed table = %v; want an error", err)
	}
}
