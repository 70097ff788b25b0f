package twilio

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"lexline/internal/call"
)

// nothing is a Serve that ends each call at once.
func nothing(context.Context, call.Leg, call.Info) call.Termination { return call.Termination{} }

func validConfig() Config {
	return Config{
		PublicURL: "https://voice.example.com", AuthTokens: []string{"t0ken"},
		Lines: []Line{{Name: "flowers", Default: true}}, Serve: nothing, Logger: slog.New(slog.DiscardHandler),
	}
}

func TestWrongConfig(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no Serve", func(c *Config) { c.Serve = nil }, "Serve is not set"},
		{"no public URL", func(c *Config) { c.PublicURL = "" }, "has no host"},
		{"public URL without scheme", func(c *Config) { c.PublicURL = "voice.example.com" }, "has no host"},
		{"unreadable public URL", func(c *Config) { c.PublicURL = "https://a b" }, "public URL"},
		{"websocket public URL", func(c *Config) { c.PublicURL = "wss://example.com" }, "scheme must be https"},
		{"http without dev", func(c *Config) { c.PublicURL = "http://127.0.0.1:8080" }, "http is for development"},
		{"http in dev to the world", func(c *Config) { c.PublicURL, c.Dev = "http://192.0.2.1", true }, "loopback address only"},
		{"http in dev by a name", func(c *Config) { c.PublicURL, c.Dev = "http://example.com", true }, "loopback address only"},
		{"password", func(c *Config) { c.PublicURL = "https://u:p@example.com" }, "user name or password"},
		{"query", func(c *Config) { c.PublicURL = "https://example.com/?x=1" }, "must end before any ? or #"},
		{"fragment", func(c *Config) { c.PublicURL = "https://example.com/#ct=1000" }, "must end before any ? or #"},
		{"no auth token", func(c *Config) { c.AuthTokens = nil }, "no auth token"},
		{"empty auth token", func(c *Config) { c.AuthTokens = []string{"x", " "} }, "auth token 2 is empty"},
		{"short token key", func(c *Config) { c.TokenKey = []byte("short") }, "token key has 5 bytes"},
		{"no line", func(c *Config) { c.Lines = nil }, "no line is configured"},
		{"negative limit", func(c *Config) { c.Limits.Calls = -1 }, "must not be negative"},
		{"tiny message limit", func(c *Config) { c.Limits.Message = 100 }, "message limit of 100 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := validConfig()
			test.change(&config)
			door, err := New(config)
			if err == nil {
				_ = door.Close() // only to leave nothing behind
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestLinksComeFromThePublicURL(t *testing.T) {
	for _, test := range []struct{ public, resume, stream string }{
		{"https://voice.example.com", "https://voice.example.com/resume", "wss://voice.example.com/stream/"},
		{"https://Example.com:8443/phone/", "https://example.com:8443/phone/resume", "wss://example.com:8443/phone/stream/"},
		{"http://localhost:8080", "http://localhost:8080/resume", "ws://localhost:8080/stream/"},
		{"http://[::1]:8080", "http://[::1]:8080/resume", "ws://[::1]:8080/stream/"},
	} {
		config := validConfig()
		config.PublicURL, config.Dev = test.public, true
		door, err := New(config)
		if err != nil {
			t.Errorf("New with %s = %v", test.public, err)
			continue
		}
		if got := door.links; got.resume != test.resume || got.stream != test.stream {
			t.Errorf("%s: links = %+v, want %s and %s", test.public, got, test.resume, test.stream)
		}
		if err := door.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
}

func TestNewServerHasLimits(t *testing.T) {
	s := NewServer(http.NotFoundHandler(), 100, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout != 5*time.Second || s.IdleTimeout != time.Minute || s.MaxHeaderBytes != 16<<10 || s.ReadTimeout == 0 {
		t.Errorf("server has the limits %v, %v, %d, %v", s.ReadHeaderTimeout, s.IdleTimeout, s.MaxHeaderBytes, s.ReadTimeout)
	}
}
