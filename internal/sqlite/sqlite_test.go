package sqlite

import (
	"path/filepath"
	"testing"

	"lexline/internal/region"
	"lexline/internal/region/tabletest"
)

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
