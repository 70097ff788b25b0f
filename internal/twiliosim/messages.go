package twiliosim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// stream is what the carrier knows of one media stream. It words the messages
// that go to the application; numbers are strings in them
// (https://www.twilio.com/docs/voice/media-streams/websocket-messages). It is
// owned by the goroutine of its call.
type stream struct {
	// static
	sid, call, account string
	noun               *streamNoun
	told               string // URL of status callbacks; empty for none
	twoWay             bool   // of a Connect: takes messages, gets keys
	inbound, outbound  bool   // tracks that are sent

	sequence int
	chunks   map[string]int // messages sent, by track
	origin   time.Duration  // when the stream began, since the call began
	socket   *socket        // nil until the websocket is open
}

func newStream(sid, call, account string, noun *streamNoun, twoWay bool) *stream {
	return &stream{
		sid: sid, call: call, account: account, noun: noun, twoWay: twoWay,
		inbound:  noun.track != "outbound_track",
		outbound: noun.track != "inbound_track",
		chunks:   map[string]int{},
	}
}

type streamMessage struct {
	Event    string        `json:"event"`
	Protocol string        `json:"protocol,omitempty"`
	Version  string        `json:"version,omitempty"`
	Sequence string        `json:"sequenceNumber,omitempty"`
	Start    *startMessage `json:"start,omitempty"`
	Media    *mediaMessage `json:"media,omitempty"`
	DTMF     *dtmfMessage  `json:"dtmf,omitempty"`
	Mark     *markMessage  `json:"mark,omitempty"`
	Stop     *stopMessage  `json:"stop,omitempty"`
	Stream   string        `json:"streamSid,omitempty"`
}

type startMessage struct {
	Account    string            `json:"accountSid"`
	Stream     string            `json:"streamSid"`
	Call       string            `json:"callSid"`
	Tracks     []string          `json:"tracks"`
	Format     mediaFormat       `json:"mediaFormat"`
	Parameters map[string]string `json:"customParameters"`
}

type mediaFormat struct {
	Encoding   string `json:"encoding"`
	SampleRate int    `json:"sampleRate"`
	Channels   int    `json:"channels"`
}

type mediaMessage struct {
	Track     string `json:"track"`
	Chunk     string `json:"chunk"`
	Timestamp string `json:"timestamp"`
	Payload   []byte `json:"payload"` // encoding/json writes bytes as base64
}

type dtmfMessage struct {
	Track string `json:"track"`
	Digit string `json:"digit"`
}

type markMessage struct {
	Name string `json:"name"`
}

type stopMessage struct {
	Account string `json:"accountSid"`
	Call    string `json:"callSid"`
}

// encode words a message. All but connected are numbered, from 1 on.
func (s *stream) encode(m streamMessage) []byte {
	if m.Event != "connected" {
		s.sequence++
		m.Sequence, m.Stream = strconv.Itoa(s.sequence), s.sid
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // the types above always encode
	}
	return text
}

// opening returns the two messages that every stream begins with; now is the
// time since the call began.
func (s *stream) opening(now time.Duration) [][]byte {
	s.origin = now
	var tracks []string
	if s.inbound {
		tracks = append(tracks, "inbound")
	}
	if s.outbound {
		tracks = append(tracks, "outbound")
	}
	return [][]byte{
		s.encode(streamMessage{Event: "connected", Protocol: "Call", Version: "1.0.0"}),
		s.encode(streamMessage{Event: "start", Start: &startMessage{
			Account: s.account, Stream: s.sid, Call: s.call, Tracks: tracks,
			Format:     mediaFormat{Encoding: "audio/x-mulaw", SampleRate: 8000, Channels: 1},
			Parameters: s.noun.parameters,
		}}),
	}
}

// media words one frame of a track, inbound or outbound.
func (s *stream) media(track string, now time.Duration, mulaw []byte) []byte {
	s.chunks[track]++
	return s.encode(streamMessage{Event: "media", Media: &mediaMessage{
		Track: track, Chunk: strconv.Itoa(s.chunks[track]),
		Timestamp: strconv.FormatInt((now - s.origin).Milliseconds(), 10), Payload: mulaw,
	}})
}

