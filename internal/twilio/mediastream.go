package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"lexline/internal/audio"
	"lexline/internal/call"
)

const (
	maxBad       = 20               // bad messages within badWindow; one more ends the stream
	badWindow    = 10 * time.Second // see maxBad
	earlyAudio   = audio.SampleRate // bytes kept of audio that came before start: 1 s
	flushEvery   = time.Second      // how often a leg's counters are added to the door's
	maxPlayBytes = audio.SampleRate // audio in one message to the carrier: 1 s
	// suspicion is how long a peer that is silent beyond its limit, by the clock, is
	// still listened to: a process that was stopped for a while finds what came in
	// that time waiting in the socket.
	suspicion = 200 * time.Millisecond
)

var errClosed = errors.New("leg is closed")

// legConfig is what the door gives each of its legs.
type legConfig struct {
	limits Limits
	wheel  *wheel
	tally  *tally
	log    *slog.Logger
	// conclude is called once with the end of a call, before its stream is closed in
	// the regular way; nothing is if nil.
	conclude func(call.Termination)
}

// leg is a Media Streams websocket as a call.Leg. Everything happens on the
// goroutine of the call; the wheel only interrupts a read.
type leg struct {
	// static
	legConfig
	ws        *wsConn
	streamSID []byte // JSON string with its quotes; from the start message on

	sleeper sleeper     // shared with the wheel
	suspect atomic.Bool // no audio has come for so long that the peer may be gone

	// owned by the goroutine of the call
	scratch  []byte // of decodeAudio
	order    reorder
	frames   frameQueue
	far      *frameQueue // takes the track of what the caller hears; nil: that is ignored
	counters Counters    // not yet added to tally
	started  bool
	stopped  bool  // the carrier said stop
	closed   bool  // by us
	curious  bool  // an unknown event was logged
	err      error // what Next goes on returning; nil while the leg is in order

	// times, in ticks of the wheel; owned by the goroutine of the call
	since     int64   // the peer owes us something since: audio, or at first its start
	suspected int64   // when we noticed that it is overdue; 0 while it is not
	flushed   int64   // when counters were added last
	bad       []int64 // when the last bad messages came, oldest first
}

// newLeg makes a leg of a websocket that was just opened, of which early was read
// already. release ends it.
func newLeg(conn net.Conn, early []byte, config legConfig) *leg {
	l := &leg{
		legConfig: config,
		ws:        newWSConn(conn, early, config.limits.Message, config.limits.Write),
		scratch:   make([]byte, 0, 168), // for the 216 base64 digits of 20 ms, and a little
		since:     config.wheel.now(),
	}
	l.flushed = l.since
	l.sleeper.wake = l.ws.wake
	l.wheel.add(&l.sleeper)
	return l
}

// awaitStart reads until the start message, which must name the call and the
// account of the token. Audio that came before is kept for Next, up to 1 s. After
// an error the leg is closed.
func (l *leg) awaitStart(ctx context.Context, want claims) error {
	for {
		m, err := l.read(ctx)
		switch {
		case err != nil:
			return l.fail(err)
		case m.kind == startEvent:
			return l.start(m.start, want)
		case m.kind == stopEvent:
			return l.fail(errors.New("stopped before it was started"))
		}
		l.counters.EarlyDropped += int64(l.frames.keepNewest(earlyAudio))
	}
}

func (l *leg) start(got *startMessage, want claims) error {
	if got.callSID != want.callSID || got.accountSID != want.accountSID {
		return l.fail(&breach{ws.StatusPolicyViolation, errors.New("start message names another call or account than the token")})
	}
	sid, err := json.Marshal(got.streamSID)
	if err != nil {
		return l.fail(fmt.Errorf("quote stream id: %w", err))
	}
	l.streamSID = sid
	l.started = true
	l.since, l.suspected = l.wheel.now(), 0
	return nil
}

// Next waits for the next event; see call.Leg. Its errors wrap ErrLost or
// call.ErrBadPeer, or are the cause of ctx. After HungUp it returns HungUp again.
func (l *leg) Next(ctx context.Context) (call.Event, error) {
	for {
		if frame := l.frames.pop(); frame != nil {
			l.counters.Frames++
			return call.Event{Kind: call.Frame, Audio: frame}, nil
		}
		if l.stopped && l.err == nil {
			return call.Event{Kind: call.HungUp}, nil
		}
		m, err := l.read(ctx)
		if err != nil {
			return call.Event{}, l.fail(err)
		}
		event, ok, err := l.event(&m)
		if err != nil {
			return call.Event{}, l.fail(err)
		}
		if ok {
			return event, nil
		}
	}
}

