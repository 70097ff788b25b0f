package twilio

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/gobwas/ws"
)

const (
	// smallBuffer is what a connection holds for reading. A media message of 20 ms
	// with its frame header has about 400 bytes.
	smallBuffer = 2048
	// lingerBytes is how much of a peer that broke the protocol is still read, so
	// that the close frame reaches it before the connection is reset.
	lingerBytes = 256 << 10
	// maxStatus is the largest status code that means anything to anybody (RFC 6455,
	// section 7.4.2).
	maxStatus = 4999
)

// breach is a peer's breach of the websocket protocol or of our limits, with the
// status code to close with.
type breach struct {
	status ws.StatusCode
	err    error
}

func (b *breach) Error() string { return b.err.Error() }
func (b *breach) Unwrap() error { return b.err }

// errPeerClosed is what next returns after the peer's close frame.
var errPeerClosed = errors.New("peer closed the websocket")

// wsConn is the server's end of a websocket. Except for wake it is used by one
// goroutine at a time.
//
// It reads whole messages out of one buffer. What has been read of a message stays
// there when a read is interrupted by a deadline, so the next call goes on where
// the last one stopped. A buffer for a long message is given back at its end.
type wsConn struct {
	// static
	conn  net.Conn
	limit int // bytes of a message

	// owned by the goroutine that reads and writes
	buf        []byte // buf[start:end] is read and not yet used
	start, end int
	whole      []byte    // a fragmented message so far
	wholeOp    ws.OpCode // its kind; 0 outside of one
	writeLimit time.Duration
	peerClosed bool // the peer's close frame was read
	sentClose  bool
	broken     bool // the connection failed: nothing can be said any more
	closed     bool
	small      [smallBuffer]byte
}

// newWSConn takes over conn, of which early was read already.
func newWSConn(conn net.Conn, early []byte, limit int, writeLimit time.Duration) *wsConn {
	c := &wsConn{conn: conn, limit: limit, writeLimit: writeLimit}
	c.buf = c.small[:]
	if len(early) > len(c.buf) {
		c.buf = early
		c.end = len(early)
	} else {
		c.end = copy(c.buf, early)
	}
	return c
}

// wake interrupts a read that is in progress, or else the next one: next returns
// os.ErrDeadlineExceeded until clearWake. Any goroutine may call it; it does not
// block.
func (c *wsConn) wake() { _ = c.conn.SetReadDeadline(time.Unix(1, 0)) }

// clearWake undoes wake.
func (c *wsConn) clearWake() error { return c.conn.SetReadDeadline(time.Time{}) }

// next returns the next text or binary message, whole and unmasked. payload may be
// changed by the caller and is valid until the next call. Pings are answered on
// the way. The error is errPeerClosed, a *breach, or the connection's; after one
// that is a time-out, and left the connection unbroken, next may be called again.
func (c *wsConn) next() (op ws.OpCode, payload []byte, err error) {
	for {
		h, size, err := parseFrameHeader(c.buf[c.start:c.end])
		if err != nil {
			return 0, nil, &breach{ws.StatusProtocolError, err}
		}
		need := size
		if size > 0 {
			if err := c.checkHeader(h); err != nil {
				return 0, nil, err
			}
			need += int(h.Length)
			if c.end-c.start >= need {
				payload := c.buf[c.start+size : c.start+need]
				c.start += need
				ws.Cipher(payload, h.Mask, 0)
				op, payload, err := c.frame(h, payload)
				if err != nil || op != 0 {
					return op, payload, err
				}
				continue
			}
		}
		if err := c.fill(max(need, 14)); err != nil {
			return 0, nil, err
		}
	}
}

func (c *wsConn) checkHeader(h ws.Header) error {
	state := ws.StateServerSide
	if c.wholeOp != 0 {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return &breach{ws.StatusProtocolError, err}
	}
	if h.Length > int64(c.limit-len(c.whole)) && !h.OpCode.IsControl() {
		return &breach{ws.StatusMessageTooBig, errFrameSize}
	}
	return nil
}

