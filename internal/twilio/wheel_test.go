package twilio

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// wakings is a sleeper that notes when it was woken.
type wakings struct {
	sleeper
	at []time.Time
}

// so returns when s was woken so far.
func (s *wakings) so(w *wheel) []time.Time {
	w.mu.Lock() // wake is called with it
	defer w.mu.Unlock()
	return slices.Clone(s.at)
}

// forget starts counting again.
func (s *wakings) forget(w *wheel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.at = nil
}

func newWakings() *wakings {
	s := &wakings{}
	s.wake = func() { s.at = append(s.at, time.Now()) }
	return s
}

func TestWheelWakesASilentSleeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel()
		s := newWakings()
		time.Sleep(20 * time.Millisecond) // fake time: between two ticks
		start := time.Now()
		w.add(&s.sleeper)
		time.Sleep(time.Second)
		w.remove(&s.sleeper)
		n := len(s.so(w))
		time.Sleep(time.Second)
		w.stop()
		if more := len(s.so(w)) - n; more != 0 {
			t.Errorf("woken %d times after remove", more)
		}
		if n < 5 || n > 10 {
			t.Errorf("woken %d times in a second, want 5 to 10", n)
		}
		last := start
		for i, at := range s.so(w) {
			if gap := at.Sub(last); gap > 200*time.Millisecond || gap < wheelTick {
				t.Errorf("waking %d came %v after the one before, want at most 200ms", i, gap)
			}
			last = at
		}
	})
}

func TestWheelLetsABusySleeperAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel()
		defer w.stop()
		s := newWakings()
		w.add(&s.sleeper)
		for range 500 {
			time.Sleep(20 * time.Millisecond)
			s.heard.Store(w.now())
		}
		if n := len(s.so(w)); n != 0 {
			t.Errorf("woken %d times in 10 s with a message every 20 ms, want never", n)
		}
		silent := time.Now()
		time.Sleep(300 * time.Millisecond)
		if at := s.so(w); len(at) == 0 || at[0].Sub(silent) > 200*time.Millisecond {
			t.Errorf("woken at %v after falling silent at %v, want within 200ms", at, silent)
		}
		w.remove(&s.sleeper)
	})
}

// TestWheelWithManySleepers adds and removes sleepers in every order and place.
func TestWheelWithManySleepers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel()
		var all []*wakings
		for i := range 200 {
			s := newWakings()
			all = append(all, s)
			w.add(&s.sleeper)
			if i%3 == 0 {
				time.Sleep(7 * time.Millisecond)
			}
		}
		removed := map[int]bool{}
		for i := 0; i < len(all); i += 1 + i%4 {
			w.remove(&all[i].sleeper)
			w.remove(&all[i].sleeper) // a second time does nothing
			removed[i] = true
		}
		for _, s := range all {
			s.forget(w)
		}
		time.Sleep(time.Second)
		for i, s := range all {
			if n := len(s.so(w)); removed[i] != (n == 0) || n > 10 {
				t.Errorf("sleeper %d, removed %v, was woken %d times in a second", i, removed[i], n)
			}
		}
		w.stop()
		left := 0
		for slot, sleepers := range w.slots {
			for place, s := range sleepers {
				if s.slot != slot || s.place != place {
					t.Errorf("sleeper in slot %d, place %d believes to be in %d, %d", slot, place, s.slot, s.place)
				}
				left++
			}
		}
		if left != len(all)-len(removed) {
			t.Errorf("%d sleepers are in the wheel, want %d", left, len(all)-len(removed))
		}
	})
}

func TestWheelAfterAPause(t *testing.T) {
	w := newWheel()
	w.stop() // turned by hand: the machine stood still
	s := newWakings()
	w.add(&s.sleeper)
	for _, tick := range []int64{1, 2, 1000, 1001, 1000 + wakeTicks} {
		w.turn(tick)
	}
	if len(s.at) != 2 || w.now() != 1000+wakeTicks {
		t.Errorf("woken %d times at tick %d, want once after the pause and once more", len(s.at), w.now())
	}
}

func TestWheelKnowsHowLateItIs(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		last        int64 // tick that was turned last
		since, want time.Duration
	}{
		{0, 50 * ms, 0},
		{0, 53 * ms, 3 * ms},
		{1, 100 * ms, 0},
		{1, 270 * ms, 170 * ms}, // ticks 2 to 5 are due, and the first of them most
	} {
		w := &wheel{}
		w.tick.Store(tt.last)
		if got := w.lateness(tt.since); got != tt.want {
			t.Errorf("after tick %d, lateness(%v) = %v; want %v", tt.last, tt.since, got, tt.want)
		}
	}
}

func TestWheelMeasuresEachTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel()
		defer w.stop()
		time.Sleep(time.Second + wheelTick/2)
		if s := w.late.Snapshot(); s.Count != 20 || s.Sum != 0 {
			t.Errorf("in a second: %d turns measured, late by %v s in all; want 20 turns, in fake time never late", s.Count, s.Sum)
		}
	})
}
