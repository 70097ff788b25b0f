package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// files are a certificate and its key, as PEM.
type files struct{ cert, key []byte }

// issue makes a self-signed certificate of 127.0.0.1 and a name, valid from
// yesterday for so long.
func issue(t *testing.T, name string, valid time.Duration) files {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(valid),
	}
	if name != "" {
		template.DNSNames, template.IPAddresses = []string{name}, []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return files{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}
}

const year = 365 * 24 * time.Hour

// folder is where a pair lies that is being served.
type folder struct {
	t         *testing.T
	cert, key string
	log       *bytes.Buffer
}

func newFolder(t *testing.T) *folder {
	dir := t.TempDir()
	return &folder{t, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), new(bytes.Buffer)}
}

func (f *folder) write(file string, text []byte) {
	f.t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) put(pair files) {
	f.t.Helper()
	f.write(f.cert, pair.cert)
	f.write(f.key, pair.key)
}

func (f *folder) load() (*Pair, error) {
	return Load(f.cert, f.key, slog.New(slog.NewTextHandler(f.log, nil)))
}

// served is who answers a handshake.
func served(t *testing.T, p *Pair) string {
	t.Helper()
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		defer there.Close()
		_ = tls.Server(there, p.Config()).Handshake() // the client says what was wrong
	}()
	client := tls.Client(here, &tls.Config{InsecureSkipVerify: true}) // who it is is what is asked
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	return client.ConnectionState().PeerCertificates[0].DNSNames[0]
}

func TestRenewedPairIsTaken(t *testing.T) {
	f := newFolder(t)
	f.put(issue(t, "old.example", year))
	p, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	renewed := issue(t, "new.example", year)
	for _, step := range []struct {
		what  string
		do    func()
		want  string // the name that is served afterwards
		fault string
	}{
		{"nothing new", func() {}, "old.example", ""},
		{"the new certificate beside the old key", func() { f.write(f.cert, renewed.cert) }, "old.example", "private key does not match"},
		{"the new key", func() { f.write(f.key, renewed.key) }, "new.example", ""},
		{"a file that is no certificate", func() { f.write(f.cert, []byte("hello")) }, "new.example", "failed to find any PEM data"},
		{"a certificate that has ended", func() { f.put(issue(t, "ended.example", -time.Hour)) }, "new.example", "ended on"},
		{"a certificate for no name", func() { f.put(issue(t, "", year)) }, "new.example", "is for no name"},
		{"no file", func() { os.Remove(f.key) }, "new.example", "read the TLS key"},
		{"another good pair", func() { f.put(issue(t, "third.example", year)) }, "third.example", ""},
	} {
		step.do()
		p.Look()
		p.Look() // the same again changes nothing
		if got := served(t, p); got != step.want {
			t.Errorf("%s: %s is served, want %s", step.what, got, step.want)
		}
		if s := p.Status(); !strings.Contains(s.Fault, step.fault) || (step.fault == "") != (s.Fault == "") || s.Names[0] != step.want {
			t.Errorf("%s: status %+v, want the fault %q", step.what, s, step.fault)
		}
	}
	if s := p.Status(); s.Reloads != 2 {
		t.Errorf("%d reloads, want 2", s.Reloads)
	}
	if log := f.log.String(); strings.Count(log, "new certificate not taken") != 5 || strings.Count(log, "certificate renewed") != 2 {
		t.Errorf("log = %s; want five refusals, each said once, and two renewals", log)
	}
}

// TestHalfWrittenChainIsNotTaken renews a pair whose certificate file, with a chain of
// two, is cut at every byte behind its first certificate.
func TestHalfWrittenChainIsNotTaken(t *testing.T) {
	f := newFolder(t)
	ca := issue(t, "ca.example", year)
	chain := func(leaf files) []byte { return slices.Concat(leaf.cert, ca.cert) }
	old := issue(t, "old.example", year)
	f.put(files{chain(old), old.key})
	p, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	renewed := issue(t, "new.example", year)
	whole := chain(renewed)
	f.write(f.key, renewed.key)
	for cut := len(renewed.cert) + 1; cut < len(whole)-1; cut++ { // the last byte is the end of a line
		f.write(f.cert, whole[:cut])
		p.Look()
		if s := p.Status(); s.Names[0] != "old.example" || !strings.Contains(s.Fault, "is not whole") {
			t.Fatalf("%d of %d bytes were written, up to %q: status %+v; want the old pair and a fault", cut, len(whole), whole[max(cut-20, 0):cut], s)
		}
	}
	f.write(f.cert, whole)
	p.Look()
	if n := len(p.current.Load().Certificate); n != 2 || served(t, p) != "new.example" || p.Status().Fault != "" {
		t.Errorf("the whole file: %d certificates are served of %s, status %+v; want two of new.example", n, served(t, p), p.Status())
	}
}

