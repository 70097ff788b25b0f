package lex

import "sync/atomic"

// Counters is a snapshot of what a Client did since it was made.
type Counters struct {
	Turns     int64                // turns put to the bot
	Answers   int64                // turns that were answered
	Late      int64                // answers thrown away because a later turn had been answered
	Conflicts int64                // attempts repeated because of a conflict on the session
	Sent      int64                // bytes of utterances and digits
	Received  int64                // bytes of answers' voices
	Errors    map[ErrorClass]int64 // turns that ended in an error, by its class
}

type counters struct {
	turns, answers, late, conflicts, sent, received atomic.Int64
	errors                                          [len(classes)]atomic.Int64 // as classes
}

func (c *counters) failed(class ErrorClass) {
	for i := range classes {
		if classes[i] == class {
			c.errors[i].Add(1)
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
		Sent:      n.sent.Load(),
		Received:  n.received.Load(),
		Errors:    make(map[ErrorClass]int64, len(classes)),
	}
	for i, class := range classes {
		snapshot.Errors[class] = n.errors[i].Load()
	}
	return snapshot
}
