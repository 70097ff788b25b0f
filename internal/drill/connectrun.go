package drill

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/connectsim"
)

// RunConnect holds a drill of contact flows and returns what happened, as Run does
// for calls: when ctx ends what is known so far is returned without an error, and
// everything that it started has ended when it returns.
func RunConnect(ctx context.Context, cfg *ConnectConfig) (*ConnectHistory, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Out, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the drill's logs: %w", err)
	}
	d := newConnectDrill(cfg)
	defer d.close()
	if err := d.setUp(ctx); err != nil {
		return nil, err
	}
	return d.hold(ctx)
}

// connectDrill is one drill of contact flows.
type connectDrill struct {
	drill
	c     *ConnectConfig
	table *service // the stand-in for DynamoDB
	where string   // its address

	told      connectsim.Invoker // lexDRGetRegion
	test      connectsim.Invoker // lexDRTest; nil: the article's model checks
	functions []*connectsim.Function

	instance  atomic.Pointer[connectsim.Instance] // that takes the next contact
	instances []*connectsim.Instance              // all, to be closed; owned by the schedule

	mu     sync.Mutex
	checks []Check     // guarded by mu
	says   []TableWord // guarded by mu
}

func newConnectDrill(cfg *ConnectConfig) *connectDrill {
	plain := &Config{
		Calls: cfg.Customers, Seed: cfg.Seed, Region: cfg.Region, Policy: cfg.Policy, Hold: cfg.hold(), Latency: cfg.Latency,
		Bot: cfg.Bot, Out: cfg.Out, Start: cfg.Start, Tell: cfg.Tell,
	}
	return &connectDrill{drill: drill{cfg: plain, stage: stage{start: cfg.Start, dir: cfg.Out}}, c: cfg}
}

func (d *connectDrill) close() {
	for _, n := range d.instances {
		n.Close()
	}
	for _, f := range d.functions {
		_ = f.Close() // its processes are killed, whatever they think of it
	}
	if d.breaker != nil {
		d.breaker.close()
	}
	d.stage.close()
}

// hold has the customers come in while the schedule is followed.
func (d *connectDrill) hold(ctx context.Context) (*ConnectHistory, error) {
	visits := &contacts{drill: d, lanes: d.c.Customers, today: time.Now()}
	calling, hangUp := context.WithCancel(ctx)
	defer hangUp()
	stop, done := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		visits.run(calling, stop)
	}()
	beside, endBeside := context.WithCancel(ctx)
	defer endBeside()
	var running sync.WaitGroup
	running.Go(func() { d.checkAll(beside, began) })
	running.Go(func() { d.watchTable(beside) })
	p := plan{d.c.schedule(), d.act, func(what string) { d.tell(visits, began, what) }}
	err := d.follow(ctx, p, began, done)
	close(stop)
	if err != nil {
		hangUp()
	}
	<-done
	endBeside()
	running.Wait()
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return d.history(ctx, visits, began)
}

// act does one thing of the schedule. An alias that was made again has another
// id, so the flow is published anew with its ARN, as its operator would.
func (d *connectDrill) act(ctx context.Context, a act) error {
	if err := d.drill.act(ctx, a); err != nil {
		return err
	}
	if a.deed == restore && a.kind == AliasDeleted {
		return d.publish()
	}
	return nil
}

func (d *connectDrill) tell(v *contacts, began time.Time, what string) {
	d.c.Tell("%4.0f s  %-34s  %3d contacts up, %4d over, %2d lost; table: %s",
		time.Since(began).Seconds(), what, v.up.Load(), v.over.Load(), v.lost.Load(), d.latestWord())
}

func (d *connectDrill) history(ctx context.Context, v *contacts, began time.Time) (*ConnectHistory, error) {
	h := &ConnectHistory{
		Seed: d.c.Seed, Began: began, Ended: time.Now(), Planned: d.c.Expected(), Interrupted: ctx.Err() != nil,
		Regions: regionNames, Faults: d.faults, Contacts: v.history(),
	}
	d.mu.Lock()
	h.Checks, h.Table = d.checks, d.says
	d.mu.Unlock()
	var err error
	h.Ledger, err = readLedger(d.ledgerFile())
	return h, err
}

// contacts are lanes of customers who call one after the other. Its first fields
// are set before run.
type contacts struct {
	drill *connectDrill
	lanes int
	today time.Time

	up, over, lost atomic.Int64 // for people who watch

	mu  sync.Mutex
	all []Contact // guarded by mu
}

// run has customers call until stop is closed, and returns when all contacts are
// over. When ctx ends, they are cut.
func (v *contacts) run(ctx context.Context, stop <-chan struct{}) {
	var lanes sync.WaitGroup
	for lane := range v.lanes {
		lanes.Go(func() {
			first := betweenContacts * time.Duration(lane) / time.Duration(v.lanes)
			for k := 0; rest(ctx, stop, first); k++ {
				first = betweenContacts
				v.contact(ctx, lane, k*v.lanes+lane+1)
			}
		})
	}
	lanes.Wait()
}

// betweenContacts is how long a customer rests.
const betweenContacts = 500 * time.Millisecond

// contact takes one customer through the flow.
func (v *contacts) contact(ctx context.Context, lane, number int) {
	ctx, cancel := context.WithTimeout(ctx, longestCall)
	defer cancel()
	who := &customer{who: draw(v.drill.c.Seed, number, v.today)}
	v.up.Add(1)
	began := time.Now()
	result := v.drill.instance.Load().Run(ctx, connectsim.Contact{
		From: fmt.Sprintf("+1555013%04d", number%10_000), To: calledNumber, Caller: who,
	})
	v.up.Add(-1)
	v.over.Add(1)
	c := contactOf(result, who, number, lane, began)
	if c.End != ContactServed && c.End != ContactStopped {
		v.lost.Add(1)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, c)
}

// history returns the contacts that are over, by number.
func (v *contacts) history() []Contact {
	v.mu.Lock()
	defer v.mu.Unlock()
	sortContacts(v.all)
	return v.all
}

// checkAll runs the health check on its schedule until ctx ends; one may still run
// when the next begins, as a function's invocations may. It returns when all are over.
func (d *connectDrill) checkAll(ctx context.Context, began time.Time) {
	var running sync.WaitGroup
	defer running.Wait()
	for n := 0; ; n++ {
		timer := time.NewTimer(time.Until(began.Add(time.Duration(n) * d.c.every())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		running.Go(func() { d.check(ctx, n) })
	}
}

// check runs the health check once.
func (d *connectDrill) check(ctx context.Context, n int) {
	c := Check{Began: time.Now()}
	if d.test == nil {
		if !d.checker.check(ctx, n) {
			c.Fault = "its time was over"
		}
	} else if _, err := d.test.Invoke(ctx, []byte("{}")); err != nil {
		c.Fault = err.Error()
	}
	if c.Took = time.Since(c.Began); ctx.Err() != nil {
		return // the drill is over: it says nothing
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	at := len(d.checks)
	for at > 0 && d.checks[at-1].Began.After(c.Began) {
		at--
	}
	d.checks = append(d.checks[:at], append([]Check{c}, d.checks[at:]...)...)
}
