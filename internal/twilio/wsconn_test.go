package twilio

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// ownFrame is a frame as we send it.
func ownFrame(op ws.OpCode, payload []byte) []byte { return rawFrame(0x80|byte(op), false, payload) }

func TestNextReadsMessages(t *testing.T) {
	long := noise(60_000)
	for _, test := range []struct {
		name   string
		stream [][]byte
		want   []wsMessage
		sent   []byte
	}{
		{"7 bits of length", [][]byte{clientFrame(ws.OpText, []byte("x"))}, []wsMessage{{ws.OpText, "x"}}, nil},
		{"16 bits of length", [][]byte{clientFrame(ws.OpText, noise(300))}, []wsMessage{{ws.OpText, string(noise(300))}}, nil},
		{"longer than the buffer", [][]byte{clientFrame(ws.OpText, long), clientFrame(ws.OpText, []byte("y"))}, []wsMessage{{ws.OpText, string(long)}, {ws.OpText, "y"}}, nil},
		{"empty", [][]byte{clientFrame(ws.OpBinary, nil)}, []wsMessage{{ws.OpBinary, ""}}, nil},
		{
			"fragments with a ping and a pong between them",
			[][]byte{rawFrame(0x01, true, []byte("he")), clientFrame(ws.OpPing, []byte("?")), rawFrame(0x00, true, []byte("ll")), clientFrame(ws.OpPong, []byte("!")), rawFrame(0x80, true, []byte("o"))},
			[]wsMessage{{ws.OpText, "hello"}},
			ownFrame(ws.OpPong, []byte("?")),
		},
		{"empty fragments", [][]byte{rawFrame(0x02, true, nil), rawFrame(0x00, true, nil), rawFrame(0x80, true, nil)}, []wsMessage{{ws.OpBinary, ""}}, nil},
	} {
		for _, piece := range []int{1, 17, 250} {
			got, sent, err := readAll(bytes.Join(test.stream, nil), piece, 64<<10)
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s, piece %d: error %v, want the end of the connection", test.name, piece, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, piece %d: messages (-want +got):\n%s", test.name, piece, diff)
			}
			if !bytes.Equal(sent, test.sent) {
				t.Errorf("%s, piece %d: sent % x, want % x", test.name, piece, sent, test.sent)
			}
		}
	}
}

func TestNextRefusesBreaches(t *testing.T) {
	for _, test := range []struct {
		name   string
		stream []byte
		want   ws.StatusCode
	}{
		{"unmasked frame", rawFrame(0x81, false, []byte("x")), ws.StatusProtocolError},
		{"reserved bits, as of a compressed message", rawFrame(0xc1, true, []byte("x")), ws.StatusProtocolError},
		{"reserved operation", rawFrame(0x83, true, nil), ws.StatusProtocolError},
		{"continuation of nothing", rawFrame(0x80, true, []byte("x")), ws.StatusProtocolError},
		{"new message inside a fragmented one", append(rawFrame(0x01, true, []byte("x")), rawFrame(0x81, true, []byte("y"))...), ws.StatusProtocolError},
		{"fragmented ping", rawFrame(0x09, true, nil), ws.StatusProtocolError},
		{"long ping", rawFrame(0x89, true, noise(126)), ws.StatusProtocolError},
		{"length not in its shortest form", []byte{0x81, 0xfe, 0x00, 0x01, 0, 0, 0, 0}, ws.StatusProtocolError},
		{"64 KiB and one byte", rawFrame(0x81, true, make([]byte, 64<<10+1))[:14], ws.StatusMessageTooBig},
		{"1 GB", []byte{0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4}, ws.StatusMessageTooBig},
		{"highest bit of the length", []byte{0x81, 0xff, 0x80, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4}, ws.StatusProtocolError},
		{"fragments longer than the limit", append(rawFrame(0x01, true, make([]byte, 60<<10)), rawFrame(0x80, true, make([]byte, 5<<10))...), ws.StatusMessageTooBig},
		{"close with one byte", clientFrame(ws.OpClose, []byte{3}), ws.StatusProtocolError},
		{"close with status 1005", clientFrame(ws.OpClose, []byte{0x03, 0xed}), ws.StatusProtocolError},
		{"close with status 5000", clientFrame(ws.OpClose, []byte{0x13, 0x88}), ws.StatusProtocolError},
		{"close with a reason that is no text", clientFrame(ws.OpClose, []byte{0x03, 0xe8, 0xff}), ws.StatusProtocolError},
	} {
		t.Run(test.name, func(t *testing.T) {
			messages, _, err := readAll(test.stream, 13, 64<<10)
			var broken *breach
			if !errors.As(err, &broken) || broken.status != test.want || len(messages) > 0 {
				t.Errorf("read %d messages and %v, want none and a breach with status %d", len(messages), err, test.want)
			}
		})
	}
}

