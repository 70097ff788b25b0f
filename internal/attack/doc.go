// Package attack tries what nobody but an attacker, or a broken peer, would send to
// the running program: forged, replayed and malformed webhooks, websocket handshakes,
// streams and orders. It holds tests only, and knows the program from outside.
//
// The kinds are tables: what is done, and what must come of it. They are played
// against one `lexline serve` with a `lexline bot serve` as its Lex, beside a call that
// goes on all the time. After them that call must still be served, the bot must have
// been asked nothing for anybody else, and the process must hold no more connections,
// goroutines and memory than before. Whoever adds a path or a message adds its kinds.
//
// `make attack` plays the kinds for longer, many at once, in drawn order and with bytes
// changed at random.
package attack
