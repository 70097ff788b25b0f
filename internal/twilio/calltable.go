package twilio

import (
	"context"
	"sync"
	"time"

	"lexline/internal/call"
)

const (
	maxKnownCalls = 10_000           // calls remembered at once
	callMemory    = 10 * time.Minute // how long a call that has ended is remembered
	// A caller whose stream keeps breaking is reconnected so many times within
	// resumeWindow, then hung up: else Connect and /resume would circle for ever.
	maxResumes   = 3
	resumeWindow = time.Minute
	maxRetryKey  = 100 // bytes
	// askingTime is how long after the end of a call's stream a door that is being
	// shut down stays open for Twilio's question what to do now.
	askingTime = 2 * time.Second
)

// callTable remembers, for each call by its CallSid, whether it is being
// greeted, is live or is over. It is this instance's memory only: a call that it
// does not know may well be known to another one. It is safe for several
// goroutines.
type callTable struct {
	limit int

	mu    sync.Mutex
	calls map[string]*knownCall
	swept time.Time
}

// knownCall is what is remembered of one call; guarded by callTable.mu.
type knownCall struct {
	plan    *plan     // that it began with; nil for one that another instance began
	answer  []byte    // TwiML whose token has not been used yet
	until   time.Time // when that token expires
	opened  bool      // a stream of the call was accepted at some time
	live    *stream   // the stream that runs now; nil between streams
	over    bool      // the call is over: there is nothing to reconnect
	end     pass      // of a call that is over: how it ended
	began   time.Time // when its first stream began
	asking  time.Time // until then Twilio is expected to ask what comes after the stream that we ended
	resumes []time.Time
	touched time.Time

	returned  call.Fruitless // hand-overs that came to nothing before the stream
	handovers uint16         // targets dialled before the stream
	told      bool           // a status callback has told how the call ended

	retryKey    string // of the latest answer to /resume
	retryAnswer []byte
}

// stream is one accepted websocket, from the start message to the end of Serve.
type stream struct {
	cancel context.CancelCauseFunc // ends Serve
	done   chan struct{}           // closed when Serve has returned and its result is known here
	poke   func()                  // has the stream look at the notes; nil where it has none

	concluded bool // it is known how the call ends; guarded by callTable.mu
}

// nextStep is what to do with a call whose stream has ended.
type nextStep int

const (
	reconnectCall nextStep = iota // open a further stream
	leaveCall                     // it is over
	giveUpCall                    // it keeps losing its stream
)

func newCallTable(limit int) *callTable {
	return &callTable{limit: limit, calls: map[string]*knownCall{}}
}

// greet returns the answer to the incoming call webhook: the same one as long as
// its token has not been used, since Twilio asks again when it did not get our
// first answer. Otherwise write makes a new one. It returns nil if the call has
// had a stream already, so that a webhook sent again by somebody else gets no
// token and does not touch the call.
func (t *callTable) greet(sid string, now time.Time, write func() (answer []byte, expires time.Time)) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(sid, now)
	switch {
	case known.opened || known.over:
		return nil
	case known.answer == nil || now.After(known.until):
		known.answer, known.until = write()
	}
	return known.answer
}

// hadStream reports whether a call has had a stream, or is over.
func (t *callTable) hadStream(sid string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.calls[sid]
	return known != nil && (known.opened || known.over)
}

// opened notes that a websocket with a token of this call was accepted.
func (t *callTable) opened(sid string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(sid, now)
	known.opened, known.answer, known.retryAnswer = true, nil, nil
}

// attach makes s the call's live stream and returns the one that it replaces,
// or nil. facts are what its token vouches for: where they do not say when the call's
// first stream began, that is s.
func (t *callTable) attach(facts claims, s *stream, now time.Time) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(facts.callSID, now)
	previous := known.live
	known.live, known.over = s, false
	known.returned, known.handovers = facts.returned, facts.handovers
	if known.began = facts.began; known.began.IsZero() {
		known.began = now
	}
	return previous
}

// conclude notes how the call ends whose live stream is s and about to be closed, and
// returns when it began. It returns the zero time if s is not its live stream any more.
func (t *callTable) conclude(sid string, s *stream, end call.Termination, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(sid, now)
	if known.live != s {
		return time.Time{}
	}
	s.concluded = true
	known.concludeLocked(sid, end, now)
	return known.began
}

// concludeLocked takes the end of the call's live stream.
func (k *knownCall) concludeLocked(sid string, end call.Termination, now time.Time) {
	k.over = end.Over()
	if k.over && end.Reason != call.CallerLeft {
		k.asking = now.Add(askingTime)
	}
	k.end = pass{
		callSID: sid, target: end.Next.Target, next: end.Next.Kind, told: spoke(end),
		intent: end.Next.Intent, context: end.Next.Context, began: k.began,
		returned: k.returned, handovers: k.handovers,
	}
}

