package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// carrier is the other end of a leg, over a pipe in memory. It reads all the time.
type carrier struct {
	t    *testing.T
	conn net.Conn
	done chan struct{}  // closed when reading has ended
	busy sync.WaitGroup // what speaks on goroutines of its own
	turn chan struct{}  // held by who speaks; a mutex would stop the bubble's clock

	mu     sync.Mutex
	texts  []string
	status ws.StatusCode // of the close frame that it got
	closed time.Time     // when it got that
}

// talk runs test in a bubble with a leg and its carrier. Whatever has become of
// the leg, it is released in the end, and nothing may be left in the wheel.
func talk(t *testing.T, test func(l *leg, c *carrier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		w, log := newWheel(), slog.New(slog.DiscardHandler)
		l := newLeg(here, nil, legConfig{limits: Limits{}.withDefaults(), wheel: w, tally: &tally{}, log: log})
		c := &carrier{t: t, conn: there, done: make(chan struct{}), turn: make(chan struct{}, 1)}
		go c.read()
		test(l, c)
		l.release()
		<-c.done
		c.busy.Wait()
		w.stop()
		for _, slot := range w.slots {
			if len(slot) > 0 {
				t.Error("the leg is still in the wheel")
			}
		}
	})
}

// read takes frames until the connection ends, and answers the close frame.
func (c *carrier) read() {
	defer close(c.done)
	defer c.conn.Close()
	var buf []byte
	piece := make([]byte, 4096)
	for {
		n, err := c.conn.Read(piece)
		if err != nil {
			return
		}
		buf = append(buf, piece[:n]...)
		for {
			h, size, err := parseFrameHeader(buf)
			if err != nil {
				c.t.Errorf("leg sent % x: %v", buf, err)
				return
			}
			if size == 0 || len(buf) < size+int(h.Length) {
				break
			}
			payload := buf[size : size+int(h.Length)]
			buf = buf[size+int(h.Length):]
			c.take(h.OpCode, payload)
		}
	}
}

func (c *carrier) take(op ws.OpCode, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch op {
	case ws.OpText:
		c.texts = append(c.texts, string(payload))
	case ws.OpClose:
		c.status, _ = ws.ParseCloseFrameData(payload)
		c.closed = time.Now()
		answer := clientFrame(ws.OpClose, payload)
		c.busy.Go(func() {
			c.turn <- struct{}{}
			defer func() { <-c.turn }()
			_, _ = c.conn.Write(answer) // may be too late
		})
	}
}

// say sends texts, each in a frame; the leg may be gone by then.
func (c *carrier) say(texts ...string) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	for _, text := range texts {
		_, _ = c.conn.Write(clientFrame(ws.OpText, []byte(text)))
	}
}

// sayAll is say on a goroutine of its own: a pipe holds nothing.
func (c *carrier) sayAll(texts ...string) { c.busy.Go(func() { c.say(texts...) }) }

// end returns the status that the leg closed with, and when; 0 if it did not.
func (c *carrier) end() (ws.StatusCode, time.Time) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status, c.closed
}

func startOf(callSID, accountSID string) string {
	return strings.NewReplacer("CA1", callSID, "AC1", accountSID).Replace(startText)
}

var rightClaims = claims{callSID: "CA1", accountSID: "AC1"}

// start brings a leg past its start message.
func start(t *testing.T, l *leg, c *carrier) {
	t.Helper()
	c.sayAll(connectedText, startText)
	if err := l.awaitStart(t.Context(), rightClaims); err != nil {
		t.Fatalf("awaitStart = %v", err)
	}
}

// events calls Next until the end of the leg, or until n events that are no wakes.
func events(ctx context.Context, l call.Leg, n int) (list []string, err error) {
	for len(list) < n {
		event, err := l.Next(ctx)
		if err != nil {
			return list, err
		}
		switch event.Kind {
		case call.Frame:
			list = append(list, fmt.Sprint("frame ", event.Audio[0]))
		case call.Digit:
			list = append(list, "digit "+string(event.Digit))
		case call.MarkReturned:
			list = append(list, fmt.Sprint("mark ", event.Mark))
		case call.HungUp:
			return append(list, "hung up"), nil
		}
	}
	return list, nil
}

