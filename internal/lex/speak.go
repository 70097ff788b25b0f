package lex

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2/types"

	"lexline/internal/call"
	"lexline/internal/region"
)

var errVoiceless = errors.New("answer has words and no voice")

// speak hands the answer over and reads its voice. When the voice breaks off,
// another region is given the session and the words, and speaks the rest.
func (s *Session) speak(ctx context.Context, r *run, h *head, from *alias, answered func(*call.Answer)) error {
	v := newVoice(s.client.waits.Stall)
	h.answer.Speech, h.answer.Expects = v.speech, s.expects()
	answered(h.answer)
	a := r.attempts[r.won.attempt]
	err := s.listen(a.ctx, a.cancel, v, h)
	if err != nil && ctx.Err() == nil {
		r.failed(a, region.Soft, err)
		err = s.sayElsewhere(ctx, v, h, from, err)
	}
	if err != nil && v.came == 0 {
		s.unheard(r.turn.Number)
	}
	v.speech.End(err)
	return err
}

// listen reads the voice of an answer to its end, going on where an earlier one
// of the same words broke off.
func (s *Session) listen(ctx context.Context, cancel context.CancelCauseFunc, v *voice, h *head) error {
	rate, err := voiceRate(h.rate)
	if err != nil {
		return &answerError{err}
	}
	if rate == 0 {
		v.drain(cancel, h.voice)
		return nil
	}
	var came atomic.Int64
	body := counted{counted{h.voice, &s.client.counts.received}, &came}
	if err := v.copy(ctx, cancel, body, rate, v.came); err != nil {
		return err
	}
	if came.Load() == 0 && len(h.answer.Messages) > 0 {
		return &answerError{errVoiceless}
	}
	return nil
}

// sayElsewhere has the words of an answer spoken by the other regions, one
// after the other until one can. What the caller has of them already is not said again: the same words in the same
// voice are the same audio. The answer itself stands; nothing is executed again.
func (s *Session) sayElsewhere(ctx context.Context, v *voice, h *head, from *alias, broken error) error {
	state, err := sdkState(h.state)
	if err != nil {
		return errors.Join(broken, err)
	}
	standbys := s.client.standbys(from)
	for _, a := range standbys[:len(standbys)-1] {
		if err := s.say(ctx, v, h, a, state); err != nil {
			s.log.Debug("words not spoken", "region", a.region, "err", err)
			continue
		}
		s.client.counts.respoken.Add(1)
		s.moved(a.region, s.client.keeper.Now())
		return nil
	}
	return broken
}

// say has a region take over the session and speak the words of an answer.
func (s *Session) say(ctx context.Context, v *voice, h *head, a *alias, state *types.SessionState) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	said, err := s.putWords(ctx, cancel, a, state, h.words)
	if err != nil {
		return err
	}
	defer said.close()
	return s.listen(ctx, cancel, v, said)
}

// putWords gives a region the session and words to speak, within the time for
// inquiries, and returns the head of what it says.
func (s *Session) putWords(ctx context.Context, cancel context.CancelCauseFunc, a *alias, state *types.SessionState, words []message) (*head, error) {
	overdue := s.client.overdue(cancel)
	defer overdue.Stop()
	out, err := a.put(ctx, s.info.ID, state, sdkMessages(words), s.accepts())
	for isConflict(err) && pause(ctx, conflictPause) == nil {
		// An attempt of ours that was cancelled holds the session there a little longer.
		out, err = a.put(ctx, s.info.ID, state, sdkMessages(words), s.accepts())
	}
	if err != nil {
		return nil, fmt.Errorf("take over the session: %w", because(ctx, err))
	}
	var dialog sessionState
	raw, err := unpack("x-amz-lex-session-state", out.SessionState)
	if err == nil && raw != nil {
		err = decode("x-amz-lex-session-state", raw, &dialog)
	}
	if err != nil || !isObject(raw) {
		_ = out.AudioStream.Close() // the answer is of no use
		return nil, &answerError{errors.Join(errNoState, err)}
	}
	answer := dialog.answer()
	answer.Messages = spoken(words)
	return &head{
		answer: answer, state: raw, words: words, rate: deref(out.ContentType),
		voice: out.AudioStream, release: func() {},
	}, nil
}

// conflictPause is how long a session that is held is left alone.
const conflictPause = 100 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sdkMessages returns the words that are to be spoken, as the SDK has them.
func sdkMessages(words []message) []types.Message {
	var list []types.Message
	for _, w := range words {
		if w.ContentType == types.MessageContentTypePlainText || w.ContentType == types.MessageContentTypeSsml {
			list = append(list, types.Message{ContentType: w.ContentType, Content: &w.Content})
		}
	}
	return list
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
