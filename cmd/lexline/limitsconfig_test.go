package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/twilio"
)

// TestListenersAreProtected: what others can reach is encrypted here or in front of
// it, and asks for a token.
func TestListenersAreProtected(t *testing.T) {
	const token = "0123456789abcdef"
	for _, test := range []struct{ name, text, want string }{
		{"plain http for everybody", `listen: ":8080"`, `lexline.yml:7: listen: ":8080" takes plain http from other machines; set behind_proxy: true`},
		{"on an address of the network", "listen: 192.0.2.1:8080", "takes plain http from other machines"},
		{"half a pair", "tls: {cert: a.pem}", "lexline.yml:7: tls.key: is missing beside tls.cert"},
		{"the other half", "tls: {key: a.pem}", "lexline.yml:7: tls.cert: is missing beside tls.key"},
		{"TLS twice", "tls: {cert: a.pem, key: b.pem}\nbehind_proxy: true", "lexline.yml:8: behind_proxy: is there beside tls.cert"},
		{"control for everybody", `control: {listen: ":8471"}`, "set control.token or control.token_file"},
		{"short token", "control: {token: secret}", "lexline.yml:7: control.token: has 6 characters, and needs 16 or more"},
		{"token in two words", "control: {token: '0123456789 abcdef'}", "control.token: must be printable ASCII without spaces"},
		{"two tokens", "control: {token: " + token + ", token_file: t}", "control.token_file: is there beside control.token"},
		{"no calls", "limits: {calls: 0}", "lexline.yml:7: limits.calls: 0 is not between 1 and 100000"},
		{"no connections", "limits: {connections: 1}", "limits.connections: 1 is not between 16 and 100000"},
		{"always late", "limits: {max_late: 1ms}", "limits.max_late: 1ms is not between 20ms and 2s"},
		{"refused by accident", "limits: {refuse: hang up}", `limits.refuse: "hang up" is neither message, busy nor dial:+NUMBER`},
		{"nobody dialled", "limits: {refuse: 'dial:'}", `limits.refuse: "" is no number to dial`},
		{"words for nobody", "limits: {refuse: busy, message: Hello}", "limits.message: is not said where limits.refuse is busy"},
		{"caller id of nobody", "limits: {caller_id: '+15550100'}", "limits.caller_id: is for limits.refuse: dial:+NUMBER"},
		{"no caller id", "limits: {refuse: 'dial:+15550100', caller_id: us}", `limits.refuse: caller id "us" is no number`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := load(t, goodConfig+test.text, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v; want one with %q", err, test.want)
			}
		})
	}
	for name, want := range map[string]string{
		"{}":                             "127.0.0.1:8080",
		"behind_proxy: true":             ":8080",
		"tls: {cert: a.pem, key: b.pem}": ":8080",
		"listen: '[::1]:1'":              "[::1]:1",
		"listen: :1\nbehind_proxy: true": ":1",
		"control: {listen: ':1', token: " + token + "}": "127.0.0.1:8080",
	} {
		cfg, err := load(t, strings.TrimSuffix(goodConfig+name, "{}"), nil)
		if err != nil || cfg.Listen != want {
			t.Errorf("with %s: listen = %q, %v; want %s", name, cfg.Listen, err, want)
		}
	}
}

func TestControlTokenFromItsFile(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"0123456789abcdef\n": "0123456789abcdef", "secret": "has 6 characters", "": "has 0 characters", "0123456789abcdef\nx": "printable",
	} {
		file := filepath.Join(dir, "token")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := controlConfig{TokenFile: file}.readToken()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || text != "" && err != nil && strings.Contains(got, strings.TrimSpace(text)) {
			t.Errorf("token file with %q gives %q; want %q, and no token in an error", text, got, want)
		}
	}
	if _, err := (controlConfig{TokenFile: dir + "/nothing"}).readToken(); err == nil || !strings.Contains(err.Error(), "control.token_file") {
		t.Errorf("no token file: %v; want an error with the key", err)
	}
}

func TestRefusalFromTheConfiguration(t *testing.T) {
	for text, want := range map[string]twilio.Refusal{
		"{}":                                     {},
		"{refuse: busy}":                         {Kind: twilio.RefuseAsBusy},
		"{message: Later.}":                      {Text: "Later."},
		"{refuse: 'dial:+15550199', message: M}": {Kind: twilio.RefuseByDial, Number: "+15550199", Text: "M"},
	} {
		cfg, err := load(t, goodConfig+"limits: "+text, nil)
		if err != nil {
			t.Errorf("limits: %s: %v", text, err)
			continue
		}
		got, _ := cfg.Limits.refusal()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limits: %s (-want +got):\n%s", text, diff)
		}
	}
}
