package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"lexline/internal/audio"
)

// slot divides a frame's time: the calls are spread evenly over the slots of
// 20 ms, as calls that began at any moment would be.
const slot = time.Millisecond

// lane is one connection that media messages are sent on.
type lane struct {
	media *mediaStream
	w     io.Writer
	sent  int64 // messages
	bytes int64
}

func (l *lane) send() error {
	message := l.media.next()
	if _, err := l.w.Write(message); err != nil {
		return fmt.Errorf("send to %s: %w", l.media.sid, err)
	}
	l.sent++
	l.bytes += int64(len(message))
	return nil
}

// window is what one stretch of sending was.
type window struct {
	messages int64
	late     []time.Duration // of each slot: how long after its time it was sent
}

// send sends on every lane one message each 20 ms, for d. A message that is
// late is sent at once: none is left out.
func send(ctx context.Context, lanes []*lane, d time.Duration) (window, error) {
	const slots = int(audio.FrameDuration / slot)
	var w window
	began := time.Now()
	for i := range int(d/audio.FrameDuration) * slots {
		due := began.Add(time.Duration(i) * slot)
		time.Sleep(time.Until(due)) // not at all when it is past
		if ctx.Err() != nil {
			return w, context.Cause(ctx)
		}
		w.late = append(w.late, time.Since(due))
		for j := i % slots; j < len(lanes); j += slots {
			if err := lanes[j].send(); err != nil {
				return w, err
			}
			w.messages++
		}
	}
	time.Sleep(time.Until(began.Add(d)))
	return w, nil
}

// percentile returns the value below which the given part of durations lies.
func percentile(durations []time.Duration, part float64) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}