func TestEventsInOrder(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		c.sayAll(
			mediaText(1, numbered(1)), dtmfText, mediaText(2, numbered(2)), markText,
			`{"event":"mark","mark":{"name":"of another hand"}}`,
			mediaText(4, numbered(4)), mediaText(3, numbered(3)), mediaText(3, numbered(3)),
			strings.Replace(mediaText(5, numbered(99)), "inbound", "outbound", 1),
			`{"event":"unknown"}`, `{"event":"unknown"}`, "not JSON",
			mediaText(6, numbered(6)), stopText)
		got, err := events(c.t.Context(), l, 100)
		want := []string{"frame 1", "digit 1", "frame 2", "mark 17", "frame 3", "frame 4", "frame 255", "frame 6", "hung up"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			c.t.Errorf("events, then %v (-want +got):\n%s", err, diff)
		}
		if event, err := l.Next(c.t.Context()); err != nil || event.Kind != call.HungUp {
			c.t.Errorf("Next after the end = %v, %v; want HungUp again", event, err)
		}
		if err := l.Send(call.Output{Kind: call.Clear}); err != nil {
			c.t.Errorf("Send after stop = %v, want nothing sent and no error", err)
		}
		c.sayAll(mediaText(7, numbered(7)), markText)
		synctest.Wait()
		if err := l.Close(call.Termination{}); err != nil {
			c.t.Errorf("Close = %v", err)
		}
		l.flush(0)
		wantCounts := Counters{
			MediaMessages: 6, OtherTrack: 1, BadMessages: 1, UnknownEvents: 2, ForeignMarks: 1,
			Duplicates: 1, Reordered: 2, Gaps: 1, Frames: 6, AfterStop: 2,
		}
		if diff := cmp.Diff(wantCounts, l.tally.snapshot()); diff != "" {
			c.t.Errorf("counters (-want +got):\n%s", diff)
		}
		if status, _ := c.end(); status != ws.StatusNormalClosure || len(c.texts) > 0 {
			c.t.Errorf("carrier got status %d and %q, want 1000 and nothing", status, c.texts)
		}
	})
}

// repeat is text n times.
func repeat(n int, text string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = text
	}
	return list
}

// TestEndsBeforeStart has everything that can be wrong with a stream before Serve
// is called.
func TestEndsBeforeStart(t *testing.T) {
	const late = 5 * time.Second
	for _, test := range []struct {
		name   string
		texts  []string
		status ws.StatusCode
		err    error
		after  time.Duration
	}{
		{"nothing comes", nil, ws.StatusPolicyViolation, call.ErrBadPeer, late},
		{"connected only", []string{connectedText}, ws.StatusPolicyViolation, call.ErrBadPeer, late},
		{"start of another call", []string{startOf("CA2", "AC1")}, ws.StatusPolicyViolation, call.ErrBadPeer, 0},
		{"start of another account", []string{startOf("CA1", "AC2")}, ws.StatusPolicyViolation, call.ErrBadPeer, 0},
		{"start of no call", []string{startOf("", "AC1")}, ws.StatusPolicyViolation, call.ErrBadPeer, 0},
		{"start with other audio", []string{strings.Replace(startText, "8000", "16000", 1)}, ws.StatusPolicyViolation, call.ErrBadPeer, late},
		{"stop", []string{stopText}, ws.StatusGoingAway, ErrLost, 0},
		{"bad messages", repeat(maxBad+1, "x"), ws.StatusInvalidFramePayloadData, call.ErrBadPeer, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			talk(t, func(l *leg, c *carrier) {
				began := time.Now()
				c.sayAll(test.texts...)
				err := l.awaitStart(c.t.Context(), rightClaims)
				if !errors.Is(err, test.err) {
					c.t.Errorf("awaitStart = %v, want %v", err, test.err)
				}
				status, at := c.end()
				if took := at.Sub(began); status != test.status || took < test.after || took > test.after+500*time.Millisecond {
					c.t.Errorf("closed with %d after %v, want %d after about %v", status, took, test.status, test.after)
				}
			})
		})
	}
}

func TestMediaBeforeStart(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		var texts []string
		for chunk := 1; chunk <= 60; chunk++ {
			texts = append(texts, mediaText(chunk, numbered(uint64(chunk))))
		}
		c.sayAll(append(texts, startText, stopText)...)
		if err := l.awaitStart(c.t.Context(), rightClaims); err != nil {
			c.t.Fatal(err)
		}
		got, err := events(c.t.Context(), l, 100)
		if err != nil || len(got) != 51 || got[0] != "frame 11" || got[49] != "frame 60" {
			c.t.Errorf("%d events %q, %v; want the last second, frames 11 to 60, and the end", len(got), got, err)
		}
		if l.counters.EarlyDropped != 10*call.FrameBytes {
			c.t.Errorf("%d bytes counted as dropped, want %d", l.counters.EarlyDropped, 10*call.FrameBytes)
		}
	})
}

