package call

import (
	"context"

	"lexline/internal/vad"
)

// Turn is one question to the bot: what the caller said or keyed in one go.
type Turn struct {
	Number int     // counts from 1 within the call and never goes back
	Speech *Speech // the utterance, still growing while the caller talks; nil if Text is set
	Text   string  // digits keyed by the caller; empty if Speech is set
}

// Answer is what the bot made of a turn. All fields but Speech are final when
// the answer is handed over.
type Answer struct {
	Transcript string            // what the bot heard; empty when it understood no words
	InputMode  string            // Speech, Text or DTMF, as the bot took the turn
	Intent     string            // intent in force after the turn
	State      string            // state of that intent as in Lex: InProgress, Fulfilled, Failed, ...
	Slots      map[string]string // interpreted values of the filled slots
	Messages   []string          // the bot's words, in order, as text
	Elicits    string            // slot that the bot has asked for; empty when it asks for none
	Expects    vad.Answer        // what the caller is expected to say next
	Region     string            // where it was asked; empty if there is only one place
	Closed     bool              // the bot is done with the caller: nothing more will be asked
	Attributes map[string]string // session attributes of the bot that are for us: those whose names begin with lexline_
	Speech     *Speech           // the bot's voice, possibly still growing; never nil
}

// Bot is the bot's side of one call. It keeps the session of that call and is
// not shared between calls.
type Bot interface {
	// Ask puts one turn to the bot. It reads the utterance while it grows, calls
	// answered at most once, as soon as the answer is known, and returns when the
	// answer's audio is complete. Returning nil without having called answered is
	// a fault of the implementation. answered is called on Ask's goroutine and
	// does not block. Ask keeps its own deadlines; cancelling ctx abandons the
	// turn at once. A call asks one question at a time.
	Ask(ctx context.Context, turn Turn, answered func(*Answer)) error
}
