package recording

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
)

const (
	frameBytes  = 160               // 20 ms of one side
	pairBytes   = 2 * frameBytes    // of both, byte by byte in turns
	blockFrames = 25                // written at a time: 500 ms
	blocks      = 8                 // of one recording: a disk may keep still for 3.5 s
	headerEvery = 10                // blocks, after which the header is put right: 5 s
	silence     = 0xff              // mu-law
	maxFrames   = 12 * 60 * 60 * 50 // of a file: twelve hours, far below what a header can say
	blockBytes  = blockFrames * pairBytes
)

// file is what a recording writes to.
type file interface {
	io.Writer
	io.WriterAt
	io.Closer
}

// block is a piece of the recording on its way to the file.
type block struct {
	missing int // frames before it that were dropped
	frames  int
	audio   [blockBytes]byte
}

// Recording is the recording of one call. It belongs to the goroutine that runs the call.
type Recording struct {
	folder *Folder
	name   string // of the file
	log    *slog.Logger

	current *block // being filled; nil: none
	missing int    // frames dropped since
	dropped int

	free, full chan *block // both have room for all there are: no sender waits
	failed     atomic.Bool // nothing more can be written
	tail       int         // frames dropped behind the last block; set before full is closed
}

// Name returns the name of the file, in its folder.
func (r *Recording) Name() string { return r.name }

func newRecording(folder *Folder, logger *slog.Logger) *Recording {
	r := &Recording{folder: folder, log: logger, free: make(chan *block, blocks), full: make(chan *block, blocks)}
	for range blocks {
		r.free <- new(block)
	}
	return r
}

// Frame takes 20 ms of mu-law of both sides; far is nil for silence. It does not block
// and keeps neither. When the file cannot follow the frame is dropped, and silence
// takes its place.
func (r *Recording) Frame(near, far []byte) {
	if r.current == nil && !r.begin() {
		r.missing++
		r.dropped++
		return
	}
	b := r.current
	pair := b.audio[b.frames*pairBytes : (b.frames+1)*pairBytes]
	lay(pair, near)
	lay(pair[1:], far)
	if b.frames++; b.frames == blockFrames {
		r.full <- b
		r.current = nil
	}
}

// lay puts a side's samples into every second place of a pair.
func lay(pair, mulaw []byte) {
	for i := range frameBytes {
		code := byte(silence)
		if i < len(mulaw) {
			code = mulaw[i]
		}
		pair[2*i] = code
	}
}

// begin takes a block to fill, if there is one.
func (r *Recording) begin() bool {
	if r.failed.Load() {
		return false
	}
	select {
	case b := <-r.free:
		b.missing, b.frames = r.missing, 0
		r.current, r.missing = b, 0
		return true
	default:
		return false
	}
}

// Close ends the recording: what was taken is written after it has returned. It is
// called once. Its error says how much is missing, unless the log has been told that
// nothing more could be written.
func (r *Recording) Close() error {
	if r.current != nil {
		r.full <- r.current
	}
	r.tail = r.missing
	close(r.full)
	r.folder.counts.dropped.Add(int64(r.dropped))
	if r.dropped > 0 && !r.failed.Load() { // else that was said when it failed
		return fmt.Errorf("%d frames of 20 ms are missing: the file could not be written fast enough, or not at all", r.dropped)
	}
	return nil
}
