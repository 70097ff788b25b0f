package twilio

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	updateTime = 4 * time.Second // for one update of a call, repetitions included
	noteTime   = time.Second     // for one look at the notes
	// pollEvery is how often an instance looks whether another one was told of keys.
	pollEvery = time.Second
	// A call's stream is known to be alive for leaseTime, renewed every leaseEvery looks.
	leaseTime  = 20 * time.Second
	leaseEvery = 5
	// wordsKept is how long words wait to be fetched.
	wordsKept = time.Minute
)

// CallUpdater has a call go on with other instructions; REST is one.
type CallUpdater interface {
	UpdateCall(ctx context.Context, sid string, update CallUpdate) error
}

// order is what Twilio is to say; nothing for silence.
type order struct {
	number int
	words  string
}

// report is what an updater tells its leg: that an order was carried out or could not
// be, or that keys were pressed.
type report struct {
	order int
	err   error
	keys  string
}

// updater tells Twilio what to say in one call, on a goroutine of its own: the call's
// has no time to wait for it. It also keeps the call's lease, and brings the keys that
// whichever instance was told of.
type updater struct {
	// static
	desk  *desk
	facts claims
	log   *slog.Logger

	ctx     context.Context // of the goroutine
	cancel  context.CancelFunc
	wake    chan struct{} // something is to be done
	reports chan report
	done    chan struct{} // closed when the goroutine has ended

	mu   sync.Mutex
	next *order // guarded by mu: the latest, not carried out yet

	taken string // id of the latest keys that were passed on; owned by the goroutine
}

func newUpdater(ctx context.Context, d *desk, facts claims, log *slog.Logger) *updater {
	u := &updater{
		desk: d, facts: facts, log: log,
		wake: make(chan struct{}, 1), reports: make(chan report, 4), done: make(chan struct{}),
	}
	u.ctx, u.cancel = context.WithCancel(ctx)
	return u
}

// start begins to work, until stop.
func (u *updater) start() { go u.run() }

// stop ends the work and returns when the goroutine has ended. What was ordered and
// not begun is not done any more.
func (u *updater) stop() {
	u.cancel()
	<-u.done
}

// tell orders words. An order that was not carried out yet gives way: only the latest
// words matter.
func (u *updater) tell(o order) {
	u.mu.Lock()
	if u.next != nil {
		u.desk.tally.add(Counters{UpdatesSkipped: 1})
	}
	u.next = &o
	u.mu.Unlock()
	u.poke()
}

// poke has the updater look what is to be done. It never waits.
func (u *updater) poke() {
	select {
	case u.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (u *updater) run() {
	defer close(u.done)
	look := time.NewTicker(pollEvery)
	defer look.Stop()
	u.begin()
	for n := 1; ; n++ {
		select {
		case <-u.ctx.Done():
			return
		case <-u.wake:
			u.carryOut()
		case <-look.C:
			if n%leaseEvery == 0 {
				u.desk.renew(u.ctx, u.facts.callSID)
			}
		}
		u.takeKeys()
	}
}

// begin takes the call over. A stream that goes on with a call is not told of keys
// that were there before it.
func (u *updater) begin() {
	u.desk.renew(u.ctx, u.facts.callSID)
	if u.facts.resumed {
		u.taken = u.desk.fetched(u.ctx, u.facts.callSID).latest()
	}
}

// carryOut has Twilio told the latest order, if there is one.
func (u *updater) carryOut() {
	u.mu.Lock()
	next := u.next
	u.next = nil
	u.mu.Unlock()
	if next == nil {
		return
	}
	err := u.desk.update(u.ctx, u.facts, next.words)
	switch {
	case u.ctx.Err() != nil:
		return
	case IsNotInProgress(err) || IsNotFound(err):
		u.log.Debug("call could not be updated, as it is over", slog.Any("err", err))
		return // the end of its stream is on its way
	case err != nil:
		u.log.Error("call not updated", slog.Any("err", err))
	}
	u.report(report{order: next.number, err: err})
}

// takeKeys passes on the keys that were pressed since the last time.
func (u *updater) takeKeys() {
	for _, g := range u.desk.fetched(u.ctx, u.facts.callSID).since(u.taken) {
		u.report(report{keys: g.Keys})
		u.taken = g.ID
	}
}

func (u *updater) report(r report) {
	select {
	case u.reports <- r:
	case <-u.ctx.Done():
	}
}
