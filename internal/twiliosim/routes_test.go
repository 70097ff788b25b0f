package twiliosim

import (
	"net/url"
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	for _, test := range []struct{ name, route, public, target, host string }{
		{"websocket", "wss://voice.example.com=127.0.0.1:8080", "wss://voice.example.com/stream/a", "ws://127.0.0.1:8080/stream/a", "voice.example.com"},
		{"webhook by the same route", "wss://voice.example.com=127.0.0.1:8080", "https://voice.example.com/twiml?a=1", "http://127.0.0.1:8080/twiml?a=1", "voice.example.com"},
		{"scheme may be https", "https://voice.example.com/=127.0.0.1:8080", "wss://voice.example.com/s", "ws://127.0.0.1:8080/s", "voice.example.com"},
		{"scheme may be absent", "voice.example.com=127.0.0.1:8080", "wss://voice.example.com/s", "ws://127.0.0.1:8080/s", "voice.example.com"},
		{"standard port written out", "voice.example.com=127.0.0.1:8080", "https://Voice.Example.Com:443/", "http://127.0.0.1:8080/", "Voice.Example.Com:443"},
		{"another port is another place", "voice.example.com=127.0.0.1:8080", "https://voice.example.com:8443/", "https://voice.example.com:8443/", "voice.example.com:8443"},
		{"a port of its own", "voice.example.com:8443=[::1]:80", "https://voice.example.com:8443/", "http://[::1]:80/", "voice.example.com:8443"},
		{"another name", "voice.example.com=127.0.0.1:8080", "https://example.com/", "https://example.com/", "example.com"},
		{"plain http is left alone", "voice.example.com:80=127.0.0.1:8080", "http://voice.example.com/", "http://voice.example.com/", "voice.example.com"},
		{"fragment is for the carrier", "a=b:1", "https://example.com/x#ct=1000", "https://example.com/x", "example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			routes := Routes{}
			if err := routes.Add(test.route); err != nil {
				t.Fatal(err)
			}
			public, err := url.Parse(test.public)
			if err != nil {
				t.Fatal(err)
			}
			target, host := routes.apply(public)
			if target.String() != test.target || host != test.host {
				t.Errorf("by %s, %s leads to %s with host %s, want %s with host %s", test.route, test.public, target, host, test.target, test.host)
			}
		})
	}
}

func TestRouteErrors(t *testing.T) {
	for _, test := range []struct{ given, want string }{
		{"voice.example.com", "the form is"},
		{"voice.example.com=127.0.0.1", "not HOST:PORT"},
		{"ws://voice.example.com=127.0.0.1:80", "wss://voice.example.com"},
		{"wss://=127.0.0.1:80", "wss://voice.example.com"},
		{"wss://a/path=127.0.0.1:80", "without a path"},
		{"wss://a%zz=127.0.0.1:80", "invalid URL escape"},
	} {
		if err := (Routes{}).Add(test.given); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("map %q gives %v, want %q", test.given, err, test.want)
		}
	}
}
