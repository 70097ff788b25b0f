package botdef

import "time"

// MessageKind names the form of a Message as the Lex runtime spells it.
type MessageKind string

// The content types of Lex messages.
const (
	PlainText     MessageKind = "PlainText"
	SSML          MessageKind = "SSML"
	CustomPayload MessageKind = "CustomPayload"
	ImageCard     MessageKind = "ImageResponseCard"
)

// Message is one thing the bot may say. Text may hold {Slot} and [attribute]
// placeholders.
type Message struct {
	Kind MessageKind
	Text string // "" for an ImageCard
	Card *Card  // only for an ImageCard
}

// Card is a picture with buttons, for chat channels.
type Card struct {
	Title, Subtitle, ImageURL string
	Buttons                   []Button
}

// Button is one button of a Card.
type Button struct{ Text, Value string }

// MessageGroup is a message and its variations: each time Lex says exactly
// one of them. There is always at least one.
type MessageGroup []Message

// Response is what the bot says without expecting an answer: one message of
// each group, in order.
type Response struct {
	Groups         []MessageGroup
	AllowInterrupt bool
}

// Prompt is a question.
type Prompt struct {
	Groups         []MessageGroup
	MaxRetries     int // 0 to 5: how often the question is repeated
	AllowInterrupt bool
	Ordered        bool // variations in order, not at random

	// Attempts are the first question and each repetition, with the console's
	// defaults where the bot says nothing: MaxRetries+1 entries, at most six.
	Attempts []Attempt
}

// Attempt says how Lex listens after asking once.
type Attempt struct {
	AllowInterrupt bool
	AllowAudio     bool
	AllowDTMF      bool

	StartTimeout time.Duration // silence before the first word or digit
	EndTimeout   time.Duration // silence that ends an utterance
	MaxLength    time.Duration // longest utterance

	DTMFMaxLength  int
	DTMFEndTimeout time.Duration
	DTMFDeletion   string // one key, "*"
	DTMFEnd        string // one key, "#"

	TextStartTimeout time.Duration
}

// Outcome is how the dialog goes on after something happened: say Response,
// then do the step of the first true branch of Conditional, else Next. The
// zero value says nothing and leaves the step to Lex's default.
type Outcome struct {
	Response    *Response
	Next        *Step
	Conditional *Conditional
}

// Step is the next action of a dialog. Action is a design-time action:
// ElicitIntent, StartIntent, ElicitSlot, EvaluateConditional,
// InvokeDialogCodeHook, ConfirmIntent, FulfillIntent, CloseIntent or
// EndConversation.
type Step struct {
	Action              string
	SlotToElicit        string // for ElicitSlot
	SuppressNextMessage bool
	Intent              string            // for StartIntent, "" for the same intent
	Slots               map[string]string // values to set, slot name to value
	SessionAttributes   map[string]string
}

// Conditional chooses among branches by expressions over slots and attributes,
// such as `{Nights} > 3 AND [member] = "yes"`.
type Conditional struct {
	Active   bool
	Branches []Branch
	Default  Branch // Name and Expression are ""
}

// Branch is one way a Conditional can go.
type Branch struct {
	Name       string
	Expression string
	Next       *Step
	Response   *Response
}

// CodeHook is a call of the bot's Lambda function at one point of the dialog.
type CodeHook struct {
	Active  bool   // the step exists
	Invoke  bool   // the function is really called
	Label   string // invocationLabel of the event, ""
	Success Outcome
	Failure Outcome
	Timeout Outcome
}

// Initial is what happens as soon as an intent is recognised.
type Initial struct {
	Outcome
	Hook *CodeHook // nil when none
}

// Confirmation asks the caller to agree before fulfilment.
type Confirmation struct {
	Active bool
	Prompt *Prompt

	Confirmed Outcome
	Declined  Outcome
	Failure   Outcome // the answer was neither, too often

	Hook            *CodeHook
	ElicitationHook *CodeHook
}

// Fulfillment is the step that does what the caller wanted. Hook says that a
// Lambda function does it. Without one Lex does nothing itself: when Active,
// the intent counts as fulfilled and Success follows; otherwise it is left
// ReadyForFulfillment for the client.
// https://docs.aws.amazon.com/lexv2/latest/dg/intent-fulfillment.html
type Fulfillment struct {
	Hook    bool // fulfillmentCodeHook.enabled
	Active  bool // fulfillmentCodeHook.isActive
	Success Outcome
	Failure Outcome
	Timeout Outcome
	Updates *Updates // nil when the caller is not told about progress
}

// Updates are said while a slow fulfilment runs.
type Updates struct {
	Active    bool
	Delay     time.Duration // before Start is said
	Start     *Response
	Frequency time.Duration // between repetitions of Update
	Update    *Response
	Timeout   time.Duration // of the whole fulfilment
}

// Closing is said when an intent is over.
type Closing struct {
	Active bool
	Outcome
}
