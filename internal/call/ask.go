package call

import (
	"context"
	"fmt"
	"runtime/debug"
)

// ask puts a turn to the bot on a goroutine of its own. The question before it
// was abandoned or has been answered; the new one waits until it is really gone.
func (c *Call) ask(ctx context.Context, turn Turn) {
	c.clock.asked(turn.Number)
	ctx, cancel := context.WithCancel(ctx)
	before := c.asking
	c.asking = asking{cancel: cancel, done: make(chan struct{})}
	done := c.asking.done
	go func() {
		defer close(done)
		defer cancel()
		if before.done != nil {
			before.cancel()
			<-before.done
		}
		c.heardBack <- botEvent{turn: turn.Number, err: c.question(ctx, turn)}
	}()
}

// question asks the bot once and passes its answer on. A panic in a bot's code
// costs this turn only.
func (c *Call) question(ctx context.Context, turn Turn) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic while asking the bot: %v\n%s", fault, debug.Stack())
		}
	}()
	answered := false
	err = c.bot.Ask(ctx, turn, func(answer *Answer) {
		answered = true
		c.heardBack <- botEvent{turn: turn.Number, answer: answer}
	})
	switch {
	case err == nil && !answered:
		return errNoAnswer
	case err != nil && answered:
		return fmt.Errorf("%w: %w", errCutShort, err)
	}
	return err
}

// abandon drops the question in flight: its answer is not wanted any more.
func (c *Call) abandon() {
	if c.asking.cancel != nil {
		c.asking.cancel()
	}
	c.reply = nil
}

// awaitAsking returns when the last question has returned. Its context is done,
// and what it still sends is read away.
func (c *Call) awaitAsking() {
	if c.asking.done == nil {
		return
	}
	for {
		select {
		case <-c.heardBack:
		case <-c.asking.done:
			return
		}
	}
}
