package twiliosim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"lexline/internal/audio"
)

// callbackQueue bounds the status callbacks of one call that wait for those before
// them; what does not fit is lost, and a fault.
const callbackQueue = 100

// subscription is whom to tell what about a call.
type subscription struct {
	url, method string
	events      []string // of callEvents; none for completed alone
	sequence    int      // callbacks so far
}

func (s *subscription) wants(event string) bool {
	return s.url != "" && (slices.Contains(s.events, event) || len(s.events) == 0 && event == "completed")
}

// callback is one request that tells the application something.
type callback struct {
	what        string // for the event
	url, method string
	form        url.Values
}

// announce tells the application of an event of the call, if it asked for that
// (https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent).
func (c *call) announce(event string) {
	if !c.told.wants(event) {
		return
	}
	form := c.form()
	if event == "completed" {
		length := c.state.seconds()
		form.Set("CallDuration", strconv.Itoa(length))
		form.Set("Duration", strconv.Itoa((length+59)/60))
		form.Set("SipResponseCode", sipCodes[c.state.status])
	}
	c.tellApplication(&c.told, event, form)
}

// announceLeg tells the application of an event of the call to a party.
func (c *call) announceLeg(l *leg, event string) {
	if !l.told.wants(event) {
		return
	}
	form := c.legForm(l)
	if event == "completed" {
		length := time.Duration(0)
		if l.up != never {
			length = time.Duration(c.frame-l.up) * audio.FrameDuration
		}
		form.Set("CallDuration", strconv.Itoa(wholeSecondsOf(length)))
		form.Set("SipResponseCode", sipCodes[form.Get("CallStatus")])
	}
	c.tellApplication(&l.told, event, form)
}

func (c *call) tellApplication(s *subscription, event string, form url.Values) {
	form.Set("CallbackSource", "call-progress-events")
	form.Set("SequenceNumber", strconv.Itoa(s.sequence))
	form.Set("Timestamp", time.Now().UTC().Format(time.RFC1123Z))
	s.sequence++
	c.notify(callback{what: event, url: s.url, method: s.method, form: form})
}

// sipCodes are what the carrier's network says about the ends of calls.
var sipCodes = map[string]string{"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}

// announceStream tells the application of a media stream's beginning, end or error
// (https://www.twilio.com/docs/voice/twiml/stream#statuscallback).
func (c *call) announceStream(s *stream, event string, flt *Fault) {
	if s.told == "" {
		return
	}
	form := url.Values{
		"AccountSid": {c.cfg.Account}, "CallSid": {c.sid}, "StreamSid": {s.sid}, "StreamName": {s.noun.name}, "StreamEvent": {event},
		"Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05.000Z")},
	}
	if flt != nil {
		form.Set("StreamError", flt.Error())
	}
	c.notify(callback{what: event, url: s.told, method: s.noun.callbackMethod, form: form})
}

// notify queues a status callback.
func (c *call) notify(cb callback) {
	select {
	case c.callbacks <- cb:
	default:
		c.blame(fault(codeRetrieval, "status callbacks take too long: that of %s is lost", cb.what))
	}
}

// callBack requests the status callbacks of the call one behind the other until the
// queue is closed. A callback that fails is told, and no fault: Twilio goes on.
func (c *call) callBack() {
	for cb := range c.callbacks {
		method := cb.method
		if method == "" {
			method = http.MethodPost
		}
		status, flt := c.web.notify(c.sockets, method, cb.url, cb.form)
		e := Event{Event: "callback", URL: cb.url, State: cb.what, Status: status, Time: time.Now()}
		if flt != nil {
			e.Code, e.Text = flt.Code, flt.Text
		}
		if !c.deliver(func(c *call) { c.tell(e) }) {
			c.late = append(c.late, e)
		}
	}
}