// TestMediaWithoutStart sends audio at real pace and never a start message.
func TestMediaWithoutStart(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		c.busy.Go(func() {
			for chunk := 1; ; chunk++ {
				if _, err := c.conn.Write(clientFrame(ws.OpText, []byte(mediaText(chunk, noise(160))))); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
		began := time.Now()
		err := l.awaitStart(c.t.Context(), rightClaims)
		_, at := c.end()
		if took := at.Sub(began); !errors.Is(err, call.ErrBadPeer) || took < 5*time.Second || took > 5500*time.Millisecond {
			c.t.Errorf("awaitStart = %v after %v, want %v after 5s", err, took, call.ErrBadPeer)
		}
		if kept := len(l.frames.buf); kept > 2*earlyAudio {
			c.t.Errorf("%d bytes of early audio are kept", kept)
		}
	})
}

// TestStreamEnds has everything that ends a started stream from the carrier's
// side.
func TestStreamEnds(t *testing.T) {
	for _, test := range []struct {
		name   string
		carry  func(c *carrier)
		status ws.StatusCode // 0: the connection was gone
		err    error
		after  time.Duration
	}{
		{"second start", func(c *carrier) { c.say(startText) }, ws.StatusPolicyViolation, call.ErrBadPeer, 0},
		{"oversized message", func(c *carrier) { c.say(strings.Repeat("x", 64<<10+1)) }, ws.StatusMessageTooBig, call.ErrBadPeer, 0},
		{"unmasked frame", func(c *carrier) { _, _ = c.conn.Write(ownFrame(ws.OpText, []byte(markText))) }, ws.StatusProtocolError, call.ErrBadPeer, 0},
		{"21 bad messages at once", func(c *carrier) { c.say(repeat(maxBad+1, media(`"payload":"!"`, ``))...) }, ws.StatusInvalidFramePayloadData, call.ErrBadPeer, 0},
		{"regular close without stop", func(c *carrier) { _, _ = c.conn.Write(clientFrame(ws.OpClose, []byte{3, 0xe8})) }, ws.StatusNormalClosure, ErrLost, 0},
		{"connection gone", func(c *carrier) { _ = c.conn.Close() }, 0, ErrLost, 0},
		{"connection gone inside a message", func(c *carrier) { _, _ = c.conn.Write([]byte{0x81, 0xfe}); _ = c.conn.Close() }, 0, ErrLost, 0},
		{"silence", func(*carrier) {}, ws.StatusGoingAway, ErrLost, 5 * time.Second},
		{"pings and marks instead of audio", func(c *carrier) {
			for range 100 {
				_, _ = c.conn.Write(clientFrame(ws.OpPing, nil))
				c.say(markText)
				time.Sleep(70 * time.Millisecond)
			}
		}, ws.StatusGoingAway, ErrLost, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			talk(t, func(l *leg, c *carrier) {
				start(c.t, l, c)
				began := time.Now()
				c.busy.Go(func() { test.carry(c) })
				_, err := events(c.t.Context(), l, 1000)
				if !errors.Is(err, test.err) {
					c.t.Errorf("Next = %v, want %v", err, test.err)
				}
				took := time.Since(began)
				if status, _ := c.end(); status != test.status || took < test.after || took > test.after+time.Second {
					c.t.Errorf("closed with %d after %v, want %d after about %v", status, took, test.status, test.after)
				}
				if _, again := l.Next(c.t.Context()); !errors.Is(again, test.err) {
					c.t.Errorf("Next once more = %v, want %v", again, test.err)
				}
				if err := l.Send(call.Output{Kind: call.Clear}); !errors.Is(err, test.err) {
					c.t.Errorf("Send = %v, want %v", err, test.err)
				}
			})
		})
	}
}

