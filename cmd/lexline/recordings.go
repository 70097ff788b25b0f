package main

import (
	"fmt"
	"time"

	"lexline/internal/call"
	"lexline/internal/recording"
)

// openRecordings has the calls recorded, if a folder is configured for that.
func (g *gateway) openRecordings() error {
	path := g.cfg.Recording.Folder
	if path == "" {
		return nil
	}
	folder, err := recording.Open(path, g.log)
	if err != nil {
		return &hintError{fmt.Errorf("recording.folder: %w", err), "without a folder there nothing is recorded, and calls go on"}
	}
	g.kept = folder
	g.calls.NewRecorder = func(info call.Info) call.Recorder { return folder.Begin(info.ID, time.Now()) }
	g.log.Warn("calls are recorded", "folder", path, "key", "recording.folder")
	return nil
}

// closeRecordings waits until what was recorded is in its files.
func (g *gateway) closeRecordings() {
	if g.kept != nil {
		g.kept.Close()
	}
}

// recordings are the totals of what was recorded.
func (g *gateway) recordings() recording.Counters {
	if g.kept == nil {
		return recording.Counters{}
	}
	return g.kept.Counters()
}

// recordingMetrics are those of the recordings.
func recordingMetrics() []metric {
	total := func(name, help string, of func(recording.Counters) int64) metric {
		return metric{name, help, counter, nil, func(s statusAnswer, to emit) { to(float64(of(s.Recordings))) }}
	}
	return []metric{
		total("lexline_recordings_total", "Recordings of calls that were begun.", func(c recording.Counters) int64 { return c.Begun }),
		total("lexline_recordings_failed_total", "Recordings that ended before their call.", func(c recording.Counters) int64 { return c.Failed }),
		total("lexline_recording_dropped_frames_total", "Frames of 20 ms that are silence in a recording, or missing at its end.", func(c recording.Counters) int64 { return c.Dropped }),
	}
}
