package lex

import (
	"context"
	"errors"
	"fmt"
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
	r.busy.Go(func() { r.results <- s.inquiry(a.ctx, a.alias, n, s.keyOf(r.turn.Number)) })
}

// inquiry asks the region for its session. If that has gone on, the turn was
// executed: its state is adopted, and its words are spoken. If it stands where it
// stood, or cannot be had, the last question is asked again, and the caller's
// next answer carries the key of this turn, so that code behind the bot that
// keeps keys does the work at most once.
func (s *Session) inquiry(ctx context.Context, from *alias, n int, key string) result {
	places := s.client.standbys(from)
	if found := s.found(ctx, from); found != nil {
		places = append([]*alias{from}, places[:len(places)-1]...)
		if s.wentOn(found.state) {
			if h, at := s.firstToSay(ctx, places, found.state, found.words); h != nil {
				return result{attempt: n, kind: region.Answered, head: h, at: at}
			}
		}
	}
	s.mu.Lock()
	_, state := s.thread.Turn()
	words := s.words
	s.mu.Unlock()
	asked, err := sdkState(state)
	if err == nil {
		if h, at := s.firstToSay(ctx, places, asked, words); h != nil {
			return result{attempt: n, kind: region.Answered, head: h, at: at, redo: key}
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
	k := &known{state: out.SessionState}
	for _, m := range out.Messages {
		k.words = append(k.words, message{ContentType: m.ContentType, Content: deref(m.Content)})
	}
	return k
}

// wentOn reports whether a region's session is past the latest answer that was
// accepted.
func (s *Session) wentOn(there *types.SessionState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var action, slot, name, state string
	if there.DialogAction != nil {
		action, slot = string(there.DialogAction.Type), deref(there.DialogAction.SlotToElicit)
	}
	if there.Intent != nil {
		name, state = deref(there.Intent.Name), string(there.Intent.State)
	}
	here := s.dialog
	if action != here.DialogAction.Type || slot != here.DialogAction.SlotToElicit {
		return true
	}
	return here.Intent != nil && (name != here.Intent.Name || state != here.Intent.State)
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
