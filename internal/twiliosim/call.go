package twiliosim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"lexline/internal/audio"
)

const (
	maxFaultEvents = 50              // faults of one call that are kept in full
	hangUpTimeout  = 3 * time.Second // for the streams to end after the call
)

// call is one telephone call. run owns it: all that changes is touched by that
// goroutine only. Others, which fetch, synthesize and read websockets, hand it
// what they have through inbox.
type call struct {
	// static after construction
	cfg       *Config
	web       *web
	number    int
	sid       string
	from      string
	to        string
	direction string     // inbound or outbound-api
	ids       *rand.Rand // for ids, so that jitter does not change them
	pace      *rand.Rand // for jitter
	inbox     chan arrival
	over      chan struct{} // closed when the call is over: inbox is not read any more
	work      sync.WaitGroup

	// owned by run
	record    *Record
	carrier   carrier
	caller    *caller
	hearing   hearing
	playout   playout
	streams   []*stream  // open or being opened
	talking   *stream    // the bidirectional one of them; nil if there is none
	prepared  []byte     // mu-law of the Say or Play under way
	sounding  *sounding  // nil while no Say, Play or Pause is heard
	collector *collector // of the Gather under way; nil if there is none
	bridge    *bridge    // of the Dial or Enqueue under way; nil if there is none
	busy      bool       // the carrier is fetching, synthesizing or connecting
	epoch     int        // how often the carrier was told to do something else
	start     time.Time
	asked     time.Time // when the last document was asked for
	frame     int       // number of the next frame
	heard     int       // last frame in which the caller heard something
	ended     bool
	state     callState
	told      subscription // whom to tell of the call
	outbound  *ringing     // nil for a call to the application
	queued    resource     // of an outbound call when it was placed; static

	callbacks chan callback // closed by run
	late      []Event       // of callBack, when the call is over

	// contexts of the goroutines beside run
	alive     context.Context // ends with the call
	tasks     context.Context // ends with the call, and when the carrier is told to do something else
	dropTasks context.CancelFunc
	sockets   context.Context // ends when closing them took too long
}

// arrival is something that another goroutine has for the call. It is called by
// run, with the call.
type arrival func(*call)

// sounding is sound that the carrier itself plays to the caller.
type sounding struct {
	source string // say, play; empty for a pause
	mulaw  []byte // still to be heard
	left   int    // frames still to be heard
}

func newCall(p *Phone, number int) *call {
	ids := callSource(p.cfg.Seed, number)
	c := &call{
		cfg: &p.cfg, web: p.web, number: number,
		sid: newSID("CA", ids), ids: ids, from: p.cfg.From, to: p.cfg.To, direction: "inbound",
		pace:      rand.New(rand.NewPCG(ids.Uint64(), ids.Uint64())),
		inbox:     make(chan arrival),
		over:      make(chan struct{}),
		callbacks: make(chan callback, callbackQueue),
		carrier:   carrier{crashHangsUp: p.cfg.CrashHangsUp, fallback: p.cfg.Fallback, fallbackVia: "POST"},
		told:      subscription{url: p.cfg.Callback, method: "POST"},
		caller:    newCaller(p.cfg.Script, p.sounds),
		heard:     never,
		state:     callState{status: "ringing", timeLimit: defaultTimeLimit, created: time.Now()},
	}
	c.record = &Record{
		Call: c.sid, Account: c.cfg.Account, From: c.from, To: c.to, URL: c.cfg.URL, Direction: c.direction,
		Script: c.cfg.Script.Name, Seed: c.cfg.Seed, Number: number,
	}
	return c
}

