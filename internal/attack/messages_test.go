package attack

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"strings"
)

// before is a kind that sends something on a stream that has not started.
func before(name, want string, parts func(a *attacker) [][]byte) kind {
	return kind{name: name, want: want, try: func(a *attacker) string { return a.stream().end(parts(a)...) }}
}

// late is before for what the door waits for in vain.
func late(name string, parts func(a *attacker) [][]byte) kind {
	k := before(name, "closed 1008", parts)
	k.slow = true
	return k
}

// during is a kind that sends something on a stream that has started.
func during(name, want string, parts ...[]byte) kind {
	return kind{name: name, want: want, try: func(a *attacker) string { return a.started().fate(parts...) }}
}

func repeat(n int, part []byte) []byte { return bytes.Repeat(part, n) }

// startKinds are streams that do not begin as the token says. Nothing of them is heard.
func startKinds() []kind {
	one := func(message func(a *attacker) string) func(*attacker) [][]byte {
		return func(a *attacker) [][]byte { return [][]byte{text(connected), text(message(a))} }
	}
	plain := func(parts ...[]byte) func(*attacker) [][]byte { return func(*attacker) [][]byte { return parts } }
	changed := func(old, replacement string) func(*attacker) [][]byte {
		return one(func(a *attacker) string {
			message := startMessage(a.sid, account)
			if !strings.Contains(message, old) {
				panic(refusal("the start message has no " + old))
			}
			return strings.ReplaceAll(message, old, replacement)
		})
	}
	return []kind{
		before("a start for another call", "closed 1008", one(func(*attacker) string { return startMessage("CA66666666666666666666666666666666", account) })),
		before("a start for another account", "closed 1008", one(func(a *attacker) string { return startMessage(a.sid, otherAccount) })),
		before("a start for no call", "closed 1008", one(func(*attacker) string { return startMessage("", account) })),
		before("a start for no account", "closed 1008", one(func(a *attacker) string { return startMessage(a.sid, "") })),
		before("a start for a call in lower case", "closed 1008", one(func(a *attacker) string { return startMessage(strings.ToLower(a.sid), account) })),
		before("a start for two calls", "closed 1008", changed(`"callSid":`, `"callSid":"CA1","callSID":"CA2","x":`)),
		before("a stop", "closed 1001", plain(text(`{"event":"stop"}`))),
		before("a good bye", "closed 1000", plain(closing(1000, ""))),
		before("21 messages that are none", "closed 1007", plain(repeat(21, text("{")))),
		before("keys, then a start for another call", "closed 1008", func(a *attacker) [][]byte {
			keys := []byte{}
			for _, key := range "1224#" {
				keys = append(keys, textf(`{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"%c"}}`, key)...)
			}
			return [][]byte{keys, text(startMessage(a.newSID(), account))}
		}),
		before("a minute of audio, then a start for another call", "closed 1008", func(a *attacker) [][]byte {
			return [][]byte{repeat(3000, silence), text(startMessage(a.newSID(), account))}
		}),
		late("nothing", plain()),
		late("half a frame", plain(silence[:9])),
		late("pings only", plain(repeat(10, frame(final|opPing, nil)))),
		late("no start", plain(text(connected))),
		late("audio in place of a start", plain(text(connected), repeat(50, silence))),
		late("a start without its contents", plain(text(`{"event":"start"}`))),
		late("a start that is a list", plain(text(`{"event":"start","start":[]}`))),
		late("a start whose call is a number", plain(text(`{"event":"start","start":{"callSid":1}}`))),
		late("a start without a stream", changed(`"streamSid":"MZ1"`, `"streamSid":""`)),
		late("a start for a stream of 101 letters", changed("MZ1", strings.Repeat("M", 101))),
		late("a start of two streams", changed(`"streamSid":"MZ1","start"`, `"streamSid":"MZ2","start"`)),
		late("a start in another encoding", changed("audio/x-mulaw", "audio/x-opus")),
		late("a start at another rate", changed("8000", "16000")),
		late("a start at a rate beyond 64 bits", changed("8000", "8e999")),
		late("a start in stereo", changed(`"channels":1`, `"channels":2`)),
		late("a start in a binary message", func(a *attacker) [][]byte {
			return [][]byte{frame(final|opBinary, []byte(startMessage(a.sid, account)))}
		}),
		late("a start that is no UTF-8", changed(`"line":"flowers"`, "\"line\":\"\xff\"")),
	}
}

