package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lexline/internal/outbound"
	"lexline/internal/twilio"
)

// webhookQuestion asks for /ping at the public address, from here.
func (c *checker) webhookQuestion() question {
	return question{section: "Twilio", what: "public_url", ask: func(ctx context.Context, f *findings) {
		address := c.public() + "/ping"
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			f.fail("public_url", err.Error(), "")
			return
		}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		defer client.CloseIdleConnections()
		resp, err := client.Do(req)
		if err != nil {
			f.warn("public_url", "no gateway answers at "+address+" from here: "+why(ctx, err), "nothing is wrong if none runs yet; else see the name, the load balancer and its certificate")
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			f.warn("public_url", fmt.Sprintf("%s answers %s", address, resp.Status), "a gateway that takes calls answers 200")
			return
		}
		f.ok("public_url", "a gateway answers at %s", address)
	}}
}

// public is the public address without a final slash.
func (c *checker) public() string { return strings.TrimRight(c.cfg.PublicURL, "/") }

// hostOfURL is the host of an address, without a port.
func hostOfURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// twilioQuestions ask for each number of the lines; of a default line, for all numbers
// of the account.
func (c *checker) twilioQuestions() (all []question) {
	const section = "Twilio"
	if c.cfg.Twilio.AccountSID == "" {
		return []question{{section: section, what: "numbers", here: true, ask: func(_ context.Context, f *findings) {
			f.skip("numbers", "twilio.account_sid is missing, so nobody knows whose they are")
		}}}
	}
	var named []string
	for _, line := range c.cfg.Lines {
		for _, written := range line.Numbers {
			if number, err := outbound.ParseNumber(written); err == nil {
				named = append(named, number)
			}
		}
	}
	for _, line := range c.cfg.Lines {
		for _, written := range line.Numbers {
			number, err := outbound.ParseNumber(written)
			if err != nil {
				all = append(all, question{section: section, what: written, here: true, ask: func(_ context.Context, f *findings) {
					f.skip(written, "it is no telephone number in E.164, such as +15550100, so Twilio's numbers do not have it")
				}})
				continue
			}
			all = append(all, question{section: section, what: "number " + number, ask: func(ctx context.Context, f *findings) { c.number(ctx, f, number) }})
		}
		if len(line.Numbers) == 0 && !line.Outbound {
			all = append(all, question{section: section, what: "numbers of line " + line.Name, ask: func(ctx context.Context, f *findings) { c.otherNumbers(ctx, f, line, named) }})
		}
	}
	return all
}

// numbers asks Twilio for numbers.
func (c *checker) numbers(ctx context.Context, number string) ([]twilio.IncomingNumber, error) {
	client, err := twilio.NewREST(c.cfg.Twilio.rest(nil))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.IncomingNumbers(ctx, number)
}

// number looks at one number of a line.
func (c *checker) number(ctx context.Context, f *findings, number string) {
	what := "number " + number
	found, err := c.numbers(ctx, number)
	switch {
	case err != nil:
		f.fail(what, why(ctx, err), twilioHint(err))
	case len(found) == 0:
		f.fail(what, "the account has no such number", "see twilio.account_sid, and the number in the Twilio console; a number that is forwarded, or behind a SIP trunk, is not asked for here")
	default:
		c.numberSettings(f, what, found[0])
	}
}

// otherNumbers looks at the numbers that a default line answers: those of the account
// that lead here.
func (c *checker) otherNumbers(ctx context.Context, f *findings, line lineConfig, named []string) {
	what := "numbers of line " + line.Name
	found, err := c.numbers(ctx, "")
	if err != nil {
		f.fail(what, why(ctx, err), twilioHint(err))
		return
	}
	before := len(f.list)
	for _, n := range found {
		if !slices.Contains(named, n.Number) && strings.EqualFold(hostOfURL(n.VoiceURL), hostOfURL(c.cfg.PublicURL)) {
			c.numberSettings(f, "number "+n.Number, n)
		}
	}
	if len(f.list) == before {
		f.warn(what, fmt.Sprintf("none of the account's %d numbers leads to %s", len(found), hostOfURL(c.cfg.PublicURL)), "set a number's voice URL to "+c.public()+"/twiml"+wantedRetries)
	}
}

func twilioHint(err error) string {
	if twilio.IsUnauthorized(err) {
		return "Twilio does not take the credentials: see twilio.account_sid, twilio.auth_token or twilio.api_key, and that they are of the same region"
	}
	return "see twilio.rest_url, twilio.region and twilio.edge, and the way to Twilio's API"
}

// wantedRetries has Twilio ask again when a gateway has just gone: twice, after a
// connection that could not be made, an answer that did not come, and a 5xx. A webhook
// is answered in milliseconds, so 4 s are long, and all tries fit into Twilio's 15 s.
const wantedRetries = "#ct=2000&rt=4000&rc=2&rp=ct,rt,5xx"

