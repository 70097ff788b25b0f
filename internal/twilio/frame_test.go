package twilio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestParseFrameHeader(t *testing.T) {
	mask := []byte{1, 2, 3, 4}
	for _, test := range []struct {
		name string
		b    []byte
		want ws.Header
		size int
		err  error
	}{
		{"nothing", nil, ws.Header{}, 0, nil},
		{"one byte", []byte{0x81}, ws.Header{}, 0, nil},
		{"empty", append([]byte{0x81, 0x80}, mask...), ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Mask: [4]byte{1, 2, 3, 4}}, 6, nil},
		{"mask not there yet", append([]byte{0x81, 0x80}, mask[:3]...), ws.Header{}, 0, nil},
		{"unmasked", []byte{0x81, 0x05}, ws.Header{Fin: true, OpCode: ws.OpText, Length: 5}, 2, nil},
		{"not final, reserved bits", []byte{0x72, 0x01}, ws.Header{Rsv: 7, OpCode: ws.OpBinary, Length: 1}, 2, nil},
		{"16 bits", append([]byte{0x81, 0xfe, 0x01, 0x83}, mask...), ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Mask: [4]byte{1, 2, 3, 4}, Length: 387}, 8, nil},
		{"16 bits not there yet", []byte{0x81, 0xfe, 0x01}, ws.Header{}, 0, nil},
		{"16 bits where 7 do", []byte{0x81, 126, 0, 125}, ws.Header{}, 0, errLongForm},
		{"64 bits", append([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}, mask...), ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Mask: [4]byte{1, 2, 3, 4}, Length: 65536}, 14, nil},
		{"64 bits not there yet", []byte{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0}, ws.Header{}, 0, nil},
		{"64 bits where 16 do", []byte{0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, ws.Header{}, 0, errLongForm},
		{"highest bit", []byte{0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, ws.Header{}, 0, errNegative},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, size, err := parseFrameHeader(test.b)
			if !errors.Is(err, test.err) || size != test.size {
				t.Fatalf("parseFrameHeader(% x) = size %d, %v; want %d, %v", test.b, size, err, test.size, test.err)
			}
			if size > 0 && !cmp.Equal(test.want, h) {
				t.Errorf("parseFrameHeader(% x) = %+v, want %+v", test.b, h, test.want)
			}
		})
	}
}

func TestPutFrameHeader(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 1 << 20} {
		var room [maxServerHeader]byte
		start := putFrameHeader(&room, ws.OpText, n)
		h, size, err := parseFrameHeader(room[start:])
		if err != nil || size != maxServerHeader-start || h.Length != int64(n) || !h.Fin || h.Masked || h.OpCode != ws.OpText {
			t.Errorf("header for %d bytes reads as %+v, size %d of %d, %v", n, h, size, maxServerHeader-start, err)
		}
	}
}

// streamConn is a connection whose peer sent stream, in pieces of a size that
// changes, and then went away.
type streamConn struct {
	net.Conn
	stream []byte
	piece  int
	sent   bytes.Buffer
}

func (c *streamConn) Read(p []byte) (int, error) {
	if len(c.stream) == 0 {
		return 0, io.EOF
	}
	c.piece = c.piece*5%251 + 1
	n := copy(p[:min(len(p), c.piece)], c.stream)
	c.stream = c.stream[n:]
	return n, nil
}
func (c *streamConn) Write(p []byte) (int, error)      { return c.sent.Write(p) }
func (c *streamConn) SetReadDeadline(time.Time) error  { return nil }
func (c *streamConn) SetWriteDeadline(time.Time) error { return nil }
func (c *streamConn) Close() error                     { return nil }

type wsMessage struct {
	Op      ws.OpCode
	Payload string
}

// readAll reads messages until an error.
func readAll(stream []byte, piece, limit int) (messages []wsMessage, sent []byte, err error) {
	conn := &streamConn{stream: stream, piece: piece}
	c := newWSConn(conn, nil, limit, time.Second)
	for {
		op, payload, err := c.next()
		if err != nil {
			return messages, conn.sent.Bytes(), err
		}
		messages = append(messages, wsMessage{op, string(payload)})
	}
}

