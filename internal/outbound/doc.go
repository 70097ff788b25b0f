// Package outbound has a line call people: many numbers, not faster than wanted,
// each of them once, and with a result for every one of them in the end.
//
// What is done next is decided by a state machine, which is told the time and what
// became of its orders: to place a call, or to look how one stands. Run carries the
// orders out, several at a time, and reports each number whose result is known. How
// a call stands is asked of the carrier, and not learnt from what it tells the
// gateway: the program that places calls need not run where the gateway does, an
// answer cannot get lost, and what counts is what the carrier's bill says.
//
// The rule when anything is in doubt: rather no call than two.
package outbound
