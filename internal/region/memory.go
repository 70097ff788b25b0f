package region

import (
	"context"
	"fmt"
	"sync"
)

// Memory is a Table in this process's memory: for a single gateway that shares
// with nobody, and for tests. The zero value is an empty table.
type Memory struct {
	mu    sync.Mutex
	items map[string]map[string]any
}

var _ Table = (*Memory)(nil)

// Get implements Table. It does not wait for anything.
func (m *Memory) Get(ctx context.Context, key string) (Item, error) {
	if err := ctx.Err(); err != nil {
		return Item{}, fmt.Errorf("get item %q: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	attributes, ok := m.items[key]
	if !ok {
		return Item{}, fmt.Errorf("get item %q: %w", key, ErrNotFound)
	}
	return Item{Key: key, Attributes: cloneMap(attributes)}, nil
}

// Put implements Table. It does not wait for anything.
func (m *Memory) Put(ctx context.Context, item Item) error {
	return m.store(ctx, "put", item.Key, func(map[string]any) (map[string]any, error) {
		return cloneMap(item.Attributes), CheckAttributes(item.Attributes)
	})
}

// Update implements Table. It does not wait for anything.
func (m *Memory) Update(ctx context.Context, key string, c Change) error {
	return m.store(ctx, "update", key, c.Apply)
}

func (m *Memory) store(ctx context.Context, what, key string, change func(map[string]any) (map[string]any, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := ctx.Err()
	var changed map[string]any
	if err == nil {
		changed, err = change(m.items[key])
	}
	if err != nil {
		return fmt.Errorf("%s item %q: %w", what, key, err)
	}
	if m.items == nil {
		m.items = map[string]map[string]any{}
	}
	m.items[key] = changed
	return nil
}
