package twiliosim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxDocument  = 64 << 10 // bytes of a TwiML document
	maxNesting   = 8        // elements within elements
	maxLoops     = 1000     // what loop="0", until the call ends, is taken as
	maxPause     = time.Hour
	maxParameter = 500 // characters of a Parameter's name and value together
)

// verb is one instruction of a TwiML document, its attributes read and checked.
type verb struct {
	name   string
	text   string        // Say: the words; Play, Redirect: the URL, as written
	loop   int           // Say, Play: how often, at least once
	digits string        // Play: keys to sound in place of a URL
	length time.Duration // Pause
	reason string        // Reject
	action string        // Connect, Dial, Enqueue, Gather: URL to ask when it is over; empty for the next verb, or for this document
	method string        // Redirect, Connect, Dial, Enqueue, Gather
	stream *streamNoun   // Connect, Start, Stop

	gather *gatherNoun // Gather

	// Dial, Enqueue
	nouns          []dialNoun
	callerID       string
	timeout        time.Duration // until nobody has answered
	timeLimit      time.Duration // of the conversation
	hangupOnStar   bool
	answerOnBridge bool // it rings on for the caller until somebody answers
}

// streamNoun is the Stream within Connect, Start or Stop.
type streamNoun struct {
	name       string
	url        string
	track      string // inbound_track, outbound_track or both_tracks
	parameters map[string]string

	callback, callbackMethod string // URL of status callbacks; empty for none
}

// element is TwiML as XML has it.
type element struct {
	name     string
	text     string // its own character data and that of its children, white space folded
	attrs    map[string]string
	children []element
}

// parseTwiML reads a TwiML document. What the carrier could not perform to its
// end is a fault of the whole document: an application that answers it has a
// mistake, and a simulation had better not guess around it.
func parseTwiML(document []byte) ([]verb, *Fault) {
	if len(document) > maxDocument {
		return nil, fault(codeTooLarge, "the TwiML document is longer than %d bytes", maxDocument)
	}
	root, flt := parseXML(document)
	if flt != nil {
		return nil, flt
	}
	if root.name != "Response" {
		return nil, fault(codeParse, "the root element of TwiML is Response, not %s", root.name)
	}
	verbs := make([]verb, 0, len(root.children))
	for i := range root.children {
		v, flt := newVerb(&root.children[i])
		if flt != nil {
			return nil, flt
		}
		verbs = append(verbs, v)
	}
	return verbs, nil
}

// parseXML reads one XML document into its root element.
func parseXML(document []byte) (*element, *Fault) {
	dec := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil, fault(codeParse, "the TwiML document has no root element")
		}
		if err != nil {
			return nil, fault(codeParse, "the TwiML document is not XML: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		root, err := readElement(dec, start, 1)
		if err != nil {
			return nil, fault(codeParse, "the TwiML document is not XML: %v", err)
		}
		if err := onlySpaceFollows(dec); err != nil {
			return nil, fault(codeParse, "behind the TwiML document: %v", err)
		}
		return root, nil
	}
}

func readElement(dec *xml.Decoder, start xml.StartElement, depth int) (*element, error) {
	if depth > maxNesting {
		return nil, errors.New("elements are nested too deeply")
	}
	e := &element{name: start.Name.Local, attrs: map[string]string{}}
	for _, a := range start.Attr {
		e.attrs[a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			child, err := readElement(dec, token, depth+1)
			if err != nil {
				return nil, err
			}
			text.WriteString(" " + child.text + " ")
			e.children = append(e.children, *child)
		case xml.EndElement:
			e.text = strings.Join(strings.Fields(text.String()), " ")
			return e, nil
		}
	}
}

func onlySpaceFollows(dec *xml.Decoder) error {
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return errors.New("a second root element, " + token.Name.Local)
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return errors.New("text outside of the root element")
			}
		}
	}
}

