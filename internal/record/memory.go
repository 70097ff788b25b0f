package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a Store that lives as long as its process. When it holds 10,000 entries, a
// new one takes the place of the oldest. The zero value is ready.
type Memory struct {
	mu      sync.Mutex
	entries []Entry // the oldest first
}

const maxMemory = 10_000

// Put implements Store.
func (m *Memory) Put(_ context.Context, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Record = slices.Clone(e.Record)
	at, there := slices.BinarySearchFunc(m.entries, e, inOrder)
	if there {
		m.entries[at] = e
		return nil
	}
	m.entries = slices.Insert(m.entries, at, e)
	m.entries = m.entries[max(0, len(m.entries)-maxMemory):]
	return nil
}

// inOrder compares entries by age, and those of the same moment by their call.
func inOrder(a, b Entry) int {
	return cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.Call, b.Call))
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, call string) ([]Entry, error) {
	return m.find(time.Now(), func(e Entry) bool { return e.Call == call }), nil
}

// List implements Store.
func (m *Memory) List(_ context.Context, f Filter) ([]Entry, error) {
	found := m.find(time.Now(), f.Matches)
	slices.Reverse(found)
	if f.Limit > 0 {
		found = found[:min(f.Limit, len(found))]
	}
	return found, nil
}

func (m *Memory) find(now time.Time, wanted func(Entry) bool) (found []Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.entries {
		if wanted(e) && now.Before(e.Until) {
			e.Record = slices.Clone(e.Record)
			found = append(found, e)
		}
	}
	return found
}

// DeleteExpired implements Store.
func (m *Memory) DeleteExpired(_ context.Context, now time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.entries)
	m.entries = slices.DeleteFunc(m.entries, func(e Entry) bool { return !now.Before(e.Until) })
	return before - len(m.entries), nil
}