// recall takes over from another instance how a call ended, or, where p names no line,
// that it goes on, unless a stream of it is live here or more is known here.
func (t *callTable) recall(p pass, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(p.callSID, now)
	switch {
	case known.live != nil && !known.live.concluded, p.handovers < known.handovers, known.over && p.handovers <= known.end.handovers:
	case p.line == "":
		known.goBackLocked(p)
	default:
		known.over, known.end, known.began = true, p, p.began
	}
}

// goBack notes that a call that was over goes on. p is what a stream of it begins with.
func (t *callTable) goBack(p pass, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.knowLocked(p.callSID, now).goBackLocked(p)
}

func (k *knownCall) goBackLocked(p pass) {
	k.over, k.end, k.opened, k.answer = false, pass{}, true, nil
	k.began, k.returned, k.handovers = p.began, p.returned, p.handovers
}

// detach notes how Serve ended on s. A stream that was replaced says nothing
// about the call.
func (t *callTable) detach(sid string, s *stream, end call.Termination, now time.Time) {
	t.mu.Lock()
	known := t.knowLocked(sid, now)
	if known.live == s {
		known.live = nil
		if !s.concluded {
			known.concludeLocked(sid, end, now)
		}
	}
	t.mu.Unlock()
	close(s.done)
}

// hungUp notes that the caller has left.
func (t *callTable) hungUp(sid string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.knowLocked(sid, now).over = true
}

// tellsEnd notes that a status callback has told how a call ended. It reports whether
// it is the first: Twilio asks again when it did not get our answer.
func (t *callTable) tellsEnd(sid string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(sid, now)
	first := !known.told
	known.told = true
	return first
}

// mayGoOn reports whether another instance may know more of a call: it is not over, or
// was handed over to somebody who may not have taken it.
func (t *callTable) mayGoOn(sid string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.calls[sid]
	return known == nil || !known.over || known.end.next == call.NextTransfer
}

// isOver reports whether a call is known to be over.
func (t *callTable) isOver(sid string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.calls[sid]
	return known != nil && known.over
}

// asks reports whether Twilio is still expected to ask about a call whose stream
// we ended.
func (t *callTable) asks(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, known := range t.calls {
		if now.Before(known.asking) {
			return true
		}
	}
	return false
}

// liveStream returns the call's live stream, or nil.
func (t *callTable) liveStream(sid string) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.calls[sid]; known != nil {
		return known.live
	}
	return nil
}

// poke has the call's live stream, if there is one, look at the notes.
func (t *callTable) poke(sid string) {
	if live := t.liveStream(sid); live != nil && live.poke != nil {
		live.poke()
	}
}

// resume decides what to do with a call whose stream has ended, and counts the
// reconnections. The pass says how a call ended that is over, and what the stream of one
// begins with that is reconnected. A call that is not known here is reconnected: another instance
// may have lost it.
func (t *callTable) resume(sid string, now time.Time) (nextStep, pass) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.knowLocked(sid, now)
	known.asking = time.Time{}
	if known.over {
		return leaveCall, known.end
	}
	recent := known.resumes[:0]
	for _, at := range known.resumes {
		if now.Sub(at) < resumeWindow {
			recent = append(recent, at)
		}
	}
	known.resumes = recent
	if len(recent) >= maxResumes {
		known.over = true
		return giveUpCall, pass{}
	}
	known.resumes = append(recent, now)
	known.opened, known.answer = true, nil
	return reconnectCall, pass{began: known.began, returned: known.returned, handovers: known.handovers}
}

// retried returns the answer that a question with this key got before, or nil.
func (t *callTable) retried(sid, key string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.calls[sid]
	if known == nil || key == "" || key != known.retryKey {
		return nil
	}
	return known.retryAnswer
}

// remember keeps the answer to the question with this key, until its stream opens.
func (t *callTable) remember(sid, key string, answer []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.calls[sid]; known != nil && key != "" && len(key) <= maxRetryKey {
		known.retryKey, known.retryAnswer = key, answer
	}
}

// knowLocked returns what is remembered of a call, which may be nothing yet.
func (t *callTable) knowLocked(sid string, now time.Time) *knownCall {
	known := t.calls[sid]
	if known == nil {
		t.makeRoomLocked(now)
		known = &knownCall{}
		t.calls[sid] = known
	}
	known.touched = now
	return known
}

// makeRoomLocked forgets what is old and, if that is not enough, any call that
// is not live: it will be treated as one that another instance knows. Live calls
// are never forgotten; their number has a limit of its own.
func (t *callTable) makeRoomLocked(now time.Time) {
	if now.Sub(t.swept) > time.Second || now.Before(t.swept) {
		t.swept = now
		for sid, known := range t.calls {
			if known.live == nil && now.Sub(known.touched) > callMemory {
				delete(t.calls, sid)
			}
		}
	}
	if len(t.calls) < t.limit {
		return
	}
	for sid, known := range t.calls {
		if known.live == nil {
			delete(t.calls, sid)
			return
		}
	}
}
