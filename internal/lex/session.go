package lex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"lexline/internal/call"
	"lexline/internal/region"
)

var _ call.Bot = (*Session)(nil)

// Session is the bot's side of one call: it implements call.Bot. Its Lex
// sessions, one in each region that was asked, live in Lex and end there with
// the bot's idle limit.
type Session struct {
	client *Client
	info   call.Info
	log    *slog.Logger
	// before is added to turn numbers on the wire. A call counts its turns from 1
	// on each of its streams, and the bot must never see a number twice: those of
	// a stream that continues a call begin at the time of day, in seconds.
	before int
	limits region.Limits // of each turn's plan

	*conversation // shared by the streams of a call
}

// conversation is what the gateway knows of a call's talk with its bot. It
// outlives the call's stream for a while: a stream that continues the call goes
// on in the same region, with the same state.
type conversation struct {
	mu     sync.Mutex
	fresh  bool   // no region has told us that it has our session attributes
	region string // where the call is; empty before its first turn
	thread *region.Thread
	dialog sessionState // of the latest answer
	words  []message    // of the latest answer
	redo   string       // key of a turn of which nobody knows whether it was executed: the next one repeats it

	previous *earlier  // before the latest answer
	left     time.Time // when its latest stream ended, zero while one goes on; guarded by the client's lock
}

// Limit has turns of this session take other times than the client's: an attempt's wait
// for its answer, and the whole turn's, from its end. It is called before the first Ask.
func (s *Session) Limit(attempt, turn time.Duration) { s.limits.Attempt, s.limits.Turn = attempt, turn }

// resumed returns the conversation for a stream that continues the call: turns
// are counted from 1 again, so what was known becomes what the next turn carries.
func (c *conversation) resumed() *conversation {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.thread.Restart()
	return c
}

var errLate = errors.New("a later turn was answered already")

// closed is the end of an utterance that is text.
var closed = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Ask puts one turn to the bot; see call.Bot. It sends the turn to the region
// where the call is, and to others when that one fails or keeps silent. The
// class of its error is told by Class. An error after answered was called means
// that the answer's voice was cut off and could not be had elsewhere; its Speech
// then ended with the same error.
//
// An answer to a turn before one that was answered already is thrown away and
// counted: the session's state never goes back.
func (s *Session) Ask(ctx context.Context, turn call.Turn, answered func(*call.Answer)) error {
	s.client.counts.turns.Add(1)
	err := s.ask(ctx, turn, answered)
	if err != nil {
		s.client.counts.failed(Class(err))
		return fmt.Errorf("ask the bot: %w", err)
	}
	return nil
}

func (s *Session) ask(ctx context.Context, turn call.Turn, answered func(*call.Answer)) error {
	if err := s.check(turn); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := newRun(s, turn)
	defer r.finish()
	head, from, err := r.answer(ctx)
	if err != nil {
		s.unanswered(turn.Number, err)
		return err
	}
	defer head.close()
	answer := head.answer
	answer.Region = from.region
	s.log.Debug("bot answered", "turn", turn.Number, "region", from.region, "intent", answer.Intent, "state", answer.State,
		"elicits", answer.Elicits, "mode", answer.InputMode, "closed", answer.Closed, "request", head.request)
	s.client.counts.answers.Add(1)
	return s.speak(ctx, r, head, from, answered)
}

// Leave says that the stream is over. What was said is kept for a while, for a
// stream that continues the call, and then forgotten.
func (s *Session) Leave() { s.client.leave(s.conversation) }

// check refuses what Lex would refuse, before anything is sent.
func (s *Session) check(turn call.Turn) error {
	switch {
	case !sessionForm().MatchString(s.info.ID):
		return &turnError{"the call's id cannot be a Lex session id"}
	case turn.Speech == nil && (turn.Text == "" || len(turn.Text) > 1024):
		return &turnError{"a turn needs speech or 1 to 1,024 characters of text"}
	}
	return nil
}

// accepts is the form in which the bot is to answer: its voice, or its words where
// the carrier speaks them.
func (s *Session) accepts() string {
	if s.info.Words {
		return textType
	}
	return answerVoiceType
}

// facts are what is known of the turn that comes next.
func (s *Session) facts() region.Facts {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.region == "" {
		s.region = s.client.keeper.Place(s.info.ID)
	}
	commits, delicate := s.risksLocked()
	return region.Facts{
		Region:   s.region,
		Commits:  s.client.neverHedge || commits,
		Delicate: delicate,
		Once:     s.client.once,
	}
}

// risksLocked reports what the next turn may do. It commits if it may make the bot
// do what cannot be undone: it answers a confirmation, or gives the last value that
// the bot wants for an intent that is not known to ask for a confirmation. Which
// values it wants is learned from what it asks for, as the session state lists
// optional ones as well; until then any value is held to be the last, unless all is
// done exactly once: there a mistake costs nothing.
//
// A turn is delicate if it is not likely to commit and still could: a caller can
// give several values at once, and a bot can act on a first sentence. It is
// replayed when it failed, as any other, and not sent to two regions at a time.
func (s *Session) risksLocked() (commits, delicate bool) {
	d, c := s.dialog, s.client
	asks := d.Intent != nil && c.confirms(d.Intent.Name)
	delicate = !c.once && !(d.DialogAction.Type == "ElicitSlot" && asks)
	switch {
	case d.DialogAction.Type == "ConfirmIntent":
		return true, delicate
	case d.Intent == nil, d.DialogAction.Type != "ElicitSlot", c.once && asks:
		return false, delicate // that an intent asked once is no promise that it always does
	}
	for name, slot := range d.Intent.Slots {
		open := name != d.DialogAction.SlotToElicit && (slot == nil || slot.interpreted() == "")
		if open && (c.once || c.asksFor(d.Intent.Name, name)) {
			return false, delicate
		}
	}
	return true, delicate
}

