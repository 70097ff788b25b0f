package attack

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// Opcodes of websocket frames (RFC 6455, section 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	final = 0x80 // in a frame's first byte
)

// frame is a masked frame with first as its first byte. The mask is zero, which masks
// nothing, and is allowed.
func frame(first byte, payload []byte) []byte {
	var b []byte
	switch n := len(payload); {
	case n < 126:
		b = []byte{first, 0x80 | byte(n)}
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(n))
	default:
		b = binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// text is a whole message.
func text(message string) []byte { return frame(final|opText, []byte(message)) }

func textf(format string, args ...any) []byte { return text(fmt.Sprintf(format, args...)) }

// closing is a close frame.
func closing(code int, reason string) []byte {
	return frame(final|opClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// alive is the ping by which a kind learns that its stream was left open.
const alive = "still there?"

// silence is one message of 20 ms in which the caller says nothing.
var silence = text(`{"event":"media","media":{"track":"inbound","payload":"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 160)) + `"}}`)

// startMessage is what Twilio sends first, for a call of an account.
func startMessage(sid, account string) string {
	return fmt.Sprintf(`{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":%q,"callSid":%q,`+
		`"tracks":["inbound"],"customParameters":{"line":"flowers"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}`, account, sid)
}

// connected is what comes before it.
const connected = `{"event":"connected","protocol":"Call","version":"1.0.0"}`

// stream is a media stream that the door has let in.
type stream struct {
	conn   net.Conn
	reader *bufio.Reader
}

// stream opens one with a handshake that nothing is wrong with.
func (a *attacker) stream() *stream {
	s, answer := a.upgrade(newHandshake(a.token(a.sid)))
	if s == nil {
		panic(refusal("a genuine handshake was answered: " + answer))
	}
	return s
}

// upgrade sends a handshake, and returns the stream or what was answered.
func (a *attacker) upgrade(h *handshake) (*stream, string) {
	conn := a.dial()
	if _, err := conn.Write(h.build().bytes()); err != nil {
		panic(refusal("cannot send a handshake: " + err.Error()))
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, &http.Request{Method: "GET"})
	switch {
	case err != nil:
		_ = conn.Close() // nothing was said on it
		return nil, "cut"
	case answer.StatusCode != http.StatusSwitchingProtocols:
		_ = conn.Close() // as above
		return nil, answer.Status
	}
	if declined := answer.Header.Get("Sec-WebSocket-Extensions") + answer.Header.Get("Sec-WebSocket-Protocol"); declined != "" {
		_ = conn.Close() // as above
		return nil, "101 with " + declined
	}
	return &stream{conn, reader}, ""
}

// started opens a stream whose start message was right.
func (a *attacker) started() *stream {
	s := a.stream()
	s.write(text(connected))
	s.write(text(startMessage(a.sid, account)))
	return s
}

// write sends bytes; what becomes of them shows in what comes back.
func (s *stream) write(b []byte) { _, _ = s.conn.Write(b) }

// fate sends bytes, and a ping behind them, and tells what becomes of the stream:
// "closed" with the code, "cut", or "open", when the ping was answered and nothing was
// said before. It hangs up.
func (s *stream) fate(parts ...[]byte) string {
	return s.end(append(parts, frame(final|opPing, []byte(alive)))...)
}

// end is fate without the ping, for what takes the door a while to refuse.
func (s *stream) end(parts ...[]byte) string {
	defer s.conn.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, part := range parts {
			if _, err := s.conn.Write(part); err != nil {
				return // the reader sees why
			}
		}
	}()
	fate := s.read()
	if fate == "open" {
		// As Twilio does when a caller hangs up.
		s.write(text(`{"event":"stop"}`))
		s.write(closing(1000, ""))
		_, _ = io.Copy(io.Discard, s.reader) // until the door closes it
	}
	_ = s.conn.Close() // so that the writer ends
	<-sent
	return fate
}

// read tells the first thing that the door says, other than to pings of the kind.
func (s *stream) read() string {
	for {
		opcode, payload, err := s.frame()
		switch {
		case err != nil:
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				return "hung"
			}
			return "cut"
		case opcode == opPong && string(payload) == alive:
			return "open"
		case opcode == opPong:
		case opcode == opClose && len(payload) >= 2:
			return "closed " + itoa(int(binary.BigEndian.Uint16(payload)))
		case opcode == opClose:
			return "closed"
		default:
			return "answered: " + strings.ToValidUTF8(string(payload[:min(len(payload), 80)]), "?")
		}
	}
}

// frame reads one frame of the door, which are short and whole.
func (s *stream) frame() (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(s.reader, head[:]); err != nil {
		return 0, nil, err
	}
	size := int(head[1])
	if size == 126 {
		var long [2]byte
		if _, err := io.ReadFull(s.reader, long[:]); err != nil {
			return 0, nil, err
		}
		size = int(binary.BigEndian.Uint16(long[:]))
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(s.reader, payload)
	return head[0] & 0x0f, payload, err
}
