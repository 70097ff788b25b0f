// Package wholestack tests the gateway as a whole on fake time: calls, the Lex
// client with its judge, probes and table, and two local Lex regions, each a real
// HTTP server, over a network in memory. It holds that network, and tests.
//
// Everything is inside one testing/synctest bubble, so that minutes of calls
// take a second, delays are exact, and a goroutine that is left over fails the
// test. What only real processes and sockets can show is for `lexline region
// drill`.
package wholestack
