package lex

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"

	"lexline/internal/call"
)

// The parts of the answer's JSON that a call needs
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_SessionState.html).
type (
	sessionState struct {
		DialogAction struct {
			Type         string `json:"type"`
			SlotToElicit string `json:"slotToElicit"`
		} `json:"dialogAction"`
		Intent *intent `json:"intent"`
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
		ContentType string `json:"contentType"`
		Content     string `json:"content"`
	}
)

var errNoState = errors.New("answer has no header x-amz-lex-session-state: it is not from Lex")

// readAnswer decodes the head of an answer. state is its session state as Lex
// sent it. Answer.Speech is left to the caller. The headers
// x-amz-lex-interpretations, x-amz-lex-request-attributes and
// x-amz-lex-recognized-bot-member are of no use to a call and not looked at.
func readAnswer(out *lexruntimev2.RecognizeUtteranceOutput) (answer *call.Answer, state []byte, err error) {
	const stateHeader = "x-amz-lex-session-state"
	if state, err = unpack(stateHeader, out.SessionState); err != nil {
		return nil, nil, err
	}
	if state == nil {
		return nil, nil, errNoState
	}
	var dialog sessionState
	var messages []message
	var transcript string
	err = errors.Join(
		decode(stateHeader, state, &dialog),
		unpackJSON("x-amz-lex-messages", out.Messages, &messages),
		unpackTranscript(out.InputTranscript, &transcript),
	)
	if err != nil {
		return nil, nil, err
	}
	answer = &call.Answer{
		Transcript: transcript,
		InputMode:  aws.ToString(out.InputMode),
		Elicits:    dialog.DialogAction.SlotToElicit,
		Slots:      map[string]string{},
		Messages:   words(messages),
	}
	if in := dialog.Intent; in != nil {
		answer.Intent, answer.State = in.Name, in.State
		fill(answer.Slots, "", in.Slots)
	}
	answer.Closed = dialog.DialogAction.Type == "Close" && answer.Intent != fallbackIntent
	return answer, state, nil
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

// fill adds the values of the filled slots to values: a list's values joined
// with commas, a composite's sub-slots under "Slot.SubSlot".
func fill(values map[string]string, prefix string, slots map[string]*slot) {
	for name, s := range slots {
		if s == nil {
			continue
		}
		if v := s.interpreted(); v != "" {
			values[prefix+name] = v
		}
		fill(values, prefix+name+".", s.SubSlots)
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

// words returns the spoken messages as text. Cards and custom payloads are for
// screens and programs.
func words(messages []message) []string {
	var spoken []string
	for _, m := range messages {
		switch m.ContentType {
		case "PlainText":
			spoken = append(spoken, m.Content)
		case "SSML":
			spoken = append(spoken, withoutTags(m.Content))
		}
	}
	return spoken
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
