package call

import "time"

// overtime is how much longer than it may a call goes on, for a good moment to end it:
// when nobody says or owes anything.
const overtime = 30 * time.Second

// leave ends the call by our own decision: with a goodbye, or at once for a caller
// who is handed over. A word of waiting that has begun is heard to its end.
func (c *conversation) leave(end Termination) {
	c.last = end
	c.keys = c.keys[:0]
	words := doGoodbye
	if end.Next.Kind != NextHangUp {
		words = doHandOver
	}
	c.announce(leaving, words)
}

// asksForSomebody reports whether the keys that are complete ask for a person: the key
// for that, alone, with nothing behind it. With the end key behind it, or while the
// bot asks for something that it may be of, it is a digit.
func (c *conversation) asksForSomebody() bool {
	return c.rules.personKey != 0 && len(c.keys) == 1 && c.keys[0] == c.rules.personKey && !c.keyEnded && !c.keyIsDigit
}

// limitTime ends a call that has gone on for as long as it may: at the next moment in
// which the caller is waited for and says nothing, and after overtime in any.
func (c *conversation) limitTime(in input) {
	if c.rules.maxTime == 0 || c.phase == leaving || c.now < c.rules.maxTime {
		return
	}
	atRest := c.phase == listening && len(c.keys) == 0 && in.kind == inFrame && !in.talking
	if !atRest && c.now < c.rules.maxTime+overtime {
		return
	}
	c.closeReport()
	switch {
	case c.phase == speaking:
		c.do(action{kind: doAbandon})
		c.do(action{kind: doClear})
		c.silenced()
	case !atRest:
		c.do(action{kind: doAbandon})
		c.hush()
	}
	c.leave(Termination{Result: LimitReached, Reason: TooLong, Next: c.rules.tooLong})
}
