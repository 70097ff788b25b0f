package histogram

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestObserve(t *testing.T) {
	for name, tt := range map[string]struct {
		observed []time.Duration
		want     Snapshot
	}{
		"nothing":              {nil, snapshot(0, 0, 0, 0)},
		"a bound is within":    {[]time.Duration{100 * time.Millisecond}, snapshot(1, 1, 1, 0.1)},
		"just above a bound":   {[]time.Duration{100*time.Millisecond + 1}, snapshot(0, 1, 1, 0.100000001)},
		"above all bounds":     {[]time.Duration{5 * time.Second}, snapshot(0, 0, 1, 5)},
		"a clock went back":    {[]time.Duration{-time.Second}, snapshot(1, 1, 1, 0)},
		"buckets are added up": {[]time.Duration{0, 200 * time.Millisecond, 2 * time.Second}, snapshot(1, 2, 3, 2.2)},
	} {
		t.Run(name, func(t *testing.T) {
			h := New(100*time.Millisecond, time.Second)
			for _, d := range tt.observed {
				h.Observe(d)
			}
			if diff := cmp.Diff(tt.want, h.Snapshot()); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", tt.observed, diff)
			}
		})
	}
}

// snapshot is that of a histogram with the bounds 0.1 and 1 s.
func snapshot(tenth, second, all uint64, sum float64) Snapshot {
	return Snapshot{Buckets: []Bucket{{0.1, tenth}, {1, second}}, Count: all, Sum: sum}
}

func TestNilCountsNothing(t *testing.T) {
	var h *Histogram
	h.Observe(time.Second)
	if s := h.Snapshot(); s.Count != 0 || s.Buckets != nil {
		t.Errorf("a nil histogram counted %+v", s)
	}
}

func TestBoundsMustGrow(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New(2s, 1s) returned; want a panic, as nothing could be counted in it")
		}
	}()
	New(2*time.Second, time.Second)
}

func TestManyObserveAtOnce(t *testing.T) {
	const each, many = 1000, 8
	h := New(time.Millisecond, time.Second)
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			for range each {
				h.Observe(time.Millisecond)
			}
		})
	}
	all.Wait()
	if s := h.Snapshot(); s.Count != each*many || s.Buckets[0].Count != each*many || s.Sum != each*many/1000 {
		t.Errorf("%d observations of 1 ms at once = %+v; want none lost", each*many, s)
	}
}

func TestObserveDoesNotAllocate(t *testing.T) {
	h := New(time.Millisecond, time.Second)
	if n := testing.AllocsPerRun(100, func() { h.Observe(time.Millisecond) }); n != 0 {
		t.Errorf("Observe allocates %v times", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	h := New(time.Millisecond, 10*time.Millisecond, 100*time.Millisecond, time.Second)
	for b.Loop() {
		h.Observe(50 * time.Millisecond)
	}
}
