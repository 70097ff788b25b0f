package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/twiliosim"
)

func TestEventsAreInTheOrderOfTheirTimes(t *testing.T) {
	var order eventOrder
	for i, step := range []struct {
		event string
		at    int64
		want  string // what is to be shown after it
	}{
		{"say", 100, "say"},
		{"heard_start", 120, "heard_start"},
		{"twiml", 1900, ""},
		{"stream", 2400, ""},
		{"heard_end", 2100, "twiml heard_end stream"},
		{"speech_start", 3000, "speech_start"},
		{"heard_start", 5000, "heard_start"},
		{"heard_end", 6000, "heard_end"},
		{"heard_start", 7000, "heard_start"},
		{"speech_start", 7500, ""},
	} {
		var got []string
		for _, e := range order.take(twiliosim.Event{Event: step.event, AtMS: step.at}) {
			got = append(got, e.Event)
		}
		if shown := strings.Join(got, " "); shown != step.want {
			t.Errorf("step %d, %s at %d ms: shows %q; want %q", i, step.event, step.at, shown, step.want)
		}
	}
	if rest := order.rest(); len(rest) != 1 || rest[0].Event != "speech_start" || len(order.rest()) != 0 {
		t.Errorf("rest = %v; want what the caller said, once", rest)
	}
}

// TestPrinterDoesNotHoldBackForLong has a caller who presses a key while the bot
// talks on and on.
func TestPrinterDoesNotHoldBackForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		p := newPhonePrinter(&out, &phoneOptions{count: 1})
		p.begin()
		begun := out.String()
		p.event(twiliosim.Event{Event: "heard_start", AtMS: 100, Source: "stream"})
		p.event(twiliosim.Event{Event: "press", AtMS: 900, Key: "1"})
		const hears, presses = "  0.1 s  hears    the bot\n", "  0.9 s  caller   presses 1\n"
		for _, step := range []struct {
			after time.Duration
			want  string
		}{{holdBack - time.Millisecond, hears}, {2 * time.Millisecond, hears + presses}} {
			time.Sleep(step.after)
			synctest.Wait()
			if diff := cmp.Diff(step.want, strings.TrimPrefix(out.String(), begun)); diff != "" {
				t.Errorf("after %v more (-want +got):\n%s", step.after, diff)
			}
		}
		p.event(twiliosim.Event{Event: "press", AtMS: 1900, Key: "2"})
		p.end([]*twiliosim.Record{{}}) // at once, with what was held back
		if want := hears + presses + "  1.9 s  caller   presses 2\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("in the end there is %q; want %q", &out, want)
		}
	})
}
