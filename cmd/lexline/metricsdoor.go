package main

import "lexline/internal/twilio"

// labelled is what a counter has counted for one value of its label.
type labelled[C any] struct {
	value string
	of    func(C) int64
}

// byLabel is a metric with one of the counts of some part for each value of its label.
func byLabel[C any](name, help, label string, part func(statusAnswer) C, values []labelled[C]) metric {
	return metric{name, help, counter, []string{label}, func(s statusAnswer, to emit) {
		for _, v := range values {
			to(float64(v.of(part(s))), v.value)
		}
	}}
}

func theDoor(s statusAnswer) twilio.Counters { return s.Door }

// doorMetrics are those of the carrier's requests and streams, and of what was
// not let in.
func doorMetrics() []metric {
	door := func(of func(twilio.Counters) int64) func(statusAnswer) int64 {
		return func(s statusAnswer) int64 { return of(s.Door) }
	}
	return []metric{
		total("lexline_door_webhooks_total", "Incoming calls that were answered with what their line says.", door(func(c twilio.Counters) int64 { return c.Webhooks })),
		total("lexline_door_resumes_total", "Callers reconnected after their stream was lost.", door(func(c twilio.Counters) int64 { return c.Resumes })),
		byLabel("lexline_door_rejected_total", "Requests that were not let in, by what was wrong.", "cause", theDoor, []labelled[twilio.Counters]{
			{"signature", func(c twilio.Counters) int64 { return c.RejectedSignatures }},
			{"token", func(c twilio.Counters) int64 { return c.RejectedTokens }},
			{"account", func(c twilio.Counters) int64 { return c.RejectedAccounts }},
			{"request", func(c twilio.Counters) int64 { return c.RejectedRequests }},
			{"busy", func(c twilio.Counters) int64 { return c.Busy }},
			{"number", func(c twilio.Counters) int64 { return c.RejectedCalls - c.Busy }},
			{"stopping", func(c twilio.Counters) int64 { return c.TurnedAway }},
		}),
		byLabel("lexline_door_streams_cut_total", "Streams that ended in another way than by the caller or the call, by what happened.", "cause", theDoor, []labelled[twilio.Counters]{
			{"not_started", func(c twilio.Counters) int64 { return c.StartFailures }},
			{"lost", func(c twilio.Counters) int64 { return c.LostStreams }},
			{"broken", func(c twilio.Counters) int64 { return c.BrokenStreams }},
			{"replaced", func(c twilio.Counters) int64 { return c.Replaced }},
			{"panic", func(c twilio.Counters) int64 { return c.Panics }},
		}),
		total("lexline_door_suspected_total", "Times that no audio came for so long that a stream was suspected to be lost.", door(func(c twilio.Counters) int64 { return c.Suspected })),
		total("lexline_door_given_up_total", "Calls hung up because they kept losing their stream.", door(func(c twilio.Counters) int64 { return c.GivenUp })),
	}
}

// apiMetrics are those of calls that were placed by the carrier's API, and of lines
// whose calls it is told to go on with other instructions.
func apiMetrics() []metric {
	return []metric{
		total("lexline_outbound_calls_total", "Calls that were placed by the carrier's API, and answered.", func(s statusAnswer) int64 { return s.Door.Outbound }),
		total("lexline_outbound_machines_total", "Calls that a machine answered, and that were hung up on.", func(s statusAnswer) int64 { return s.Door.Machines }),
		byLabel("lexline_outbound_ended_total", "Calls that the carrier says are over, by its word for how.", "status", theDoor, []labelled[twilio.Counters]{
			{"completed", func(c twilio.Counters) int64 { return c.EndedCompleted }},
			{"busy", func(c twilio.Counters) int64 { return c.EndedBusy }},
			{"no_answer", func(c twilio.Counters) int64 { return c.EndedNoAnswer }},
			{"failed", func(c twilio.Counters) int64 { return c.EndedFailed }},
			{"canceled", func(c twilio.Counters) int64 { return c.EndedCanceled }},
		}),
		total("lexline_updates_total", "Answers that the carrier was told to say by a call update.", func(s statusAnswer) int64 { return s.Door.Updates }),
		total("lexline_updates_failed_total", "Call updates that the carrier did not take.", func(s statusAnswer) int64 { return s.Door.UpdatesFailed }),
		total("lexline_updates_fetched_total", "Answers that the carrier came for.", func(s statusAnswer) int64 { return s.Door.WordsFetched }),
	}
}

