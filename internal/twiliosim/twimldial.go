package twiliosim

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of Dial (https://www.twilio.com/docs/voice/twiml/dial).
const (
	defaultDialTimeout = 30 * time.Second
	maxDialTimeout     = 600 * time.Second
	maxCallTime        = 24 * time.Hour
	maxNouns           = 10 // parties that are called at once
	maxClientName      = 256
	maxClientParameter = 1024 // characters of all Parameters of a Client together
)

// dialNoun is one of those whom a Dial or an Enqueue calls.
type dialNoun struct {
	kind           string // number, sip, client, queue or conference
	target         string // as written
	url, method    string // what the human hears before they are connected; empty for nothing
	callback       string // URL of status callbacks; empty for none
	callbackMethod string
	callbackEvents []string
	parameters     map[string]string // of a Client
}

// key is what the noun is looked up by among the parties.
func (n *dialNoun) key() string {
	if n.kind == "number" || n.kind == "sip" {
		return partyKey(n.target)
	}
	return n.kind + ":" + n.target
}

// readDial reads the attributes of a Dial, and whom it calls.
func (v *verb) readDial(e *element) *Fault {
	var flt *Fault
	if v.method, flt = choice(e, codeDialMethod, "method", "POST", "GET"); flt != nil {
		return flt
	}
	if v.timeout, flt = wholeSeconds(e, codeDialTimeout, "timeout", defaultDialTimeout, maxDialTimeout); flt != nil {
		return flt
	}
	if v.timeLimit, flt = wholeSeconds(e, codeDialTimeLimit, "timeLimit", 4*time.Hour, maxCallTime); flt != nil {
		return flt
	}
	if v.hangupOnStar, flt = flag(e, codeDialHangupOnStar, "hangupOnStar"); flt != nil {
		return flt
	}
	if v.answerOnBridge, flt = flag(e, codeSchema, "answerOnBridge"); flt != nil {
		return flt
	}
	v.callerID = e.attrs["callerId"]
	if v.callerID != "" && !isNumber(v.callerID) && !strings.HasPrefix(v.callerID, "client:") && !strings.HasPrefix(v.callerID, "sip:") {
		return fault(codeDialCallerID, "the callerId of <Dial> is a number with + and country code, not %q", v.callerID)
	}
	return v.readNouns(e)
}

func (v *verb) readNouns(e *element) *Fault {
	if len(e.children) == 0 { // the number stands in the Dial itself
		noun := dialNoun{kind: "number", target: v.text, method: "POST"}
		v.nouns = []dialNoun{noun}
		return noun.check()
	}
	if len(e.children) > maxNouns {
		return fault(codeDialNested, "<Dial> calls %d parties at once at most, not %d", maxNouns, len(e.children))
	}
	for i := range e.children {
		noun, flt := newDialNoun(&e.children[i])
		if flt != nil {
			return flt
		}
		alone := noun.kind == "queue" || noun.kind == "conference"
		if alone && len(e.children) > 1 {
			return fault(codeDialNested, "<Dial> holds one <%s>, and nothing beside it", e.children[i].name)
		}
		v.nouns = append(v.nouns, noun)
	}
	return nil
}

func newDialNoun(e *element) (dialNoun, *Fault) {
	if !slices.Contains([]string{"Number", "Sip", "Client", "Queue", "Conference"}, e.name) {
		return dialNoun{}, fault(codeDialNested, "<Dial> holds <Number>, <Sip>, <Client>, <Queue> or <Conference>, not <%s>", e.name)
	}
	if flt := checkAttributes(e); flt != nil {
		return dialNoun{}, flt
	}
	noun := dialNoun{
		kind: strings.ToLower(e.name), target: e.text, url: e.attrs["url"],
		callback: e.attrs["statusCallback"], callbackEvents: strings.Fields(e.attrs["statusCallbackEvent"]),
	}
	var flt *Fault
	if noun.method, flt = choice(e, codeNumberMethod, "method", "POST", "GET"); flt != nil {
		return dialNoun{}, flt
	}
	if noun.callbackMethod, flt = choice(e, codeSchema, "statusCallbackMethod", "POST", "GET"); flt != nil {
		return dialNoun{}, flt
	}
	if flt := checkEvents(noun.callbackEvents); flt != nil && noun.kind != "conference" {
		return dialNoun{}, flt
	}
	if noun.kind == "client" {
		if flt := noun.readClient(e); flt != nil {
			return dialNoun{}, flt
		}
	} else if len(e.children) > 0 {
		return dialNoun{}, fault(codeDialNested, "<%s> holds text only, not <%s>", e.name, e.children[0].name)
	}
	return noun, noun.check()
}

// readClient reads what a Client holds: its name as text or as an Identity, and
// Parameters, which its program is given.
func (n *dialNoun) readClient(e *element) *Fault {
	n.parameters = map[string]string{}
	length := 0
	for i := range e.children {
		child := &e.children[i]
		if flt := checkAttributes(child); flt != nil {
			return flt
		}
		switch name := child.attrs["name"]; {
		case child.name == "Identity":
			n.target = child.text
		case child.name != "Parameter":
			return fault(codeDialNested, "<Client> holds <Identity> and <Parameter>, not <%s>", child.name)
		case name == "":
			return fault(codeSchema, "a <Parameter> of <Client> has no name")
		default:
			n.parameters[name] = child.attrs["value"]
			length += len(name) + len(child.attrs["value"])
		}
	}
	if length > maxClientParameter {
		return fault(codeSchema, "the Parameters of <Client> have %d characters together, at most %d", length, maxClientParameter)
	}
	return nil
}

// check checks the target of a noun.
func (n *dialNoun) check() *Fault {
	switch n.kind {
	case "number":
		if !isNumber(partyKey(n.target)) {
			return fault(codeDialNumber, "<Dial> calls numbers with + and country code, not %q", n.target)
		}
	case "sip":
		u, err := url.Parse(n.target)
		if err != nil || u.Scheme != "sip" && u.Scheme != "sips" || !strings.Contains(u.Opaque, "@") {
			return fault(codeDialSIP, "<Sip> calls an address such as sip:desk@example.com, not %q", n.target)
		}
	case "client":
		if n.target == "" || len(n.target) > maxClientName || strings.ContainsAny(n.target, " <>\"%") {
			return fault(codeDialClient, "<Client> has a name of up to %d characters without spaces, not %q", maxClientName, n.target)
		}
	default:
		if n.target == "" {
			return fault(codeDialNested, "the <%s> of <Dial> has no name", strings.ToUpper(n.kind[:1])+n.kind[1:])
		}
	}
	return nil
}

// readEnqueue reads an Enqueue: the caller waits until the queue, as a party, answers.
func (v *verb) readEnqueue(e *element) *Fault {
	method, flt := choice(e, codeSchema, "method", "POST", "GET")
	name := v.text
	if workflow := e.attrs["workflowSid"]; workflow != "" {
		name = workflow
	}
	switch {
	case flt != nil:
		return flt
	case len(e.children) > 0 && e.children[0].name != "Task":
		return fault(codeSchema, "<Enqueue> holds the name of a queue or a <Task>, not <%s>", e.children[0].name)
	case name == "":
		return fault(codeSchema, "<Enqueue> has neither the name of a queue nor a workflowSid")
	}
	v.method = method
	v.timeout, v.timeLimit = maxCallTime, maxCallTime
	v.nouns = []dialNoun{{kind: "queue", target: name}}
	return nil
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// isNumber reports whether text is a telephone number in E.164 form.
func isNumber(text string) bool { return e164.MatchString(text) }

// checkEvents checks the names of call progress events.
func checkEvents(names []string) *Fault {
	for _, name := range names {
		if !slices.Contains(callEvents, name) {
			return fault(codeSchema, "the events of a call are %s, not %q", strings.Join(callEvents, ", "), name)
		}
	}
	return nil
}

// callEvents are the events of a call that a status callback can be asked for.
var callEvents = []string{"initiated", "ringing", "answered", "completed"}
