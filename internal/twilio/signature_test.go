package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// sign is the signature for an address as Twilio makes it.
func sign(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	mac.Write(signedForm(form))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// The example of Twilio's documentation and of the tests of its libraries
// (https://www.twilio.com/docs/usage/security).
var documentedForm = url.Values{
	"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
	"From": {"+14158675309"}, "To": {"+18005551212"},
}

const (
	documentedURL       = "https://mycompany.com/myapp.php?foo=1&bar=2"
	documentedSignature = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
)

func mustPublic(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := parsePublicURL(address, true)
	if err != nil {
		t.Fatalf("parsePublicURL(%q) = %v", address, err)
	}
	return u
}

func TestDocumentedSignature(t *testing.T) {
	v := verifier{tokens: []string{"12345"}, public: mustPublic(t, "https://mycompany.com")}
	addresses := v.addresses("/myapp.php", "foo=1&bar=2", false)
	if !slices.Contains(addresses, documentedURL) {
		t.Fatalf("addresses = %q; want %q among them", addresses, documentedURL)
	}
	if !v.check(documentedSignature, addresses, documentedForm) {
		t.Error("the signature of Twilio's documentation was not accepted")
	}
}

func TestCheckSignature(t *testing.T) {
	form := url.Values{"CallSid": {"CA1"}, "To": {"+14155550100"}}
	const token = "f00d"
	for _, test := range []struct {
		name      string
		public    string
		path      string
		query     string
		websocket bool
		signed    string // address that the sender signed
		token     string
		want      bool
	}{
		{"as configured", "https://voice.example.com", "/twiml", "", false, "https://voice.example.com/twiml", token, true},
		{"with port 443", "https://voice.example.com", "/twiml", "", false, "https://voice.example.com:443/twiml", token, true},
		{"slash added", "https://voice.example.com", "/twiml", "", false, "https://voice.example.com/twiml/", token, true},
		{"slash removed", "https://voice.example.com", "/twiml/", "", false, "https://voice.example.com/twiml", token, true},
		{"query", "https://voice.example.com", "/twiml", "a=1&b=%20", false, "https://voice.example.com/twiml?a=1&b=%20", token, true},
		{"prefix", "https://example.com/phone/", "/twiml", "", false, "https://example.com/phone/twiml", token, true},
		{"upper-case host in the configuration", "https://Voice.Example.COM", "/twiml", "", false, "https://voice.example.com/twiml", token, true},
		{"other port", "https://example.com:8443", "/twiml", "", false, "https://example.com:8443/twiml", token, true},
		{"other port left out", "https://example.com:8443", "/twiml", "", false, "https://example.com/twiml", token, true},
		{"IPv6", "https://[2001:db8::1]", "/twiml", "", false, "https://[2001:db8::1]:443/twiml", token, true},
		{"development", "http://127.0.0.1:8080", "/twiml", "", false, "http://127.0.0.1:8080/twiml", token, true},
		{"second token", "https://example.com", "/twiml", "", false, "https://example.com/twiml", "5econd", true},
		{"handshake as wss", "https://example.com", "/stream/x", "", true, "wss://example.com/stream/x", token, true},
		{"handshake as https", "https://example.com", "/stream/x", "", true, "https://example.com/stream/x", token, true},
		{"handshake with port and slash", "https://example.com", "/stream/x", "", true, "wss://example.com:443/stream/x/", token, true},
		{"handshake in development", "http://127.0.0.1:8080", "/stream/x", "", true, "ws://127.0.0.1:8080/stream/x", token, true},

		{"wrong token", "https://example.com", "/twiml", "", false, "https://example.com/twiml", "wrong", false},
		{"other host", "https://example.com", "/twiml", "", false, "https://example.org/twiml", token, false},
		{"other scheme", "https://example.com", "/twiml", "", false, "http://example.com/twiml", token, false},
		{"webhook as wss", "https://example.com", "/twiml", "", false, "wss://example.com/twiml", token, false},
		{"other path", "https://example.com", "/twiml", "", false, "https://example.com/resume", token, false},
		{"other query", "https://example.com", "/twiml", "a=1", false, "https://example.com/twiml?a=2", token, false},
		{"other port number", "https://example.com", "/twiml", "", false, "https://example.com:444/twiml", token, false},
		{"path in upper case", "https://example.com", "/twiml", "", false, "https://example.com/TWIML", token, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := verifier{tokens: []string{token, "5econd"}, public: mustPublic(t, test.public)}
			addresses := v.addresses(test.path, test.query, test.websocket)
			got := v.check(sign(test.token, test.signed, form), addresses, form)
			if got != test.want {
				t.Errorf("signature over %s accepted = %v, want %v; addresses %q", test.signed, got, test.want, addresses)
			}
		})
	}
}

