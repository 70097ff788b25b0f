package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The example of https://www.twilio.com/docs/usage/security, as Twilio's own
// libraries test it.
func TestSign(t *testing.T) {
	c := &carrier{authToken: "12345"}
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	const want = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	if got := c.sign("https://mycompany.com/myapp.php?foo=1&bar=2", form); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// fakeGateway answers the webhook, accepts the stream and hands its connection
// to the test.
type fakeGateway struct {
	*httptest.Server
	carrier *carrier // to check signatures with
	twiml   string
	accept  func(key string) string
	status  int // of the webhook; 0 for 200
	streams chan net.Conn
}

func newFakeGateway(t *testing.T) *fakeGateway {
	g := &fakeGateway{streams: make(chan net.Conn, 1), accept: acceptKey}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /twiml", g.webhook)
	mux.HandleFunc("GET /stream/secret", g.stream)
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	g.carrier = &carrier{publicURL: g.URL, authToken: "token", account: "AC1", client: g.Client()}
	g.twiml = fmt.Sprintf(`<?xml version="1.0"?><Response><Say>Hi</Say><Connect action="/resume"><Stream url=%q><Parameter name="line" value="a &amp; b"/></Stream></Connect></Response>`,
		g.streamURL())
	return g
}

func (g *fakeGateway) streamURL() string {
	return strings.Replace(g.URL, "http://", "ws://", 1) + "/stream/secret"
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (g *fakeGateway) webhook(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if r.Header.Get("X-Twilio-Signature") != g.carrier.sign(g.URL+"/twiml", r.PostForm) {
		http.Error(w, "wrong signature", http.StatusForbidden)
		return
	}
	if g.status != 0 {
		w.WriteHeader(g.status)
	}
	io.WriteString(w, g.twiml)
}

func (g *fakeGateway) stream(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Twilio-Signature") != g.carrier.sign(g.streamURL(), nil) {
		http.Error(w, "wrong signature", http.StatusForbidden)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		g.accept(r.Header.Get("Sec-Websocket-Key")))
	g.streams <- conn
}

// readClientFrame reads one masked frame and returns its opcode and payload.
func readClientFrame(t *testing.T, r *bufio.Reader) (byte, []byte) {
	t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		t.Fatalf("read a frame from the caller: %v", err)
	}
	length := int(head[1] &^ 0x80)
	if length == 126 {
		high, _ := r.ReadByte()
		low, _ := r.ReadByte()
		length = int(high)<<8 | int(low)
	}
	rest := make([]byte, 4+length)
	if _, err := io.ReadFull(r, rest); err != nil {
		t.Fatalf("read a frame from the caller: %v", err)
	}
	for i := range rest[4:] {
		rest[4+i] ^= rest[i%4]
	}
	return head[0] & 0xF, rest[4:]
}

func TestCallFromWebhookToHangUp(t *testing.T) {
	g := newFakeGateway(t)
	call, err := g.carrier.open(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	conn := <-g.streams
	defer conn.Close()
	fromCaller := bufio.NewReader(conn)
	expect := func(want string) {
		t.Helper()
		var got, wanted any
		_, text := readClientFrame(t, fromCaller)
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("message %q: %v", text, err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("message (-want +got):\n%s", diff)
		}
	}
	const ids = `"callSid":"CA0000000000000000000000000000000a","accountSid":"AC1"`
	const stream = `"streamSid":"MZ0000000000000000000000000000000a"`
	expect(`{"event":"connected","protocol":"Call","version":"1.0.0"}`)
	expect(`{"event":"start","sequenceNumber":"1",` + stream + `,"start":{` + ids + `,` + stream + `,"tracks":["inbound"],
		"customParameters":{"line":"a & b"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}`)

	io.WriteString(conn, "\x89\x02hi\x81\x02{}") // a ping, and a message to the caller
	if opcode, payload := readClientFrame(t, fromCaller); opcode != opPong || string(payload) != "hi" {
		t.Errorf("answer to a ping: got opcode %x with %q, want a pong with hi", opcode, payload)
	}
	if err := call.ended(); err != nil {
		t.Errorf("a call in progress: got error %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- call.hangUp(41) }()
	expect(`{"event":"stop","sequenceNumber":"42",` + stream + `,"stop":{` + ids + `}}`)
	if opcode, payload := readClientFrame(t, fromCaller); opcode != opClose || string(payload) != "\x03\xe8" {
		t.Errorf("after stop: got opcode %x with % x, want close with 1000", opcode, payload)
	}
	io.WriteString(conn, "\x88\x02\x03\xe8")
	if err := <-done; err != nil {
		t.Errorf("hang up: %v", err)
	}
	if call.heard != 1 {
		t.Errorf("messages heard: got %d, want 1", call.heard)
	}
}

func TestCallSeesThatItWasEnded(t *testing.T) {
	cases := []struct{ name, sends, want string }{
		{"closed", "\x88\x09\x03\xf0go away", "gateway closed it with 1008 go away"},
		{"cut", "", "EOF"},
		{"nonsense", "\x81\xff", "masked frame from a server"},
	}
	for _, c := range cases {
		g := newFakeGateway(t)
		call, err := g.carrier.open(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		conn := <-g.streams
		io.WriteString(conn, c.sends)
		conn.(*net.TCPConn).CloseWrite()
		<-call.listening
		if err := call.ended(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
		if err := call.hangUp(1); err == nil {
			t.Errorf("%s: hang up afterwards: got no error, want the reason", c.name)
		}
		conn.Close()
	}
}

func TestCallsThatDoNotCome(t *testing.T) {
	cases := []struct {
		name   string
		change func(*fakeGateway)
		want   string
	}{
		{"refused", func(g *fakeGateway) { g.status = http.StatusServiceUnavailable }, "answered 503"},
		{"no TwiML", func(g *fakeGateway) { g.twiml = "hello" }, "no stream in the answer hello"},
		{"no stream", func(g *fakeGateway) { g.twiml = "<Response><Hangup/></Response>" }, "no stream in the answer"},
		{"wss", func(g *fakeGateway) { g.twiml = strings.Replace(g.twiml, "ws://", "wss://", 1) }, "want ws://"},
		{"no such path", func(g *fakeGateway) { g.twiml = strings.Replace(g.twiml, "/secret", "/other", 1) }, "answered 404"},
		{"wrong accept key", func(g *fakeGateway) { g.accept = func(string) string { return "x" } }, `got accept key "x"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := newFakeGateway(t)
			c.change(g)
			call, err := g.carrier.open(t.Context(), 1)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got call %v, error %v; want %q", call, err, c.want)
			}
			select {
			case conn := <-g.streams:
				conn.Close()
			default:
			}
		})
	}
	t.Run("wrong token", func(t *testing.T) {
		g := newFakeGateway(t)
		stranger := *g.carrier
		stranger.authToken = "another"
		if _, err := stranger.open(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "answered 403") {
			t.Errorf("got error %v, want answered 403", err)
		}
	})
}