// TestStreamGoesOn has what a stream survives.
func TestStreamGoesOn(t *testing.T) {
	for _, test := range []struct {
		name  string
		carry func(c *carrier)
		count func(Counters) int64
		want  int64
	}{
		{"20 bad messages at once", func(c *carrier) { c.say(repeat(maxBad, "{")...) }, func(n Counters) int64 { return n.BadMessages }, maxBad},
		{"a bad message every 600 ms", func(c *carrier) {
			for range 40 {
				c.say("{", media(`"payload":"AAAA"`, ``))
				time.Sleep(600 * time.Millisecond)
			}
		}, func(n Counters) int64 { return n.BadMessages }, 40},
		{"binary messages", func(c *carrier) {
			_, _ = c.conn.Write(clientFrame(ws.OpBinary, noise(5000)))
			_, _ = c.conn.Write(clientFrame(ws.OpBinary, []byte(mediaText(1, noise(160)))))
		}, func(n Counters) int64 { return n.BinaryMessages }, 2},
		{"unknown events", func(c *carrier) { c.say(repeat(50, `{"event":"new"}`)...) }, func(n Counters) int64 { return n.UnknownEvents }, 50},
		{"new version, new fields", func(c *carrier) {
			c.say(`{"event":"connected","protocol":"Call","version":"2.0.0"}`, `{"event":"media","new":{"x":[1,2]},"media":{"payload":"AAAA","gain":1.5}}`)
		}, func(n Counters) int64 { return n.MediaMessages }, 1},
		{"the longest message", func(c *carrier) {
			c.say(media(`"chunk":"1","payload":"`+strings.Repeat("A", 48_000)+`"`, ``))
		}, func(n Counters) int64 { return n.Frames }, 225},
		{"close to too long silence", func(c *carrier) {
			time.Sleep(4900 * time.Millisecond)
			c.say(mediaText(1, noise(160)))
			time.Sleep(4900 * time.Millisecond)
		}, func(n Counters) int64 { return n.MediaMessages }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			talk(t, func(l *leg, c *carrier) {
				start(c.t, l, c)
				c.busy.Go(func() {
					test.carry(c)
					c.say(stopText)
				})
				got, err := events(c.t.Context(), l, 1000)
				if err != nil || got[len(got)-1] != "hung up" {
					c.t.Errorf("events %q, %v; want the regular end", got, err)
				}
				l.flush(0)
				if n := test.count(l.tally.snapshot()); n != test.want {
					c.t.Errorf("counted %d, want %d; all: %+v", n, test.want, l.tally.snapshot())
				}
			})
		})
	}
}

func TestSilentLegIsWoken(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		c.sayAll(mediaText(1, numbered(1)), mediaText(3, numbered(3)))
		last := time.Now()
		var kinds []call.EventKind
		for range 10 {
			event, err := l.Next(c.t.Context())
			if err != nil {
				c.t.Fatal(err)
			}
			if gap := time.Since(last); gap > 200*time.Millisecond {
				c.t.Errorf("Next took %v, want at most 200ms", gap)
			}
			last = time.Now()
			kinds = append(kinds, event.Kind)
		}
		// The held chunk 3 comes out, after silence for 2, instead of the first wake.
		want := []call.EventKind{call.Frame, call.Frame, call.Frame}
		for range 7 {
			want = append(want, call.Wake)
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			c.t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestPausedProcess lets 20 s pass without a call of Next, as when the machine was
// suspended: the audio that waits must be heard, not the silence.
func TestPausedProcess(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		c.sayAll(mediaText(1, numbered(1)), mediaText(2, numbered(2)), markText, stopText)
		time.Sleep(20 * time.Second)
		got, err := events(c.t.Context(), l, 10)
		want := []string{"frame 1", "frame 2", "mark 17", "hung up"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			c.t.Errorf("events, then %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		ctx, cancel := context.WithCancelCause(c.t.Context())
		time.AfterFunc(time.Second, func() { cancel(call.ErrReplaced) })
		began := time.Now()
		_, err := events(ctx, l, 1)
		if took := time.Since(began); !errors.Is(err, call.ErrReplaced) || took > 1200*time.Millisecond {
			c.t.Errorf("Next = %v after %v, want %v within 200ms of the cancellation", err, took, call.ErrReplaced)
		}
		c.sayAll(mediaText(1, numbered(1)))
		if got, err := events(c.t.Context(), l, 1); err != nil {
			c.t.Errorf("the leg itself is broken: events %q, %v", got, err)
		}
	})
}

func TestAudioOfAnyLengthBecomesFrames(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		sound := noise(1000)
		var texts []string
		for rest, chunk := sound, 1; len(rest) > 0; chunk++ {
			n := min(chunk*37%300+1, len(rest))
			texts = append(texts, mediaText(chunk, rest[:n]))
			rest = rest[n:]
		}
		c.sayAll(texts...)
		var heard []byte
		for range 6 {
			event, err := l.Next(c.t.Context())
			if err != nil || event.Kind != call.Frame || len(event.Audio) != call.FrameBytes {
				c.t.Fatalf("Next = %+v, %v; want a frame", event, err)
			}
			heard = append(heard, event.Audio...)
		}
		if !bytes.Equal(heard, sound[:len(heard)]) {
			c.t.Error("the frames do not hold what was said")
		}
	})
}

