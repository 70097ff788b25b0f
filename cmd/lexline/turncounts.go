package main

import (
	"sync/atomic"
	"time"

	"lexline/internal/call"
	"lexline/internal/histogram"
)

// speechBounds are the ends of the buckets in which the waits of callers are counted,
// chosen by what people and the gateway do at them: docs/4-reference.md says which
// is for what.
var speechBounds = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, 700 * time.Millisecond,
	1000 * time.Millisecond, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 4 * time.Second, 6 * time.Second, 10 * time.Second,
}

// turnCounts counts the turns of all calls as they are over, by line and by how the
// caller took them. It is safe for several goroutines: what it holds is made once, for
// everything that the configuration names.
type turnCounts struct {
	kinds []*kindTurns // by line, then kind, as they are shown
}

// kindTurns are the turns of one kind on one line.
type kindTurns struct {
	line string
	kind call.TurnKind

	answered, failed, unheeded, falseStarts atomic.Int64

	noticed, firstSound, wait *histogram.Histogram
	answer                    map[string]*histogram.Histogram // by region; not changed
}

// turnKinds are those in which the caller wants an answer.
var turnKinds = []call.TurnKind{call.TurnSpoken, call.TurnKeyed}

// newTurnCounts prepares to count the turns of lines.
func newTurnCounts(lines []lineConfig) *turnCounts {
	c := &turnCounts{}
	for _, line := range lines {
		for _, kind := range turnKinds {
			c.kinds = append(c.kinds, newKindTurns(line, kind))
		}
	}
	return c
}

func newKindTurns(line lineConfig, kind call.TurnKind) *kindTurns {
	waits := func() *histogram.Histogram { return histogram.New(speechBounds...) }
	k := &kindTurns{
		line: line.Name, kind: kind,
		noticed: waits(), firstSound: waits(), wait: waits(), answer: map[string]*histogram.Histogram{},
	}
	for _, region := range line.Regions {
		k.answer[region.Name] = waits()
	}
	return k
}

// add counts a turn that is over. It does not block.
func (c *turnCounts) add(info call.Info, r call.TurnReport) {
	for _, k := range c.kinds {
		if k.line == info.Line && k.kind == r.Kind {
			k.count(r)
			k.measure(r)
		}
	}
}

// measure counts how long the caller waited in each stage that the turn came to.
func (k *kindTurns) measure(r call.TurnReport) {
	if r.Noticed == 0 {
		return // the caller hung up in the middle of it
	}
	k.noticed.Observe(r.Noticed - r.Ended)
	if r.Answered == 0 {
		return
	}
	k.answer[r.Region].Observe(r.Answered - r.Noticed)
	apologised := r.Failure != "" && r.Failure != call.FailureCut // then that is what went out
	if r.FirstSent != 0 && !apologised {
		k.firstSound.Observe(r.FirstSent - r.Answered)
		k.wait.Observe(r.FirstSent - r.Ended)
	}
}

// count counts what became of a turn.
func (k *kindTurns) count(r call.TurnReport) {
	switch {
	case r.Failure != "":
		k.failed.Add(1)
	case r.Answered == 0:
		k.unheeded.Add(1)
	default:
		k.answered.Add(1)
		if r.Kind == call.TurnSpoken && r.Words.Empty() {
			k.falseStarts.Add(1)
		}
	}
}

// turnsStatus is what is known of the turns of one kind on one line, since the start.
type turnsStatus struct {
	Line string        `json:"line"`
	Kind call.TurnKind `json:"kind"`

	Answered    int64 `json:"answered"`
	Failed      int64 `json:"failed"`
	Unheeded    int64 `json:"unheeded"`     // the caller did not wait for an answer
	FalseStarts int64 `json:"false_starts"` // answered, but the bot understood no word

	Noticed    histogram.Snapshot            `json:"noticed"`     // last word or key to the turn found over
	Answer     map[string]histogram.Snapshot `json:"answer"`      // from there to the answer known, by region
	FirstSound histogram.Snapshot            `json:"first_sound"` // from there to its first sound on its way
	Wait       histogram.Snapshot            `json:"wait"`        // all three
}

// list returns the counts by line and kind.
func (c *turnCounts) list() []turnsStatus {
	list := make([]turnsStatus, 0, len(c.kinds)) // an empty list in JSON, not null
	for _, k := range c.kinds {
		s := turnsStatus{
			Line: k.line, Kind: k.kind, Answered: k.answered.Load(), Failed: k.failed.Load(),
			Unheeded: k.unheeded.Load(), FalseStarts: k.falseStarts.Load(),
			Noticed: k.noticed.Snapshot(), FirstSound: k.firstSound.Snapshot(), Wait: k.wait.Snapshot(),
			Answer: map[string]histogram.Snapshot{},
		}
		for region, h := range k.answer {
			s.Answer[region] = h.Snapshot()
		}
		list = append(list, s)
	}
	return list
}