func TestCheckRefusesMalformedSignatures(t *testing.T) {
	v := verifier{tokens: []string{"t"}, public: mustPublic(t, "https://example.com")}
	addresses := v.addresses("/twiml", "", false)
	right := sign("t", addresses[0], nil)
	for name, signature := range map[string]string{
		"empty": "", "cut": right[:len(right)-4], "doubled": right + right, "not base64": "~" + right[1:],
		"hexadecimal": "0123456789012345678901234567890123456789", "other case": strings.ToLower(right),
		// The last digit of 20 bytes has two bits that stand for nothing: they must be 0.
		"bits that stand for nothing": right[:len(right)-2] + string(right[len(right)-2]+1) + "=",
	} {
		if v.check(signature, addresses, nil) {
			t.Errorf("%s signature %q was accepted", name, signature)
		}
	}
	if !v.check(right, addresses, nil) {
		t.Error("the right signature was refused: this test proves nothing")
	}
}

func TestSignedForm(t *testing.T) {
	for _, test := range []struct {
		name string
		form url.Values
		want string
	}{
		{"none", nil, ""},
		{"sorted by name", url.Values{"b": {"2"}, "a": {"1"}, "B": {"3"}}, "B3a1b2"},
		{"repeated: sorted, each value once", url.Values{"x": {"b", "a", "b"}}, "xaxb"},
		{"empty value", url.Values{"x": {""}, "y": {"1"}}, "xy1"},
		{"UTF-16 order", url.Values{"\U0001F600": {"astral"}, "\uFB00": {"ligature"}}, "\U0001F600astral\uFB00ligature"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, string(signedForm(test.form))); diff != "" {
				t.Errorf("signedForm(%v) (-want +got):\n%s", test.form, diff)
			}
		})
	}
}

// FuzzForm reads bytes as a form and holds signedForm against a plain account of
// the rule, and the verifier against changes of one byte.
func FuzzForm(f *testing.F) {
	f.Add("CallSid=CA1&To=%2B14155550100", uint16(3))
	f.Add("b=2&a=1&b=1&b=2&=x&%F0%9F%98%80=1&%EF%AC%80=2", uint16(0))
	f.Add("a=%00%ff&a=&c=+%26%3d", uint16(9))
	f.Fuzz(func(t *testing.T, body string, place uint16) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		for name, values := range form {
			if !utf8.ValidString(name + strings.Join(values, "")) {
				return // what other languages make of it is their own affair
			}
		}
		if got, want := string(signedForm(form)), plainSignedForm(form); got != want {
			t.Errorf("signedForm(%q) = %q, want %q", form, got, want)
		}
		v := verifier{tokens: []string{"t"}, public: mustPublic(t, "https://example.com")}
		addresses := v.addresses("/twiml", "", false)
		signature := sign("t", addresses[0], form)
		if !v.check(signature, addresses, form) {
			t.Errorf("own signature over %q was refused", form)
		}
		forged := []byte(signature)
		at := int(place) % 26 // beyond the 26th digit not every bit counts
		forged[at] = map[bool]byte{true: 'B', false: 'A'}[forged[at] == 'A']
		if v.check(string(forged), addresses, form) {
			t.Errorf("forged signature %q was accepted, %q is right", forged, signature)
		}
	})
}

func plainSignedForm(form url.Values) string {
	byUnits := func(a, b string) int { return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))) }
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.SortFunc(names, byUnits)
	var text strings.Builder
	for _, name := range names {
		seen := map[string]bool{}
		var values []string
		for _, value := range form[name] {
			if !seen[value] {
				seen[value] = true
				values = append(values, value)
			}
		}
		slices.SortFunc(values, byUnits)
		for _, value := range values {
			text.WriteString(name + value)
		}
	}
	return text.String()
}
