package twilio

import (
	"lexline/internal/audio"
	"lexline/internal/call"
)

// keepQueue is the capacity from which on an empty queue gives its memory back.
const keepQueue = 2048

// frameQueue takes mu-law of any length and gives it out in frames of exactly
// call.FrameBytes. The zero value is ready for use.
type frameQueue struct {
	buf  []byte // buf[head:] is waiting
	head int
}

// push appends audio.
func (q *frameQueue) push(mulaw []byte) {
	q.makeRoom(len(mulaw))
	q.buf = append(q.buf, mulaw...)
}

// silence appends n samples of silence.
func (q *frameQueue) silence(n int) {
	q.makeRoom(n)
	for range n {
		q.buf = append(q.buf, audio.MuLawSilence)
	}
}

// isReady reports whether there is a whole frame.
func (q *frameQueue) isReady() bool { return len(q.buf)-q.head >= call.FrameBytes }

// pop returns the next frame, or nil if there is no whole one. It is valid until
// the next push.
func (q *frameQueue) pop() []byte {
	if !q.isReady() {
		return nil
	}
	frame := q.buf[q.head : q.head+call.FrameBytes : q.head+call.FrameBytes]
	q.head += call.FrameBytes
	return frame
}

// keepNewest drops the oldest audio beyond limit bytes, in whole frames, and
// returns how many bytes it dropped.
func (q *frameQueue) keepNewest(limit int) int {
	over := len(q.buf) - q.head - limit
	if over <= 0 {
		return 0
	}
	over = (over + call.FrameBytes - 1) / call.FrameBytes * call.FrameBytes
	q.head += over
	return over
}

// makeRoom moves what waits to the front if n more bytes would not fit.
func (q *frameQueue) makeRoom(n int) {
	switch {
	case q.head == len(q.buf):
		if cap(q.buf) > keepQueue && n <= keepQueue {
			q.buf = nil
		}
		q.buf, q.head = q.buf[:0], 0
	case len(q.buf)+n > cap(q.buf):
		q.buf = q.buf[:copy(q.buf, q.buf[q.head:])]
		q.head = 0
	}
}
