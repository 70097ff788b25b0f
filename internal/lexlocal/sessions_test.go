package lexlocal

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func key(n int) sessionKey {
	return sessionKey{"BOTBOTBOT1", "TSTALIASID", "en_US", fmt.Sprintf("s%d", n)}
}

// keep claims a session and settles it with a new state.
func keep(t *testing.T, s *sessions, k sessionKey, now time.Time) *session {
	t.Helper()
	if _, err := s.claim(k, now); err != nil {
		t.Fatal(err)
	}
	kept := &session{}
	s.settle(k, kept, now.Add(time.Minute))
	return kept
}

func kindOf(err error) string {
	if told, ok := errors.AsType[*apiError](err); ok {
		return told.kind
	}
	return ""
}

func TestSessionsAreKeptForTheirTime(t *testing.T) {
	s := newSessions(10)
	kept := keep(t, s, key(1), friday)
	for _, test := range []struct {
		at   time.Duration
		want *session
	}{{0, kept}, {59 * time.Second, kept}, {time.Minute, nil}, {time.Hour, nil}} {
		if got := s.peek(key(1), friday.Add(test.at)); got != test.want {
			t.Errorf("after %v: session %p, want %p", test.at, got, test.want)
		}
	}
	if got, err := s.claim(key(1), friday.Add(time.Minute)); got != nil || err != nil {
		t.Errorf("claim after its time = %v, %v, want a new session", got, err)
	}
	s.settle(key(1), nil, time.Time{})
	if n, _ := s.stats(); n != 0 {
		t.Errorf("%d sessions after an unsettled claim, want 0", n)
	}
}

func TestUseRenewsASession(t *testing.T) {
	s := newSessions(10)
	keep(t, s, key(1), friday)
	kept := keep(t, s, key(1), friday.Add(50*time.Second))
	if got := s.peek(key(1), friday.Add(100*time.Second)); got != kept {
		t.Errorf("session %p 50 s after its last use, want %p", got, kept)
	}
}

func TestOneRequestASession(t *testing.T) {
	s := newSessions(10)
	if _, err := s.claim(key(1), friday); err != nil {
		t.Fatal(err)
	}
	if _, err := s.claim(key(1), friday); kindOf(err) != "ConflictException" {
		t.Errorf("second claim: %v, want a ConflictException", err)
	}
	if _, err := s.remove(key(1), friday); kindOf(err) != "ConflictException" {
		t.Errorf("remove of a busy session: %v, want a ConflictException", err)
	}
	if _, err := s.claim(key(2), friday); err != nil {
		t.Errorf("claim of another session: %v, want none", err)
	}
	s.settle(key(1), &session{}, friday.Add(time.Minute))
	if _, err := s.claim(key(1), friday); err != nil {
		t.Errorf("claim after the first was settled: %v, want none", err)
	}
}

func TestLeastRecentlyUsedSessionGivesWay(t *testing.T) {
	s := newSessions(3)
	for n := range 3 {
		keep(t, s, key(n), friday)
	}
	keep(t, s, key(0), friday) // 1 is now the oldest
	keep(t, s, key(3), friday)
	for n, want := range []bool{true, false, true, true} {
		if got := s.peek(key(n), friday) != nil; got != want {
			t.Errorf("session %d is there: %v, want %v", n, got, want)
		}
	}
	if s.evicted != 1 {
		t.Errorf("%d sessions evicted, want 1", s.evicted)
	}
}

func TestBusySessionsDoNotGiveWay(t *testing.T) {
	s := newSessions(2)
	for n := range 2 {
		if _, err := s.claim(key(n), friday); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.claim(key(2), friday); kindOf(err) != "ThrottlingException" {
		t.Errorf("claim when all are busy: %v, want a ThrottlingException", err)
	}
	s.settle(key(0), &session{}, friday.Add(time.Minute))
	if _, err := s.claim(key(2), friday); err != nil {
		t.Errorf("claim after one was settled: %v, want none", err)
	}
}

func TestExpiredSessionsAreDropped(t *testing.T) {
	s := newSessions(100)
	for n := range 50 {
		keep(t, s, key(n), friday)
	}
	keep(t, s, key(99), friday.Add(time.Hour))
	if n, _ := s.stats(); n != 1 {
		t.Errorf("%d sessions an hour later, want 1", n)
	}
	if s.evicted != 0 {
		t.Errorf("%d sessions evicted, want 0: they had expired", s.evicted)
	}
}
