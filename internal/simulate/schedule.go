package simulate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// FaultKind is a way in which a region is not well.
type FaultKind uint8

// The kinds of faults.
const (
	Errors    FaultKind = iota // answers 5xx at once, to a share of the requests
	Hang                       // takes requests and never answers
	BlackHole                  // new connections fail after 0.5 s, open ones fall silent
	Gone                       // 404: the alias is deleted
	Slow                       // answers take several times as long
	Throttle                   // 429 to what is above a quota of requests at a time
	Cut                        // does what it is asked, and the answer breaks off
	Reset                      // breaks connections at any moment, before or after the work is done
	BotFails                   // 424: what is behind the bot fails
)

var faultNames = [...]string{"errors", "hang", "black hole", "gone", "slow", "throttle", "cut", "reset", "bot fails"}

func (k FaultKind) String() string { return faultNames[k] }

// Fault is one fault of one region, from a time to another.
type Fault struct {
	Region   int
	Kind     FaultKind
	From, To time.Duration
	Share    float64 // of the requests that it meets; Slow: the factor
	Quota    int     // Throttle
	Only     int     // one gateway's number, from 1, if the network is to blame and others do not see it; 0 for all
}

// met reports whether a gateway sees the fault.
func (f Fault) met(gateway int) bool {
	return f.Only == 0 || f.Only == gateway+1 || gateway == anyGateway
}

// anyGateway stands for whichever gateway sees a fault.
const anyGateway = -1

// dead reports whether nothing can be answered during the fault, and everybody
// who asks can tell.
func (f Fault) dead() bool {
	switch f.Kind {
	case Hang, BlackHole, Gone:
		return true
	case Errors:
		return f.Share >= 1
	}
	return false
}

// blames reports whether the fault gives a judge reason to take the region out.
func (f Fault) blames() bool { return f.Kind != Throttle && f.Kind != BotFails }

// Call is one caller with what they want.
type Call struct {
	At      time.Duration
	Gateway int
	Orders  int
	Slots   int  // of each order
	Confirm bool // the bot asks before it places an order; else the last slot places it
	Poison  int  // number of the utterance that no region can bear; -1 for none
	Leaves  time.Duration
}

// PinFor is an operator who pins a region.
type PinFor struct {
	At, For time.Duration
	Region  int
	Ended   time.Duration // when they take it away; 0 for never
}

// Outage is a time in which the table is not well.
type Outage struct {
	From, To time.Duration
	Kind     OutageKind
}

// OutageKind is a way in which the table is not well.
type OutageKind uint8

// The kinds of outages.
const (
	TableDown    OutageKind = iota // every read and write fails
	TableStale                     // reads are some seconds old
	TableLate                      // writes are made up to 30 s after they were decided
	TableGarbage                   // somebody else writes nonsense
)

var outageNames = [...]string{"down", "stale", "late", "garbage"}

func (k OutageKind) String() string { return outageNames[k] }

// Schedule is one scenario.
type Schedule struct {
	Seed     uint64
	Shape    string // what it was drawn as
	Length   time.Duration
	Gateways int
	Regions  int
	Hook     bool // orders are placed exactly once however often they are asked for
	Quota    int  // of our own limiters; 0 for none
	Picky    int  // region whose bot is of an older version and refuses carried state at first; -1 for none
	Noise    float64
	Faults   []Fault
	Calls    []Call
	Pins     []PinFor
	Outages  []Outage
	Restarts []Restart
}

// Restart is the moment when a gateway forgets what it knew of the regions.
type Restart struct {
	At      time.Duration
	Gateway int
}

// draw makes the scenario of a seed: of any kind, or one in which a rule matters.
// Of any kind means that some are shaped for a rule too.
func draw(seed uint64, random *rand.Rand, rule *Rule) Schedule {
	s := general(random)
	s.Seed = seed
	if rule == nil && random.IntN(100) < 12 {
		rule = &rules[random.IntN(len(rules))]
	}
	if rule != nil {
		s.Shape = rule.Name
		rule.shape(&s, random)
		for i := range s.Calls {
			s.Calls[i].Gateway %= s.Gateways
		}
	}
	s.settle()
	return s
}

