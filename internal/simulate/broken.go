package simulate

import (
	"math/rand/v2"
	"time"

	"lexline/internal/region"
)

// Rule is one rule of the core that can be broken on purpose, to prove that the
// oracle notices.
type Rule struct {
	Name   string // as on the command line
	Says   string // what is done when it is broken
	broken region.Broken
	newKey bool
	shape  func(*Schedule, *rand.Rand) // makes a schedule in which the rule matters
}

// Rules returns the rules that can be broken.
func Rules() []Rule { return append([]Rule(nil), rules...) }

// Run plays a schedule with the rule broken: one of any kind, or a directed one,
// in which the rule matters.
func (r Rule) Run(seed uint64, directed bool, o Options) Result {
	o.broken, o.newKey = r.broken, r.newKey
	if directed {
		o.shape = &r
	}
	return Run(seed, o)
}

var rules []Rule

func init() { // not in the declaration, as schedules of any kind are drawn from their shapes too
	rules = []Rule{
		{
			Name: "hold-never-doubles", Says: "a region that fell again comes back as soon as at first",
			broken: region.Broken{HoldNeverDoubles: true}, shape: fallsAgain,
		},
		{
			Name: "last-attempt-ejected", Says: "the last attempt of a turn may go to a region that was taken out",
			broken: region.Broken{LastAttemptEjected: true}, shape: oneOutOtherIll,
		},
		{
			Name: "late-failures-relapse", Says: "failures of attempts from before a region was taken out count as its relapse",
			broken: region.Broken{LateFailuresRelapse: true}, shape: diesUnderLoad,
		},
		{
			Name: "stale-write-wins", Says: "the table is written without looking at its version",
			broken: region.Broken{StaleWriteWins: true}, shape: lateWrites,
		},
		{
			Name: "hedge-committing", Says: "turns that place orders are hedged and repeated like others",
			broken: region.Broken{HedgeCommitting: true}, shape: slowOrders,
		},
		{
			Name: "probe-by-text", Says: "probes are judged by the words of the answer",
			broken: region.Broken{ProbeByText: true}, shape: allWell,
		},
		{
			Name: "no-panic", Says: "every region may be taken out at once",
			broken: region.Broken{NoPanic: true}, shape: allDead,
		},
		{
			Name: "throttle-ejects", Says: "a region that throttles is taken out",
			broken: region.Broken{ThrottleEjects: true}, shape: throttles,
		},
		{
			Name: "replay-without-state", Says: "an attempt in another region does not carry the session's state",
			broken: region.Broken{ReplayWithoutState: true}, shape: diesUnderLoad,
		},
		{
			Name: "accept-lower-turn", Says: "an answer to an earlier turn is taken after a later one",
			broken: region.Broken{AcceptLowerTurn: true}, shape: slowOrders,
		},
		{
			Name: "live-half-open", Says: "a region whose hold is over is tried with callers' turns",
			broken: region.Broken{LiveHalfOpen: true}, shape: deadForLong,
		},
		{
			Name: "pin-ignored", Says: "a pin moves nothing",
			broken: region.Broken{PinIgnored: true}, shape: pinned,
		},
		{
			Name: "new-key-on-repeat", Says: "what a caller repeats after a turn was given up gets a new key",
			newKey: true, shape: answersCut,
		},
	}
}

// quiet takes everything out of a schedule but its calls.
func (s *Schedule) quiet() {
	s.Faults, s.Pins, s.Outages, s.Restarts = nil, nil, nil, nil
	s.Quota, s.Picky, s.Regions = 0, -1, 2
}

// fault adds a fault of every request that meets it, in seconds.
func (s *Schedule) fault(random *rand.Rand, i int, from, to float64, kinds ...FaultKind) {
	s.Faults = append(s.Faults, Fault{
		Region: i, Kind: kinds[random.IntN(len(kinds))], Share: 1,
		From: time.Duration(from * float64(time.Second)), To: time.Duration(to * float64(time.Second)),
	})
}

// callers replaces the calls by some that all come early.
func (s *Schedule) callers(random *rand.Rand, n int) {
	s.Calls = nil
	for range n {
		s.addCall(random)
		c := &s.Calls[len(s.Calls)-1]
		c.At, c.Orders, c.Leaves, c.Poison = between(random, 0, 15*time.Second), 3, 0, -1
	}
}

func fallsAgain(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Length, s.Gateways = 330*time.Second, 1
	s.callers(random, 2)
	s.fault(random, 0, 20, 40, Errors, Hang, Gone)
	s.fault(random, 0, 140, 165, Errors, Hang, Gone)
}

func oneOutOtherIll(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length = 1, 80*time.Second
	s.callers(random, 8)
	s.fault(random, 1, 5, 25, Errors, Gone)
	s.fault(random, 0, 28, 60, Errors, Reset, Cut)
	s.Faults[1].Share = 0.3 + 0.4*random.Float64()
}

func diesUnderLoad(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length = 1, 60*time.Second
	s.callers(random, 12)
	s.fault(random, 0, 20, 45, Hang, BlackHole, Reset)
}

func lateWrites(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length = 3, 150*time.Second
	for i := range s.Calls {
		s.Calls[i].Gateway %= 3
	}
	s.fault(random, 0, 20, 60, Errors, Hang)
	s.Outages = []Outage{{0, s.Length, TableLate}, {30 * time.Second, 60 * time.Second, TableStale}}
}

func slowOrders(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length = 1, 60*time.Second
	s.callers(random, 8)
	for i := range s.Calls {
		s.Calls[i].Slots = 1 + i%2
	}
	s.fault(random, 0, 10, 50, Slow)
	s.Faults[0].Share = 3
}

func allWell(s *Schedule, _ *rand.Rand) {
	s.quiet()
	s.Length = 60 * time.Second
}

func allDead(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Length = 60 * time.Second
	s.fault(random, 0, 10, 40, Errors, Hang, BlackHole, Gone)
	s.fault(random, 1, 15, 35, Errors, Hang, BlackHole, Gone)
}

func throttles(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length = 1, 60*time.Second
	s.callers(random, 8)
	s.fault(random, 0, 15, 50, Throttle)
	s.Faults[0].Quota = random.IntN(2)
}

func deadForLong(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Length = 110 * time.Second
	s.fault(random, 0, 10, 105, Errors, Hang, BlackHole, Gone)
}

func pinned(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length = 1, 60*time.Second
	s.callers(random, 4)
	s.Pins = []PinFor{{At: 20 * time.Second, For: 30 * time.Second, Region: random.IntN(2)}}
}

func answersCut(s *Schedule, random *rand.Rand) {
	s.quiet()
	s.Gateways, s.Length, s.Hook = 1, 60*time.Second, true
	s.callers(random, 6)
	s.fault(random, 0, 12, 30, Cut)
	s.fault(random, 1, 12, 30, Cut, Reset)
}
