package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxRESTTwiML is the longest document that the Calls resource takes in a request,
	// in characters (https://www.twilio.com/docs/voice/api/call-resource).
	maxRESTTwiML = 4000
	// maxRESTValue bounds every other parameter.
	maxRESTValue = 4096
	// maxRESTAnswer is how long an answer with a call may be, in bytes. A call takes some
	// 1,500.
	maxRESTAnswer = 64 << 10
)

// CallUpdate is what UpdateCall changes; empty fields change nothing. At most one of
// TwiML, URL and Status may be there.
type CallUpdate struct {
	TwiML          string        // instructions that the call goes on with, at most 4,000 characters
	URL            string        // or where Twilio fetches them
	Method         string        // of that request: POST, Twilio's default, or GET
	Status         string        // "completed" ends the call, "canceled" only if it was not answered yet
	FallbackURL    string        // asked when URL fails
	StatusCallback string        // told when the call ends
	TimeLimit      time.Duration // the call is ended after this long, in whole seconds

	// Again gives the address that takes the place of URL when the request is sent once
	// more, as Twilio may have taken it the time before. Nil, or empty: it is the same.
	Again func(context.Context) string
}

func (u CallUpdate) form() (url.Values, error) {
	f := restForm{}
	given := 0
	for _, text := range []string{u.TwiML, u.URL, u.Status} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, errors.New("TwiML, URL and Status exclude each other")
	case u.Status != "" && u.Status != "completed" && u.Status != "canceled":
		return nil, fmt.Errorf("status %q is neither completed nor canceled", u.Status)
	}
	f.set("Twiml", u.TwiML)
	f.set("Url", u.URL)
	f.set("Method", u.Method)
	f.set("Status", u.Status)
	f.set("FallbackUrl", u.FallbackURL)
	f.set("StatusCallback", u.StatusCallback)
	f.seconds("TimeLimit", u.TimeLimit)
	if len(f) == 0 {
		return nil, errors.New("there is nothing to change")
	}
	return f.done()
}

// NewCall is a call to be placed. To, From and URL are required.
type NewCall struct {
	To, From       string        // E.164; From belongs to the account, or was verified by it
	URL            string        // where Twilio fetches, by POST, what to do when the call is answered
	StatusCallback string        // told of StatusEvents, by POST
	StatusEvents   []string      // of initiated, ringing, answered, completed; Twilio's default is the last
	Timeout        time.Duration // of the ringing, in whole seconds; Twilio's default is 60 s
	TimeLimit      time.Duration // the call is ended after this long, in whole seconds
	Machine        MachineDetection
}

// MachineDetection says whether and how Twilio finds out that a machine answered,
// before it asks what to do (https://www.twilio.com/docs/voice/answering-machine-detection).
// Zero fields stand for Twilio's defaults.
type MachineDetection struct {
	Mode               string        // "Enable", "DetectMessageEnd", or empty for none
	Timeout            time.Duration // after which the answer is "unknown", in whole seconds
	SpeechThreshold    time.Duration // speech longer than this is a machine's
	SpeechEndThreshold time.Duration // of silence after speech, before it counts as over
	SilenceTimeout     time.Duration // of silence at the beginning, after which the answer is "unknown"
}

func (c NewCall) form() (url.Values, error) {
	f := restForm{}
	switch {
	case c.To == "" || c.From == "" || c.URL == "":
		return nil, errors.New("one of To, From and URL is missing")
	case c.Machine.Mode == "" && c.Machine != (MachineDetection{}):
		return nil, errors.New("machine detection has settings, but no mode")
	}
	f.set("To", c.To)
	f.set("From", c.From)
	f.set("Url", c.URL)
	f.set("Method", "POST")
	f.set("StatusCallback", c.StatusCallback)
	if len(c.StatusEvents) > 0 {
		f["StatusCallbackEvent"] = c.StatusEvents
	}
	f.seconds("Timeout", c.Timeout)
	f.seconds("TimeLimit", c.TimeLimit)
	f.set("MachineDetection", c.Machine.Mode)
	f.seconds("MachineDetectionTimeout", c.Machine.Timeout)
	f.milliseconds("MachineDetectionSpeechThreshold", c.Machine.SpeechThreshold)
	f.milliseconds("MachineDetectionSpeechEndThreshold", c.Machine.SpeechEndThreshold)
	f.milliseconds("MachineDetectionSilenceTimeout", c.Machine.SilenceTimeout)
	return f.done()
}

// restForm is a form being written. Empty values are left out.
type restForm url.Values

func (f restForm) set(name, value string) {
	if value != "" {
		f[name] = []string{value}
	}
}

func (f restForm) seconds(name string, d time.Duration) {
	if d > 0 {
		f.set(name, strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	}
}

func (f restForm) milliseconds(name string, d time.Duration) {
	if d > 0 {
		f.set(name, strconv.FormatInt(d.Milliseconds(), 10))
	}
}

// done checks the sizes.
func (f restForm) done() (url.Values, error) {
	for name, values := range f {
		most := maxRESTValue
		if name == "Twiml" {
			most = maxRESTTwiML
		}
		for _, value := range values {
			if n := utf8.RuneCountInString(value); n > most {
				return nil, fmt.Errorf("%s has %d characters, %d are allowed", name, n, most)
			}
		}
	}
	return url.Values(f), nil
}

// CallResource is a call as the API tells of it. Texts are Twilio's words, without
// control characters and of bounded length.
type CallResource struct {
	SID        string
	Status     string // queued, ringing, in-progress, completed, busy, failed, no-answer or canceled
	From, To   string
	Direction  string        // inbound, outbound-api or outbound-dial
	AnsweredBy string        // with machine detection, once it is known: human, machine_start, machine_end_beep ..., fax, unknown
	Duration   time.Duration // of the conversation, once the call is over
}

// IsOver reports whether nobody is on the line any more.
func (c CallResource) IsOver() bool { return callHasEnded(c.Status) }

// errBadAnswer says that an answer of status 2xx is not a call.
var errBadAnswer = errors.New("the answer is no call")

// parseCall reads a call's JSON. A null is an empty field.
func parseCall(body []byte) (CallResource, error) {
	var wire struct {
		SID        string `json:"sid"`
		Status     string `json:"status"`
		From       string `json:"from"`
		To         string `json:"to"`
		Direction  string `json:"direction"`
		AnsweredBy string `json:"answered_by"`
		Duration   string `json:"duration"`
	}
	// What went wrong is not passed on: it may quote the answer.
	if len(body) > maxRESTAnswer || json.Unmarshal(body, &wire) != nil || !isSID(wire.SID) || wire.Status == "" {
		return CallResource{}, errBadAnswer
	}
	c := CallResource{
		SID: wire.SID, Status: plainText(wire.Status, 32), From: plainText(wire.From, 256), To: plainText(wire.To, 256),
		Direction: plainText(wire.Direction, 32), AnsweredBy: plainText(wire.AnsweredBy, 32),
	}
	if seconds, err := strconv.ParseUint(wire.Duration, 10, 31); err == nil {
		c.Duration = time.Duration(seconds) * time.Second
	}
	return c, nil
}

// plainText is text without control characters, cut to so many bytes.
func plainText(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return strings.TrimSpace(text)
}
