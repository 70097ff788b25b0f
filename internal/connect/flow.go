package connect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// FlowVersion is the version of the flow language that this package knows.
const FlowVersion = "2019-10-30"

// Flow is a contact flow as Amazon Connect exports and imports it.
type Flow struct {
	Version     string
	StartAction string          // identifier of the first action
	Metadata    json.RawMessage `json:",omitempty"` // places in the editor; not looked at when the flow runs
	Actions     []Action
}

// Action is one block of a flow.
type Action struct {
	Identifier  string // unique in the flow; a UUID in exports
	Type        string // such as MessageParticipant
	Parameters  map[string]any
	Transitions Transitions
}

// Transitions say which action follows.
type Transitions struct {
	NextAction string            `json:",omitempty"`
	Errors     []ErrorTransition `json:",omitempty"`
	Conditions []Conditional     `json:",omitempty"`
}

// ErrorTransition says which action follows an error of that type.
type ErrorTransition struct {
	NextAction string
	ErrorType  string
}

// Conditional says which action follows where a condition holds. The first one
// that holds counts.
type Conditional struct {
	NextAction string
	Condition  Condition
}

// Condition compares the action's result, or what it compares, with operands.
type Condition struct {
	Operator string // such as Equals
	Operands []string
}

// maxFlowBytes is what a flow may have at most
// (https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html).
const maxFlowBytes = 1 << 20

// DecodeFlow reads a flow document. It checks the form only: Check says whether
// the flow makes sense.
func DecodeFlow(text []byte) (*Flow, error) {
	if len(text) > maxFlowBytes {
		return nil, fmt.Errorf("read flow: it has %d bytes, at most %d are read", len(text), maxFlowBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	var f Flow
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read flow: something follows the document")
	}
	return &f, nil
}

// Action returns the action with that identifier.
func (f *Flow) Action(id string) (*Action, bool) {
	for i := range f.Actions {
		if f.Actions[i].Identifier == id {
			return &f.Actions[i], true
		}
	}
	return nil, false
}

// Encode writes the flow document, indented as the editor exports it.
func (f *Flow) Encode() ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("write flow: %w", err)
	}
	return text.Bytes(), nil
}
