package twilio

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
)

// settle waits until the process is back at as many goroutines and descriptors as
// before; what ends a connection takes a moment to end.
func settle(t *testing.T, goroutines, descriptors int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		g, d := runtime.NumGoroutine(), openDescriptors(t)
		if g <= goroutines && d <= descriptors {
			return
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			t.Fatalf("%d goroutines and %d descriptors are left, %d and %d were there before:\n%s", g, d, goroutines, descriptors, stacks)
		}
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("no list of descriptors on this system: %v", err)
	}
	return len(entries)
}

// TestCall places one whole call.
func TestCall(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	infos := make(chan call.Info, 1)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		infos <- info
		got, err := events(ctx, leg, 3)
		if want := []string{"frame 1", "digit 1", "frame 2"}; err != nil || !cmp.Equal(want, got) {
			t.Errorf("events %q, %v; want %q", got, err, want)
		}
		for _, out := range []call.Output{{Kind: call.Play, Audio: noise(800)}, {Kind: call.Mark, Mark: 42}} {
			if err := leg.Send(out); err != nil {
				t.Errorf("Send = %v", err)
			}
		}
		if got, err := events(ctx, leg, 1); err != nil || got[0] != "mark 42" {
			t.Errorf("events %q, %v; want the mark", got, err)
		}
		return call.Termination{Result: call.Success, Reason: call.BotClosed}
	}, nil)
	p := x.started(x.greeted("CA1"), "CA1")
	p.say(mediaText(1, numbered(1)), dtmfText, mediaText(2, numbered(2)))
	event, _, payload := p.hear()
	if want := base64.StdEncoding.EncodeToString(noise(800)); event != "media" || payload != want {
		t.Errorf("heard %s %s, want the bot's audio", event, payload)
	}
	event, mark, _ := p.hear()
	if event != "mark" || mark != "m42" {
		t.Errorf("heard %s %s, want the mark m42", event, mark)
	}
	p.say(strings.Replace(markText, "m17", mark, 1))
	if status := p.end(); status != websocket.StatusNormalClosure {
		t.Errorf("stream closed with %d, want 1000", status)
	}
	want := call.Info{ID: "CA1", Account: testAccount, From: "+14155550123", To: "+14155550100", Line: "flowers"}
	if diff := cmp.Diff(want, <-infos); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	if _, twiml := x.post("/resume", callForm("CA1")); twiml != string(hangUp(nil, "")) {
		t.Errorf("POST /resume after the bot closed = %s, want a hang-up", twiml)
	}
	x.close()
	counts := x.door.Counters()
	counts.Wakes = 0 // as slow as the machine is
	wantCounts := Counters{Webhooks: 1, Streams: 1, MediaMessages: 2, Frames: 2, SentMessages: 2}
	if diff := cmp.Diff(wantCounts, counts); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	settle(t, goroutines, descriptors)
}