// run is the life of the call.
func (c *call) run(ctx context.Context) *Record {
	outlives := context.WithoutCancel(ctx) // hanging up takes a few messages more
	alive, endAlive := context.WithCancel(outlives)
	sockets, endSockets := context.WithCancel(outlives)
	defer endSockets()
	c.alive, c.sockets = alive, sockets
	c.tasks, c.dropTasks = context.WithCancel(alive)

	// Calls placed at the same time must not send their frames at the same time.
	c.start = time.Now().Add(time.Duration(c.pace.Int64N(int64(audio.FrameDuration))))
	c.record.Started = c.start
	c.tell(Event{Event: "call", From: c.from, To: c.to, Account: c.cfg.Account, URL: c.record.URL, Direction: c.direction})
	c.work.Go(c.callBack)
	if c.outbound == nil {
		c.obey(c.carrier.begin(c.cfg.URL))
	}
	timer := time.NewTimer(time.Until(c.start))
	defer timer.Stop()
	for !c.ended {
		select {
		case <-ctx.Done():
			c.hangUp(EndInterrupted, "the call was interrupted")
		case a := <-c.inbox:
			a(c)
		case <-timer.C:
			c.tick(time.Now())
			timer.Reset(time.Until(c.due()))
		}
	}
	close(c.over)
	close(c.callbacks)
	c.dropTasks()
	endAlive()
	hurry := time.AfterFunc(hangUpTimeout, endSockets)
	defer hurry.Stop()
	c.work.Wait()
	for _, e := range c.late {
		c.tell(e)
	}
	return c.record
}

// due returns when the next frame is to be sent: on a schedule that a late frame
// does not shift.
func (c *call) due() time.Time {
	at := c.start.Add(time.Duration(c.frame) * audio.FrameDuration)
	if c.cfg.Jitter > 0 {
		at = at.Add(time.Duration(c.pace.Int64N(int64(c.cfg.Jitter))))
	}
	return at
}

// position is how far the call has come, by its frames.
func (c *call) position() time.Duration { return time.Duration(c.frame) * audio.FrameDuration }

// tick does one frame, in both directions.
func (c *call) tick(now time.Time) {
	late := now.Sub(c.start.Add(c.position())).Milliseconds()
	c.record.LateMS = max(c.record.LateMS, late)
	var ear, mouth [audio.FrameSamples]byte
	c.listen(now, ear[:])
	if !c.ended {
		c.act(now, mouth[:])
	}
	if c.ended {
		return
	}
	for _, s := range c.streams {
		if s.socket == nil {
			continue
		}
		if s.inbound {
			c.sendAudio(s, s.media("inbound", c.position(), mouth[:]))
		}
		if s.outbound {
			c.sendAudio(s, s.media("outbound", c.position(), ear[:]))
		}
	}
	c.record.caller = append(c.record.caller, mouth[:]...)
	c.record.heard = append(c.record.heard, ear[:]...)
	c.frame++
	switch {
	case c.position() >= c.cfg.Timeout:
		c.hangUp(EndTimeout, fmt.Sprintf("the call was still up after %v", c.cfg.Timeout))
	case c.state.answered && c.talked() >= c.state.timeLimit:
		c.hangUp(EndTimeLimit, fmt.Sprintf("the call was as long as its TimeLimit, %v", c.state.timeLimit))
	}
}

// listen fills ear with what the caller hears in this frame.
func (c *call) listen(now time.Time, ear []byte) {
	c.ringOut()
	if c.bridge != nil {
		c.crossed(c.bridge.next(c.frame))
	}
	c.collect()
	for c.sounding != nil && c.sounding.left == 0 && !c.ended {
		c.sounding = nil
		c.obey(c.carrier.played())
	}
	source := "stream"
	switch {
	case c.sounding != nil:
		source = c.sounding.source
		n := copy(ear, c.sounding.mulaw)
		silence(ear[n:])
		c.sounding.mulaw = c.sounding.mulaw[n:]
		c.sounding.left--
	case c.bridge != nil:
		source = c.bridge.sound(c.frame, ear)
	case c.talking != nil:
		c.playout.frame(ear)
		c.returnMarks("heard", c.playout.due())
	default:
		silence(ear)
	}
	began, ended := c.hearing.frame(c.frame, now, source, ear)
	c.tellHeardEnd(ended)
	if began {
		c.tell(Event{Time: now, Event: "heard_start", Source: source})
	}
	if c.hearing.open {
		c.heard = c.hearing.stretch.last
	}
}

