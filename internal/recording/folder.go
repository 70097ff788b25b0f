package recording

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Folder is where calls are recorded. It is safe for several goroutines.
type Folder struct {
	path   string
	log    *slog.Logger
	create func(path string) (file, error)

	writers sync.WaitGroup
	counts  counts
}

// Counters are totals since the folder was opened.
type Counters struct {
	Begun   int64 `json:"begun"`          // recordings
	Failed  int64 `json:"failed"`         // of which so many ended before their call
	Dropped int64 `json:"dropped_frames"` // of 20 ms that are silence in a file, or missing behind its end
}

type counts struct{ begun, failed, dropped atomic.Int64 }

// Open makes the folder at path, for its owner alone, unless it is there, and finds out
// whether files can be made in it.
func Open(path string, logger *slog.Logger) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for recordings: %w", err)
	}
	trial, err := os.CreateTemp(path, ".trial-*")
	if err != nil {
		return nil, fmt.Errorf("make a file in the folder for recordings: %w", err)
	}
	_ = trial.Close() // nothing was written to it
	if err := os.Remove(trial.Name()); err != nil {
		return nil, fmt.Errorf("remove a file from the folder for recordings: %w", err)
	}
	return &Folder{path: path, log: logger, create: createFile}, nil
}

// Begin begins the recording of a call. Its file is named by the time, in UTC, and the
// call's id, of which only letters, digits, hyphens and underscores are taken.
func (f *Folder) Begin(call string, at time.Time) *Recording {
	f.counts.begun.Add(1)
	name := at.UTC().Format("20060102T150405.000Z") + "-" + plain(call) + ".wav"
	r := newRecording(f, f.log.With("call", call))
	r.name = name
	f.writers.Go(func() { r.write(filepath.Join(f.path, name)) })
	return r
}

// Counters returns the totals.
func (f *Folder) Counters() Counters {
	return Counters{Begun: f.counts.begun.Load(), Failed: f.counts.failed.Load(), Dropped: f.counts.dropped.Load()}
}

// Close waits until all that was recorded is in its file. Every recording must have
// been closed before.
func (f *Folder) Close() { f.writers.Wait() }

// plain makes a part of a file's name of a call's id.
func plain(id string) string {
	const longest = 64
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_':
			return r
		}
		return '_'
	}, id[:min(len(id), longest)])
}

// createFile makes a file that is not there yet, for its owner alone.
func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}
