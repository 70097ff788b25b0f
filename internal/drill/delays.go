package drill

import (
	"slices"
	"time"
)

// Quantiles describe delays; all are zero when there are none.
type Quantiles struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_s"`
	P99 float64 `json:"p99_s"`
	Max float64 `json:"max_s"`
}

// quantiles sorts its argument. A quantile is the smallest delay that is not
// below that part of all, so that the p99 of fewer than a hundred is their
// longest.
func quantiles(delays []time.Duration) Quantiles {
	slices.Sort(delays)
	n := len(delays)
	if n == 0 {
		return Quantiles{}
	}
	at := func(percent int) float64 { return delays[(n*percent+99)/100-1].Seconds() }
	return Quantiles{N: n, P50: at(50), P99: at(99), Max: delays[n-1].Seconds()}
}

// place names a turn within a run: the same in every run of one seed.
type place struct{ call, turn int }

// baseline knows how long answers take when nothing is wrong.
type baseline struct {
	paired map[place]time.Duration // of a run of the same seed without faults
	byClip map[string]time.Duration
	byKind map[Question]time.Duration
	any    time.Duration
}

// leastSample is how many turns make a median that others are measured against.
const leastSample = 5

// newBaseline takes the medians of the turns that were answered before a time.
// paired may be nil.
func newBaseline(calls []Call, before time.Time, paired []Call) *baseline {
	clips, kinds := map[string][]time.Duration{}, map[Question][]time.Duration{}
	var all []time.Duration
	for _, c := range calls {
		for _, t := range c.Turns {
			if t.Answer.IsZero() || !t.Answer.Before(before) {
				continue
			}
			d := t.delay()
			clips[t.Clip] = append(clips[t.Clip], d)
			kinds[t.Kind] = append(kinds[t.Kind], d)
			all = append(all, d)
		}
	}
	b := &baseline{paired: map[place]time.Duration{}, byClip: medians(clips), byKind: medians(kinds), any: median(all)}
	for _, c := range paired {
		for _, t := range c.Turns {
			if !t.Answer.IsZero() {
				b.paired[place{c.Number, t.Number}] = t.delay()
			}
		}
	}
	return b
}

func medians[K comparable](samples map[K][]time.Duration) map[K]time.Duration {
	found := map[K]time.Duration{}
	for key, delays := range samples {
		if len(delays) >= leastSample {
			found[key] = median(delays)
		}
	}
	return found
}

// median sorts its argument; of none it is 0.
func median(delays []time.Duration) time.Duration {
	if len(delays) == 0 {
		return 0
	}
	slices.Sort(delays)
	return delays[len(delays)/2]
}

// of returns how long the answer to a turn would have taken without a fault: as
// long as in the paired run; else as to others who said the same; else as to the
// same question; else as to any.
func (b *baseline) of(c *Call, t *Turn) time.Duration {
	if d, ok := b.paired[place{c.Number, t.Number}]; ok {
		return d
	}
	if d, ok := b.byClip[t.Clip]; ok {
		return d
	}
	if d, ok := b.byKind[t.Kind]; ok {
		return d
	}
	return b.any
}

func (t *Turn) delay() time.Duration { return t.Answer.Sub(t.Said) }

// extra is how much later than without a fault the answer to a turn came; never
// below 0.
func (b *baseline) extra(c *Call, t *Turn) time.Duration {
	return max(0, t.delay()-b.of(c, t))
}