func TestSend(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		sound := bytes.Repeat([]byte{audio.MuLawSilence}, maxPlayBytes+400)
		for _, out := range []call.Output{
			{Kind: call.Play, Audio: []byte{0, 1, 2}},
			{Kind: call.Play},
			{Kind: call.Mark, Mark: 7},
			{Kind: call.Play, Audio: sound},
			{Kind: call.Clear},
		} {
			if err := l.Send(out); err != nil {
				c.t.Fatalf("Send(%v) = %v", out.Kind, err)
			}
		}
		if err := l.Send(call.Output{Kind: 99}); err == nil {
			c.t.Error("Send of an unknown kind returned no error")
		}
		synctest.Wait()
		long := func(n int) string {
			return `{"event":"media","streamSid":"MZ1","media":{"payload":"` + strings.Repeat("////", n/3) + map[int]string{0: "", 1: "/w==", 2: "//8="}[n%3] + `"}}`
		}
		want := []string{
			`{"event":"media","streamSid":"MZ1","media":{"payload":"AAEC"}}`,
			`{"event":"mark","streamSid":"MZ1","mark":{"name":"m7"}}`,
			long(maxPlayBytes), long(400),
			`{"event":"clear","streamSid":"MZ1"}`,
		}
		if diff := cmp.Diff(want, c.texts); diff != "" {
			c.t.Errorf("sent (-want +got):\n%s", diff)
		}
	})
}

func TestSendToACarrierThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		w := newWheel()
		defer w.stop()
		l := newLeg(here, nil, legConfig{limits: Limits{}.withDefaults(), wheel: w, tally: &tally{}, log: slog.New(slog.DiscardHandler)})
		l.started, l.streamSID = true, []byte(`"MZ1"`)
		began := time.Now()
		err := l.Send(call.Output{Kind: call.Play, Audio: noise(160)})
		if took := time.Since(began); !errors.Is(err, ErrLost) || took != 2*time.Second {
			t.Errorf("Send = %v after %v, want %v after 2s", err, took, ErrLost)
		}
		if _, err := l.Next(t.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("Next = %v, want %v", err, ErrLost)
		}
		l.release()
		if n := l.tally.snapshot(); n.LostStreams != 1 || n.BrokenStreams != 0 {
			t.Errorf("counted %d lost and %d broken streams, want 1 and 0", n.LostStreams, n.BrokenStreams)
		}
	})
}

func TestPingOfACarrierThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		w := newWheel()
		defer w.stop()
		l := newLeg(here, clientFrame(ws.OpPing, nil), legConfig{limits: Limits{}.withDefaults(), wheel: w, tally: &tally{}, log: slog.New(slog.DiscardHandler)})
		l.started = true
		began := time.Now()
		event, err := l.Next(t.Context())
		if took := time.Since(began); !errors.Is(err, ErrLost) || !errors.Is(err, os.ErrDeadlineExceeded) || took != 2*time.Second {
			t.Errorf("Next = %v, %v after %v, want %v for a time-out after 2s", event, err, took, ErrLost)
		}
		l.release()
	})
}

func TestCloseMoreThanOnce(t *testing.T) {
	talk(t, func(l *leg, c *carrier) {
		start(c.t, l, c)
		for range 3 {
			if err := l.Close(call.Termination{}); err != nil {
				c.t.Errorf("Close = %v", err)
			}
		}
		if _, err := l.Next(c.t.Context()); !errors.Is(err, errClosed) {
			c.t.Errorf("Next after Close = %v, want %v", err, errClosed)
		}
		if err := l.Send(call.Output{Kind: call.Clear}); !errors.Is(err, errClosed) {
			c.t.Errorf("Send after Close = %v, want %v", err, errClosed)
		}
		if status, _ := c.end(); status != ws.StatusNormalClosure {
			c.t.Errorf("carrier got status %d, want 1000", status)
		}
	})
}

