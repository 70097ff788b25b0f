package twiliosim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The verbs that the carrier performs, with the attributes that TwiML gives
// them (https://www.twilio.com/docs/voice/twiml).
var attributes = map[string][]string{
	"Say":       {"voice", "language", "loop"},
	"Play":      {"loop", "digits"},
	"Pause":     {"length"},
	"Redirect":  {"method"},
	"Hangup":    {},
	"Reject":    {"reason"},
	"Connect":   {"action", "method"},
	"Start":     {"action", "method"},
	"Stop":      {},
	"Stream":    {"url", "name", "track", "connectorName", "statusCallback", "statusCallbackMethod"},
	"Parameter": {"name", "value"},
	"Gather": {
		"action", "method", "input", "timeout", "numDigits", "finishOnKey", "actionOnEmptyResult", "speechTimeout", "language", "hints",
		"bargeIn", "speechModel", "profanityFilter", "enhanced", "debug", "dtmfDetection", "maxSpeechTime", "minConfidence",
		"partialResultCallback", "partialResultCallbackMethod",
	},
	"Dial": {
		"action", "method", "timeout", "hangupOnStar", "timeLimit", "callerId", "record", "trim", "answerOnBridge", "ringTone",
		"sequential", "referUrl", "referMethod", "recordingTrack", "recordingStatusCallback", "recordingStatusCallbackMethod",
		"recordingStatusCallbackEvent",
	},
	"Number": {
		"sendDigits", "url", "method", "byoc", "statusCallbackEvent", "statusCallback", "statusCallbackMethod", "machineDetection",
		"machineDetectionTimeout", "machineDetectionSpeechThreshold", "machineDetectionSpeechEndThreshold",
		"machineDetectionSilenceTimeout", "amdStatusCallback", "amdStatusCallbackMethod",
	},
	"Sip":    {"username", "password", "url", "method", "statusCallbackEvent", "statusCallback", "statusCallbackMethod"},
	"Client": {"url", "method", "statusCallbackEvent", "statusCallback", "statusCallbackMethod"},
	"Queue":  {"url", "method", "reservationSid", "postWorkActivitySid"},
	"Conference": {
		"muted", "beep", "startConferenceOnEnter", "endConferenceOnExit", "waitUrl", "waitMethod", "maxParticipants", "record", "trim",
		"coach", "participantLabel", "jitterBufferSize", "region", "statusCallbackEvent", "statusCallback", "statusCallbackMethod",
		"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent", "eventCallbackUrl",
	},
	"Identity": {},
	"Enqueue":  {"action", "method", "maxQueueSize", "waitUrl", "waitUrlMethod", "workflowSid"},
}

// Elements that stand inside of others only.
var nouns = []string{"Stream", "Parameter", "Number", "Sip", "Client", "Identity", "Queue", "Conference"}

// Verbs of Twilio that this carrier does not perform.
var notPerformed = []string{
	"AI", "Answer", "Echo", "Leave", "Pay", "Prompt", "Record", "Refer", "Siprec", "Sms", "Transcription", "VirtualAgent",
}

func checkAttributes(e *element) *Fault {
	known, ok := attributes[e.name]
	if !ok {
		return fault(codeSchema, "TwiML has no <%s>", e.name)
	}
	for name := range e.attrs {
		if !slices.Contains(known, name) && name != "xmlns" && name != "noNamespaceSchemaLocation" && name != "xsi" {
			return fault(codeSchema, "<%s> has no attribute %q", e.name, name)
		}
	}
	return nil
}

// oneOf reads an attribute that takes one of values, the first if it is absent.
func oneOf(e *element, name string, values ...string) (string, *Fault) {
	text, ok := e.attrs[name]
	if !ok {
		return values[0], nil
	}
	for _, value := range values {
		if strings.EqualFold(text, value) {
			return value, nil
		}
	}
	return "", fault(codeSchema, "the %s of <%s> is one of %s, not %q", name, e.name, strings.Join(values, ", "), text)
}

// choice reads an attribute that takes one of values, the first if it is absent; any
// other is a fault of the given code.
func choice(e *element, code int, name string, values ...string) (string, *Fault) {
	value, flt := oneOf(e, name, values...)
	if flt != nil {
		flt.Code = code
	}
	return value, flt
}

// flag reads an attribute that is true or false, false if it is absent.
func flag(e *element, code int, name string) (bool, *Fault) {
	text, flt := choice(e, code, name, "false", "true")
	return text == "true", flt
}

// wholeSeconds reads an attribute that is a number of seconds from 1 on.
func wholeSeconds(e *element, code int, name string, otherwise, most time.Duration) (time.Duration, *Fault) {
	text, ok := e.attrs[name]
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > int(most/time.Second) {
		return 0, fault(code, "the %s of <%s> is a whole number of seconds from 1 to %d, not %q", name, e.name, int(most/time.Second), text)
	}
	return time.Duration(n) * time.Second, nil
}
