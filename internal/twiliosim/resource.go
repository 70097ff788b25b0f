package twiliosim

import (
	"strconv"
	"time"
)

// resource is a call as Twilio's REST API shows it
// (https://www.twilio.com/docs/voice/api/call-resource#call-properties). Numbers and
// dates are strings there; what is not known yet is null.
type resource struct {
	SID           string            `json:"sid"`
	Account       string            `json:"account_sid"`
	Parent        *string           `json:"parent_call_sid"`
	To            string            `json:"to"`
	ToFormatted   string            `json:"to_formatted"`
	From          string            `json:"from"`
	FromFormatted string            `json:"from_formatted"`
	PhoneNumber   *string           `json:"phone_number_sid"`
	Status        string            `json:"status"`
	Direction     string            `json:"direction"`
	AnsweredBy    *string           `json:"answered_by"`
	Created       *string           `json:"date_created"`
	Updated       *string           `json:"date_updated"`
	Started       *string           `json:"start_time"`
	Ended         *string           `json:"end_time"`
	Duration      *string           `json:"duration"`
	Price         *string           `json:"price"`
	PriceUnit     string            `json:"price_unit"`
	APIVersion    string            `json:"api_version"`
	Annotation    *string           `json:"annotation"`
	ForwardedFrom *string           `json:"forwarded_from"`
	Group         *string           `json:"group_sid"`
	CallerName    *string           `json:"caller_name"`
	QueueTime     string            `json:"queue_time"`
	Trunk         *string           `json:"trunk_sid"`
	URI           string            `json:"uri"`
	Subresources  map[string]string `json:"subresource_uris"`
}

// resource shows the call. It is called as ask has it.
func (c *call) resource() resource {
	path := "/2010-04-01/Accounts/" + c.cfg.Account + "/Calls/" + c.sid
	r := resource{
		SID: c.sid, Account: c.cfg.Account, To: c.to, ToFormatted: c.to, From: c.from, FromFormatted: c.from,
		Status: c.state.status, Direction: c.direction, AnsweredBy: orNull(c.state.answeredBy),
		Created: dateOrNull(c.state.created), Updated: dateOrNull(c.state.updated()),
		Started: dateOrNull(c.state.started), Ended: dateOrNull(c.state.finished),
		PriceUnit: "USD", APIVersion: apiVersion, QueueTime: "0", URI: path + ".json",
		Subresources: map[string]string{"notifications": path + "/Notifications.json", "recordings": path + "/Recordings.json", "streams": path + "/Streams.json"},
	}
	if !c.state.finished.IsZero() {
		r.Duration = orNull(strconv.Itoa(c.state.seconds()))
	}
	return r
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// dateOrNull words a time as the API does, in RFC 2822.
func dateOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return orNull(t.UTC().Format(time.RFC1123Z))
}
