package region

import (
	"sync"
	"time"
)

// Budget bounds the hedges of a gateway: about one for every ten turns, and a
// few in any case, so that a gateway with little to do can hedge too. A hedge is
// a request on top of the load; without a bound, hedging finishes off a region
// that is slow because it is overloaded (Dean and Barroso, The Tail at Scale,
// https://cacm.acm.org/research/the-tail-at-scale/).
//
// It is safe for several goroutines; time comes in with every call.
type Budget struct {
	share, floor, limit float64

	mu     sync.Mutex
	tokens float64
	last   time.Duration
}

// The budget: a tenth of the turns, at least one hedge every six seconds, and at
// most a burst of what the busiest minute of a large gateway would earn.
const (
	hedgeShare = 0.1
	hedgeFloor = 1.0 / 6 // a second
	hedgeBurst = 40
)

// NewBudget returns a full budget.
func NewBudget() *Budget {
	return &Budget{share: hedgeShare, floor: hedgeFloor, limit: hedgeBurst, tokens: hedgeBurst}
}

// Turn notes that a turn was sent: it earns its share of a hedge.
func (b *Budget) Turn(now time.Duration) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refillLocked(now)
	b.tokens = min(b.limit, b.tokens+b.share)
}

// Take takes one hedge and reports whether there was one.
func (b *Budget) Take(now time.Duration) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refillLocked(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Left returns how many hedges may be sent now.
func (b *Budget) Left(now time.Duration) int {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refillLocked(now)
	return int(b.tokens)
}

func (b *Budget) refillLocked(now time.Duration) {
	if now > b.last {
		b.tokens = min(b.limit, b.tokens+(now-b.last).Seconds()*b.floor)
		b.last = now
	}
}
