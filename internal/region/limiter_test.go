package region

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLimiter(t *testing.T) {
	l := NewLimiter(5)
	for i := 1; i <= 5; i++ {
		if l.Full() {
			t.Fatalf("with %d of 5 taken it is full", i-1)
		}
		ok, nearly := l.Acquire()
		if !ok || nearly != (i == 4) { // 80 % of 5
			t.Errorf("request %d of 5: %v, near the limit %v; want true, %v", i, ok, nearly, i == 4)
		}
	}
	if ok, nearly := l.Acquire(); ok || nearly || !l.Full() {
		t.Errorf("request 6 of 5: %v, near the limit %v, full %v; want false, false, true", ok, nearly, l.Full())
	}
	l.Release()
	l.Release()
	if diff := cmp.Diff(Room{Held: 3, Limit: 5, Most: 5, Refused: 1}, l.Room()); diff != "" {
		t.Errorf("after two were given back (-want +got):\n%s", diff)
	}
	if ok, nearly := l.Acquire(); !ok || !nearly {
		t.Errorf("back at 4 of 5: %v, near the limit %v; want true twice: it happens again", ok, nearly)
	}
}

func TestNoLimit(t *testing.T) {
	l := NewLimiter(0)
	for range 1000 {
		if ok, nearly := l.Acquire(); !ok || nearly || l.Full() {
			t.Fatalf("without a limit: %v, near it %v, full %v; want true, false, false", ok, nearly, l.Full())
		}
	}
	if got := l.Room(); got.Held != 1000 || got.Refused != 0 {
		t.Errorf("without a limit, after 1,000: %+v; want all held, none refused", got)
	}
}

func TestLimiterWarnsInTime(t *testing.T) {
	for limit, want := range map[int]int{1: 1, 2: 2, 3: 3, 5: 4, 10: 8, 25: 20, 26: 21} {
		l := NewLimiter(limit)
		warned := 0
		for i := 1; i <= limit; i++ {
			if _, nearly := l.Acquire(); nearly {
				warned = i
			}
		}
		if warned != want {
			t.Errorf("of %d: warned at %d; want %d", limit, warned, want)
		}
	}
}

func TestLimiterForManyAtOnce(t *testing.T) {
	l := NewLimiter(7)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 100 {
				if ok, _ := l.Acquire(); ok {
					l.Release()
				}
			}
		})
	}
	all.Wait()
	if got := l.Room(); got.Held != 0 || got.Most > 7 {
		t.Errorf("after 50 at once: %+v; want none held, and never more than 7", got)
	}
}
