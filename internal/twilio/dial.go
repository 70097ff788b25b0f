package twilio

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxSIPHeaders bounds the headers that a SIP address carries, as they are written
	// there. Twilio takes 1,024 characters (https://www.twilio.com/docs/voice/twiml/sip).
	maxSIPHeaders = 900
	// maxParameter bounds the value of a client's parameter, in bytes.
	maxParameter = 400
)

// dial writes the verb that has a target dialled. dialled is the address that Twilio
// asks what comes then, whisper the one of what a number is told, empty for nothing.
func (t *Target) dial(d *document, p pass, dialled, whisper string) {
	if t.Kind == TargetQueue || t.Kind == TargetWorkflow {
		t.enqueue(d, p, dialled)
		return
	}
	d.open("Dial", "callerId", t.CallerID, "timeout", seconds(t.Timeout), "timeLimit", seconds(t.TimeLimit),
		"action", dialled, "method", "POST")
	switch t.Kind {
	case TargetSIP:
		d.element("Sip", t.Address+"?"+sipHeaders(p))
	case TargetClient:
		d.open("Client")
		d.element("Identity", t.Address)
		for _, fact := range p.facts() {
			d.element("Parameter", "", "name", "lexline_"+fact.name, "value", cut(fact.value, maxParameter))
		}
		d.close("Client")
	default:
		method := ""
		if whisper != "" {
			method = "POST"
		}
		d.element("Number", t.Address, "url", whisper, "method", method)
	}
	d.close("Dial")
}

// enqueue writes the verb that lets the caller wait until somebody takes them from the
// queue, which Dial would take somebody from
// (https://www.twilio.com/docs/voice/twiml/enqueue). A workflow is told what the call
// is about; of a plain queue whoever dials it has their own whisper.
func (t *Target) enqueue(d *document, p pass, dialled string) {
	attributes := []string{"action", dialled, "method", "POST", "waitUrl", t.WaitURL}
	if t.Kind == TargetQueue {
		d.element("Enqueue", t.Address, attributes...)
		return
	}
	d.open("Enqueue", append(attributes, "workflowSid", t.Address)...)
	task := map[string]string{}
	for _, fact := range p.facts() {
		task[fact.name] = fact.value
	}
	text, _ := json.Marshal(task) // of texts: it cannot fail
	d.element("Task", string(text))
	d.close("Enqueue")
}

// fact is one thing that a target is told.
type fact struct{ name, value string }

// facts are what targets are told in a form for programs, as far as it is known.
func (p *pass) facts() []fact {
	all := []fact{{"call", p.callSID}, {"line", p.line}, {"intent", p.intent}, {"context", p.context}}
	return slices.DeleteFunc(all, func(f fact) bool { return f.value == "" })
}

// sipHeaders are the facts as headers in a SIP address. What does not fit is cut.
func sipHeaders(p pass) string {
	var b strings.Builder
	for _, fact := range p.facts() {
		name := "X-Lexline-" + strings.ToUpper(fact.name[:1]) + fact.name[1:] + "="
		if b.Len()+len(name) >= maxSIPHeaders {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		for _, r := range fact.value {
			escaped := strings.ReplaceAll(url.QueryEscape(string(r)), "+", "%20")
			if b.Len()+len(escaped) > maxSIPHeaders {
				break
			}
			b.WriteString(escaped)
		}
	}
	return b.String()
}

// whisper is what the owner of a number is told.
func (t *Target) whisper(line, context string) string {
	text := strings.NewReplacer("{{line}}", line, "{{context}}", context).Replace(t.Whisper)
	return cut(strings.TrimSpace(text), maxSay)
}

// cut returns at most n bytes of a text.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// seconds is a duration as an attribute, empty for none.
func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

// document is what Twilio goes on with.
func (r *RedirectTo) document() []byte {
	if r.TwiML != "" {
		return []byte(r.TwiML)
	}
	d := newDocument()
	d.element("Redirect", r.URL, "method", "POST")
	return d.bytes()
}

// dialStatus says in one word what became of a target that was dialled: Dial's
// DialCallStatus (https://www.twilio.com/docs/voice/twiml/dial#dialcallstatus) or
// Enqueue's QueueResult.
func dialStatus(form url.Values) string {
	for _, name := range []string{"DialCallStatus", "QueueResult"} {
		switch status := form.Get(name); status {
		case "completed", "answered", "busy", "no-answer", "failed", "canceled",
			"bridged", "redirected", "redirected-from-bridged", "hangup", "leave", "queue-full", "error", "system-error":
			return status
		}
	}
	return "unknown"
}

// wasAnswered reports whether the caller was talked to.
func wasAnswered(form url.Values) bool {
	switch dialStatus(form) {
	case "completed", "answered", "bridged", "redirected", "redirected-from-bridged", "hangup":
		return true
	}
	return false
}

// Dialled is what became of a target that was dialled for a caller, as Twilio tells it
// when that is over.
type Dialled struct {
	Call    string // the caller's
	Target  string // its name
	Outcome DialOutcome
	Talked  time.Duration // of one that answered, in whole seconds; 0 if it is not known, as for queues
}

// DialOutcome says in one word what became of a target.
type DialOutcome string

// The outcomes.
const (
	DialAnswered DialOutcome = "answered"
	DialBusy     DialOutcome = "busy"      // or its queue was full
	DialNoAnswer DialOutcome = "no_answer" // or the caller left first
	DialFailed   DialOutcome = "failed"
)

// dialOutcome is what became of a target.
func dialOutcome(form url.Values) DialOutcome {
	switch status := dialStatus(form); {
	case wasAnswered(form):
		return DialAnswered
	case status == "busy" || status == "queue-full":
		return DialBusy
	case status == "no-answer" || status == "canceled" || status == "leave":
		return DialNoAnswer
	}
	return DialFailed
}

// counted is an outcome as counters have it.
func (o DialOutcome) counted() Counters {
	switch o {
	case DialAnswered:
		return Counters{TransfersAnswered: 1}
	case DialBusy:
		return Counters{TransfersBusy: 1}
	case DialNoAnswer:
		return Counters{TransfersUnanswered: 1}
	}
	return Counters{TransfersFailed: 1}
}

// talked is how long who answered talked with the caller, as far as Twilio says so
// (https://www.twilio.com/docs/voice/twiml/dial#dialcallduration). It is bounded by what
// a call may take there.
func talked(form url.Values) time.Duration {
	seconds, err := strconv.Atoi(form.Get("DialCallDuration"))
	if err != nil || seconds < 0 || !wasAnswered(form) {
		return 0
	}
	return min(time.Duration(min(seconds, 1<<30))*time.Second, 24*time.Hour)
}
