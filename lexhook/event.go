package lexhook

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The values of Event.InvocationSource.
const (
	DialogCodeHook      = "DialogCodeHook"      // asked during the dialog
	FulfillmentCodeHook = "FulfillmentCodeHook" // to do what the caller wants
)

// TurnAttribute is the request attribute that names the turn of a call,
// CALLSID/NUMBER. All requests that lexline makes for one turn carry the same
// value, and no other turn does.
const TurnAttribute = "x-lexline-turn"

// Event is what Lex V2 invokes a Lambda function with. Fields that this
// package does not know are ignored, as Amazon asks for in
// https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html.
type Event struct {
	MessageVersion      string            `json:"messageVersion"` // "1.0"
	InvocationSource    string            `json:"invocationSource"`
	InvocationLabel     string            `json:"invocationLabel,omitempty"`
	InputMode           string            `json:"inputMode"` // DTMF, Speech or Text
	ResponseContentType string            `json:"responseContentType"`
	SessionID           string            `json:"sessionId"`
	InputTranscript     string            `json:"inputTranscript"`
	Bot                 Bot               `json:"bot"`
	Interpretations     []Interpretation  `json:"interpretations"`
	ProposedNextState   *NextState        `json:"proposedNextState,omitempty"`
	RequestAttributes   map[string]string `json:"requestAttributes,omitempty"`
	SessionState        SessionState      `json:"sessionState"`
}

// Bot says which bot asks. Ids may differ between the regions of a bot.
type Bot struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	AliasID   string `json:"aliasId"`
	AliasName string `json:"aliasName,omitempty"`
	LocaleID  string `json:"localeId"`
	Version   string `json:"version"`
}

// Interpretation is one thing that the caller may have meant.
type Interpretation struct {
	Intent     Intent      `json:"intent"`
	Confidence *Confidence `json:"nluConfidence,omitempty"` // nil for the fallback intent
	Source     string      `json:"interpretationSource,omitempty"`
}

// Confidence is how sure Lex is, from 0 to 1. Lex writes a number to Lambda
// functions and an object with a score to its other clients; both are read.
type Confidence float64

// UnmarshalJSON reads a number or {"score": number}.
func (c *Confidence) UnmarshalJSON(text []byte) error {
	var number float64
	if json.Unmarshal(text, &number) == nil {
		*c = Confidence(number)
		return nil
	}
	var object struct {
		Score float64 `json:"score"`
	}
	if err := json.Unmarshal(text, &object); err != nil {
		return fmt.Errorf("nluConfidence is neither a number nor an object: %w", err)
	}
	*c = Confidence(object.Score)
	return nil
}

// NextState is what Lex would do next if the function delegated to it.
type NextState struct {
	DialogAction DialogAction `json:"dialogAction"`
	Intent       Intent       `json:"intent"`
	Prompt       *struct {
		Attempt string `json:"attempt"` // Initial, Retry1, ...
	} `json:"prompt,omitempty"`
}

// SessionState is the state of a dialog, in an Event and in a Response.
type SessionState struct {
	ActiveContexts    []ActiveContext   `json:"activeContexts,omitempty"`
	SessionAttributes map[string]string `json:"sessionAttributes,omitempty"`
	DialogAction      *DialogAction     `json:"dialogAction,omitempty"`
	Intent            *Intent           `json:"intent,omitempty"`
	RuntimeHints      json.RawMessage   `json:"runtimeHints,omitempty"`
	RequestID         string            `json:"originatingRequestId,omitempty"`
}

// DialogAction says what happens next: Close, ConfirmIntent, Delegate,
// ElicitIntent or ElicitSlot.
type DialogAction struct {
	Type         string `json:"type"`
	SlotToElicit string `json:"slotToElicit,omitempty"`
}

// Intent is an intent with what is known of its slots. State is InProgress,
// ReadyForFulfillment, Fulfilled, Failed, Waiting or FulfillmentInProgress;
// ConfirmationState is None, Confirmed or Denied.
type Intent struct {
	Name              string           `json:"name"`
	Slots             map[string]*Slot `json:"slots,omitzero"` // nil for a slot without a value
	State             string           `json:"state,omitempty"`
	ConfirmationState string           `json:"confirmationState,omitempty"`
}

// Slot is a slot with a value: one (shape Scalar), several (List) or parts
// (Composite).
type Slot struct {
	Shape    string           `json:"shape,omitempty"`
	Value    *SlotValue       `json:"value,omitempty"`
	Values   []*Slot          `json:"values,omitempty"`
	SubSlots map[string]*Slot `json:"subSlots,omitempty"`
}

// SlotValue is what the caller said and what it was taken for.
type SlotValue struct {
	Original    string   `json:"originalValue,omitempty"`
	Interpreted string   `json:"interpretedValue"`
	Resolved    []string `json:"resolvedValues,omitempty"`
}

// ActiveContext is a context of the dialog.
type ActiveContext struct {
	Name              string            `json:"name"`
	ContextAttributes map[string]string `json:"contextAttributes"`
	TimeToLive        struct {
		Seconds int `json:"timeToLiveInSeconds"`
		Turns   int `json:"turnsToLive"`
	} `json:"timeToLive"`
}

// ParseEvent reads an event. An error says what makes it unusable: no JSON, a
// value of the wrong kind, no source or no intent.
func ParseEvent(text []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(text, &e); err != nil {
		return Event{}, fmt.Errorf("read Lex event: %w", err)
	}
	return e, e.check()
}

// check says whether an event is one that can be answered.
func (e *Event) check() error {
	switch {
	case e.InvocationSource != DialogCodeHook && e.InvocationSource != FulfillmentCodeHook:
		return fmt.Errorf("read Lex event: invocationSource is %q, neither %s nor %s", e.InvocationSource, DialogCodeHook, FulfillmentCodeHook)
	case e.SessionState.Intent == nil || e.SessionState.Intent.Name == "":
		return errors.New("read Lex event: sessionState.intent has no name")
	case e.SessionID == "" && e.RequestAttributes[TurnAttribute] == "":
		return errors.New("read Lex event: there is no sessionId")
	}
	return nil
}

// SlotText returns the value of a slot of the intent in force: what Lex took
// the caller's words for, "" for a slot without a value. The first value
// stands for a list.
func (e *Event) SlotText(name string) string {
	if e.SessionState.Intent == nil {
		return ""
	}
	return e.SessionState.Intent.Slots[name].text()
}

func (s *Slot) text() string {
	switch {
	case s == nil:
		return ""
	case s.Value != nil && s.Value.Interpreted != "":
		return s.Value.Interpreted
	case len(s.Values) > 0:
		return s.Values[0].text()
	}
	return ""
}
