package twilio

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// eventKind is the kind of a message from Twilio.
type eventKind uint8

const (
	unknownEvent eventKind = iota
	connectedEvent
	startEvent
	mediaEvent
	dtmfEvent
	markEvent
	stopEvent
	wakeEvent // not a message: nothing came for a while
)

var eventKinds = map[string]eventKind{
	"connected": connectedEvent, "start": startEvent, "media": mediaEvent,
	"dtmf": dtmfEvent, "mark": markEvent, "stop": stopEvent,
}

// message is one message from Twilio. Which fields are set depends on its kind.
type message struct {
	kind    eventKind
	event   string        // unknownEvent: its name
	start   *startMessage // startEvent
	digit   byte          // dtmfEvent
	mark    string        // markEvent
	inbound bool          // mediaEvent: it is the caller's track
	chunk   uint64        // mediaEvent: counts the track's messages from 1; 0 if not given
	audio   []byte        // mediaEvent: mu-law, in the scratch buffer
}

// startMessage is what a start message says about its stream.
type startMessage struct {
	streamSID, callSID, accountSID string
}

// wireMessage is a message as Twilio writes it; numbers are strings there
// (https://www.twilio.com/docs/voice/media-streams/websocket-messages).
type wireMessage struct {
	Event     string     `json:"event"`
	StreamSID string     `json:"streamSid"`
	Start     *wireStart `json:"start"`
	Media     *struct {
		Track   string `json:"track"`
		Chunk   string `json:"chunk"`
		Payload string `json:"payload"`
	} `json:"media"`
	DTMF *struct {
		Digit string `json:"digit"`
	} `json:"dtmf"`
	Mark *struct {
		Name string `json:"name"`
	} `json:"mark"`
}

type wireStart struct {
	StreamSID   string `json:"streamSid"`
	CallSID     string `json:"callSid"`
	AccountSID  string `json:"accountSid"`
	MediaFormat *struct {
		Encoding   string `json:"encoding"`
		SampleRate int    `json:"sampleRate"`
		Channels   int    `json:"channels"`
	} `json:"mediaFormat"`
}

// decodeMessage reads any message with encoding/json. Audio is decoded into
// *scratch, which grows as needed. It is the reference for scanMessage, which
// reads the frequent ones faster.
func decodeMessage(b []byte, scratch *[]byte) (message, error) {
	if !utf8.Valid(b) {
		return message{}, errors.New("message is not UTF-8")
	}
	var w wireMessage
	if err := json.Unmarshal(b, &w); err != nil {
		return message{}, fmt.Errorf("read message: %w", err)
	}
	if w.Event == "" {
		return message{}, errors.New("message names no event")
	}
	m := message{kind: eventKinds[w.Event]}
	switch m.kind {
	case unknownEvent:
		m.event = w.Event
	case startEvent:
		start, err := decodeStart(w.Start, w.StreamSID)
		m.start = start
		return m, err
	case mediaEvent:
		if w.Media == nil {
			return m, errors.New("media message without media")
		}
		m.inbound = isInbound([]byte(w.Media.Track))
		if w.Media.Chunk != "" {
			chunk, err := strconv.ParseUint(w.Media.Chunk, 10, 63)
			if err != nil {
				return m, fmt.Errorf("read chunk number: %w", err)
			}
			m.chunk = chunk
		}
		audio, ok := decodeAudio([]byte(w.Media.Payload), scratch)
		if !ok {
			return m, errors.New("payload is not base64")
		}
		m.audio = audio
	case dtmfEvent:
		if w.DTMF == nil || !isDigit([]byte(w.DTMF.Digit)) {
			return m, errors.New("dtmf message without one of 0-9, A-D, * and #")
		}
		m.digit = w.DTMF.Digit[0]
	case markEvent:
		if w.Mark == nil {
			return m, errors.New("mark message without mark")
		}
		m.mark = w.Mark.Name
	}
	return m, nil
}

func decodeStart(w *wireStart, streamSID string) (*startMessage, error) {
	if w == nil {
		return nil, errors.New("start message without start")
	}
	if f := w.MediaFormat; f != nil && (f.Encoding != "audio/x-mulaw" || f.SampleRate != 8000 || f.Channels != 1) {
		return nil, fmt.Errorf("media format %.40q at %d Hz with %d channels is not the mu-law of a telephone line", f.Encoding, f.SampleRate, f.Channels)
	}
	if w.StreamSID == "" {
		w.StreamSID = streamSID
	}
	if streamSID != "" && streamSID != w.StreamSID {
		return nil, errors.New("start message names two streams")
	}
	if w.StreamSID == "" || len(w.StreamSID) > 100 {
		return nil, errors.New("start message without a stream id")
	}
	return &startMessage{streamSID: w.StreamSID, callSID: w.CallSID, accountSID: w.AccountSID}, nil
}

func isDigit(s []byte) bool {
	if len(s) != 1 {
		return false
	}
	c := s[0]
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'D' || c == '*' || c == '#'
}

// isInbound reports whether a track is what the caller says. A message that names
// none is taken for it: Connect sends no other track.
func isInbound(track []byte) bool {
	return len(track) == 0 || string(track) == "inbound"
}

// decodeAudio undoes base64, into *scratch. It takes nothing but whole, padded
// base64 without line breaks.
func decodeAudio(payload []byte, scratch *[]byte) ([]byte, bool) {
	if len(payload)%4 != 0 {
		return nil, false
	}
	size := len(payload) / 4 * 3
	if cap(*scratch) < size {
		*scratch = make([]byte, size)
	}
	n, err := base64.StdEncoding.Decode((*scratch)[:size], payload)
	if err != nil {
		return nil, false
	}
	for i := len(payload) - 1; i >= 0 && payload[i] == '='; i-- {
		size--
	}
	// The decoder skips line breaks, which makes its result shorter.
	return (*scratch)[:n], n == size
}
