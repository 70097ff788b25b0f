package lex

import (
	"sync/atomic"
	"time"
)

// warnEvery is how often a person is told that an alias is near its quota.
const warnEvery = time.Minute

// rarely lets something through at most once in a while. It is safe for several
// goroutines; the zero value lets the first through.
type rarely struct{ last atomic.Int64 } // in nanoseconds since 1970; 0 for never

// may reports whether it is time again.
func (s *rarely) may(now time.Time, every time.Duration) bool {
	last := s.last.Load()
	if last != 0 && now.UnixNano()-last < int64(every) {
		return false
	}
	return s.last.CompareAndSwap(last, now.UnixNano())
}
