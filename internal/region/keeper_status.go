package region

import (
	"time"
)

// Status is everything that a keeper knows, for people and their tools.
type Status struct {
	Active  string         `json:"active"` // where new calls go
	Panic   bool           `json:"panic"`  // every region looks dead: none is taken out
	Doubt   bool           `json:"doubt"`  // they all fell together: it may be this gateway's own network
	Pin     *PinStatus     `json:"pin,omitempty"`
	Table   *TableStatus   `json:"table,omitempty"` // nil if there is none
	Regions []RegionStatus `json:"regions"`         // home first
	Audit   []AuditEntry   `json:"audit,omitempty"` // what the judge did lately, oldest first, at most 200 lines
}

// PinStatus is an operator's pin.
type PinStatus struct {
	Region string    `json:"region"`
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`
}

// RegionStatus is what is held of one region, since when, and by what evidence.
type RegionStatus struct {
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
	LastProbeError  string    `json:"last_probe_error,omitempty"`
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
}

// String names the kind as logs and the audit trail have it.
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
}

// auditLocked keeps one action.
func (k *Keeper) auditLocked(now time.Duration, a Action) {
	if len(k.audit) == auditKept {
		copy(k.audit, k.audit[1:])
		k.audit = k.audit[:auditKept-1]
	}
	k.audit = append(k.audit, auditLine{at: now, action: a})
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
		s.Pin = &PinStatus{Region: p.region, Until: at(p.until), By: p.by, Why: p.why}
	}
	for i, v := range verdicts {
		r := RegionStatus{
			Seen: seen[i], State: v.State, Since: at(v.Since), Why: v.Why,
			Ejected: view.Regions[i].Ejected, Throttled: view.Regions[i].Throttled,
			Doubtful: k.judge.Doubtful(v.Region), Relapses: v.Relapses,
			HoldSeconds: v.Hold.Seconds(), HoldLeftSeconds: seen[i].HoldLeft.Seconds(),
			LastProbeError: k.faults[v.Region],
			MedianSeconds:  seen[i].Median.Seconds(), SlowSeconds: seen[i].Slow.Seconds(),
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
		s.Audit = append(s.Audit, AuditEntry{At: at(line.at), What: a.Kind.String(), Region: a.Region, From: a.From, To: a.To, Why: a.Why})
	}
	return s
}
