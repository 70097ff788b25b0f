package drill

import "time"

// History is all that the oracle knows of a run: what each party saw. Times of
// all parties come from one machine's clock.
type History struct {
	Seed         uint64
	Began, Ended time.Time
	// Planned is how long the run was to take. Interrupted says that somebody ended
	// it before, so that Ended is earlier and some faults are missing.
	Planned     time.Duration
	Interrupted bool
	Regions     []string // in the order of preference
	Faults      []Fault  // as they happened, by time
	Calls       []Call   // by number
	Requests    []Request
	Attempts    []Attempt // as the gateway tells
	Ledger      []Placed
	Verdicts    []Verdict // changes, by time
	// HasClips says that the regions told which recordings reached them; without
	// it nothing is known about lost parts of utterances.
	HasClips bool
	// HasLedger says that the hook's ledger is known; without it nothing is known
	// about orders.
	HasLedger bool
}

// Fault is one fault as it happened.
type Fault struct {
	Kind     Kind      `json:"kind"`
	Regions  []string  `json:"regions"`
	From, To time.Time // To is zero when it was not ended before the run was
}

// Call is one telephone call as its caller knows it.
type Call struct {
	Number       int
	Lane         int // of the callers who call one after the other, from 0
	SID          string
	Region       string // of the gateway that was called, where that was chosen; else empty
	Order        Order
	Began, Ended time.Time
	End          End
	Text         string // about the end
	Turns        []Turn
	LateMS       int64 // how late the phone was at the worst
}

// End says how a call ended.
type End string

// Ends of calls.
const (
	EndDone    End = "done"     // the script was done
	EndDropped End = "dropped"  // the other side ended it before
	EndGaveUp  End = "gave_up"  // the caller waited for an answer in vain
	EndStopped End = "stopped"  // the drill ended it
	EndFaulty  End = "protocol" // done, but the other side broke the protocol
)

// Turn is something that a caller said, and what they heard then.
type Turn struct {
	Number int // from 1 on
	Kind   Question
	Clip   string
	Began  time.Time // first frame with speech
	Said   time.Time // end of the last one
	// Answer is when the first sample of the answer was heard: not of a filler
	// and not of an apology. Zero when none was.
	Answer  time.Time
	Answers int // stretches of answer, apart by more than a sentence's pause
	// Heard is how long sound was heard in all of them, pauses excluded.
	Heard time.Duration
	// Fillers and Apologies were heard before the answer, or in its place.
	Fillers, Apologies int
	// Silence is the longest time without a sound from the end of the words to
	// the answer, or to the end of the call.
	Silence time.Duration
	Repeats bool // it repeats the turn before, which was answered with an apology
}

// Request is a line of a region's log.
type Request struct {
	Time     time.Time
	Region   string
	Op       string
	Session  string // the call's SID
	Turn     int    // as the gateway numbered it; 0 when it did not say
	Clips    map[string]float64
	AudioMS  int64 // of the caller
	AnswerMS int64 // the bot's voice
	Status   int
	Error    string
	Fault    string // injected
	Intent   string
	State    string
	Slots    map[string]string
}

// Attempt is what the gateway says of one attempt to get an answer to a turn.
type Attempt struct {
	Time   time.Time
	Call   string // SID
	Turn   int    // as the gateway numbers it
	Region string
	What   Outcome
}

// Outcome is what came of an attempt.
type Outcome string

// Outcomes.
const (
	Answered Outcome = "answered" // the caller heard this answer
	Failed   Outcome = "failed"
	Again    Outcome = "again" // no outcome: a further attempt was begun
)

// Placed is a line of the hook's ledger: an order that was carried out.
type Placed struct {
	Time    time.Time
	Key     string
	Session string
	Slots   map[string]string
}

// Verdict is what the gateway thinks of a region, from a time on.
type Verdict struct {
	Time   time.Time `json:"time"`
	Region string    `json:"region"`
	State  string    `json:"state"`
}