// plainFrames is a plain account of RFC 6455 for a whole stream of a client: the
// messages up to the first fault or the end, and the status to close with.
func plainFrames(b []byte, limit int) (messages []wsMessage, status ws.StatusCode) {
	var whole []byte
	var wholeOp ws.OpCode
	for {
		if len(b) < 2 {
			return messages, 0
		}
		fin, rsv, op, masked, n := b[0] >= 0x80, b[0]&0x70, ws.OpCode(b[0]&15), b[1] >= 0x80, uint64(b[1]&127)
		rest := b[2:]
		switch n {
		case 126:
			if len(rest) < 2 {
				return messages, 0
			}
			n, rest = uint64(binary.BigEndian.Uint16(rest)), rest[2:]
			if n < 126 {
				return messages, ws.StatusProtocolError
			}
		case 127:
			if len(rest) < 8 {
				return messages, 0
			}
			n, rest = binary.BigEndian.Uint64(rest), rest[8:]
			if n < 65536 || n >= 1<<63 {
				return messages, ws.StatusProtocolError
			}
		}
		if masked && len(rest) < 4 {
			return messages, 0
		}
		control := op >= 8
		switch {
		case op > 2 && op < 8 || op > 10, control && (n > 125 || !fin), rsv != 0, !masked,
			!control && wholeOp != 0 && op != 0, !control && wholeOp == 0 && op == 0:
			return messages, ws.StatusProtocolError
		case !control && n > uint64(limit-len(whole)):
			return messages, ws.StatusMessageTooBig
		}
		mask := rest[:4]
		rest = rest[4:]
		if uint64(len(rest)) < n {
			return messages, 0
		}
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = rest[i] ^ mask[i%4]
		}
		b = rest[n:]
		switch {
		case op == ws.OpClose:
			return messages, ws.StatusNormalClosure
		case control:
		case op != 0 && fin:
			messages = append(messages, wsMessage{op, string(payload)})
		default:
			if op != 0 {
				wholeOp = op
			}
			whole = append(whole, payload...)
			if fin {
				messages = append(messages, wsMessage{wholeOp, string(whole)})
				whole, wholeOp = nil, 0
			}
		}
	}
}

// FuzzFrames reads any bytes as a client's frames and compares with plainFrames.
func FuzzFrames(f *testing.F) {
	join := func(frames ...[]byte) []byte { return bytes.Join(frames, nil) }
	f.Add(join(clientFrame(ws.OpText, []byte("hello")), clientFrame(ws.OpPing, []byte("x")), clientFrame(ws.OpClose, nil)), uint8(1))
	f.Add(join(rawFrame(0x01, true, []byte("hel")), clientFrame(ws.OpPong, nil), rawFrame(0x80, true, []byte("lo"))), uint8(7))
	f.Add(join(clientFrame(ws.OpText, noise(387)), clientFrame(ws.OpBinary, noise(3000))), uint8(250))
	f.Add(rawFrame(0x81, false, []byte("unmasked")), uint8(0))
	f.Add(clientFrame(ws.OpText, noise(5000)), uint8(90))
	f.Add(clientFrame(ws.OpClose, []byte{3, 0xe8, 0xff}), uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		const limit = 4096
		want, status := plainFrames(stream, limit)
		got, sent, err := readAll(bytes.Clone(stream), int(piece), limit)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages of % x (-want +got):\n%s", stream, diff)
		}
		var broken *breach
		switch {
		case status == 0 && !errors.Is(err, io.EOF):
			t.Errorf("stream % x ended with %v, want the end of the connection", stream, err)
		case status == ws.StatusNormalClosure && !errors.Is(err, errPeerClosed) && !errors.As(err, &broken):
			t.Errorf("stream % x ended with %v, want the peer's close or a breach in it", stream, err)
		case status > ws.StatusNormalClosure && (!errors.As(err, &broken) || broken.status != status):
			t.Errorf("stream % x ended with %v, want a breach with status %d", stream, err, status)
		}
		for len(sent) > 0 { // what we sent must be whole frames, unmasked
			h, size, err := parseFrameHeader(sent)
			if err != nil || size == 0 || h.Masked || len(sent) < size+int(h.Length) {
				t.Fatalf("sent % x, which is no whole frame", sent)
			}
			sent = sent[size+int(h.Length):]
		}
	})
}
