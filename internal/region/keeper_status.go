package region

import (
	"time"
)

// Status is everything that a keeper knows, for people and their tools.
type Status struct {
	Active   string         `json:"active"`    // that calls belong to: the first region that is not taken out, or the pinned one
	NewCalls string         `json:"new_calls"` // where most new calls go now: not the active one while that is suspect and another is not, or has just come back
	Panic    bool           `json:"panic"`     // every region looks dead: none is taken out
	Doubt    bool           `json:"doubt"`     // they all fell together: it may be this gateway's own network
	Pin      *PinStatus     `json:"pin,omitempty"`
	Table    *TableStatus   `json:"table,omitempty"` // nil if there is none
	Regions  []RegionStatus `json:"regions"`         // home first
	Audit    []AuditEntry   `json:"audit,omitempty"` // what the judge did lately, oldest first, at most 200 lines
}

// PinStatus is an operator's pin.
type PinStatus struct {
	Region string    `json:"region"`
	Until  time.Time `json:"until"` // as the clock of who set it has it: the same on every gateway
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`
}

// RegionStatus is what is held of one region, since when, and by what evidence.
type RegionStatus struct { //nolint:revive // Status is of all regions
	Seen
	State           State     `json:"state"`
	Since           time.Time `json:"since"`
	Why             string    `json:"why"`
	Ejected         bool      `json:"ejected"`   // gets no turns
	Throttled       bool      `json:"throttled"` // refused for load lately
	Doubtful        bool      `json:"doubtful"`  // our verdict is not told to others
	Relapses        int       `json:"relapses"`
	HoldSeconds     float64   `json:"hold_seconds,omitempty"`      // when down: how long it must be good without a fault
	HoldLeftSeconds float64   `json:"hold_left_seconds,omitempty"` // what is left of that; all of it while it is not good
	LastFaultAt     time.Time `json:"last_fault_at,omitzero"`
	LastGoodAt      time.Time `json:"last_good_at,omitzero"`
	RampLeftSeconds float64   `json:"ramp_left_seconds,omitempty"` // when recovering: until it may get all new calls
	LastProbeError  string    `json:"last_probe_error,omitempty"`  // empty once a deep probe was good again
	ProbeErrorAt    time.Time `json:"last_probe_error_at,omitzero"`
	MedianSeconds   float64   `json:"median_seconds,omitempty"` // of the times to answer
	SlowSeconds     float64   `json:"slow_seconds,omitempty"`   // their 95th percentile
}

// AuditEntry is one thing that the judge did.
type AuditEntry struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // "region changed", "active region moved", "panic", "doubt" or "pin"
	Region string    `json:"region,omitempty"`
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
	Why    string    `json:"why,omitempty"`
	Error  string    `json:"error,omitempty"` // of the probe after which the verdict changed for the worse
}

// String names the kind as the audit trail has it.
func (k ActionKind) String() string {
	switch k {
	case Probe:
		return "probe"
	case Changed:
		return "region changed"
	case Moved:
		return "active region moved"
	case Panics:
		return "panic"
	case Doubts:
		return "doubt"
	case Pinned:
		return "pin"
	}
	return "unknown"
}

// auditKept bounds the audit trail in memory.
const auditKept = 200

type auditLine struct {
	at     time.Duration
	action Action
	fault  string // of the probe that it came of
}

// auditLocked keeps one action.
func (k *Keeper) auditLocked(line auditLine) {
	if len(k.audit) == auditKept {
		copy(k.audit, k.audit[1:])
		k.audit = k.audit[:auditKept-1]
	}
	k.audit = append(k.audit, line)
}

// Status returns everything at this moment.
func (k *Keeper) Status() Status {
	var table *TableStatus
	if k.table != nil {
		status := k.table.Status()
		table = &status
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now, wall := k.Now(), time.Now()
	at := func(d time.Duration) time.Time { return wall.Add(d - now).Round(0) }
	view, verdicts, seen := k.judge.View(now), k.judge.Verdicts(), k.judge.Seen(now)
	s := Status{Active: k.judge.Active(), Panic: view.Panic, Doubt: k.judge.doubts, Table: table}
	if p := k.judge.pin; p.region != "" && now < p.until {
		s.Pin = &PinStatus{Region: p.region, Until: p.wall, By: p.by, Why: p.why}
		if p.wall.IsZero() {
			s.Pin.Until = at(p.until)
		}
	}
	s.NewCalls = s.Active
	for _, r := range seen {
		if r.NewCalls > 50 {
			s.NewCalls = r.Region
		}
	}
	for i, v := range verdicts {
		r := RegionStatus{
			Seen: seen[i], State: v.State, Since: at(v.Since), Why: v.Why,
			Ejected: view.Regions[i].Ejected, Throttled: view.Regions[i].Throttled,
			Doubtful: k.judge.Doubtful(v.Region), Relapses: v.Relapses,
			HoldSeconds: v.Hold.Seconds(), HoldLeftSeconds: seen[i].HoldLeft.Seconds(),
			RampLeftSeconds: seen[i].RampLeft.Seconds(),
			MedianSeconds:   seen[i].Median.Seconds(), SlowSeconds: seen[i].Slow.Seconds(),
		}
		if fault, ok := k.faults[v.Region]; ok {
			r.LastProbeError, r.ProbeErrorAt = fault.text, at(fault.at)
		}
		if seen[i].LastClass != None {
			r.LastFaultAt = at(seen[i].LastFault)
		}
		if seen[i].LastGood > 0 {
			r.LastGoodAt = at(seen[i].LastGood)
		}
		s.Regions = append(s.Regions, r)
	}
	for _, line := range k.audit {
		a := line.action
		s.Audit = append(s.Audit, AuditEntry{At: at(line.at), What: a.Kind.String(), Region: a.Region, From: a.From, To: a.To, Why: a.Why, Error: line.fault})
	}
	return s
}
