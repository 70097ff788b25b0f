package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"lexline/internal/twilio"
)

// control is the gateway's own listener for people and their tools: what it
// knows of its calls and regions, metrics, profiles, and orders to pin a region. What
// it answers, and to whom, is the guard's affair.
type control struct {
	listener net.Listener
	server   *twilio.Server
	served   chan error // gets one; nil until serve
}

// openControl opens the control listener, or leaves it out where the
// configuration says so, and where another program has the port that nobody chose.
func (g *gateway) openControl() error {
	address := g.cfg.Control.Listen
	if address == "off" {
		return nil
	}
	token, err := g.cfg.Control.readToken()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	taken := errors.Is(err, syscall.EADDRINUSE)
	switch {
	case taken && address == defaultConfig().Control.Listen:
		g.log.Warn("no control listener, another program has its port", "address", address, "key", "control.listen")
		return nil
	case taken:
		return &hintError{
			fmt.Errorf("control.listen: another program has the port of %s", address),
			"give each gateway of a machine a control.listen of its own, or off",
		}
	case err != nil:
		return fmt.Errorf("control.listen: %w", err)
	}
	server := twilio.NewServer(g.controlHandler(token), maxControl, g.log)
	server.ReadHeaderTimeout = time.Second // who asks here is near
	server.IdleTimeout = 5 * time.Second   // so that idle clients do not eat the calls' descriptors
	g.control = &control{listener: g.protect(listener), server: server}
	return nil
}

// protect has a listener that others can reach speak TLS with the door's certificate,
// or says that it cannot: who listens in on the network then has the token.
func (g *gateway) protect(listener net.Listener) net.Listener {
	host, _, _ := net.SplitHostPort(g.cfg.Control.Listen)
	switch {
	case isLoopback(host):
		return listener
	case g.cert != nil:
		return tls.NewListener(listener, g.cert.Config())
	}
	g.log.Warn("control listener speaks plain http to other machines", "address", g.cfg.Control.Listen, "key", "tls.cert")
	return listener
}

// maxControl is how many connections the control listener has at a time: the
// descriptors are the calls'. One too many closes the one that has kept the listener
// waiting longest: strangers who ask nothing, or half of something, must not keep
// supervisors from asking whether the gateway lives.
const maxControl = 32

// controlHandler has the control listener's paths.
func (g *gateway) controlHandler(token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/status", http.StatusSeeOther) })
	mux.HandleFunc("GET /status", g.serveStatus)
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", g.serveReady)
	mux.HandleFunc("GET /history", g.serveHistory)
	mux.HandleFunc("POST /pin", g.servePin)
	mux.HandleFunc("POST /unpin", g.serveUnpin)
	mux.Handle("GET /metrics", g.metricsHandler())
	addProfiles(mux)
	g.guard = newGuard(token, g.log)
	host, _, _ := net.SplitHostPort(g.cfg.Control.Listen)
	g.guard.opens = isLoopback(host)
	return g.guard.around(mux, isProbe)
}

// controlFault is what the control listener answers when it cannot do what it
// was asked.
type controlFault struct {
	Error string `json:"error"`
}

func refuseControl(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(controlFault{text}) // the asker has gone
}

func answerJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // the asker has gone
}

// address is where the control listener is, for the log; "off" without one.
func (c *control) address() string {
	if c == nil {
		return "off"
	}
	return c.listener.Addr().String()
}

// serve answers until close.
func (c *control) serve(logger *slog.Logger) {
	if c == nil {
		return
	}
	c.served = make(chan error, 1)
	go func() {
		err := c.server.Serve(c.listener)
		if !errors.Is(err, http.ErrServerClosed) {
			logger.Error("control listener lost", "err", err)
		}
		c.served <- err
	}()
}

// crowded is how many connections were closed to make room for others.
func (c *control) crowded() int64 {
	if c == nil {
		return 0
	}
	return c.server.Crowded()
}

// close lets the answers under way end and closes the listener. It may be called
// more than once, by one goroutine.
func (c *control) close() {
	if c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.server.Shutdown(ctx); err != nil {
		_ = c.server.Close() // what is left has been waited for long enough
	}
	_ = c.listener.Close() // already closed by the server, when it ran
	if c.served != nil {
		<-c.served //nolint:errcheck // that it was closed, by us
		c.served = nil
	}
}
