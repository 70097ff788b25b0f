package call

// remind asks a caller again who has said and keyed nothing for too long since the
// question was heard, or ends the call if they were asked often enough. Only evidence
// of a caller counts: a turn that opened, or a key.
func (c *conversation) remind(in input) {
	if c.phase != listening || len(c.keys) > 0 || in.talking {
		c.idle = c.now
	}
	if c.rules.noInput == 0 || c.now-c.idle < c.rules.noInput {
		return
	}
	c.counts.silences++
	c.silences++
	c.beginReport(TurnNone)
	c.report.Noticed = c.now
	if c.silences > c.rules.maxSilent {
		c.leave(Termination{Result: CallerEnded, Reason: CallerSilent, Next: c.rules.silent})
		return
	}
	c.announce(speaking, doRemind)
}
