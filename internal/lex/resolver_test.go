package lex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// network is a resolver and the hosts behind it, on a bubble's time.
type network struct {
	mu       sync.Mutex
	resolver func(ctx context.Context) error // nil, or returns nil: the name is known
	address  string                          // that the name stands for
	deaf     map[string]bool                 // addresses where nobody answers
	dialled  []string
}

// remote is a connection that knows its far end's address.
type remote struct {
	net.Conn
	address net.Addr
}

func (r remote) RemoteAddr() net.Addr { return r.address }

func (n *network) dial(ctx context.Context, _, hostPort string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, hostPort)
	resolver, address, deaf := n.resolver, n.address, n.deaf
	n.mu.Unlock()
	host, _, _ := net.SplitHostPort(hostPort)
	if net.ParseIP(host) == nil {
		if resolver != nil {
			if err := resolver(ctx); err != nil {
				return nil, &net.OpError{Op: "dial", Err: err}
			}
		}
		host = address
	}
	if deaf[host] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	near, far := net.Pipe()
	far.Close()
	return remote{near, &net.TCPAddr{IP: net.ParseIP(host), Port: 443}}, nil
}

func (n *network) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
	n.dialled = nil
}

// went returns what was dialled since the latest change.
func (n *network) went() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.dialled, " ")
}

func failing53(context.Context) error { return &net.DNSError{Err: "server misbehaving", Name: "lex"} }

func empty53(context.Context) error {
	return &net.DNSError{Err: "no such host", Name: "lex", IsNotFound: true}
}

func hanging53(ctx context.Context) error {
	<-ctx.Done()
	return &net.DNSError{Err: "i/o timeout", Name: "lex", IsTimeout: true}
}

// connect opens a connection to the host lex and returns how long that took.
func (n *network) connect(t *testing.T, b *addressBook) (address string, took time.Duration, err error) {
	t.Helper()
	begun := time.Now()
	conn, err := b.connect(t.Context(), "tcp", "lex:443")
	if err != nil {
		return "", time.Since(begun), err
	}
	conn.Close()
	return conn.RemoteAddr().String(), time.Since(begun), nil
}

// A resolver that fails in any way costs half a second at most, once in a while,
// as long as the host answers at an address where it answered before.
func TestKnownAddressesAreUsedWithoutAResolver(t *testing.T) {
	const limit = 500 * time.Millisecond
	for name, resolver := range map[string]func(context.Context) error{"fails": failing53, "knows nothing": empty53, "hangs": hanging53} {
		bubble(t, name, func(t *testing.T) {
			var log bytes.Buffer
			n := &network{address: "192.0.2.1"}
			b := newAddressBook(n.dial, limit, slog.New(slog.NewTextHandler(&log, nil)))
			for range 3 {
				if got, took, err := n.connect(t, b); err != nil || took != 0 || got != "192.0.2.1:443" {
					t.Fatalf("by name: %s after %v, %v; want 192.0.2.1 at once", got, took, err)
				}
			}
			if got := n.went(); got != "lex:443 lex:443 lex:443" {
				t.Errorf("with a resolver that works %s was dialled, want the name each time", got)
			}
			n.set(func() { n.resolver = resolver })
			first := time.Duration(0)
			if name == "hangs" {
				first = limit
			}
			for i, want := range []time.Duration{first, 0, 0} {
				if got, took, err := n.connect(t, b); err != nil || took != want || got != "192.0.2.1:443" {
					t.Errorf("dial %d: %s after %v, %v; want 192.0.2.1 after %v", i+1, got, took, err, want)
				}
			}
			if got := n.went(); got != "lex:443 192.0.2.1:443 192.0.2.1:443 192.0.2.1:443" {
				t.Errorf("dialled %s; want the name once, then the address", got)
			}
			time.Sleep(11 * time.Hour)
			if _, took, err := n.connect(t, b); err != nil || took != first {
				t.Errorf("eleven hours later: after %v, %v; want a connection after %v", took, err, first)
			}
			n.set(func() { n.resolver, n.address = nil, "192.0.2.2" })
			time.Sleep(doubtFor)
			if got, took, err := n.connect(t, b); err != nil || took != 0 || got != "192.0.2.2:443" {
				t.Errorf("with the resolver back: %s after %v, %v; want the new address 192.0.2.2 at once", got, took, err)
			}
			if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "name not resolved") {
				t.Errorf("log of one outage: %s; want one line", log.String())
			}
		})
	}
}

