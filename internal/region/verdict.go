package region

import "time"

// State is what a judge holds of a region.
type State string

// The states. A pin is laid over the verdict and does not change what the
// evidence says: see View.Pinned.
const (
	Healthy    State = "healthy"    // nothing speaks against it
	Suspect    State = "suspect"    // there are failures, not enough to take it out: turns that can go elsewhere do
	Down       State = "down"       // taken out: no call is sent there
	Recovering State = "recovering" // back, and given new calls little by little
)

// Verdict is what a judge says of one region, for people as well.
type Verdict struct {
	Region string
	State  State
	Since  time.Duration // when it came into this state
	Why    string        // the evidence for it in plain words, such as "5 turns in a row failed: soft"
	// Hold is how long it must be without fault before it is given calls again,
	// counted from its first good deep probe; only when Down.
	Hold time.Duration
	// Relapses in a row: how often it fell again soon after it had come back.
	Relapses int
}

// Condition is what the planner of a turn is told of one region.
type Condition struct {
	Name  string
	State State
	// Ejected regions get no attempts, whatever else fails; a pin overrules it.
	// No region is Ejected while every region looks dead.
	Ejected bool
	// Throttled regions refused for load lately: no hedges go anywhere meanwhile.
	Throttled bool
	// Full regions have no room left in our own limit of requests at a time. The
	// judge leaves it false: who holds the limiter sets it.
	Full bool
	// Slow is the 95th percentile of the region's own times to answer, from the
	// end of the utterance; 0 while too little is known.
	Slow time.Duration
}

// View is all the regions of a bot at one moment, in the order of the
// configuration: the first is home, where calls go when nothing speaks against it.
type View struct {
	Regions []Condition
	Pinned  string // the region that an operator has pinned; empty for none
	Panic   bool   // every region looks dead
}

// Of returns the condition of the region of that name, and whether there is one.
func (v View) Of(name string) (Condition, bool) {
	for _, c := range v.Regions {
		if c.Name == name {
			return c, true
		}
	}
	return Condition{}, false
}
