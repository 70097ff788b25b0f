package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// signatureHeader is where Twilio puts its signature.
const signatureHeader = "X-Twilio-Signature"

// Twilio's signature is base64 of HMAC-SHA1, keyed with the auth token, over the
// URL followed by every form parameter, name and value, sorted by name
// (https://www.twilio.com/docs/usage/security#validating-requests).

// signedForm returns the part of the signed text that a form contributes. A
// parameter that appears several times counts once for each different value, in
// sorted order, as Twilio's own libraries have it.
func signedForm(form url.Values) []byte {
	names := make([]string, 0, len(form))
	size := 0
	for name, values := range form {
		names = append(names, name)
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	slices.SortFunc(names, compareUTF16)
	text := make([]byte, 0, size)
	for _, name := range names {
		values := form[name]
		if len(values) > 1 {
			values = slices.Clone(values)
			slices.SortFunc(values, compareUTF16)
			values = slices.Compact(values)
		}
		for _, value := range values {
			text = append(append(text, name...), value...)
		}
	}
	return text
}

// compareUTF16 orders strings by their UTF-16 code units, which is how the
// languages sort that Twilio's side is written in. It differs from the order of
// bytes only where characters beyond U+FFFF meet those from U+E000 on.
func compareUTF16(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		if a[i] < utf8.RuneSelf && b[i] < utf8.RuneSelf {
			return int(a[i]) - int(b[i])
		}
		for i > 0 && !utf8.RuneStart(a[i]) {
			i--
		}
		ra, _ := utf8.DecodeRuneInString(a[i:])
		rb, _ := utf8.DecodeRuneInString(b[i:])
		if (ra > 0xFFFF) != (rb > 0xFFFF) {
			return int(firstUnit(ra)) - int(firstUnit(rb))
		}
		return int(ra) - int(rb)
	}
	return len(a) - len(b)
}

// firstUnit is the first UTF-16 code unit of r.
func firstUnit(r rune) rune {
	if r > 0xFFFF {
		return 0xD800 + (r-0x10000)>>10
	}
	return r
}

// verifier checks Twilio's signatures against the configured public URL.
type verifier struct {
	tokens []string
	public *url.URL
}

// addresses lists what Twilio may have signed for a request with this path and
// query, the most likely one first: with and without the port and with and
// without a slash at the end, because Twilio's products differ there; a websocket
// handshake as wss (https://github.com/twilio-labs/twilio-aspnet/issues/162) or,
// with old ones, as https. Scheme, host and prefix are always the configured ones.
func (v *verifier) addresses(path, query string, websocket bool) []string {
	schemes := []string{v.public.Scheme}
	if websocket {
		schemes = []string{websocketScheme(v.public), v.public.Scheme}
	}
	hosts := []string{v.public.Host, hostWithPort(v.public), hostWithoutPort(v.public)}
	path = v.public.EscapedPath() + path
	other := path + "/"
	if trimmed := strings.TrimRight(path, "/"); trimmed != path {
		other = trimmed
	}
	if query != "" {
		query = "?" + query
	}
	list := make([]string, 0, 12)
	for _, scheme := range schemes {
		for i, host := range hosts {
			if slices.Contains(hosts[:i], host) {
				continue
			}
			list = append(list, scheme+"://"+host+path+query, scheme+"://"+host+other+query)
		}
	}
	return list
}

// isSignature reports whether a header has the form of Twilio's signature: 20 bytes
// in base64.
func isSignature(header string) bool {
	return len(header) == 28 && header[27] == '='
}

// check reports whether signature is Twilio's for one of the addresses. Every
// comparison takes constant time.
func (v *verifier) check(signature string, addresses []string, form url.Values) bool {
	given, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil || len(given) != sha1.Size {
		return false
	}
	params := signedForm(form)
	var sum [sha1.Size]byte
	for _, token := range v.tokens {
		mac := hmac.New(sha1.New, []byte(token))
		for _, address := range addresses {
			mac.Reset()
			mac.Write([]byte(address))
			mac.Write(params)
			if subtle.ConstantTimeCompare(mac.Sum(sum[:0]), given) == 1 {
				return true
			}
		}
	}
	return false
}

func websocketScheme(public *url.URL) string {
	if public.Scheme == "http" {
		return "ws"
	}
	return "wss"
}
