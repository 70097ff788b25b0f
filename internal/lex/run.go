package lex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lexruntimev2"

	"lexline/internal/call"
	"lexline/internal/region"
)

// watch is how often a turn that waits looks at the regions anew: the evidence of
// other calls may have changed what is best for this one.
const watch = 100 * time.Millisecond

// run puts one turn to the bot: it carries out what the turn's plan orders. It
// lives on Ask's goroutine; each attempt has a goroutine of its own that sends
// one result, and run waits for all of them.
type run struct {
	session *Session
	turn    call.Turn
	id      uint64 // of the turn, for the judge
	plan    *region.Turn
	begun   time.Duration
	ended   time.Duration // end of the utterance; 0: not yet

	attempts []*attempt
	results  chan result
	busy     sync.WaitGroup
	err      error  // of the latest failure
	over     bool   // given up
	won      result // the answer that was accepted, if won.head is set
}

// attempt is one request of a turn under way.
type attempt struct {
	alias  *alias
	ctx    context.Context // of this one request and its voice
	cancel context.CancelCauseFunc
	sent   time.Duration
	carry  *carried // the state that went with it; nil: none
	done   bool     // its result was taken, or nobody waits for it
}

// result is what became of an attempt.
type result struct {
	attempt int
	kind    region.ReportKind
	head    *head // Answered
	err     error // all others
	unsent  bool
	local   bool   // our own limit refused it: no evidence
	at      *alias // Answered by an inquiry: the region that took over
	redo    string // Answered by an inquiry: the key that the next turn carries again
	doubt   string // ... and the region whose session may still go on by the turn in doubt
}

// head is an answer whose voice is still to be read.
type head struct {
	answer  *call.Answer
	state   []byte
	words   []message
	rate    string // content type of the voice
	voice   io.ReadCloser
	request string // id of the request at AWS
	release func() // gives the room back that the request took
}

func (h *head) close() {
	_ = h.voice.Close() // there is nothing to be done about it
	h.release()
}

func newRun(s *Session, turn call.Turn) *run {
	c := s.client
	now := c.keeper.Now()
	c.budget.Turn(now)
	return &run{
		session: s, turn: turn, id: c.turnIDs.Add(1), begun: now,
		plan: region.NewTurn(now, s.limits, s.facts(), c.budget),
		// An attempt sends one result, and there are never more attempts than the
		// plan allows, with some that were refused: senders never wait.
		results: make(chan result, 16),
	}
}

