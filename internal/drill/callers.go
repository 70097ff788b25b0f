package drill

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/twiliosim"
)

// door is where a call goes.
type door struct {
	url    string           // of the webhook
	routes twiliosim.Routes // where its name really leads
	token  string           // auth token
	number string           // that is called
	region string           // when the caller's carrier chose it; else empty
}

// callers are lanes of callers who call one after the other. Its fields are set
// before run.
type callers struct {
	seed    uint64
	lanes   int
	ramp    time.Duration // over which the lanes begin
	clips   string        // folder of the recordings
	today   time.Time
	ears    *ear
	where   func() door   // asked when a call begins; safe for several goroutines
	longest time.Duration // of a call

	up, done, spoken atomic.Int64 // for people who watch

	mu    sync.Mutex
	calls []Call // guarded by mu, in the order in which they ended
	fault error  // guarded by mu: why a call could not even be placed
}

// betweenCalls is how long a caller rests.
const betweenCalls = 500 * time.Millisecond

// run has the lanes call until stop is closed, and returns when all calls are
// over. When ctx ends, the callers hang up.
func (c *callers) run(ctx context.Context, stop <-chan struct{}) {
	var lanes sync.WaitGroup
	for lane := range c.lanes {
		lanes.Go(func() {
			first := c.ramp * time.Duration(lane) / time.Duration(c.lanes)
			for k := 0; rest(ctx, stop, first); k++ {
				first = betweenCalls
				if err := c.call(ctx, lane, k*c.lanes+lane+1); err != nil {
					c.mu.Lock()
					c.fault = err
					c.mu.Unlock()
					return
				}
			}
		})
	}
	lanes.Wait()
}

// rest waits; it reports whether there is a next call.
func rest(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		select {
		case <-stop:
			return false
		default:
			return ctx.Err() == nil
		}
	case <-stop:
	case <-ctx.Done():
	}
	return false
}

// call places one call.
func (c *callers) call(ctx context.Context, lane, number int) error {
	who := draw(c.seed, number, c.today)
	script, err := twiliosim.ParseScript(fmt.Sprintf("call-%d", number), strings.NewReader(who.script(c.clips)))
	if err != nil {
		return fmt.Errorf("write the script of call %d: %w", number, err)
	}
	to := c.where()
	phone, err := twiliosim.New(ctx, twiliosim.Config{
		URL: to.url, AuthToken: to.token, Routes: to.routes,
		From: fmt.Sprintf("+1555013%04d", number%10_000), To: to.number,
		Script: script, Seed: c.seed, Timeout: c.longest, React: c.ears.react, Events: c.watch,
	})
	if err != nil {
		return fmt.Errorf("prepare call %d: %w", number, err)
	}
	defer phone.Close()
	c.up.Add(1)
	record := phone.Call(ctx, number)
	c.up.Add(-1)
	c.done.Add(1)
	call := c.ears.hear(record, who, lane, to.region)
	call.Text = strings.ReplaceAll(call.Text, c.clips+"/", "") // a report is read on other machines
	c.mu.Lock()
	c.calls = append(c.calls, call)
	c.mu.Unlock()
	return nil
}

// watch counts what happens, for the lines of progress.
func (c *callers) watch(e twiliosim.Event) {
	if e.Event == "speech_end" {
		c.spoken.Add(1)
	}
}

// history returns the calls that are over, by number.
func (c *callers) history() ([]Call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Call(nil), c.calls...), c.fault
}
