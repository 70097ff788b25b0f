package dynamolocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/gate"
)

// activeFault is a fault in force.
type activeFault struct {
	Fault
	applied atomic.Int64

	mu       sync.Mutex
	rng      *rand.Rand // guarded by mu; decides which requests are struck
	inFlight int        // guarded by mu; requests that a throttle lets through
}

// faultSet is all faults in force at a time.
type faultSet struct {
	faults  []*activeFault
	cleared chan struct{} // closed when another set is in force
}

// faults is what a Server does wrong. It is safe for several goroutines.
type faults struct {
	seed uint64

	// changing holds a token while one set replaces another, which takes as long
	// as the listener needs.
	changing chan struct{}

	mu   sync.Mutex
	set  *faultSet
	sets uint64 // put in force so far
}

func newFaults(seed uint64) *faults {
	return &faults{seed: seed, changing: make(chan struct{}, 1), set: &faultSet{cleared: make(chan struct{})}}
}

// replace puts other faults in force and ends the waits of the old ones.
func (fs *faults) replace(list []Fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sets++
	next := &faultSet{cleared: make(chan struct{})}
	for i, f := range list {
		next.faults = append(next.faults, &activeFault{Fault: f, rng: rand.New(rand.NewPCG(fs.seed, fs.sets<<8|uint64(i)))})
	}
	close(fs.set.cleared)
	fs.set = next
}

func (fs *faults) current() *faultSet {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.set
}

// pick returns the faults that strike a request. The nth request that a fault
// could strike meets the same fate in every run with the same seed.
func (set *faultSet) pick(operation string) []*activeFault {
	var picked []*activeFault
	for _, f := range set.faults {
		if f.strikes(operation) && f.draw() {
			picked = append(picked, f)
		}
	}
	return picked
}

func (f *activeFault) draw() bool {
	if f.Rate >= 1 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.Float64() < f.Rate
}

// enter counts a request that a throttle lets through. Above the quota it is not
// counted and false is returned.
func (f *activeFault) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inFlight >= f.Quota {
		return false
	}
	f.inFlight++
	return true
}

// leave ends what enter began.
func (f *activeFault) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
}

// faultListError says that a list of faults is wrong, and nothing was changed.
type faultListError struct{ err error }

func (e *faultListError) Error() string { return e.err.Error() }
func (e *faultListError) Unwrap() error { return e.err }

// SetFaults puts the faults of list, a JSON list of Fault objects, in force
// instead of those before. An empty list clears them: what hung goes on, the
// black hole lets through what waited, the listener listens again. On an error
// of the list nothing changes. It returns when the faults are in force and may
// block for some seconds.
func (s *Server) SetFaults(list []byte) ([]Fault, error) {
	parsed, err := parseFaults(list)
	if err != nil {
		return nil, &faultListError{err}
	}
	return parsed, s.change(parsed)
}

// Faults returns the faults in force, and how many requests each has struck.
func (s *Server) Faults() []Fault {
	set := s.faults.current()
	list := make([]Fault, len(set.faults))
	for i, f := range set.faults {
		list[i] = f.Fault
		list[i].Applied = f.applied.Load()
	}
	return list
}

// alone waits until no other goroutine changes the faults. The returned function
// ends that.
func (fs *faults) alone() (end func(), err error) {
	select {
	case fs.changing <- struct{}{}:
		return func() { <-fs.changing }, nil
	case <-time.After(10 * time.Second):
		return nil, errors.New("the faults are being changed by somebody else")
	}
}

func (s *Server) change(list []Fault) error {
	end, err := s.faults.alone()
	if err != nil {
		return err
	}
	defer end()
	kinds := make([]string, len(list))
	for i, f := range list {
		kinds[i] = f.Kind
	}
	s.faults.replace(list)
	r := Record{Time: s.cfg.Now(), Op: opFault, Fault: strings.Join(kinds, "+"), Faults: list}
	if g := s.gate.Load(); g != nil {
		if err = g.Set(s.faults.current().gateMode()); err != nil {
			err = fmt.Errorf("set faults %q: %w", r.Fault, err)
			r.Error = err.Error()
		}
	}
	s.cfg.Record(r)
	s.cfg.Logger.Warn("faults changed", "faults", r.Fault)
	return err
}

// clear ends all faults, if there are any.
func (s *Server) clear() error {
	if len(s.faults.current().faults) == 0 {
		return nil
	}
	return s.change(nil)
}

// opens lets faults reach the gate of a server that begins to serve.
func (s *Server) opens(g *gate.Gate) error {
	end, err := s.faults.alone()
	if err != nil {
		return err
	}
	defer end()
	s.gate.Store(g)
	return g.Set(s.faults.current().gateMode())
}

// gateMode returns what the faults do to the network.
func (set *faultSet) gateMode() gate.Mode {
	mode := gate.Open
	for _, f := range set.faults {
		switch f.Kind {
		case faultBlackHole:
			mode = gate.Frozen
		case faultRefuse:
			mode = gate.Refusing
		}
	}
	return mode
}

// describeFaults writes faults for people.
func describeFaults(list []Fault) string {
	if len(list) == 0 {
		return "none"
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
