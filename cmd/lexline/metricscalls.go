package main

import (
	"runtime"
	"slices"

	"lexline/internal/call"
)

// programMetrics say which program runs, since when, and whether it keeps up.
func programMetrics() []metric {
	return []metric{
		{"lexline_build_info", "Which program runs: always 1.", gauge, []string{"version", "go"}, func(s statusAnswer, to emit) {
			to(1, s.Version, runtime.Version())
		}},
		{"lexline_start_time_seconds", "When the gateway started, in seconds since 1970.", gauge, nil, func(s statusAnswer, to emit) {
			to(float64(s.Started.UnixMilli()) / 1000)
		}},
	}
}

// total is a counter without labels.
func total(name, help string, of func(statusAnswer) int64) metric {
	return metric{name, help, counter, nil, func(s statusAnswer, to emit) { to(float64(of(s))) }}
}

// usualEnds are there from the start, as Prometheus sees no increase in a counter that
// begins with its first event (https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics).
var usualEnds = []call.Termination{
	{Result: call.Success, Reason: call.BotClosed},
	{Result: call.CallerEnded, Reason: call.CallerLeft},
	{Result: call.CallerEnded, Reason: call.CallerSilent},
	{Result: call.UpstreamFault, Reason: call.BotFailed},
	{Result: call.PeerFault, Reason: call.LegLost},
	{Result: call.PeerFault, Reason: call.BadPeer},
	{Result: call.ServerFault, Reason: call.Panicked},
	{Result: call.ServerFault, Reason: call.Shutdown},
}

// callMetrics are those of calls: how many, how they end, and what callers met in them.
func callMetrics() []metric {
	return []metric{
		{"lexline_calls_live", "Media streams that are open.", gauge, nil, func(s statusAnswer, to emit) { to(float64(s.Calls.Live)) }},
		{"lexline_calls_greeting", "Calls that are being greeted, whose stream is yet to open.", gauge, nil, func(s statusAnswer, to emit) { to(float64(s.Door.Greeting)) }},
		{"lexline_calls_total", "Media streams opened.", counter, nil, func(s statusAnswer, to emit) { to(float64(s.Calls.Total)) }},
		{"lexline_calls_ended_total", "Media streams that ended, by how.", counter, []string{"result", "reason"}, func(s statusAnswer, to emit) {
			for _, end := range s.Calls.Ends {
				to(float64(end.Calls), string(end.Result), string(end.Reason))
			}
			for _, usual := range usualEnds {
				if !slices.ContainsFunc(s.Calls.Ends, func(end callEnd) bool { return end.Reason == usual.Reason && end.Result == usual.Result }) {
					to(0, string(usual.Result), string(usual.Reason))
				}
			}
		}},
		callCounter("lexline_call_turns_total", "Questions put to the bot, in calls that ended.", func(c callsStatus) int64 { return c.Turns }),
		callCounter("lexline_call_barge_ins_total", "Answers that a caller interrupted.", func(c callsStatus) int64 { return c.BargeIns }),
		callCounter("lexline_call_bot_failures_total", "Turns that the bot failed on.", func(c callsStatus) int64 { return c.BotFailures }),
		callCounter("lexline_call_late_answers_total", "Answers that came when nobody waited for them any more.", func(c callsStatus) int64 { return c.LateAnswers }),
		callCounter("lexline_call_late_marks_total", "Marks that the carrier did not send back in time.", func(c callsStatus) int64 { return c.LateMarks }),
		callCounter("lexline_call_dropped_keys_total", "Keys beyond the limit of a turn.", func(c callsStatus) int64 { return c.DroppedKeys }),
		callCounter("lexline_call_gaps_total", "Holes that a caller heard in an answer.", func(c callsStatus) int64 { return c.Gaps }),
		callCounter("lexline_call_fillers_total", "Times that a caller was asked to wait.", func(c callsStatus) int64 { return c.Fillers }),
		callCounter("lexline_call_apologies_total", "Times that a caller was told that the bot failed.", func(c callsStatus) int64 { return c.Apologies }),
		callCounter("lexline_call_silences_total", "Times that a caller said nothing, and was asked again or given up.", func(c callsStatus) int64 { return c.Silences }),
		callCounter("lexline_call_refused_barge_ins_total", "Times that a caller said too little to interrupt the bot.", func(c callsStatus) int64 { return c.RefusedBargeIns }),
		callCounter("lexline_call_far_drops_total", "Times that the echo of what a caller was played was lost track of.", func(c callsStatus) int64 { return c.FarDrops }),
	}
}

func callCounter(name, help string, of func(callsStatus) int64) metric {
	return total(name, help, func(s statusAnswer) int64 { return of(s.Calls) })
}
