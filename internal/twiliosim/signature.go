package twiliosim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
)

// sign returns the X-Twilio-Signature of a request: HMAC-SHA1 with the auth
// token over the URL as the application was given it, followed by each form
// parameter, sorted by name, its name and value put together without
// separators. form is nil for a GET and for a websocket handshake. Source:
// https://www.twilio.com/docs/usage/security#validating-requests.
//
// A parameter that occurs several times counts once for each different value,
// sorted, as Twilio's own libraries have it.
func sign(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			mac.Write([]byte(name))
			mac.Write([]byte(value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
