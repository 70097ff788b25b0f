package call

import (
	"sync/atomic"
	"time"

	"lexline/internal/histogram"
)

// Counters counts what happened in all calls that share it. It is safe for
// several goroutines; the zero value is ready.
type Counters struct {
	calls, turns, bargeIns, botFailures       atomic.Int64
	lateAnswers, lateMarks, droppedKeys, gaps atomic.Int64
	fillers, apologies                        atomic.Int64
	silences, refusals, farDrops              atomic.Int64

	marks *histogram.Histogram // nil: not measured
}

// NewCounters returns Counters that measure the marks as well, which those of
// the zero value do not.
func NewCounters() *Counters {
	const ms = time.Millisecond
	return &Counters{marks: histogram.New(20*ms, 50*ms, 100*ms, 150*ms, 200*ms, 300*ms, 500*ms, time.Second, 2*time.Second, markCap)}
}

// Marks is how long after their sound must have been played marks came back: the
// round trip to the carrier, with what its own queues add. It counts while calls go on.
func (c *Counters) Marks() histogram.Snapshot { return c.marks.Snapshot() }

// Snapshot is the state of Counters at one moment, each field a total since start.
type Snapshot struct {
	Calls           int64 `json:"ended"`             // calls that ended
	Turns           int64 `json:"turns"`             // questions put to the bot
	BargeIns        int64 `json:"barge_ins"`         // answers the caller interrupted or did not wait for
	BotFailures     int64 `json:"bot_failures"`      // turns the bot failed on
	LateAnswers     int64 `json:"late_answers"`      // answers that came when nobody waited for them any more
	LateMarks       int64 `json:"late_marks"`        // marks given up on
	DroppedKeys     int64 `json:"dropped_keys"`      // digits beyond the limit of one turn
	Gaps            int64 `json:"gaps"`              // times an answer's audio was late and the caller heard a hole
	Fillers         int64 `json:"fillers"`           // times a caller was asked to wait
	Apologies       int64 `json:"apologies"`         // times a caller was told that the bot failed, and asked again
	Silences        int64 `json:"silences"`          // times a caller said nothing, and was asked again or given up
	RefusedBargeIns int64 `json:"refused_barge_ins"` // times a caller did not say enough to interrupt the bot
	FarDrops        int64 `json:"far_drops"`         // times a caller's frames were so late that the echo of what they were played was lost track of
}

// Snapshot reads the totals. Fields may be one call apart from each other.
func (c *Counters) Snapshot() Snapshot {
	return Snapshot{
		Calls: c.calls.Load(), Turns: c.turns.Load(), BargeIns: c.bargeIns.Load(), BotFailures: c.botFailures.Load(),
		LateAnswers: c.lateAnswers.Load(), LateMarks: c.lateMarks.Load(), DroppedKeys: c.droppedKeys.Load(), Gaps: c.gaps.Load(),
		Fillers: c.fillers.Load(), Apologies: c.apologies.Load(),
		Silences: c.silences.Load(), RefusedBargeIns: c.refusals.Load(), FarDrops: c.farDrops.Load(),
	}
}

func (c *Counters) add(t tally) {
	c.calls.Add(1)
	c.turns.Add(int64(t.turns))
	c.bargeIns.Add(int64(t.bargeIns))
	c.botFailures.Add(int64(t.failures))
	c.lateAnswers.Add(int64(t.lateAnswers))
	c.lateMarks.Add(int64(t.lateMarks))
	c.droppedKeys.Add(int64(t.droppedKeys))
	c.gaps.Add(int64(t.gaps))
	c.fillers.Add(int64(t.fillers))
	c.apologies.Add(int64(t.apologies))
	c.silences.Add(int64(t.silences))
	c.refusals.Add(int64(t.refusals))
	c.farDrops.Add(int64(t.farDrops))
}
