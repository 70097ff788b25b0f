package lexhook

import (
	"context"
	"slices"
	"sync"
	"time"
)

// sweepEvery is how often a table of ours looks for expired keys, at most.
const sweepEvery = time.Minute

// Memory is a Table in the memory of one process: for tests, and for programs
// that may forget everything when they end.
type Memory struct {
	mu      sync.Mutex
	entries map[string]Entry
	swept   time.Time
}

// NewMemory returns an empty table.
func NewMemory() *Memory {
	return &Memory{entries: make(map[string]Entry)}
}

// Create implements Table. Once a minute it also removes all keys that have expired.
func (m *Memory) Create(_ context.Context, e Entry, now time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since := now.Sub(m.swept); since >= sweepEvery || since < 0 {
		m.swept = now
		for key, old := range m.entries {
			if !old.Expires.After(now) {
				delete(m.entries, key)
			}
		}
	}
	if old, ok := m.entries[e.Key]; ok && old.Expires.After(now) {
		return false, nil
	}
	m.entries[e.Key] = e.copied()
	return true, nil
}

// Get implements Table.
func (m *Memory) Get(_ context.Context, key string) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok {
		return Entry{}, ErrNoEntry
	}
	return e.copied(), nil
}

// Replace implements Table.
func (m *Memory) Replace(_ context.Context, e Entry) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.entries[e.Key]; !ok || old.Version != e.Version-1 {
		return false, nil
	}
	m.entries[e.Key] = e.copied()
	return true, nil
}

func (e Entry) copied() Entry {
	e.Answer = slices.Clone(e.Answer)
	return e
}
