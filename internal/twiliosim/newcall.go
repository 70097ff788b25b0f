package twiliosim

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// newOutbound is a call that the application asks for.
type newOutbound struct {
	instructions
	to, from string
	timeout  time.Duration // until nobody has answered

	detection   string // MachineDetection: Enable, DetectMessageEnd; empty for none
	async       bool   // the call goes on while it is detected
	detected    string // URL that is told; empty for none
	detectedVia string
}

// parseNewCall reads the parameters of a new call.
func parseNewCall(form url.Values) (n *newOutbound, failed *restError) {
	in, failed := parseInstructions(form)
	if failed != nil {
		return nil, failed
	}
	n = &newOutbound{
		instructions: in, to: form.Get("To"), from: form.Get("From"), detection: form.Get("MachineDetection"),
		async: form.Get("AsyncAmd") == "true", detected: form.Get("AsyncAmdStatusCallback"), detectedVia: form.Get("AsyncAmdStatusCallbackMethod"),
	}
	if n.timeout, failed = restSeconds(form, codeRingTimeout, "Timeout", defaultRingTimeout, maxRingTimeout); failed != nil {
		return nil, failed
	}
	if _, failed := restSeconds(form, codeCalls, "MachineDetectionTimeout", 0, maxRingTimeout); failed != nil {
		return nil, failed
	}
	return n, n.check()
}

func (n *newOutbound) check() *restError {
	callable := func(address string) bool {
		return isNumber(partyKey(address)) || strings.HasPrefix(address, "sip:") || strings.HasPrefix(address, "client:")
	}
	switch {
	case n.to == "":
		return badRequest(codeNoTo, "No 'To' number is specified")
	case !callable(n.to):
		return badRequest(codeTo, "The phone number you are attempting to call, %s, is not valid.", n.to)
	case n.from == "":
		return badRequest(codeNoFrom, "A 'From' phone number is required.")
	case !callable(n.from):
		return badRequest(codeFrom, "The From phone number %s is not a valid, message-capable Twilio phone number", n.from)
	case n.url == "" && n.twiml == "":
		return badRequest(codeURL, "Url parameter is required.")
	case n.detection != "" && n.detection != "Enable" && n.detection != "DetectMessageEnd":
		return badRequest(codeCalls, "MachineDetection is Enable or DetectMessageEnd, not %q", n.detection)
	}
	return nil
}

// create serves the making of a call.
func (r *rest) create(w http.ResponseWriter, req *http.Request) *restError {
	if req.Method != http.MethodPost {
		return &restError{http.StatusMethodNotAllowed, codeMethod, "Method not allowed"}
	}
	n, failed := parseNewCall(req.PostForm)
	if failed != nil {
		return failed
	}
	c := r.phone.place(n)
	if c == nil {
		return &restError{http.StatusTooManyRequests, codeTooMany, "Too Many Requests"}
	}
	writeJSON(w, http.StatusCreated, c.queued)
	return nil
}
