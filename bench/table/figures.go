package main

import (
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"lexline/internal/drill"
)

// logLine is what is read of a line of the gateway's log.
type logLine struct {
	Time    time.Time  `json:"time"`
	Level   slog.Level `json:"level"`
	Msg     string     `json:"msg"`
	Call    string     `json:"call"`
	Turn    int        `json:"turn"`
	Silence int64      `json:"silence_ms"`
	Hedge   bool       `json:"hedge"`
	Control string     `json:"control"`
}

// parseLine reads a line of the gateway's log; false when it is none.
func parseLine(text []byte) (logLine, bool) {
	var line logLine
	if json.Unmarshal(text, &line) != nil || line.Msg == "" || line.Time.IsZero() {
		return logLine{}, false
	}
	return line, true
}

// turn is one turn as the gateway's log tells it.
type turn struct {
	said    time.Time // the caller's last word
	latency time.Duration
	// isAnswered is false when no answer was played; hasFailed is true when an
	// attempt failed, and isLate when the gateway was so long without an answer that
	// it asked a second region as well, or filled the silence.
	isAnswered, hasFailed, isLate bool
}

type turnKey struct {
	call string
	turn int
}

// turnsOf puts the turns of a log together, in the order in which they ended.
// Those of a call that was hung up by us before the answer are left out.
func turnsOf(log []logLine, stopped map[string]bool) []turn {
	found := map[turnKey]*turn{}
	var order []turnKey
	for _, line := range log {
		key := turnKey{line.Call, line.Turn}
		t := found[key]
		switch {
		case line.Msg == "turn ended" && t == nil:
			found[key] = &turn{said: line.Time.Add(-time.Duration(line.Silence) * time.Millisecond)}
			order = append(order, key)
		case t == nil:
		case line.Msg == "turn playing" && !t.isAnswered:
			t.isAnswered, t.latency = true, line.Time.Sub(t.said)
		case line.Msg == "attempt failed", line.Msg == "turn sent again" && !line.Hedge:
			t.hasFailed = true
		case line.Msg == "turn sent again", line.Msg == "filler playing":
			t.isLate = true
		}
	}
	last := map[string]int{}
	for _, key := range order {
		last[key.call] = max(last[key.call], key.turn)
	}
	var turns []turn
	for _, key := range order {
		if t := found[key]; t.isAnswered || !stopped[key.call] || key.turn != last[key.call] {
			turns = append(turns, *t)
		}
	}
	return turns
}

// figures are those of one phase.
type figures struct {
	phase
	latencies []time.Duration // of the answered turns, sorted
	calls     int             // with a turn in the phase, or that ended in it
	dropped   int             // calls that the other side ended, or that waited in vain
	failed    int             // turns without an answer, or of which an attempt failed
	apologies int             // turns to which the caller heard an apology, as the phones tell
	changes   int             // of the gateway's verdicts on regions
	elsewhere int             // turns answered in another region than home
	late      int             // turns that were hedged or filled
	logged    int             // lines from info upwards, but for those of calls
}

// phaseFigures sorts what happened into the phases; what happened outside of all,
// while callers began, is left out.
func phaseFigures(m *measured) []figures {
	all := make([]figures, len(m.phases))
	for i := range all {
		all[i].phase = m.phases[i]
	}
	at := func(when time.Time) *figures {
		for i := range all {
			if !when.Before(all[i].From) && when.Before(all[i].To) {
				return &all[i]
			}
		}
		return &figures{} // of which nobody hears
	}
	stopped := map[string]bool{}
	for i := range m.history.Calls {
		if c := &m.history.Calls[i]; c.End == drill.EndStopped {
			stopped[c.SID] = true
		}
		countCall(&m.history.Calls[i], at)
	}
	for _, t := range turnsOf(m.log, stopped) {
		f := at(t.said)
		if t.isAnswered {
			f.latencies = append(f.latencies, t.latency)
		}
		if !t.isAnswered || t.hasFailed {
			f.failed++
		}
		if t.isLate {
			f.late++
		}
	}
	for _, v := range m.history.Verdicts {
		at(v.Time).changes++
	}
	for _, a := range m.history.Attempts {
		if a.What == drill.Answered && a.Region != home {
			at(a.Time).elsewhere++
		}
	}
	for _, line := range m.log {
		if line.Level >= slog.LevelInfo && line.Call == "" {
			at(line.Time).logged++
		}
	}
	for i := range all {
		slices.Sort(all[i].latencies)
	}
	return all
}

func countCall(c *drill.Call, at func(time.Time) *figures) {
	met := map[*figures]bool{}
	for _, t := range c.Turns {
		f := at(t.Said)
		met[f] = true
		if t.Apologies > 0 {
			f.apologies++
		}
	}
	if c.End != drill.EndStopped {
		f := at(c.Ended)
		met[f] = true
		if c.End != drill.EndDone {
			f.dropped++
		}
	}
	for f := range met {
		f.calls++
	}
}

// quantile is the smallest of sorted times that is not below that many percent of
// all, so that the p99 of fewer than a hundred is their longest; of none it is 0.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}

// median is that of times in any order; of none it is 0. Of an even number it is
// the mean of the middle two.
func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// added is by how much a quantile of phase i is above the mean of the nearest
// phases without a fault before and behind it; false without any.
func added(all []figures, i, percent int) (time.Duration, bool) {
	var sum time.Duration
	n := 0
	for _, step := range []int{-1, 1} {
		for j := i + step; j >= 0 && j < len(all); j += step {
			if all[j].Fault == "" && len(all[j].latencies) > 0 {
				sum += quantile(all[j].latencies, percent)
				n++
				break
			}
		}
	}
	if n == 0 || len(all[i].latencies) == 0 {
		return 0, false
	}
	return quantile(all[i].latencies, percent) - sum/time.Duration(n), true
}
