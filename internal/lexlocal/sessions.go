package lexlocal

import (
	"container/list"
	"sync"
	"time"
)

// sessionKey names a conversation. The same session id with another bot, alias
// or locale is another session.
type sessionKey struct {
	botID, aliasID, localeID, sessionID string
}

// sessions keeps the conversations of a server: each for its bot's idle time,
// and at most limit of them, the least recently used one giving way. It is
// safe for several goroutines.
type sessions struct {
	limit int

	mu      sync.Mutex
	entries map[sessionKey]*list.Element // of *sessionEntry
	recent  *list.List                   // most recently used first
	evicted int                          // sessions that had to give way
}

type sessionEntry struct {
	key     sessionKey
	session *session // nil until the first turn is over
	expires time.Time
	busy    bool // a request works on it
}

func newSessions(limit int) *sessions {
	return &sessions{limit: limit, entries: make(map[sessionKey]*list.Element), recent: list.New()}
}

// claim returns the session for the use of one request, nil if it is new or
// has expired. Until settle is called, further claims are refused with a
// conflict, as Lex does when two clients use one session at a time.
func (s *sessions) claim(key sessionKey, now time.Time) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropExpiredLocked(now)
	if element, ok := s.entries[key]; ok {
		entry := element.Value.(*sessionEntry)
		if entry.busy {
			return nil, conflict("session %s is answering another request", key.sessionID)
		}
		if entry.expires.After(now) {
			entry.busy = true
			s.recent.MoveToFront(element)
			return entry.session, nil
		}
		s.removeLocked(element)
	}
	if len(s.entries) >= s.limit && !s.evictLocked() {
		return nil, throttled("all %d sessions are busy", s.limit)
	}
	s.entries[key] = s.recent.PushFront(&sessionEntry{key: key, busy: true})
	return nil, nil
}

// settle ends a claim. The session is replaced by updated and kept until
// expires; nil leaves it as it was before the claim.
func (s *sessions) settle(key sessionKey, updated *session, expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	element := s.entries[key]
	entry := element.Value.(*sessionEntry)
	entry.busy = false
	if updated != nil {
		entry.session, entry.expires = updated, expires
	}
	if entry.session == nil {
		s.removeLocked(element)
	}
}

// peek returns the session without using it, or nil.
func (s *sessions) peek(key sessionKey, now time.Time) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	element, ok := s.entries[key]
	if !ok {
		return nil
	}
	if entry := element.Value.(*sessionEntry); entry.busy || entry.expires.After(now) {
		return entry.session
	}
	return nil
}

// remove forgets the session. It reports whether there was one, and refuses
// with a conflict while a request works on it.
func (s *sessions) remove(key sessionKey, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	element, ok := s.entries[key]
	if !ok {
		return false, nil
	}
	entry := element.Value.(*sessionEntry)
	if entry.busy {
		return false, conflict("session %s is answering another request", key.sessionID)
	}
	s.removeLocked(element)
	return entry.expires.After(now), nil
}

// stats returns how many sessions are kept, expired ones included, and how
// many were evicted so far.
func (s *sessions) stats() (kept, evicted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries), s.evicted
}

// dropExpiredLocked drops expired sessions from the least recently used end.
// It stops at the first one that is alive, so that a claim stays cheap.
func (s *sessions) dropExpiredLocked(now time.Time) {
	for element := s.recent.Back(); element != nil; element = s.recent.Back() {
		entry := element.Value.(*sessionEntry)
		if entry.busy || entry.expires.After(now) {
			return
		}
		s.removeLocked(element)
	}
}

// evictLocked makes room for one session by dropping the least recently used
// one that no request works on.
func (s *sessions) evictLocked() bool {
	for element := s.recent.Back(); element != nil; element = element.Prev() {
		if !element.Value.(*sessionEntry).busy {
			s.removeLocked(element)
			s.evicted++
			return true
		}
	}
	return false
}

func (s *sessions) removeLocked(element *list.Element) {
	s.recent.Remove(element)
	delete(s.entries, element.Value.(*sessionEntry).key)
}