// event says what the call is told of a message; ok is false if nothing. Audio is
// in the queue of frames already.
func (l *leg) event(m *message) (event call.Event, ok bool, err error) {
	switch m.kind {
	case wakeEvent:
		// A leg that was woken may have let go of what it held back.
		return call.Event{Kind: call.Wake}, !l.frames.isReady(), nil
	case dtmfEvent:
		return call.Event{Kind: call.Digit, Digit: m.digit}, true, nil
	case markEvent:
		number, ours := markNumber(m.mark)
		if !ours {
			l.counters.ForeignMarks++
		}
		return call.Event{Kind: call.MarkReturned, Mark: number}, ours, nil
	case startEvent:
		return event, false, &breach{ws.StatusPolicyViolation, errors.New("second start message")}
	case stopEvent:
		l.order.flush(&l.frames, &l.counters)
		l.stopped = true
	}
	return event, false, nil
}

// read returns the next message that means something, its audio already queued,
// or one of kind wakeEvent when nothing came for a while.
func (l *leg) read(ctx context.Context) (message, error) {
	for {
		if l.err != nil {
			return message{}, l.err
		}
		if ctx.Err() != nil {
			return message{}, &cancelled{context.Cause(ctx)}
		}
		op, payload, err := l.ws.next()
		now := l.wheel.now()
		l.sleeper.heard.Store(now)
		if now-l.flushed >= ticksIn(flushEvery) {
			l.flush(now)
		}
		var m message
		var ok bool
		switch {
		case err == nil:
			m, ok, err = l.understand(op, payload, now)
		case errors.Is(err, os.ErrDeadlineExceeded) && !l.ws.broken: // broken: a ping's answer did not go out
			m, ok, err = message{kind: wakeEvent}, true, l.woken()
		}
		if err != nil {
			return message{}, err
		}
		if m.kind == mediaEvent && l.started {
			if l.since, l.suspected = now, 0; l.suspect.Load() {
				l.clearSuspect()
			}
		} else if err := l.checkPatience(now); err != nil {
			return message{}, err
		}
		if ok {
			return m, nil
		}
	}
}

// understand reads one message. ok is false if it is to be ignored, which is
// counted.
func (l *leg) understand(op ws.OpCode, payload []byte, now int64) (m message, ok bool, err error) {
	if op != ws.OpText {
		l.counters.BinaryMessages++
		return message{}, false, nil
	}
	m, ok = scanMessage(payload, &l.scratch)
	if !ok {
		if m, err = decodeMessage(payload, &l.scratch); err != nil {
			return message{}, false, l.badMessage(now, err)
		}
	}
	switch {
	case m.kind == mediaEvent && m.inbound:
		l.counters.MediaMessages++
		l.order.push(&l.frames, m.chunk, m.audio, &l.counters)
		return m, true, nil
	case m.kind == mediaEvent && l.far != nil:
		l.far.push(m.audio)
		l.far.keepNewest(farKept)
		return message{}, false, nil
	case m.kind == mediaEvent:
		l.counters.OtherTrack++
		return message{}, false, nil
	case m.kind == unknownEvent:
		l.counters.UnknownEvents++
		if !l.curious {
			l.curious = true
			l.log.Info("unknown message from the carrier ignored", slog.String("event", m.event[:min(len(m.event), 40)]))
		}
		return message{}, false, nil
	}
	return m, true, nil
}

// woken makes the leg ready to sleep again. What was held back for a missing
// message has waited long enough.
func (l *leg) woken() error {
	l.counters.Wakes++
	l.order.flush(&l.frames, &l.counters)
	return l.ws.clearWake()
}

// badMessage counts a message that cannot be understood. A peer that sends too
// many of them is not one to talk to.
func (l *leg) badMessage(now int64, cause error) error {
	l.counters.BadMessages++
	l.log.Debug("message from the carrier dropped", slog.Any("err", cause))
	if len(l.bad) == maxBad {
		if now-l.bad[0] < ticksIn(badWindow) {
			return &breach{ws.StatusInvalidFramePayloadData, fmt.Errorf("more than %d bad messages in %v: %w", maxBad, badWindow, cause)}
		}
		l.bad = l.bad[:copy(l.bad, l.bad[1:])]
	}
	l.bad = append(l.bad, now)
	return nil
}

