package twilio

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are pipes of this process, so that their
// deadlines are of a bubble's clock.
type pipes struct {
	offered chan *pipeEnd
	closed  chan struct{} // closed by Close, which the server calls once
	open    atomic.Int64  // connections that the server has not closed
	most    int64         // owned by Accept, and read when the server has ended
}

func newPipes() *pipes { return &pipes{offered: make(chan *pipeEnd), closed: make(chan struct{})} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case end := <-p.offered:
		p.most = max(p.most, p.open.Add(1))
		return end, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects, and returns the client's end and the server's.
func (p *pipes) dial() (net.Conn, *pipeEnd) {
	here, there := net.Pipe()
	end := &pipeEnd{Conn: there, of: p, gone: make(chan struct{})}
	p.offered <- end
	return here, end
}

// pipeEnd is the server's end of a connection.
type pipeEnd struct {
	net.Conn
	of     *pipes
	closed atomic.Bool
	gone   chan struct{} // closed when the server has closed the connection
}

// Close implements net.Conn.
func (e *pipeEnd) Close() error {
	if !e.closed.Swap(true) {
		e.of.open.Add(-1)
		close(e.gone)
	}
	return e.Conn.Close()
}

// slowClient is one that keeps a server waiting: it sends something, at once or letter
// by letter, and takes what comes or does not.
type slowClient struct {
	name    string
	text    string
	every   time.Duration // a letter; 0: all at once
	deaf    bool
	answers int           // that it gets
	ends    time.Duration // when the server must have had enough
}

const (
	slowGet  = "GET / HTTP/1.1\r\nHost: voice.example.com\r\n\r\n"
	slowLong = "GET /long HTTP/1.1\r\nHost: voice.example.com\r\n\r\n"
	slowPost = "POST / HTTP/1.1\r\nHost: voice.example.com\r\nContent-Length: 1000\r\n\r\n"
)

// slowClients are the ways to keep a server waiting. Of a line that is half there when
// the time is over Go's server says that it is malformed. No letter comes just when a time is over.
func slowClients() []slowClient {
	letters := strings.Repeat("a", 1000)
	return []slowClient{
		{name: "says nothing", ends: 5 * time.Second},
		{name: "half a header", text: slowGet[:20], answers: 1, ends: 5 * time.Second},
		{name: "a header, letter by letter", text: slowGet, every: 400 * time.Millisecond, answers: 1, ends: 5 * time.Second},
		{name: "a header without an end", text: slowGet[:len(slowGet)-2] + "A: " + letters, every: 30 * time.Millisecond, ends: 5 * time.Second},
		{name: "a form that never comes", text: slowPost, answers: 1, ends: 10 * time.Second},
		{name: "a form, letter by letter", text: slowPost + letters, every: 30 * time.Millisecond, answers: 1, ends: 10 * time.Second},
		{name: "no other request", text: slowGet, answers: 1, ends: 60 * time.Second},
		{name: "the beginning of another request", text: slowGet + "GET", answers: 1, ends: 60 * time.Second},
		{name: "half of another request", text: slowGet + slowGet[:20], answers: 2, ends: 5 * time.Second},
		{name: "an answer that is not taken", text: slowLong, deaf: true, ends: 15 * time.Second},
	}
}

// slowHandshakes are the same before there is TLS.
func slowHandshakes() []slowClient {
	const hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" // of 512 bytes
	return []slowClient{
		{name: "no handshake", ends: 5 * time.Second},
		{name: "half a handshake", text: hello, ends: 5 * time.Second},
		{name: "a handshake, letter by letter", text: hello + strings.Repeat("a", 500), every: 70 * time.Millisecond, ends: 5 * time.Second},
	}
}

// play does what a slow client does until the server has had enough, and returns how
// many answers came.
func (c slowClient) play(conn net.Conn, gone <-chan struct{}) (answers int) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		parts := []string{c.text}
		if c.every > 0 {
			parts = strings.Split(c.text, "")
		}
		for _, part := range parts {
			if _, err := io.WriteString(conn, part); err != nil {
				return // the server has closed it
			}
			select {
			case <-time.After(c.every):
			case <-gone:
				return
			}
		}
	}()
	if !c.deaf {
		for reader := bufio.NewReader(conn); ; answers++ {
			answer, err := http.ReadResponse(reader, nil)
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, answer.Body)
		}
	}
	<-gone
	_ = conn.Close()
	<-sent
	return answers
}

