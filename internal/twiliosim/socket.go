package twiliosim

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

const (
	socketQueue   = 512              // messages that wait to be written
	socketReserve = 128              // of these kept free for what is not audio
	maxMessage    = 1 << 20          // bytes of a message from the application
	writeTimeout  = 10 * time.Second // for one message
	closeTimeout  = 2 * time.Second  // for the closing handshake
)

// socket is an open websocket. One goroutine, that of the call, sends and
// finishes; run does the work on goroutines of its own.
type socket struct {
	conn *websocket.Conn
	out  chan []byte // closed by finish
}

func newSocket(conn *websocket.Conn) *socket {
	conn.SetReadLimit(maxMessage)
	return &socket{conn: conn, out: make(chan []byte, socketQueue)}
}

// send queues a message and reports whether there was room. Audio leaves the
// reserve to the other messages.
func (s *socket) send(message []byte, isAudio bool) bool {
	if isAudio && len(s.out) >= socketQueue-socketReserve {
		return false
	}
	select {
	case s.out <- message:
		return true
	default:
		return false
	}
}

// finish sends what is queued and then closes the connection in the regular way.
// Nothing may be sent after it.
func (s *socket) finish() { close(s.out) }

// run moves messages both ways until the connection has ended, and waits for all
// that it started. It calls received, on its own goroutine, for each message of
// the application, and returns how the connection ended: nil for a regular end.
func (s *socket) run(ctx context.Context, received func(isText bool, message []byte)) *Fault {
	var writer sync.WaitGroup
	var finished atomic.Bool
	gone := make(chan struct{}) // closed when nothing can be written any more
	writer.Go(func() {
		if !s.write(ctx, gone) {
			return
		}
		finished.Store(true)
		// The reader below takes part in the closing handshake.
		hurry := time.AfterFunc(closeTimeout, func() { _ = s.conn.CloseNow() })
		_ = s.conn.Close(websocket.StatusNormalClosure, "") // how it fails is no news: the stream is over
		hurry.Stop()
	})
	var flt *Fault
	for {
		kind, message, err := s.conn.Read(ctx)
		if err != nil {
			if !finished.Load() {
				flt = closeFault(err)
			}
			break
		}
		received(kind == websocket.MessageText, message)
	}
	close(gone)
	_ = s.conn.CloseNow()
	writer.Wait()
	return flt
}

// write writes what is queued. It reports whether it came to the end of the
// queue; otherwise the connection is gone, or breaks here, which the reader sees.
func (s *socket) write(ctx context.Context, gone <-chan struct{}) bool {
	for {
		select {
		case <-gone:
			return false
		case message, ok := <-s.out:
			if !ok {
				return true
			}
			ctx, cancel := context.WithTimeout(ctx, writeTimeout)
			err := s.conn.Write(ctx, websocket.MessageText, message)
			cancel()
			if err != nil {
				return false
			}
		}
	}
}

// closeFault words how the application ended the connection: nil for a regular
// close. Twilio tells a server that closes from one that vanishes
// (https://www.twilio.com/docs/api/errors/31921 and .../31903).
func closeFault(err error) *Fault {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		switch closed.Code {
		case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
			return nil
		}
		return fault(codeStreamClosed, "the server closed the websocket with code %d %q", int(closed.Code), closed.Reason)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, context.Canceled):
		return fault(codeStreamBroken, "the websocket ended without a close: %v", root(err))
	}
	return fault(codeStreamProtocol, "the server broke the websocket protocol: %v", root(err))
}

// root returns what an error is about, without what a library was doing.
func root(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