// messageKinds are messages on a stream that has started which are no Media Streams
// messages. A few may happen, many may not. None is answered.
func messageKinds() []kind {
	ignored := func(name, message string) kind { return during(name, "open", text(message)) }
	media := func(name, fields string) kind { return ignored(name, `{"event":"media","media":{`+fields+`}}`) }
	return []kind{
		during("a second start", "closed 1008", text(startMessage("CA1", account))),
		during("a second start for a stream of another name", "closed 1008", text(`{"event":"start","start":{"streamSid":"MZ2"}}`)),
		{name: "the same start again", want: "closed 1008", try: func(a *attacker) string { return a.started().fate(text(startMessage(a.sid, account))) }},

		ignored("an empty message", ""),
		ignored("a message that is no JSON", "hello"),
		ignored("half an object", `{"event":"media"`),
		ignored("an object and more", `{"event":"mark","mark":{"name":"1"}}{}`),
		ignored("a list", "[]"),
		ignored("null", "null"),
		ignored("a number", "1e400"),
		ignored("an empty object", "{}"),
		ignored("an event without a name", `{"event":""}`),
		ignored("an event whose name is a number", `{"event":1}`),
		ignored("an event that is unknown", `{"event":"update","update":{"twiml":"<Response/>"}}`),
		ignored("an event whose name has 60,000 letters", `{"event":"`+strings.Repeat("e", 60_000)+`"}`),
		ignored("two events", `{"event":"media","event":"mark","mark":{"name":"1"},"media":{"payload":""}}`),
		ignored("30,000 lists in each other", strings.Repeat("[", 30_000)),
		ignored("10,000 objects in each other", strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)),
		ignored("10,000 members", `{"event":"x"`+strings.Repeat(`,"a":1`, 10_000)+"}"),
		ignored("a text that is no UTF-8", "{\"event\":\"\xff\xfe\"}"),
		ignored("half a surrogate", `{"event":"\ud800"}`),
		ignored("a byte order mark", "\ufeff"+`{"event":"mark","mark":{"name":"1"}}`),
		ignored("zero bytes", strings.Repeat("\x00", 1000)),
		ignored("TwiML", `<?xml version="1.0"?><Response><Hangup/></Response>`),
		ignored("what only the door may say: clear", `{"event":"clear","streamSid":"MZ1"}`),

		media("media of another track", `"track":"outbound","payload":"`+strings.Repeat("/", 216)+`"`),
		media("media without a payload", `"track":"inbound"`),
		media("media whose payload is a list", `"payload":[1,2,3]`),
		media("media whose payload is no base64", `"payload":"####"`),
		media("media whose payload is cut", `"payload":"/////"`),
		media("media with a line break in its payload", `"payload":"//\n//"`),
		media("media of one byte", `"payload":"/w=="`),
		media("media of 6 seconds", `"payload":"`+strings.Repeat("/", 64_000)+`"`),
		media("media with a chunk below zero", `"chunk":"-1","payload":"////"`),
		media("media with a chunk beyond 64 bits", `"chunk":"99999999999999999999","payload":"////"`),
		media("media with a chunk of 60,000 digits", `"chunk":"`+strings.Repeat("9", 60_000)+`","payload":"////"`),
		media("media with the largest chunk there is", `"chunk":"9223372036854775807","payload":"////"`),
		media("media with a huge time", `"timestamp":"1e999","payload":"////"`),
		ignored("media that is null", `{"event":"media","media":null}`),
		ignored("media that is a text", `{"event":"media","media":"////"}`),
		ignored("a mark that was not sent", `{"event":"mark","mark":{"name":"4294967295"}}`),
		ignored("a mark of 60,000 letters", `{"event":"mark","mark":{"name":"`+strings.Repeat("1", 60_000)+`"}}`),
		ignored("a mark without a name", `{"event":"mark"}`),
		ignored("a key that no telephone has", `{"event":"dtmf","dtmf":{"digit":"E"}}`),
		ignored("two keys in one", `{"event":"dtmf","dtmf":{"digit":"12"}}`),
		ignored("a key that is a number", `{"event":"dtmf","dtmf":{"digit":1}}`),

		during("20 bad payloads", "open", repeat(20, text(`{"event":"media","media":{"payload":"#"}}`))),
		during("21 bad payloads", "closed 1007", repeat(21, text(`{"event":"media","media":{"payload":"#"}}`))),
		during("21 bad messages of several kinds", "closed 1007", repeat(7, bytes.Join([][]byte{text("{"), text(`{"event":"dtmf"}`), text("\xff")}, nil))),
		during("media after a stop", "closed 1000", text(`{"event":"stop"}`), repeat(50, silence)),
		during("keys after a stop", "closed 1000", text(`{"event":"stop"}`), repeat(5, text(`{"event":"dtmf","dtmf":{"digit":"#"}}`))),
		during("two stops", "closed 1000", repeat(2, text(`{"event":"stop"}`))),
		during("a start after a stop", "closed 1000", text(`{"event":"stop"}`), text(startMessage("CA1", account))),
	}
}

