package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDialCodes: whatever is wrong before anybody was called is wrong use, wherever it
// stands; an API that is not there is not.
func TestDialCodes(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	dir := t.TempDir()
	config, list := filepath.Join(dir, "lexline.yml"), filepath.Join(dir, "numbers.txt")
	for path, text := range map[string]string{
		list: "+14155550190\n0190\n",
		config: `public_url: https://voice.example.com
behind_proxy: true
twilio: {auth_token: "12345", account_sid: AC1, rest_url: "http://` + address + `"}
aws: {access_key_id: local, secret_access_key: local}
regions: [{name: us-east-1, runtime_endpoint: "http://127.0.0.1:1", models_endpoint: "http://127.0.0.1:1"}]
lines: [{name: flowers, numbers: ["+14155550100"], bot: OrderFlowers}]
`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, args string
		code       int
		want       string
	}{
		{"a wrong number", "0190", 2, "hint: write +14155550199"},
		{"a wrong number in the file", "--file " + list, 2, "nobody was called"},
		{"a line that is not there", "--line flower +14155550190", 2, "hint: did you mean flowers?"},
		{"no API", "+14155550190", 1, "nothing answers at twilio.rest_url"},
	} {
		stdout, stderr, code := dial(t.Context(), append(strings.Fields(tt.args), "--no-check", "--config", config)...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
			t.Errorf("%s: dial %s = %d; want %d and %q:\n%s%s", tt.name, tt.args, code, tt.code, tt.want, stdout, stderr)
		}
	}
}