// TestRefusedHandshakes has websockets that must not be opened: Serve is never
// called for them.
func TestRefusedHandshakes(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	x := openExchange(t, func(context.Context, call.Leg, call.Info) call.Termination {
		t.Error("Serve was called")
		return call.Termination{}
	}, nil)
	base := "ws" + strings.TrimPrefix(x.base, "http")
	seal := func(change func(*claims)) string {
		facts := claims{callSID: "CA1", accountSID: testAccount, line: "flowers", expires: time.Now().Add(time.Minute)}
		change(&facts)
		return base + "/stream/" + x.door.sealer.seal(facts)
	}
	valid := seal(func(*claims) {})
	signed := func(address string) string { return sign(testToken, address, nil) }
	for _, test := range []struct {
		name, address, signature string
		want                     int
	}{
		{"no signature", valid, "", http.StatusForbidden},
		{"signature of another account", valid, sign("other", valid, nil), http.StatusForbidden},
		{"signature of another stream", valid, signed(seal(func(*claims) {})), http.StatusForbidden},
		{"no token", base + "/stream/", signed(base + "/stream/"), http.StatusNotFound},
		{"a token of nobody", base + "/stream/AAAA", signed(base + "/stream/AAAA"), http.StatusForbidden},
		{"token cut", valid[:len(valid)-1], signed(valid[:len(valid)-1]), http.StatusForbidden},
		{"something after the token", valid + "/x", signed(valid + "/x"), http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, status := x.dialSigned(test.address, test.signature); status != test.want {
				t.Errorf("handshake = %d, want %d", status, test.want)
			}
		})
	}
	for name, change := range map[string]func(*claims){
		"expired token":            func(c *claims) { c.expires = time.Now().Add(-2 * clockSkew) },
		"token of another account": func(c *claims) { c.accountSID = "AC9" },
		"token of another line":    func(c *claims) { c.line = "pizza" },
	} {
		if _, status := x.dial(seal(change)); status != http.StatusForbidden {
			t.Errorf("%s: handshake = %d, want 403", name, status)
		}
	}
	if status, _ := x.request(http.MethodPost, strings.TrimPrefix(valid, base), nil, signed(valid)); status != http.StatusMethodNotAllowed {
		t.Errorf("POST to a stream = %d, want 405", status)
	}
	if status, _ := x.request(http.MethodGet, strings.TrimPrefix(valid, base), nil, signed(valid)); status != http.StatusBadRequest && status != http.StatusInternalServerError {
		t.Errorf("GET of a stream without an upgrade = %d, want an error", status)
	}
	if status, _ := x.request(http.MethodGet, strings.TrimPrefix(valid, base), url.Values{"a": {"b"}}, signed(valid)); status != http.StatusBadRequest {
		t.Errorf("GET of a stream with a body = %d, want 400", status)
	}
	if _, status := x.dial(valid); status != http.StatusForbidden {
		t.Errorf("token used a second time = %d, want 403", status)
	}
	x.close()
	settle(t, goroutines, descriptors)
}

// TestStartOfAnotherCall: right signature, right token, but the stream is of
// another call or account.
func TestStartOfAnotherCall(t *testing.T) {
	x := openExchange(t, func(context.Context, call.Leg, call.Info) call.Termination {
		t.Error("Serve was called")
		return call.Termination{}
	}, nil)
	for i, start := range []string{startOf("CA9", testAccount), startOf("CA1", "AC9")} {
		sid := fmt.Sprint("CA", i+1)
		p, status := x.dial(x.greeted(sid))
		if p == nil {
			t.Fatalf("handshake = %d", status)
		}
		p.say(strings.Replace(start, "CA1", sid, 1))
		if status := p.end(); status != websocket.StatusPolicyViolation {
			t.Errorf("stream closed with %d, want 1008", status)
		}
	}
	x.close()
	if c := x.door.Counters(); c.StartFailures != 2 || c.BrokenStreams != 2 {
		t.Errorf("counted %d failed starts and %d broken streams, want 2 and 2", c.StartFailures, c.BrokenStreams)
	}
}

// rawPhone is a websocket made by hand, for what no library does.
func (x *exchange) rawPhone(sid string) net.Conn {
	x.t.Helper()
	address := x.greeted(sid)
	conn, err := net.Dial("tcp", strings.TrimPrefix(x.base, "http://"))
	if err != nil {
		x.t.Fatal(err)
	}
	path := strings.TrimPrefix(address, "ws"+strings.TrimPrefix(x.base, "http"))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: lexline\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nx-twilio-signature: %s\r\n\r\n",
		path, sign(testToken, address, nil))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		x.t.Fatalf("handshake: %v, %v", response, err)
	}
	// RFC 6455, section 1.3, has this key and its answer as an example.
	if got := response.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		x.t.Errorf("Sec-WebSocket-Accept is %q", got)
	}
	if _, err := conn.Write(clientFrame(ws.OpText, []byte(startOf(sid, testAccount)))); err != nil {
		x.t.Fatal(err)
	}
	return conn
}

