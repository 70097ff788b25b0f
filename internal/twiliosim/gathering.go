package twiliosim

import "strings"

// gather begins to collect keys and words of the caller.
func (c *call) gather(v *verb) { c.collector = newCollector(v.gather) }

// collect ends the collecting when it is time.
func (c *call) collect() {
	if c.collector == nil || !c.collector.over(c.frame) {
		return
	}
	result := c.collector.result()
	c.collector = nil
	c.dropTask()
	c.tell(Event{Event: "gather", Key: result.digits, Text: result.words})
	c.obey(c.carrier.gathered(result))
}

// bargeIn cuts the prompts of a Gather short.
func (c *call) bargeIn() {
	if c.collector.since == never && c.collector.gather.bargeIn {
		c.dropTask()
		c.collector.listen(c.frame)
	}
}

// attend lets the carrier take what the caller does in a frame.
func (c *call) attend(m *move) {
	if m.key != 0 {
		c.pressed(m.key)
	}
	g := c.collector
	if g == nil {
		return
	}
	if m.starts != nil && g.gather.speech {
		c.bargeIn()
		g.speaks()
	}
	if m.ends != nil {
		g.spoke(strings.TrimSpace(m.ends.text), c.frame)
	}
}

// pressed lets the carrier take a key of the caller.
func (c *call) pressed(key byte) {
	switch {
	case c.collector != nil:
		if c.collector.gather.keys {
			c.bargeIn()
		}
		c.collector.pressed(string(rune(key)), c.frame)
	case key == '*' && c.bridge != nil && c.bridge.connected() && c.bridge.verb.hangupOnStar:
		c.crossed([]turn{c.bridge.hangUp(c.frame)})
	}
}
