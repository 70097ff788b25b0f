// Package simulate runs the pure core of package region (judge, planner, hedge
// budget, limiters, session thread, shared table and its observers) through
// faults that are drawn from a seed, in virtual time, and lets an oracle look at
// everything that happened.
//
// A [Schedule] is one short scenario: some gateways, two or three regions, calls
// with their turns, faults of the regions and of the table, operators' pins. It
// is drawn whole from one seed. [Run] plays it: regions are modelled as Lex is
// seen from outside, with sessions of their own, orders that are executed, and
// answers that take their time; callers fill slots, confirm, and repeat what was
// not understood. The gateways' decisions are the product's own code.
//
// The oracle knows the faults, as it drew them, and what must hold all the same:
// every utterance answered once and in order while any region is fit to answer
// it, orders placed once, slots kept, no answer taken that is out of date,
// versions of the table that never go back, and the rules on ejections, holds,
// hedges, pins and panic. A [Violation] names its seed, and the same seed plays
// the same scenario to the nanosecond.
//
// The package leaves out sound, sockets and goroutines: those are tested with
// the packages that have them.
package simulate
