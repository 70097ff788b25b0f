package lexlocal

import (
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"
)

// Limits of the runtime API, from its reference pages.
const (
	maxText              = 1024 // characters
	maxMessages          = 10
	maxInterpretations   = 5
	maxContexts          = 20
	maxContextName       = 100
	maxContextAttributes = 10
	maxDescription       = 200
	maxSlotDepth         = 4 // composite slots of lists; the API sets no limit, real bots need 2
)

var (
	idPattern          = regexp.MustCompile(`^[0-9a-zA-Z]{10}$`)
	localePattern      = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z0-9]{2,3})?$`)
	contextNamePattern = regexp.MustCompile(`^([A-Za-z0-9]_?)+$`)
)

// sessionIDPattern is compiled when it is first needed: its bounded repetition is large.
var sessionIDPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-zA-Z._:-]{2,100}$`)
})

var (
	dialogActions = []string{
		actionClose, actionConfirmIntent, actionDelegate, actionElicitIntent, actionElicitSlot, actionNone,
	}
	intentStates = []string{
		stateInProgress, stateReady, stateFulfilled, stateFailed, "Waiting", "FulfillmentInProgress",
	}
	confirmationStates = []string{confirmationNone, confirmed, denied}
	messageKinds       = []string{plainText, ssml, customPayload, imageCard}
)

// checkText checks the text of RecognizeText.
func checkText(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return invalid("text is not valid UTF-8")
	case n == 0:
		return invalid("text is empty")
	case n > maxText:
		return invalid("text has %d characters, at most %d are allowed", n, maxText)
	}
	return nil
}

// checkState checks what can be checked of a session state without knowing the
// bot. A nil state is a good one.
func checkState(s *sessionState) error {
	if s == nil {
		return nil
	}
	if a := s.DialogAction; a != nil {
		if !slices.Contains(dialogActions, a.Type) {
			return invalid("sessionState.dialogAction.type is %q, allowed are %q", a.Type, dialogActions)
		}
		if a.Type == actionElicitSlot && a.SlotToElicit == "" {
			return invalid("sessionState.dialogAction.slotToElicit is missing, ElicitSlot needs it")
		}
	}
	if in := s.Intent; in != nil {
		if err := checkIntent(in); err != nil {
			return err
		}
	}
	if n := len(s.ActiveContexts); n > maxContexts {
		return invalid("sessionState.activeContexts has %d entries, at most %d are allowed", n, maxContexts)
	}
	for _, c := range s.ActiveContexts {
		if err := checkContext(c); err != nil {
			return err
		}
	}
	return nil
}

func checkIntent(in *intentState) error {
	switch {
	case in.Name == "":
		return invalid("sessionState.intent.name is empty")
	case in.State != "" && !slices.Contains(intentStates, in.State):
		return invalid("sessionState.intent.state is %q, allowed are %q", in.State, intentStates)
	case in.Confirmation != "" && !slices.Contains(confirmationStates, in.Confirmation):
		return invalid("sessionState.intent.confirmationState is %q, allowed are %q", in.Confirmation, confirmationStates)
	}
	for name, s := range in.Slots {
		if !s.shallow(maxSlotDepth) {
			return invalid("sessionState.intent.slots.%s is nested too deeply", name)
		}
	}
	return nil
}

// shallow says whether the slot holds at most depth levels of slots.
func (s *slot) shallow(depth int) bool {
	if s == nil {
		return true
	}
	if depth == 0 {
		return false
	}
	for _, v := range s.Values {
		if !v.shallow(depth - 1) {
			return false
		}
	}
	for _, v := range s.SubSlots {
		if !v.shallow(depth - 1) {
			return false
		}
	}
	return true
}

func checkContext(c activeContext) error {
	switch {
	case len(c.Name) > maxContextName || !contextNamePattern.MatchString(c.Name):
		return invalid("sessionState.activeContexts holds the name %q: up to %d letters, digits and single underscores are allowed",
			c.Name, maxContextName)
	case c.TimeToLive.Seconds < 5 || c.TimeToLive.Seconds > 86400:
		return invalid("context %s: timeToLiveInSeconds is %d, allowed are 5 to 86400", c.Name, c.TimeToLive.Seconds)
	case c.TimeToLive.Turns < 1 || c.TimeToLive.Turns > 20:
		return invalid("context %s: turnsToLive is %d, allowed are 1 to 20", c.Name, c.TimeToLive.Turns)
	case len(c.Attributes) > maxContextAttributes:
		return invalid("context %s has %d attributes, at most %d are allowed", c.Name, len(c.Attributes), maxContextAttributes)
	}
	return nil
}

// checkMessages checks the messages of PutSession.
func checkMessages(messages []message) error {
	if n := len(messages); n > maxMessages {
		return invalid("messages has %d entries, at most %d are allowed", n, maxMessages)
	}
	for i, m := range messages {
		switch {
		case !slices.Contains(messageKinds, m.ContentType):
			return invalid("messages[%d].contentType is %q, allowed are %q", i, m.ContentType, messageKinds)
		case m.ContentType == imageCard && m.Card == nil:
			return invalid("messages[%d].imageResponseCard is missing", i)
		case m.ContentType != imageCard && m.Content == "":
			return invalid("messages[%d].content is empty", i)
		case utf8.RuneCountInString(m.Content) > maxText:
			return invalid("messages[%d].content is longer than %d characters", i, maxText)
		}
	}
	return nil
}
