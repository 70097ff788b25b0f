package connect

import "slices"

// failover warns of bots whose failing region takes the contact along.
func (c *checker) failover() {
	reached := c.graph.distances()
	for i, a := range c.flow.Actions {
		if _, comes := reached[i]; !comes || a.Type != ConnectParticipantWithLexBot {
			continue
		}
		switch next := c.nextBots(i); {
		case len(next) == 0:
			c.say(i, Warning, "failover-none", "lead its NoMatchingError to the block of another region's bot",
				"a failing region ends the contact here: no other bot takes over")
		case !slices.ContainsFunc(next, func(k int) bool { return c.alias(k) != c.alias(i) }):
			c.say(i, Warning, "failover-self", "lead its NoMatchingError to the block of another region's bot",
				"where its region fails, the contact comes to the same bot again")
		}
	}
}

// nextBots are the first blocks of bots that a contact can come to when the one at i
// has failed.
func (c *checker) nextBots(i int) []int {
	isBot := func(k int) bool { return c.flow.Actions[k].Type == ConnectParticipantWithLexBot }
	var from []int
	for _, w := range c.graph.out[i] {
		if w.err == NoMatchingError {
			from = append(from, w.to)
		}
	}
	var bots []int
	for k := range c.graph.reach(func(w way) bool { return !isBot(w.from) }, from...) {
		if isBot(k) {
			bots = append(bots, k)
		}
	}
	return bots
}

// alias is the bot of a block, as it is written there.
func (c *checker) alias(i int) string {
	bot, _ := c.flow.Actions[i].Parameters["LexV2Bot"].(map[string]any)
	name, _ := bot["AliasArn"].(string)
	return name
}