// floodKinds send more than any caller does.
func floodKinds() []kind {
	slow := func(k kind) kind { k.slow = true; return k }
	// Of a stream without audio it is right to say after 5 s that it is gone, which on a
	// busy machine is before all of it was read.
	alive := func(n int, message string) []byte {
		return repeat(100, append(repeat(n/100, text(message)), silence...))
	}
	tone := text(`{"event":"media","media":{"track":"inbound","payload":"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x2a, 0xaa}, 80)) + `"}}`)
	return []kind{
		slow(during("two minutes of audio at once", "open", repeat(6000, silence))),
		slow(during("half a minute of a loud tone at once", "open", repeat(1500, tone))),
		slow(during("a million marks", "open", alive(1_000_000, `{"event":"mark","mark":{"name":"x"}}`))),
		slow(during("a hundred thousand unknown events", "open", alive(100_000, `{"event":"x"}`))),
		slow(during("ten thousand binary messages", "open", repeat(10_000, frame(final|opBinary, []byte("x"))))),
		slow(during("ten thousand pings", "open", repeat(10_000, frame(final|opPing, []byte("x"))))),
		slow(during("ten thousand pongs", "open", repeat(10_000, frame(final|opPong, nil)))),
		slow(during("ten thousand empty fragments", "closed 1002", append(frame(opText, nil), repeat(10_000, frame(opContinuation, nil))...), text("{}"))),
		slow(during("media numbered backwards", "open", backwards(2000))),
		slow(during("media numbered with holes", "open", holes(2000))),
		{name: "pings whose answers nobody reads", want: "cut", slow: true, try: func(a *attacker) string {
			s := a.started()
			defer s.conn.Close()
			return s.deaf(repeat(1000, frame(final|opPing, bytes.Repeat([]byte("x"), 125))))
		}},
	}
}

// deaf sends until nothing more is taken, without reading, and tells why.
func (s *stream) deaf(part []byte) string {
	for {
		if _, err := s.conn.Write(part); err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				return "hung"
			}
			return "cut"
		}
	}
}

func numbered(n int) []byte {
	return textf(`{"event":"media","media":{"track":"inbound","chunk":"%d","payload":"////"}}`, n)
}

func backwards(n int) (b []byte) {
	for i := n; i > 0; i-- {
		b = append(b, numbered(i)...)
	}
	return b
}

func holes(n int) (b []byte) {
	for i := range n {
		b = append(b, numbered(1+1000*i)...)
	}
	return b
}

