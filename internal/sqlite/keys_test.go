package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/region"
)

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.db")
	db := open(t, path)
	if keys, err := db.Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("Keys of a new file = %q, %v; want none", keys, err)
	}
	for _, key := range []string{"us-east-1#history", "us-east-1", "a'b"} {
		if err := db.Put(t.Context(), region.Item{Key: key, Attributes: map[string]any{"n": int64(1)}}); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := open(t, path).Keys(t.Context()) // as another process sees it
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a'b", "us-east-1", "us-east-1#history"}, keys); diff != "" {
		t.Errorf("Keys (-want +got):\n%s", diff)
	}
}

func TestKeysOfClosedFile(t *testing.T) {
	db, err := Open(filepath.Join(t.TempDir(), "table.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if keys, err := db.Keys(t.Context()); err == nil {
		t.Errorf("Keys of a closed file = %q; want an error", keys)
	}
}
