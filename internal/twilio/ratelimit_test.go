package twilio

import (
	"fmt"
	"testing"
	"time"
)

func TestFailureLimiter(t *testing.T) {
	f, now := newFailureLimiter(), testTime
	for i := range maxFailures {
		if f.isOver("192.0.2.1:1000", now) {
			t.Fatalf("over the limit after %d failures", i)
		}
		f.failure(fmt.Sprintf("192.0.2.1:%d", 1000+i), now)
	}
	for _, test := range []struct {
		remote string
		at     time.Time
		want   bool
	}{
		{"192.0.2.1:9", now, true},
		{"[::ffff:192.0.2.1]:9", now, true},
		{"192.0.2.2:9", now, false},
		{"192.0.2.1:9", now.Add(time.Second), false},
	} {
		if got := f.isOver(test.remote, test.at); got != test.want {
			t.Errorf("isOver(%s, +%v) = %v, want %v", test.remote, test.at.Sub(now), got, test.want)
		}
	}
}

func TestFailureLimiterCountsIPv6Networks(t *testing.T) {
	f := newFailureLimiter()
	for i := range maxFailures {
		f.failure(fmt.Sprintf("[2001:db8::%x]:1", i+1), testTime)
	}
	if !f.isOver("[2001:db8::ffff]:1", testTime) || f.isOver("[2001:db8:0:1::1]:1", testTime) {
		t.Error("want the network 2001:db8::/64 over the limit and its neighbour not")
	}
}

func TestFailureLimiterIsBounded(t *testing.T) {
	f := newFailureLimiter()
	for i := range 3 * maxFailingHosts {
		f.failure(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255), testTime)
	}
	if n := len(f.failed); n > maxFailingHosts+1 {
		t.Errorf("%d addresses are remembered, want at most %d", n, maxFailingHosts+1)
	}
}

func TestLogGate(t *testing.T) {
	var g logGate
	now := testTime
	if _, ok := g.pass(now); !ok {
		t.Fatal("the first line was stopped")
	}
	for range 7 {
		if _, ok := g.pass(now.Add(500 * time.Millisecond)); ok {
			t.Fatal("a second line within a second passed")
		}
	}
	if skipped, ok := g.pass(now.Add(time.Second)); !ok || skipped != 7 {
		t.Errorf("pass a second later = %d, %v; want 7 skipped, true", skipped, ok)
	}
}
