package twilio

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Notes are what instances leave each other about a call, each under a key of at
// most 200 bytes and gone at a time given with it. They are safe for several
// goroutines. A caller gives each of them its own deadline.
type Notes interface {
	// PutNote leaves a note, in place of the one that was under key. It holds until
	// the time given. value is not kept when PutNote returns.
	PutNote(ctx context.Context, key string, value []byte, until time.Time) error
	// Note returns the note under key, or nil if there is none.
	Note(ctx context.Context, key string) ([]byte, error)
}

const (
	maxNotes     = 10_000   // of a MemoryNotes
	maxNoteBytes = 64 << 10 // of one note: as much as the longest words in a TwiML document
)

var errNoteTooLong = errors.New("note is longer than 64 KiB")

// MemoryNotes are Notes of this process only. When there are 10,000 of them, a new
// one takes the place of the one that would have gone first. Make them with NewNotes.
type MemoryNotes struct {
	limit int
	now   func() time.Time

	mu    sync.Mutex
	notes map[string]memoryNote
}

type memoryNote struct {
	value []byte
	until time.Time
}

// NewNotes returns Notes that are kept in memory.
func NewNotes() *MemoryNotes {
	return &MemoryNotes{limit: maxNotes, now: time.Now, notes: map[string]memoryNote{}}
}

// PutNote implements Notes.
func (m *MemoryNotes) PutNote(_ context.Context, key string, value []byte, until time.Time) error {
	if len(value) > maxNoteBytes {
		return errNoteTooLong
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.notes[key]; !there && len(m.notes) >= m.limit {
		m.makeRoomLocked()
	}
	m.notes[key] = memoryNote{slices.Clone(value), until}
	return nil
}

// resize changes how many notes there is room for. Those that are there stay.
func (m *MemoryNotes) resize(limit int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = limit
}

// makeRoomLocked drops what is over and, if nothing is, the note that would have
// gone first.
func (m *MemoryNotes) makeRoomLocked() {
	now, first := m.now(), ""
	for key, note := range m.notes {
		if !now.Before(note.until) {
			delete(m.notes, key)
			continue
		}
		if first == "" || note.until.Before(m.notes[first].until) {
			first = key
		}
	}
	if len(m.notes) >= m.limit {
		delete(m.notes, first)
	}
}

// Note implements Notes.
func (m *MemoryNotes) Note(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	note, there := m.notes[key]
	if !there || !m.now().Before(note.until) {
		return nil, nil
	}
	return slices.Clone(note.value), nil
}

var _ Notes = (*MemoryNotes)(nil)
