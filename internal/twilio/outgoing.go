package twilio

import (
	"encoding/base64"
	"strconv"
	"sync"

	"github.com/gobwas/ws"
)

// outgoing is a frame being built: room for the header, then the payload. Legs
// share them, as few legs send at the same time.
type outgoing struct{ b []byte }

var outgoings = sync.Pool{New: func() any { return &outgoing{b: make([]byte, 0, 2048)} }}

func newOutgoing() *outgoing {
	out := outgoings.Get().(*outgoing)
	out.b = out.b[:maxServerHeader]
	return out
}

// free gives out back; an unusually long one is dropped.
func (o *outgoing) free() {
	if cap(o.b) <= 16<<10 {
		outgoings.Put(o)
	}
}

// framed returns the payload with its frame header.
func (o *outgoing) framed(op ws.OpCode) []byte {
	start := putFrameHeader((*[maxServerHeader]byte)(o.b), op, len(o.b)-maxServerHeader)
	return o.b[start:]
}

// The messages to Twilio, byte by byte: a message that is not well-formed ends the
// stream (https://www.twilio.com/docs/api/errors/31924). sid is the stream's id as
// a JSON string, with its quotes.

func (o *outgoing) media(sid, mulaw []byte) {
	o.b = append(o.b, `{"event":"media","streamSid":`...)
	o.b = append(o.b, sid...)
	o.b = append(o.b, `,"media":{"payload":"`...)
	o.b = base64.StdEncoding.AppendEncode(o.b, mulaw)
	o.b = append(o.b, `"}}`...)
}

func (o *outgoing) mark(sid []byte, number uint32) {
	o.b = append(o.b, `{"event":"mark","streamSid":`...)
	o.b = append(o.b, sid...)
	o.b = append(o.b, `,"mark":{"name":"m`...)
	o.b = strconv.AppendUint(o.b, uint64(number), 10)
	o.b = append(o.b, `"}}`...)
}

func (o *outgoing) clear(sid []byte) {
	o.b = append(o.b, `{"event":"clear","streamSid":`...)
	o.b = append(o.b, sid...)
	o.b = append(o.b, '}')
}

// markNumber is the number in the name of one of our marks.
func markNumber(name string) (uint32, bool) {
	if len(name) < 2 || name[0] != 'm' || (name[1] == '0' && len(name) > 2) {
		return 0, false
	}
	for i := 1; i < len(name); i++ {
		if name[i] < '0' || name[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(name[1:], 10, 32)
	return uint32(n), err == nil
}
