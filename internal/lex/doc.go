// Package lex is the client of Amazon Lex V2 for telephone calls. A [Client]
// stands for one bot that a line of the gateway talks to, with its alias in each
// of its regions; a [Session] is the bot's side of one call and implements
// call.Bot.
//
// # Utterance mode
//
// Each turn of the caller is one RecognizeUtterance request
// (https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeUtterance.html).
// Its body is the caller's voice as 8 kHz linear samples, sent while the caller
// is still talking, so that at the end of the utterance Lex has heard all but
// the last tenth of a second. Digits go as text. The answer's fields come in
// response headers, compressed; its voice is the response's body, which is
// brought to telephone audio as it arrives.
//
// The Lex session id is the call's id at the carrier, so whichever instance
// continues a call finds its session. The first request of a call carries the
// session attributes caller_number and called_number, and of a call that was
// placed call_direction and answered_by; a stream that continues a call sends
// none, as they would replace what the bot has set since. Every request carries the request attribute x-lexline-turn with the call's id, a
// slash and a number that grows from turn to turn, over all streams of the call:
// code behind the bot can use it to do what a turn asks for only once. After a
// turn that was given up the next one carries its number once more: the caller
// says the same again, and it may have been done already.
//
// # Several regions
//
// A turn goes to the region where its call is. What else is done for it is
// ordered by its plan (region.Turn), which is told what becomes of every attempt
// and knows how the regions stand; this package carries the orders out. Every
// attempt sends the whole utterance from its first byte, under the same turn
// attribute, and with the state that its region's session lacks (region.Thread).
// The first answer that is accepted counts; other attempts are cancelled.
//
// A region whose bot is of another version may refuse a state; it is then sent
// with less. A voice that breaks off is spoken to its end by another region,
// which is given the session and the words with PutSession, and executes
// nothing. A turn that may have been executed, and must not be executed twice, is
// inquired about with GetSession.
//
// What the attempts met is told to the judge (region.Keeper), which has the
// regions probed by [Client.Probe] where there is no evidence from turns.
//
// # Waiting
//
// The AWS SDK retries nothing here and has no time limits of its own here; they
// are all in [Deadlines]. While the caller talks there is only a guard against
// an utterance without end; the wait for the answer is counted from the end of
// the utterance, and once the answer speaks, its voice must keep coming.
//
// # Connections
//
// Requests go over HTTP/1.1, one connection for each turn in flight, out of a
// pool that outlives the turns: a connection that breaks or hangs costs one
// turn of one call, where a shared HTTP/2 connection would take with it every
// call that is talking. Opening one costs the caller nothing, as it happens
// while they speak. Where the names of the endpoints cannot be looked up any more
// the addresses are dialled that worked last.
package lex
