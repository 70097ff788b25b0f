// Package certs keeps the certificate of a TLS listener fresh: it is read from two
// files, and read again while it is served, so that a renewed certificate needs no
// restart and touches no connection. A pair that cannot be used is told of and
// left alone; the last good one goes on. It knows nothing of what is served.
package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	lookEvery = 10 * time.Second
	// warnBefore is how long before its end a certificate is warned of; nagEvery how
	// often.
	warnBefore = 14 * 24 * time.Hour
	nagEvery   = 24 * time.Hour
)

// Pair is a certificate with its key, from two PEM files. It is safe for several
// goroutines. Make one with Load.
type Pair struct {
	// static
	certFile, keyFile string
	log               *slog.Logger

	current atomic.Pointer[tls.Certificate]
	reloads atomic.Int64

	mu         sync.Mutex // held for a look at the files
	seen       [2][]byte  // what the files held when they were looked at last
	fault      string     // why that is not in use; empty if it is
	warnedLast time.Time
}

// Status is what is known of a pair at one moment.
type Status struct {
	Names    []string  `json:"names"`           // that the certificate in use is for
	NotAfter time.Time `json:"not_after"`       // when it ends
	Reloads  int64     `json:"reloads"`         // times that the files held a new pair that was taken
	Fault    string    `json:"fault,omitempty"` // why what the files hold now is not in use
}

// Load reads the pair. An error names the file at fault.
func Load(certFile, keyFile string, log *slog.Logger) (*Pair, error) {
	p := &Pair{certFile: certFile, keyFile: keyFile, log: log}
	texts, err := p.read()
	if err != nil {
		return nil, err
	}
	cert, err := p.parse(texts, time.Now())
	if err != nil {
		return nil, err
	}
	p.seen = texts
	p.current.Store(cert)
	p.warn(time.Now())
	return p, nil
}

// Config is for a server that speaks HTTP/1.1 only, as websockets need it: TLS 1.2
// or newer, with Go's choice of ciphers. A connection keeps the certificate that
// it began with.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return p.current.Load(), nil
		},
	}
}

// Run looks at the files every ten seconds until ctx ends. What they hold is
// compared, not when they were written: links that are switched, and copies that
// keep their times, are seen too.
func (p *Pair) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			p.Look()
		}
	}
}

// Look reads the files at once, and takes what they hold if that is new and good. A
// pair of which only a part has been written yet is bad, and good at a later look.
func (p *Pair) Look() {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.look(now)
	p.warn(now)
}

func (p *Pair) look(now time.Time) {
	texts, err := p.read()
	if err != nil {
		p.reject(err)
		return
	}
	if bytes.Equal(texts[0], p.seen[0]) && bytes.Equal(texts[1], p.seen[1]) {
		return
	}
	p.seen = texts
	cert, err := p.parse(texts, now)
	if err != nil {
		p.reject(err)
		return
	}
	p.current.Store(cert)
	p.reloads.Add(1)
	p.fault, p.warnedLast = "", time.Time{}
	p.log.Info("certificate renewed", "file", p.certFile, "names", cert.Leaf.DNSNames, "until", cert.Leaf.NotAfter)
}

// reject keeps the pair in use, and says once why.
func (p *Pair) reject(err error) {
	p.seen = [2][]byte{} // whatever comes next is looked at anew
	if text := err.Error(); text != p.fault {
		p.fault = text
		p.log.Error("new certificate not taken, the old one goes on", "err", err)
	}
}

// read returns what the two files hold.
func (p *Pair) read() (texts [2][]byte, err error) {
	for i, file := range []string{p.certFile, p.keyFile} {
		if texts[i], err = os.ReadFile(file); err != nil {
			return texts, fmt.Errorf("read the TLS %s: %w", []string{"certificate", "key"}[i], err)
		}
	}
	return texts, nil
}

// parse makes a pair of what the files hold, which must be valid now: a clock that
// is wrong by a day must not stop a start, so one that is not valid yet is taken.
func (p *Pair) parse(texts [2][]byte, now time.Time) (*tls.Certificate, error) {
	for i, file := range []string{p.certFile, p.keyFile} {
		if !isWhole(texts[i]) {
			return nil, fmt.Errorf("TLS %s %s: a part of it is not whole: the file is damaged, or still being written", []string{"certificate", "key"}[i], file)
		}
	}
	cert, err := tls.X509KeyPair(texts[0], texts[1])
	if err != nil {
		return nil, fmt.Errorf("TLS certificate %s with key %s: %w", p.certFile, p.keyFile, err)
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return nil, fmt.Errorf("TLS certificate %s: %w", p.certFile, err)
		}
	}
	if now.After(cert.Leaf.NotAfter) {
		return nil, fmt.Errorf("TLS certificate %s: ended on %s", p.certFile, cert.Leaf.NotAfter.Format(time.DateOnly))
	}
	if len(cert.Leaf.DNSNames)+len(cert.Leaf.IPAddresses) == 0 {
		return nil, fmt.Errorf("TLS certificate %s: %w", p.certFile, errNoNames)
	}
	return &cert, nil
}

// isWhole reports whether every PEM block that begins in a text also ends there, sound:
// what is not is skipped by [tls.X509KeyPair], and clients would get half a chain. A text
// that was cut between two blocks looks whole; what follows is taken at the next look.
func isWhole(text []byte) bool {
	begin := []byte("-----BEGIN ")
	whole, rest := 0, text
	for block, after := pem.Decode(rest); block != nil; block, after = pem.Decode(rest) {
		whole++
		rest = after
	}
	last := rest[bytes.LastIndexByte(rest, '\n')+1:] // where a line was cut that would begin a block
	return bytes.Count(text, begin) == whole && (len(last) == 0 || !bytes.HasPrefix(begin, last))
}

// errNoNames is what clients refuse: the common name has not counted for years
// (https://www.rfc-editor.org/rfc/rfc9525#section-6.3).
var errNoNames = errors.New("is for no name: it has no subject alternative name")

// warn says, once a day, that the certificate in use ends soon.
func (p *Pair) warn(now time.Time) {
	end := p.current.Load().Leaf.NotAfter
	if end.Sub(now) > warnBefore || now.Sub(p.warnedLast) < nagEvery {
		return
	}
	p.warnedLast = now
	p.log.Warn("certificate ends soon", "file", p.certFile, "until", end, "left", end.Sub(now).Round(time.Minute).String())
}

// Status returns what is known now.
func (p *Pair) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	leaf := p.current.Load().Leaf
	s := Status{Names: []string{}, NotAfter: leaf.NotAfter, Reloads: p.reloads.Load(), Fault: p.fault}
	s.Names = append(s.Names, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		s.Names = append(s.Names, ip.String())
	}
	return s
}
