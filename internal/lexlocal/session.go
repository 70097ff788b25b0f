package lexlocal

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// session is what Lex remembers of one conversation between two turns. It is
// not changed after the turn that made it, so readers need no lock.
type session struct {
	attributes map[string]string
	intent     *intentState // in force or last in force; nil before the first one
	action     dialogAction // what the bot waits for; the zero value is a fresh start
	retries    int          // useless answers to the question that action asks
	contexts   []liveContext
	hints      json.RawMessage // runtime hints of the client, kept for it
	turns      uint64          // so far, PutSession included

	messages        []message // of the last turn
	interpretations []interpretation
}

// liveContext is an active context with the moment of its end.
type liveContext struct {
	activeContext
	expires time.Time
}

// open returns a copy that a turn may change: its maps and its intent are its
// own. Opening nil begins a new conversation.
func (s *session) open() *session {
	if s == nil {
		return &session{attributes: map[string]string{}}
	}
	opened := *s
	opened.attributes = maps.Clone(s.attributes)
	opened.contexts = slices.Clone(s.contexts)
	if s.intent != nil {
		opened.intent = s.intent.clone()
	}
	return &opened
}

func (in *intentState) clone() *intentState {
	c := *in
	c.Slots = maps.Clone(in.Slots)
	return &c
}

// state returns the session as clients see it.
func (s *session) state(now time.Time, requestID string) sessionState {
	st := sessionState{
		SessionAttributes: s.attributes,
		RequestID:         requestID,
		RuntimeHints:      s.hints,
		Intent:            s.intent,
	}
	if s.action.Type != "" {
		action := s.action
		st.DialogAction = &action
	}
	for _, c := range s.contexts {
		shown := c.activeContext
		// A client may send back what it was shown, and the API wants 5 s or more.
		shown.TimeToLive.Seconds = max(5, int(c.expires.Sub(now)/time.Second))
		st.ActiveContexts = append(st.ActiveContexts, shown)
	}
	return st
}

// activate begins or renews a context.
func (s *session) activate(c activeContext, now time.Time) {
	s.contexts = slices.DeleteFunc(s.contexts, func(old liveContext) bool { return old.Name == c.Name })
	if len(s.contexts) == maxContexts {
		s.contexts = s.contexts[1:]
	}
	expires := now.Add(time.Duration(c.TimeToLive.Seconds) * time.Second)
	s.contexts = append(s.contexts, liveContext{c, expires})
}

// dropExpired ends the contexts whose time is over.
func (s *session) dropExpired(now time.Time) {
	s.contexts = slices.DeleteFunc(s.contexts, func(c liveContext) bool { return !c.expires.After(now) })
}

// spendTurn takes one turn off every active context. One that has none left is
// active until dropSpent, at the end of the turn.
func (s *session) spendTurn() {
	for i := range s.contexts {
		s.contexts[i].TimeToLive.Turns--
	}
}

func (s *session) dropSpent() {
	s.contexts = slices.DeleteFunc(s.contexts, func(c liveContext) bool { return c.TimeToLive.Turns <= 0 })
}

func (s *session) contextNames() []string {
	names := make([]string, 0, len(s.contexts))
	for _, c := range s.contexts {
		names = append(names, c.Name)
	}
	return names
}
