package outbound

import (
	"context"
	"sync"
	"time"

	"lexline/internal/twilio"
)

// API is what is needed of a carrier. twilio.REST has it. Both may be called by
// several goroutines.
type API interface {
	CreateCall(ctx context.Context, call twilio.NewCall) (twilio.CallResource, error)
	Call(ctx context.Context, sid string) (twilio.CallResource, error)
}

// Config is what Run does.
type Config struct {
	API     API
	Numbers []string                                // E.164; one that is there twice is called once
	Call    func(to string) (twilio.NewCall, error) // the call to a number; called by several goroutines
	Rate    Rate
	// Placing is told before a call is asked for, which is not done if it returns an
	// error: no further one is then. Placed is told when the carrier has taken it; nil:
	// nobody is. They are called on the goroutine of Run, and hold it up.
	Placing func(number string) error
	Placed  func(number, sid string)
	// Report is told of each number once, when its result is known, and Progress from
	// time to time how all of them stand; nil: nobody is. They are called on the
	// goroutine of Run, and hold it up.
	Report   func(Result)
	Progress func(Progress)
	// Stopping is told, on the same goroutine, when ctx has ended while calls are watched
	// to their end; nil: nobody is.
	Stopping func(Progress)
}

// Progress is how the numbers of a Run stand.
type Progress struct {
	Numbers int // all of them
	Waiting int // of them, not tried yet
	Live    int // placed and not over: waiting at the carrier, ringing or talking
	Done    int // with a result
}

// progressEvery is the time from one call of Progress to the next.
const progressEvery = 5 * time.Second

// Run calls the numbers and returns when each of them has its result, and nothing
// that it began is under way. It returns why placing calls was stopped, or nil if it
// was not.
//
// When ctx ends no further call is placed, and Run returns when those that were placed
// are over. When watch ends as well, it does not wait for that; the requests that are
// under way are given up with it.
func Run(ctx, watch context.Context, config Config) error {
	numbers := Unique(config.Numbers)
	if len(numbers) == 0 {
		return errNoNumbers
	}
	r := &runner{
		config: config, campaign: newCampaign(numbers, config.Rate), watch: watch,
		ends: make(chan ended, placesAtOnce+looksAtOnce), // all that can be under way
	}
	r.run(ctx)
	return r.campaign.stopped
}

// ended is the end of an order.
type ended struct {
	order order
	call  twilio.CallResource
	err   error
}

// runner carries out the orders of a campaign. All fields are the goroutine of Run's.
type runner struct {
	config   Config
	campaign *campaign
	watch    context.Context // of the requests
	ends     chan ended
	requests sync.WaitGroup
}

func (r *runner) run(ctx context.Context) {
	defer r.requests.Wait()
	progress := time.NewTicker(progressEvery)
	defer progress.Stop()
	stop := ctx.Done()
	for {
		r.report(r.campaign.untried()...)
		if r.campaign.done() {
			return
		}
		now := time.Now()
		for order, ok := r.campaign.order(now); ok; order, ok = r.campaign.order(now) {
			r.begin(order)
		}
		wake := time.NewTimer(time.Until(r.campaign.wake(now)))
		select {
		case end := <-r.ends:
			r.report(r.note(end))
		case <-wake.C:
		case <-stop:
			stop = nil // once is enough
			r.campaign.stop(context.Cause(ctx))
			r.report(r.campaign.untried()...)
			if now := r.campaign.progress(); r.config.Stopping != nil && now.Done < now.Numbers {
				r.config.Stopping(now)
			}
		case <-r.watch.Done():
			r.leave()
			return
		case <-progress.C:
			if r.config.Progress != nil {
				r.config.Progress(r.campaign.progress())
			}
		}
		wake.Stop()
	}
}

// leave gives up watching: what is under way ends soon, as its context has.
func (r *runner) leave() {
	why := context.Cause(r.watch)
	r.campaign.stop(why)
	r.requests.Wait()
	close(r.ends)
	for end := range r.ends {
		r.report(r.note(end))
	}
	r.report(r.campaign.untried()...)
	r.report(r.campaign.abandon(why)...)
}

// begin begins to carry out an order.
func (r *runner) begin(o order) {
	if !o.look && r.config.Placing != nil {
		if err := r.config.Placing(o.number); err != nil {
			r.report(r.campaign.withheld(o.index, err))
			return
		}
	}
	r.requests.Go(func() { r.ends <- r.do(o) })
}

func (r *runner) do(o order) ended {
	if o.look {
		call, err := r.config.API.Call(r.watch, o.sid)
		return ended{o, call, err}
	}
	wanted, err := r.config.Call(o.number)
	if err != nil {
		return ended{o, twilio.CallResource{}, err}
	}
	call, err := r.config.API.CreateCall(r.watch, wanted)
	return ended{o, call, err}
}

func (r *runner) note(end ended) *Result {
	if end.order.look {
		return r.campaign.looked(end.order.index, end.call, end.err, time.Now())
	}
	if end.err == nil && r.config.Placed != nil {
		r.config.Placed(end.order.number, end.call.SID)
	}
	return r.campaign.placed(end.order.index, end.call, end.err, time.Now())
}

func (r *runner) report(results ...*Result) {
	for _, result := range results {
		if result != nil && r.config.Report != nil {
			r.config.Report(*result)
		}
	}
}