// answer returns the head of the answer that was accepted. Its voice is to be
// read before finish is called.
func (r *run) answer(ctx context.Context) (*head, *alias, error) {
	over := closed
	if r.turn.Speech != nil {
		over = r.turn.Speech.Done()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	r.step(ctx, region.Report{Kind: region.Passed})
	for !r.over && r.won.head == nil {
		timer.Reset(r.wait())
		select {
		case <-over:
			over = nil
			r.ended = r.now()
			r.step(ctx, region.Report{Kind: region.Ended})
		case got := <-r.results:
			r.take(ctx, got)
		case <-timer.C:
			if r.ended == 0 && r.now()-r.begun >= r.session.client.waits.Utterance {
				return nil, nil, &overdueError{"the utterance did not end", r.session.client.waits.Utterance}
			}
			r.step(ctx, region.Report{Kind: region.Passed})
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	if r.won.head == nil {
		return nil, nil, r.err
	}
	return r.won.head, r.attempts[r.won.attempt].alias, nil
}

func (r *run) now() time.Duration { return r.session.client.keeper.Now() }

// wait is how long the plan may be left alone.
func (r *run) wait() time.Duration {
	limit := watch
	if r.ended == 0 {
		limit = r.begun + r.session.client.waits.Utterance - r.now()
	}
	if at, ok := r.plan.Next(r.session.client.view()); ok {
		limit = min(limit, at-r.now())
	}
	return max(limit, time.Millisecond)
}

// finish cancels what is left of the turn and returns when all of it has ended.
func (r *run) finish() {
	for _, a := range r.attempts {
		a.cancel(context.Canceled)
	}
	r.busy.Wait()
	for {
		select {
		case late := <-r.results:
			r.discard(late)
		default:
			return
		}
	}
}

// discard drops a result that nobody waits for.
func (r *run) discard(late result) {
	if late.head != nil {
		r.session.client.counts.late.Add(1)
		late.head.close()
	}
}

// step tells the plan what happened and does what it orders.
func (r *run) step(ctx context.Context, report region.Report) {
	c := r.session.client
	for _, order := range r.plan.Step(r.now(), c.view(), report) {
		switch order.Kind {
		case region.Send:
			r.send(ctx, order)
		case region.Inquire:
			r.inquire(ctx, order)
		case region.Drop:
			r.drop(order)
		case region.GiveUp:
			r.over = true
			switch {
			case len(r.attempts) == 0:
				r.err = errFull // there was no room in any region, all the time
			case r.err == nil || r.ended > 0 && r.now()-r.ended >= r.session.limits.Turn:
				r.err = &overdueError{"no answer", r.session.limits.Turn}
			}
		}
	}
}

func (r *run) drop(order region.Order) {
	a := r.attempts[order.Attempt]
	a.done = true
	overdue := &overdueError{"no answer", r.session.limits.Attempt}
	a.cancel(overdue)
	switch {
	case order.Raced:
		r.session.client.counts.raced.Add(1)
		r.observe(a, region.Event{Kind: region.LostRace})
	case order.Class != region.None:
		r.err = fmt.Errorf("region %s: %w", a.alias.region, overdue)
		r.failed(a, order.Class, r.err)
	}
}

// observe tells the judge what an attempt met.
func (r *run) observe(a *attempt, e region.Event) {
	e.Region, e.Began, e.Turn = a.alias.region, a.sent, r.id
	r.session.client.keeper.Observe(e)
}

// failed counts a failed attempt and tells the judge of it.
func (r *run) failed(a *attempt, class region.Class, err error) {
	r.session.client.counts.attemptFailed(class)
	r.session.log.Debug("attempt failed", "turn", r.turn.Number, "region", a.alias.region, "class", class, "err", err)
	if class != region.Abandoned {
		r.observe(a, region.Event{Kind: region.Outcome, Class: class})
	}
}

// send puts the turn to a region.
func (r *run) send(ctx context.Context, order region.Order) {
	c := r.session.client
	a := &attempt{alias: c.alias(order.Region), sent: r.now()}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	r.attempts = append(r.attempts, a)
	n := len(r.attempts) - 1
	ok, nearly := a.alias.room.Acquire()
	if nearly && a.alias.warned.may(time.Now(), warnEvery) {
		c.log.Warn("requests at a time near the quota", "region", order.Region, "limit", a.alias.room.Room().Limit)
	}
	if !ok {
		r.results <- result{attempt: n, kind: region.Failed, unsent: true, local: true, err: errFull}
		return
	}
	release := sync.OnceFunc(a.alias.room.Release)
	going := false
	defer func() {
		if !going { // also when the code above panics
			release()
		}
	}()
	q, carry, err := r.session.question(r.turn, order.Region, a.sent, r.carriedBefore(order))
	if err != nil {
		r.results <- result{attempt: n, kind: region.Failed, unsent: true, local: true, err: &turnError{err.Error()}}
		return
	}
	a.carry = carry
	c.counts.sending(order.Hedge, n > 0)
	if n > 0 {
		r.session.log.Info("turn sent again", "turn", r.turn.Number, "region", order.Region, "attempt", n+1,
			"hedge", order.Hedge, "state", carry != nil)
	}
	going = true
	r.busy.Go(func() {
		r.results <- guarded(n, release, func() result { return attemptOnce(a.ctx, a.alias, q, n, carry != nil, release) })
	})
}

// guarded returns what do returns, or what a panic in it makes of the attempt:
// it costs that one, and not every call of the gateway.
func guarded(n int, release func(), do func() result) (got result) {
	defer func() {
		if fault := recover(); fault != nil {
			release()
			err := &answerError{fmt.Errorf("panic: %v\n%s", fault, debug.Stack())}
			got = result{attempt: n, kind: region.Failed, err: err}
		}
	}()
	return do()
}

// carriedBefore returns the state of the attempt that was refused last, if the
// order repeats it.
func (r *run) carriedBefore(order region.Order) *carried {
	if order.Retreat == 0 {
		return nil
	}
	for i := len(r.attempts) - 2; i >= 0; i-- {
		if a := r.attempts[i]; a.carry != nil && a.alias.region == order.Region {
			return a.carry
		}
	}
	return nil
}

// attemptOnce sends the turn once, from the first byte of its utterance, and
// reads the head of the answer.
func attemptOnce(ctx context.Context, a *alias, q question, n int, carried bool, release func()) result {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	out, err := a.ask(ctx, q)
	if err != nil {
		release()
		err = because(ctx, err)
		return result{
			attempt: n, err: fmt.Errorf("region %s: %w", a.region, plain(err)),
			kind: reportOf(err, carried), unsent: !connected.Load() || refusedUnread(err),
		}
	}
	h, err := readHead(out)
	if err != nil {
		_ = out.AudioStream.Close() // the answer is of no use
		release()
		return result{attempt: n, kind: region.Failed, err: fmt.Errorf("region %s: %w", a.region, &answerError{err})}
	}
	h.release = release
	return result{attempt: n, kind: region.Answered, head: h}
}

// reportOf says what an error means to the plan.
func reportOf(err error, carried bool) region.ReportKind {
	switch {
	case isConflict(err):
		return region.Conflict
	case carried && isRefusal(err):
		return region.Refused
	}
	return region.Failed
}

func readHead(out *lexruntimev2.RecognizeUtteranceOutput) (*head, error) {
	answer, state, words, err := readAnswer(out)
	if err != nil {
		return nil, err
	}
	return &head{
		answer: answer, state: state, words: words, rate: deref(out.ContentType),
		voice: out.AudioStream, request: requestID(out),
	}, nil
}

// fullError says that a region's quota has no room.
type fullError struct{}

func (fullError) Error() string { return "as many requests as the quota allows are under way" }

var errFull fullError

// take deals with the result of an attempt.
func (r *run) take(ctx context.Context, got result) {
	a := r.attempts[got.attempt]
	if a.done {
		r.discard(got)
		return
	}
	a.done = true
	report := region.Report{Kind: got.kind, Attempt: got.attempt}
	switch got.kind {
	case region.Answered:
		if !r.accept(a, got) {
			report = region.Report{Kind: region.Failed, Attempt: got.attempt, Class: region.Ours}
		}
	case region.Failed:
		// What broke off before the utterance had ended surely did nothing.
		report.Class, report.Unsent, r.err = Class(got.err), got.unsent || r.ended == 0, got.err
		if got.local && errors.Is(got.err, errFull) {
			report.Class = region.Load
		}
		if got.unsent && !got.local {
			r.session.unsent(a.alias.region)
		}
		if !got.local {
			r.failed(a, report.Class, got.err)
		}
	case region.Conflict:
		r.err = got.err
		r.session.client.counts.conflicts.Add(1)
	case region.Refused:
		r.err = got.err
		r.session.client.counts.refused.Add(1)
		a.carry.refused(reason(got.err))
		r.session.log.Warn("session state refused", "turn", r.turn.Number, "region", a.alias.region, "err", got.err)
		r.session.log.Debug("session state refused", "turn", r.turn.Number, "reason", reason(got.err))
	case region.Inquired:
		r.err = got.err
	}
	r.step(ctx, report)
}

// accept takes an answer, unless a later turn was answered already.
func (r *run) accept(a *attempt, got result) bool {
	now := r.now()
	if got.at != nil {
		a.alias = got.at
	}
	if !r.session.accept(r.turn.Number, a.alias.region, got, now) {
		r.session.client.counts.late.Add(1)
		got.head.close()
		r.err = errLate
		return false
	}
	r.won = got
	if got.at == nil {
		event := region.Event{Kind: region.Outcome}
		if r.ended > 0 {
			event.Took = now - max(r.ended, a.sent)
		}
		r.observe(a, event)
	}
	if a.carry != nil {
		r.session.compare(a.carry, got.head)
	}
	return true
}
