package lex

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"

	"lexline/internal/call"
)

// The parts of the answer's JSON that a call needs
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_SessionState.html).
type (
	sessionState struct {
		DialogAction dialogAction `json:"dialogAction"`
		Intent       *intent      `json:"intent"`
		Attributes   attributes   `json:"sessionAttributes"`
	}
	dialogAction struct {
		Type         string `json:"type"`
		SlotToElicit string `json:"slotToElicit"`
		SubSlot      struct {
			Name string `json:"name"`
		} `json:"subSlotToElicit"`
	}
	intent struct {
		Name  string           `json:"name"`
		State string           `json:"state"`
		Slots map[string]*slot `json:"slots"` // null: not filled
	}
	slot struct {
		Value *struct {
			Interpreted string `json:"interpretedValue"` // null: ambiguous, not filled
		} `json:"value"`
		Values   []*slot          `json:"values"`   // of a list
		SubSlots map[string]*slot `json:"subSlots"` // of a composite
	}
	message struct {
		ContentType types.MessageContentType `json:"contentType"`
		Content     string                   `json:"content"`
	}
)

var (
	errNoState = errors.New("answer has no session state in its header x-amz-lex-session-state: it is not from Lex")
	errNoWords = errors.New("answer asks for something without a word")
)

// readAnswer decodes the head of an answer. state is its session state as Lex
// sent it. Answer.Speech is left to the caller. A question without words is no
// answer: a caller could not know that it is their turn. The headers
// x-amz-lex-interpretations, x-amz-lex-request-attributes and
// x-amz-lex-recognized-bot-member are of no use to a call and not looked at.
func readAnswer(out *lexruntimev2.RecognizeUtteranceOutput) (answer *call.Answer, state []byte, said []message, err error) {
	const stateHeader = "x-amz-lex-session-state"
	if state, err = unpack(stateHeader, out.SessionState); err != nil {
		return nil, nil, nil, err
	}
	if !isObject(state) {
		return nil, nil, nil, errNoState
	}
	var dialog sessionState
	var transcript string
	err = errors.Join(
		decode(stateHeader, state, &dialog),
		unpackJSON("x-amz-lex-messages", out.Messages, &said),
		unpackTranscript(out.InputTranscript, &transcript),
	)
	if err != nil {
		return nil, nil, nil, err
	}
	if t := dialog.DialogAction.Type; len(said) == 0 && (t == "ElicitSlot" || t == "ConfirmIntent") {
		return nil, nil, nil, errNoWords
	}
	answer = dialog.answer()
	answer.Transcript, answer.InputMode, answer.Messages = transcript, aws.ToString(out.InputMode), spoken(said)
	return answer, state, said, nil
}

// ownPrefix begins the names of the session attributes that are for the gateway.
const ownPrefix = "lexline_"

// attributes are the session attributes that are for the gateway. All others are the
// bot's own business: they are not read, so that nothing in them can spoil an answer.
type attributes map[string]string

// UnmarshalJSON takes what is for the gateway and is a text.
func (a *attributes) UnmarshalJSON(text []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil //nolint:nilerr // as with a single attribute that is none
	}
	*a = nil
	for name, raw := range all {
		var value string
		if !strings.HasPrefix(name, ownPrefix) || json.Unmarshal(raw, &value) != nil {
			continue
		}
		if *a == nil {
			*a = attributes{}
		}
		(*a)[name] = value
	}
	return nil
}

// isObject reports whether JSON is an object: null is a state of nothing.
func isObject(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] == '{'
}

// sameQuestion reports whether two states wait for the same thing.
func (s sessionState) sameQuestion(other sessionState) bool {
	if (s.Intent == nil) != (other.Intent == nil) || s.DialogAction != other.DialogAction {
		return false
	}
	return s.Intent == nil || s.Intent.Name == other.Intent.Name && s.Intent.State == other.Intent.State
}

// answer returns what a session state says of an answer.
func (s sessionState) answer() *call.Answer {
	answer := &call.Answer{Elicits: s.DialogAction.SlotToElicit, Slots: map[string]string{}, Attributes: s.Attributes}
	if in := s.Intent; in != nil {
		answer.Intent, answer.State = in.Name, in.State
		fill(answer.Slots, "", in.Slots, deepestSlot)
	}
	answer.Closed = s.DialogAction.Type == "Close" && answer.Intent != fallbackIntent
	return answer
}

// unpackTranscript accepts a JSON string and bare text: the documentation does
// not say which of them is compressed.
func unpackTranscript(value *string, transcript *string) error {
	text, err := unpack("x-amz-lex-input-transcript", value)
	if err != nil || len(text) == 0 {
		return err
	}
	if json.Unmarshal(text, transcript) != nil {
		*transcript = strings.ToValidUTF8(string(text), "\uFFFD")
	}
	return nil
}

// deepestSlot bounds how deep composite slots are looked into. Lex nests them
// once (https://docs.aws.amazon.com/lexv2/latest/dg/composite-slots.html).
const deepestSlot = 4

// fill adds the values of the filled slots to values: a list's values joined
// with commas, a composite's sub-slots under "Slot.SubSlot".
func fill(values map[string]string, prefix string, slots map[string]*slot, deep int) {
	if deep == 0 {
		return
	}
	for name, s := range slots {
		if s == nil {
			continue
		}
		if v := s.interpreted(); v != "" {
			values[prefix+name] = v
		}
		fill(values, prefix+name+".", s.SubSlots, deep-1)
	}
}

func (s *slot) interpreted() string {
	if s.Value != nil && s.Value.Interpreted != "" {
		return s.Value.Interpreted
	}
	var all []string
	for _, one := range s.Values {
		if one != nil && one.Value != nil && one.Value.Interpreted != "" {
			all = append(all, one.Value.Interpreted)
		}
	}
	return strings.Join(all, ", ")
}

// spoken returns the messages that are for the ear, as text. Cards and custom payloads are for
// screens and programs.
func spoken(messages []message) []string {
	var texts []string
	for _, m := range messages {
		switch m.ContentType {
		case "PlainText":
			texts = append(texts, m.Content)
		case "SSML":
			texts = append(texts, withoutTags(m.Content))
		}
	}
	return texts
}

// withoutTags returns the text of an SSML message, or the message as it is when
// it is not well formed.
func withoutTags(ssml string) string {
	var text strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(ssml))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return strings.Join(strings.Fields(text.String()), " ")
		}
		if err != nil {
			return ssml
		}
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
		}
	}
}

// fallbackIntent is the name of the intent that every Lex bot falls back to when
// it did not understand
// (https://docs.aws.amazon.com/lexv2/latest/dg/built-in-intent-fallback.html). A
// bot that has nothing else to do there closes the dialog. That is no end of the
// call: the caller was not understood, not served, and their next turn starts a
// new dialog in the same session.
const fallbackIntent = "FallbackIntent"
