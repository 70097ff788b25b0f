package call

import (
	"context"
	"errors"
	"io"
	"sync"
)

// ErrSpeechFull is returned by Append when a Speech has reached its limit.
var ErrSpeechFull = errors.New("speech is longer than its limit")

// Speech is one side's speech in one turn: 8 kHz mu-law audio that grows while
// that side talks. One goroutine appends; any number of readers each read it
// from its first byte, so that an utterance can be sent again, to another
// region for instance, while its caller is still talking.
type Speech struct {
	limit int
	done  chan struct{} // closed by the first End

	mu    sync.Mutex
	grown sync.Cond // signalled, with mu, whenever audio, end or err changed
	audio []byte
	ended bool
	err   error
}

// NewSpeech returns an empty Speech that holds at most limit bytes (8,000 a second).
func NewSpeech(limit int) *Speech {
	s := &Speech{limit: limit, done: make(chan struct{})}
	s.grown.L = &s.mu
	return s
}

// NewFinishedSpeech returns a Speech that already ended and holds mulaw.
func NewFinishedSpeech(mulaw []byte) *Speech {
	s := NewSpeech(len(mulaw))
	s.audio = mulaw
	s.End(nil)
	return s
}

// Append adds audio. Beyond the limit nothing more is kept and ErrSpeechFull is
// returned; what fits is kept. After End it does nothing.
func (s *Speech) Append(mulaw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	room := min(len(mulaw), s.limit-len(s.audio))
	s.audio = append(s.audio, mulaw[:room]...)
	s.grown.Broadcast()
	if room < len(mulaw) {
		return ErrSpeechFull
	}
	return nil
}

// End says that no more audio follows. A non-nil err tells readers that the
// speech was cut off by a fault. Only the first End counts.
func (s *Speech) End(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	s.grown.Broadcast()
	close(s.done)
}

// Done returns a channel that is closed when the speech has ended, for whoever
// waits for the end but not for the audio.
func (s *Speech) Done() <-chan struct{} { return s.done }

// From returns, without waiting, the audio from byte offset on and whether the
// speech has ended. The bytes are shared and must not be changed.
func (s *Speech) From(offset int) (mulaw []byte, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.audio[min(offset, len(s.audio)):len(s.audio):len(s.audio)], s.ended
}

// Reader returns a reader over the whole speech from its first byte. Read waits
// for audio, and returns io.EOF after the end, the error given to End if there
// was one, or the cause of ctx once ctx is done. The caller must Close it.
func (s *Speech) Reader(ctx context.Context) io.ReadCloser {
	r := &speechReader{speech: s, ctx: ctx}
	r.stop = context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.grown.Broadcast()
	})
	return r
}

type speechReader struct {
	speech *Speech
	ctx    context.Context // of the one request that this reader feeds
	stop   func() bool

	// guarded by speech.mu
	offset int
	closed bool
}

func (r *speechReader) Read(p []byte) (int, error) {
	s := r.speech
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case r.closed:
			return 0, io.ErrClosedPipe
		case r.ctx.Err() != nil:
			return 0, context.Cause(r.ctx)
		case r.offset < len(s.audio):
			n := copy(p, s.audio[r.offset:])
			r.offset += n
			return n, nil
		case s.ended && s.err != nil:
			return 0, s.err
		case s.ended:
			return 0, io.EOF
		}
		s.grown.Wait()
	}
}

// Close wakes a waiting Read and frees what the reader holds.
func (r *speechReader) Close() error {
	r.stop()
	r.speech.mu.Lock()
	defer r.speech.mu.Unlock()
	r.closed = true
	r.speech.grown.Broadcast()
	return nil
}
