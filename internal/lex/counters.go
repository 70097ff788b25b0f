package lex

import (
	"sync/atomic"

	"lexline/internal/region"
)

// Counters is a snapshot of what a Client did since it was made.
type Counters struct {
	Turns     int64                  `json:"turns"`     // turns put to the bot
	Answers   int64                  `json:"answers"`   // turns that were answered
	Late      int64                  `json:"late"`      // answers thrown away because the turn, or a later one, had been answered
	Conflicts int64                  `json:"conflicts"` // attempts repeated because of a conflict on the session
	Refused   int64                  `json:"refused"`   // attempts repeated with less, because the bot refused the session state
	Replays   int64                  `json:"replays"`   // attempts after the first of a turn, hedges included
	Hedges    int64                  `json:"hedges"`    // attempts sent while another was still waited for
	Raced     int64                  `json:"raced"`     // attempts overtaken by their hedge
	Moved     int64                  `json:"moved"`     // times a call changed its region
	Respoken  int64                  `json:"respoken"`  // answers whose voice broke off and was had from another region
	Inquiries int64                  `json:"inquiries"` // turns of which it had to be asked whether they were executed
	Probes    int64                  `json:"probes"`    // probes sent
	Sent      int64                  `json:"sent"`      // bytes of utterances and digits
	Received  int64                  `json:"received"`  // bytes of answers' voices
	Errors    map[region.Class]int64 `json:"errors"`    // turns that ended in an error, by its class
	Attempts  map[region.Class]int64 `json:"attempts"`  // attempts that failed, by class
}

type counters struct {
	turns, answers, late, conflicts, refused, replays, hedges, raced atomic.Int64
	moved, respoken, inquiries, sent, received                       atomic.Int64

	errors, attempts [len(region.Classes)]atomic.Int64 // as region.Classes
}

// sending counts an attempt.
func (c *counters) sending(hedge, again bool) {
	if again {
		c.replays.Add(1)
	}
	if hedge {
		c.hedges.Add(1)
	}
}

func (c *counters) failed(class region.Class)        { add(&c.errors, class) }
func (c *counters) attemptFailed(class region.Class) { add(&c.attempts, class) }

func add(to *[len(region.Classes)]atomic.Int64, class region.Class) {
	for i := range region.Classes {
		if region.Classes[i] == class {
			to[i].Add(1)
		}
	}
}

// Counters returns what the Client did so far. It does not block.
func (c *Client) Counters() Counters {
	n := &c.counts
	snapshot := Counters{
		Turns:     n.turns.Load(),
		Answers:   n.answers.Load(),
		Late:      n.late.Load(),
		Conflicts: n.conflicts.Load(),
		Refused:   n.refused.Load(),
		Replays:   n.replays.Load(),
		Hedges:    n.hedges.Load(),
		Raced:     n.raced.Load(),
		Moved:     n.moved.Load(),
		Respoken:  n.respoken.Load(),
		Inquiries: n.inquiries.Load(),
		Probes:    c.prober.count.Load(),
		Sent:      n.sent.Load(),
		Received:  n.received.Load(),
		Errors:    make(map[region.Class]int64, len(region.Classes)),
		Attempts:  make(map[region.Class]int64, len(region.Classes)),
	}
	for i, class := range region.Classes {
		snapshot.Errors[class] = n.errors[i].Load()
		snapshot.Attempts[class] = n.attempts[i].Load()
	}
	return snapshot
}
