package wholestack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Weather is what befalls the way to a host.
type Weather int

// The weathers.
const (
	Clear     Weather = iota
	Refusing          // new connections are refused; the others go on
	BlackHole         // nothing gets through any more, and nobody is told
	HalfOpen          // what clients send gets through; what the host sends is lost
)

// Network joins listeners and dialers in memory. What is sent arrives after the
// latency of its host; buffers have no limit. It works in synctest bubbles, and
// is safe for several goroutines. The zero value is an empty network.
type Network struct {
	mu    sync.Mutex
	hosts map[string]*Host
}

// Host is one address of a Network: a net.Listener.
type Host struct {
	address string
	arrived chan net.Conn
	closed  chan struct{}

	mu      sync.Mutex
	latency time.Duration // one way
	weather Weather
	changed chan struct{}      // closed when the weather changes
	conns   map[*Conn]struct{} // the host's ends, until it closes them
	dials   int
}

// Listen returns the host at an address such as "10.0.0.1:80". An address is
// used once.
func (n *Network) Listen(address string, latency time.Duration) *Host {
	h := &Host{
		address: address, arrived: make(chan net.Conn), closed: make(chan struct{}),
		latency: latency, changed: make(chan struct{}), conns: map[*Conn]struct{}{},
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = map[string]*Host{}
	}
	n.hosts[address] = h
	return h
}

// Dial connects to a host. It takes the host's latency twice, as a handshake does.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	h := n.hosts[address]
	n.mu.Unlock()
	if h == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}
	}
	h.mu.Lock()
	h.dials++
	trip := time.NewTimer(2 * h.latency)
	h.mu.Unlock()
	defer trip.Stop()
	for arrived := false; ; {
		weather, changed := h.now()
		if arrived && weather == Refusing {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		if arrived && weather == Clear {
			break
		}
		select {
		case <-trip.C:
			arrived = true
		case <-changed: // a lost packet is sent again
		case <-ctx.Done():
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
		}
	}
	near, far := h.pair()
	select {
	case h.arrived <- far:
		return near, nil
	case <-h.closed:
		near.Reset()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		near.Reset()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
}

func (h *Host) now() (Weather, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.weather, h.changed
}

// Set makes the way to the host as it is from now on. A connection on which
// something was lost stays broken: neither side is told.
func (h *Host) Set(w Weather) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.weather = w
	close(h.changed)
	h.changed = make(chan struct{})
}

// ResetAll breaks all connections with the host; both sides are told.
func (h *Host) ResetAll() {
	h.mu.Lock()
	var all []*Conn
	for c := range h.conns {
		all = append(all, c)
	}
	h.mu.Unlock()
	for _, c := range all {
		c.Reset()
	}
}

// Dials returns how often the host was dialled.
func (h *Host) Dials() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dials
}

// Open returns how many connections there are in the eyes of the host.
func (h *Host) Open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// Accept implements net.Listener.
func (h *Host) Accept() (net.Conn, error) {
	select {
	case c := <-h.arrived:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. Connections go on.
func (h *Host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
	default:
		close(h.closed)
	}
	return nil
}

// Addr implements net.Listener.
func (h *Host) Addr() net.Addr { return address(h.address) }

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// pair makes the two ends of a connection.
func (h *Host) pair() (near, far *Conn) {
	up, down := newStream(), newStream()
	near = &Conn{host: h, in: down, out: up}
	far = &Conn{host: h, in: up, out: down, atHost: true, peer: near}
	near.peer = far
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns[far] = struct{}{}
	return near, far
}

// loses reports whether what is sent in the given direction now is lost, and
// else how long it takes.
func (h *Host) loses(byHost bool) (latency time.Duration, lost bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latency, h.weather == BlackHole || h.weather == HalfOpen && byHost
}

func (h *Host) forget(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
}

// Conn is one end of a connection.
type Conn struct {
	host    *Host
	in, out *stream
	atHost  bool
	peer    *Conn
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.failed("read", err)
}

// Write implements net.Conn. It does not wait.
func (c *Conn) Write(p []byte) (int, error) {
	latency, lost := c.host.loses(c.atHost)
	return len(p), c.failed("write", c.out.write(p, latency, lost))
}

// Close ends the connection in the regular way: the other side reads to the end
// of what was sent.
func (c *Conn) Close() error {
	latency, lost := c.host.loses(c.atHost)
	c.out.end(latency, lost)
	c.in.shut()
	if c.atHost {
		c.host.forget(c)
	}
	return nil
}

// Reset breaks the connection at once, for both sides.
func (c *Conn) Reset() {
	c.in.reset()
	c.out.reset()
	c.host.forget(c)
	c.host.forget(c.peer)
}

func (c *Conn) failed(op string, err error) error {
	if errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("%s %s: %w", op, c.host.address, err)
	}
	return err
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.address(c.atHost) }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.address(!c.atHost) }

func (c *Conn) address(host bool) net.Addr {
	if host {
		return address(c.host.address)
	}
	return address("192.0.2.1:40000")
}

// SetDeadline implements net.Conn. Writes never wait.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }
