package simulate

import (
	"fmt"
	"time"

	"lexline/internal/region"
)

// bot is one region as a client of Lex meets it: a model, by what the service
// documents of itself, and by the faults of the schedule.
type bot struct {
	w        *world
	r        *run
	index    int
	name     string
	s        *Schedule
	faults   []Fault // of this region, in order
	past     int     // how many of them are over
	sessions map[int]*session
	ledger   *ledger
	busy     int // requests that it has been sent and has not answered
}

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

// outcome is how a request ended, as its client sees it.
type outcome struct {
	class    region.Class
	unsent   bool
	conflict bool
	refused  bool
	state    dialog // of a good one
}

// request is one utterance on its way to a region.
type request struct {
	bot      *bot // nil once it was counted out
	home     *bot
	what     utterance
	carries  bool // the state goes with it
	state    []byte
	retreat  int
	done     func(outcome)
	body     bool // the utterance is complete
	over     bool // the region has made its answer, or never will
	dropped  bool // the client went away
	executed bool
}

// fault returns the fault that the region has now, or none.
func (b *bot) fault() (f Fault, there bool) {
	for b.past < len(b.faults) && b.faults[b.past].To <= b.w.now {
		b.past++
	}
	if b.past < len(b.faults) && b.faults[b.past].From <= b.w.now {
		return b.faults[b.past], true
	}
	return Fault{}, false
}

// hits returns the fault that a request of a gateway meets now, or none.
func (b *bot) hits(gateway int) (f Fault, there bool) {
	f, there = b.fault()
	if there && (!f.met(gateway) || f.Share < 1 && !b.w.chance(f.Share)) {
		return Fault{}, false
	}
	return f, there
}

// send takes a request whose utterance may still grow.
func (b *bot) send(r *request) {
	w := b.w
	b.busy++
	f, ill := b.hits(r.what.call.g.index)
	switch {
	case ill && f.Kind == BlackHole:
		if w.chance(0.5) {
			b.answer(r, 500*time.Millisecond, outcome{class: region.Soft, unsent: true})
		}
		r.over = true // an open connection: silence
	case ill && f.Kind == Gone:
		b.refuse(r, w.between(20*time.Millisecond, 60*time.Millisecond), outcome{class: region.Hard, unsent: true})
	case ill && f.Kind == Errors:
		b.refuse(r, w.between(20*time.Millisecond, 60*time.Millisecond), outcome{class: region.Soft})
	case ill && f.Kind == Throttle && b.busy > f.Quota:
		b.refuse(r, w.between(10*time.Millisecond, 30*time.Millisecond), outcome{class: region.Load, unsent: true})
	case ill && f.Kind == Reset:
		w.after(w.between(0, 2*time.Second), func() {
			if !r.over {
				b.refuse(r, 0, outcome{class: region.Soft})
			}
		})
	case w.chance(b.s.Noise):
		b.r.oracle.noise(r.what.call.g.index, r.what.call.turn, b.index)
		b.refuse(r, w.between(20*time.Millisecond, 60*time.Millisecond), outcome{class: region.Soft})
	}
}

// refuse ends a request before it was executed.
func (b *bot) refuse(r *request, wait time.Duration, o outcome) {
	r.over = true
	b.answer(r, wait, o)
}

// answer brings the end of a request to its client after a while.
func (b *bot) answer(r *request, wait time.Duration, o outcome) {
	b.w.after(wait, func() {
		b.leave(r)
		r.done(o)
	})
}

// leave counts a request out, once.
func (b *bot) leave(r *request) {
	if r.bot != nil {
		b.busy--
		r.bot = nil
	}
}

// complete tells the region that the utterance is whole.
func (b *bot) complete(r *request) {
	if r.over || r.body || r.dropped {
		return
	}
	w := b.w
	r.body = true
	se := b.session(r.what.call.id)
	f, ill := b.hits(r.what.call.g.index)
	switch {
	case r.what.poison:
		b.refuse(r, w.between(20*time.Millisecond, 60*time.Millisecond), outcome{class: region.Soft})
		return
	case ill && (f.Kind == Hang || f.Kind == BlackHole):
		r.over = true
		return
	case ill && f.Kind == Errors:
		b.refuse(r, w.between(20*time.Millisecond, 60*time.Millisecond), outcome{class: region.Soft})
		return
	case se.busy > w.now:
		b.refuse(r, w.between(10*time.Millisecond, 30*time.Millisecond), outcome{conflict: true})
		return
	case r.carries && len(r.state) > 0 && b.s.Picky == b.index && r.retreat == 0:
		b.refuse(r, w.between(20*time.Millisecond, 60*time.Millisecond), outcome{refused: true})
		return
	case ill && f.Kind == BotFails:
		r.what.call.turn.marks.bots++
		b.refuse(r, w.between(50*time.Millisecond, 300*time.Millisecond), outcome{class: region.Bot})
		return
	}
	wait := w.latency()
	if ill && f.Kind == Slow {
		wait = time.Duration(f.Share * float64(wait))
	}
	se.busy = w.now + wait
	w.after(wait, func() { b.execute(r, se) })
}

