package gate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Mode is what a gate does with the network.
type Mode int

// The modes of a gate.
const (
	Open     Mode = iota // as a listener without a gate
	Frozen               // nothing gets in or out, and nobody is told
	Refusing             // as if the process had died
	closed
)

// Gate is a listener whose connections can be lost; see Set. It is safe for
// several goroutines, Set but for one at a time. It starts none.
type Gate struct {
	frozen atomic.Bool // mode is Frozen

	mu       sync.Mutex
	mode     Mode
	listener net.Listener
	changed  chan struct{} // closed when mode changes
	conns    map[*Conn]struct{}
	fillers  []net.Conn // owned by Set
}

// New returns an open gate around l, which it closes. Frozen and Refusing need a
// listener for TCP.
func New(l net.Listener) *Gate {
	return &Gate{listener: l, changed: make(chan struct{}), conns: make(map[*Conn]struct{})}
}

// current returns the mode, the listener, and what tells that the mode changed.
func (g *Gate) current() (Mode, net.Listener, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mode, g.listener, g.changed
}

// turnTo changes the mode. It returns the connections of before.
func (g *Gate) turnTo(mode Mode) []*Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mode == closed {
		return nil
	}
	g.mode = mode
	g.frozen.Store(mode == Frozen)
	close(g.changed)
	g.changed = make(chan struct{})
	conns := make([]*Conn, 0, len(g.conns))
	for c := range g.conns {
		conns = append(conns, c)
	}
	return conns
}

// Accept implements net.Listener.
func (g *Gate) Accept() (net.Conn, error) {
	for {
		mode, listener, changed := g.current()
		switch mode {
		case closed:
			return nil, net.ErrClosed
		case Frozen, Refusing:
			<-changed
			continue
		case Open:
		}
		conn, err := listener.Accept()
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || g.replaced(listener) {
				continue // a change of mode woke it
			}
			return nil, err
		}
		if c, ok := g.admit(conn); ok {
			return c, nil
		}
		_ = conn.Close() // it came with the end of the listener
	}
}

// replaced says whether a listener was closed on purpose.
func (g *Gate) replaced(l net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mode != Open || g.listener != l
}

func (g *Gate) admit(conn net.Conn) (*Conn, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mode == Refusing || g.mode == closed {
		return nil, false
	}
	c := &Conn{Conn: conn, gate: g, closed: make(chan struct{})}
	g.conns[c] = struct{}{}
	return c, true
}

// Close implements net.Listener.
func (g *Gate) Close() error {
	for _, c := range g.turnTo(closed) {
		c.finish()
	}
	_, listener, _ := g.current()
	err := listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil // it was refusing
	}
	return err
}

// Addr implements net.Listener.
func (g *Gate) Addr() net.Addr {
	_, listener, _ := g.current()
	return listener.Addr()
}

// Set changes to a mode and returns when it is in force, which may take some
// seconds: a listener that refused waits for its port. A closed gate stays so. It
// is called by one goroutine at a time.
func (g *Gate) Set(mode Mode) error {
	before, listener, _ := g.current()
	if before == mode || before == closed {
		return nil
	}
	if _, ok := listener.(*net.TCPListener); !ok {
		return errors.New("the server does not listen on TCP")
	}
	if err := g.reopen(before); err != nil {
		return err
	}
	switch mode {
	case Frozen:
		return g.freeze()
	case Refusing:
		return g.refuse()
	default:
		return nil
	}
}

// reopen brings the gate from a mode back to Open.
func (g *Gate) reopen(from Mode) error {
	switch from {
	case Frozen:
		return g.thaw()
	case Refusing:
		return g.listenAgain()
	default:
		return nil
	}
}

const (
	usualBacklog = 4096
	// dropped is how long a connection on loopback has to take to be taken for
	// one whose packets were dropped: it takes a tenth of a millisecond.
	dropped = 100 * time.Millisecond
)

// freeze makes the port a black hole. Nothing is accepted any more, and the
// kernel's queue of connections to accept is cut to its least and filled by
// connections of our own: from then on it drops what would open another one, as
// listen(2) says, and clients wait in vain.
func (g *Gate) freeze() error {
	g.turnTo(Frozen)
	_, l, _ := g.current()
	listener := l.(*net.TCPListener)
	if err := listener.SetDeadline(time.Unix(1, 0)); err != nil { // ends a waiting Accept
		return fmt.Errorf("stop accepting: %w", err)
	}
	if err := setBacklog(listener, 0); err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: dropped}
	for lost := 0; lost < 2; {
		conn, err := dialer.DialContext(context.Background(), "tcp", listener.Addr().String())
		if err != nil {
			if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
				return fmt.Errorf("fill the queue of connections: %w", err)
			}
			lost++
			continue
		}
		g.fillers, lost = append(g.fillers, conn), 0
		if len(g.fillers) > 2*usualBacklog {
			return errors.New("the queue of connections does not fill")
		}
	}
	return nil
}

// thaw lets through what waited.
func (g *Gate) thaw() error {
	for _, filler := range g.fillers {
		_ = filler.Close() // nothing was sent on it
	}
	g.fillers = nil
	_, l, _ := g.current()
	listener := l.(*net.TCPListener)
	err := setBacklog(listener, usualBacklog)
	err = errors.Join(err, listener.SetDeadline(time.Time{}))
	for _, c := range g.turnTo(Open) {
		c.finish()
	}
	return err
}

// setBacklog sets how many connections the kernel keeps for Accept.
func setBacklog(l *net.TCPListener, n int) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return fmt.Errorf("set backlog: %w", err)
	}
	var result error
	err = raw.Control(func(fd uintptr) { result = syscall.Listen(int(fd), n) })
	if err = errors.Join(err, result); err != nil {
		return fmt.Errorf("set backlog: %w", err)
	}
	return nil
}

// refuse closes the listener and all connections.
func (g *Gate) refuse() error {
	conns := g.turnTo(Refusing)
	_, listener, _ := g.current()
	err := listener.Close()
	for _, c := range conns {
		_ = c.Close() // the client is not to be told anything more
	}
	if err != nil {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// listenAgain listens on the same port. Another program that has taken it
// meanwhile, if only for a connection of its own, is given some time.
func (g *Gate) listenAgain() error {
	_, old, _ := g.current()
	var listener net.Listener
	var err error
	for range 50 {
		if listener, err = net.Listen("tcp", old.Addr().String()); err == nil {
			break
		}
		<-time.After(dropped)
	}
	if err != nil {
		return fmt.Errorf("listen again: %w", err)
	}
	if !g.relisten(listener) {
		return listener.Close()
	}
	g.turnTo(Open)
	return nil
}

func (g *Gate) relisten(l net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mode == closed {
		return false
	}
	g.listener = l
	return true
}
