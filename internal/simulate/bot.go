package simulate

import (
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
