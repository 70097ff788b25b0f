package lex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"

	"lexline/internal/region"
)

// overdue cancels an inquiry that takes too long.
func (c *Client) overdue(cancel context.CancelCauseFunc) *time.Timer {
	return time.AfterFunc(c.waits.Inquiry, func() { cancel(&overdueError{"no answer", c.waits.Inquiry}) })
}

var errUnknown = errors.New("nobody knows whether the turn was executed, and no region could ask again")

// inquire finds out what became of a turn that may have been executed and must
// not be executed twice.
func (r *run) inquire(ctx context.Context, order region.Order) {
	s := r.session
	a := &attempt{alias: s.client.alias(order.Region), sent: r.now()}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	r.attempts = append(r.attempts, a)
	n := len(r.attempts) - 1
	s.client.counts.inquiries.Add(1)
	s.log.Warn("turn may have been executed", "turn", r.turn.Number, "region", order.Region)
	asked := r.latest(order.Region)
	r.busy.Go(func() {
		r.results <- guarded(n, func() {}, func() result {
			return s.inquiry(a.ctx, asked, n, s.keyOf(r.turn.Number))
		})
	})
}

// latest returns the last attempt that was sent to a region, before the inquiry.
func (r *run) latest(name string) *attempt {
	for i := len(r.attempts) - 2; i >= 0; i-- {
		if r.attempts[i].alias.region == name {
			return r.attempts[i]
		}
	}
	return r.attempts[0] // a plan inquires where it has sent
}

// inquiry asks the region for its session. If that has gone on, the turn was
// executed: its state is adopted, and its words are spoken, by another region if
// that one cannot. If it stands where it stood, or cannot be had, the last
// question is asked again, and the caller's next answer carries the key of this
// turn, so that code behind the bot that keeps keys does the work at most once.
func (s *Session) inquiry(ctx context.Context, asked *attempt, n int, key string) result {
	from := asked.alias
	places := s.client.standbys(from)
	if found := s.found(ctx, from); found != nil {
		places = append([]*alias{from}, places[:len(places)-1]...)
		if s.wentOn(found.state, asked, key) {
			h, at := s.firstToSay(ctx, places, found.state, found.words)
			if h == nil {
				h, at = found.head(), from // its words are lost, what it did is not
			}
			return result{attempt: n, kind: region.Answered, head: h, at: at}
		}
	}
	s.mu.Lock()
	_, state := s.thread.Turn()
	words := s.words
	s.mu.Unlock()
	question, err := sdkState(state)
	if err == nil {
		if h, at := s.firstToSay(ctx, places, question, words); h != nil {
			return result{attempt: n, kind: region.Answered, head: h, at: at, redo: key, doubt: from.region}
		}
		err = errUnknown
	}
	return result{attempt: n, kind: region.Inquired, err: &answerError{fmt.Errorf("region %s: %w", from.region, err)}}
}

// known is what a region knows of a session.
type known struct {
	state *types.SessionState
	words []message
}

// found returns what a region knows of the session, nil if it does not say.
func (s *Session) found(ctx context.Context, from *alias) *known {
	ctx, cancel := context.WithTimeout(ctx, s.client.waits.Inquiry)
	defer cancel()
	out, err := from.get(ctx, s.info.ID)
	if err != nil || out.SessionState == nil {
		s.log.Debug("session not found", "region", from.region, "err", err)
		return nil
	}
	k := &known{state: cleaned(out.SessionState)}
	for _, m := range out.Messages {
		k.words = append(k.words, message{ContentType: m.ContentType, Content: deref(m.Content)})
	}
	return k
}

// head returns what is known as an answer without voice.
func (k *known) head() *head {
	raw := rawState(k.state)
	var dialog sessionState
	_ = json.Unmarshal(raw, &dialog) // we have just made it
	answer := dialog.answer()
	answer.Messages = spoken(k.words)
	return &head{
		answer: answer, state: raw, words: k.words, rate: textType,
		voice: io.NopCloser(strings.NewReader("")), release: func() {},
	}
}

// wentOn reports whether a region's session is past the latest answer that was
// accepted, by the turn that is in doubt. A session that was sent the state with
// that turn must carry its mark: else it may just be an old one. One that was in
// step with us before it can have gone on by nothing else.
func (s *Session) wentOn(there *types.SessionState, asked *attempt, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asked.carry != nil && there.SessionAttributes[markName] != key {
		return false
	}
	var dialog sessionState
	_ = json.Unmarshal(rawState(there), &dialog) // as above
	return !dialog.sameQuestion(s.dialog)
}

// firstToSay has the first of the places that can take over the session and
// speak the words.
func (s *Session) firstToSay(ctx context.Context, places []*alias, state *types.SessionState, words []message) (*head, *alias) {
	if len(sdkMessages(words)) == 0 {
		return nil, nil // the caller would hear nothing, and not know that it is their turn
	}
	for _, a := range places {
		ctx, stop := context.WithCancelCause(ctx) // lives as long as the voice
		h, err := s.putWords(ctx, stop, a, state, words)
		if err == nil {
			h.release = func() { stop(nil) }
			return h, a
		}
		stop(nil)
		s.log.Debug("session not taken over", "region", a.region, "err", err)
	}
	return nil, nil
}
