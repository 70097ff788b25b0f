package twiliosim

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// redirect has the call go on with the document at address, whatever it is doing.
func (c *carrier) redirect(method, address string) []order {
	c.verbs, c.at, c.gathering = nil, 0, nil
	base, err := url.Parse(address)
	if err != nil {
		return c.spoiled(nil, fault(codeConnection, "URL of an update: %v", err))
	}
	c.base = base
	return []order{{do: fetch, method: method, url: address}}
}

// perform has the call go on with TwiML that came without an address, whatever it
// is doing; flt is what is wrong with it.
func (c *carrier) perform(now time.Duration, verbs []verb, flt *Fault) []order {
	c.base = nil
	return c.document(now, verbs, flt)
}

// takeUp begins the instructions of an outbound call that was answered; now is the time
// since the call began.
func (c *carrier) takeUp(now time.Duration, in *instructions) []order {
	c.answered = true
	if in.url != "" {
		return c.redirect(in.method, in.url)
	}
	verbs, flt := parseTwiML([]byte(in.twiml))
	return c.perform(now, verbs, flt)
}

// resolve makes the URL of a verb absolute.
func (c *carrier) resolve(verb, address string) (*url.URL, *Fault) {
	written, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fault(codeRetrieval, "URL of <%s>: %v", verb, err)
	case c.base != nil:
		return c.base.ResolveReference(written), nil
	case !written.IsAbs():
		return nil, fault(codeRelative, "URL of <%s>: %q is relative, in TwiML that came with an update", verb, address)
	}
	return written, nil
}

// goTo fetches the next document, whose URL may be relative to the present one.
func (c *carrier) goTo(orders []order, method, address string, form url.Values) []order {
	next, flt := c.resolve(c.verb().name, address)
	if flt != nil {
		return c.spoiled(orders, flt)
	}
	c.base = next
	return append(orders, order{do: fetch, method: method, url: next.String(), form: form})
}

// spoiled goes on at the fallback URL when a call's instructions cannot be performed
// (https://www.twilio.com/docs/usage/security/availability-reliability). Without one, or
// when that is no better, Twilio says that an application error has occurred, and
// hangs up.
func (c *carrier) spoiled(orders []order, flt *Fault) []order {
	if c.fallback == "" || c.falling {
		return append(orders, order{do: report, fault: flt}, order{do: hangUp, end: EndDocument})
	}
	failed := ""
	if c.base != nil {
		failed = c.base.String()
	}
	base, err := url.Parse(c.fallback)
	if err != nil {
		return append(orders, order{do: report, fault: fault(codeConnection, "fallback URL: %v", err)}, order{do: hangUp, end: EndDocument})
	}
	c.base, c.falling, c.gathering = base, true, nil
	return append(
		orders, order{do: failOver, fault: flt, url: c.fallback},
		order{do: fetch, method: c.fallbackVia, url: c.fallback, form: url.Values{"ErrorCode": {strconv.Itoa(flt.Code)}, "ErrorUrl": {failed}}},
	)
}

// streamURL resolves and checks the URL of a stream: wss, without a query
// (https://www.twilio.com/docs/voice/twiml/stream#url). Unlike Twilio it lets ws
// pass to this very machine, for an application under development.
func (c *carrier) streamURL(noun *streamNoun) (string, *Fault) {
	written, err := url.Parse(noun.url)
	if err != nil {
		return "", fault(codeStreamHandshake, "url of <Stream>: %v", err)
	}
	address := written
	if c.base != nil {
		address = c.base.ResolveReference(written)
	}
	if written.Scheme == "" && c.base != nil {
		address.Scheme = strings.Replace(c.base.Scheme, "http", "ws", 1)
	}
	switch {
	case address.RawQuery != "" || address.ForceQuery:
		return "", fault(codeStreamHandshake, "url of <Stream>: a query string is not supported; use <Parameter>")
	case address.Scheme == "ws" && isLoopback(address.Hostname()):
	case address.Scheme != "wss" || address.Host == "":
		return "", fault(codeStreamScheme, "url of <Stream>: %q is not a wss URL", noun.url)
	}
	return address.String(), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
