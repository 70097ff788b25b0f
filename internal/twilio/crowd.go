package twilio

import (
	"container/list"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// crowd bounds the connections of an HTTP server that are not calls: anybody on the
// internet can open thousands and say nothing, and each has a descriptor that a call
// may need. One too many closes the one that has kept the server waiting longest:
// first of those that have asked nothing, then of those whose request is still on
// its way, as it is with peers that send a byte now and then. Twilio's requests
// take milliseconds, so it takes a crowd that renews itself within these to hit one.
//
// A connection that has become a call's stream is not of the crowd any more.
type crowd struct {
	limit  int
	closed atomic.Int64 // connections closed to make room

	mu      sync.Mutex
	silent  *list.List // of net.Conn, those between requests; the longest silent first
	asking  *list.List // those with a request under way; the oldest first
	members map[net.Conn]membership
}

// membership is where in which of the lists a connection is.
type membership struct {
	of    *list.List
	place *list.Element
}

func newCrowd(limit int) *crowd {
	return &crowd{limit: limit, silent: list.New(), asking: list.New(), members: map[net.Conn]membership{}}
}

// follow is an http.Server's ConnState.
func (c *crowd) follow(conn net.Conn, state http.ConnState) {
	if old := c.note(conn, state); old != nil {
		c.closed.Add(1)
		closeNow(old)
	}
}

// note returns the connection that has to go, or nil.
func (c *crowd) note(conn net.Conn, state http.ConnState) (tooMany net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state != http.StateNew && c.members[conn].of == nil {
		return nil // it had to go before
	}
	c.forgetLocked(conn)
	switch state {
	case http.StateNew:
		if len(c.members) >= c.limit {
			tooMany = c.longestLocked()
			c.forgetLocked(tooMany)
		}
		c.members[conn] = membership{c.silent, c.silent.PushBack(conn)}
	case http.StateIdle:
		c.members[conn] = membership{c.silent, c.silent.PushBack(conn)}
	case http.StateActive:
		c.members[conn] = membership{c.asking, c.asking.PushBack(conn)}
	}
	return tooMany
}

func (c *crowd) longestLocked() net.Conn {
	first := c.silent.Front()
	if first == nil {
		first = c.asking.Front()
	}
	return first.Value.(net.Conn)
}

func (c *crowd) forgetLocked(conn net.Conn) {
	if m := c.members[conn]; m.of != nil {
		m.of.Remove(m.place)
		delete(c.members, conn)
	}
}

// closeNow closes without the farewell of TLS, for which a peer that does not read
// would have us wait.
func closeNow(conn net.Conn) {
	if inner, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = inner.NetConn()
	}
	_ = conn.Close() // it is the peer's loss
}
