package twilio

import (
	"errors"
	"testing"
	"time"

	"lexline/internal/call"
)

// TestSilentLegIsSuspected follows a stream on which nothing comes for three
// seconds, then something, then nothing any more.
func TestSilentLegIsSuspected(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		began := time.Now()
		silentFor := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); {
				if event, err := l.Next(t.Context()); err != nil || event.Kind != call.Wake {
					t.Fatalf("Next after %v = %+v, %v; want a wake", time.Since(began), event, err)
				}
			}
		}
		silentFor(1900 * time.Millisecond)
		if l.Suspect() {
			t.Errorf("suspected after %v, want 2 s", time.Since(began))
		}
		silentFor(time.Second)
		if !l.Suspect() {
			t.Errorf("not suspected after %v", time.Since(began))
		}
		c.sayAll(mediaText(1, noise(160)))
		if got, err := events(t.Context(), l, 1); err != nil || len(got) != 1 {
			t.Fatalf("events = %q, %v; want the frame", got, err)
		}
		if l.Suspect() {
			t.Error("suspected while audio comes")
		}
		heard := time.Now()
		_, err := events(t.Context(), l, 1)
		if gone := time.Since(heard); !errors.Is(err, ErrLost) || gone < 5*time.Second || gone > 5500*time.Millisecond {
			t.Errorf("events = %v after %v, want the leg lost after 5 s", err, gone)
		}
		if l.flush(0); l.tally.snapshot().Suspected != 2 {
			t.Errorf("suspected %d times, want 2", l.tally.snapshot().Suspected)
		}
	})
}
