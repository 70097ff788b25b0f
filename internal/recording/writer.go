package recording

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"lexline/internal/audio"
)

// writer puts blocks into a file.
type writer struct {
	file   file
	frames int // written
}

// write makes the file and writes to it until the recording is closed. The first thing
// that goes wrong ends the recording with one line in the log, and not the call.
func (r *Recording) write(path string) {
	w, err := r.create(path)
	written := 0
	for b := range r.full {
		if err == nil {
			err = w.add(b)
			if written++; err == nil && written%headerEvery == 0 {
				err = w.head()
			}
			if err != nil {
				r.fail(path, err)
			}
		}
		if err != nil {
			r.folder.counts.dropped.Add(int64(b.frames))
		}
		r.free <- b
	}
	if w == nil {
		return
	}
	if err == nil {
		err = w.silence(r.tail)
	}
	if late := w.close(); err == nil && late != nil {
		r.fail(path, late)
	}
}

// create makes the file with its header, or none: a full disk is not to fill up with
// names.
func (r *Recording) create(path string) (*writer, error) {
	f, err := r.folder.create(path)
	if err != nil {
		r.fail(path, err)
		return nil, err
	}
	if _, err := f.Write(audio.MuLawWAVHeader(2, 0)); err != nil {
		err = errors.Join(err, f.Close(), os.Remove(path))
		r.fail(path, err)
		return nil, err
	}
	return &writer{file: f}, nil
}

func (r *Recording) fail(path string, err error) {
	r.failed.Store(true)
	r.folder.counts.failed.Add(1)
	r.log.Warn("recording ended before its call", "file", path, "err", err)
}

// add writes a block, and silence for what was dropped before it.
func (w *writer) add(b *block) error {
	if err := w.silence(b.missing); err != nil {
		return err
	}
	if w.frames+b.frames > maxFrames {
		return fmt.Errorf("it is longer than %d frames of 20 ms", maxFrames)
	}
	if _, err := w.file.Write(b.audio[:b.frames*pairBytes]); err != nil {
		return fmt.Errorf("write to it: %w", err)
	}
	w.frames += b.frames
	return nil
}

var quiet = bytes.Repeat([]byte{silence}, pairBytes)

func (w *writer) silence(frames int) error {
	for range frames {
		if _, err := w.file.Write(quiet); err != nil {
			return fmt.Errorf("write to it: %w", err)
		}
		w.frames++
	}
	return nil
}

// head puts the header right for what was written so far.
func (w *writer) head() error {
	if _, err := w.file.WriteAt(audio.MuLawWAVHeader(2, w.frames*pairBytes), 0); err != nil {
		return fmt.Errorf("write its header: %w", err)
	}
	return nil
}

// close puts the header right, whatever happened before, and closes the file.
func (w *writer) close() error {
	err := w.head()
	if closed := w.file.Close(); err == nil && closed != nil {
		err = fmt.Errorf("close it: %w", closed)
	}
	return err
}
