package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// clocked notes when it was written to, and can be slow once.
type clocked struct {
	times  []time.Duration
	began  time.Time
	slowAt int
	slow   time.Duration
	err    error
}

func (c *clocked) Write(p []byte) (int, error) {
	c.times = append(c.times, time.Since(c.began))
	if len(c.times) == c.slowAt {
		time.Sleep(c.slow)
	}
	return len(p), c.err
}

func clockedLanes(n int) ([]*lane, []*clocked) {
	noise := lineNoise(2)
	var lanes []*lane
	var writers []*clocked
	for i := range n {
		w := &clocked{began: time.Now()}
		writers = append(writers, w)
		lanes = append(lanes, &lane{w: w, media: newMediaStream(streamSID(i), uint64(i), noise)})
	}
	return lanes, writers
}

func TestSendKeepsRealPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, writers := clockedLanes(45)
		w, err := send(t.Context(), lanes, 2*time.Second)
		if err != nil || w.messages != 45*100 {
			t.Fatalf("45 calls for 2 s: got %d messages, error %v; want 4500", w.messages, err)
		}
		for i, c := range writers {
			for n, at := range c.times {
				if want := time.Duration(20*n+i%20) * time.Millisecond; at != want {
					t.Fatalf("call %d, message %d: sent at %v, want %v", i, n, at, want)
				}
			}
			if lanes[i].sent != 100 || lanes[i].bytes < 100*300 {
				t.Errorf("call %d: counted %d messages, %d bytes", i, lanes[i].sent, lanes[i].bytes)
			}
		}
	})
}

func TestSendMakesUpForLateness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, writers := clockedLanes(1)
		writers[0].slowAt, writers[0].slow = 10, 70*time.Millisecond
		w, err := send(t.Context(), lanes, time.Second)
		if err != nil || w.messages != 50 {
			t.Fatalf("got %d messages, error %v; want all 50", w.messages, err)
		}
		if at := writers[0].times[12]; at != 250*time.Millisecond {
			t.Errorf("message 12, due at 240 ms in a hold-up until 250: sent at %v", at)
		}
		if at := writers[0].times[20]; at != 400*time.Millisecond {
			t.Errorf("message 20, after the hold-up: sent at %v, want 400 ms", at)
		}
		if worst := percentile(w.late, 1); worst != 69*time.Millisecond {
			t.Errorf("worst lateness: got %v, want 69 ms", worst)
		}
	})
}

func TestSendEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes, writers := clockedLanes(3)
		ctx, cancel := context.WithTimeout(t.Context(), 495*time.Millisecond)
		defer cancel()
		if w, err := send(ctx, lanes, time.Hour); !errors.Is(err, context.DeadlineExceeded) || w.messages != 75 {
			t.Errorf("cancelled after 495 ms: got %d messages, error %v; want 75", w.messages, err)
		}
		cut := errors.New("cut")
		writers[1].err = cut
		if _, err := send(t.Context(), lanes, time.Hour); !errors.Is(err, cut) {
			t.Errorf("broken connection: got error %v, want %v", err, cut)
		}
	})
}

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[99-i] = time.Duration(i)
	}
	cases := []struct {
		given []time.Duration
		part  float64
		want  time.Duration
	}{
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 99},
		{hundred[:1], 0.5, 99},
		{nil, 0.5, 0},
	}
	for _, c := range cases {
		if got := percentile(c.given, c.part); got != c.want {
			t.Errorf("%v of %d values: got %d, want %d", c.part, len(c.given), got, c.want)
		}
	}
}