// TestBreachesOverTCP sends what no client should over a real connection: the
// stream ends with the right status, and its bytes arrive although the client's
// own were never read to the end.
func TestBreachesOverTCP(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	ends := make(chan error, 1)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		end := listen(ctx, leg, info)
		ends <- end.Err
		return end
	}, func(c *Config) { c.Limits.Close = 100 * time.Millisecond })
	for i, test := range []struct {
		name   string
		stream []byte
		want   ws.StatusCode // 0: no close frame, as the client left
		err    error
	}{
		{"unmasked frame", append(ownFrame(ws.OpText, []byte(markText)), noise(100_000)...), ws.StatusProtocolError, call.ErrBadPeer},
		{"reserved bits", rawFrame(0xf1, true, []byte(markText)), ws.StatusProtocolError, call.ErrBadPeer},
		{"continuation of nothing", rawFrame(0x80, true, nil), ws.StatusProtocolError, call.ErrBadPeer},
		{"1 GB announced", append([]byte{0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4}, noise(200_000)...), ws.StatusMessageTooBig, call.ErrBadPeer},
		{"oversized message", clientFrame(ws.OpText, bytes.Repeat([]byte("x"), 64<<10+1)), ws.StatusMessageTooBig, call.ErrBadPeer},
		{"endless fragments", append(rawFrame(0x01, true, noise(40_000)), rawFrame(0x00, true, noise(40_000))...), ws.StatusMessageTooBig, call.ErrBadPeer},
		{"malformed messages", bytes.Repeat(clientFrame(ws.OpText, []byte("{")), 30), ws.StatusInvalidFramePayloadData, call.ErrBadPeer},
		{"second start", clientFrame(ws.OpText, []byte(startText)), ws.StatusPolicyViolation, call.ErrBadPeer},
		{"gone inside a frame", nil, 0, ErrLost},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn := x.rawPhone(fmt.Sprint("CA", i+1))
			defer conn.Close()
			var sent sync.WaitGroup
			sent.Go(func() { _, _ = conn.Write(test.stream) }) // the door may close before all is sent
			if test.stream == nil {
				_, _ = conn.Write([]byte{0x81, 0xfe, 0x01})
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			answer, err := io.ReadAll(conn)
			sent.Wait()
			var want []byte
			if test.want != 0 {
				want = ownFrame(ws.OpClose, []byte{byte(test.want >> 8), byte(test.want)})
			}
			if !bytes.Equal(answer, want) || err != nil && test.want == 0 {
				t.Errorf("door answered % x, %v; want % x", answer, err, want)
			}
			if err := <-ends; !errors.Is(err, test.err) {
				t.Errorf("call ended with %v, want %v", err, test.err)
			}
		})
	}
	x.close()
	settle(t, goroutines, descriptors)
}

// TestResumeAwaitsTheResult: Twilio asks as soon as it sees the end of the
// stream, which is before Serve has said how the call ended.
func TestResumeAwaitsTheResult(t *testing.T) {
	asked := make(chan struct{})
	x := openExchange(t, func(_ context.Context, leg call.Leg, _ call.Info) call.Termination {
		if err := leg.Close(call.Termination{Reason: call.BotClosed}); err != nil {
			t.Errorf("Close = %v", err)
		}
		<-asked
		return call.Termination{Result: call.Success, Reason: call.BotClosed}
	}, nil)
	p := x.started(x.greeted("CA1"), "CA1")
	p.end()
	var twiml string
	var asking sync.WaitGroup
	asking.Go(func() { _, twiml = x.post("/resume", callForm("CA1")) })
	close(asked)
	asking.Wait()
	if twiml != string(hangUp(nil, "")) {
		t.Errorf("POST /resume = %s, want a hang-up", twiml)
	}
}

// TestReconnectedCall loses a stream and opens another: the same call, told so.
func TestReconnectedCall(t *testing.T) {
	infos := make(chan call.Info, 2)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		infos <- info
		return listen(ctx, leg, info)
	}, nil)
	p := x.started(x.greeted("CA1"), "CA1")
	first := <-infos
	if err := p.conn.CloseNow(); err != nil {
		t.Fatal(err)
	}
	_, twiml := x.post("/resume", callForm("CA1"))
	p = x.started(streamURL(t, twiml), "CA1")
	second := <-infos
	if second.Began.IsZero() {
		t.Error("the second stream is not told when the call began")
	}
	first.Resumed, first.Began = true, second.Began
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("info of the second stream (-want +got):\n%s", diff)
	}
	p.say(stopText)
	p.end()
	if _, twiml := x.post("/resume", callForm("CA1")); twiml != string(hangUp(nil, "")) {
		t.Errorf("POST /resume after the caller left = %s, want a hang-up", twiml)
	}
}

