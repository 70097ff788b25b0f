package twilio

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
)

// answerStatus takes note of what became of a call, which Twilio tells about calls
// that were placed with our address for it, and about those to numbers that have it
// as their status callback
// (https://www.twilio.com/docs/voice/api/call-resource#statuscallback). Nobody waits
// for the answer's instructions: the call is over.
func (d *Door) answerStatus(_ *http.Request, form url.Values) []byte {
	status := form.Get("CallStatus")
	if !callHasEnded(status) {
		return newDocument().bytes() // only how it is going
	}
	d.hungUp(form.Get("CallSid"), d.now()) // of a caller who left during the greeting nothing else tells
	if !d.calls.tellsEnd(form.Get("CallSid"), d.now()) {
		return newDocument().bytes()
	}
	d.tally.add(endedWith(status))
	seconds, _ := strconv.Atoi(form.Get("CallDuration")) // 0 if it tells none
	d.log.Info("call over", slog.String("call", form.Get("CallSid")), slog.String("status", status),
		slog.Int("seconds", seconds), slog.Bool("outbound", form.Get("Direction") == apiCall),
		slog.String("answered_by", answeredBy(form)), slog.String("to", lastDigits(form.Get("To"))))
	return newDocument().bytes()
}

// endedWith counts a call that has ended so.
func endedWith(status string) Counters {
	switch status {
	case "busy":
		return Counters{EndedBusy: 1}
	case "no-answer":
		return Counters{EndedNoAnswer: 1}
	case "failed":
		return Counters{EndedFailed: 1}
	case "canceled":
		return Counters{EndedCanceled: 1}
	}
	return Counters{EndedCompleted: 1}
}

// answerMachine hangs up on a machine that has answered a call of ours, unless its
// line talks to machines. It returns nil for everybody else.
func (d *Door) answerMachine(line *preparedLine, form url.Values) []byte {
	who := answeredBy(form)
	if !isMachine(who) || line.TalkToMachines && who != "fax" {
		return nil
	}
	d.tally.add(Counters{Machines: 1})
	d.log.Info("machine hung up on", slog.String("call", form.Get("CallSid")), slog.String("line", line.Name), slog.String("answered_by", who))
	return hangUp(nil, "")
}

// answeredBy is what a webhook says of who answered: one of Twilio's few words, or
// nothing.
func answeredBy(form url.Values) string {
	who := form.Get("AnsweredBy")
	switch who {
	case "human", "unknown", "fax", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other":
		return who
	}
	return ""
}

// countIf is 1 for what is true.
func countIf(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