// TestRemarksAreNoDamage has words around the blocks, as openssl writes them.
func TestRemarksAreNoDamage(t *testing.T) {
	f := newFolder(t)
	pair := issue(t, "a.example", year)
	f.put(files{slices.Concat([]byte("subject=CN=a.example\n"), pair.cert, []byte("\n# ----- the end -----\n")), pair.key})
	if _, err := f.load(); err != nil {
		t.Error(err)
	}
}

// TestLiveConnectionsKeepTheirs: a renewal does not touch who is connected.
func TestLiveConnectionsKeepTheirs(t *testing.T) {
	f := newFolder(t)
	f.put(issue(t, "old.example", year))
	p, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	server := tls.Server(there, p.Config())
	client := tls.Client(here, &tls.Config{InsecureSkipVerify: true})
	defer client.Close()
	go io.Copy(server, server)
	say := func(word string) {
		t.Helper()
		heard := make([]byte, len(word))
		if _, err := client.Write([]byte(word)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(client, heard); err != nil || string(heard) != word {
			t.Fatalf("heard %q, %v; want %q", heard, err, word)
		}
	}
	say("before")
	f.put(issue(t, "new.example", year))
	p.Look()
	say("after")
	if got := served(t, p); got != "new.example" {
		t.Errorf("%s is served to others, want new.example", got)
	}
}

func TestBadPairStopsTheStart(t *testing.T) {
	for want, change := range map[string]func(*folder){
		"read the TLS certificate":   func(f *folder) { os.Remove(f.cert) },
		"read the TLS key":           func(f *folder) { os.Remove(f.key) },
		"private key does not match": func(f *folder) { f.write(f.key, issue(f.t, "x", year).key) },
		"ended on":                   func(f *folder) { f.put(issue(f.t, "x", -time.Minute)) },
	} {
		f := newFolder(t)
		f.put(issue(t, "a.example", year))
		change(f)
		if _, err := f.load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load = %v; want an error with %q", err, want)
		}
	}
}

func TestOldClientsAreRefused(t *testing.T) {
	f := newFolder(t)
	f.put(issue(t, "a.example", year))
	p, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		_ = tls.Server(there, p.Config()).Handshake() // is to fail
	}()
	err = tls.Client(here, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}).Handshake()
	if err == nil {
		t.Error("a handshake with TLS 1.1 succeeded")
	}
}

// TestEndIsWarnedOf looks at a certificate of twenty days every hour: a warning a
// day in its last fourteen.
func TestEndIsWarnedOf(t *testing.T) {
	f := newFolder(t)
	now := time.Now()
	f.put(issue(t, "a.example", 20*24*time.Hour))
	p, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	warned := map[int]int{} // by day
	for hour := range 20 * 24 {
		before := f.log.Len()
		p.warn(now.Add(time.Duration(hour)*time.Hour + time.Minute))
		warned[hour/24] += strings.Count(f.log.String()[before:], "certificate ends soon")
	}
	for day := range 20 {
		if want := map[bool]int{true: 1}[day >= 6]; warned[day] != want {
			t.Errorf("day %d: %d warnings, want %d", day, warned[day], want)
		}
	}
}

func TestRunLooksByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		f.put(issue(t, "old.example", year))
		p, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Run(ctx)
		}()
		f.put(issue(t, "new.example", year))
		time.Sleep(lookEvery + time.Second)
		if got := served(t, p); got != "new.example" {
			t.Errorf("%s is served, want new.example", got)
		}
		cancel()
		<-done
	})
}
