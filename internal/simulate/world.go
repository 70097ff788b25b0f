package simulate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"
)

// world is virtual time: a heap of things that will happen, and the one source of
// everything that is left to chance. It belongs to one run.
type world struct {
	now    time.Duration
	random *rand.Rand
	queue  []happening // a binary heap
	count  uint64      // of all happenings so far: they never share a place in the order
	hash   uint64      // of the times of all happenings
	trace  io.Writer   // nil for none
}

// happening is something that will happen.
type happening struct {
	at    time.Duration
	order uint64
	do    func()
}

func (h happening) before(other happening) bool {
	return h.at < other.at || h.at == other.at && h.order < other.order
}

// at lets something happen at a time, now at the earliest.
func (w *world) at(at time.Duration, do func()) {
	w.count++
	w.queue = append(w.queue, happening{max(at, w.now), w.count, do})
	for i := len(w.queue) - 1; i > 0; {
		parent := (i - 1) / 2
		if !w.queue[i].before(w.queue[parent]) {
			break
		}
		w.queue[i], w.queue[parent] = w.queue[parent], w.queue[i]
		i = parent
	}
}

// after lets something happen after a while.
func (w *world) after(wait time.Duration, do func()) { w.at(w.now+wait, do) }

// next lets the next thing happen and reports whether there was one before end.
func (w *world) next(end time.Duration) bool {
	if len(w.queue) == 0 || w.queue[0].at > end {
		return false
	}
	first := w.queue[0]
	last := len(w.queue) - 1
	w.queue[0] = w.queue[last]
	w.queue[last] = happening{}
	w.queue = w.queue[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && w.queue[child+1].before(w.queue[child]) {
			child++
		}
		if !w.queue[child].before(w.queue[i]) {
			break
		}
		w.queue[i], w.queue[child] = w.queue[child], w.queue[i]
		i = child
	}
	w.now = first.at
	w.hash = (w.hash ^ uint64(first.at)) * 0x100000001b3 // FNV-1a's prime
	first.do()
	return true
}

// say writes a line of the trace. Callers ask tracing first: the arguments cost
// more than the question.
func (w *world) say(format string, args ...any) {
	fmt.Fprintf(w.trace, "%10.4f  "+format+"\n", append([]any{w.now.Seconds()}, args...)...)
}

func (w *world) tracing() bool { return w.trace != nil }

// between draws a time.
func (w *world) between(low, high time.Duration) time.Duration { return between(w.random, low, high) }

// chance draws whether something with that probability is so.
func (w *world) chance(p float64) bool { return w.random.Float64() < p }

func between(random *rand.Rand, low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(random.Int64N(int64(high-low)))
}

// Latencies of a healthy region, from the end of the utterance to the answer:
// log-normal, median 0.45 s, 99th percentile 1.3 s. The tail ends where a patient
// client's first deadline does not reach, so that a region without a fault never
// fails a turn by its latency alone.
const (
	medianLatency  = 0.45
	latencySpread  = 0.456
	longestLatency = 2500 * time.Millisecond
)

func (w *world) latency() time.Duration {
	seconds := medianLatency * math.Exp(latencySpread*w.random.NormFloat64())
	return min(time.Duration(seconds*float64(time.Second)), longestLatency)
}
