// Package drill rehearses the loss of a region while people are on the phone.
//
// A drill starts two local Lex regions, the bot's fulfilment hook and a gateway,
// each a process of its own, and has many simulated callers order flowers. While
// they talk one region is broken, later it is restored. Then an oracle reads what
// the callers heard, what the regions and the hook wrote into their own logs and
// what the gateway said about itself, and reports what it came to: calls that
// were cut off, words that were lost or answered twice, orders that were placed
// twice or never or with other values than the caller gave, how much later
// answers came, how long it was silent, when the fault was noticed, when the
// traffic moved, and when it came back.
//
// The parts that judge are pure: hearing.go makes turns of the sound in a
// caller's ear, oracle.go and delays.go make a Report of a History, timeline.go
// draws one, article.go decides like the health check that the drill is compared
// with. run.go and what it calls are the edges: they start processes through a
// function that is passed in, break regions over their admin listeners or by
// signals, and collect the History.
//
// Nothing here imports the gateway or the local Lex: the drill judges them from
// outside, by what they say on their wires and in their logs.
package drill