// checkPatience returns an error if the peer has owed us its start message, or
// audio, for too long.
func (l *leg) checkPatience(now int64) error {
	limit := l.limits.Start
	if l.started {
		limit = l.limits.Silence
	}
	switch {
	case now-l.since <= ticksIn(limit):
		if l.started && now-l.since > ticksIn(l.limits.Suspect) && !l.suspect.Load() {
			l.suspect.Store(true)
			l.counters.Suspected++
			l.log.Debug("no audio from the carrier, stream may be lost", slog.Duration("for", l.limits.Suspect))
		}
		return nil
	case l.suspected == 0:
		l.suspected = now
		return nil
	case now-l.suspected < ticksIn(suspicion):
		return nil
	case l.started:
		return fmt.Errorf("no audio for %v", limit)
	}
	return &breach{ws.StatusPolicyViolation, fmt.Errorf("no start message within %v", limit)}
}

// Suspect reports whether no audio has come for so long that the leg may be lost.
// Any goroutine may call it.
func (l *leg) Suspect() bool { return l.suspect.Load() }

func (l *leg) clearSuspect() {
	l.suspect.Store(false)
	l.log.Debug("audio from the carrier again")
}

// cancelled is the end of the call's context: the leg itself is in order.
type cancelled struct{ cause error }

func (c *cancelled) Error() string { return c.cause.Error() }

// fail ends the leg for err and returns what the call is to be told.
func (l *leg) fail(err error) error {
	var broken *breach
	var ended *cancelled
	switch {
	case l.err != nil:
		return l.err
	case errors.As(err, &ended):
		return ended.cause
	case errors.As(err, &broken):
		l.counters.BrokenStreams++
		err = fmt.Errorf("%w: %w", call.ErrBadPeer, broken.err)
		l.shut(broken.status)
	default:
		l.counters.LostStreams++
		err = fmt.Errorf("%w: %w", ErrLost, err)
		l.shut(ws.StatusGoingAway)
	}
	l.err = err
	return err
}

// Send passes one output to the carrier; see call.Leg. Audio of any length goes
// out in messages of at most one second. After the carrier's stop there is nobody
// left to hear and nothing is sent.
func (l *leg) Send(out call.Output) error {
	switch {
	case l.err != nil:
		return l.err
	case l.stopped:
		return nil
	case out.Kind != call.Play:
		return l.send(out)
	}
	for rest := out.Audio; len(rest) > 0; {
		n := min(len(rest), maxPlayBytes)
		if err := l.send(call.Output{Kind: call.Play, Audio: rest[:n]}); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (l *leg) send(out call.Output) error {
	frame := newOutgoing()
	defer frame.free()
	switch out.Kind {
	case call.Play:
		frame.media(l.streamSID, out.Audio)
	case call.Mark:
		frame.mark(l.streamSID, out.Mark)
	case call.Clear:
		frame.clear(l.streamSID)
	default:
		return fmt.Errorf("send output of kind %d: there is no such kind", out.Kind)
	}
	if err := l.ws.send(ws.OpText, frame); err != nil {
		return l.fail(fmt.Errorf("write to media stream: %w", err))
	}
	l.counters.SentMessages++
	return nil
}

// Close ends the stream in the regular way, with the closing handshake; see
// call.Leg. It takes no longer than concluding and the limits for a write and for
// closing.
func (l *leg) Close(end call.Termination) error {
	if !l.closed && l.conclude != nil {
		l.conclude(end)
	}
	l.shut(ws.StatusNormalClosure)
	return nil
}

// shut ends the stream with a status. Only the first one counts.
func (l *leg) shut(status ws.StatusCode) {
	if l.closed {
		return
	}
	l.closed = true
	l.wheel.remove(&l.sleeper)
	l.ws.shut(status, l.limits.Close, func() { l.counters.AfterStop++ })
	if l.err == nil {
		l.err = fmt.Errorf("%w: %w", ErrLost, errClosed)
	}
	l.frames = frameQueue{}
}

// release frees what the leg holds of the door, whatever has become of it.
func (l *leg) release() {
	l.shut(ws.StatusGoingAway)
	l.flush(l.wheel.now())
}

// flush adds what was counted since the last time to the door's counters.
func (l *leg) flush(now int64) {
	l.tally.add(l.counters)
	l.counters = Counters{}
	l.flushed = now
}
