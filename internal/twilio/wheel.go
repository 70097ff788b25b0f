package twilio

import (
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/histogram"
)

const (
	wheelTick  = 50 * time.Millisecond
	wakeTicks  = 3 // a leg on which nothing arrived is woken after 100 to 150 ms
	wheelSlots = 8 // a power of two above wakeTicks
)

// ticksIn is how many ticks of the wheel d lasts.
func ticksIn(d time.Duration) int64 { return int64(d / wheelTick) }

// wheel wakes sleepers: one timer and one goroutine for all legs, whatever their
// number. A leg that hears something only stores the wheel's time; the wheel looks
// at each leg no more often than the leg could have to be woken, and moves those
// that were not silent on to a later slot. It is safe for several goroutines.
type wheel struct {
	started time.Time
	tick    atomic.Int64 // ticks since started
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
	late    *histogram.Histogram // of each turn, after its time

	mu    sync.Mutex
	last  int64 // the tick whose slot was turned last
	slots [wheelSlots][]*sleeper
}

// sleeper is one leg in the wheel.
type sleeper struct {
	// wake is called on the wheel's goroutine while the wheel is locked: it must
	// not block and not call the wheel.
	wake func()
	// heard is the tick at which something arrived last. The leg stores it.
	heard atomic.Int64

	// guarded by wheel.mu
	slot, place int  // where in wheel.slots
	in          bool // in the wheel
}

// newWheel starts a wheel; stop ends it.
func newWheel() *wheel {
	const ms = time.Millisecond
	w := &wheel{
		started: time.Now(), quit: make(chan struct{}), done: make(chan struct{}),
		late: histogram.New(ms, 2*ms, 5*ms, 10*ms, 20*ms, 40*ms, 100*ms, 200*ms, 500*ms, time.Second, 2*time.Second),
	}
	go w.run()
	return w
}

func (w *wheel) run() {
	defer close(w.done)
	ticker := time.NewTicker(wheelTick)
	defer ticker.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-ticker.C:
			since := time.Since(w.started)
			w.late.Observe(w.lateness(since))
			w.turn(ticksIn(since))
		}
	}
}

// lateness is how long after its time the turn comes that is made at since: of the
// ticks that are due the first, so that a process which stood still shows it. That
// is what any goroutine of it waits for its turn, those that hold the frames too,
// and is measured 20 times a second however many frames there are.
func (w *wheel) lateness(since time.Duration) time.Duration {
	return since - time.Duration(w.now()+1)*wheelTick
}

// stop ends the wheel and returns when its goroutine has ended. No sleeper is
// woken afterwards.
func (w *wheel) stop() {
	w.once.Do(func() { close(w.quit) })
	<-w.done
}

// now is the current tick; it costs one load.
func (w *wheel) now() int64 { return w.tick.Load() }

// add puts s, heard just now, into the wheel.
func (w *wheel) add(s *sleeper) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	s.heard.Store(now)
	s.in = true
	w.putLocked(s, now+wakeTicks)
}

// remove takes s out. When it returns s is not being woken and will not be any
// more.
func (w *wheel) remove(s *sleeper) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !s.in {
		return
	}
	s.in = false
	slot := w.slots[s.slot]
	last := slot[len(slot)-1]
	slot[s.place], last.place = last, s.place
	slot[len(slot)-1] = nil
	w.slots[s.slot] = slot[:len(slot)-1]
}

// turn brings the wheel to tick now and wakes who has been silent too long. When
// the machine was so slow that ticks were missed, each slot is turned once.
func (w *wheel) turn(now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tick.Store(now)
	for tick := max(w.last, now-wheelSlots) + 1; tick <= now; tick++ {
		w.turnSlotLocked(int(tick%wheelSlots), now)
	}
	w.last = now
}

func (w *wheel) turnSlotLocked(i int, now int64) {
	slot := w.slots[i]
	w.slots[i] = slot[:0]
	for _, s := range slot {
		due := s.heard.Load() + wakeTicks
		if due <= now {
			s.wake()
			due = now + wakeTicks
		}
		// due is later than now and at most wakeTicks ahead, so never in slot i
		// of this round: the slice is not written where it is still to be read.
		w.putLocked(s, due)
	}
	clear(slot[len(w.slots[i]):])
}

func (w *wheel) putLocked(s *sleeper, due int64) {
	s.slot = int(due % wheelSlots)
	s.place = len(w.slots[s.slot])
	w.slots[s.slot] = append(w.slots[s.slot], s)
}
