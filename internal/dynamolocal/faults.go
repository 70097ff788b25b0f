package dynamolocal

import (
	"time"

	"lexline/internal/fault"
)

// activeFault is a fault in force.
type activeFault = fault.Active[Fault]

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
	r := Record{Op: opFault, Fault: fault.Names(list), Faults: list}
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
