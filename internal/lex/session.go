package lex

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"

	"lexline/internal/call"
)

// conflictPause is how long a request that met another one on its session
// waits before its one repetition.
const conflictPause = 100 * time.Millisecond

var _ call.Bot = (*Session)(nil)

// Session is the bot's side of one call: it implements call.Bot. Its Lex
// session lives in Lex and ends there with the bot's idle limit.
type Session struct {
	client *Client
	info   call.Info
	log    *slog.Logger
	// before is added to turn numbers on the wire. A call counts its turns from 1
	// on each of its streams, and the bot must never see a number twice: those of
	// a stream that continues a call begin at the time of day, in seconds.
	before int

	mu    sync.Mutex
	fresh bool   // Lex has not told us that it has our session attributes
	turn  int    // the latest turn that was answered
	state []byte // the session state of that answer, as JSON
}

var errLate = errors.New("a later turn was answered already")

// closed is the end of an utterance that is text.
var closed = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Ask puts one turn to the bot; see call.Bot. The class of its error is told by
// Class. An error after answered was called means that the answer's voice was
// cut off; its Speech then ended with the same error.
//
// An answer to a turn before one that was answered already is thrown away and
// counted: the session's state never goes back.
func (s *Session) Ask(ctx context.Context, turn call.Turn, answered func(*call.Answer)) error {
	s.client.counts.turns.Add(1)
	err := s.ask(ctx, turn, answered)
	if err != nil {
		s.client.counts.failed(Class(err))
		return fmt.Errorf("ask the bot in %s: %w", s.client.alias.region, err)
	}
	return nil
}

func (s *Session) ask(ctx context.Context, turn call.Turn, answered func(*call.Answer)) error {
	if err := s.check(turn); err != nil {
		return err
	}
	wait := &patience{limits: s.client.limits, begun: time.Now(), over: closed}
	if turn.Speech != nil {
		wait.over = turn.Speech.Done()
	}
	err := s.attempt(ctx, turn, wait, answered)
	if !isConflict(err) {
		return err
	}
	// Another request holds the session: our own, of an earlier turn that was
	// abandoned. Lex did nothing with this one.
	s.client.counts.conflicts.Add(1)
	if err := pause(ctx, conflictPause); err != nil {
		return err
	}
	return s.attempt(ctx, turn, wait, answered)
}

// check refuses what Lex would refuse, before anything is sent.
func (s *Session) check(turn call.Turn) error {
	switch {
	case !sessionForm.MatchString(s.info.ID):
		return &turnError{"the call's id cannot be a Lex session id"}
	case turn.Speech == nil && (turn.Text == "" || len(turn.Text) > 1024):
		return &turnError{"a turn needs speech or 1 to 1,024 characters of text"}
	}
	return nil
}

// attempt sends the turn once, from the first byte of its utterance.
func (s *Session) attempt(ctx context.Context, turn call.Turn, wait *patience, answered func(*call.Answer)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	answerCame := wait.guard(ctx, cancel)
	out, err := s.client.alias.ask(ctx, s.question(turn))
	answerCame()
	if err != nil {
		return because(ctx, err)
	}
	defer out.AudioStream.Close()
	answer, state, err := readAnswer(out)
	if err != nil {
		return &answerError{err}
	}
	if !s.accept(turn.Number, state) {
		s.client.counts.late.Add(1)
		return errLate
	}
	s.log.Debug("bot answered", "turn", turn.Number, "intent", answer.Intent, "state", answer.State,
		"elicits", answer.Elicits, "mode", answer.InputMode, "closed", answer.Closed, "request", requestID(out))
	s.client.counts.answers.Add(1)
	return s.speak(ctx, cancel, out, answer, answered)
}

// question returns the turn as it is sent.
func (s *Session) question(turn call.Turn) question {
	q := question{
		sessionID:  s.info.ID,
		speech:     turn.Speech,
		text:       turn.Text,
		attributes: map[string]string{"x-lexline-turn": s.info.ID + "/" + strconv.Itoa(s.before+turn.Number)},
		sent:       &s.client.counts.sent,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fresh {
		q.state = map[string]any{"sessionAttributes": s.callerAttributes()}
	}
	return q
}

// callerAttributes are the session attributes of a call; a number that the
// carrier did not give is left out.
func (s *Session) callerAttributes() map[string]string {
	attributes := map[string]string{}
	for name, number := range map[string]string{"caller_number": s.info.From, "called_number": s.info.To} {
		if number != "" {
			attributes[name] = number
		}
	}
	return attributes
}

// accept takes note of an answer unless a later turn was answered already.
func (s *Session) accept(turn int, state []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if turn <= s.turn {
		return false
	}
	s.turn, s.state, s.fresh = turn, state, false
	return true
}

// speak hands the answer over and reads its voice.
func (s *Session) speak(ctx context.Context, cancel context.CancelCauseFunc, out *lexruntimev2.RecognizeUtteranceOutput, answer *call.Answer, answered func(*call.Answer)) error {
	rate, err := voiceRate(aws.ToString(out.ContentType))
	if err != nil {
		// The bot has decided and its words are known: only its voice is lost.
		err = &answerError{err}
		answer.Speech = call.NewSpeech(0)
		answer.Speech.End(err)
		answered(answer)
		return err
	}
	v := newVoice(rate, s.client.limits.Stall)
	answer.Speech = v.speech
	answered(answer)
	return v.copy(ctx, cancel, counted{out.AudioStream, &s.client.counts.received})
}

// State returns the number of the latest answered turn and the session state
// that came with it, as Lex's JSON: what a session in another region needs to
// go on from here. The bytes must not be changed.
func (s *Session) State() (turn int, sessionState []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn, s.state
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
