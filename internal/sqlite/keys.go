package sqlite

import (
	"context"
	"fmt"
)

// Keys returns the keys of all items in the order of the alphabet: for commands
// that are given a file and not told what is in it. A table of another kind need
// not have that, so it is not part of region.Table.
func (d *DB) Keys(ctx context.Context) (keys []string, err error) {
	err = d.try(ctx, func(ctx context.Context) error {
		keys = nil // of an earlier try
		rows, err := d.db.QueryContext(ctx, "SELECT key FROM items ORDER BY key")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err tells what went wrong
		for rows.Next() {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			keys = append(keys, key)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the items of %s: %w", d.path, err)
	}
	return keys, nil
}
