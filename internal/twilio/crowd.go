package twilio

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// crowd bounds the connections of an HTTP server that are not calls: anybody on the
// internet can open thousands and say nothing, and each has a descriptor that a call
// may need. One too many closes the one that has kept the server waiting longest for
// a request: a byte of one, now and then, does not make the wait shorter. Only if
// there are hardly any of these, one goes whose request is being answered, the oldest:
// that may be still on its way, too, behind its header.
//
// Nobody has to go who has not had a while: until then newcomers wait to be accepted.
// Else a crowd that comes back as often as it is closed would push out requests before
// they have been read.
//
// A connection that has become a call's stream is not of the crowd any more.
type crowd struct {
	closed atomic.Int64 // connections closed to make room

	mu        sync.Mutex
	limit     int
	waiting   *list.List // of net.Conn, those without a request or with half of its header; the longest waiting first
	answering *list.List // those whose request is being answered; the oldest first
	members   map[net.Conn]membership
}

// membership is where in which of the lists a connection is, and since when.
type membership struct {
	of    *list.List
	place *list.Element
	since time.Time
}

// aWhile is what a connection has at least for its handshake and the header of its
// request.
const aWhile = 250 * time.Millisecond

func newCrowd(limit int) *crowd {
	return &crowd{limit: limit, waiting: list.New(), answering: list.New(), members: map[net.Conn]membership{}}
}

// resize changes how many there may be. Those that are too many go as others come.
func (c *crowd) resize(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = limit
}

// follow is an http.Server's ConnState. For a new connection it is called on the
// goroutine that accepts, and holds it up.
func (c *crowd) follow(conn net.Conn, state http.ConnState) {
	if old, since := c.note(conn, state); old != nil {
		time.Sleep(time.Until(since.Add(aWhile)))
		c.closed.Add(1)
		closeNow(old)
	}
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// introduce is an http.Server's ConnContext.
func (c *crowd) introduce(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// around notes which connections have sent the whole header of a request.
func (c *crowd) around(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			c.heard(conn)
		}
		handler.ServeHTTP(w, r)
	})
}

// heard has a connection be one whose request is being answered.
func (c *crowd) heard(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members[conn].of != nil {
		c.forgetLocked(conn)
		c.members[conn] = membership{c.answering, c.answering.PushBack(conn), time.Now()}
	}
}

// note returns the connection that has to go, and since when it is as it is, or nil.
func (c *crowd) note(conn net.Conn, state http.ConnState) (tooMany net.Conn, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case state != http.StateNew && c.members[conn].of == nil:
		return nil, since // it had to go before
	case state == http.StateActive:
		return nil, since // its first byte
	}
	c.forgetLocked(conn)
	if state == http.StateNew && len(c.members) >= c.limit {
		tooMany = c.longestLocked()
		since = c.members[tooMany].since
		c.forgetLocked(tooMany)
	}
	if state == http.StateNew || state == http.StateIdle {
		c.members[conn] = membership{c.waiting, c.waiting.PushBack(conn), time.Now()}
	}
	return tooMany, since
}

// longestLocked is who has to go. Some places are always those of who waits: else
// newcomers would push out each other where requests that never end have all others.
func (c *crowd) longestLocked() net.Conn {
	first := c.waiting.Front()
	if oldest := c.answering.Front(); oldest != nil && c.waiting.Len() <= c.limit/4 {
		first = oldest
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
