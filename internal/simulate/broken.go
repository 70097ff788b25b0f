package simulate

import (
	"math/rand/v2"

	"lexline/internal/region"
)

// Rule is one rule that can be broken on purpose.
type Rule struct {
	Name   string // as on the command line
	Says   string // what breaking it does
	Broken region.Broken
	shape  func(*Schedule, *rand.Rand) // makes a schedule in which it matters
}

var rules = []Rule{
	{Name: "hold", Broken: region.Broken{HoldNeverDoubles: true}},
	{Name: "last-attempt", Broken: region.Broken{LastAttemptEjected: true}},
	{Name: "late-failures", Broken: region.Broken{LateFailuresRelapse: true}},
	{Name: "stale-write", Broken: region.Broken{StaleWriteWins: true}},
	{Name: "hedge-commit", Broken: region.Broken{HedgeCommitting: true}},
	{Name: "probe-text", Broken: region.Broken{ProbeByText: true}},
	{Name: "no-panic", Broken: region.Broken{NoPanic: true}},
	{Name: "throttle-ejects", Broken: region.Broken{ThrottleEjects: true}},
	{Name: "no-state", Broken: region.Broken{ReplayWithoutState: true}},
	{Name: "lower-turn", Broken: region.Broken{AcceptLowerTurn: true}},
	{Name: "live-half-open", Broken: region.Broken{LiveHalfOpen: true}},
	{Name: "pin-ignored", Broken: region.Broken{PinIgnored: true}},
}

// Rules returns the rules that can be broken.
func Rules() []Rule { return rules }
