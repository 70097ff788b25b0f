package region

import (
	"slices"
	"time"
)

const (
	// latencyWindow is how many answers the percentiles look back on.
	latencyWindow = 256
	// latencyKnown is how many answers it takes before a percentile means something.
	latencyKnown = 20
)

// latencies are the times to answer of a region's latest good turns. It keeps
// them in order of size, so that asking costs nothing: it is asked before every
// turn. The zero value is ready.
type latencies struct {
	byAge  [latencyWindow]time.Duration // a ring: oldest at next once full
	bySize []time.Duration
	next   int
}

// add takes in the time of one more answer, and forgets the oldest beyond the window.
func (l *latencies) add(took time.Duration) {
	if l.bySize == nil {
		l.bySize = make([]time.Duration, 0, latencyWindow)
	}
	if len(l.bySize) == latencyWindow {
		oldest, _ := slices.BinarySearch(l.bySize, l.byAge[l.next])
		l.bySize = slices.Delete(l.bySize, oldest, oldest+1)
	}
	place, _ := slices.BinarySearch(l.bySize, took)
	l.bySize = slices.Insert(l.bySize, place, took)
	l.byAge[l.next] = took
	l.next = (l.next + 1) % latencyWindow
}

// percentile returns the time that p of 100 answers do not exceed, or 0 while
// there are too few of them to say.
func (l *latencies) percentile(p int) time.Duration {
	n := len(l.bySize)
	if n < latencyKnown {
		return 0
	}
	return l.bySize[(n-1)*p/100]
}
