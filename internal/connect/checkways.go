package connect

import "slices"

// ways checks that every action is of use, and that every contact comes to an end.
func (c *checker) ways() {
	reached := c.graph.distances()
	ending := c.ending()
	for i := range c.flow.Actions {
		_, comes := reached[i]
		switch {
		case !comes:
			c.say(i, Warning, "unreachable", "lead a transition to it, or take it out", "no contact ever comes here")
		case !ending[i] && (reached[i] == 0 || c.cameFrom(i, ending)): // it is told where contacts come into it
			c.say(i, Error, "no-end", "lead it on to DisconnectParticipant or TransferContactToQueue", "from here no contact ever ends")
		}
	}
}

// ending are the actions from which a contact can come to an end.
func (c *checker) ending() map[int]bool {
	var ends []int
	for i := range c.flow.Actions {
		if c.graph.kind(i).ends {
			ends = append(ends, i)
		}
	}
	return c.graph.leading(anyWay, ends...)
}

// cameFrom reports whether a way leads from one of these actions to the one at i.
func (c *checker) cameFrom(i int, some map[int]bool) bool {
	return slices.ContainsFunc(c.graph.in[i], func(w way) bool { return some[w.from] })
}