// numberSettings looks at what Twilio does with a call to a number
// (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
func (c *checker) numberSettings(f *findings, what string, n twilio.IncomingNumber) {
	webhook := c.public() + "/twiml"
	at := func(setting string) string { return what + ", " + setting }
	switch address, _, _ := strings.Cut(n.VoiceURL, "#"); {
	case !n.Voice:
		f.fail(what, "it takes no calls", "its capabilities have no voice: choose another number")
		return
	case n.Trunk != "":
		f.fail(what, "it belongs to the SIP trunk "+n.Trunk+", and asks no voice URL", "take it out of the trunk")
		return
	case n.Application != "":
		f.warn(what, "its TwiML application "+n.Application+" says what is asked, and the number's own voice URL does not count", "see the application's voice URL: "+webhook+wantedRetries)
		return
	case n.VoiceURL == "":
		f.fail(at("voice URL"), "there is none", "set it to "+webhook+wantedRetries)
		return
	case strings.TrimRight(address, "/") != webhook:
		f.fail(at("voice URL"), fmt.Sprintf("it is %s, and must be %s", address, webhook), "public_url and the voice URL must be the same to the letter, with /twiml behind it: every signature is checked against it")
		return
	case n.VoiceMethod != http.MethodPost:
		f.fail(at("voice URL"), "it is asked with "+n.VoiceMethod, "set its method to POST")
		return
	}
	if fault := retryFault(n.VoiceURL); fault != "" {
		f.warn(at("voice URL"), fault, "set it to "+webhook+wantedRetries+", so that a gateway that goes does not cost a call")
	} else {
		f.ok(at("voice URL"), "%s", n.VoiceURL)
	}
	c.fallback(f, at("fallback URL"), n)
	switch callback, _, _ := strings.Cut(n.Callback, "#"); {
	case n.Callback == "":
		f.warn(at("status callback"), "there is none", "set it to "+c.public()+"/status-callback: gateways learn from it that a caller has hung up during the greeting")
	case strings.TrimRight(callback, "/") != c.public()+"/status-callback":
		f.warn(at("status callback"), "it is "+callback+", so gateways are not told", "nothing is wrong if that is meant; theirs is "+c.public()+"/status-callback")
	case n.CallbackMethod != http.MethodPost:
		f.fail(at("status callback"), "it is asked with "+n.CallbackMethod, "set its method to POST")
	default:
		f.ok(at("status callback"), "%s", callback)
	}
}

// fallback looks at what Twilio asks when the voice URL fails.
func (c *checker) fallback(f *findings, what string, n twilio.IncomingNumber) {
	address, _, _ := strings.Cut(n.FallbackURL, "#")
	voice, _, _ := strings.Cut(n.VoiceURL, "#")
	switch {
	case n.FallbackURL == "":
		f.warn(what, "there is none: when no gateway answers, callers hear that an application error has occurred", "set it to a gateway in another place, or a TwiML Bin that says sorry or dials somebody")
	case strings.EqualFold(strings.TrimRight(address, "/"), strings.TrimRight(voice, "/")):
		f.warn(what, "it is the voice URL: what fails there fails again", "set it to a gateway in another place, or a TwiML Bin")
	case !strings.HasPrefix(address, "https://") && !c.dev:
		f.warn(what, "it is plain http", "use https")
	case n.FallbackMethod != http.MethodPost && strings.HasSuffix(strings.TrimRight(address, "/"), "/twiml"):
		f.fail(what, "it is asked with "+n.FallbackMethod, "a gateway is asked with POST")
	default:
		f.ok(what, "%s", address)
	}
}

// retryFault is what is wrong with the fragment of a voice URL, which says how often
// Twilio tries (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides);
// empty if nothing is.
func retryFault(voiceURL string) string {
	_, fragment, found := strings.Cut(voiceURL, "#")
	if !found {
		return "it has no retry fragment: Twilio tries once more, and only when no connection can be made"
	}
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return "its fragment #" + fragment + " cannot be read"
	}
	for name, limits := range map[string][2]int{"rc": {0, 5}, "ct": {100, 10_000}, "rt": {100, 15_000}, "tt": {100, 15_000}} {
		if text := values.Get(name); text != "" {
			if n, err := strconv.Atoi(text); err != nil || n < limits[0] || n > limits[1] {
				return fmt.Sprintf("%s=%s in its fragment is not between %d and %d", name, text, limits[0], limits[1])
			}
		}
	}
	policy := strings.Split(values.Get("rp"), ",")
	for _, word := range policy {
		if !slices.Contains([]string{"", "ct", "rt", "4xx", "5xx", "all"}, word) {
			return fmt.Sprintf("rp=%s in its fragment has %q, which is none of ct, rt, 4xx, 5xx, all", values.Get("rp"), word)
		}
	}
	retries := values.Get("rc")
	switch {
	case retries == "0":
		return "rc=0 in its fragment: Twilio does not try again"
	case retries == "":
		return "its fragment has no rc: Twilio tries once more only"
	case !slices.Contains(policy, "all") && !slices.Contains(policy, "5xx"):
		return "rp in its fragment does not have 5xx: a gateway that is being stopped answers 503, and Twilio does not try again"
	}
	return ""
}
