// Package parity tells whether a bot is the same in two regions, by what it says
// and by how it is defined. A caller who is moved from one region to another in
// the middle of a call must not notice, so whatever a caller could notice is a
// difference; ids, versions, times and the regions in ARNs are not.
//
// Definitions are botdef.Bot, with the settings of the alias that serves them.
// Answers are what the runtime API returned for the same words. Both are
// compared two at a time: the home region's with another's. Everything here is
// pure; package lexmodels asks the regions.
package parity
