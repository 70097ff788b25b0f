package twilio

import (
	"encoding/binary"
	"errors"

	"github.com/gobwas/ws"
)

var (
	errLongForm  = errors.New("frame length is not in its shortest form")
	errNegative  = errors.New("frame length has its highest bit set")
	errFrameSize = errors.New("message is longer than the limit")
)

// parseFrameHeader reads the header of a client's websocket frame from the
// beginning of b (RFC 6455, section 5.2). size is the header's length, or 0 if b
// does not hold all of it yet.
func parseFrameHeader(b []byte) (h ws.Header, size int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&0x80 != 0
	h.Rsv = b[0] & 0x70 >> 4
	h.OpCode = ws.OpCode(b[0] & 0x0f)
	h.Masked = b[1]&0x80 != 0
	size = 2
	switch n := b[1] & 0x7f; n {
	case 126:
		if len(b) < 4 {
			return h, 0, nil
		}
		h.Length, size = int64(binary.BigEndian.Uint16(b[2:])), 4
		if h.Length < 126 {
			return h, 0, errLongForm
		}
	case 127:
		if len(b) < 10 {
			return h, 0, nil
		}
		h.Length, size = int64(binary.BigEndian.Uint64(b[2:])), 10
		if h.Length < 0 {
			return h, 0, errNegative
		}
		if h.Length <= 0xffff {
			return h, 0, errLongForm
		}
	default:
		h.Length = int64(n)
	}
	if h.Masked {
		if len(b) < size+4 {
			return h, 0, nil
		}
		h.Mask = [4]byte(b[size:])
		size += 4
	}
	return h, size, nil
}

// maxServerHeader is the length of the longest header of a frame that we send.
const maxServerHeader = 10

// putFrameHeader writes the header of an unmasked, final frame of length bytes
// so that it ends at the end of room, and returns where it begins.
func putFrameHeader(room *[maxServerHeader]byte, op ws.OpCode, length int) int {
	first := 0x80 | byte(op)
	switch {
	case length < 126:
		room[8], room[9] = first, byte(length)
		return 8
	case length <= 0xffff:
		room[6], room[7] = first, 126
		binary.BigEndian.PutUint16(room[8:], uint16(length))
		return 6
	}
	room[0], room[1] = first, 127
	binary.BigEndian.PutUint64(room[2:], uint64(length))
	return 0
}