func (s *stream) dtmf(key byte) []byte {
	return s.encode(streamMessage{Event: "dtmf", DTMF: &dtmfMessage{Track: "inbound_track", Digit: string(rune(key))}})
}

func (s *stream) mark(name string) []byte {
	return s.encode(streamMessage{Event: "mark", Mark: &markMessage{Name: name}})
}

func (s *stream) stop() []byte {
	return s.encode(streamMessage{Event: "stop", Stop: &stopMessage{Account: s.account, Call: s.call}})
}

// instruction is a message of the application on a bidirectional stream.
type instruction struct {
	event string // media, mark or clear
	mulaw []byte // media
	name  string // mark
}

// parseInstruction reads a text message of the application on the stream sid. It
// is strict, as warning 31951 is: known events only, with their exact fields and
// nothing else (https://www.twilio.com/docs/api/errors/31951).
func parseInstruction(text []byte, sid string) (instruction, *Fault) {
	fields, flt := object(text, "the message")
	if flt != nil {
		return instruction{}, flt
	}
	in := instruction{}
	if in.event, flt = stringField(fields, "the message", "event"); flt != nil {
		return instruction{}, flt
	}
	known := []string{"event", "streamSid"}
	switch in.event {
	case "media", "mark":
		known = append(known, in.event)
	case "clear":
	default:
		return instruction{}, fault(codeStreamMessage, "event %.40q is none of media, mark, clear", in.event)
	}
	if flt = onlyFields(fields, in.event, known...); flt != nil {
		return instruction{}, flt
	}
	named, flt := stringField(fields, in.event, "streamSid")
	if flt != nil {
		return instruction{}, flt
	}
	if named != sid {
		return instruction{}, fault(codeStreamMessage, "streamSid %.40q of %s is not that of this stream", named, in.event)
	}
	if in.event == "clear" {
		return in, nil
	}
	inner, flt := object(fields[in.event], in.event)
	if flt != nil {
		return instruction{}, flt
	}
	if in.event == "mark" {
		in.name, flt = theOnlyField(inner, "mark", "name")
		return in, flt
	}
	payload, flt := theOnlyField(inner, "media", "payload")
	if flt != nil {
		return instruction{}, flt
	}
	in.mulaw, flt = decodePayload(payload)
	return in, flt
}

func decodePayload(payload string) ([]byte, *Fault) {
	mulaw, err := base64.StdEncoding.Strict().DecodeString(payload)
	switch {
	case err != nil:
		return nil, fault(codeStreamMessage, "payload of media is not base64: %v", err)
	case len(mulaw) == 0:
		return nil, fault(codeStreamMessage, "payload of media is empty")
	case bytes.HasPrefix(mulaw, []byte("RIFF")):
		return nil, fault(codeStreamMessage, "payload of media begins with the header of a WAV file, not with audio")
	}
	return mulaw, nil
}

// object takes a JSON object apart. Keys keep their case, unlike with a struct.
func object(text []byte, what string) (map[string]json.RawMessage, *Fault) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, fault(codeStreamMessage, "%s is not a JSON object: %.60q", what, text)
	}
	return fields, nil
}

func onlyFields(fields map[string]json.RawMessage, what string, known ...string) *Fault {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return fault(codeStreamMessage, "%s has an unexpected field %.40q", what, name)
		}
	}
	return nil
}

func stringField(fields map[string]json.RawMessage, what, name string) (string, *Fault) {
	var value *string
	if err := json.Unmarshal(fields[name], &value); err != nil || value == nil || *value == "" {
		return "", fault(codeStreamMessage, "%s has no text in the field %q", what, name)
	}
	return *value, nil
}

func theOnlyField(fields map[string]json.RawMessage, what, name string) (string, *Fault) {
	if flt := onlyFields(fields, what, name); flt != nil {
		return "", flt
	}
	return stringField(fields, what, name)
}
