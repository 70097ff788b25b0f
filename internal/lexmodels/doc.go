// Package lexmodels asks one region's Lex for what a bot is there, and changes it:
// it reads the whole definition behind an alias, imports an export, builds it, makes
// a version and points an alias at it, and has a conversation to see what is
// answered. It speaks the models and the runtime API of Lex V2
// (https://docs.aws.amazon.com/lexv2/latest/APIReference).
//
// Nobody on the phone waits for it. So other than in package lex requests are
// repeated, some times and with growing pauses, when the region has no time for
// them; each has a deadline of its own. Steps that take long tell how they go.
package lexmodels
