package twiliosim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	maxInlineTwiML   = 4000           // characters of Twiml in a request
	maxCallTimeLimit = 24 * time.Hour // of TimeLimit
)

// instructions are what a request of the Calls resource says about what the call is
// to do, and whom to tell.
type instructions struct {
	url, method           string
	twiml                 string // used where there is no url
	fallback, fallbackVia string // URL and method
	callback, callbackVia string
	callbackEvents        []string
	timeLimit             time.Duration // 0: not given
}

// parseInstructions reads the parameters that creating and updating a call share.
func parseInstructions(form url.Values) (in instructions, failed *restError) {
	in = instructions{
		url: form.Get("Url"), twiml: form.Get("Twiml"), fallback: form.Get("FallbackUrl"),
		callback: form.Get("StatusCallback"), callbackEvents: form["StatusCallbackEvent"],
	}
	for name, method := range map[string]*string{"Method": &in.method, "FallbackMethod": &in.fallbackVia, "StatusCallbackMethod": &in.callbackVia} {
		*method = http.MethodPost
		if given := form.Get(name); given != "" {
			*method = given
		}
		if *method != http.MethodGet && *method != http.MethodPost {
			return in, badRequest(codeHTTPMethod, "%s is GET or POST, not %q", name, *method)
		}
	}
	for name, address := range map[string]string{"Url": in.url, "FallbackUrl": in.fallback, "StatusCallback": in.callback} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return in, badRequest(codeURL, "%s is not a valid URL: %q", name, address)
		}
	}
	for _, event := range in.callbackEvents {
		if !slices.Contains(callEvents, event) {
			return in, badRequest(codeCalls, "%q is no StatusCallbackEvent", event)
		}
	}
	if n := len([]rune(in.twiml)); n > maxInlineTwiML {
		return in, badRequest(codeCalls, "Twiml has %d characters, at most %d", n, maxInlineTwiML)
	}
	in.timeLimit, failed = restSeconds(form, codeCalls, "TimeLimit", 0, maxCallTimeLimit)
	return in, failed
}

// restSeconds reads a parameter that is a number of seconds from 1 on.
func restSeconds(form url.Values, code int, name string, otherwise, most time.Duration) (time.Duration, *restError) {
	text := form.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > int(most/time.Second) {
		return 0, badRequest(code, "%s is a number of seconds from 1 to %d, not %q", name, int(most/time.Second), text)
	}
	return time.Duration(n) * time.Second, nil
}

// callUpdate is a change to a call that is under way
// (https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource).
type callUpdate struct {
	instructions
	status string // completed or canceled; empty for none
}

func parseUpdate(form url.Values) (*callUpdate, *restError) {
	in, failed := parseInstructions(form)
	u := &callUpdate{instructions: in, status: form.Get("Status")}
	switch {
	case failed != nil:
		return nil, failed
	case u.status != "" && u.status != "completed" && u.status != "canceled":
		return nil, badRequest(codeCalls, "Status is completed or canceled, not %q", u.status)
	case u.status == "" && u.url == "" && u.twiml == "" && u.timeLimit == 0:
		return nil, badRequest(codeCalls, "an update needs a Url, Twiml, Status or TimeLimit")
	}
	return u, nil
}

// update changes the call. FallbackUrl and StatusCallback count only beside other
// instructions, as with Twilio.
func (c *call) update(u *callUpdate) *restError {
	redirects := u.url != "" || u.twiml != ""
	switch {
	case c.ended, redirects && u.status == "" && !c.state.answered:
		return badRequest(codeNotInProcess, "Call is not in-progress. Cannot redirect.")
	case u.status == "completed", u.status == "canceled" && !c.state.answered:
		c.tell(Event{Event: "update", State: u.status})
		c.hangUp(EndUpdated, "the application ended the call by its Calls resource")
		return nil
	case u.status == "canceled":
		return nil // what is in progress is not touched
	}
	if u.timeLimit > 0 {
		c.state.timeLimit = u.timeLimit
	}
	if redirects {
		c.redirect(&u.instructions)
	}
	return nil
}

// redirect has the call do something else from now on.
func (c *call) redirect(in *instructions) {
	c.interrupt()
	if in.callback != "" {
		c.told.url, c.told.method, c.told.events = in.callback, in.callbackVia, in.callbackEvents
	}
	if in.fallback != "" {
		c.carrier.fallback, c.carrier.fallbackVia = in.fallback, in.fallbackVia
	}
	if in.url != "" {
		c.tell(Event{Event: "update", URL: in.url})
		c.obey(c.carrier.redirect(in.method, in.url))
		return
	}
	verbs, flt := parseTwiML([]byte(in.twiml))
	c.tell(Event{Event: "update", Verbs: verbNames(verbs)})
	c.obey(c.carrier.perform(time.Since(c.start), verbs, flt))
}
