package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// guard stands in front of everything on the control listener. Without a token it
// lets in programs of this machine only: it refuses what a page in somebody's browser
// could send, requests under a name that is not loopback's, which is what DNS
// rebinding looks like. With one it lets in who knows it. Either way it takes
// nothing that comes from another site, and no order that needs no preflight
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
type guard struct {
	token atomic.Pointer[[sha256.Size]byte] // hash of it; nil: there is none
	opens bool                              // static: without a token it is a guard still
	log   *slog.Logger

	wrong  atomic.Int64 // requests without the token
	warned atomic.Int64 // second of the latest line about them
}

func newGuard(token string, logger *slog.Logger) *guard {
	g := &guard{log: logger}
	g.setToken(token)
	return g
}

// setToken changes the token; empty for none.
func (g *guard) setToken(token string) {
	if token == "" {
		g.token.Store(nil)
		return
	}
	hash := sha256.Sum256([]byte(token))
	g.token.Store(&hash)
}

// around puts the guard in front of next; of open, whoever may know that this
// program is alive, the token is not asked.
func (g *guard) around(next http.Handler, open func(path string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		site := r.Header.Get("Sec-Fetch-Site")
		token := g.token.Load()
		switch {
		case token == nil && !isLoopback(hostOf(r.Host)):
			refuseControl(w, http.StatusForbidden, "this listener is for programs of this machine: ask it by its loopback address")
		case r.Header.Get("Origin") != "" || site == "cross-site" || site == "same-site":
			refuseControl(w, http.StatusForbidden, "this listener is not for web pages")
		case token != nil && !open(r.URL.Path) && !knows(r, token):
			g.refuse(w, r)
		case r.Method == http.MethodPost && content != "application/json":
			refuseControl(w, http.StatusUnsupportedMediaType, "an order must have the Content-Type application/json")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxOrder)
			next.ServeHTTP(w, r)
		}
	})
}

// knows reports whether a request has the token: as Bearer, or for browsers, which
// ask people only for these, as the password of anybody
// (https://www.rfc-editor.org/rfc/rfc6750#section-2.1). Hashes are compared, so that
// neither the time nor the length tells anything.
func knows(r *http.Request, token *[sha256.Size]byte) bool {
	given, ok := "", false
	if scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " "); found && strings.EqualFold(scheme, "Bearer") {
		given, ok = strings.TrimSpace(token), true
	} else {
		_, given, ok = r.BasicAuth()
	}
	hash := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(hash[:], token[:]) == 1 && ok
}

// refuse answers a request without the token, and says so once a second at most.
func (g *guard) refuse(w http.ResponseWriter, r *http.Request) {
	g.wrong.Add(1)
	if now := time.Now().Unix(); g.warned.Swap(now) != now {
		g.log.Warn("control request without the token refused", "remote", r.RemoteAddr,
			"given", r.Header.Get("Authorization") != "", "total", g.wrong.Load())
	}
	w.Header().Add("WWW-Authenticate", `Bearer realm="lexline"`)
	w.Header().Add("WWW-Authenticate", `Basic realm="lexline: any name, and the control token"`)
	w.Header().Set("Connection", "close")
	refuseControl(w, http.StatusUnauthorized, "the control token is missing or wrong")
}

// hostOf is the host in a Host header, without a port and brackets.
func hostOf(header string) string {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = header // without a port
	}
	return trimBrackets(host)
}

// maxOrder is how long the body of a request may be.
const maxOrder = 16 << 10

// trimBrackets takes the brackets off an IPv6 address without a port.
func trimBrackets(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
