package twiliosim

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// Limits of a call that the application places
// (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource).
const (
	defaultRingTimeout = 60 * time.Second
	maxRingTimeout     = 600 * time.Second
	detectionTime      = time.Second // what machine detection takes here
	maxOutbound        = 100         // calls that are placed at the same time
	maxAwaited         = 1000        // records that wait for Await
)

// outbound are the calls that the application has placed.
type outbound struct {
	ctx    context.Context // ends with the phone
	hangUp context.CancelFunc
	slots  chan struct{} // holds one value for each call that is under way
	ended  chan *Record  // of calls that are over
}

func newOutboundCalls(ctx context.Context) outbound {
	o := outbound{slots: make(chan struct{}, maxOutbound), ended: make(chan *Record, maxAwaited)}
	o.ctx, o.hangUp = context.WithCancel(context.WithoutCancel(ctx))
	return o
}

// close waits until no call is under way. There can be none any more until open.
func (o *outbound) close() {
	for range maxOutbound {
		o.slots <- struct{}{}
	}
}

func (o *outbound) open() {
	for range maxOutbound {
		<-o.slots
	}
}

// place begins a call to whom the application wants to be called; nil when too many
// are under way.
func (p *Phone) place(n *newOutbound) *call {
	o := &p.outbound
	select {
	case o.slots <- struct{}{}:
	default:
		return nil
	}
	c := newOutboundCall(p, n)
	c.queued = c.resource()
	p.calls.add(c)
	go func() { // close waits for it
		defer func() { <-o.slots }()
		record := c.run(o.ctx)
		select {
		case o.ended <- record:
		default: // nobody has awaited any for long
		}
	}()
	return c
}

// Await returns the records of the next n calls that the application placed by the
// REST API and that are over, in the order of their ends. When ctx ends, those under way
// are hung up, and it returns what there is.
func (p *Phone) Await(ctx context.Context, n int) (records []*Record) {
	o := &p.outbound
	stop := context.AfterFunc(ctx, o.hangUp)
	defer stop()
	for len(records) < n && ctx.Err() == nil {
		select {
		case r := <-o.ended:
			records = append(records, r)
		case <-ctx.Done():
			o.close()
			defer o.open()
		}
	}
	for len(records) < n && len(o.ended) > 0 {
		records = append(records, <-o.ended)
	}
	return records
}

// Linger stays until the application has read how each of the calls that it placed by the
// REST API ended, or has read none of them for the time of patience, or ctx ends: as
// Twilio, unlike a program that has done its work, is still there to be asked.
func (p *Phone) Linger(ctx context.Context, patience time.Duration) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	for {
		unread, news := p.calls.unread()
		if unread == 0 {
			p.rest.finish()
			return
		}
		select {
		case <-news:
			wait.Reset(patience)
		case <-wait.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ringing is an outbound call as long as nobody has answered it, or it is not known
// who has.
type ringing struct {
	order  *newOutbound
	party  Party
	rang   bool          // somebody was told that it rings
	upAt   time.Duration // when it was answered, since the call began
	begun  bool          // the application's instructions are performed
	settle bool          // it is known who has answered, or that is not asked for
}

// newOutboundCall makes the call that n asks for. Its ids are others than those of the
// calls that the phone places itself.
func newOutboundCall(p *Phone, n *newOutbound) *call {
	number := int(p.placed.Add(1))
	c := newCall(p, outboundNumbers+number)
	c.number, c.direction, c.from, c.to = number, "outbound-api", n.from, n.to
	party := p.cfg.party(partyKey(n.to))
	c.outbound = &ringing{order: n, party: party}
	if party.Script != nil {
		c.caller = newCaller(party.Script, p.voices[party.Script])
	}
	c.state.status = "queued"
	if n.timeLimit > 0 {
		c.state.timeLimit = n.timeLimit
	}
	c.told = subscription{url: n.callback, method: n.callbackVia, events: n.callbackEvents}
	c.carrier.fallback, c.carrier.fallbackVia = n.fallback, n.fallbackVia
	r := c.record
	r.From, r.To, r.URL, r.Number, r.Direction, r.Script = n.from, n.to, n.url, number, c.direction, c.caller.script.Name
	return c
}

// outboundNumbers is added to the number of an outbound call where its random source
// is drawn.
const outboundNumbers = 1 << 30

// ringOut moves an outbound call on, as far as it has come in this frame: it rings, is
// answered, and who has answered is found out.
func (c *call) ringOut() {
	o := c.outbound
	if o == nil || o.settle {
		return
	}
	if !c.state.answered {
		c.callOut(o)
	}
	if !c.state.answered || c.ended {
		return
	}
	if c.position()-o.upAt >= detectionTime && o.order.detection != "" {
		c.detected(o)
	}
	o.settle = o.settle || o.order.detection == ""
	if (o.settle || o.order.async) && !o.begun {
		o.begun = true
		c.obey(c.carrier.takeUp(time.Since(c.start), &o.order.instructions))
	}
}

// callOut rings, and takes note of an answer, or of none.
func (c *call) callOut(o *ringing) {
	if !o.rang {
		o.rang = true
		c.state.status = "initiated"
		c.announce("initiated")
		c.state.status = "ringing"
		c.announce("ringing")
	}
	switch at := o.party.after(c.position(), o.order.timeout); at {
	case rings:
	case answered:
		o.upAt = c.position()
		c.pickUp()
		c.tell(Event{Event: "answered", To: c.to})
	default:
		c.state.unreached = progressNames[at]
		c.hangUp(EndNotReached, c.to+" was not reached: "+c.state.unreached)
	}
}

// detected takes note of who has answered.
func (c *call) detected(o *ringing) {
	o.settle = true
	c.state.answeredBy = "human"
	if o.party.Machine {
		c.state.answeredBy = "machine_start"
		if o.order.detection == "DetectMessageEnd" {
			c.state.answeredBy = "machine_end_beep"
		}
	}
	c.tell(Event{Event: "detected", Text: c.state.answeredBy})
	if o.order.async && o.order.detected != "" {
		form := url.Values{
			"CallSid": {c.sid}, "AccountSid": {c.cfg.Account}, "AnsweredBy": {c.state.answeredBy},
			"MachineDetectionDuration": {strconv.FormatInt(detectionTime.Milliseconds(), 10)},
		}
		c.notify(callback{what: "amd", url: o.order.detected, method: o.order.detectedVia, form: form})
	}
}
