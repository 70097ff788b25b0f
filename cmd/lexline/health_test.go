package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// healthSays runs lexline health against address and compares what it comes to.
func healthSays(t *testing.T, address string, args []string, code int, want string) {
	t.Helper()
	args = append([]string{"health", "--control", address}, args...)
	got, stdout, stderr := lexlineSays(t.Context(), args...)
	if got != code || !strings.Contains(stdout+stderr, want) {
		t.Errorf("%s = %d, %q, %q; want %d and %q", strings.Join(args, " "), got, stdout, stderr, code, want)
	}
}

// TestHealth asks a gateway that wants a token: a supervisor has none.
func TestHealth(t *testing.T) {
	c := startControlled(t, func(cfg *config) { cfg.Control.Token = controlToken })
	for !c.gateway.readiness().Ready { // it may not have begun to serve
		runtime.Gosched()
	}
	healthSays(t, c.address(), nil, 0, "alive\n")
	healthSays(t, c.address(), []string{"--ready"}, 0, "ready\n")
	c.gateway.door.Refuse()
	healthSays(t, c.address(), nil, 0, "alive\n")
	healthSays(t, c.address(), []string{"--ready"}, 1, "lexline: new calls are not welcome: draining\n")
	c.stop()
	healthSays(t, c.address(), nil, 1, "lexline: no answer from a gateway at "+c.address())
	healthSays(t, c.address(), []string{"--ready"}, 1, "hint: the gateway's log says at its start")
}

// TestHealthFindsTheListener: by the file or the environment, whatever becomes of the token.
func TestHealthFindsTheListener(t *testing.T) {
	c := startControlled(t, nil)
	file := filepath.Join(t.TempDir(), "lexline.yml")
	text := fmt.Sprintf("control: {listen: %q, token_file: /nowhere/token}\n", c.address())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := lexlineSays(t.Context(), "health", "--config", file)
	if code != 0 || stdout != "alive\n" {
		t.Errorf("with a file whose token cannot be read: %d, %q, %q", code, stdout, stderr)
	}
	for _, tt := range []struct {
		variable, value string
		code            int
		want            string
	}{
		{"LEXLINE_CONTROL_LISTEN", c.address(), 0, "alive\n"},
		{"LEXLINE_CONTROL_LISTEN", "off", 1, "control.listen is off"},
		{"LEXLINE_CONFIG_TEXT", text, 0, "alive\n"},
		{"LEXLINE_CONFIG_TEXT", "control: {lisen: off}", 1, "LEXLINE_CONFIG_TEXT:1"},
	} {
		var out bytes.Buffer
		env := &environment{stdout: &out, stderr: &out, getenv: func(name string) string {
			return map[string]string{tt.variable: tt.value}[name]
		}}
		if code := run(t.Context(), env, []string{"health"}); code != tt.code || !strings.Contains(out.String(), tt.want) {
			t.Errorf("with %s=%s: %d, %q; want %d, %q", tt.variable, tt.value, code, out.String(), tt.code, tt.want)
		}
	}
}

// TestHealthOfStrangers: what is no gateway is not healthy, whatever it says.
func TestHealthOfStrangers(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		code       int
		body       string
		want       string
	}{
		{"another server", "/healthz", 200, "welcome", "no gateway's control listener"},
		{"without the path", "/healthz", 404, "not found", "404"},
		{"in trouble", "/healthz", 500, "", "500"},
		{"another server, readiness", "/readyz", 200, "ok\n", "no gateway's control listener"},
		{"JSON of others", "/readyz", 200, `{"status": "up"}`, "no gateway's control listener"},
		{"ready and 503", "/readyz", 503, `{"ready": true}`, "no gateway's control listener"},
		{"not ready and 200", "/readyz", 200, `{"ready": false, "why": ["full"]}`, "no gateway's control listener"},
		{"elsewhere", "/readyz", 302, "", "302"},
		{"why has controls", "/readyz", 503, `{"ready": false, "why": ["a\u001b[2Jb"]}`, "not welcome: a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != tt.path {
					t.Errorf("asked for %s; want %s", r.URL.Path, tt.path)
				}
				w.WriteHeader(tt.code)
				fmt.Fprint(w, tt.body)
			}))
			defer server.Close()
			var args []string
			if tt.path == "/readyz" {
				args = []string{"--ready"}
			}
			healthSays(t, server.Listener.Addr().String(), args, 1, tt.want)
		})
	}
	healthSays(t, "unix", nil, 2, "--control")
}