// execute does what the utterance asks for, whether or not anybody waits for the
// answer still.
func (b *bot) execute(r *request, se *session) {
	if r.over {
		se.busy = min(se.busy, b.w.now) // the connection broke: so did the work
		return
	}
	r.over = true
	f, ill := b.hits(r.what.call.g.index)
	if ill && (f.Kind == Hang || f.Kind == BlackHole || f.Kind == Errors) && b.w.chance(0.5) {
		if f.Kind == Errors {
			b.answer(r, 0, outcome{class: region.Soft})
		}
		return // the fault came before the work was done
	}
	if r.carries {
		se.is = dialogOf(r.state)
	}
	after, orders := r.what.hear(se.is)
	if orders {
		after = b.ledger.place(r.what, after)
	}
	se.is, se.lastTurn = after, r.what.number
	r.executed = true
	switch {
	case ill && (f.Kind == Hang || f.Kind == BlackHole):
	case ill && (f.Kind == Errors || f.Kind == Reset || f.Kind == Cut):
		b.answer(r, 0, outcome{class: region.Soft})
	default:
		b.answer(r, 0, outcome{state: after})
	}
}

func (b *bot) session(call int) *session {
	se := b.sessions[call]
	if se == nil {
		se = &session{}
		b.sessions[call] = se
	}
	return se
}

// inquire is asked whether a turn was executed.
func (b *bot) inquire(u utterance, done func(executed bool, o outcome)) {
	w := b.w
	f, ill := b.hits(u.call.g.index)
	switch {
	case ill && (f.Kind == Hang || f.Kind == BlackHole):
		return
	case ill && (f.Kind == Errors || f.Kind == Reset):
		w.after(30*time.Millisecond, func() { done(false, outcome{class: region.Soft}) })
		return
	case ill && f.Kind == Gone:
		w.after(30*time.Millisecond, func() { done(false, outcome{class: region.Hard}) })
		return
	}
	w.after(w.between(50*time.Millisecond, 300*time.Millisecond), func() {
		se := b.session(u.call.id)
		done(se.lastTurn == u.number, outcome{state: se.is}) // it says where it stands
	})
}

// reply is what a region answers a probe.
type reply struct {
	class        region.Class
	intent, slot string
	text         string // of the message, in one of its variants
}

// What every healthy region answers to the probe's words.
const (
	probeIntent = "OrderFlowers"
	probeSlot   = "FlowerType"
)

var probeTexts = [...]string{"What flowers would you like?", "Which flowers, please?", "Roses, lilies or tulips?", "What kind of flowers shall it be?"}

// probeTimeout is how long a probe is waited for.
const probeTimeout = time.Second

// probe answers a probe, in time or not.
func (b *bot) probe(gateway int, deep bool, done func(reply)) {
	w := b.w
	after := func(wait time.Duration, r reply) {
		if wait >= probeTimeout {
			wait, r = probeTimeout, reply{class: region.Soft}
		}
		w.after(wait, func() { done(r) })
	}
	wait := w.between(20*time.Millisecond, 90*time.Millisecond)
	f, ill := b.hits(gateway)
	if !ill && w.chance(b.s.Noise) {
		b.r.oracle.noise(gateway, nil, b.index)
		after(wait, reply{class: region.Soft})
		return
	}
	if ill {
		switch {
		case f.Kind == Hang, f.Kind == BlackHole && w.chance(0.5):
			after(probeTimeout, reply{})
			return
		case f.Kind == BlackHole:
			after(500*time.Millisecond, reply{class: region.Soft})
			return
		case f.Kind == Gone:
			after(wait, reply{class: region.Hard})
			return
		case f.Kind == Errors, f.Kind == Reset:
			after(wait, reply{class: region.Soft})
			return
		case f.Kind == Throttle && b.busy >= f.Quota:
			after(wait, reply{class: region.Load})
			return
		case f.Kind == Slow:
			wait = time.Duration(f.Share * float64(wait))
		}
	}
	if !deep {
		after(wait, reply{})
		return
	}
	text := probeTexts[w.random.IntN(len(probeTexts))]
	more := w.between(100*time.Millisecond, 300*time.Millisecond)
	if ill && f.Kind == Slow {
		more = time.Duration(f.Share * float64(more))
	}
	after(wait+more, reply{intent: probeIntent, slot: probeSlot, text: text})
}