func TestWhatTheResolverCannotHelp(t *testing.T) {
	const limit = 500 * time.Millisecond
	bubble(t, "never resolved", func(t *testing.T) {
		n := &network{resolver: hanging53}
		b := newAddressBook(n.dial, limit, slog.New(slog.DiscardHandler))
		_, took, err := n.connect(t, b)
		var unresolved *net.DNSError
		if !errors.As(err, &unresolved) || !errors.Is(err, errNoAddress) || took != limit {
			t.Errorf("a name that was never known: %v after %v; want what the resolver said, after %v", err, took, limit)
		}
	})
	bubble(t, "the host is gone too", func(t *testing.T) {
		n := &network{address: "192.0.2.1"}
		b := newAddressBook(n.dial, limit, slog.New(slog.DiscardHandler))
		for i := range 4 {
			n.set(func() { n.address = fmt.Sprintf("192.0.2.%d", i+1) })
			n.connect(t, b)
		}
		n.set(func() {
			n.resolver = failing53
			n.deaf = map[string]bool{"192.0.2.1": true, "192.0.2.2": true, "192.0.2.3": true, "192.0.2.4": true}
		})
		if _, took, err := n.connect(t, b); !errors.Is(err, context.DeadlineExceeded) || took != limit {
			t.Errorf("four addresses where nobody answers: %v after %v; want the deadline, after %v in all", err, took, limit)
		}
		n.set(func() { n.deaf["192.0.2.2"] = false })
		if got, took, err := n.connect(t, b); got != "192.0.2.2:443" || took > limit {
			t.Errorf("one of the four is back: %s after %v, %v; want 192.0.2.2 within %v", got, took, err, limit)
		}
		if got, took, err := n.connect(t, b); got != "192.0.2.2:443" || took != 0 {
			t.Errorf("and again: %s after %v, %v; want 192.0.2.2, which worked last, at once", got, took, err)
		}
	})
	bubble(t, "the host is gone and the name is known", func(t *testing.T) {
		n := &network{address: "192.0.2.1"}
		b := newAddressBook(n.dial, limit, slog.New(slog.DiscardHandler))
		n.connect(t, b)
		n.set(func() { n.deaf = map[string]bool{"192.0.2.1": true} })
		if _, took, err := n.connect(t, b); err == nil || took != limit || n.went() != "lex:443" {
			t.Errorf("%v after %v, dialled %s; want an error after %v: the name was known", err, took, n.went(), limit)
		}
	})
	bubble(t, "nobody waits any more", func(t *testing.T) {
		n := &network{address: "192.0.2.1"}
		b := newAddressBook(n.dial, limit, slog.New(slog.DiscardHandler))
		n.connect(t, b)
		n.set(func() { n.resolver = hanging53 })
		ctx, stop := context.WithTimeout(t.Context(), limit/2)
		defer stop()
		if conn, err := b.connect(ctx, "tcp", "lex:443"); err == nil || n.went() != "lex:443" {
			t.Errorf("connect = %v, %v, dialled %s; want nothing more once the context is done", conn, err, n.went())
		}
	})
}

func TestAddressesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		b := newAddressBook(n.dial, time.Second, slog.New(slog.DiscardHandler))
		for i := range 2 * addressesKept {
			n.set(func() { n.address = fmt.Sprintf("192.0.2.%d", i) })
			n.connect(t, b)
		}
		var want []string
		for i := range addressesKept {
			want = append(want, fmt.Sprintf("192.0.2.%d", 2*addressesKept-1-i))
		}
		if diff := cmp.Diff(want, b.addressesOf("lex")); diff != "" {
			t.Errorf("after %d addresses (-want +got):\n%s", 2*addressesKept, diff)
		}
		time.Sleep(addressAge + time.Second)
		if got := b.addressesOf("lex"); got != nil {
			t.Errorf("after %v: %v, want none", addressAge, got)
		}
	})
}

// Addresses that are given as such are dialled as they are.
func TestAddressesAreNotResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{resolver: failing53}
		b := newAddressBook(n.dial, time.Second, slog.New(slog.DiscardHandler))
		for _, hostPort := range []string{"127.0.0.1:1", "[::1]:1"} {
			conn, err := b.connect(t.Context(), "tcp", hostPort)
			if err != nil {
				t.Errorf("connect %s = %v", hostPort, err)
				continue
			}
			conn.Close()
		}
		if got := n.went(); got != "127.0.0.1:1 [::1]:1" || len(b.hosts) != 0 {
			t.Errorf("dialled %s, %d hosts remembered; want both as they are, none", got, len(b.hosts))
		}
	})
}

// A real resolver that cannot be reached is a failure that the book understands.
func TestRealResolverThatHangs(t *testing.T) {
	dialer := &net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	b := newAddressBook(dialer.DialContext, 50*time.Millisecond, slog.New(slog.DiscardHandler))
	_, err := b.connect(t.Context(), "tcp", "lexline.invalid:443")
	if !errors.Is(err, errNoAddress) {
		t.Errorf("connect with a resolver that hangs = %v; want it to look for remembered addresses", err)
	}
}
