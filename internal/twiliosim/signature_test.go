package twiliosim

import (
	"net/url"
	"testing"
)

// The examples are Twilio's: its security guide and the tests of its own
// libraries (https://github.com/twilio/twilio-csharp,
// https://github.com/twilio/twilio-php).
func TestSign(t *testing.T) {
	guide := url.Values{
		"CallSid": {"CA1234567890ABCDE"},
		"Caller":  {"+14158675309"},
		"Digits":  {"1234"},
		"From":    {"+14158675309"},
		"To":      {"+18005551212"},
	}
	for _, test := range []struct {
		name, address string
		form          url.Values
		want          string
	}{
		{"security guide", "https://mycompany.com/myapp.php?foo=1&bar=2", guide, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"host in mixed case is signed as given", "https://MyCompany.com/myapp.php?foo=1&bar=2", guide, "g9IN/x4Cft2g517EjYvEvM/W7LU="},
		{
			"repeated parameter", "https://mycompany.com/myapp.php?foo=1&bar=2",
			url.Values{"Sid": {"CA123"}, "SidAccount": {"AC123"}, "Digits": {"5678", "1234", "1234"}},
			"IK+Dwps556ElfBT0I3Rgjkr1wJU=",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := sign("12345", test.address, test.form); got != test.want {
				t.Errorf("sign(12345, %q, %v) = %q, want %q", test.address, test.form, got, test.want)
			}
		})
	}
}

func TestSignDependsOnEverything(t *testing.T) {
	const token, address = "12345", "wss://voice.example.com/stream/abc"
	base := sign(token, address, nil)
	for name, other := range map[string]string{
		"token":  sign("12346", address, nil),
		"scheme": sign(token, "https://voice.example.com/stream/abc", nil),
		"path":   sign(token, address+"/", nil),
		"form":   sign(token, address, url.Values{"a": {""}}),
	} {
		if other == base {
			t.Errorf("another %s gives the same signature %q", name, base)
		}
	}
}