// question returns the turn as it is sent to a region at now, and the state that
// goes with it, nil for none. before is the state that the region refused.
func (s *Session) question(turn call.Turn, name string, now time.Duration, before *carried) (question, *carried, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	commits, _ := s.risksLocked()
	q := question{
		sessionID:  s.info.ID,
		speech:     turn.Speech,
		text:       turn.Text,
		attributes: map[string]string{"x-lexline-turn": s.keyLocked(turn.Number)},
		accepts:    s.accepts(),
		sent:       &s.client.counts.sent,
	}
	key := ""
	if commits && !s.client.once {
		key = q.attributes["x-lexline-turn"]
	}
	carry, err := s.stateLocked(&q, name, now, before, key)
	s.thread.Sent(name, now)
	return q, carry, err
}

// keyOf names a turn of this call for code behind the bot.
func (s *Session) keyOf(turn int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keyLocked(turn)
}

func (s *Session) keyLocked(turn int) string {
	if s.redo != "" {
		return s.redo
	}
	return s.info.ID + "/" + strconv.Itoa(s.before+turn)
}

// stateLocked gives a question the session state that its region needs, marked
// with the turn's key if it may have to be asked whether it was executed.
func (s *Session) stateLocked(q *question, name string, now time.Duration, before *carried, key string) (carry *carried, err error) {
	_, state := s.thread.Turn()
	switch {
	case before != nil:
		carry = before
	case s.thread.Carries(name, now) && s.thread.Answered():
		carry = &carried{state: state}
	case s.fresh:
		initial := map[string]any{"sessionAttributes": s.callerAttributes()}
		if s.thread.Carries(name, now) { // an attempt there may have begun a dialog that nobody heard of
			initial["dialogAction"] = map[string]string{"type": "ElicitIntent"}
		}
		q.state, err = json.Marshal(initial)
		return nil, err
	default:
		return nil, nil
	}
	carry.mark = key
	q.state, err = carry.json()
	return carry, err
}

// unanswered notes that a turn was given up. It may have been executed all the
// same; the caller will answer the same question again, and with the same key
// that is done once.
func (s *Session) unanswered(turn int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !errors.Is(err, errLate) {
		s.redo = s.keyLocked(turn)
	}
}

// callerAttributes are the session attributes of a call; what the carrier did not
// tell is left out.
func (s *Session) callerAttributes() map[string]string {
	attributes := map[string]string{}
	for name, number := range map[string]string{"caller_number": s.info.From, "called_number": s.info.To} {
		if number != "" {
			attributes[name] = number
		}
	}
	if s.info.Outbound {
		attributes["call_direction"] = "outbound"
		if s.info.AnsweredBy != "" {
			attributes["answered_by"] = s.info.AnsweredBy
		}
	}
	return attributes
}

// unsent notes that the latest attempt in a region did nothing there.
func (s *Session) unsent(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thread.Unsent(name)
}

// accept takes note of an answer unless a later turn was answered already. The
// call is in the region of its latest answer from then on.
func (s *Session) accept(turn int, name string, got result, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := got.head.state
	snapshot := s.thread.Snapshot()
	if !s.thread.Accept(turn, name, state, now) {
		return false
	}
	before := s.dialog
	s.previous = &earlier{snapshot, before, s.words, s.fresh}
	s.dialog = sessionState{}
	_ = json.Unmarshal(state, &s.dialog) // it was read before, as part of the answer
	s.client.learn(s.dialog)
	if s.region != name {
		s.log.Warn("call moved", "turn", turn, "from", s.region, "to", name)
		s.client.counts.moved.Add(1)
	}
	switch {
	case got.redo != "":
		s.redo = got.redo
		s.thread.Sent(got.doubt, now)
	case !s.dialog.sameQuestion(before):
		s.redo = "" // whatever the turn in doubt was, the dialog is past it
	}
	s.fresh, s.region, s.words = false, name, got.head.words
	return true
}

// earlier is a conversation as it stood before its latest answer.
type earlier struct {
	thread region.Snapshot
	dialog sessionState
	words  []message
	fresh  bool
}

// unheard takes an answer back of which the caller did not hear a sound: their
// next turn answers the question before it, wherever it is sent, and carries the
// key of this turn, which may have been executed. A dialog that was closed stays
// closed: there is nothing to answer.
func (s *Session) unheard(turn int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.previous == nil || s.dialog.DialogAction.Type == "Close" {
		return
	}
	key := s.keyLocked(turn)
	s.thread.Retract(s.previous.thread)
	s.dialog, s.words, s.fresh = s.previous.dialog, s.previous.words, s.previous.fresh
	s.previous, s.redo = nil, key
}

// moved notes that another region has taken over the session as it is.
func (s *Session) moved(name string, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thread.Moved(name, now)
	if s.region != name {
		s.log.Warn("call moved", "from", s.region, "to", name)
		s.client.counts.moved.Add(1)
	}
	s.region = name
}

// compare says which slots another version of the bot did not take over.
func (s *Session) compare(carry *carried, h *head) {
	if !carry.bare && len(carry.without) == 0 {
		return
	}
	s.log.Warn("session state taken over in part", "bare", carry.bare,
		"without", slices.Sorted(maps.Keys(carry.without)), "intent", h.answer.Intent)
}

// State returns the number of the latest answered turn and the session state
// that came with it, as Lex's JSON: what a session in another region needs to
// go on from here. The bytes must not be changed.
func (s *Session) State() (turn int, sessionState []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.thread.Turn()
}

// Region returns the name of the region where the call is, empty before its
// first turn.
func (s *Session) Region() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.region
}
