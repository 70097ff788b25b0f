package call

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgress looks at a call every 20 ms, from outside.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg := newCarrier()
		bot := &fakeBot{answer: func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 2 {
				return goodbye('b', time.Second), after(ctx, 300*time.Millisecond)
			}
			return says('a', time.Second), after(ctx, 300*time.Millisecond)
		}}
		c := New(timed(Config{}), Info{ID: "CA1", From: "+15550123467"}, leg, bot)
		done := make(chan Termination, 1)
		go func() { done <- c.Run(t.Context()) }()
		r := &running{leg: leg, bot: bot}
		type seen struct {
			turn  int
			state State
		}
		var all []seen
		stop := make(chan struct{})
		go func() {
			for {
				if now := (seen{c.Progress().Turn(), c.Progress().State()}); len(all) == 0 || all[len(all)-1] != now {
					all = append(all, now)
				}
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}()
		pass(500 * time.Millisecond)
		r.speak(time.Second)
		pass(2 * time.Second)
		r.speak(time.Second)
		<-done
		close(stop)
		synctest.Wait()
		want := []seen{
			{0, Listening},
			{1, Hearing},
			{1, Asking},
			{1, Speaking},
			{1, Listening},
			{2, Hearing},
			{2, Asking},
			{2, Leaving},
		}
		if !slices.Equal(all, want) {
			t.Errorf("seen from outside: %v\nwant %v", all, want)
		}
	})
}

func TestCallerIsMasked(t *testing.T) {
	for from, want := range map[string]string{"+15550123467": "***67", "": "", "67": "**", "anonymous": "***us"} {
		if got := (Info{From: from}).Caller(); got != want {
			t.Errorf("Caller of %q = %q, want %q", from, got, want)
		}
	}
}