func TestPeerCloses(t *testing.T) {
	for _, test := range []struct {
		name       string
		body, want []byte
	}{
		{"without a status", nil, []byte{0x03, 0xe8}},
		{"regularly", []byte{0x03, 0xe8, 'o', 'k'}, []byte{0x03, 0xe8}},
		{"going away", []byte{0x03, 0xe9}, []byte{0x03, 0xe9}},
		{"with its own status", []byte{0x0f, 0xa0}, []byte{0x0f, 0xa0}},
	} {
		_, sent, err := readAll(clientFrame(ws.OpClose, test.body), 100, 1024)
		if !errors.Is(err, errPeerClosed) || !bytes.Equal(sent, ownFrame(ws.OpClose, test.want)) {
			t.Errorf("%s: read %v, sent % x; want the close to be answered with % x", test.name, err, sent, test.want)
		}
	}
}

// TestReadsGoOnAfterAWake interrupts a read at every byte of two messages.
func TestReadsGoOnAfterAWake(t *testing.T) {
	stream := append(clientFrame(ws.OpText, noise(200)), clientFrame(ws.OpText, []byte("after"))...)
	here, there := net.Pipe()
	defer here.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer there.Close()
		for i := range stream {
			if _, err := there.Write(stream[i : i+1]); err != nil {
				t.Errorf("write byte %d: %v", i, err)
				return
			}
		}
	}()
	c := newWSConn(here, nil, 1024, time.Second)
	var got []wsMessage
	wakes := 0
	for len(got) < 2 {
		c.wake()
		op, payload, err := c.next()
		switch {
		case err == nil:
			got = append(got, wsMessage{op, string(payload)})
			continue
		case !errors.Is(err, os.ErrDeadlineExceeded):
			t.Fatalf("next = %v, want a wake", err)
		}
		wakes++
		if err := c.clearWake(); err != nil {
			t.Fatal(err)
		}
		if err := c.fill(1 + c.end - c.start); err != nil {
			t.Fatalf("fill = %v", err)
		}
	}
	if diff := cmp.Diff([]wsMessage{{ws.OpText, string(noise(200))}, {ws.OpText, "after"}}, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if wakes != len(stream) {
		t.Errorf("%d wakes for %d bytes, want one before each byte", wakes, len(stream))
	}
	<-written
}

func TestShut(t *testing.T) {
	for _, test := range []struct {
		name string
		peer func(t *testing.T, there net.Conn) // after it has read our close frame
		want time.Duration
		seen int // messages discarded
	}{
		{"peer answers at once", func(t *testing.T, there net.Conn) {
			_, _ = there.Write(clientFrame(ws.OpClose, []byte{0x03, 0xe8}))
		}, 0, 0},
		{"peer first sends what was on its way", func(t *testing.T, there net.Conn) {
			_, _ = there.Write(clientFrame(ws.OpText, []byte("late")))
			_, _ = there.Write(clientFrame(ws.OpPing, nil))
			_, _ = there.Write(clientFrame(ws.OpClose, nil))
		}, 0, 1},
		{"peer says nothing", func(*testing.T, net.Conn) {}, 500 * time.Millisecond, 0},
		{"peer goes away", func(t *testing.T, there net.Conn) { _ = there.Close() }, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := net.Pipe()
				done := make(chan struct{})
				go func() {
					defer close(done)
					frame := make([]byte, 4)
					if _, err := io.ReadFull(there, frame); err != nil || !bytes.Equal(frame, ownFrame(ws.OpClose, []byte{0x03, 0xe8})) {
						t.Errorf("peer read % x, %v; want our close frame", frame, err)
					}
					test.peer(t, there)
				}()
				c := newWSConn(here, nil, 1024, time.Second)
				start, seen := time.Now(), 0
				c.shut(ws.StatusNormalClosure, 500*time.Millisecond, func() { seen++ })
				c.shut(ws.StatusGoingAway, 500*time.Millisecond, func() { seen++ }) // does nothing
				if took := time.Since(start); took != test.want || seen != test.seen {
					t.Errorf("shut took %v and discarded %d messages, want %v and %d", took, seen, test.want, test.seen)
				}
				<-done
				if _, err := here.Write(nil); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("the connection is open after shut: %v", err)
				}
				if err := c.write(ws.OpText, nil); !errors.Is(err, net.ErrClosed) {
					t.Errorf("write after shut = %v, want %v", err, net.ErrClosed)
				}
			})
		})
	}
}

func TestWriteLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe() // whose other end does not read
		defer there.Close()
		c := newWSConn(here, nil, 1024, 2*time.Second)
		start := time.Now()
		if err := c.write(ws.OpText, []byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("write = %v after %v, want a time-out after 2s", err, time.Since(start))
		}
		c.shut(ws.StatusGoingAway, time.Second, func() {})
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("shut of a broken connection ended after %v, want at once", took)
		}
	})
}