// settle puts the faults of each region in order, one at a time.
func (s *Schedule) settle() {
	slices.SortStableFunc(s.Faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.From, b.From))
	})
	kept := s.Faults[:0]
	for _, f := range s.Faults {
		if n := len(kept); n > 0 && kept[n-1].Region == f.Region && f.From < kept[n-1].To {
			f.From = kept[n-1].To
		}
		if f.From < f.To && f.Region < s.Regions {
			kept = append(kept, f)
		}
	}
	s.Faults = kept
}

// general draws a scenario of any kind.
func general(random *rand.Rand) Schedule {
	s := Schedule{
		Shape:    "general",
		Length:   between(random, 40*time.Second, 150*time.Second),
		Gateways: 1 + random.IntN(2)*random.IntN(4),
		Regions:  2 + random.IntN(8)/6,
		Hook:     random.IntN(4) > 0,
		Picky:    -1,
		Noise:    0.002,
	}
	if random.IntN(25) == 0 {
		s.Length = between(random, 5*time.Minute, 12*time.Minute)
	}
	if random.IntN(10) == 0 {
		s.Quota = 3 + random.IntN(8)
	}
	if random.IntN(20) == 0 {
		s.Picky = random.IntN(s.Regions)
	}
	for range random.IntN(4) {
		s.addFault(random)
	}
	if random.IntN(12) == 0 {
		s.flap(random, random.IntN(s.Regions))
	}
	calls := 1 + random.IntN(10)
	if random.IntN(10) == 0 {
		calls *= 2
	}
	for range calls {
		s.addCall(random)
	}
	if random.IntN(8) == 0 {
		at := between(random, 0, s.Length)
		s.Pins = append(s.Pins, PinFor{At: at, For: between(random, 5*time.Second, s.Length), Region: random.IntN(s.Regions)})
		if random.IntN(2) == 0 {
			s.Pins[0].Ended = at + between(random, time.Second, s.Length)
		}
	}
	for range random.IntN(3) {
		from := between(random, 0, s.Length)
		s.Outages = append(s.Outages, Outage{From: from, To: from + between(random, 5*time.Second, time.Minute), Kind: OutageKind(random.IntN(len(outageNames)))})
	}
	if random.IntN(10) == 0 {
		s.Restarts = append(s.Restarts, Restart{At: between(random, 0, s.Length), Gateway: random.IntN(s.Gateways)})
	}
	return s
}

// addFault adds any fault.
func (s *Schedule) addFault(random *rand.Rand) {
	f := Fault{Region: random.IntN(s.Regions), Kind: FaultKind(random.IntN(len(faultNames))), Share: 1}
	if random.IntN(2) == 0 {
		f.Region = 0 // where the calls are
	}
	f.From = between(random, 0, s.Length)
	f.To = f.From + between(random, 500*time.Millisecond, s.Length/2)
	switch f.Kind {
	case Errors, Reset, Cut, BotFails:
		if random.IntN(2) == 0 {
			f.Share = 0.05 + 0.9*random.Float64()
		}
	case Slow:
		f.Share = 2 + 6*random.Float64()
	case Throttle:
		f.Quota = random.IntN(5)
	case BlackHole, Hang:
		if random.IntN(3) == 0 {
			f.Only = 1 + random.IntN(s.Gateways)
		}
	}
	s.Faults = append(s.Faults, f)
}

// flap lets a region come and go.
func (s *Schedule) flap(random *rand.Rand, region int) {
	up, down := between(random, time.Second, 30*time.Second), between(random, time.Second, 30*time.Second)
	kind := FaultKind(random.IntN(4)) // one of the dead ones
	for at := between(random, 0, up); at < s.Length; at += up + down {
		s.Faults = append(s.Faults, Fault{Region: region, Kind: kind, Share: 1, From: at, To: at + down})
	}
}

// addCall adds a caller.
func (s *Schedule) addCall(random *rand.Rand) {
	c := Call{
		At:      between(random, 0, s.Length),
		Gateway: random.IntN(s.Gateways),
		Orders:  1 + random.IntN(3),
		Slots:   1 + random.IntN(5),
		Confirm: random.IntN(4) > 0,
		Poison:  -1,
	}
	if random.IntN(40) == 0 {
		c.Poison = random.IntN(8)
	}
	if random.IntN(30) == 0 {
		c.Leaves = between(random, time.Second, time.Minute)
	}
	s.Calls = append(s.Calls, c)
}
