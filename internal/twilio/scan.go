package twilio

import "bytes"

// scanMedia reads a media message in one pass, without reflection and without
// allocating. It knows JSON objects with string values in plain ASCII, which is
// what Twilio sends, and checks their structure completely. Whatever else it
// meets, it reports false and leaves the message to decodeMessage: so a message
// that it accepts means the same to both.
func scanMedia(b []byte, scratch *[]byte) (message, bool) {
	s := scanner{b: b}
	var media mediaFields
	var isMedia bool
	if !s.accept('{') {
		return message{}, false
	}
	for {
		key, ok := s.key()
		if !ok {
			return message{}, false
		}
		switch string(key) {
		case "event":
			event, ok := s.text()
			if !ok || isMedia || string(event) != "media" {
				return message{}, false
			}
			isMedia = true
		case "media":
			if media.found || !s.media(&media) {
				return message{}, false
			}
			media.found = true
		case "sequenceNumber", "streamSid":
			if _, ok := s.text(); !ok {
				return message{}, false
			}
		default:
			if _, ok := s.text(); !ok || isOther(key, "event", "media", "start", "dtmf", "mark") {
				return message{}, false
			}
		}
		if more, ok := s.more(); !ok {
			return message{}, false
		} else if !more {
			break
		}
	}
	if !isMedia || !media.found || !s.atEnd() {
		return message{}, false
	}
	audio, ok := decodeAudio(media.payload, scratch)
	if !ok {
		return message{}, false
	}
	return message{kind: mediaEvent, inbound: isInbound(media.track), chunk: media.chunk, audio: audio}, true
}

// mediaFields is the inner object of a media message.
type mediaFields struct {
	found          bool
	track, payload []byte
	chunk          uint64
}

// scanner is a place in a message. Its methods report false at the first byte
// that they do not expect.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) media(m *mediaFields) bool {
	if !s.accept('{') {
		return false
	}
	var hasTrack, hasChunk, hasPayload bool
	for {
		key, ok := s.key()
		if !ok {
			return false
		}
		switch string(key) {
		case "payload":
			m.payload, ok = s.rawText()
			ok = ok && !hasPayload
			hasPayload = true
		case "chunk":
			m.chunk, ok = s.number()
			ok = ok && !hasChunk
			hasChunk = true
		case "track":
			m.track, ok = s.text()
			ok = ok && !hasTrack
			hasTrack = true
		case "timestamp":
			_, ok = s.text()
		default:
			_, ok = s.text()
			ok = ok && !isOther(key, "payload", "chunk", "track")
		}
		if !ok {
			return false
		}
		if more, ok := s.more(); !ok {
			return false
		} else if !more {
			return true
		}
	}
}

// isOther reports whether encoding/json would take key for one of names, as it
// does not tell upper from lower case.
func isOther(key []byte, names ...string) bool {
	for _, name := range names {
		if len(key) == len(name) && bytes.EqualFold(key, []byte(name)) {
			return true
		}
	}
	return false
}

// skip goes to the next byte that is not white space and returns it, or 0 at the
// end.
func (s *scanner) skip() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) accept(c byte) bool {
	if s.skip() != c {
		return false
	}
	s.i++
	return true
}

// key reads a member's name and the colon after it.
func (s *scanner) key() ([]byte, bool) {
	key, ok := s.text()
	return key, ok && s.accept(':')
}

// more reads what follows a member: a comma, or the end of the object.
func (s *scanner) more() (more, ok bool) {
	c := s.skip()
	s.i++
	return c == ',', c == ',' || c == '}'
}

func (s *scanner) atEnd() bool { return s.skip() == 0 && s.i >= len(s.b) }

// text reads a string that means what its bytes say: ASCII, no escapes.
func (s *scanner) text() ([]byte, bool) {
	if !s.accept('"') {
		return nil, false
	}
	b := s.b[s.i:]
	for i, c := range b {
		switch {
		case c == '"':
			s.i += i + 1
			return b[:i], true
		case c < ' ' || c == '\\' || c >= 0x7f:
			return nil, false
		}
	}
	return nil, false
}

// rawText reads a string up to the next quote. The caller must refuse bytes that
// do not stand for themselves; undoing base64 does that.
func (s *scanner) rawText() ([]byte, bool) {
	if !s.accept('"') {
		return nil, false
	}
	n := bytes.IndexByte(s.b[s.i:], '"')
	if n < 0 {
		return nil, false
	}
	text := s.b[s.i : s.i+n]
	s.i += n + 1
	return text, true
}

// number reads a string that holds a decimal number, as Twilio writes numbers.
func (s *scanner) number() (uint64, bool) {
	text, ok := s.text()
	if !ok || len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	var n uint64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
