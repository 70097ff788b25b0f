package twilio

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// streamMark stands in a line's own TwiML where the stream is to be opened.
	streamMark = "{{stream}}"
	// maxTwiML is the size of the largest document that Twilio takes
	// (https://www.twilio.com/docs/api/errors/11750).
	maxTwiML = 64 << 10
)

// document is a TwiML document being written. Whatever text it is given comes
// out as exactly that text for a parser; characters that XML does not know
// become U+FFFD.
type document struct{ b strings.Builder }

func newDocument() *document {
	d := &document{}
	d.b.WriteString(xml.Header[:len(xml.Header)-1] + "<Response>")
	return d
}

func (d *document) bytes() []byte {
	d.b.WriteString("</Response>")
	return []byte(d.b.String())
}

// element writes one element. attributes are names and values in turn; those
// with an empty value are left out.
func (d *document) element(name, text string, attributes ...string) {
	d.open(name, attributes...)
	escape(&d.b, text)
	d.close(name)
}

func (d *document) open(name string, attributes ...string) {
	d.b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		d.b.WriteString(" " + attributes[i] + `="`)
		escape(&d.b, attributes[i+1])
		d.b.WriteString(`"`)
	}
	d.b.WriteString(">")
}

func (d *document) close(name string) { d.b.WriteString("</" + name + ">") }

// escape writes text for use inside an element or a quoted attribute. A
// strings.Builder cannot fail, so neither can xml.EscapeText.
func escape(b *strings.Builder, text string) { _ = xml.EscapeText(b, []byte(text)) }

func (d *document) say(line *preparedLine, text string) {
	if text != "" {
		d.element("Say", text, "voice", line.Voice, "language", line.Language)
	}
}

// links are the absolute addresses that our TwiML refers to.
type links struct {
	resume  string // of POST /resume
	stream  string // of the websocket, to be followed by a token
	dialled string // of POST /dialled, to be followed by a pass
	whisper string // of POST /whisper, to be followed by a pass
	update  string // of POST /updatecall; see updateFor
	query   string // behind the addresses that Twilio asks for instructions; nothing or ?name=value
	keys    gathering
}

// with returns l with a query behind every address that Twilio asks for
// instructions.
func (l links) with(query string) links {
	l.query = "?" + query
	l.resume += l.query
	return l
}

// updateFor is the address where Twilio gets the words of a token, and without one
// that where it is told to wait.
func (l links) updateFor(token string) string {
	if token != "" {
		token = "/" + token
	}
	return l.update + token + l.query
}

// openStream writes the verbs that open a stream.
func (l links) openStream(d *document, line *preparedLine, token string) {
	if line.Update {
		l.startStream(d, line, token)
		return
	}
	l.connect(d, line, token)
}

// connect writes the verbs that open a stream of both ways. The Redirect serves carriers that
// do not know Connect's action: there, the verb after Connect is what they do
// next once the stream is over.
func (l links) connect(d *document, line *preparedLine, token string) {
	d.open("Connect", "action", l.resume, "method", "POST")
	d.open("Stream", "url", l.stream+token)
	d.element("Parameter", "", "name", "line", "value", line.Name)
	d.close("Stream")
	d.close("Connect")
	d.element("Redirect", l.resume, "method", "POST")
}

// greet answers an incoming call.
func (l links) greet(line *preparedLine, token string) []byte {
	if line.template != nil {
		d := &document{}
		l.openStream(d, line, token)
		return line.template.fill(d.b.String())
	}
	d := newDocument()
	d.say(line, line.Greeting)
	l.openStream(d, line, token)
	return d.bytes()
}

// reconnect opens a further stream for a call that lost its earlier one.
func (l links) reconnect(line *preparedLine, token string) []byte {
	return l.connectAgain(line, line.Resuming, token)
}

// connectAgain opens a further stream behind a word to the caller.
func (l links) connectAgain(line *preparedLine, text, token string) []byte {
	d := newDocument()
	if line.Update {
		stopStream(d)
	}
	d.say(line, text)
	l.openStream(d, line, token)
	return d.bytes()
}

// sendToResume has Twilio ask /resume what to do.
func (l links) sendToResume() []byte {
	d := newDocument()
	d.element("Redirect", l.resume, "method", "POST")
	return d.bytes()
}

// hangUp ends the call, after a word to the caller if there is one. line may be
// nil.
func hangUp(line *preparedLine, text string) []byte {
	if line == nil {
		line = &preparedLine{}
	}
	d := newDocument()
	d.say(line, text)
	d.element("Hangup", "")
	return d.bytes()
}

// greetingTime estimates how long the caller listens before the stream opens:
// telephone voices say about 15 characters a second, slow ones 10.
func greetingTime(line *preparedLine) time.Duration {
	if line.template != nil {
		return 5 * time.Minute // it may play files of any length
	}
	return sayTime(line.Greeting)
}

// sayTime estimates, generously, how long Twilio says a text.
func sayTime(text string) time.Duration {
	return 2*time.Second + time.Duration(utf8.RuneCountInString(text))*time.Second/10
}

// template is a TwiML document of the operator's, cut at its streamMark.
type template struct{ before, after string }

func (t *template) fill(stream string) []byte { return []byte(t.before + stream + t.after) }

// parseTemplate checks a whole TwiML document that has streamMark in it. Errors
// name the line.
func parseTemplate(text string) (*template, error) {
	if len(text) > maxTwiML-4096 {
		return nil, fmt.Errorf("%d bytes are more than Twilio takes", len(text))
	}
	before, after, found := strings.Cut(text, streamMark)
	if !found || strings.Contains(after, streamMark) {
		return nil, fmt.Errorf("%s must stand in it exactly once", streamMark)
	}
	marks, err := readTwiML(text)
	if err != nil {
		return nil, err
	}
	if marks != 1 {
		return nil, fmt.Errorf("%s must stand between elements, not in an attribute or a comment", streamMark)
	}
	return &template{before, after}, nil
}

// readTwiML says what is wrong with a document, and how often streamMark stands in it
// where it may.
func readTwiML(text string) (marks int, err error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	depth, roots := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("not well-formed: %w", err)
		}
		row, _ := decoder.InputPos()
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
				if t.Name.Local != "Response" || roots > 1 {
					return 0, fmt.Errorf("line %d: %s where the one Response was expected", row, t.Name.Local)
				}
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return 0, fmt.Errorf("line %d: text outside of Response", row)
			}
			if bytes.Contains(t, []byte(streamMark)) {
				if depth != 1 {
					return 0, fmt.Errorf("line %d: %s must stand directly inside Response", row, streamMark)
				}
				marks++
			}
		}
	}
	if roots != 1 {
		return 0, errors.New("there is no Response element")
	}
	return marks, nil
}
