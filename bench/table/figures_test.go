package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/drill"
)

var epoch = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return epoch.Add(time.Duration(seconds * float64(time.Second)))
}

// line is a line of a gateway's log as it is written.
func line(seconds float64, level, msg, call string, turn int, more string) logLine {
	text := fmt.Sprintf(`{"time":%q,"level":%q,"msg":%q,"call":%q,"turn":%d%s}`, at(seconds).Format(time.RFC3339Nano), level, msg, call, turn, more)
	parsed, ok := parseLine([]byte(text))
	if !ok {
		panic("no line of a log: " + text)
	}
	return parsed
}

func TestParseLine(t *testing.T) {
	for _, text := range []string{"", "panic: boom", "{}", `{"msg":"x"}`, `{"time":"soon","msg":"x"}`, `{"time":"2026-11-20T12:00:00Z","level":"LOUD","msg":"x"}`} {
		if got, ok := parseLine([]byte(text)); ok {
			t.Errorf("parseLine(%q) = %+v; want none", text, got)
		}
	}
	got := line(1.5, "WARN", "turn ended", "CA1", 3, `,"silence_ms":800,"line":"flowers"`)
	want := logLine{Time: at(1.5), Level: 4, Msg: "turn ended", Call: "CA1", Turn: 3, Silence: 800}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// aLog has three calls: a turn answered at once, one answered after a failure, one
// never answered, and one whose caller was hung up on by us.
func aLog() []logLine {
	silence := `,"silence_ms":800`
	return []logLine{
		line(0, "INFO", "region table says", "", 0, ""),
		line(1.8, "DEBUG", "turn ended", "CA1", 1, silence),
		line(2.2, "DEBUG", "turn playing", "CA1", 1, ""),
		line(3.8, "DEBUG", "turn ended", "CA2", 1, silence),
		line(4.0, "DEBUG", "attempt failed", "CA2", 1, ""),
		line(4.0, "INFO", "turn sent again", "CA2", 1, `,"hedge":false`),
		line(4.6, "DEBUG", "turn playing", "CA2", 1, ""),
		line(5.0, "DEBUG", "turn playing", "CA2", 1, ""),
		line(6.8, "DEBUG", "turn ended", "CA2", 2, silence),
		line(7.0, "INFO", "turn sent again", "CA2", 2, `,"hedge":true`),
		line(7.8, "DEBUG", "turn ended", "CA3", 1, silence),
		line(7.9, "INFO", "call ended", "CA3", 0, ""),
		line(8.0, "WARN", "region table not reached", "", 0, ""),
	}
}

func TestTurnsOf(t *testing.T) {
	want := []turn{
		{said: at(1), latency: 1200 * time.Millisecond, isAnswered: true},
		{said: at(3), latency: 1600 * time.Millisecond, isAnswered: true, hasFailed: true},
		{said: at(6), isLate: true},
	}
	got := turnsOf(aLog(), map[string]bool{"CA3": true})
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(turn{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := turnsOf(aLog(), nil); len(got) != 4 {
		t.Errorf("%d turns when nobody was hung up on by us; want 4", len(got))
	}
}

func TestPhaseFigures(t *testing.T) {
	m := &measured{
		phases: []phase{{From: at(0.5), To: at(2)}, {Fault: "dead", From: at(2), To: at(10)}},
		log:    aLog(),
		history: &drill.History{
			Calls: []drill.Call{
				{SID: "CA1", End: drill.EndDone, Ended: at(9), Turns: []drill.Turn{{Said: at(1)}}},
				{SID: "CA2", End: drill.EndDropped, Ended: at(9.5), Turns: []drill.Turn{{Said: at(3), Apologies: 1}, {Said: at(6)}}},
				{SID: "CA3", End: drill.EndStopped, Ended: at(9.6), Turns: []drill.Turn{{Said: at(7)}}},
				{SID: "CA4", End: drill.EndGaveUp, Ended: at(0.2)}, // before the first phase
			},
			Verdicts: []drill.Verdict{{Time: at(0.1), State: "healthy"}, {Time: at(3), State: "down"}},
			Attempts: []drill.Attempt{
				{Time: at(4), Region: other, What: drill.Answered},
				{Time: at(4), Region: home, What: drill.Answered},
				{Time: at(4), Region: other, What: drill.Failed},
			},
		},
	}
	want := []figures{
		{phase: m.phases[0], latencies: []time.Duration{1200 * time.Millisecond}, calls: 1},
		{
			phase: m.phases[1], latencies: []time.Duration{1600 * time.Millisecond}, calls: 3, dropped: 1, failed: 2,
			apologies: 1, changes: 1, elsewhere: 1, late: 1, logged: 1,
		},
	}
	if diff := cmp.Diff(want, phaseFigures(m), cmp.AllowUnexported(figures{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func millisOf(values ...int) []time.Duration {
	var times []time.Duration
	for _, v := range values {
		times = append(times, time.Duration(v)*time.Millisecond)
	}
	return times
}

func TestQuantileAndMedian(t *testing.T) {
	hundred := make([]int, 200)
	for i := range hundred {
		hundred[i] = i + 1
	}
	tests := []struct {
		name          string
		given         []time.Duration
		p50, p99, mid int
	}{
		{"none", nil, 0, 0, 0},
		{"one", millisOf(7), 7, 7, 7},
		{"two", millisOf(4, 8), 4, 8, 6},
		{"three", millisOf(1, 2, 30), 2, 30, 2},
		{"two hundred", millisOf(hundred...), 100, 198, 100},
	}
	for _, tt := range tests {
		got := millisOf(0, 0, 0)
		got[0], got[1], got[2] = quantile(tt.given, 50), quantile(tt.given, 99), median(tt.given).Truncate(time.Millisecond)
		if diff := cmp.Diff(millisOf(tt.p50, tt.p99, tt.mid), got); diff != "" {
			t.Errorf("%s: p50, p99, median (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAdded(t *testing.T) {
	of := func(fault string, values ...int) figures {
		return figures{phase: phase{Fault: fault}, latencies: millisOf(values...)}
	}
	all := []figures{of("", 10), of("dead", 25), of("", 20), of("hung", 5), of(""), of("stale"), of("", 40)}
	tests := []struct {
		phase int
		want  string
	}{
		{0, "-10ms true"}, // against the next one without a fault
		{1, "10ms true"},
		{2, "-5ms true"},
		{3, "-25ms true"}, // an empty phase is passed over
		{4, "0s false"},
		{5, "0s false"},
		{6, "20ms true"},
	}
	for _, tt := range tests {
		d, ok := added(all, tt.phase, 99)
		if got := fmt.Sprint(d, ok); got != tt.want {
			t.Errorf("added to the p99 of phase %d: %s; want %s", tt.phase, got, tt.want)
		}
	}
	if d, ok := added(all[1:2], 0, 99); ok {
		t.Errorf("added to a phase without neighbours: %v; want none", d)
	}
}
