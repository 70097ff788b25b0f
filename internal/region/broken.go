package region

// Broken names rules to break. The simulation runs the same faults under each
// of them and must notice: a suite that lets a broken rule pass proves nothing.
// The zero value breaks none; nothing but tests and the simulation sets any.
type Broken struct {
	HoldNeverDoubles    bool // a region that fell again comes back as soon as at first
	LastAttemptEjected  bool // the last attempt of a turn may go to a region that was taken out
	LateFailuresRelapse bool // failures of attempts sent before the ejection count as a relapse
	StaleWriteWins      bool // the table is written without looking at its version
	HedgeCommitting     bool // turns that commit something are hedged and replayed like others
	ProbeByText         bool // a deep probe is judged by the words of the answer
	NoPanic             bool // every region may be taken out at once
	ThrottleEjects      bool // a region that throttles is taken out
	ReplayWithoutState  bool // an attempt in another region does not carry the session's state
	AcceptLowerTurn     bool // an answer to an earlier turn is accepted after a later one
	LiveHalfOpen        bool // a region whose hold is over is tried with callers' turns
	PinIgnored          bool // a pin moves nothing
}