// frame deals with one whole frame. It returns op 0 if no message came out of it.
func (c *wsConn) frame(h ws.Header, payload []byte) (ws.OpCode, []byte, error) {
	switch {
	case h.OpCode == ws.OpPing && c.sentClose:
		return 0, nil, nil
	case h.OpCode == ws.OpPing:
		return 0, nil, c.write(ws.OpPong, payload)
	case h.OpCode == ws.OpPong:
		return 0, nil, nil
	case h.OpCode == ws.OpClose:
		return 0, nil, c.peerCloses(payload)
	case h.Fin && h.OpCode != ws.OpContinuation:
		return h.OpCode, payload, nil
	}
	if h.OpCode != ws.OpContinuation {
		c.wholeOp = h.OpCode
	}
	c.whole = append(c.whole, payload...)
	if !h.Fin {
		return 0, nil, nil
	}
	op, payload := c.wholeOp, c.whole
	c.wholeOp, c.whole = 0, nil
	return op, payload, nil
}

// peerCloses answers a close frame with the same status.
func (c *wsConn) peerCloses(payload []byte) error {
	c.peerClosed = true
	status := ws.StatusNoStatusRcvd
	if len(payload) > 0 {
		var reason string
		status, reason = ws.ParseCloseFrameData(payload)
		if err := ws.CheckCloseFrameData(status, reason); err != nil || len(payload) == 1 || status > maxStatus {
			return &breach{ws.StatusProtocolError, errors.New("close frame is malformed")}
		}
	}
	if status == ws.StatusNoStatusRcvd {
		c.sendClose(ws.StatusNormalClosure)
	} else {
		c.sendClose(status)
	}
	return fmt.Errorf("%w with status %d", errPeerClosed, status)
}

// fill reads more, making room for at least need bytes from start on.
func (c *wsConn) fill(need int) error {
	switch {
	case c.start == c.end:
		c.start, c.end = 0, 0
		if len(c.buf) != smallBuffer && need <= smallBuffer {
			c.buf = c.small[:]
		}
		if need <= len(c.buf) {
			break
		}
		fallthrough
	case need > len(c.buf):
		larger := make([]byte, need)
		c.end = copy(larger, c.buf[c.start:c.end])
		c.start, c.buf = 0, larger
	case c.start+need > len(c.buf):
		c.end = copy(c.buf, c.buf[c.start:c.end])
		c.start = 0
	}
	n, err := c.conn.Read(c.buf[c.end:])
	c.end += n
	switch {
	case n > 0:
		return nil // an error will come again
	case err == nil:
		err = io.ErrNoProgress
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	c.broken = true
	return err
}

// write sends one frame with payload in one write.
func (c *wsConn) write(op ws.OpCode, payload []byte) error {
	out := newOutgoing()
	defer out.free()
	out.b = append(out.b, payload...)
	return c.send(op, out)
}

// send sends what out holds as one frame in one write. It blocks no longer than
// the write limit.
func (c *wsConn) send(op ws.OpCode, out *outgoing) error {
	if c.closed || c.sentClose || c.broken {
		return net.ErrClosed
	}
	err := c.conn.SetWriteDeadline(time.Now().Add(c.writeLimit))
	if err == nil {
		_, err = c.conn.Write(out.framed(op))
	}
	c.broken = err != nil // half a frame may be on its way
	return err
}

// sendClose sends a close frame, once. Whether it arrives is the peer's affair.
func (c *wsConn) sendClose(status ws.StatusCode) {
	if c.sentClose {
		return
	}
	_ = c.write(ws.OpClose, ws.NewCloseFrameBody(status, "")) // as said above
	c.sentClose = true
}

// shut ends the connection: the close frame with status, then, for at most wait,
// the peer's half of the closing handshake, so that our last messages are not
// lost to a reset. discard gets the messages that still come. It may be called
// more than once. No wake may come while it runs.
func (c *wsConn) shut(status ws.StatusCode, wait time.Duration, discard func()) {
	if c.closed {
		return
	}
	c.sendClose(status)
	_ = c.conn.SetReadDeadline(time.Now().Add(wait)) // fails if the connection is gone: so will reading
	for !c.peerClosed && !c.broken {
		if _, _, err := c.next(); err != nil {
			c.linger(err)
			break
		}
		discard()
	}
	c.closed = true
	_ = c.conn.Close() // nothing more is to be said
}

// linger reads on, without understanding, after a breach of the protocol.
func (c *wsConn) linger(err error) {
	if _, ok := errors.AsType[*breach](err); !ok {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(c.conn, lingerBytes)) // ends by deadline, limit or the peer
}
