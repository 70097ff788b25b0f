package twiliosim

import "sync"

// maxKnownCalls bounds the calls that a phone's Calls resource knows: beyond it the
// oldest that are over are forgotten.
const maxKnownCalls = 1000

// calls are the calls of a phone, by CallSid, those that are over among them. It is
// safe for several goroutines.
type calls struct {
	mu    sync.Mutex
	bySID map[string]*call
	order []*call        // oldest first
	known map[*call]bool // outbound calls whose end the application has read
	news  chan struct{}  // has a value when it has read one of them; made by the first who waits
}

// looked notes that the application has read a call, and whether it was over by then.
func (cs *calls) looked(c *call, over bool) {
	if c.outbound == nil {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if over {
		if cs.known == nil {
			cs.known = map[*call]bool{}
		}
		cs.known[c] = true
	}
	select {
	case cs.news <- struct{}{}:
	default: // nobody waits, or they will look anyway
	}
}

// unread returns how many outbound calls have not been read since they were over, and
// a channel that has a value when one is read.
func (cs *calls) unread() (n int, news <-chan struct{}) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.news == nil {
		cs.news = make(chan struct{}, 1)
	}
	for _, c := range cs.order {
		if c.outbound != nil && !cs.known[c] {
			n++
		}
	}
	return n, cs.news
}

// add makes a call known.
func (cs *calls) add(c *call) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.bySID == nil {
		cs.bySID = map[string]*call{}
	}
	cs.bySID[c.sid] = c
	cs.order = append(cs.order, c)
	for len(cs.order) > maxKnownCalls && cs.order[0].isOver() {
		if old := cs.order[0]; cs.bySID[old.sid] == old {
			delete(cs.bySID, old.sid)
			delete(cs.known, old)
		}
		cs.order = cs.order[1:]
	}
}

// find returns the call of a CallSid, nil if there is none.
func (cs *calls) find(sid string) *call {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.bySID[sid]
}

// isOver reports whether the call has ended: its state does not change any more.
func (c *call) isOver() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// ask calls f on the goroutine of the call, or here when the call is over: f must
// then do nothing but read.
func (c *call) ask(f func()) {
	done := make(chan struct{})
	delivered := c.deliver(func(*call) {
		defer close(done)
		f()
	})
	if !delivered {
		f()
		return
	}
	<-done
}
