package twilio

import (
	"net/netip"
	"sync"
	"time"
)

const (
	maxFailures     = 10   // failed signatures a second and address
	maxFailingHosts = 4096 // addresses watched at once
)

// failureLimiter notices addresses from which many wrong signatures come. It never
// stops a right one, since behind a load balancer all requests share one address:
// an address over the limit merely gets the cheap check. Safe for several
// goroutines.
type failureLimiter struct {
	mu     sync.Mutex
	second int64 // the failures are of this second
	failed map[netip.Addr]int
}

func newFailureLimiter() *failureLimiter {
	return &failureLimiter{failed: map[netip.Addr]int{}}
}

// isOver reports whether the address has used up this second's failures.
func (f *failureLimiter) isOver(remote string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turnLocked(now)
	return f.failed[failureKey(remote)] >= maxFailures
}

// failure counts one wrong signature. Beyond maxFailingHosts further addresses
// share one count.
func (f *failureLimiter) failure(remote string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turnLocked(now)
	key := failureKey(remote)
	if _, known := f.failed[key]; !known && len(f.failed) >= maxFailingHosts {
		key = netip.Addr{}
	}
	f.failed[key]++
}

func (f *failureLimiter) turnLocked(now time.Time) {
	if second := now.Unix(); second != f.second {
		f.second = second
		clear(f.failed)
	}
}

// failureKey is the address of a remote end; of IPv6 the network, as a host has
// as many addresses in it as it likes.
func failureKey(remote string) netip.Addr {
	end, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr := end.Addr().Unmap()
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return addr
}

// logGate lets one log line through a second and counts the others. Safe for
// several goroutines.
type logGate struct {
	mu      sync.Mutex
	last    time.Time
	skipped int
}

// pass reports whether to log now, and how many lines were left out before.
func (g *logGate) pass(now time.Time) (skipped int, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if since := now.Sub(g.last); since >= 0 && since < time.Second {
		g.skipped++
		return 0, false
	}
	skipped, g.skipped, g.last = g.skipped, 0, now
	return skipped, true
}