// act lets the caller do one frame of the script. Nobody acts while it rings.
func (c *call) act(now time.Time, mouth []byte) {
	silence(mouth)
	if !c.state.answered {
		return
	}
	s := sense{frame: c.frame, heard: c.heard, sounding: never, settled: c.settled()}
	if c.cfg.React != nil {
		s.react = c.react
	}
	if c.hearing.open {
		s.sounding = c.hearing.stretch.first
	}
	m := c.caller.next(s)
	copy(mouth, m.audio)
	if m.starts != nil {
		c.tell(Event{Time: now, Event: "speech_start", Text: m.starts.text, Files: m.starts.files, Line: m.starts.line})
	}
	if m.ends != nil {
		c.tell(Event{Time: now, Event: "speech_end", Text: m.ends.text, Files: m.ends.files, Line: m.ends.line})
	}
	if m.key != 0 {
		c.tell(Event{Time: now, Event: "press", Key: string(rune(m.key))})
		if c.talking != nil && c.talking.socket != nil {
			c.send(c.talking, c.talking.dtmf(m.key))
		}
	}
	c.attend(&m)
	switch {
	case m.failed != nil:
		c.hangUp(EndScriptFail, m.failed.Error())
	case m.hangUp:
		c.hangUp(EndScript, "the caller hung up at the end of the script")
	}
}

// settled reports whether the carrier has nothing to do by itself at the moment:
// its silence is then that of whom the caller talks to.
func (c *call) settled() bool { return !c.busy && (c.bridge == nil || c.bridge.connected()) }

// react asks what the caller makes of what they heard from a frame on.
func (c *call) react(from int) Reaction {
	return c.cfg.React(c.record.heard[max(from, 0)*audio.FrameSamples:])
}

// hangUp ends the call: streams are stopped, and the verdict is given.
func (c *call) hangUp(reason, text string) {
	if c.ended {
		return
	}
	c.ended = true
	c.tellHeardEnd(c.hearing.end())
	c.leaveBridge()
	for _, s := range c.streams {
		c.endStream(s)
	}
	c.state.end(reason, c.position(), time.Now())
	c.announce("completed")
	r := c.record
	r.Status = c.state.status
	r.Result, r.Reason, r.Text = ResultOK, reason, text
	switch {
	case reason == EndScript, reason == EndNotReached, reason == EndUpdated && !c.state.answered:
	case slices.Contains([]string{EndFar, EndRejected, EndStreamLost, EndTalked, EndUpdated, EndTimeLimit}, reason):
		if err := c.caller.callEnded(c.heard); err != nil {
			r.Result, r.Text = ResultFault, err.Error()
		}
	default:
		r.Result = ResultFault
	}
	if r.Faults > 0 {
		r.Result = ResultFault
	}
	r.Ended, r.Frames = time.Now(), c.frame
	c.tell(Event{
		Time: r.Ended, Event: "end", Result: r.Result, Reason: r.Reason, Text: r.Text, Status: r.Status,
		TookMS: r.Ended.Sub(r.Started).Milliseconds(),
	})
}

// tell records an event and passes it on.
func (c *call) tell(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Time, e.Call = e.Time.UTC(), c.sid
	if e.AtMS == 0 {
		e.AtMS = c.position().Milliseconds()
	}
	c.record.Events = append(c.record.Events, e)
	c.cfg.Events(e)
}

func (c *call) tellHeardEnd(s *stretch) {
	if s == nil {
		return
	}
	frames := s.last + 1 - s.first
	c.tell(Event{
		Time: s.over, AtMS: int64(s.last+1) * audio.FrameDuration.Milliseconds(), Event: "heard_end",
		Source: s.source, TookMS: int64(frames) * audio.FrameDuration.Milliseconds(),
	})
}

// blame records a mistake of the application.
func (c *call) blame(flt *Fault) {
	c.record.Faults++
	if c.record.Faults <= maxFaultEvents {
		c.tell(Event{Event: "fault", Code: flt.Code, Text: flt.Text})
	}
}
