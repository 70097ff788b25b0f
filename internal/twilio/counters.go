package twilio

import "sync"

// Counters is what a Door has counted since it was made. Streams still running
// report about once a second; the numbers are exact once they have ended.
type Counters struct {
	Webhooks           int64 `json:"webhooks"`            // POST /twiml answered with what its line says
	Resumes            int64 `json:"resumes"`             // calls reconnected after their stream was lost
	RejectedSignatures int64 `json:"rejected_signatures"` // webhooks and handshakes whose signature was not Twilio's
	RejectedTokens     int64 `json:"rejected_tokens"`     // handshakes with a wrong, old or used token
	RejectedAccounts   int64 `json:"rejected_accounts"`   // webhooks of another account than ours
	RejectedRequests   int64 `json:"rejected_requests"`   // requests refused for their form, size or method
	RejectedCalls      int64 `json:"rejected_calls"`      // calls refused because no line has their number, or all are busy
	Busy               int64 `json:"busy"`                // of them, those for which all lines were busy
	TurnedAway         int64 `json:"turned_away"`         // calls answered with 503 because we are shutting down
	GivenUp            int64 `json:"given_up"`            // calls hung up because they kept losing their stream
	Outbound           int64 `json:"outbound"`            // of Webhooks, those of calls that were placed by the API
	Machines           int64 `json:"machines"`            // calls that a machine answered, and that were hung up on
	NotesFailed        int64 `json:"notes_failed"`        // notes about calls that could not be left for other instances, or read

	Transfers           int64 `json:"transfers"`            // calls handed over to a target
	TransfersAnswered   int64 `json:"transfers_answered"`   // targets, the following ones included, that talked to the caller
	TransfersBusy       int64 `json:"transfers_busy"`       // targets that were busy
	TransfersUnanswered int64 `json:"transfers_unanswered"` // targets that did not answer
	TransfersFailed     int64 `json:"transfers_failed"`     // targets that could not be reached
	Returned            int64 `json:"returned"`             // callers who are back with the bot because nobody answered
	Redirects           int64 `json:"redirects"`            // calls sent on to other TwiML
	Whispers            int64 `json:"whispers"`             // times that a target was told what a call is about

	// POST /status-callback, of calls that are over, by their CallStatus.
	EndedCompleted int64 `json:"ended_completed"`
	EndedBusy      int64 `json:"ended_busy"`
	EndedNoAnswer  int64 `json:"ended_no_answer"`
	EndedFailed    int64 `json:"ended_failed"`
	EndedCanceled  int64 `json:"ended_canceled"`

	Updates        int64 `json:"updates"`         // calls that Twilio was told to go on with other instructions
	UpdatesFailed  int64 `json:"updates_failed"`  // of them, those that Twilio did not take
	UpdatesSkipped int64 `json:"updates_skipped"` // updates that gave way to a later one before they were sent
	WordsFetched   int64 `json:"words_fetched"`   // POST /updatecall answered with words

	Streams       int64 `json:"streams"`        // websockets opened
	LiveStreams   int64 `json:"live_streams"`   // of them, open now
	Greeting      int64 `json:"greeting"`       // calls being greeted now, whose stream is yet to open
	Suspected     int64 `json:"suspected"`      // times that no audio came for so long that a stream was suspected to be lost
	StartFailures int64 `json:"start_failures"` // streams whose start message was late or wrong
	LostStreams   int64 `json:"lost_streams"`   // streams that broke or went silent
	BrokenStreams int64 `json:"broken_streams"` // streams sent away for breaking a protocol
	Replaced      int64 `json:"replaced"`       // streams ended because a newer one of the same call opened
	Panics        int64 `json:"panics"`         // calls that ended in a fault of our own

	MediaMessages  int64 `json:"media_messages"`  // well-formed media messages of the caller's track
	OtherTrack     int64 `json:"other_track"`     // media messages of another track, ignored
	BadMessages    int64 `json:"bad_messages"`    // messages dropped because they could not be understood
	UnknownEvents  int64 `json:"unknown_events"`  // messages of an unknown kind, ignored
	BinaryMessages int64 `json:"binary_messages"` // binary messages, ignored
	AfterStop      int64 `json:"after_stop"`      // messages after stop or while closing, ignored
	ForeignMarks   int64 `json:"foreign_marks"`   // returned marks that we did not send, ignored
	Duplicates     int64 `json:"duplicates"`      // media messages that came twice or too late, dropped
	Reordered      int64 `json:"reordered"`       // media messages that came early and were put in order
	Gaps           int64 `json:"gaps"`            // media messages that never came, replaced by silence
	EarlyDropped   int64 `json:"early_dropped"`   // bytes of audio dropped because they came long before start
	Frames         int64 `json:"frames"`          // 20 ms frames handed to calls
	Wakes          int64 `json:"wakes"`           // times a silent leg was woken
	SentMessages   int64 `json:"sent_messages"`   // messages sent to the carrier
}

