// Command table measures what a broken region table costs callers. The table is
// advice: it is never on a call's path, and this is the proof of it on real
// processes.
//
// Two local Lex regions, the example bot's Lambda function and one gateway are
// started as `lexline region drill` starts them, and simulated callers order
// flowers all the time. The gateway keeps its table in a file and reads it every
// second. That file is removed, locked, overwritten, put back to an old state,
// sent to the future and filled with what others might write, each several times
// with phases without a fault between; what the phones, the gateway's log and the
// regions' logs say of each phase is set against the phases around it.
//
// A phase whose fault the gateway did not meet, as its status tells, is an error
// and no result. The oracle of package drill judges the whole run as well: no
// call dropped, no utterance lost, each order placed once.
//
// Run it with `make bench-table`.
package main
