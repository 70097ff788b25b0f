// Package fault is how a stand-in is broken on purpose: the faults in force, which
// requests they strike, and what they do to the network under the server. The local
// Lex and the local DynamoDB have it in common, so that a drill breaks both in the
// same words. What kinds of faults there are, and what a struck request comes to, is
// the business of each.
package fault
