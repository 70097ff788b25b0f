package main

import (
	"cmp"
	"slices"
	"time"

	"lexline/internal/twiliosim"
)

// holdBack is how long a line waits for an earlier one. That a caller has ceased to
// hear something is known 300 ms later.
const holdBack = 400 * time.Millisecond

// eventOrder puts the events of one call into the order of their times. Only the
// end of what the caller hears is told late, so while they hear something, what
// happens besides waits for that end, or until somebody asks for the rest.
type eventOrder struct {
	hearing bool
	waiting []twiliosim.Event
}

// take takes the next event and returns those whose turn has come.
func (o *eventOrder) take(e twiliosim.Event) []twiliosim.Event {
	o.waiting = append(o.waiting, e)
	switch {
	case e.Event == "heard_start" && !o.hearing:
		o.hearing = true
	case e.Event == "heard_end":
		o.hearing = false
	case o.hearing:
		return nil
	}
	return o.rest()
}

// rest returns what waits.
func (o *eventOrder) rest() []twiliosim.Event {
	events := o.waiting
	o.waiting = nil
	slices.SortStableFunc(events, func(a, b twiliosim.Event) int { return cmp.Compare(a.AtMS, b.AtMS) })
	return events
}
