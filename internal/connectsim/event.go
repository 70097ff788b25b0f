package connectsim

import (
	"encoding/json"
	"fmt"
	"time"

	"lexline/internal/connect"
)

// Kind is what an event tells.
type Kind string

// The kinds of events.
const (
	KindStart  Kind = "start"  // the contact begins
	KindAction Kind = "action" // an action was executed: a line of the flow log
	KindPrompt Kind = "prompt" // something is played
	KindCaller Kind = "caller" // the caller speaks, presses keys or says nothing
	KindInvoke Kind = "invoke" // a Lambda function answered, or did not
	KindAnswer Kind = "answer" // a bot answered
	KindFault  Kind = "fault"  // a bot did not
	KindBranch Kind = "branch" // an action is left by an error
	KindEnd    Kind = "end"    // the contact is over
)

// Event is one step of a contact.
type Event struct {
	Time    time.Time `json:"time"`
	AtMS    int64     `json:"at_ms"` // since the contact began
	Contact string    `json:"contact"`
	Event   Kind      `json:"event"`

	Action string `json:"action,omitempty"` // identifier of the action
	Type   string `json:"type,omitempty"`   // of the action
	Region string `json:"region,omitempty"` // of the bot
	Text   string `json:"text,omitempty"`   // what was played or said, or what went wrong
	TookMS int64  `json:"took_ms,omitempty"`

	Error  string            `json:"error,omitempty"`  // type of the error by which an action is left
	Next   string            `json:"next,omitempty"`   // identifier of the action that follows
	Intent string            `json:"intent,omitempty"` // that a bot understood
	State  string            `json:"state,omitempty"`  // of the intent
	Slots  map[string]string `json:"slots,omitempty"`  // that are filled

	// Parameters are those of an action with references resolved, Results what it
	// came to: the intent, the key, the error's type.
	Parameters map[string]any    `json:"parameters,omitempty"`
	Results    string            `json:"results,omitempty"`
	External   map[string]string `json:"external,omitempty"` // answer of a Lambda function

	End       End  `json:"end,omitempty"`
	NotLogged bool `json:"not_logged,omitempty"` // the flow had its log switched off
}

// FlowLog returns the line that Connect writes to its flow log of an event, without
// a line feed, or nil for an event that is none there
// (https://docs.aws.amazon.com/connect/latest/adminguide/contact-flow-log-data.html).
// A field Identifier says which action it was.
func (n *Instance) FlowLog(e Event) ([]byte, error) {
	if e.Event != KindAction || e.NotLogged {
		return nil, nil
	}
	line, err := json.Marshal(flowLogLine{
		ContactID: e.Contact, FlowName: n.cfg.FlowName, Module: module(e.Type), Identifier: e.Action,
		Timestamp: e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), Parameters: e.Parameters,
		ExternalResults: e.External, Results: e.Results,
	})
	if err != nil {
		return nil, fmt.Errorf("write the flow log: %w", err)
	}
	return line, nil
}

type flowLogLine struct {
	ContactID       string            `json:"ContactId"`
	FlowName        string            `json:"ContactFlowName"`
	Module          string            `json:"ContactFlowModuleType"`
	Identifier      string            `json:"Identifier"`
	Timestamp       string            `json:"Timestamp"`
	Parameters      map[string]any    `json:"Parameters"`
	ExternalResults map[string]string `json:"ExternalResults,omitempty"`
	Results         string            `json:"Results,omitempty"`
}

// modules are the names of the blocks in the flow log, by the type of their
// action. They are older than the flow language.
var modules = map[string]string{
	connect.MessageParticipant:             "PlayPrompt",
	connect.InvokeLambdaFunction:           "InvokeExternalResource",
	connect.Compare:                        "CheckAttribute",
	connect.ConnectParticipantWithLexBot:   "GetUserInput",
	connect.GetParticipantInput:            "GetUserInput",
	connect.UpdateContactAttributes:        "SetAttributes",
	connect.UpdateContactTargetQueue:       "SetQueue",
	connect.TransferContactToQueue:         "Transfer",
	connect.UpdateContactTextToSpeechVoice: "SetVoice",
	connect.UpdateFlowLoggingBehavior:      "SetLoggingBehavior",
	connect.DisconnectParticipant:          "Disconnect",
}

func module(actionType string) string {
	if name, ok := modules[actionType]; ok {
		return name
	}
	return actionType
}