// handoverMetrics are those of callers who are handed over or sent on.
func handoverMetrics() []metric {
	return []metric{
		total("lexline_transfers_total", "Calls handed over to a target.", func(s statusAnswer) int64 { return s.Door.Transfers }),
		byLabel("lexline_transfers_ended_total", "Targets that were dialled, those that follow others included, by what became of it.", "outcome", theDoor, []labelled[twilio.Counters]{
			{"answered", func(c twilio.Counters) int64 { return c.TransfersAnswered }},
			{"busy", func(c twilio.Counters) int64 { return c.TransfersBusy }},
			{"no_answer", func(c twilio.Counters) int64 { return c.TransfersUnanswered }},
			{"failed", func(c twilio.Counters) int64 { return c.TransfersFailed }},
		}),
		total("lexline_transfers_returned_total", "Callers who are back with the bot, as nobody took their call.", func(s statusAnswer) int64 { return s.Door.Returned }),
		total("lexline_transfers_whispers_total", "Times that a target was told what a call is about.", func(s statusAnswer) int64 { return s.Door.Whispers }),
		total("lexline_redirects_total", "Calls sent on to other instructions.", func(s statusAnswer) int64 { return s.Door.Redirects }),
		total("lexline_call_notes_failed_total", "Notes about calls that could not be left for other gateways, or read.", func(s statusAnswer) int64 { return s.Door.NotesFailed }),
	}
}

// mediaMetrics are those of the messages on the streams. Streams report once a second.
func mediaMetrics() []metric {
	return []metric{
		byLabel("lexline_media_messages_total", "Messages on media streams: media of the caller received, and everything sent.", "direction", theDoor, []labelled[twilio.Counters]{
			{"received", func(c twilio.Counters) int64 { return c.MediaMessages }},
			{"sent", func(c twilio.Counters) int64 { return c.SentMessages }},
		}),
		total("lexline_media_frames_total", "Frames of 20 ms handed to calls.", func(s statusAnswer) int64 { return s.Door.Frames }),
		total("lexline_media_reordered_total", "Media messages that came early and were put in order.", func(s statusAnswer) int64 { return s.Door.Reordered }),
		total("lexline_media_gaps_total", "Media messages that never came and were replaced by silence.", func(s statusAnswer) int64 { return s.Door.Gaps }),
		total("lexline_media_wakes_total", "Times that a stream on which nothing came was looked after.", func(s statusAnswer) int64 { return s.Door.Wakes }),
		byLabel("lexline_media_ignored_total", "Messages that were not used, by what they were.", "kind", theDoor, []labelled[twilio.Counters]{
			{"bad", func(c twilio.Counters) int64 { return c.BadMessages }},
			{"duplicate", func(c twilio.Counters) int64 { return c.Duplicates }},
			{"other_track", func(c twilio.Counters) int64 { return c.OtherTrack }},
			{"unknown", func(c twilio.Counters) int64 { return c.UnknownEvents }},
			{"binary", func(c twilio.Counters) int64 { return c.BinaryMessages }},
			{"after_stop", func(c twilio.Counters) int64 { return c.AfterStop }},
			{"foreign_mark", func(c twilio.Counters) int64 { return c.ForeignMarks }},
		}),
	}
}

// restMetrics are those of the carrier's API. No caller waits for it.
func restMetrics() []metric {
	return []metric{
		total("lexline_rest_requests_total", "Requests to the carrier's API.", func(s statusAnswer) int64 { return s.REST.Requests }),
		total("lexline_rest_retries_total", "Attempts after the first of a request.", func(s statusAnswer) int64 { return s.REST.Retries }),
		total("lexline_rest_refused_retries_total", "Attempts not made because the budget for them was used up.", func(s statusAnswer) int64 { return s.REST.RefusedRetries }),
		byLabel("lexline_rest_failures_total", "Requests that were given up, by how their last attempt ended.", "cause",
			func(s statusAnswer) twilio.RESTCounters { return s.REST }, []labelled[twilio.RESTCounters]{
				{"refused", func(c twilio.RESTCounters) int64 { return c.Refused }},
				{"throttled", func(c twilio.RESTCounters) int64 { return c.Throttled }},
				{"broken", func(c twilio.RESTCounters) int64 { return c.Broken }},
				{"unreachable", func(c twilio.RESTCounters) int64 { return c.Unreachable }},
				{"timed_out", func(c twilio.RESTCounters) int64 { return c.TimedOut }},
				{"unreadable", func(c twilio.RESTCounters) int64 { return c.Unreadable }},
			}),
	}
}
