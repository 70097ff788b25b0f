package lexlocal

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"lexline/internal/fault"
)

// activeFault is a fault in force.
type activeFault = fault.Active[Fault]

// faults is what a Server does wrong, and what it counts for it. It is safe for
// several goroutines.
type faults struct {
	*fault.Board[Fault]

	mu       sync.Mutex
	inFlight map[string]int // conversational requests by bot and alias
	pace     *rand.Rand     // of the usual latency
}

func newFaults(seed uint64) *faults {
	return &faults{Board: fault.NewBoard[Fault](seed), inFlight: make(map[string]int), pace: rand.New(rand.NewPCG(seed, 0))}
}

// enter counts a conversational request of an alias. Above the quota it is not
// counted and false is returned. quota < 0 is none.
func (fs *faults) enter(alias string, quota int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if quota >= 0 && fs.inFlight[alias] >= quota {
		return false
	}
	fs.inFlight[alias]++
	return true
}

// leave ends what enter began.
func (fs *faults) leave(alias string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.inFlight[alias]--; fs.inFlight[alias] == 0 {
		delete(fs.inFlight, alias)
	}
}

// maxPace is how many times the usual latency an answer takes at most.
const maxPace = 10

// usual returns how long an answer usually takes: log-normal with the given
// median, as the answers of services are.
func (fs *faults) usual(median time.Duration, spread float64) time.Duration {
	if median == 0 || spread == 0 {
		return median
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return time.Duration(float64(median) * min(math.Exp(spread*fs.pace.NormFloat64()), maxPace))
}

// SetFaults puts the faults of list, a JSON list of Fault objects, in force
// instead of those before. An empty list clears them: what hung goes on, the
// black hole lets through what waited, the listener listens again. On an error
// of the list nothing changes. It returns when the faults are in force and may
// block for some seconds.
func (s *Server) SetFaults(list []byte) ([]Fault, error) {
	parsed, err := parseFaults(list)
	if err != nil {
		return nil, &fault.ListError{Err: err}
	}
	return parsed, s.change(parsed)
}

// Faults returns the faults in force, and how many requests each has struck.
func (s *Server) Faults() []Fault {
	set := s.faults.Current()
	list := make([]Fault, len(set.Faults))
	for i, f := range set.Faults {
		list[i] = f.Fault
		list[i].Applied = f.Applied()
	}
	return list
}

func (s *Server) change(list []Fault) error {
	r := Record{Op: opFault, Region: s.cfg.Region, Fault: fault.Names(list), Faults: list}
	return s.faults.Change(list, s.cfg.Now, func(at time.Time, err error) {
		if r.Time = at; err != nil {
			r.Error = err.Error()
		}
		s.cfg.Record(r)
		s.cfg.Logger.Warn("faults changed", "faults", r.Fault)
	})
}

// clear ends all faults, if there are any.
func (s *Server) clear() error {
	if len(s.faults.Current().Faults) == 0 {
		return nil
	}
	return s.change(nil)
}
