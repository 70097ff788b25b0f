package twilio

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"
)

const (
	updateTime = 4 * time.Second // for one update of a call, repetitions included
	noteTime   = time.Second     // for one look at the notes
	// pollEvery is how often an instance looks whether another one was told of keys.
	pollEvery = time.Second
	// A call's lease is renewed every leaseEvery looks, and its stream is taken for dead
	// when it was not for leaseTime. The lease itself holds longer: the clock of who reads
	// it may be ahead.
	leaseEvery = 5
	leaseTime  = 20 * time.Second
	leaseKept  = leaseTime + clockSkew
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
	ended bool // the keys, by the key for that
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

	lease lease // owned by the goroutine; once it has ended, by who has stopped it
}

func newUpdater(ctx context.Context, d *desk, facts claims, log *slog.Logger) *updater {
	u := &updater{
		desk: d, facts: facts, log: log, lease: lease{By: rand.Text()},
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
	u.renew() // it takes the call over
	for n := 1; ; n++ {
		select {
		case <-u.ctx.Done():
			return
		case <-u.wake:
			u.carryOut()
		case <-look.C:
			if n%leaseEvery == 0 {
				u.renew()
			}
		}
		u.takeKeys()
	}
}

func (u *updater) renew() { u.desk.renew(u.ctx, u.facts.callSID, &u.lease) }

// release stops the work, and gives up the lease: Twilio's next question is answered by
// a further stream, or as the call's end has it.
func (u *updater) release(ctx context.Context) {
	u.stop()
	u.desk.release(ctx, u.facts.callSID, u.lease)
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

// takeKeys passes on the keys that were pressed for this stream since the last time.
func (u *updater) takeKeys() {
	before := u.lease.Next
	for {
		g, found := u.desk.take(u.ctx, u.lease)
		if !found {
			break
		}
		u.lease.Next++
		if g.Keys != "" {
			u.report(report{keys: g.Keys, ended: g.Ended})
		}
	}
	if u.lease.Next > before {
		u.renew() // those who bring keys look from there
	}
}

func (u *updater) report(r report) {
	select {
	case u.reports <- r:
	case <-u.ctx.Done():
	}
}
