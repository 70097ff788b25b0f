package drill

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuantiles(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * time.Second
	}
	tests := []struct {
		name   string
		delays []time.Duration
		want   Quantiles
	}{
		{"of nothing", nil, Quantiles{}},
		{"of one", []time.Duration{3 * time.Second}, Quantiles{1, 3, 3, 3}},
		{"of two", []time.Duration{4 * time.Second, 2 * time.Second}, Quantiles{2, 2, 4, 4}},
		{"of a hundred", hundred, Quantiles{100, 50, 99, 100}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, quantiles(tt.delays)); diff != "" {
				t.Errorf("quantiles (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBaseline(t *testing.T) {
	turn := func(number int, kind Question, clip string, said, delay float64) Turn {
		return Turn{Number: number, Kind: kind, Clip: clip, Said: at(said), Answer: at(said + delay)}
	}
	var calls []Call
	for n := range leastSample {
		calls = append(calls, Call{Number: n + 1, Turns: []Turn{
			turn(1, AskFlower, "roses", 1, 1.0), turn(2, AskDay, "monday", 2, 2.0),
		}})
	}
	calls[0].Turns = append(calls[0].Turns, turn(3, AskFlower, "tulips", 3, 9), turn(4, AskTime, "noon", 100, 50))
	paired := []Call{{Number: 2, Turns: []Turn{turn(1, AskFlower, "roses", 1, 0.5)}}}
	tests := []struct {
		name   string
		call   int
		turn   Turn
		paired []Call
		want   time.Duration
	}{
		{"the same words", 1, turn(1, AskFlower, "roses", 50, 1.4), nil, 400 * time.Millisecond},
		{"sooner than else is not early", 1, turn(1, AskFlower, "roses", 50, 0.4), nil, 0},
		{"the same question", 1, turn(1, AskDay, "friday", 50, 2.5), nil, 500 * time.Millisecond},
		{"any turn", 1, turn(4, AskConfirm, "yes", 50, 2.5), nil, 500 * time.Millisecond},
		{"the paired turn", 2, turn(1, AskFlower, "roses", 50, 1.4), paired, 900 * time.Millisecond},
		{"a turn that the paired run does not have", 2, turn(2, AskDay, "monday", 50, 2.4), paired, 400 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBaseline(calls, at(90), tt.paired)
			got := b.extra(&Call{Number: tt.call}, &tt.turn)
			if got != tt.want {
				t.Errorf("%s %q after %v: %v extra; want %v", tt.turn.Kind, tt.turn.Clip, tt.turn.delay(), got, tt.want)
			}
		})
	}
}
