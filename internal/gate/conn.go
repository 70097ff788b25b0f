package gate

import (
	"net"
	"sync"
)

// Conn is a connection through a gate.
type Conn struct {
	net.Conn
	gate   *Gate
	once   sync.Once
	closed chan struct{}
}

// pass waits while the gate is frozen.
func (c *Conn) pass() error {
	for c.gate.frozen.Load() {
		mode, _, changed := c.gate.current()
		if mode != Frozen {
			continue
		}
		select {
		case <-changed:
		case <-c.closed:
			return net.ErrClosed
		}
	}
	return nil
}

// Read implements net.Conn. What arrives while the gate is frozen is given out
// when it is open again.
func (c *Conn) Read(p []byte) (int, error) {
	if err := c.pass(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if gone := c.pass(); gone != nil {
		return 0, gone
	}
	return n, err
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	if err := c.pass(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close implements net.Conn. While the gate is frozen the peer is not told: the
// connection is closed when the gate opens.
func (c *Conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	if c.gate.frozen.Load() {
		return nil
	}
	return c.drop()
}

// CloseWrite ends what is written. The HTTP server uses it before it closes a
// connection on which it has not read everything, so that the client gets its
// answer and not a reset.
func (c *Conn) CloseWrite() error {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok || c.gate.frozen.Load() {
		return nil
	}
	return tcp.CloseWrite()
}

// finish closes a connection that was closed while the gate was frozen.
func (c *Conn) finish() {
	select {
	case <-c.closed:
		_ = c.drop() // whoever closed it was told already that it worked
	default:
	}
}

// Reset ends the connection with a TCP reset, frozen or not.
func (c *Conn) Reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a connection that is gone already needs no reset
	}
	c.once.Do(func() { close(c.closed) })
	_ = c.drop()
}

func (c *Conn) drop() error {
	c.forget()
	return c.Conn.Close()
}

func (c *Conn) forget() {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	delete(c.gate.conns, c)
}
