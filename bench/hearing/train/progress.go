package main

import (
	"fmt"
	"io"
	"time"
)

// teller writes how far the work is.
type teller struct {
	out  io.Writer
	last *time.Time // of what is told sometimes
}

func newTeller(out io.Writer) teller { return teller{out: out, last: new(time.Time)} }

// always writes a line.
func (t teller) always(format string, args ...any) {
	fmt.Fprintf(t.out, format+"\n", args...)
}

// sometimes writes a line if the last one is five seconds old.
func (t teller) sometimes(format string, args ...any) {
	if now := time.Now(); now.Sub(*t.last) >= 5*time.Second {
		*t.last = now
		t.always(format, args...)
	}
}

// clock estimates the time left from the time that was needed.
type clock struct {
	started time.Time
	total   int
}

func newClock(total int) clock { return clock{time.Now(), total} }

// after is the time left after done parts of all, as people say it.
func (c clock) after(done int) string {
	if done == 0 {
		return "some time"
	}
	return (time.Since(c.started) / time.Duration(done) * time.Duration(c.total-done)).Round(time.Second).String()
}
