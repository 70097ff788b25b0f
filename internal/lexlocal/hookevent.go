package lexlocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// hookEvent is what a Lambda function is invoked with:
// https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html.
type hookEvent struct {
	MessageVersion      string               `json:"messageVersion"`
	InvocationSource    string               `json:"invocationSource"`
	InvocationLabel     string               `json:"invocationLabel,omitempty"`
	InputMode           string               `json:"inputMode"`
	ResponseContentType string               `json:"responseContentType"`
	SessionID           string               `json:"sessionId"`
	InputTranscript     string               `json:"inputTranscript"`
	Bot                 hookBot              `json:"bot"`
	Interpretations     []hookInterpretation `json:"interpretations"`
	ProposedNextState   *hookNextState       `json:"proposedNextState,omitempty"`
	RequestAttributes   map[string]string    `json:"requestAttributes,omitempty"`
	SessionState        sessionState         `json:"sessionState"`
}

type hookBot struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	AliasID   string `json:"aliasId"`
	AliasName string `json:"aliasName"`
	LocaleID  string `json:"localeId"`
	Version   string `json:"version"`
}

// hookInterpretation differs from an interpretation of the runtime API in its
// confidence, which is a mere number here.
type hookInterpretation struct {
	Intent     intentState `json:"intent"`
	Confidence *float64    `json:"nluConfidence,omitempty"`
	Source     string      `json:"interpretationSource,omitempty"`
}

// hookNextState is what comes next if the function delegates.
type hookNextState struct {
	DialogAction dialogAction `json:"dialogAction"`
	Intent       intentState  `json:"intent"`
	Prompt       hookPrompt   `json:"prompt"`
}

type hookPrompt struct {
	Attempt string `json:"attempt"`
}

func eventInterpretation(i interpretation) hookInterpretation {
	h := hookInterpretation{Intent: i.Intent, Source: i.Source}
	if i.Confidence != nil {
		h.Confidence = &i.Confidence.Score
	}
	return h
}

// hookResponse is what a Lambda function answers. Its session state has a
// dialog action once parseHookResponse has passed it.
// https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html
type hookResponse struct {
	SessionState      *sessionState     `json:"sessionState"`
	Messages          []message         `json:"messages"`
	RequestAttributes map[string]string `json:"requestAttributes"`
}

// hookActions are the dialog actions that a function may answer.
var hookActions = []string{actionClose, actionConfirmIntent, actionDelegate, actionElicitIntent, actionElicitSlot}

// parseHookResponse reads an answer and checks what can be checked of it
// without knowing the bot. Unknown fields are ignored.
func parseHookResponse(text []byte) (*hookResponse, error) {
	var r hookResponse
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("it is not the expected JSON: %w", err)
	}
	st := r.SessionState
	switch {
	case st == nil:
		return nil, errors.New("sessionState is missing")
	case st.DialogAction == nil || st.DialogAction.Type == "":
		return nil, errors.New("sessionState.dialogAction.type is missing")
	case !slices.Contains(hookActions, st.DialogAction.Type):
		return nil, fmt.Errorf("sessionState.dialogAction.type is %q, allowed are %q", st.DialogAction.Type, hookActions)
	case st.Intent == nil && st.DialogAction.Type != actionDelegate && st.DialogAction.Type != actionElicitIntent:
		return nil, fmt.Errorf("sessionState.intent is missing, %s needs it", st.DialogAction.Type)
	case len(r.Messages) == 0 && st.DialogAction.Type == actionElicitIntent:
		return nil, errors.New("messages are missing, ElicitIntent needs them")
	}
	return &r, errors.Join(checkState(st), checkMessages(r.Messages))
}
