package lex

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestSeldomly(t *testing.T) {
	var s rarely
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		at   time.Duration
		want bool
	}{
		{0, true},
		{0, false},
		{59 * time.Second, false},
		{time.Minute, true},
		{61 * time.Second, false},
		{2 * time.Minute, true},
		{time.Hour, true},
	} {
		if got := s.may(start.Add(c.at), time.Minute); got != c.want {
			t.Errorf("may at %v = %v; want %v", c.at, got, c.want)
		}
	}
}

func TestSeldomlyLetsOneOfManyThrough(t *testing.T) {
	var s rarely
	var through atomic.Int64
	var asking sync.WaitGroup
	now := time.Unix(1_800_000_000, 0)
	for range 50 {
		asking.Go(func() {
			if s.may(now, time.Minute) {
				through.Add(1)
			}
		})
	}
	asking.Wait()
	if got := through.Load(); got != 1 {
		t.Errorf("%d of 50 at a time came through; want 1", got)
	}
}
