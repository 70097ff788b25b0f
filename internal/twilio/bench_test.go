package twilio

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"lexline/internal/call"
)

// mediaText is a media message as Twilio writes it, with audio as its payload.
func mediaText(chunk int, mulaw []byte) string {
	return fmt.Sprintf(`{"event":"media","sequenceNumber":"%d","streamSid":"MZ18ad3ab5a668481ce02b83e7395059f0","media":{"track":"inbound","chunk":"%d","timestamp":"%d","payload":"%s"}}`,
		chunk+1, chunk, 20*chunk, base64.StdEncoding.EncodeToString(mulaw))
}

// noise is n bytes of mu-law that are all different from their neighbours.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func BenchmarkScan(b *testing.B) {
	message := []byte(mediaText(4711, noise(160)))
	scratch := make([]byte, 0, 168)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := scanMessage(message, &scratch); !ok {
			b.Fatal("message was not understood")
		}
	}
}

func BenchmarkDecodeMessage(b *testing.B) {
	message := []byte(mediaText(4711, noise(160)))
	scratch := make([]byte, 0, 168)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeMessage(message, &scratch); err != nil {
			b.Fatal(err)
		}
	}
}

// endlessConn gives out media messages for ever, one a read, as a quiet network
// would.
type endlessConn struct {
	net.Conn
	frame []byte
}

func (c *endlessConn) Read(p []byte) (int, error) {
	n := copy(p, c.frame)
	return n, nil
}
func (c *endlessConn) SetReadDeadline(time.Time) error  { return nil }
func (c *endlessConn) SetWriteDeadline(time.Time) error { return nil }
func (c *endlessConn) Write(p []byte) (int, error)      { return len(p), nil }
func (c *endlessConn) Close() error                     { return nil }

func BenchmarkLegNext(b *testing.B) {
	wheel := newWheel()
	defer wheel.stop()
	text := strings.Replace(mediaText(1, noise(160)), `"chunk":"1",`, "", 1)
	conn := &endlessConn{frame: clientFrame(ws.OpText, []byte(text))}
	l := newLeg(conn, nil, legConfig{
		limits: Limits{}.withDefaults(), wheel: wheel, tally: &tally{}, log: slog.New(slog.DiscardHandler),
	})
	l.started = true
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if event, err := l.Next(ctx); err != nil || event.Kind != call.Frame {
			b.Fatalf("Next = %v, %v; want a frame", event, err)
		}
	}
}

func BenchmarkLegSend(b *testing.B) {
	wheel := newWheel()
	defer wheel.stop()
	l := newLeg(&endlessConn{}, nil, legConfig{
		limits: Limits{}.withDefaults(), wheel: wheel, tally: &tally{}, log: slog.New(slog.DiscardHandler),
	})
	l.started, l.streamSID = true, []byte(`"MZ18ad3ab5a668481ce02b83e7395059f0"`)
	out := call.Output{Kind: call.Play, Audio: noise(800)}
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Send(out); err != nil {
			b.Fatal(err)
		}
	}
}
