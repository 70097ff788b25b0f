package simulate

import (
	"fmt"
	"time"

	"lexline/internal/region"
)

// caller is one call: who says what next, and the thread of its sessions.
type caller struct {
	r      *run
	w      *world
	oracle *oracle
	id     int
	plan   Call
	g      *gateway
	thread *region.Thread
	region string // where the call's bot is

	is       dialog // what the caller was told last
	answered int    // the latest turn that was
	redo     int    // key of a turn that was given up; the next one carries it again
	said     int    // utterances, repeated ones too
	lost     int    // turns in a row that were given up
	turn     *turn  // under way
	end      ending
}

// ending is how a call ended: the one terminal record of it.
type ending uint8

const (
	running     ending = iota
	done               // the caller has everything ordered
	hungUp             // the caller left
	transferred        // to a person, after three turns were lost in a row
)

var endings = [...]string{"running", "done", "hung up", "transferred"}

func newCaller(r *run, id int) *caller {
	c := &caller{r: r, w: r.w, oracle: r.oracle, id: id, plan: r.s.Calls[id], thread: region.NewThread(r.broken)}
	c.g = r.gateways[c.plan.Gateway]
	r.w.at(c.plan.At, c.begin)
	return c
}

func (c *caller) begin() {
	c.region = c.g.judge.Place(c.g.clock(), fmt.Sprint("call-", c.r.s.Seed, "-", c.id))
	if c.w.tracing() {
		c.w.say("call %d comes to %s and is placed in %s", c.id, c.g.id, c.region)
	}
	c.oracle.placed(c)
	if c.plan.Leaves > 0 {
		c.w.after(c.plan.Leaves, func() {
			if c.end == running {
				c.finish(hungUp)
			}
		})
	}
	c.w.after(c.w.between(time.Second, 3*time.Second), c.speak)
}

// speak begins the next utterance: the plan of its turn begins with its first sound.
func (c *caller) speak() {
	if c.end != running {
		return
	}
	u := utterance{call: c, number: c.said + 1, key: c.said + 1, poison: c.said == c.plan.Poison}
	if c.redo > 0 {
		u.key = c.redo
	}
	if int(c.is.N) == c.plan.Slots {
		u.yes, u.commits = true, true
	} else {
		u.value = uint8(1 + (c.id+int(c.is.Order)*7+int(c.is.N)*3)%200)
		u.commits = !c.plan.Confirm && int(c.is.N) == c.plan.Slots-1
	}
	c.said++
	c.r.stats.Turns++
	t := &turn{c: c, g: c.g, what: u, began: c.w.now, id: uint64(c.id)<<16 | uint64(c.said)}
	t.end = c.w.now + c.w.between(400*time.Millisecond, 3500*time.Millisecond) + 800*time.Millisecond
	c.turn = t
	c.g.turns = append(c.g.turns, t)
	c.oracle.spoke(t)
	if c.w.tracing() {
		c.w.say("call %d turn %d: %s (commits %v), in %s", c.id, u.number, u, u.commits, c.region)
	}
	c.g.budget.Turn(c.w.now)
	t.plan = region.NewTurn(c.w.now, region.Limits{Broken: c.r.broken}, region.Facts{
		Region: c.region, Commits: u.commits, Once: c.r.s.Hook,
	}, c.g.budget)
	t.step(region.Report{Kind: region.Passed})
	c.w.at(t.end, t.ends)
}

func (u utterance) String() string {
	if u.yes {
		return `"yes"`
	}
	return fmt.Sprintf("value %d", u.value)
}

// accepted goes on after an answer.
func (c *caller) accepted(t *turn, in string, state dialog) {
	c.answered, c.lost, c.turn, c.redo = t.what.number, 0, nil, 0
	c.is, c.region = state, in
	if int(state.Order) >= c.plan.Orders {
		c.finish(done)
		return
	}
	c.w.after(c.w.between(1500*time.Millisecond, 6*time.Second), c.speak)
}

// unanswered goes on after a turn that was given up: an apology, and the question
// again. Whether an order was placed that cannot be told from one that was not is
// for a person to find out.
func (c *caller) unanswered(t *turn) {
	c.lost++
	c.turn = nil
	if !c.r.newKey {
		c.redo = t.what.key
	}
	if c.lost == 3 || t.what.commits && !c.r.s.Hook {
		c.finish(transferred)
		return
	}
	c.w.after(c.w.between(2*time.Second, 4*time.Second), c.speak)
}

func (c *caller) finish(how ending) {
	if c.w.tracing() {
		c.w.say("call %d: %s", c.id, endings[how])
	}
	if how == transferred {
		c.r.stats.Transferred++
	}
	c.oracle.ended(c, how)
	c.end = how
	if t := c.turn; t != nil {
		t.over()
		for i := range t.attempts {
			t.drop(i)
		}
	}
	c.r.calls--
}
