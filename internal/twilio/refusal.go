package twilio

import (
	"fmt"
	"unicode/utf8"
)

// RefusalKind is what callers get for whom all lines are busy.
type RefusalKind int

// The kinds.
const (
	RefuseByText RefusalKind = iota // they are told so, and the call is hung up
	RefuseAsBusy                    // they hear the busy tone; the call is not answered and costs nothing
	RefuseByDial                    // another number is dialled for them
)

// Refusal is what a new call gets when no more are taken. Its documents are made
// when the door is, so that a door that is short of everything has nothing to do.
type Refusal struct {
	Kind RefusalKind
	// Text is said, before hanging up or dialling. RefuseByText has a default in
	// English; with RefuseByDial nothing is said if it is empty.
	Text string
	// Number is dialled, E.164 with its plus sign. RefuseByDial needs it.
	Number string
	// CallerID is the number that the one who is dialled sees: one of the account's.
	// Without it Twilio shows that of the caller
	// (https://www.twilio.com/docs/voice/twiml/dial#callerid).
	CallerID string
}

// busyText is said when no further call can be taken.
const busyText = "All our lines are busy. Please call again in a few minutes. Goodbye."

// dialSeconds is how long the other number rings.
const dialSeconds = "30"

// Check says what is wrong with it, if anything is.
func (r Refusal) Check() error {
	if n := utf8.RuneCountInString(r.Text); n > maxSay {
		return fmt.Errorf("its text has %d characters, Twilio says at most %d", n, maxSay)
	}
	switch r.Kind {
	case RefuseByText, RefuseAsBusy:
		return nil
	case RefuseByDial:
	default:
		return fmt.Errorf("there is no kind %d", r.Kind)
	}
	if !isE164(r.Number) {
		return fmt.Errorf("%q is no number to dial: +14155550100 is the form", r.Number)
	}
	if r.CallerID != "" && !isE164(r.CallerID) {
		return fmt.Errorf("caller id %q is no number: +14155550100 is the form", r.CallerID)
	}
	return nil
}

// document is the answer to a call of line.
func (r Refusal) document(line *preparedLine) []byte {
	switch r.Kind {
	case RefuseAsBusy:
		d := newDocument()
		d.element("Reject", "", "reason", "busy")
		return d.bytes()
	case RefuseByDial:
		d := newDocument()
		d.say(line, r.Text)
		d.open("Dial", "callerId", r.CallerID, "timeout", dialSeconds)
		d.element("Number", r.Number)
		d.close("Dial")
		// Without it Twilio would go on with what follows after a talk as well as
		// after a ringing that nobody answered.
		d.element("Hangup", "")
		return d.bytes()
	}
	text := r.Text
	if text == "" {
		text = busyText
	}
	return hangUp(line, text)
}

// isE164 reports whether s is a telephone number that can be dialled from anywhere
// (ITU-T E.164: a plus sign and at most fifteen digits, the first not 0).
func isE164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
