package twilio

import "bytes"

// scanMessage reads a media, mark or dtmf message in one pass, without reflection,
// without allocating for media, and with little stack, which a call would keep.
// It knows JSON objects whose members are strings in plain ASCII, which is what
// Twilio sends, and checks their structure completely. Whatever else it meets, it
// reports false and leaves the message to decodeMessage: so a message that it
// accepts means the same to both.
func scanMessage(b []byte, scratch *[]byte) (message, bool) {
	s := scanner{b: b}
	media := [...]field{{name: "payload", raw: true}, {name: "chunk"}, {name: "track"}}
	mark := [...]field{{name: "name"}}
	dtmf := [...]field{{name: "digit"}}
	var event []byte
	var inner string // the name of the one inner object
	if !s.accept('{') {
		return message{}, false
	}
	for more := true; more; {
		key, ok := s.key()
		if !ok {
			return message{}, false
		}
		switch string(key) {
		case "event":
			if event, ok = s.textIf(event == nil); len(event) == 0 {
				ok = false
			}
		case "media":
			ok = inner == "" && s.object(media[:])
			inner = "media"
		case "mark":
			ok = inner == "" && s.object(mark[:])
			inner = "mark"
		case "dtmf":
			ok = inner == "" && s.object(dtmf[:])
			inner = "dtmf"
		default:
			_, ok = s.textIf(!isOneOf(key, "event", "media", "mark", "dtmf", "start"))
		}
		if more = ok && s.more(&ok); !ok {
			return message{}, false
		}
	}
	if string(event) != inner || !s.atEnd() {
		return message{}, false
	}
	switch inner {
	case "media":
		return scannedMedia(media[0].value, media[1], media[2].value, scratch)
	case "mark":
		return message{kind: markEvent, mark: string(mark[0].value)}, true
	}
	digit := dtmf[0].value
	if !isDigit(digit) {
		return message{}, false
	}
	return message{kind: dtmfEvent, digit: digit[0]}, true
}

func scannedMedia(payload []byte, chunk field, track []byte, scratch *[]byte) (message, bool) {
	m := message{kind: mediaEvent, inbound: isInbound(track)}
	ok := true
	if len(chunk.value) > 0 {
		m.chunk, ok = decimal(chunk.value)
	}
	if !ok {
		return message{}, false
	}
	m.audio, ok = decodeAudio(payload, scratch)
	return m, ok
}

// field is one member of an object, a string.
type field struct {
	name  string
	raw   bool // whoever uses the value refuses bytes that do not stand for themselves
	found bool
	value []byte
}

// scanner is a place in a message. Its methods report false at the first byte
// that they do not expect.
type scanner struct {
	b []byte
	i int
}

// object reads an object of strings and notes those that are asked for.
func (s *scanner) object(fields []field) bool {
	if !s.accept('{') {
		return false
	}
	for {
		key, ok := s.key()
		if !ok {
			return false
		}
		known := false
		for i := range fields {
			f := &fields[i]
			if string(key) != f.name {
				if len(key) == len(f.name) && bytes.EqualFold(key, []byte(f.name)) {
					return false // encoding/json takes this for the name, too
				}
				continue
			}
			if f.found {
				return false // encoding/json takes the last one
			}
			known, f.found = true, true
			if f.raw {
				f.value, ok = s.rawText()
			} else {
				f.value, ok = s.text()
			}
			break
		}
		if !known {
			_, ok = s.text()
		}
		if !ok {
			return false
		}
		if !s.more(&ok) {
			return ok
		}
	}
}

// isOneOf reports whether encoding/json would take key for one of names, as it
// does not tell upper from lower case.
func isOneOf(key []byte, names ...string) bool {
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

// more reads what follows a member and reports whether another one does. *ok
// becomes false if it is neither a comma nor the end of the object.
func (s *scanner) more(ok *bool) bool {
	c := s.skip()
	s.i++
	*ok = c == ',' || c == '}'
	return c == ','
}

func (s *scanner) atEnd() bool { return s.skip() == 0 && s.i >= len(s.b) }

// textIf is text if condition holds, and false otherwise.
func (s *scanner) textIf(condition bool) ([]byte, bool) {
	if !condition {
		return nil, false
	}
	return s.text()
}

// isPlain marks the bytes that stand for themselves inside a string.
var isPlain = func() (plain [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// text reads a string that means what its bytes say: ASCII, no escapes.
func (s *scanner) text() ([]byte, bool) {
	if !s.accept('"') {
		return nil, false
	}
	b := s.b[s.i:]
	for i, c := range b {
		if isPlain[c] {
			continue
		}
		s.i += i + 1
		return b[:i], c == '"'
	}
	return nil, false
}

// rawText reads a string up to the next quote, whatever is in it.
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

// decimal reads a number of up to 18 digits.
func decimal(text []byte) (uint64, bool) {
	if len(text) > 18 {
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