// TestEarlyBytes gives a leg what the HTTP server had read ahead.
func TestEarlyBytes(t *testing.T) {
	for _, size := range []int{0, 100, 5000} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, there) }()
			w := newWheel()
			defer w.stop()
			early := clientFrame(ws.OpText, []byte(startText))
			for len(early) < size {
				early = append(early, clientFrame(ws.OpText, []byte(media(`"payload":"AAAA"`, ``)))...)
			}
			n := len(early)
			early = append(early, clientFrame(ws.OpText, []byte(stopText))...)
			go func() { _, _ = there.Write(early[n-3:]) }()
			l := newLeg(here, bytes.Clone(early[:n-3]), legConfig{limits: Limits{}.withDefaults(), wheel: w, tally: &tally{}, log: slog.New(slog.DiscardHandler)})
			if err := l.awaitStart(t.Context(), rightClaims); err != nil {
				t.Fatalf("awaitStart = %v", err)
			}
			if got, err := events(t.Context(), l, 1000); err != nil || got[len(got)-1] != "hung up" {
				t.Errorf("%d early bytes: events %q, %v", n-3, got, err)
			}
			_ = there.Close() // the leg need not wait for an answer
			l.release()
		})
	}
}

// FuzzStream lets each byte choose what the carrier sends next, in order or not.
// Whatever comes, the leg ends, in a way that it can name; nothing but a right
// start message starts it; and what was heard is no more than what was said and
// the silence between.
func FuzzStream(f *testing.F) {
	vocabulary := [][]byte{
		clientFrame(ws.OpText, []byte(startText)), clientFrame(ws.OpText, []byte(startOf("CA2", "AC1"))),
		clientFrame(ws.OpText, []byte(connectedText)), clientFrame(ws.OpText, []byte(dtmfText)),
		clientFrame(ws.OpText, []byte(markText)), clientFrame(ws.OpText, []byte(stopText)),
		clientFrame(ws.OpText, []byte("{")), clientFrame(ws.OpText, []byte(`{"event":"new"}`)),
		clientFrame(ws.OpBinary, noise(3000)), clientFrame(ws.OpPing, []byte("?")), clientFrame(ws.OpClose, nil),
		rawFrame(0x01, true, []byte(`{"event":`)), rawFrame(0x80, true, []byte(`"stop"}`)),
		ownFrame(ws.OpText, nil),
		{0x81, 0xfe, 0x10},
		clientFrame(ws.OpText, []byte(media(`"payload":"AAAA"`, ``))),
	}
	f.Add([]byte{0, 100, 101, 103, 102, 3, 4, 5, 104})
	f.Add([]byte{2, 100, 200, 0, 250, 15, 15, 11, 9, 12})
	f.Add(bytes.Repeat([]byte{6}, 30))
	f.Add([]byte{1, 0})
	w := newWheel()
	f.Cleanup(w.stop)
	f.Fuzz(func(t *testing.T, choices []byte) {
		var stream []byte
		said := 0
		for _, choice := range choices[:min(len(choices), 200)] {
			if int(choice) < len(vocabulary) {
				stream = append(stream, vocabulary[choice]...)
				continue
			}
			sound := noise(int(choice) * 2 % 500)
			said += len(sound) + 3
			stream = append(stream, clientFrame(ws.OpText, []byte(mediaText(int(choice)-len(vocabulary)+1, sound)))...)
		}
		said += 3 * len(choices)
		l := newLeg(&streamConn{stream: stream, piece: len(choices)}, nil, legConfig{
			limits: Limits{}.withDefaults(), wheel: w, tally: &tally{}, log: slog.New(slog.DiscardHandler),
		})
		defer l.release()
		err := l.awaitStart(t.Context(), rightClaims)
		if err == nil && !bytes.Contains(choices, []byte{0}) {
			t.Fatal("started without a right start message")
		}
		for err == nil {
			var event call.Event
			if event, err = l.Next(t.Context()); err == nil && event.Kind == call.HungUp {
				break
			}
		}
		if err != nil && !errors.Is(err, ErrLost) && !errors.Is(err, call.ErrBadPeer) {
			t.Errorf("ended with %v, want %v or %v", err, ErrLost, call.ErrBadPeer)
		}
		if heard := int(l.counters.Frames) * call.FrameBytes; heard > said+int(l.counters.Gaps)*call.FrameBytes {
			t.Errorf("heard %d bytes, said were at most %d with %d gaps", heard, said, l.counters.Gaps)
		}
	})
}
