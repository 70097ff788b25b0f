package nlu

import "lexline/internal/botdef"

// Elicit is what the bot has just asked for.
type Elicit uint8

// What a bot can ask for.
const (
	ElicitIntent  Elicit = iota // nothing in particular: "how can I help?"
	ElicitSlot                  // the value of one slot
	ConfirmIntent               // yes or no
)

// State is the place in a dialog at which a text is heard. The zero value is
// the start of a conversation.
type State struct {
	Elicit   Elicit
	Intent   string   // intent in force, "" for none
	Slot     string   // slot that is elicited; only with ElicitSlot
	Contexts []string // names of the active contexts; they gate intents
}

// Value is what a slot was resolved to.
type Value struct {
	// Original is the part of the caller's text that gave the value.
	Original string
	// Interpreted is the value, "" when Resolved lists several to choose from
	// (the time "ten o'clock").
	Interpreted string
	// Resolved lists the values that the words can mean, the best one first.
	Resolved []string
}

// Interpretation is one reading of a text.
type Interpretation struct {
	Intent *botdef.Intent
	// Score is the confidence, 0 to 1. The fallback intent has none: 0.
	Score float64
	// Slots are the values that the text itself gave, by slot name.
	Slots map[string]Value
}

// YesNo is the answer to a confirmation prompt.
type YesNo uint8

// The answers to a confirmation prompt.
const (
	Neither YesNo = iota
	Yes
	No
)
