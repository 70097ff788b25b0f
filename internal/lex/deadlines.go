package lex

import (
	"context"
	"fmt"
	"time"
)

// Deadlines are the time limits of everything a Client waits for. A zero field
// means its default.
type Deadlines struct {
	Dial      time.Duration // to look up and connect: 500 ms
	TLS       time.Duration // for the TLS handshake: 700 ms
	FirstByte time.Duration // from the end of the utterance to one attempt's answer: 3 s
	Stall     time.Duration // without voice, or its lag behind real time: 1 s
	Turn      time.Duration // from the end of the utterance to the answer, all attempts: 6 s
	Utterance time.Duration // for one utterance; Lex takes 15 s of speech: 20 s
	Lookup    time.Duration // to find the bot's and the alias's ids by name: 5 s
}

func (d Deadlines) withDefaults() Deadlines {
	for _, f := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&d.Dial, 500 * time.Millisecond},
		{&d.TLS, 700 * time.Millisecond},
		{&d.FirstByte, 3 * time.Second},
		{&d.Stall, time.Second},
		{&d.Turn, 6 * time.Second},
		{&d.Utterance, 20 * time.Second},
		{&d.Lookup, 5 * time.Second},
	} {
		if *f.value <= 0 {
			*f.value = f.standard
		}
	}
	return d
}

// overdueError says that one of our own deadlines passed.
type overdueError struct {
	waiting string
	limit   time.Duration
}

func (e *overdueError) Error() string { return fmt.Sprintf("%s within %v", e.waiting, e.limit) }
func (*overdueError) Timeout() bool   { return true }

// patience keeps the time of one turn until its answer. It belongs to Ask's
// goroutine, and to the guard's while one is set.
type patience struct {
	limits Deadlines
	begun  time.Time       // when the turn was put to us
	over   <-chan struct{} // closed when the utterance ends
	end    time.Time       // when that was noticed
}

// guard cancels an attempt that takes too long. The returned function ends the
// guard, and must be called.
func (p *patience) guard(ctx context.Context, cancel context.CancelCauseFunc) (stop func()) {
	answered, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		p.wait(ctx, cancel, answered)
	}()
	return func() {
		close(answered)
		<-done
	}
}

func (p *patience) wait(ctx context.Context, cancel context.CancelCauseFunc, answered <-chan struct{}) {
	over, overdue := p.over, &overdueError{"the utterance did not end", p.limits.Utterance}
	timer := time.NewTimer(time.Until(p.begun.Add(p.limits.Utterance)))
	defer timer.Stop()
	for {
		select {
		case <-over:
			if p.end.IsZero() {
				p.end = time.Now()
			}
			over = nil
			overdue = &overdueError{"no answer", min(p.limits.FirstByte, p.left())}
			timer.Reset(overdue.limit)
		case <-timer.C:
			cancel(overdue)
			return
		case <-answered:
			return
		case <-ctx.Done():
			return
		}
	}
}

// left returns what is left of the turn, given that the utterance has ended.
func (p *patience) left() time.Duration { return time.Until(p.end.Add(p.limits.Turn)) }
