// Package histogram counts durations in fixed buckets, for how long callers wait
// and how late things are: what Prometheus calls a classic histogram. It knows no
// metrics library and nothing of what is measured, so that anything may count in
// one, and the program hands all of them out.
package histogram

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Histogram counts durations by bucket. Observe takes no lock and allocates
// nothing. It is safe for several goroutines; a nil one counts nothing.
type Histogram struct {
	bounds []time.Duration // upper, each belongs to its bucket
	counts []atomic.Uint64 // one more than bounds: the last is of what is above all of them
	sum    atomic.Int64    // nanoseconds
}

// New returns an empty histogram whose buckets end at bounds, which must grow. A
// duration that is a bound belongs to the bucket that ends with it, as Prometheus's
// label le says. What is longer than the last bound is counted as well.
func New(bounds ...time.Duration) *Histogram {
	for i := 1; i < len(bounds); i++ {
		if bounds[i] <= bounds[i-1] {
			panic(fmt.Sprintf("histogram: bounds %v do not grow", bounds))
		}
	}
	return &Histogram{bounds: slices.Clone(bounds), counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts one duration. One below zero, as clocks that are compared may
// give, counts as zero.
func (h *Histogram) Observe(d time.Duration) {
	if h == nil {
		return
	}
	d = max(d, 0)
	i, _ := slices.BinarySearch(h.bounds, d)
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// Snapshot is the state of a Histogram at one moment.
type Snapshot struct {
	Buckets []Bucket `json:"buckets"` // by growing bound, without those above the last one
	Count   uint64   `json:"count"`   // of all durations
	Sum     float64  `json:"sum_seconds"`
}

// Bucket is how many durations were not longer than a bound: it counts those of
// the buckets before it as well.
type Bucket struct {
	Bound float64 `json:"le"` // seconds
	Count uint64  `json:"count"`
}

// Snapshot reads the counts. What is observed meanwhile may be in the count and
// not yet in the sum; the counts agree with each other.
func (h *Histogram) Snapshot() Snapshot {
	if h == nil {
		return Snapshot{}
	}
	s := Snapshot{Buckets: make([]Bucket, len(h.bounds))}
	for i := range h.counts {
		s.Count += h.counts[i].Load()
		if i < len(h.bounds) {
			s.Buckets[i] = Bucket{Bound: h.bounds[i].Seconds(), Count: s.Count}
		}
	}
	s.Sum = time.Duration(h.sum.Load()).Seconds()
	return s
}
