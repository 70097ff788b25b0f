package twilio

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"

	"lexline/internal/call"
)

// clientFrame is a final, masked frame as a client sends it, masked byte by byte
// so that the library's fast way is checked against the definition.
func clientFrame(op ws.OpCode, payload []byte) []byte {
	return rawFrame(0x80|byte(op), true, payload)
}

// rawFrame is a frame with first as its first byte.
func rawFrame(first byte, masked bool, payload []byte) []byte {
	b := []byte{first}
	bit := byte(0)
	if masked {
		bit = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, bit|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	}
	if !masked {
		return append(b, payload...)
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

const (
	testToken   = "f00dfeedf00dfeedf00dfeedf00dfeed"
	testAccount = "AC0123456789abcdef0123456789abcdef"
)

// exchange is a door behind a real HTTP server on a loopback port, and what the
// tests do to it in Twilio's place.
type exchange struct {
	t      testing.TB
	door   *Door
	server *httptest.Server
	web    *Server
	base   string // the public URL
}

// openExchange starts one; change may change its configuration. The end of the
// test closes it.
func openExchange(t testing.TB, serve ServeFunc, change func(*Config)) *exchange {
	t.Helper()
	x := &exchange{t: t, server: httptest.NewUnstartedServer(nil)}
	x.base = "http://" + x.server.Listener.Addr().String()
	config := Config{
		PublicURL: x.base, Dev: true, AuthTokens: []string{testToken}, AccountSID: testAccount,
		Lines:  []Line{{Name: "flowers", Numbers: []string{"+14155550100"}, Greeting: "Welcome.", Resuming: "Hello again."}},
		Logger: slog.New(slog.DiscardHandler), Serve: serve,
	}
	if change != nil {
		change(&config)
	}
	door, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	x.door = door
	x.web = NewServer(door, 100, config.Logger)
	x.server.Config = &x.web.Server
	x.server.Start()
	t.Cleanup(x.close)
	return x
}

// close ends the door, then the server. It may be called more than once.
func (x *exchange) close() {
	if err := x.door.Close(); err != nil {
		x.t.Errorf("Close = %v", err)
	}
	x.server.CloseClientConnections()
	x.server.Close()
}

// callForm is what Twilio says about a call.
func callForm(sid string) url.Values {
	return url.Values{
		"CallSid": {sid}, "AccountSid": {testAccount}, "From": {"+14155550123"}, "To": {"+14155550100"},
		"CallStatus": {"ringing"}, "Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}, "CallerName": {"Zoë & Co"},
	}
}

// post makes a signed request as Twilio does, and returns its answer.
func (x *exchange) post(path string, form url.Values) (status int, body string) {
	x.t.Helper()
	return x.request(http.MethodPost, path, form, sign(testToken, x.base+path, form))
}

// request makes any request; headers are names and values in turn.
func (x *exchange) request(method, path string, form url.Values, signature string, headers ...string) (status int, body string) {
	x.t.Helper()
	request, err := http.NewRequestWithContext(x.t.Context(), method, x.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(signatureHeader, signature)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := x.server.Client().Do(request)
	if err != nil {
		x.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		x.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response.StatusCode, string(content)
}

// streamURL is the url of the Stream in a TwiML document, or "".
func streamURL(t testing.TB, twiml string) string {
	t.Helper()
	var find func(node) string
	find = func(n node) string {
		for _, attr := range n.Attrs {
			if n.XMLName.Local == "Stream" && attr.Name.Local == "url" {
				return attr.Value
			}
		}
		for _, child := range n.Children {
			if address := find(child); address != "" {
				return address
			}
		}
		return ""
	}
	return find(parseXML(t, []byte(twiml)))
}

// greeted posts the webhook of an incoming call and returns the stream's url.
func (x *exchange) greeted(sid string) string {
	x.t.Helper()
	status, twiml := x.post("/twiml", callForm(sid))
	address := streamURL(x.t, twiml)
	if status != http.StatusOK || address == "" {
		x.t.Fatalf("POST /twiml = %d %s; want a stream", status, twiml)
	}
	return address
}

// phone is the carrier's end of a websocket, made by another library than the
// one under test.
type phone struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a websocket with Twilio's signature. status is that of the answer.
func (x *exchange) dial(address string) (p *phone, status int) {
	x.t.Helper()
	return x.dialSigned(address, sign(testToken, address, nil))
}

func (x *exchange) dialSigned(address, signature string) (p *phone, status int) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), 10*time.Second)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPHeader: http.Header{signatureHeader: {signature}}, HTTPClient: x.server.Client(),
		CompressionMode: websocket.CompressionContextTakeover, // offered, and not to be taken
	})
	if response == nil {
		x.t.Fatalf("dial: %v", err)
		return nil, 0
	}
	if response.Header.Get("Sec-WebSocket-Extensions") != "" {
		x.t.Errorf("handshake took the extension %q", response.Header.Get("Sec-WebSocket-Extensions"))
	}
	if err != nil {
		return nil, response.StatusCode
	}
	x.t.Cleanup(func() { _ = conn.CloseNow() }) // most are closed by then
	return &phone{x.t, conn}, response.StatusCode
}

// started opens the stream of a greeted call and sends its start message.
func (x *exchange) started(address, sid string) *phone {
	x.t.Helper()
	p, status := x.dial(address)
	if p == nil {
		x.t.Fatalf("websocket handshake = %d", status)
	}
	p.say(connectedText, startOf(sid, testAccount))
	return p
}

func (p *phone) say(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if err := p.conn.Write(p.t.Context(), websocket.MessageText, []byte(text)); err != nil {
			p.t.Fatalf("write message: %v", err)
		}
	}
}

// hear returns the event, mark name and payload of the next message.
func (p *phone) hear() (event, mark, payload string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	kind, b, err := p.conn.Read(ctx)
	if err != nil || kind != websocket.MessageText {
		p.t.Fatalf("read message: %v, %v", kind, err)
	}
	var m struct {
		Event, StreamSid string
		Mark             struct{ Name string }
		Media            struct{ Payload string }
	}
	if err := json.Unmarshal(b, &m); err != nil || m.StreamSid != "MZ1" {
		p.t.Fatalf("message %s: %v, stream %q", b, err, m.StreamSid)
	}
	return m.Event, m.Mark.Name, m.Media.Payload
}

// end reads until the stream is closed and returns the status.
func (p *phone) end() websocket.StatusCode {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	for {
		if _, _, err := p.conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// listen is a Serve that waits for the end of its call, as the shortest of calls
// would.
func listen(ctx context.Context, leg call.Leg, _ call.Info) call.Termination {
	for {
		event, err := leg.Next(ctx)
		switch {
		case err != nil:
			return call.Termination{Result: call.PeerFault, Reason: call.LegLost, Err: err}
		case event.Kind == call.HungUp:
			return call.Termination{Result: call.CallerEnded, Reason: call.CallerLeft}
		}
	}
}
