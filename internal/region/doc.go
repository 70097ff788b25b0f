// Package region decides which AWS region's bot answers a call, and which one
// answers when that one does not. It knows regions by name and evidence by
// class; it speaks to no network.
//
// # The parts
//
// The [Judge] turns evidence, the outcomes of live turns and of probes, into a
// verdict on each region: healthy, suspect, down, recovering or pinned. The
// [Turn] plans the attempts of one turn of one call: where it is sent first,
// when and where it is repeated or hedged, and when it is given up. The
// [Observer] brings the verdicts of several gateways together in a table, so
// that they and the contact flows of Amazon Connect share one truth about the
// active region. All three are pure: time comes in with every step as the
// duration since some start, never goes back, and what they want done goes out
// as actions. So any run of them can be replayed, and millions of faults
// simulated.
//
// The [Keeper] is the thin edge around judge and observer: it holds the clock,
// the lock, the probes and the table's reads and writes. A [Table] holds the
// shared items; it is advice for cold starts and for Amazon Connect, and never on
// a call's path.
//
// [RunCheckup] is one run of a scheduled health check, for where there is no gateway
// or none may be relied on. It lives for seconds, so its judge is restored from what
// the last run remembered ([Settings.Restore]); it counts votes as the observer does
// and writes the same items.
//
// # Rules
//
// Evidence decides, the table advises. What a caller's turn met counts at once;
// probes fill in only where no turn was lately. An error speaks for something
// ([Class]): only hard and soft ones speak against a region. A region that was
// taken out comes back by good deep probes after a hold, never by sending
// callers to try it. When every region looks dead none is taken out: then it is
// rather our own network, and in any case there is nowhere else to go.
package region
