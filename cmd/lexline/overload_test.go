package main

import (
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"lexline/internal/histogram"
)

// TestLoadGate gives the gate a look a second: 20 ticks in order, so many of them
// late by the time given.
func TestLoadGate(t *testing.T) {
	const ms = time.Millisecond
	type second struct {
		late int
		by   time.Duration
		want bool // no calls are taken
	}
	for _, test := range []struct {
		name    string
		maxLate time.Duration
		seconds []second
	}{
		{"in time", 100 * ms, []second{{0, 0, false}, {0, 0, false}, {0, 0, false}}},
		{"one bad second", 100 * ms, []second{{0, 0, false}, {0, 0, false}, {12, 300 * ms, false}, {0, 0, false}}},
		{"two bad seconds", 100 * ms, []second{{0, 0, false}, {0, 0, false}, {12, 300 * ms, false}, {12, 300 * ms, true}, {0, 0, false}}},
		{"a little late all the time", 100 * ms, []second{{20, 90 * ms, false}, {20, 90 * ms, false}, {20, 90 * ms, false}, {20, 90 * ms, false}}},
		{"late at the start", 100 * ms, []second{{20, time.Second, false}, {20, time.Second, false}, {20, time.Second, true}}},
		{"a stricter one", 20 * ms, []second{{0, 0, false}, {0, 0, false}, {20, 30 * ms, true}}},
		{"off", 0, []second{{20, time.Second, false}, {20, time.Second, false}, {20, time.Second, false}, {20, time.Second, false}}},
	} {
		late := histogram.New(ms, 20*ms, 40*ms, 100*ms, 200*ms)
		gate := loadGate{maxLate: test.maxLate}
		for i, s := range test.seconds {
			for tick := range 20 {
				if tick < s.late {
					late.Observe(s.by)
				} else {
					late.Observe(0)
				}
			}
			if why := gate.look(late.Snapshot(), 0, math.MaxInt64); (why != "") != s.want {
				t.Errorf("%s, second %d: %q; want calls refused: %t", test.name, i+1, why, s.want)
			}
		}
	}
}

func TestLoadGateOnMemory(t *testing.T) {
	for _, test := range []struct {
		inUse, limit int64
		want         string
	}{
		{79 << 20, 100 << 20, ""},
		{81 << 20, 100 << 20, "memory: 81 of 100 MiB are in use"},
		{1 << 40, math.MaxInt64, ""},
	} {
		gate := loadGate{maxLate: time.Second}
		if got := gate.look(histogram.Snapshot{}, test.inUse, test.limit); got != test.want {
			t.Errorf("with %d of %d bytes: %q, want %q", test.inUse, test.limit, got, test.want)
		}
	}
}

// TestMemoryInUse: what is held counts, garbage does not.
func TestMemoryInUse(t *testing.T) {
	const size = 64 << 20
	runtime.GC()
	before := memoryInUse()
	held := strings.Repeat("x", size)
	runtime.GC()
	if grown := memoryInUse() - before; grown < size/2 {
		t.Errorf("with %d bytes more it says %d more", size, grown)
	}
	runtime.KeepAlive(held)
	held = ""
	runtime.GC()
	if grown := memoryInUse() - before; grown > size/2 {
		t.Errorf("when they are gone it says %d more", grown)
	}
}
