package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEnvironmentIsChecked(t *testing.T) {
	tests := []struct{ name, variable, want, hint string }{
		{"key", "LEXLINE_TWILIO_AUTH_TOKEN=x", "", ""},
		{"key below another's name", "LEXLINE_LISTEN=:1", "", ""},
		{"empty value", "LEXLINE_LOG_LEVEL=", "", ""},
		{"the file", "LEXLINE_CONFIG=lexline.yml", "", ""},
		{"the file's text", "LEXLINE_CONFIG_TEXT=log: {level: debug}", "", ""},
		{"of the region commands too", "LEXLINE_CONTROL_LISTEN=127.0.0.1:8472", "", ""},
		{"somebody else's", "LEXLINES_AUTH_TOKEN=x", "", ""},
		{"without a value", "LEXLINE", "", ""},
		{"misspelt", "LEXLINE_TWILIO_AUTHTOKEN=x", "LEXLINE_TWILIO_AUTHTOKEN: there is no such setting", "LEXLINE_TWILIO_AUTH_TOKEN"},
		{"without its section", "LEXLINE_HOLD=5s", "LEXLINE_HOLD: there is no such setting", "the nearest one is LEXLINE_"},
		{"a section", "LEXLINE_TWILIO=x", "LEXLINE_TWILIO: there is no such setting", "the nearest one is LEXLINE_"},
		{"a list", "LEXLINE_LINES=OrderFlowers", "LEXLINE_LINES: lists can only be set in the configuration file", "the key lines"},
		{"of a list", "LEXLINE_REGIONS_0_NAME=us-east-1", "LEXLINE_REGIONS_0_NAME: lists can only be set", "the key regions"},
		{"Kubernetes' host", "LEXLINE_SERVICE_HOST=10.0.0.1", "", ""},
		{"Kubernetes' port", "LEXLINE_SERVICE_PORT=8080", "", ""},
		{"Kubernetes' named port", "LEXLINE_SERVICE_PORT_HTTP=8080", "", ""},
		{"Kubernetes' link", "LEXLINE_PORT=tcp://10.0.0.1:8080", "", ""},
		{"Kubernetes' link of a port", "LEXLINE_PORT_8080_TCP=tcp://10.0.0.1:8080", "", ""},
		{"Kubernetes' part of a link", "LEXLINE_PORT_8080_TCP_ADDR=10.0.0.1", "", ""},
		{"Kubernetes' other service", "LEXLINE_CONTROL_PORT_8471_TCP_PROTO=tcp", "", ""},
		{"a port that is no link", "LEXLINE_PORT=8080", "LEXLINE_PORT: there is no such setting", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := checkEnvironment([]string{"HOME=/", test.variable})
			if test.want == "" {
				if err != nil {
					t.Errorf("%s: %v; want it taken", test.variable, err)
				}
				return
			}
			hint, ok := errors.AsType[*hintError](err)
			if !ok || !strings.Contains(err.Error(), test.want) || !strings.Contains(hint.hint, test.hint) {
				t.Errorf("%s: %v; want %q and a hint with %q", test.variable, err, test.want, test.hint)
			}
		})
	}
}

// TestServeRefusesItsEnvironment has a file that is in order, and one variable that
// is not.
func TestServeRefusesItsEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lexline.yml")
	if err := os.WriteFile(path, []byte("twilio: {auth_token: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	env := &environment{
		stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, getenv: func(string) string { return "" },
		environ: func() []string { return []string{"LEXLINE_TWILIO_TOKEN=y"} },
	}
	code := run(t.Context(), env, []string{"serve", "--config", path})
	if code != 1 || !strings.Contains(complaints.String(), "LEXLINE_TWILIO_TOKEN") || !strings.Contains(complaints.String(), "hint: ") {
		t.Errorf("exit code %d, %s; want 1 and the name of the variable", code, &complaints)
	}
}
