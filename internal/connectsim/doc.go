// Package connectsim stands in for Amazon Connect: it executes a contact flow with
// a simulated caller, asks real Lex V2 endpoints in its Lex blocks and real Lambda
// programs in its Lambda blocks, and records what the caller heard, what they had to
// say twice, and how the contact ended. Tests, the drill and a person at a terminal
// use it.
//
// What it does as Connect does comes from Connect's public documentation, named at
// each rule. Where that says nothing, the rule here is a setting, or stands in this
// list of what is different:
//
//   - Connect talks to Lex over StartConversation. Here a turn is one request:
//     RecognizeText for words, RecognizeUtterance with text/plain for keys and with
//     8 kHz lpcm for speech. A caller cannot interrupt a prompt.
//   - A caller who says nothing leaves a Lex block by InputTimeLimitExceeded at once.
//     On a telephone the bot may first ask again by itself.
//   - How long Connect waits for a Lex bot is not documented: see Limits.Lex.
//   - Under which id Connect keeps the session of a bot is not documented; here it
//     is the contact's.
//
// Whether a flow makes sense at all is not asked here: connect.Flow.Check says it.
package connectsim