// frameKinds break the websocket protocol (RFC 6455). The first byte after a good stream
// that does is the last that is read.
func frameKinds() []kind {
	announced := func(first byte, length uint64) []byte {
		return append(binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, length), 0, 0, 0, 0)
	}
	all := []kind{
		during("a frame without a mask", "closed 1002", []byte{final | opText, 2, '{', '}'}),
		during("a ping without a mask", "closed 1002", []byte{final | opPing, 0}),
		during("a message that says it is compressed", "closed 1002", frame(final|0x40|opText, []byte("{}"))),
		during("the second reserved bit", "closed 1002", frame(final|0x20|opText, []byte("{}"))),
		during("the third reserved bit", "closed 1002", frame(final|0x10|opText, []byte("{}"))),
		during("opcode 3", "closed 1002", frame(final|0x3, nil)),
		during("opcode 7", "closed 1002", frame(final|0x7, nil)),
		during("opcode 11", "closed 1002", frame(final|0xB, nil)),
		during("opcode 15", "closed 1002", frame(final|0xF, nil)),
		during("a ping of 126 bytes", "closed 1002", frame(final|opPing, make([]byte, 126))),
		during("a close of 126 bytes", "closed 1002", frame(final|opClose, make([]byte, 126))),
		during("a ping in fragments", "closed 1002", frame(opPing, []byte("x"))),
		during("a close in fragments", "closed 1002", frame(opClose, nil)),
		during("a fragment of nothing", "closed 1002", frame(final|opContinuation, []byte("{}"))),
		during("a message within another", "closed 1002", frame(opText, []byte("{")), text("{}")),
		during("a length of 125 in 16 bits", "closed 1002", []byte{final | opText, 0x80 | 126, 0, 125, 0, 0, 0, 0}),
		during("a length of 65,535 in 64 bits", "closed 1002", announced(final|opText, 65_535)),
		during("a length with its highest bit set", "closed 1002", announced(final|opText, 1<<63)),
		during("a gigabyte announced", "closed 1009", announced(final|opText, 1<<30)),
		during("all the length there is", "closed 1009", announced(final|opText, 1<<63-1)),
		during("64 KiB and a byte", "closed 1009", text(strings.Repeat(" ", 64<<10+1))),
		during("64 KiB and a byte in binary", "closed 1009", frame(final|opBinary, make([]byte, 64<<10+1))),
		during("64 KiB and a byte in fragments", "closed 1009", frame(opText, make([]byte, 64<<10)), frame(final|opContinuation, []byte(" "))),
		during("64 KiB of a message", "open", text(strings.Repeat(" ", 64<<10))),
		during("HTTP", "closed 1002", []byte("GET /twiml HTTP/1.1\r\nHost: a\r\n\r\n")),
		during("a binary message", "open", frame(final|opBinary, []byte("x"))),
		during("a close of one byte", "closed 1002", frame(final|opClose, []byte{3})),
		during("a close whose reason is no UTF-8", "closed 1002", closing(1000, "\xff\xfe")),
		{name: "the line is cut within a frame", want: "no answer", try: func(a *attacker) string {
			s := a.started()
			s.write(silence[:20])
			if tcp, ok := s.conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // with a reset
			}
			_ = s.conn.Close()
			return "no answer"
		}},
		{name: "a line that is closed halfway", want: "cut", try: func(a *attacker) string {
			s := a.started()
			defer s.conn.Close()
			if tcp, ok := s.conn.(*net.TCPConn); ok {
				_ = tcp.CloseWrite() // it is open
			}
			_, _ = io.Copy(io.Discard, s.reader)
			return "cut"
		}},
		{name: "a frame that stays half a frame", want: "closed 1001", slow: true, try: func(a *attacker) string {
			return a.started().end(silence[:len(silence)-1])
		}},
		{name: "a caller who is not heard", want: "closed 1001", slow: true, try: func(a *attacker) string {
			return a.started().end(repeat(100, text(`{"event":"media","media":{"track":"outbound","payload":"////"}}`)))
		}},
		{name: "a compressed message, after compression was offered", want: "closed 1002", try: func(a *attacker) string {
			return a.offering("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
		}},
		{name: "a compressed message, after an offer that cannot be read", want: "closed 1002", try: func(a *attacker) string {
			return a.offering("Sec-WebSocket-Extensions: ;;=,")
		}},
		{name: "a compressed message, after a subprotocol was offered", want: "closed 1002", try: func(a *attacker) string {
			return a.offering("Sec-WebSocket-Protocol: audio.twilio.com, graphql-ws")
		}},
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		all = append(all, during("a close with code "+itoa(code), "closed 1002", closing(code, "")))
	}
	return all
}

// offering opens a stream with an offer, which must be declined, and takes it up all
// the same.
func (a *attacker) offering(header string) string {
	h := newHandshake(a.token(a.sid))
	h.headers = []string{header}
	s, answer := a.upgrade(h)
	if s == nil {
		return answer
	}
	return s.fate(text(startMessage(a.sid, account)), frame(final|0x40|opText, []byte("\xaaV*\xcbL\xcd+\x01\x00")))
}
