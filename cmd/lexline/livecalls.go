package main

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"lexline/internal/call"
)

// liveCalls knows the calls that run. A call is noted at its start and at its end,
// and never while it runs: whoever looks asks the call's own marks. It is safe for
// several goroutines; the zero value is ready.
type liveCalls struct {
	mu    sync.Mutex
	calls map[*liveCall]struct{}
}

// liveCall is one call, and whom to ask how it stands.
type liveCall struct {
	info     call.Info
	began    time.Time
	progress *call.Progress
	region   func() string // empty before the first turn
	leg      call.Leg
}

// liveCallStatus is what is known of a call that runs.
type liveCallStatus struct {
	Call    string     `json:"call"`
	Line    string     `json:"line"`
	From    string     `json:"from"`              // its last two digits
	Resumed bool       `json:"resumed,omitempty"` // it goes on after a lost stream
	Since   time.Time  `json:"since"`             // the stream opened
	Seconds float64    `json:"seconds"`
	Turn    int        `json:"turn"`
	State   call.State `json:"state"`
	Region  string     `json:"region,omitempty"`
	Suspect bool       `json:"suspect,omitempty"` // no audio comes
}

// enter notes a call, leave that it is over.
func (l *liveCalls) enter(c *liveCall) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		l.calls = map[*liveCall]struct{}{}
	}
	l.calls[c] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.calls, c)
	}
}

// list returns the calls, the longest one first.
func (l *liveCalls) list(now time.Time) []liveCallStatus {
	l.mu.Lock()
	calls := make([]*liveCall, 0, len(l.calls))
	for c := range l.calls {
		calls = append(calls, c)
	}
	l.mu.Unlock()
	list := make([]liveCallStatus, len(calls)) // an empty list in JSON, not null
	for i, c := range calls {
		list[i] = c.status(now)
	}
	slices.SortFunc(list, func(a, b liveCallStatus) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Call, b.Call))
	})
	return list
}

func (c *liveCall) status(now time.Time) liveCallStatus {
	s := liveCallStatus{
		Call: c.info.ID, Line: c.info.Line, From: c.info.Caller(), Resumed: c.info.Resumed,
		Since: c.began, Seconds: now.Sub(c.began).Round(100 * time.Millisecond).Seconds(),
		Turn: c.progress.Turn(), State: c.progress.State(), Region: c.region(),
	}
	if leg, ok := c.leg.(interface{ Suspect() bool }); ok {
		s.Suspect = leg.Suspect()
	}
	return s
}

// samples returns the ids of some calls, the longest ones.
func (l *liveCalls) samples(most int) []string {
	ids := []string{}
	for _, c := range l.list(time.Now()) {
		if len(ids) == most {
			break
		}
		ids = append(ids, c.Call)
	}
	return ids
}
