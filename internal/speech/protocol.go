package speech

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The Recognizer and its workers talk over the worker's standard input and
// output in messages of one kind byte, a length of four bytes (big endian), and
// the body. The conversation is
//
//	Recognizer  setup      {version, model, words, adaptation}
//	worker      hello      {version, engine} or {version, absent}
//	Recognizer  utterance  grammar and audio, again and again
//	worker      heard      {words, score} or {error}
//
// and ends when the worker's standard input does.
const protocolVersion = 1

type messageKind byte

const (
	setupMessage     messageKind = 's'
	helloMessage     messageKind = 'h'
	utteranceMessage messageKind = 'u'
	heardMessage     messageKind = 'w'
)

// maxMessage bounds a body: 60 s of audio and a large grammar.
const maxMessage = 4 << 20

// Setup is what a decoder is made of.
type Setup struct {
	Version int        `json:"version"`
	Model   string     `json:"model"` // folder of the acoustic model
	Words   []WordForm `json:"words"` // every pronunciation of every word
	// Adaptation is an MLLR transform in the text form of the Sphinx tools; empty
	// for none.
	Adaptation string `json:"adaptation"`
}

// WordForm is one pronunciation of a word. Further ones of the same word are
// spelled word(2), word(3).
type WordForm struct {
	Word   string `json:"word"`
	Phones string `json:"phones"` // of the CMU set, separated by blanks
}

// hello is a worker's answer to its setup.
type hello struct {
	Version int    `json:"version"`
	Engine  string `json:"engine"`
	Absent  string `json:"absent"` // why there is no engine
}

// Hypothesis is what was heard.
type Hypothesis struct {
	Words string `json:"words"` // of the grammar; empty when nothing in it was said
	Score int    `json:"score"` // the engine's log score: comparable within one utterance only
}

// heard is a worker's answer to an utterance.
type heard struct {
	Hypothesis
	Error string `json:"error,omitempty"`
}

func writeMessage(w io.Writer, kind messageKind, body []byte) error {
	if len(body) > maxMessage {
		return fmt.Errorf("message of %d bytes is longer than %d", len(body), maxMessage)
	}
	message := make([]byte, 5, 5+len(body))
	message[0] = byte(kind)
	binary.BigEndian.PutUint32(message[1:], uint32(len(body)))
	_, err := w.Write(append(message, body...))
	return err
}

// readMessage returns the body of the next message, which must be of kind want.
// io.EOF means that there is none.
func readMessage(r io.Reader, want messageKind) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if kind := messageKind(head[0]); kind != want {
		return nil, fmt.Errorf("message of kind %q; want %q", kind, want)
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length > maxMessage {
		return nil, fmt.Errorf("message of %d bytes is longer than %d", length, maxMessage)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("read a message of %d bytes: %w", length, noEOF(err))
	}
	return body, nil
}

// noEOF keeps an end in the middle of a message from looking like a regular one.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func writeJSON(w io.Writer, kind messageKind, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeMessage(w, kind, body)
}

func readJSON(r io.Reader, kind messageKind, v any) error {
	body, err := readMessage(r, kind)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

// putUtterance packs a grammar and 8 kHz samples: the grammar's length in four
// bytes, the grammar, then the samples, little endian.
func putUtterance(jsgf string, pcm []int16) []byte {
	body := make([]byte, 0, 4+len(jsgf)+2*len(pcm))
	body = binary.BigEndian.AppendUint32(body, uint32(len(jsgf)))
	body = append(body, jsgf...)
	for _, sample := range pcm {
		body = binary.LittleEndian.AppendUint16(body, uint16(sample))
	}
	return body
}

func getUtterance(body []byte) (jsgf string, pcm []int16, err error) {
	if len(body) < 4 {
		return "", nil, errors.New("utterance without a grammar")
	}
	length := uint64(binary.BigEndian.Uint32(body))
	body = body[4:]
	if length > uint64(len(body)) || (uint64(len(body))-length)%2 != 0 {
		return "", nil, fmt.Errorf("utterance of %d bytes with a grammar of %d", len(body), length)
	}
	jsgf, body = string(body[:length]), body[length:]
	pcm = make([]int16, len(body)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return jsgf, pcm, nil
}
