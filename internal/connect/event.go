package connect

import (
	"encoding/json"
	"strings"
)

// Event is what is used of an event that a flow sends to a Lambda function
// (https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html).
// All of it may have come from a caller: none of it belongs into a log.
type Event struct {
	// Parameters are what the flow's block was told to send along; nil for none.
	// Where the block sends JSON, values may be of any type.
	Parameters map[string]any
	Contact    Contact
}

// Contact is what an event says of the contact: Details.ContactData.
type Contact struct {
	ContactID    string            // of this contact
	Channel      string            // VOICE, CHAT and so on
	InstanceARN  string            // of the Connect instance that runs the flow
	LanguageCode string            // such as en-US
	Attributes   map[string]string // that the flow has set; those that are no text are left out
}

// maxEventBytes is what an event may have: Lambda takes no more
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), and
// Connect sends far less.
const maxEventBytes = 6 << 20

// DecodeEvent reads an event. It never fails: what is missing, of the wrong type
// or no JSON at all is left zero, and the rest is read all the same.
func DecodeEvent(text []byte) Event {
	var e Event
	if len(text) > maxEventBytes {
		return e
	}
	details := members(members(text)["Details"])
	_ = json.Unmarshal(details["Parameters"], &e.Parameters) // what is no object leaves no parameters
	contact := members(details["ContactData"])
	e.Contact = Contact{
		ContactID: textOf(contact["ContactId"]), Channel: textOf(contact["Channel"]),
		InstanceARN: textOf(contact["InstanceARN"]), LanguageCode: textOf(contact["LanguageCode"]),
	}
	for name, value := range members(contact["Attributes"]) {
		var text *string
		if json.Unmarshal(value, &text) != nil || text == nil {
			continue
		}
		if e.Contact.Attributes == nil {
			e.Contact.Attributes = map[string]string{}
		}
		e.Contact.Attributes[name] = *text
	}
	return e
}

// members returns the members of a JSON object; of anything else none.
func members(text []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(text, &m) != nil {
		return nil
	}
	return m
}

// textOf returns a JSON text; of anything else an empty one.
func textOf(value []byte) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// Region returns the region that the flow named in its parameter "region", and
// whether that has the form of one.
func (e Event) Region() (name string, ok bool) {
	text, _ := e.Parameters["region"].(string)
	if len(text) > 100 { // nothing that long is worth folding
		return "", false
	}
	name = strings.ToLower(strings.TrimSpace(text))
	return name, IsRegion(name)
}

// Region returns the region of the Connect instance, and whether its ARN names
// one.
func (c Contact) Region() (name string, ok bool) {
	if len(c.InstanceARN) > 1024 {
		return "", false
	}
	parts := strings.SplitN(c.InstanceARN, ":", 6) // arn:aws:connect:REGION:ACCOUNT:instance/ID
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "connect" {
		return "", false
	}
	return parts[3], IsRegion(parts[3])
}

// IsRegion reports whether a name has the form of an AWS region's, such as
// us-east-1.
func IsRegion(name string) bool { return regionName().MatchString(name) }
