package hearing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// spoken is a turn with speech from one second to another, over 0.64 s later.
func spoken(onset, last float64) Turn {
	t := Turn{Onset: time.Duration(onset * float64(time.Second)), Last: time.Duration(last * float64(time.Second))}
	t.Opened, t.End = t.Onset+100*time.Millisecond, t.Last+640*time.Millisecond
	return t
}

func overBot(t Turn) Turn {
	t.BargeIn = true
	return t
}

func later(t Turn, end time.Duration) Turn {
	t.End += end
	return t
}

func TestCompare(t *testing.T) {
	a, b, c := spoken(1, 2), spoken(3, 4), spoken(6, 8)
	tests := []struct {
		name          string
		before, after []Turn
		want          []Difference
	}{
		{"nothing", nil, nil, nil},
		{"the same", []Turn{a, b, c}, []Turn{a, b, c}, nil},
		{"cut", []Turn{a, c}, []Turn{a, spoken(6, 6.5), spoken(7, 8)}, []Difference{{Cut, []Turn{c}, []Turn{spoken(6, 6.5), spoken(7, 8)}}}},
		{"joined", []Turn{a, b, c}, []Turn{spoken(1, 4), c}, []Difference{{Joined, []Turn{a, b}, []Turn{spoken(1, 4)}}}},
		{"regrouped", []Turn{spoken(1, 3), spoken(4, 6)}, []Turn{spoken(1, 2), spoken(2.5, 6)}, []Difference{
			{Regrouped, []Turn{spoken(1, 3), spoken(4, 6)}, []Turn{spoken(1, 2), spoken(2.5, 6)}},
		}},
		{"missed", []Turn{a, b, c}, []Turn{a, c}, []Difference{{Missed, []Turn{b}, []Turn{}}}},
		{"gained", []Turn{a, c}, []Turn{a, b, c}, []Difference{{Gained, []Turn{}, []Turn{b}}}},
		{"moved", []Turn{a, b}, []Turn{a, later(b, 360*time.Millisecond)}, []Difference{{Moved, []Turn{b}, []Turn{later(b, 360*time.Millisecond)}}}},
		{"only silence overlaps", []Turn{later(a, 3*time.Second)}, []Turn{b}, []Difference{
			{Missed, []Turn{later(a, 3*time.Second)}, []Turn{}},
			{Gained, []Turn{}, []Turn{b}},
		}},
		{"barge-in gained", []Turn{a}, []Turn{overBot(a)}, []Difference{{BargeInGained, []Turn{a}, []Turn{overBot(a)}}}},
		{"barge-in lost", []Turn{overBot(a)}, []Turn{a}, []Difference{{BargeInLost, []Turn{overBot(a)}, []Turn{a}}}},
		{"missed with its barge-in", []Turn{overBot(a), c}, []Turn{c}, []Difference{{Missed, []Turn{overBot(a)}, []Turn{}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Compare(tt.before, tt.after)); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMovesAndPlaces(t *testing.T) {
	before, after := spoken(1, 2), later(spoken(1.5, 2), 200*time.Millisecond)
	d := Difference{Moved, []Turn{before}, []Turn{after}}
	onset, opened, end := d.Moves()
	if diff := cmp.Diff([]time.Duration{500e6, 500e6, 200e6, 1e9}, []time.Duration{onset, opened, end, d.At()}); diff != "" {
		t.Errorf("moves and place (-want +got):\n%s", diff)
	}
	if got := (Difference{Gained, nil, []Turn{after}}).At(); got != after.Onset {
		t.Errorf("a turn gained is at %v; want %v", got, after.Onset)
	}
}

func TestTally(t *testing.T) {
	var tally Tally
	if got := tally.String(); got != "no difference" {
		t.Errorf("of nothing: %q", got)
	}
	tally.Add([]Difference{{Kind: Moved}, {Kind: Cut}, {Kind: Moved}, {Kind: BargeInLost}})
	if got, want := tally.String(), "1 cut, 2 moved, 1 barge-in lost"; got != want {
		t.Errorf("tally = %q; want %q", got, want)
	}
}
