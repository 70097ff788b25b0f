package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"lexline/internal/twilio"
)

type limitsConfig struct {
	Calls       int    `key:"calls"`
	Refuse      string `key:"refuse"`
	Message     string `key:"message"`
	CallerID    string `key:"caller_id"`
	Connections int    `key:"connections"`
	MaxLate     orOff  `key:"max_late"`
}

type tlsConfig struct {
	Cert string `key:"cert"`
	Key  string `key:"key"`
}

type controlConfig struct {
	Listen    string `key:"listen"`
	Token     string `key:"token" live:"now"`
	TokenFile string `key:"token_file" live:"now"`
}

// defaultLimits returns the limits in force when nothing is configured.
func defaultLimits() limitsConfig {
	return limitsConfig{Calls: 2000, Refuse: "message", Connections: 1000, MaxLate: orOff(100 * time.Millisecond)}
}

// completeListen gives the listener its usual address: one that only this machine
// reaches, unless calls may arrive there from elsewhere.
func (cfg *config) completeListen() {
	if cfg.Listen != "" {
		return
	}
	cfg.Listen = "127.0.0.1:8080"
	if cfg.BehindProxy || cfg.TLS != (tlsConfig{}) {
		cfg.Listen = ":8080"
	}
}

// checkListeners returns what is wrong with the addresses, and with what protects
// those that others can reach.
func (cfg *config) checkListeners() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	host, _, _ := net.SplitHostPort(cfg.Listen)
	switch err := checkListen(cfg.Listen, "", "8080"); {
	case err != nil:
		fault("listen: %w", err)
	case isLoopback(host) || cfg.BehindProxy || cfg.TLS != (tlsConfig{}):
	default:
		fault("listen: %q takes plain http from other machines; set behind_proxy: true if a load balancer or proxy in front ends TLS, or tls.cert and tls.key, or listen on 127.0.0.1", cfg.Listen)
	}
	switch {
	case cfg.TLS.Cert != "" && cfg.TLS.Key == "":
		fault("tls.key: is missing beside tls.cert")
	case cfg.TLS.Key != "" && cfg.TLS.Cert == "":
		fault("tls.cert: is missing beside tls.key")
	case cfg.TLS.Cert != "" && cfg.BehindProxy:
		fault("behind_proxy: is there beside tls.cert; TLS is ended by one of them")
	}
	return append(faults, cfg.Control.check()...)
}

// check returns what is wrong with the control listener's settings.
func (c controlConfig) check() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.Token != "" && c.TokenFile != "" {
		fault("control.token_file: is there beside control.token; one of them is enough")
	} else if c.Token != "" {
		if err := checkControlToken(c.Token); err != nil {
			fault("control.token: %w", err)
		}
	}
	if c.Listen == "off" {
		return faults
	}
	host, _, _ := net.SplitHostPort(c.Listen)
	if err := checkListen(c.Listen, "127.0.0.1", "8471"); err != nil {
		fault("control.listen: %w", err)
	} else if !isLoopback(host) && c.Token == "" && c.TokenFile == "" {
		fault("control.listen: %q is not a loopback address; who reaches it can move calls between regions, so set control.token or control.token_file", c.Listen)
	}
	return faults
}

// controlSpeaksTLS reports whether the control listener does: with the certificate of
// the door, when others than this machine can reach it.
func (cfg *config) controlSpeaksTLS() bool {
	host, _, _ := net.SplitHostPort(cfg.Control.Listen)
	return cfg.TLS != (tlsConfig{}) && !isLoopback(host)
}

// leastToken is how long a control token must be.
const leastToken = 16

// checkControlToken refuses what could be guessed, or not be sent in a header.
func checkControlToken(token string) error {
	if len(token) < leastToken {
		return fmt.Errorf("has %d characters, and needs %d or more; `openssl rand -hex 16` makes one", len(token), leastToken)
	}
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return errors.New("must be printable ASCII without spaces")
		}
	}
	return nil
}

// readToken returns the control listener's token, from its file if it has one;
// empty where none is configured.
func (c controlConfig) readToken() (string, error) {
	if c.TokenFile == "" {
		return c.Token, nil
	}
	text, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return "", fmt.Errorf("control.token_file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if err := checkControlToken(token); err != nil {
		return "", fmt.Errorf("control.token_file: %s: what it holds %w", c.TokenFile, err)
	}
	return token, nil
}

// check returns what is wrong with the limits.
func (l limitsConfig) check() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if l.Calls < 1 || l.Calls > 100_000 {
		fault("limits.calls: %d is not between 1 and 100000", l.Calls)
	}
	if l.Connections < 16 || l.Connections > 100_000 {
		fault("limits.connections: %d is not between 16 and 100000", l.Connections)
	}
	if d := time.Duration(l.MaxLate); l.MaxLate != off && (d < 20*time.Millisecond || d > 2*time.Second) {
		fault("limits.max_late: %v is not between 20ms and 2s; off refuses no call for it", d)
	}
	refusal, err := l.refusal()
	if err != nil {
		fault("limits.refuse: %w", err)
	}
	if refusal.Kind == twilio.RefuseAsBusy && l.Message != "" {
		fault("limits.message: is not said where limits.refuse is busy")
	}
	if refusal.Kind != twilio.RefuseByDial && l.CallerID != "" {
		fault("limits.caller_id: is for limits.refuse: dial:+NUMBER")
	}
	return faults
}

// refusal is what callers get when no more calls are taken.
func (l limitsConfig) refusal() (twilio.Refusal, error) {
	r := twilio.Refusal{Text: l.Message, CallerID: l.CallerID}
	number, isDial := strings.CutPrefix(l.Refuse, "dial:")
	switch {
	case l.Refuse == "message":
	case l.Refuse == "busy":
		r.Kind = twilio.RefuseAsBusy
	case isDial:
		r.Kind, r.Number = twilio.RefuseByDial, number
	default:
		return r, fmt.Errorf("%q is neither message, busy nor dial:+NUMBER", l.Refuse)
	}
	return r, r.Check()
}