// add adds d to c, field by field.
func (c *Counters) add(d *Counters) {
	c.Webhooks += d.Webhooks
	c.Resumes += d.Resumes
	c.RejectedSignatures += d.RejectedSignatures
	c.RejectedTokens += d.RejectedTokens
	c.RejectedAccounts += d.RejectedAccounts
	c.RejectedRequests += d.RejectedRequests
	c.RejectedCalls += d.RejectedCalls
	c.Busy += d.Busy
	c.TurnedAway += d.TurnedAway
	c.GivenUp += d.GivenUp
	c.NotesFailed += d.NotesFailed
	c.Transfers += d.Transfers
	c.TransfersAnswered += d.TransfersAnswered
	c.TransfersBusy += d.TransfersBusy
	c.TransfersUnanswered += d.TransfersUnanswered
	c.TransfersFailed += d.TransfersFailed
	c.Returned += d.Returned
	c.Redirects += d.Redirects
	c.Whispers += d.Whispers
	c.Updates += d.Updates
	c.UpdatesFailed += d.UpdatesFailed
	c.UpdatesSkipped += d.UpdatesSkipped
	c.WordsFetched += d.WordsFetched
	c.Outbound += d.Outbound
	c.Machines += d.Machines
	c.EndedCompleted += d.EndedCompleted
	c.EndedBusy += d.EndedBusy
	c.EndedNoAnswer += d.EndedNoAnswer
	c.EndedFailed += d.EndedFailed
	c.EndedCanceled += d.EndedCanceled
	c.Streams += d.Streams
	c.LiveStreams += d.LiveStreams
	c.Greeting += d.Greeting
	c.Suspected += d.Suspected
	c.StartFailures += d.StartFailures
	c.LostStreams += d.LostStreams
	c.BrokenStreams += d.BrokenStreams
	c.Replaced += d.Replaced
	c.Panics += d.Panics
	c.MediaMessages += d.MediaMessages
	c.OtherTrack += d.OtherTrack
	c.BadMessages += d.BadMessages
	c.UnknownEvents += d.UnknownEvents
	c.BinaryMessages += d.BinaryMessages
	c.AfterStop += d.AfterStop
	c.ForeignMarks += d.ForeignMarks
	c.Duplicates += d.Duplicates
	c.Reordered += d.Reordered
	c.Gaps += d.Gaps
	c.EarlyDropped += d.EarlyDropped
	c.Frames += d.Frames
	c.Wakes += d.Wakes
	c.SentMessages += d.SentMessages
}

// tally is a Counters for several goroutines. A leg counts in a plain Counters
// of its own and adds it here now and then.
type tally struct {
	mu  sync.Mutex
	sum Counters
}

func (t *tally) add(d Counters) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.add(&d)
}

func (t *tally) snapshot() Counters {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum
}
