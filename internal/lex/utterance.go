package lex

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// The body of a spoken turn, in the terms of RecognizeUtterance's
// requestContentType.
const utteranceType = "audio/lpcm; sample-rate=8000; sample-size-bits=16; channel-count=1; is-big-endian=false"

// utteranceChunk is how much mu-law a read waits for while the caller talks:
// 100 ms, so that there are ten packets a second and not fifty.
const utteranceChunk = 100 * audio.SampleRate / 1000

// linear holds each mu-law code's sample as two bytes, the low one first.
var linear = func() (table [256][2]byte) {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	for i, sample := range audio.DecodeMuLaw(nil, codes) {
		binary.LittleEndian.PutUint16(table[i][:], uint16(sample))
	}
	return table
}()

// utterance reads a growing call.Speech as linear samples: it is the body of
// one request. One goroutine at a time calls Read.
type utterance struct {
	ctx    context.Context // of speech: done when the request is, or by end
	end    context.CancelCauseFunc
	speech io.ReadCloser
	sent   *atomic.Int64
	half   int // the second byte of a sample of which the first was read; -1: none
}

// newUtterance returns speech from its first byte on as the body of a request
// that lives as long as ctx, and counts in sent what was read of it. It must be
// closed.
func newUtterance(ctx context.Context, speech *call.Speech, sent *atomic.Int64) *utterance {
	ctx, end := context.WithCancelCause(ctx)
	return &utterance{ctx: ctx, end: end, speech: speech.Reader(ctx), sent: sent, half: -1}
}

// Read waits until the caller has spoken for another 100 ms or has ended. It
// does not allocate.
func (u *utterance) Read(p []byte) (int, error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case u.half >= 0:
		p[0] = byte(u.half)
		u.half = -1
		return 1, nil
	case len(p) == 1:
		var sample [2]byte
		n, err := u.Read(sample[:])
		if n > 0 {
			p[0], u.half = sample[0], int(sample[1])
			n = 1
		}
		return n, err
	}
	// The codes are read into the upper half and expand downwards from there:
	// no sample is written over a code that is still to be read.
	codes := p[len(p)-len(p)/2:]
	n, err := io.ReadAtLeast(u.speech, codes, min(utteranceChunk, len(codes)))
	for i, code := range codes[:n] {
		copy(p[2*i:2*i+2], linear[code][:])
	}
	if n > 0 {
		u.sent.Add(int64(2 * n))
		return 2 * n, nil // the error, if there is one, comes again
	}
	return 0, u.whyEnded(err)
}

func (u *utterance) whyEnded(err error) error {
	if cause := context.Cause(u.ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) {
		return err
	}
	return &utteranceError{err}
}

// finish ends the body in the regular way, wherever the caller is: the answer
// is there. A Read that waits returns.
func (u *utterance) finish() { u.end(io.EOF) }

// Close frees what the utterance holds and makes a Read that waits return.
func (u *utterance) Close() error {
	err := u.speech.Close()
	u.end(io.ErrClosedPipe)
	return err
}

// utteranceError says that the caller's side could not be read to its end: no
// fault of Lex.
type utteranceError struct{ err error }

func (e *utteranceError) Error() string { return fmt.Sprintf("read the utterance: %v", e.err) }
func (e *utteranceError) Unwrap() error { return e.err }
