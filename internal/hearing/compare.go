package hearing

import (
	"fmt"
	"strings"
	"time"
)

// Kind is what became of turns.
type Kind uint8

// The kinds of difference.
const (
	Cut           Kind = iota // one turn became several
	Joined                    // several turns became one
	Regrouped                 // several turns became several others
	Missed                    // a turn is not heard any more
	Gained                    // a turn is heard where there was none
	Moved                     // the turn begins, is noticed or ends at another time
	BargeInGained             // what interrupts nothing interrupts the bot now
	BargeInLost
)

func (k Kind) String() string {
	return [...]string{"cut", "joined", "regrouped", "missed", "gained", "moved", "barge-in gained", "barge-in lost"}[k]
}

// Difference is one difference between two hearings of a recording.
type Difference struct {
	Kind          Kind
	Before, After []Turn // the turns in question, in order; one of the two may be empty
}

// Moves returns by how much the onset, the moment of notice and the end of a turn
// lie later than before, of Moved, else 0.
func (d Difference) Moves() (onset, opened, end time.Duration) {
	if d.Kind != Moved {
		return 0, 0, 0
	}
	before, after := d.Before[0], d.After[0]
	return after.Onset - before.Onset, after.Opened - before.Opened, after.End - before.End
}

// At returns when the first of the turns begins.
func (d Difference) At() time.Duration {
	switch {
	case len(d.Before) == 0:
		return d.After[0].Onset
	case len(d.After) == 0:
		return d.Before[0].Onset
	}
	return min(d.Before[0].Onset, d.After[0].Onset)
}

// Compare tells how the turns of a recording differ between two hearings, in the
// order of time. Turns are the same ones where their speech overlaps, from onset to
// last frame.
func Compare(before, after []Turn) []Difference {
	var found []Difference
	for len(before) > 0 || len(after) > 0 {
		b, a := together(before, after)
		found = append(found, differences(before[:b], after[:a])...)
		before, after = before[b:], after[a:]
	}
	return found
}

// together returns how many turns at the head of the two lists overlap each other,
// directly or through others.
func together(before, after []Turn) (b, a int) {
	var end time.Duration
	first := func(list []Turn, n int) time.Duration {
		if n >= len(list) {
			return 1<<63 - 1
		}
		return list[n].Onset
	}
	for {
		nextB, nextA := first(before, b), first(after, a)
		if b+a > 0 && min(nextB, nextA) >= end || b == len(before) && a == len(after) {
			return b, a
		}
		if nextB <= nextA {
			end, b = max(end, before[b].Last), b+1
		} else {
			end, a = max(end, after[a].Last), a+1
		}
	}
}

// differences compares turns that overlap.
func differences(before, after []Turn) (found []Difference) {
	add := func(kind Kind) { found = append(found, Difference{kind, before, after}) }
	switch b, a := len(before), len(after); {
	case a == 0:
		add(Missed)
	case b == 0:
		add(Gained)
	case b == 1 && a > 1:
		add(Cut)
	case b > 1 && a == 1:
		add(Joined)
	case b > 1:
		add(Regrouped)
	case before[0].Onset != after[0].Onset || before[0].Opened != after[0].Opened || before[0].End != after[0].End:
		add(Moved)
	}
	switch was, is := interrupts(before), interrupts(after); {
	case len(before) == 0 || len(after) == 0: // that says it all
	case is && !was:
		add(BargeInGained)
	case was && !is:
		add(BargeInLost)
	}
	return found
}

func interrupts(turns []Turn) bool {
	for _, t := range turns {
		if t.BargeIn {
			return true
		}
	}
	return false
}

// Tally counts differences by their kind.
type Tally [BargeInLost + 1]int

// Add counts some more.
func (t *Tally) Add(differences []Difference) {
	for _, d := range differences {
		t[d.Kind]++
	}
}

// String lists what there is, like "1 cut, 2 moved"; of nothing it is "no difference".
func (t *Tally) String() string {
	var kinds []string
	for kind, n := range t {
		if n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %v", n, Kind(kind)))
		}
	}
	if kinds == nil {
		return "no difference"
	}
	return strings.Join(kinds, ", ")
}
