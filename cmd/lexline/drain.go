package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// cutOffError says that live calls were ended when the gateway was: exit code 3.
type cutOffError struct {
	calls int64
	why   string // signal or drain_time
}

func (e *cutOffError) Error() string {
	why := map[string]string{"signal": "by a signal", "drain_time": "as call.drain_time was over"}[e.why]
	return fmt.Sprintf("%s ended %s", count(e.calls, "live call was", "live calls were"), why)
}

// drainSays is how often a gateway that is being stopped says what is left, and
// drainSamples how many calls it names.
const (
	drainSays    = 5 * time.Second
	drainSamples = 3
)

// drain refuses new calls, lets the live ones finish and says every five seconds
// how many are left. Those still there after the drain time, or when impatient
// fires, are ended, which is the error then; at once, if why the gateway is to stop is
// that somebody pressed Ctrl-C.
func (g *gateway) drain(why error, impatient <-chan os.Signal) (cut error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	limit := g.now().cfg.Call.DrainTime // a reload does not change it any more
	until := time.Now().Add(limit)
	drained := make(chan error, 1)
	go func() { drained <- g.door.Shutdown(ctx) }()
	if signal, ok := errors.AsType[endedBySignal](why); ok && signal.signal == syscall.SIGINT {
		cut = g.cutOff(cancel, "signal")
		<-drained
		return cut
	}
	tick := time.NewTicker(drainSays)
	defer tick.Stop()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		g.sayLeft(until)
		select {
		case <-drained: //nolint:errcheck // its error is that ctx ended, by us
			return nil
		case <-impatient:
			cut = g.cutOff(cancel, "signal")
			<-drained
			return cut
		case <-timer.C:
			cut = g.cutOff(cancel, "drain_time")
			<-drained
			return cut
		case <-tick.C:
		}
	}
}

// sayLeft says which calls a gateway that is being stopped waits for.
func (g *gateway) sayLeft(until time.Time) {
	door := g.door.Counters()
	if door.LiveStreams+door.Greeting == 0 {
		return
	}
	g.log.Info("draining", "calls_left", door.LiveStreams, "greeting", door.Greeting,
		"calls", strings.Join(g.live.samples(drainSamples), ","), "seconds_left", int(max(time.Until(until), 0).Seconds()))
}

// cutOff ends the calls that are left, and says how many. A caller who is being greeted
// is one of them: they are promised a stream, which is refused then.
func (g *gateway) cutOff(end func(), why string) error {
	left := g.door.Left()
	calls := strings.Join(g.live.samples(drainSamples), ",")
	end()
	if left == 0 {
		return nil
	}
	g.log.Warn("live calls were ended", "calls", left, "why", why, "samples", calls)
	return &cutOffError{left, why}
}
