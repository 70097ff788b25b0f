package region

import "time"

// EventKind tells the events of a judge apart.
type EventKind uint8

// The events of a judge.
const (
	Tick     EventKind = iota // time has passed
	Outcome                   // an attempt of a caller's turn came to its end
	Probed                    // a probe came to its end
	LostRace                  // an attempt was overtaken by its hedge: half a failure, as it was late but might have answered
	PinSet                    // an operator pinned Region for For
	PinEnded                  // an operator took the pin away
	Peers                     // what other gateways say of Region, from the table
	Advice                    // where the table sends new calls: Region, for Why. For a judge that has no evidence of its own yet
)

// Event is one thing that a judge is told. Fields that a kind does not name are zero.
type Event struct {
	Kind   EventKind
	Region string        // all but Tick and PinEnded
	Class  Class         // Outcome, Probed: None for a good one
	Deep   bool          // Probed: it asked the bot something; else it only opened a session
	Began  time.Duration // Outcome, Probed, LostRace: when the attempt or probe was sent
	Took   time.Duration // Outcome, Probed, if good: from the end of the utterance, or of the probe's request, to the answer
	Turn   uint64        // Outcome, LostRace: which turn of which call, so that failures that follow one utterance are known; 0 for none

	For   time.Duration // PinSet
	Until time.Time     // PinSet: its end by the clock of who set it, for people; zero if not said
	By    string        // PinSet, PinEnded: who
	Why   string        // PinSet: their reason

	Up, DownVotes int // Peers: gateways with a fresh opinion that hold Region up, and down
}

// ActionKind tells the actions of a judge apart.
type ActionKind uint8

// The actions of a judge.
const (
	Probe   ActionKind = iota // probe Region, deep or not
	Changed                   // the verdict on Region changed from From to To, for Why
	Moved                     // the active region, where new calls go, changed from From to To (names of regions), for Why
	Panics                    // every region looks dead: none is taken out; To is "begin" or "end"
	Doubts                    // only this gateway sees Region down: To is "begin" or "end"
	Pinned                    // a pin was set (To = Region) or ended (To = "")
)

// Action is one thing that a judge wants done or known.
type Action struct {
	Kind     ActionKind
	Region   string
	Deep     bool // Probe
	From, To string
	Why      string
}
