package main

import (
	"lexline/internal/lex"
	"lexline/internal/region"
)

// forBots is a metric with one value for each bot.
func forBots(name, help string, of func(botStatus) float64) metric {
	return metric{name, help, gauge, []string{"bot"}, func(s statusAnswer, to emit) {
		for _, b := range s.Bots {
			to(of(b), b.Name)
		}
	}}
}

// botCounter is a counter of what a bot's client did.
func botCounter(name, help string, of func(lex.Counters) int64) metric {
	m := forBots(name, help, func(b botStatus) float64 { return float64(of(b.Lex)) })
	m.kind = counter
	return m
}

// botMetrics count the turns of each bot, over all its regions.
func botMetrics() []metric {
	return []metric{
		botCounter("lexline_bot_turns_total", "Turns put to the bot.", func(c lex.Counters) int64 { return c.Turns }),
		botCounter("lexline_bot_answers_total", "Turns that were answered.", func(c lex.Counters) int64 { return c.Answers }),
		{"lexline_bot_errors_total", "Turns that ended without an answer, by the class of the last error.", counter, []string{"bot", "class"}, func(s statusAnswer, to emit) {
			for _, b := range s.Bots {
				for _, class := range region.Classes {
					to(float64(b.Lex.Errors[class]), b.Name, string(class))
				}
			}
		}},
		botCounter("lexline_bot_replays_total", "Attempts after the first of a turn, hedges included.", func(c lex.Counters) int64 { return c.Replays }),
		botCounter("lexline_bot_hedges_total", "Attempts sent while another was still waited for.", func(c lex.Counters) int64 { return c.Hedges }),
		botCounter("lexline_bot_raced_total", "Attempts that were overtaken by their hedge.", func(c lex.Counters) int64 { return c.Raced }),
		botCounter("lexline_bot_moved_calls_total", "Times that a call changed its region.", func(c lex.Counters) int64 { return c.Moved }),
		botCounter("lexline_bot_late_answers_total", "Answers thrown away because the turn, or a later one, had been answered.", func(c lex.Counters) int64 { return c.Late }),
		botCounter("lexline_bot_conflicts_total", "Attempts repeated because of a conflict on the session.", func(c lex.Counters) int64 { return c.Conflicts }),
		botCounter("lexline_bot_refused_states_total", "Attempts repeated with less, because the bot refused the session state.", func(c lex.Counters) int64 { return c.Refused }),
		botCounter("lexline_bot_respoken_total", "Answers whose voice broke off and was had from another region.", func(c lex.Counters) int64 { return c.Respoken }),
		botCounter("lexline_bot_inquiries_total", "Turns of which it had to be asked whether they were executed.", func(c lex.Counters) int64 { return c.Inquiries }),
		botCounter("lexline_bot_sent_bytes_total", "Bytes of utterances and keys sent.", func(c lex.Counters) int64 { return c.Sent }),
		botCounter("lexline_bot_received_bytes_total", "Bytes of answers' voices received.", func(c lex.Counters) int64 { return c.Received }),
	}
}

// forRegions is a metric with one value for each region of each bot.
func forRegions(name, help string, of func(botStatus, region.RegionStatus) float64) metric {
	return metric{name, help, gauge, []string{"bot", "region"}, func(s statusAnswer, to emit) {
		for _, b := range s.Bots {
			for _, r := range b.Regions {
				to(of(b, r), b.Name, r.Region)
			}
		}
	}}
}

// regionCounter is a counter of what happened in a region.
func regionCounter(name, help string, of func(botStatus, region.RegionStatus) float64) metric {
	m := forRegions(name, help, of)
	m.kind = counter
	return m
}

// states lists every state of a region.
var states = []region.State{region.Healthy, region.Suspect, region.Down, region.Recovering}