// TestNewestStreamWins opens a second stream for a live call, as after a half-open
// connection: the first ends before the second begins.
func TestNewestStreamWins(t *testing.T) {
	var mu sync.Mutex
	var history []string
	note := func(what string, info call.Info) {
		mu.Lock()
		defer mu.Unlock()
		history = append(history, fmt.Sprint(what, " ", info.Resumed))
	}
	began := make(chan struct{}, 2)
	causes := make(chan error, 2)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		note("begins", info)
		began <- struct{}{}
		end := listen(ctx, leg, info)
		note("ends", info)
		causes <- end.Err
		return end
	}, func(c *Config) { c.Limits.Close = 100 * time.Millisecond })
	old := x.started(x.greeted("CA1"), "CA1")
	<-began
	_, twiml := x.post("/resume", callForm("CA1"))
	p := x.started(streamURL(t, twiml), "CA1")
	<-began
	if err := <-causes; !errors.Is(err, call.ErrReplaced) {
		t.Errorf("the old stream ended with %v, want %v", err, call.ErrReplaced)
	}
	if status := old.end(); status != websocket.StatusNormalClosure {
		t.Errorf("the old stream was closed with %d, want 1000", status)
	}
	p.say(stopText)
	<-causes
	x.close()
	if diff := cmp.Diff([]string{"begins false", "ends false", "begins true", "ends true"}, history); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if c := x.door.Counters(); c.Replaced != 1 {
		t.Errorf("counted %d replaced streams, want 1", c.Replaced)
	}
}

func TestPanicEndsOneCallOnly(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	var log bytes.Buffer
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		if info.ID == "CA1" {
			panic("fault of our own")
		}
		return listen(ctx, leg, info)
	}, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	other := x.started(x.greeted("CA2"), "CA2")
	if status := x.started(x.greeted("CA1"), "CA1").end(); status != websocket.StatusInternalError {
		t.Errorf("stream closed with %d, want 1011", status)
	}
	if _, twiml := x.post("/resume", callForm("CA1")); streamURL(t, twiml) == "" {
		t.Errorf("POST /resume after the panic = %s, want a new stream", twiml)
	}
	other.say(mediaText(1, noise(160)), stopText)
	if status := other.end(); status != websocket.StatusNormalClosure {
		t.Errorf("the other stream was closed with %d, want 1000", status)
	}
	x.close()
	if c := x.door.Counters(); c.Panics != 1 || !strings.Contains(log.String(), "fault of our own") {
		t.Errorf("counted %d panics, want 1; log:\n%s", c.Panics, log.String())
	}
	settle(t, goroutines, descriptors)
}

func TestShutdownWaitsForCalls(t *testing.T) {
	began := make(chan struct{})
	var once sync.Once
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		once.Do(func() { close(began) })
		return listen(ctx, leg, info)
	}, nil)
	greeted := x.greeted("CA2")
	stranger := "ws" + strings.TrimPrefix(x.base, "http") + "/stream/" + x.door.sealer.seal(
		claims{callSID: "CA9", accountSID: testAccount, line: "flowers", expires: time.Now().Add(time.Minute)})
	p := x.started(x.greeted("CA1"), "CA1")
	<-began
	result := make(chan error)
	go func() { result <- x.door.Shutdown(t.Context()) }()
	for !x.door.isClosing() {
		runtime.Gosched()
	}
	if status, _ := x.post("/twiml", callForm("CA3")); status != http.StatusServiceUnavailable {
		t.Errorf("POST /twiml while shutting down = %d, want 503", status)
	}
	if _, status := x.dial(stranger); status != http.StatusServiceUnavailable {
		t.Errorf("handshake of another instance's call while shutting down = %d, want 503", status)
	}
	q := x.started(greeted, "CA2") // its caller has heard the greeting
	select {
	case err := <-result:
		t.Fatalf("Shutdown = %v while a call was live", err)
	default:
	}
	p.say(mediaText(1, noise(160)), stopText)
	p.end()
	q.say(stopText)
	q.end()
	if err := <-result; err != nil {
		t.Errorf("Shutdown = %v, want nil once the call has ended", err)
	}
}

