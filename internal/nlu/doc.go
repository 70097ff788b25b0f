// Package nlu understands what a caller said, with the words of one bot.
//
// A Model is made from one locale of a bot. Rank says which intent a text
// means and which slots it fills; Resolve turns an answer into a slot value
// ("december third" into 2026-12-03); ParseYesNo reads the answer to a
// confirmation; Grammar and Words tell a speech recogniser what it can expect
// to hear. All of it is deterministic arithmetic over sample utterances and
// word lists: no training, no clock (the caller passes the time), no I/O. A
// Model is safe for several goroutines.
//
// Texts come typed ("12/3 at 5pm") or spoken, as lower-case words of the CMU
// pronouncing dictionary ("december third", "five thirty p m"). The language
// is English.
//
// Values are those that Amazon documents for its built-in slot types:
// https://docs.aws.amazon.com/lexv2/latest/dg/built-in-slots.html.
package nlu
