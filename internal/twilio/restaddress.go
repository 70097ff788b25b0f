package twilio

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// restAddress returns where the API is, without a final slash: base if there is
// one, else api.EDGE.REGION.twilio.com with what is given of the two
// (https://www.twilio.com/docs/global-infrastructure/using-the-twilio-rest-api-in-a-non-us-region).
// An edge without a region leads to us1.
func restAddress(base, region, edge string) (string, error) {
	if base != "" {
		if region != "" || edge != "" {
			return "", errors.New("a base URL and a region or an edge exclude each other: both say where the API is")
		}
		return restBase(base)
	}
	for _, part := range []struct{ what, name string }{{"region", region}, {"edge", edge}} {
		if !isHostLabel(part.name) {
			return "", fmt.Errorf("%s %q: a name such as ie1 or dublin is wanted", part.what, part.name)
		}
	}
	if edge != "" && region == "" {
		region = "us1"
	}
	host := "api"
	for _, part := range []string{edge, region} {
		if part != "" {
			host += "." + part
		}
	}
	return "https://" + host + ".twilio.com", nil
}

// restBase checks a base URL.
func restBase(base string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	switch {
	case err != nil || u.Hostname() == "":
		return "", errors.New("base URL is no address: https://HOST is wanted") // it may hold a password
	case u.User != nil:
		return "", errors.New("base URL must not carry a user name or password")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", fmt.Errorf("base URL %q must end before any ? or #", base)
	case u.Scheme == "https":
	case u.Scheme != "http":
		return "", fmt.Errorf("base URL %q: scheme must be https", base)
	case !isLoopback(u.Hostname()):
		return "", fmt.Errorf("base URL %q: http, which shows the auth token to everybody on the way, is allowed on a loopback address only", base)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// isHostLabel reports whether s is empty or can be one part of a host's name.
func isHostLabel(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return len(s) <= 63
}