// regionMetrics say what is held of each region, and by what evidence.
func regionMetrics() []metric {
	return []metric{
		{"lexline_region_state", "What is held of the region: 1 for the state it is in, 0 for the others.", gauge, []string{"bot", "region", "state"}, func(s statusAnswer, to emit) {
			for _, b := range s.Bots {
				for _, r := range b.Regions {
					for _, state := range states {
						to(truth(r.State == state), b.Name, r.Region, string(state))
					}
				}
			}
		}},
		forRegions("lexline_region_active", "1 for the region that calls belong to: the first that is not taken out, or the pinned one.", func(b botStatus, r region.RegionStatus) float64 { return truth(b.Active == r.Region) }),
		forRegions("lexline_region_new_calls", "Of a hundred new calls, how many go there now: none while it is suspect and another is not.", func(_ botStatus, r region.RegionStatus) float64 { return float64(r.NewCalls) }),
		forRegions("lexline_region_pinned", "1 if an operator has pinned it.", func(b botStatus, r region.RegionStatus) float64 {
			return truth(b.Pin != nil && b.Pin.Region == r.Region)
		}),
		forBots("lexline_region_panic", "1 while every region looks dead, and none is taken out.", func(b botStatus) float64 { return truth(b.Panic) }),
		forBots("lexline_region_doubt", "1 while the fault may be this gateway's own network.", func(b botStatus) float64 { return truth(b.Doubt) }),
		forRegions("lexline_region_ejected", "1 while it gets no turns.", func(_ botStatus, r region.RegionStatus) float64 { return truth(r.Ejected) }),
		forRegions("lexline_region_throttled", "1 while it has refused turns for load lately.", func(_ botStatus, r region.RegionStatus) float64 { return truth(r.Throttled) }),
		regionCounter("lexline_region_answers_total", "Turns that it answered.", func(_ botStatus, r region.RegionStatus) float64 { return float64(r.Good) }),
		{"lexline_region_attempts_failed_total", "Attempts that failed there, by class.", counter, []string{"bot", "region", "class"}, func(s statusAnswer, to emit) {
			for _, b := range s.Bots {
				for _, r := range b.Regions {
					for _, class := range region.Classes {
						to(float64(r.Failed[class]), b.Name, r.Region, string(class))
					}
				}
			}
		}},
		regionCounter("lexline_region_probes_total", "Probes sent.", func(_ botStatus, r region.RegionStatus) float64 { return float64(r.Probes) }),
		regionCounter("lexline_region_probes_failed_total", "Probes that spoke against it.", func(_ botStatus, r region.RegionStatus) float64 { return float64(r.ProbesFailed) }),
		forRegions("lexline_region_answer_median_seconds", "Median time to answer of the latest turns; 0 while too few are known.", func(_ botStatus, r region.RegionStatus) float64 { return r.MedianSeconds }),
		forRegions("lexline_region_answer_slow_seconds", "Their 95th percentile.", func(_ botStatus, r region.RegionStatus) float64 { return r.SlowSeconds }),
		forRegions("lexline_region_in_flight", "Requests under way.", func(b botStatus, r region.RegionStatus) float64 { return float64(b.Rooms[r.Region].Held) }),
		forRegions("lexline_region_quota", "How many requests at a time are allowed (lines.quota).", func(b botStatus, r region.RegionStatus) float64 { return float64(b.Rooms[r.Region].Limit) }),
		{"lexline_region_quota_headroom", "How many more requests at a time are allowed; of regions with a quota.", gauge, []string{"bot", "region"}, func(s statusAnswer, to emit) {
			for _, b := range s.Bots {
				for _, r := range b.Regions {
					if room := b.Rooms[r.Region]; room.Limit > 0 {
						to(float64(room.Limit-room.Held), b.Name, r.Region)
					}
				}
			}
		}},
		forRegions("lexline_region_in_flight_peak", "The most requests at a time since the start.", func(b botStatus, r region.RegionStatus) float64 { return float64(b.Rooms[r.Region].Most) }),
		regionCounter("lexline_region_quota_refused_total", "Requests not sent because the quota was used up.", func(b botStatus, r region.RegionStatus) float64 { return float64(b.Rooms[r.Region].Refused) }),
	}
}

// tableMetrics say how the gateway and the table of its bots stand.
func tableMetrics() []metric {
	row := func(name, help string, of func(region.TableStatus) float64) metric {
		return metric{name, help, gauge, []string{"bot"}, func(s statusAnswer, to emit) {
			for _, b := range s.Bots {
				if b.Table != nil {
					to(of(*b.Table), b.Name)
				}
			}
		}}
	}
	count := func(name, help string, of func(region.TableStatus) uint64) metric {
		m := row(name, help, func(t region.TableStatus) float64 { return float64(of(t)) })
		m.kind = counter
		return m
	}
	return []metric{
		row("lexline_table_reachable", "1 if the last read of the table was answered.", func(t region.TableStatus) float64 { return truth(t.Reachable) }),
		row("lexline_table_read_age_seconds", "Time since the last read that was answered; -1 if there was none.", func(t region.TableStatus) float64 { return t.ReadAge }),
		row("lexline_table_version", "Version of the newest verdict read.", func(t region.TableStatus) float64 { return float64(t.Version) }),
		row("lexline_table_pin_pending", "1 while an order of an operator has yet to reach the table.", func(t region.TableStatus) float64 { return truth(t.PinPending) }),
		count("lexline_table_reads_total", "Reads that were answered.", func(t region.TableStatus) uint64 { return t.Counters.Reads }),
		count("lexline_table_writes_total", "Writes that were made.", func(t region.TableStatus) uint64 { return t.Counters.Writes }),
		count("lexline_table_failures_total", "Reads and writes that failed or were not answered.", func(t region.TableStatus) uint64 { return t.Counters.Failures }),
		count("lexline_table_conflicts_total", "Writes that another gateway was faster with.", func(t region.TableStatus) uint64 { return t.Counters.Conflicts }),
		count("lexline_table_invalid_total", "Items read that had something wrong in them.", func(t region.TableStatus) uint64 { return t.Counters.Invalid }),
		count("lexline_table_stale_total", "Verdicts read that were older than one seen before.", func(t region.TableStatus) uint64 { return t.Counters.Stale }),
		count("lexline_table_skipped_total", "Reads and writes not tried, as the table was still busy with others.", func(t region.TableStatus) uint64 { return t.Skipped }),
	}
}

// truth is 1 or 0, as Prometheus has no other way to say it.
func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
