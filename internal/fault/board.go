package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/gate"
)

// The kinds of faults that are for the whole process: they are done to the network.
const (
	BlackHole = "blackhole" // no packet gets in or out any more
	Refuse    = "refuse"    // connections are refused
)

// Fault is one thing that a stand-in does wrong, of a type of its own.
type Fault interface {
	Name() string                  // its kind
	Share() float64                // which part of the requests it strikes, at random; 1 for all
	Strikes(operation string) bool // whether it is one for an operation
}

// Active is a fault in force. It is safe for several goroutines.
type Active[F Fault] struct {
	Fault   F
	applied atomic.Int64

	mu       sync.Mutex
	rng      *rand.Rand // guarded by mu; decides which requests are struck
	inFlight int        // guarded by mu
}

// Apply counts a request that the fault has struck.
func (f *Active[F]) Apply() { f.applied.Add(1) }

// Applied is how many requests the fault has struck.
func (f *Active[F]) Applied() int64 { return f.applied.Load() }

// Enter counts a request that a throttle lets through. Above the quota it is not
// counted and false is returned.
func (f *Active[F]) Enter(quota int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inFlight >= quota {
		return false
	}
	f.inFlight++
	return true
}

// Leave ends what Enter began.
func (f *Active[F]) Leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
}

func (f *Active[F]) draw() bool {
	share := f.Fault.Share()
	if share >= 1 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.Float64() < share
}

// Set is all faults in force at a time.
type Set[F Fault] struct {
	Faults  []*Active[F]
	Cleared <-chan struct{} // closed when another set is in force
	clear   chan<- struct{} // the same
}

func newSet[F Fault]() *Set[F] {
	cleared := make(chan struct{})
	return &Set[F]{Cleared: cleared, clear: cleared}
}

// Pick returns the faults that strike a request. The nth request that a fault
// could strike meets the same fate in every run with the same seed.
func (s *Set[F]) Pick(operation string) []*Active[F] {
	var picked []*Active[F]
	for _, f := range s.Faults {
		if f.Fault.Strikes(operation) && f.draw() {
			picked = append(picked, f)
		}
	}
	return picked
}

// mode returns what the faults do to the network.
func (s *Set[F]) mode() gate.Mode {
	mode := gate.Open
	for _, f := range s.Faults {
		switch f.Fault.Name() {
		case BlackHole:
			mode = gate.Frozen
		case Refuse:
			mode = gate.Refusing
		}
	}
	return mode
}

// Board has the faults of one server. It is safe for several goroutines and starts
// none.
type Board[F Fault] struct {
	seed uint64

	// changing holds a token while one set replaces another, which takes as long
	// as the listener needs.
	changing chan struct{}
	gate     atomic.Pointer[gate.Gate] // of the server, nil while it does not run

	mu   sync.Mutex
	set  *Set[F] // guarded by mu
	sets uint64  // guarded by mu: put in force so far
}

// NewBoard returns a board without faults. The seed decides which requests are
// struck by faults with a share.
func NewBoard[F Fault](seed uint64) *Board[F] {
	return &Board[F]{seed: seed, changing: make(chan struct{}, 1), set: newSet[F]()}
}

// Current returns the faults in force.
func (b *Board[F]) Current() *Set[F] {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.set
}

// replace puts other faults in force and ends the waits of the old ones.
func (b *Board[F]) replace(list []F) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sets++
	next := newSet[F]()
	for i, f := range list {
		next.Faults = append(next.Faults, &Active[F]{Fault: f, rng: rand.New(rand.NewPCG(b.seed, b.sets<<8|uint64(i)))})
	}
	close(b.set.clear)
	b.set = next
}

// changeTime is how long is waited for somebody else who changes the faults.
const changeTime = 10 * time.Second

// alone waits until no other goroutine changes the faults. The returned function
// ends that.
func (b *Board[F]) alone() (end func(), err error) {
	select {
	case b.changing <- struct{}{}:
		return func() { <-b.changing }, nil
	case <-time.After(changeTime):
		return nil, errors.New("the faults are being changed by somebody else")
	}
}

// Change puts faults in force instead of those before. It returns when they are, and
// may block for some seconds. told is called before others can change them again,
// on the caller's goroutine: with the time by now at which requests met the new
// faults, and with why they are not in force on the network.
func (b *Board[F]) Change(list []F, now func() time.Time, told func(at time.Time, err error)) error {
	end, err := b.alone()
	if err != nil {
		return err
	}
	defer end()
	b.replace(list)
	at := now()
	if g := b.gate.Load(); g != nil {
		if err = g.Set(b.Current().mode()); err != nil {
			err = fmt.Errorf("set faults %q: %w", Names(list), err)
		}
	}
	told(at, err)
	return err
}

// Open lets the faults reach the network of a server that begins to serve. Close is
// to be called when it has ended.
func (b *Board[F]) Open(g *gate.Gate) error {
	end, err := b.alone()
	if err != nil {
		return err
	}
	defer end()
	b.gate.Store(g)
	return g.Set(b.Current().mode())
}

// Close ends what Open began.
func (b *Board[F]) Close() { b.gate.Store(nil) }

// Names joins the kinds of faults: "latency+error".
func Names[F Fault](list []F) string {
	kinds := make([]string, len(list))
	for i, f := range list {
		kinds[i] = f.Name()
	}
	return strings.Join(kinds, "+")
}
