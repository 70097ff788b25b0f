package twiliosim

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Routes lead connections to public names somewhere else, without TLS, as a
// tunnel or a load balancer does: the application sees the public name in the
// Host header, and signatures are made with the public URL. Keys and values are
// host:port.
type Routes map[string]string

// Add reads one route as given on a command line,
// wss://voice.example.com=127.0.0.1:8080. The scheme may be wss or https, which
// mean the same, or absent.
func (r Routes) Add(text string) error {
	public, target, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("map %q: the form is wss://PUBLIC-NAME=HOST:PORT", text)
	}
	if _, _, err := net.SplitHostPort(target); err != nil {
		return fmt.Errorf("map %q: the address behind = is not HOST:PORT: %w", text, err)
	}
	if !strings.Contains(public, "://") {
		public = "wss://" + public
	}
	u, err := url.Parse(public)
	if err != nil {
		return fmt.Errorf("map %q: %w", text, err)
	}
	if u.Scheme != "wss" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("map %q: the public name is written wss://voice.example.com, without a path", text)
	}
	r[hostPort(u)] = target
	return nil
}

// apply returns where a request for public really goes, and the Host header that
// it carries.
func (r Routes) apply(public *url.URL) (target *url.URL, host string) {
	u := *public
	u.Fragment = ""
	address, ok := r[hostPort(public)]
	if ok && (u.Scheme == "https" || u.Scheme == "wss") {
		u.Scheme = strings.TrimSuffix(u.Scheme, "s")
		u.Host = address
	}
	return &u, public.Host
}

// hostPort returns the lower-case host and port of a URL, its scheme's port if
// none is written.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" || u.Scheme == "ws" {
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
