package main

import (
	"context"
	"fmt"
	"time"
)

// loadCounts are the counters of which the load line tells the growth.
type loadCounts struct{ turns, failed, refused, lost int64 }

// loadLine is how a gateway stands in one line of its log, for what reads logs and not
// /metrics: amounts as they are now, and counts since the line before.
func loadLine(before loadCounts, s statusAnswer) (fields []any, now loadCounts) {
	for _, t := range s.Turns {
		now.turns += t.Answered + t.Failed
		now.failed += t.Failed
	}
	now.refused = s.Door.RejectedCalls // those for whom there is no room, and those whom no line takes
	now.lost = s.Door.LostStreams
	out := 0
	for _, b := range s.Bots {
		for _, r := range b.Regions {
			if r.Ejected {
				out++
			}
		}
	}
	taken := s.Calls.Live + s.Door.Greeting
	share := 0.0
	if s.Limits.Calls > 0 {
		share = float64(1000*taken/s.Limits.Calls) / 10
	}
	return []any{
		"live", s.Calls.Live, "greeting", s.Door.Greeting, "limit", s.Limits.Calls, "share", share,
		"ready", truth(s.Readiness.Ready), "overloaded", truth(s.Limits.Overload != ""), "regions_out", out,
		"turns", now.turns - before.turns, "failed", now.failed - before.failed,
		"refused", now.refused - before.refused, "lost", now.lost - before.lost,
	}, now
}

// tellLoad writes the load line until ctx ends.
func (g *gateway) tellLoad(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var before loadCounts
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			var fields []any
			fields, before = loadLine(before, g.status())
			g.log.Info("load", fields...)
		}
	}
}

// checkLoadEvery refuses a pace at which nobody reads, or that misses what it is for.
func (c logConfig) checkLoadEvery() error {
	const least, most = 10 * time.Second, 10 * time.Minute
	if d := time.Duration(c.LoadEvery); c.LoadEvery != off && (d < least || d > most) {
		return fmt.Errorf("log.load_every: %v is not between %v and %v; off writes no such line", d, least, most)
	}
	return nil
}
