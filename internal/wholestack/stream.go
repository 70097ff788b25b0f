package wholestack

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// stream is one direction of a connection: one side writes, the other reads.
type stream struct {
	mu       sync.Mutex
	pieces   []piece
	last     time.Time // when the latest piece arrives: nothing overtakes
	ended    bool      // the last piece is there
	lost     bool      // something was lost: nothing after it arrives
	broken   bool      // reset
	closed   bool      // by the reader
	deadline time.Time // of the reader
	changed  chan struct{}
}

// piece is what was written at once, nil for the end.
type piece struct {
	at   time.Time
	data []byte
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

func (s *stream) changedLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) write(p []byte, latency time.Duration, lost bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken:
		return syscall.ECONNRESET
	case s.ended:
		return net.ErrClosed
	case s.closed && !s.lost && !lost:
		return syscall.EPIPE
	}
	s.lost = s.lost || lost
	if !s.lost && len(p) > 0 {
		s.sendLocked(append([]byte(nil), p...), latency)
	}
	return nil
}

func (s *stream) sendLocked(data []byte, latency time.Duration) {
	at := time.Now().Add(latency)
	if at.Before(s.last) {
		at = s.last
	}
	s.last = at
	s.pieces = append(s.pieces, piece{at, data})
	s.changedLocked()
}

func (s *stream) end(latency time.Duration, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.broken {
		return
	}
	s.ended = true
	s.lost = s.lost || lost
	if !s.lost {
		s.sendLocked(nil, latency)
	}
}

func (s *stream) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = true
	s.changedLocked()
}

// shut ends reading.
func (s *stream) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.changedLocked()
}

func (s *stream) setDeadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	s.changedLocked()
}

func (s *stream) read(p []byte) (int, error) {
	for {
		n, wait, changed, err := s.try(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if wait == 0 {
			<-changed
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// try reads what is there. With nothing there it returns how long to wait, 0 for
// any time, and what tells that something changed.
func (s *stream) try(p []byte) (n int, wait time.Duration, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	until := s.deadline
	switch {
	case s.closed:
		return 0, 0, nil, net.ErrClosed
	case s.broken:
		return 0, 0, nil, syscall.ECONNRESET
	case !until.IsZero() && !now.Before(until):
		return 0, 0, nil, os.ErrDeadlineExceeded
	case len(s.pieces) > 0 && !now.Before(s.pieces[0].at):
		first := &s.pieces[0]
		if first.data == nil {
			return 0, 0, nil, io.EOF
		}
		n = copy(p, first.data)
		if first.data = first.data[n:]; len(first.data) == 0 {
			s.pieces = s.pieces[1:]
		}
		return n, 0, nil, nil
	case len(s.pieces) > 0 && (until.IsZero() || s.pieces[0].at.Before(until)):
		until = s.pieces[0].at
	}
	if !until.IsZero() {
		wait = until.Sub(now)
	}
	return 0, wait, s.changed, nil
}