// serveSlowly serves pipes as the gateway serves its listener, with a handler that
// wants the whole form and has a long answer.
func serveSlowly(t *testing.T, limit int, wrap func(net.Listener) net.Listener) (p *pipes, server *Server, stop func()) {
	p = newPipes()
	server = NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if r.URL.Path == "/long" {
			_, _ = w.Write(make([]byte, 1<<20)) // who does not take it has gone
		}
	}), limit, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- server.Serve(wrap(p)) }()
	return p, server, func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	}
}

func plainly(l net.Listener) net.Listener { return l }

// withTLS has a listener speak TLS with a certificate of its own.
func withTLS(t *testing.T) func(net.Listener) net.Listener {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	}
}

// TestSlowClientsAreEnded has each of them alone: it is closed at its time-out, however
// often a letter comes, and not before.
func TestSlowClientsAreEnded(t *testing.T) {
	play := func(c slowClient, wrap func(net.Listener) net.Listener) {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _, stop := serveSlowly(t, 100, wrap)
				began := time.Now()
				conn, end := p.dial()
				took := make(chan time.Duration, 1)
				go func() {
					<-end.gone
					took <- time.Since(began)
				}()
				answers := c.play(conn, end.gone)
				// Of an answer the server sees to it that it arrives before it closes.
				if took := <-took; took < c.ends || took > c.ends+time.Second || answers != c.answers {
					t.Errorf("closed after %v, with %d answers; want %v, %d", took, answers, c.ends, c.answers)
				}
				stop()
			})
		})
	}
	for _, c := range slowClients() {
		play(c, plainly)
	}
	for _, c := range slowHandshakes() {
		play(c, withTLS(t))
	}
}

// TestManySlowClients has hundreds of all kinds at once. They have no more connections
// than the limit, others are answered soon all the while, and in the end nothing is left
// of them.
func TestManySlowClients(t *testing.T) {
	const limit, each = 50, 40
	synctest.Test(t, func(t *testing.T) {
		p, server, stop := serveSlowly(t, limit, plainly)
		good := func() {
			t.Helper()
			began := time.Now()
			conn, _ := p.dial()
			defer conn.Close()
			go func() { _, _ = io.WriteString(conn, slowGet) }() // the answer tells
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || answer.StatusCode != http.StatusOK || time.Since(began) > aWhile {
				t.Errorf("a request among slow ones = %v, %v after %v; want 200 within %v", answer, err, time.Since(began), aWhile)
			}
		}
		began := time.Now()
		over := make(chan struct{})
		clients := 0
		for range each {
			for _, c := range slowClients() {
				conn, end := p.dial()
				clients++
				go func() {
					c.play(conn, end.gone)
					over <- struct{}{}
				}()
				synctest.Wait()
			}
			good()
			time.Sleep(100 * time.Millisecond) // of the bubble
		}
		for range clients {
			<-over
		}
		if took := time.Since(began); took > 80*time.Second {
			t.Errorf("the last of %d was there for %v; want at most a minute after it came", clients, took)
		}
		good()
		synctest.Wait()
		crowded := server.Crowded()
		stop()
		if open := p.open.Load(); open != 0 || p.most > limit+1 || crowded < int64(clients-limit-each) {
			t.Errorf("%d connections are left, %d at the most, %d crowded out; want none, %d and nearly all of %d", open, p.most, crowded, limit+1, clients)
		}
	})
}
