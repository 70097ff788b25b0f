package lex

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// What an addressBook remembers.
const (
	addressesKept = 8                // of a host: where connections came about
	addressAge    = 12 * time.Hour   // an address that nobody reached since is forgotten
	doubtFor      = 30 * time.Second // how long a resolver that failed is not waited for
)

// addressBook dials hosts by their names, as any net.Dialer does, and remembers
// the addresses where that led. When a name cannot be looked up, because the
// resolver fails, hangs or knows nothing, it dials the addresses that it
// remembers: the servers behind them are most likely well. In the outage of
// October 2025 it was the names of an AWS endpoint that had gone, not the hosts
// (https://aws.amazon.com/message/101925). Who answers there is proved by TLS as ever.
//
// It is safe for several goroutines. Its hosts are those of the configuration.
type addressBook struct {
	dial  dialFunc      // by name or by address
	limit time.Duration // to look a name up and connect, and again to connect to remembered addresses
	log   *slog.Logger

	mu    sync.Mutex
	hosts map[string]*addresses
}

// addresses are what is known of one host.
type addresses struct {
	known []address // the latest first
	doubt time.Time // until then the resolver is asked only if no known address answers
}

type address struct {
	ip   string
	used time.Time
}

func newAddressBook(dial dialFunc, limit time.Duration, log *slog.Logger) *addressBook {
	return &addressBook{dial: dial, limit: limit, log: log, hosts: map[string]*addresses{}}
}

// connect opens a connection to host and port.
func (b *addressBook) connect(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if _, notIP := netip.ParseAddr(host); err != nil || notIP == nil {
		return b.within(ctx, b.limit, network, hostPort)
	}
	if b.doubted(host) {
		if conn, err := b.remembered(ctx, network, host, port); err == nil {
			return conn, nil
		}
	}
	conn, err := b.within(ctx, b.limit, network, hostPort)
	var unresolved *net.DNSError
	switch {
	case err == nil:
		b.reached(host, conn, true)
		return conn, nil
	case !errors.As(err, &unresolved) || ctx.Err() != nil:
		return nil, err
	}
	b.unresolved(host, err)
	conn, failed := b.remembered(ctx, network, host, port)
	if failed != nil {
		return nil, fmt.Errorf("%w; %w", err, failed)
	}
	return conn, nil
}

// within dials once, under a deadline.
func (b *addressBook) within(ctx context.Context, limit time.Duration, network, hostPort string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return b.dial(ctx, network, hostPort)
}

var errNoAddress = errors.New("no address of the host is remembered")

// remembered dials the known addresses of a host one after the other, all
// together within the limit.
func (b *addressBook) remembered(ctx context.Context, network, host, port string) (net.Conn, error) {
	list := b.addressesOf(host)
	if len(list) == 0 {
		return nil, errNoAddress
	}
	deadline := time.Now().Add(b.limit)
	var failed error
	for i, ip := range list {
		share := time.Until(deadline) / time.Duration(len(list)-i)
		conn, err := b.within(ctx, share, network, net.JoinHostPort(ip, port))
		if err == nil {
			b.reached(host, conn, false)
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

// addressesOf returns the remembered addresses of a host, the latest first.
func (b *addressBook) addressesOf(host string) (list []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.hosts[host]; h != nil {
		h.known = slices.DeleteFunc(h.known, func(a address) bool { return time.Since(a.used) > addressAge })
		for _, a := range h.known {
			list = append(list, a.ip)
		}
	}
	return list
}

// reached remembers where a connection led.
func (b *addressBook) reached(host string, conn net.Conn, byName bool) {
	remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return // not a network that has addresses
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[host]
	if h == nil {
		h = new(addresses)
		b.hosts[host] = h
	}
	ip := remote.Addr().String()
	h.known = slices.DeleteFunc(h.known, func(a address) bool { return a.ip == ip })
	h.known = slices.Insert(h.known, 0, address{ip, time.Now()})
	h.known = h.known[:min(len(h.known), addressesKept)]
	if byName {
		h.doubt = time.Time{}
	}
}

// doubted reports whether a host's name could not be looked up lately. Now and
// then one caller is told otherwise, and finds out whether that is over.
func (b *addressBook) doubted(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[host]
	if h == nil || h.doubt.IsZero() {
		return false
	}
	if time.Now().Before(h.doubt) {
		return true
	}
	h.doubt = time.Now().Add(doubtFor)
	return false
}

// unresolved notes that a host's name could not be looked up.
func (b *addressBook) unresolved(host string, err error) {
	b.mu.Lock()
	h := b.hosts[host]
	known, first := 0, false
	if h != nil {
		known, first = len(h.known), h.doubt.IsZero()
		h.doubt = time.Now().Add(doubtFor)
	}
	b.mu.Unlock()
	if first {
		b.log.Warn("name not resolved, addresses used that worked before", "host", host, "addresses", known, "err", err)
	}
}
