package main

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lexline/internal/twiliosim"
)

// TestRefusalIsFastWhileOthersTalk has one caller order, and others refused
// meanwhile. The fastest of them says what the gateway needs; the rest is how busy
// the machine is.
func TestRefusalIsFastWhileOthersTalk(t *testing.T) {
	r := newRigWith(t, func(address string) string { return address }, func(cfg *config) {
		cfg.Limits.Calls, cfg.Limits.Refuse = 1, "busy"
	})
	var once sync.Once
	var took []time.Duration
	record := r.call(t.Context(), orderByKeys, "secret", func(e twiliosim.Event) {
		if e.Event == "press" {
			once.Do(func() {
				for range 20 {
					began := time.Now()
					refused := r.call(t.Context(), "expect-end", "secret", nil)
					if took = append(took, time.Since(began)); refused.Reason != "rejected" {
						t.Errorf("a caller beyond the limit: %s, %s; want them rejected", refused.Reason, refused.Text)
					}
				}
			})
		}
	})
	if !record.OK() {
		t.Errorf("the one who talked: %s, %s", record.Reason, record.Text)
	}
	if len(took) == 0 || slices.Min(took) > 100*time.Millisecond {
		t.Errorf("refusals took %v; want none of them to need 100 ms of the gateway", took)
	}
	if turns := r.turns(); len(turns) != 5 {
		t.Errorf("the bot was asked %d times; want the 5 of who talked", len(turns))
	}
	if log := r.log.String(); strings.Count(log, `msg="call started"`) != 1 {
		t.Errorf("log = %s; want one call", log)
	}
}