// newVerb checks one child of Response and reads its attributes.
func newVerb(e *element) (verb, *Fault) {
	if slices.Contains(notPerformed, e.name) {
		return verb{}, fault(0, "the simulated carrier does not perform <%s>", e.name)
	}
	if slices.Contains(nouns, e.name) {
		return verb{}, fault(codeSchema, "<%s> is no verb: it belongs inside another element", e.name)
	}
	if flt := checkAttributes(e); flt != nil {
		return verb{}, flt
	}
	v := verb{name: e.name, text: e.text, loop: 1, method: "POST", action: e.attrs["action"]}
	var flt *Fault
	switch e.name {
	case "Say":
		v.loop, flt = loops(e)
		if v.text == "" {
			flt = fault(codeSchema, "<Say> has no words to say")
		}
	case "Play":
		v.digits = e.attrs["digits"]
		if v.loop, flt = loops(e); v.text == "" && v.digits == "" {
			flt = fault(codeSchema, "<Play> has neither a URL nor digits")
		}
	case "Pause":
		v.length, flt = pauseLength(e)
	case "Reject":
		v.reason, flt = oneOf(e, "reason", "rejected", "busy")
	case "Redirect":
		v.method, flt = oneOf(e, "method", "POST", "GET")
		if v.text == "" {
			flt = fault(codeSchema, "<Redirect> has no URL")
		}
	case "Dial":
		flt = v.readDial(e)
	case "Enqueue":
		flt = v.readEnqueue(e)
	case "Gather":
		flt = v.readGather(e)
	case "Connect", "Start", "Stop":
		if v.method, flt = oneOf(e, "method", "POST", "GET"); flt == nil {
			v.stream, flt = newStreamNoun(e)
		}
	}
	return v, flt
}

func loops(e *element) (int, *Fault) {
	text, ok := e.attrs["loop"]
	if !ok {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fault(codeSchema, "the loop of <%s> is a number from 0 on, not %q", e.name, text)
	}
	if n == 0 || n > maxLoops {
		n = maxLoops
	}
	return n, nil
}

func pauseLength(e *element) (time.Duration, *Fault) {
	text, ok := e.attrs["length"]
	if !ok {
		return time.Second, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > int(maxPause/time.Second) {
		return 0, fault(codeSchema, "the length of <Pause> is a whole number of seconds from 1 on, not %q", text)
	}
	return time.Duration(n) * time.Second, nil
}

// newStreamNoun reads the Stream inside of a Connect, Start or Stop.
func newStreamNoun(outer *element) (*streamNoun, *Fault) {
	if len(outer.children) != 1 || outer.children[0].name != "Stream" {
		return nil, fault(0, "the simulated carrier performs <%s> only with one <Stream> inside", outer.name)
	}
	e := &outer.children[0]
	if flt := checkAttributes(e); flt != nil {
		return nil, flt
	}
	noun := &streamNoun{name: e.attrs["name"], url: e.attrs["url"], parameters: map[string]string{}, callback: e.attrs["statusCallback"]}
	switch {
	case outer.name == "Stop" && noun.name == "":
		return nil, fault(codeSchema, "<Stop><Stream> needs the name of a stream")
	case outer.name != "Stop" && noun.url == "":
		return nil, fault(codeSchema, "<Stream> has no url")
	}
	var flt *Fault
	if noun.track, flt = oneOf(e, "track", "inbound_track", "outbound_track", "both_tracks"); flt != nil {
		return nil, flt
	}
	if noun.callback != "" {
		if noun.callbackMethod, flt = oneOf(e, "statusCallbackMethod", "POST", "GET"); flt != nil {
			return nil, flt
		}
	}
	if outer.name == "Connect" && noun.track != "inbound_track" {
		return nil, fault(codeSchema, "<Connect><Stream> has the inbound_track only, not %q", noun.track)
	}
	for i := range e.children {
		if flt := noun.addParameter(&e.children[i]); flt != nil {
			return nil, flt
		}
	}
	return noun, nil
}

func (n *streamNoun) addParameter(e *element) *Fault {
	if flt := checkAttributes(e); flt != nil || e.name != "Parameter" {
		return fault(codeSchema, "<Stream> holds <Parameter name value> only, not this <%s>", e.name)
	}
	name, value := e.attrs["name"], e.attrs["value"]
	switch {
	case name == "":
		return fault(codeSchema, "a <Parameter> of <Stream> has no name")
	case len(name)+len(value) >= maxParameter:
		return fault(codeSchema, "the <Parameter> %.40q is too long: its name and value together stay under %d characters", name, maxParameter)
	}
	n.parameters[name] = value
	return nil
}