func TestShutdownEndsCallsInTheEnd(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	causes := make(chan error, 1)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		end := listen(ctx, leg, info)
		causes <- end.Err
		return end
	}, nil)
	p := x.started(x.greeted("CA1"), "CA1")
	waiting, status := x.dial(x.greeted("CA2")) // never sends its start message
	if waiting == nil {
		t.Fatalf("handshake = %d", status)
	}
	go p.end() // answers the close frame
	go waiting.end()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := x.door.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown = %v, want %v", err, context.DeadlineExceeded)
	}
	select {
	case err := <-causes:
		if !errors.Is(err, ErrShutdown) {
			t.Errorf("the call ended with %v, want %v", err, ErrShutdown)
		}
	default: // the start message had not been read yet
	}
	if c := x.door.Counters(); c.LiveStreams != 0 {
		t.Errorf("%d streams are live after Shutdown", c.LiveStreams)
	}
	x.close()
	settle(t, goroutines, descriptors)
}

func TestHandshakesInProgressAreLimited(t *testing.T) {
	x := openExchange(t, listen, func(c *Config) { c.Limits.Handshakes = 1 })
	address := x.greeted("CA1")
	x.door.handshakes <- struct{}{} // one is in progress
	if _, status := x.dial(address); status != http.StatusServiceUnavailable {
		t.Errorf("handshake beyond the limit = %d, want 503", status)
	}
	<-x.door.handshakes
	x.started(address, "CA1")
}

// TestNothingPrivateIsLogged plants texts that must not appear in any log line.
func TestNothingPrivateIsLogged(t *testing.T) {
	var log lockedBuffer
	x := openExchange(t, listen, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	address := x.greeted("CA1")
	token := address[strings.LastIndex(address, "/")+1:]
	p := x.started(address, "CA1")
	p.say(`{"event":"strange","secret":"canary"}`, "{canary", stopText)
	p.end()
	x.dial(address)               // used before
	x.dialSigned(address, "nope") // and not signed
	x.post("/twiml", withForm("CA2", "To", "+14155559999"))
	x.post("/resume", callForm("CA1"))
	x.close()
	for _, private := range []string{token, token[:20], "4155550123", "4155559999", "canary", testToken, "Zoë"} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log holds %q:\n%s", private, log.String())
		}
	}
	if !strings.Contains(log.String(), "/stream/*") {
		t.Errorf("the refused handshake was not logged as /stream/*:\n%s", log.String())
	}
}

// lockedBuffer is a bytes.Buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestManyCallsAtOnce: whatever becomes of them, nothing is left behind, and every
// message is counted.
func TestManyCallsAtOnce(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	const calls, messages = 40, 60
	x := openExchange(t, listen, nil)
	var phones sync.WaitGroup
	for i := range calls {
		phones.Go(func() {
			sid := fmt.Sprint("CA", i+1)
			p := x.started(x.greeted(sid), sid)
			for chunk := 1; chunk <= messages; chunk++ {
				p.say(mediaText(chunk, noise(160)))
			}
			if i%4 == 0 {
				_ = p.conn.CloseNow()
				return
			}
			p.say(stopText)
			p.end()
		})
	}
	phones.Wait()
	x.close()
	c := x.door.Counters()
	if c.Streams != calls || c.LiveStreams != 0 || c.MediaMessages > calls*messages || c.MediaMessages < calls*messages*3/4 ||
		c.Frames != c.MediaMessages || c.Duplicates+c.Gaps+c.BadMessages+c.BrokenStreams > 0 {
		t.Errorf("counters of %d calls with %d messages each: %+v", calls, messages, c)
	}
	settle(t, goroutines, descriptors)
}
