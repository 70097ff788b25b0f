package lexlocal

import "encoding/json"

// The JSON shapes of the runtime API, with the names that Amazon gives them in
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_Types_Amazon_Lex_Runtime_V2.html.
// A value of these types is never changed once it is part of a session or an
// answer; it is replaced.

// sessionState is the state of a dialog as clients see and send it.
type sessionState struct {
	DialogAction      *dialogAction     `json:"dialogAction,omitempty"`
	Intent            *intentState      `json:"intent,omitempty"`
	ActiveContexts    []activeContext   `json:"activeContexts,omitempty"`
	SessionAttributes map[string]string `json:"sessionAttributes"`
	RequestID         string            `json:"originatingRequestId,omitempty"`
	RuntimeHints      json.RawMessage   `json:"runtimeHints,omitempty"`
}

// The types of a dialogAction.
const (
	actionClose         = "Close"
	actionConfirmIntent = "ConfirmIntent"
	actionDelegate      = "Delegate"
	actionElicitIntent  = "ElicitIntent"
	actionElicitSlot    = "ElicitSlot"
	actionNone          = "None"
)

type dialogAction struct {
	Type             string          `json:"type"`
	SlotToElicit     string          `json:"slotToElicit,omitempty"`
	ElicitationStyle string          `json:"slotElicitationStyle,omitempty"`
	SubSlot          json.RawMessage `json:"subSlotToElicit,omitempty"`
}

// The states of an intent.
const (
	stateInProgress = "InProgress"
	stateReady      = "ReadyForFulfillment"
	stateFulfilled  = "Fulfilled"
	stateFailed     = "Failed"
)

// The confirmation states of an intent.
const (
	confirmationNone = "None"
	confirmed        = "Confirmed"
	denied           = "Denied"
)

type intentState struct {
	Name         string           `json:"name"`
	Slots        map[string]*slot `json:"slots"` // nil for a slot without a value
	State        string           `json:"state,omitempty"`
	Confirmation string           `json:"confirmationState,omitempty"`
}

type slot struct {
	Shape    string           `json:"shape,omitempty"`
	Value    *slotValue       `json:"value,omitempty"`
	Values   []*slot          `json:"values,omitempty"`
	SubSlots map[string]*slot `json:"subSlots,omitempty"`
}

// slotValue has no interpreted value when the caller's words fit several of
// the resolved ones, such as a time without a.m. or p.m.
type slotValue struct {
	Original    string   `json:"originalValue,omitempty"`
	Interpreted *string  `json:"interpretedValue"`
	Resolved    []string `json:"resolvedValues"`
}

// interpreted returns the value of a slot as text, "" when it has none yet.
func (s *slot) interpreted() string {
	switch {
	case s == nil:
		return ""
	case s.Value != nil && s.Value.Interpreted != nil:
		return *s.Value.Interpreted
	case len(s.Values) > 0:
		return s.Values[0].interpreted()
	}
	return ""
}

type interpretation struct {
	Confidence *confidence `json:"nluConfidence,omitempty"`
	Intent     intentState `json:"intent"`
	Source     string      `json:"interpretationSource,omitempty"`
}

type confidence struct {
	Score float64 `json:"score"`
}

// The content types of a message.
const (
	plainText     = "PlainText"
	ssml          = "SSML"
	customPayload = "CustomPayload"
	imageCard     = "ImageResponseCard"
)

type message struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content,omitempty"`
	Card        *card  `json:"imageResponseCard,omitempty"`
}

type card struct {
	Title    string   `json:"title"`
	Subtitle string   `json:"subtitle,omitempty"`
	ImageURL string   `json:"imageUrl,omitempty"`
	Buttons  []button `json:"buttons,omitempty"`
}

type button struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

type activeContext struct {
	Name       string            `json:"name"`
	TimeToLive timeToLive        `json:"timeToLive"`
	Attributes map[string]string `json:"contextAttributes"`
}

type timeToLive struct {
	Seconds int `json:"timeToLiveInSeconds"`
	Turns   int `json:"turnsToLive"`
}

// The input modes of a turn.
const (
	modeSpeech = "Speech"
	modeText   = "Text"
	modeDTMF   = "DTMF"
)

// recognizeTextRequest is the body of RecognizeText.
type recognizeTextRequest struct {
	Text              string            `json:"text"`
	SessionState      *sessionState     `json:"sessionState"`
	RequestAttributes map[string]string `json:"requestAttributes"`
}

// recognizeTextResponse is the answer to RecognizeText.
type recognizeTextResponse struct {
	Messages          []message         `json:"messages,omitempty"`
	SessionState      sessionState      `json:"sessionState"`
	Interpretations   []interpretation  `json:"interpretations"`
	RequestAttributes map[string]string `json:"requestAttributes,omitempty"`
	SessionID         string            `json:"sessionId"`
}

// putSessionRequest is the body of PutSession.
type putSessionRequest struct {
	SessionState      *sessionState     `json:"sessionState"`
	Messages          []message         `json:"messages"`
	RequestAttributes map[string]string `json:"requestAttributes"`
}

// getSessionResponse is the answer to GetSession.
type getSessionResponse struct {
	SessionID       string           `json:"sessionId"`
	Messages        []message        `json:"messages,omitempty"`
	Interpretations []interpretation `json:"interpretations"`
	SessionState    sessionState     `json:"sessionState"`
}

// deleteSessionResponse is the answer to DeleteSession.
type deleteSessionResponse struct {
	BotID     string `json:"botId"`
	AliasID   string `json:"botAliasId"`
	LocaleID  string `json:"localeId"`
	SessionID string `json:"sessionId"`
}
