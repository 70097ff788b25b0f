package twilio

import "time"

const (
	// comeBack is how many times Limits.Calls streams there may be: callers who were
	// let in already, here or at another instance that has gone, have a right to go
	// on that new callers do not have.
	comeBack = 2
	// awaited is how long a call that was greeted counts among those that are live,
	// at the most: of a caller who hung up during the greeting only a status callback tells us.
	awaited = time.Minute
	// lateOpening is how long after the end of its greeting a call's stream is
	// waited for by a door that is being shut down, and longestGreeting how long after
	// the webhook at the most.
	lateOpening     = 5 * time.Second
	longestGreeting = 15 * time.Second
)

// admission counts the calls that are here and decides who may come in. A call
// counts from the answer to its webhook on: its caller hears a greeting, and its
// stream is going to open. New calls are taken below the limit; streams of calls
// that were let in before, here or elsewhere, up to comeBack times as many. It is
// pure: the time comes in with each question.
type admission struct {
	limit   int
	open    int                 // streams
	greeted map[string]greeting // calls whose stream is yet to open, by CallSid
	swept   time.Time
	closing bool // no new call is taken
	closed  bool // nor the stream of one that was
}

// greeting is a call whose caller is being greeted.
type greeting struct {
	counts time.Time // until then it counts as a call
	opens  time.Time // until then a door that is being shut down waits for its stream
}

func newAdmission(limit int) admission {
	return admission{limit: limit, greeted: map[string]greeting{}}
}

// call judges a new call, whose greeting takes length. One that is let in counts
// from now on; it may ask again.
func (a *admission) call(sid string, length time.Duration, now time.Time) bool {
	if _, again := a.greeted[sid]; a.closing || !again && a.isFull(now) {
		return false
	}
	a.expect(sid, length, now)
	return true
}

// expect notes that the stream of a call that has a right to it is going to open.
func (a *admission) expect(sid string, length time.Duration, now time.Time) {
	if now.Sub(a.swept) > time.Second || now.Before(a.swept) {
		a.sweep(now)
	}
	if _, again := a.greeted[sid]; !again && len(a.greeted) >= comeBack*a.limit {
		return // its stream will be a stranger's, which is let in just so
	}
	a.greeted[sid] = greeting{
		counts: now.Add(min(length+30*time.Second, awaited)),
		opens:  now.Add(min(length+lateOpening, longestGreeting)),
	}
}

// stream takes a place for the stream of a call; leave gives it back.
func (a *admission) stream(sid string) bool {
	_, known := a.greeted[sid]
	delete(a.greeted, sid)
	if a.closed || a.closing && !known || a.open >= comeBack*a.limit {
		return false
	}
	a.open++
	return true
}

func (a *admission) leave() { a.open-- }

// forget is told of a caller who has hung up.
func (a *admission) forget(sid string) { delete(a.greeted, sid) }

// waiting is how many calls are being greeted.
func (a *admission) waiting(now time.Time) int {
	a.sweep(now)
	return len(a.greeted)
}

// isFull reports whether a new call would be refused for want of room.
func (a *admission) isFull(now time.Time) bool {
	return a.open+len(a.greeted) >= a.limit && a.open+a.waiting(now) >= a.limit
}

// left is how many calls a door that is being shut down waits for: open streams, and
// those that are about to open.
func (a *admission) left(now time.Time) int {
	n := a.open
	for _, g := range a.greeted {
		if now.Before(g.opens) {
			n++
		}
	}
	return n
}

// sweep forgets greetings after which no stream has opened.
func (a *admission) sweep(now time.Time) {
	a.swept = now
	for sid, g := range a.greeted {
		if !now.Before(g.counts) {
			delete(a.greeted, sid)
		}
	}
}
