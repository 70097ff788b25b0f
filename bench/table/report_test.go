package main

import (
	"strings"
	"testing"
	"time"

	"lexline/internal/drill"
)

// aRow is one that must pass.
func aRow(name string) row {
	return row{name: name, phases: 3, seconds: 20, turns: 100, calls: 40, added99: 20 * time.Millisecond, logged: 40}
}

func TestMissed(t *testing.T) {
	tests := []struct {
		name   string
		change func(*summary)
		want   string // in the words; empty for nothing missed
	}{
		{"all as it must be", func(*summary) {}, ""},
		{"a phase without a fault was slow", func(s *summary) { s.rows[0].added99 = time.Second }, ""},
		{"turns take longer", func(s *summary) { s.rows[1].added99 += time.Microsecond }, "dead: the p99 of turns is longer"},
		{"a call was dropped", func(s *summary) { s.rows[1].affected.dropped = 1 }, "dead: calls were affected"},
		{"a turn failed", func(s *summary) { s.rows[1].affected.failed = 1 }, "dead: calls were affected"},
		{"an apology was heard", func(s *summary) { s.rows[1].affected.apologies = 1 }, "dead: calls were affected"},
		{"a region was judged anew", func(s *summary) { s.rows[1].affected.changes = 1 }, "dead: calls were affected"},
		{"turns were late", func(s *summary) { s.rows[1].late = 9 }, ""},
		{"calls were moved", func(s *summary) { s.rows[1].affected.elsewhere = 1 }, "dead: calls were affected"},
		{"a call was dropped without a fault", func(s *summary) { s.rows[0].affected.dropped = 1 }, "none: calls were affected"},
		{"the log was flooded", func(s *summary) { s.rows[1].logged++ }, "dead: 41 lines"},
		{"nobody spoke", func(s *summary) { s.rows[1].turns = 0 }, "dead: no turns"},
		{"the oracle found something", func(s *summary) { s.report.Violations = []string{"an order was lost"} }, "an order was lost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := summary{rows: []row{aRow("none"), aRow("dead")}, report: &drill.Report{}}
			tt.change(&s)
			got := strings.Join(s.missed(), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("missed: %q; want %q", got, tt.want)
			}
			var text strings.Builder
			writeReport(&text, options{}, s, "test", epoch)
			if said := strings.Contains(text.String(), "missed: "); said != (tt.want != "") {
				t.Errorf("the report says that something was missed: %v; want %v:\n%s", said, tt.want != "", &text)
			}
		})
	}
}

func TestRowOf(t *testing.T) {
	of := func(fault string, latency int) figures {
		return figures{phase: phase{Fault: fault, From: at(0), To: at(2)}, latencies: millisOf(latency), logged: 1, dropped: 1}
	}
	// A machine that gets slower: each phase is 10 ms above the one before.
	all := []figures{of("", 0), of("dead", 13), of("", 20), of("dead", 39), of("", 40), of("dead", 53), of("", 60)}
	r := rowOf("dead", "gone", all, "dead")
	if r.phases != 3 || r.turns != 3 || r.seconds != 6 || r.logged != 3 || r.affected.dropped != 3 {
		t.Errorf("rowOf = %+v; want 3 phases, turns, lines and dropped calls in 6 s", r)
	}
	if r.added50 != 3*time.Millisecond || r.added99 != 3*time.Millisecond || r.p99 != 53*time.Millisecond {
		t.Errorf("p99 %v, added %v and %v; want 53ms, and 3ms: the median of 3, 9 and 3", r.p99, r.added50, r.added99)
	}
	if none := rowOf("none", "", all, ""); none.phases != 4 || none.added99 != 0 {
		t.Errorf("without a fault: %+v; want 4 phases and no added time", none)
	}
}
