package simulate

import (
	"fmt"
	"time"
)

// session is what a region keeps of one call.
type session struct {
	is       dialog
	lastTurn int           // the latest turn that was executed in it
	busy     time.Duration // until when a request is at work on it
}

// dialog is how far a caller's orders have come.
type dialog struct {
	Order uint8 // orders placed
	N     uint8 // slots filled of the next one
	Slots [8]uint8
}

// bytes writes a dialog as the session state that travels; the beginning of all
// dialogs has none, as there is no state before the first answer.
func (d dialog) bytes() []byte {
	return append([]byte{d.Order, d.N}, d.Slots[:]...)
}

func dialogOf(state []byte) (d dialog) {
	if len(state) == 2+len(d.Slots) {
		d.Order, d.N = state[0], state[1]
		copy(d.Slots[:], state[2:])
	}
	return d
}

func (d dialog) String() string { return fmt.Sprintf("order %d slots %v", d.Order, d.Slots[:d.N]) }

// utterance is what a caller says in one turn.
type utterance struct {
	call    *caller
	number  int  // of the turn in its call
	key     int  // by which what it asks for is done once
	yes     bool // the confirmation; else the value of a slot
	value   uint8
	poison  bool
	commits bool // its answer places an order, if all goes well
}

// hear is what a bot makes of an utterance: what the dialog is after it, and
// whether an order is placed by it.
func (u utterance) hear(d dialog) (after dialog, orders bool) {
	slots, confirm := uint8(u.call.plan.Slots), u.call.plan.Confirm
	switch {
	case u.yes && d.N == slots && confirm:
		return dialog{Order: d.Order + 1}, true
	case u.yes || d.N == slots:
		return d, false // not understood here
	}
	d.Slots[d.N] = u.value
	d.N++
	if d.N == slots && !confirm {
		return dialog{Order: d.Order + 1}, true
	}
	return d, false
}

// ledger is what the bots' function has placed: one for all regions.
type ledger struct {
	hook   bool
	done   map[turnKey]dialog
	placed map[turnKey]int // how often an order was placed
}

// turnKey names an order of a call.
type turnKey struct {
	call, number int
}

// place executes an order and returns the dialog after it.
func (l *ledger) place(u utterance, after dialog) dialog {
	key := turnKey{u.call.id, u.key}
	if l.hook {
		if before, ok := l.done[key]; ok {
			return before
		}
		l.done[key] = after
	}
	l.placed[turnKey{u.call.id, int(after.Order)}]++
	return after
}
