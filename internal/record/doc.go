// Package record keeps one record of each call: when it was, where its turns were
// answered and how fast, what was interrupted, how it ended. What was said is in it
// only if that is switched on, and then without the values of slots that are masked.
//
// A Journal makes the records. It is told of a call by the call itself (Log), on the
// call's goroutine, which never waits for it: records go into a bounded queue, and one
// goroutine writes them to a Store, each under a deadline. A store that is down, slow
// or full costs records, which are counted, and no caller anything.
//
// A record is written when its call begins, after turns, and when the call has ended,
// each time whole and in place of the one before. So a gateway that dies leaves what
// had happened, in a record that says "live" for ever. A call whose stream broke and
// was continued has a record for each stream.
//
// What became of a caller who was handed over is known after the call's end, and often
// to another gateway than the one that had the call. Whoever is told adds it to the
// record in the store.
//
// What is in a record is JSON of one schema (Record); what stores look for is beside
// it (Entry), so that a store needs to know nothing else of it.
package record
