package twiliosim

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

	"lexline/internal/audio"
)

const (
	publicHost = "voice.example.com"
	testToken  = "12345"
)

// gateway is the application that the phone calls in these tests: webhooks that
// answer with given TwiML, and a websocket whose behaviour a test gives. It
// lives on pipes, so that a whole call fits into a synctest bubble.
type gateway struct {
	t      *testing.T
	pipes  chan net.Conn
	server *http.Server
	served sync.WaitGroup

	mu       sync.Mutex
	twiml    map[string]string // by path
	requests []webhookRequest
	stream   func(*peer)                // behaviour of a websocket; it closes on return
	handler  http.HandlerFunc           // in place of twiml, if a test needs more than that
	refuse   func(address string) error // why a connection cannot be made
}

type webhookRequest struct {
	Method, Path string
	Form         url.Values
	header       http.Header
	host, query  string
}

// newGateway serves twiml (by path) until the test ends.
func newGateway(t *testing.T, twiml map[string]string, stream func(*peer)) *gateway {
	g := &gateway{t: t, pipes: make(chan net.Conn), twiml: twiml, stream: stream}
	g.server = &http.Server{Handler: g}
	g.served.Go(func() {
		if err := g.server.Serve(pipeListener{g}); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("test gateway: %v", err)
		}
	})
	return g
}

func (g *gateway) close() {
	_ = g.server.Close()
	g.served.Wait()
}

// dial connects the phone to the gateway, whatever the address.
func (g *gateway) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if g.refuse != nil {
		if err := g.refuse(address); err != nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}
	}
	ours, theirs := net.Pipe()
	select {
	case g.pipes <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type pipeListener struct{ g *gateway }

func (l pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l.g.pipes
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l pipeListener) Close() error {
	close(l.g.pipes)
	return nil
}

func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		g.serveStream(w, r)
		return
	}
	_ = r.ParseForm()
	g.mu.Lock()
	g.requests = append(g.requests, webhookRequest{r.Method, r.URL.Path, r.Form, r.Header, r.Host, r.URL.RawQuery})
	text, ok := g.twiml[r.URL.Path]
	g.mu.Unlock()
	switch {
	case g.handler != nil:
		g.handler(w, r)
	case !ok:
		http.NotFound(w, r)
	case strings.HasSuffix(r.URL.Path, ".wav"):
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = io.WriteString(w, text)
	default:
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, text)
	}
}

func (g *gateway) serveStream(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.requests = append(g.requests, webhookRequest{r.Method, r.URL.Path, nil, r.Header, r.Host, r.URL.RawQuery})
	g.mu.Unlock()
	if g.stream == nil {
		http.Error(w, "no such stream", http.StatusForbidden)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		g.t.Errorf("test gateway: accept websocket: %v", err)
		return
	}
	defer conn.CloseNow()
	p := &peer{t: g.t, conn: conn, ctx: r.Context()}
	g.stream(p)
	_ = conn.Close(websocket.StatusNormalClosure, "")
}

// paths lists the requests so far as "METHOD path".
func (g *gateway) paths() (paths []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.requests {
		paths = append(paths, r.Method+" "+r.Path)
	}
	return paths
}

// peer is the application's end of one websocket.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
	sid  string
	got  []fromPhone // every message so far
}

// fromPhone is a message of the carrier, read with other types than those that
// wrote it.
type fromPhone struct {
	Event    string
	Protocol string
	Sequence string `json:"sequenceNumber"`
	Stream   string `json:"streamSid"`
	Start    struct {
		Account    string `json:"accountSid"`
		Call       string `json:"callSid"`
		Tracks     []string
		Parameters map[string]string `json:"customParameters"`
	}
	Media struct {
		Track, Chunk, Timestamp string
		Payload                 string
	}
	Mark struct{ Name string }
	DTMF struct{ Track, Digit string }
}

// next reads one message; ok is false when the connection has ended.
func (p *peer) next() (m fromPhone, ok bool) {
	kind, text, err := p.conn.Read(p.ctx)
	if err != nil {
		return m, false
	}
	if kind != websocket.MessageText {
		p.t.Errorf("the phone sent a message of kind %v", kind)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		p.t.Errorf("the phone sent %q: %v", text, err)
	}
	if m.Event == "start" {
		p.sid = m.Stream
	}
	p.got = append(p.got, m)
	return m, true
}

// until reads up to and including the first message for which done is true. It
// reports false when the connection ended first.
func (p *peer) until(done func(fromPhone) bool) bool {
	for {
		m, ok := p.next()
		if !ok {
			return false
		}
		if done(m) {
			return true
		}
	}
}

func event(name string) func(fromPhone) bool {
	return func(m fromPhone) bool { return m.Event == name }
}

func marked(name string) func(fromPhone) bool {
	return func(m fromPhone) bool { return m.Event == "mark" && m.Mark.Name == name }
}

func (p *peer) send(format string, args ...any) {
	// What cannot be sent is missed at the other end: the tests look there.
	_ = p.conn.Write(p.ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
}

func (p *peer) play(mulaw []byte) {
	p.send(`{"event":"media","streamSid":%q,"media":{"payload":%q}}`, p.sid, base64.StdEncoding.EncodeToString(mulaw))
}

func (p *peer) mark(name string) {
	p.send(`{"event":"mark","streamSid":%q,"mark":{"name":%q}}`, p.sid, name)
}

func (p *peer) clear() { p.send(`{"event":"clear","streamSid":%q}`, p.sid) }

// caller returns all the caller's audio that arrived, and checks on the way that
// the numbers in the messages are right.
func (p *peer) caller() (mulaw []byte) {
	sequence, chunk := 0, 0
	for _, m := range p.got {
		if m.Event != "connected" {
			sequence++
			if m.Sequence != fmt.Sprint(sequence) {
				p.t.Errorf("sequenceNumber of a %s is %q, want %d", m.Event, m.Sequence, sequence)
			}
		}
		if m.Event != "media" {
			continue
		}
		chunk++
		if m.Media.Chunk != fmt.Sprint(chunk) || m.Media.Timestamp != fmt.Sprint(20*(chunk-1)) {
			p.t.Errorf("media %d has chunk %q and timestamp %q, want %d and %d", chunk, m.Media.Chunk, m.Media.Timestamp, chunk, 20*(chunk-1))
		}
		frame, err := base64.StdEncoding.DecodeString(m.Media.Payload)
		if err != nil || len(frame) != audio.FrameSamples {
			p.t.Errorf("media %d holds %d bytes (%v), want %d", chunk, len(frame), err, audio.FrameSamples)
		}
		mulaw = append(mulaw, frame...)
	}
	return mulaw
}

// tone is mu-law sound of the given number of frames.
func tone(frames int, hz float64) []byte {
	pcm := make([]int16, frames*audio.FrameSamples)
	for i, s := range audio.Tone(audio.SampleRate, audio.FrameDuration*10, 0.5, hz)[audio.FrameSamples:] {
		if i == audio.FrameSamples {
			break
		}
		for n := range frames {
			pcm[n*audio.FrameSamples+i] = s
		}
	}
	return audio.EncodeMuLaw(nil, pcm)
}

// inBubble places calls inside a synctest bubble and closes the gateway behind
// them: a goroutine left over fails the test.
func inBubble(t *testing.T, g func(t *testing.T) *gateway, cfg Config, check func(t *testing.T, g *gateway, r *Record)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		gw := g(t)
		defer gw.close()
		phone := newTestPhone(t, gw, cfg)
		defer phone.Close()
		check(t, gw, phone.Call(t.Context(), 1))
	})
}

// newTestPhone completes cfg for a phone that calls gw by its public name.
func newTestPhone(t *testing.T, gw *gateway, cfg Config) *Phone {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = "https://" + publicHost + "/twiml"
	}
	cfg.AuthToken, cfg.Dial, cfg.Seed = testToken, gw.dial, 1
	cfg.Routes = Routes{publicHost + ":443": "127.0.0.1:8080"}
	phone, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return phone
}

// serving returns a gateway for inBubble that answers /twiml with the given verbs.
func serving(verbs string, stream func(*peer)) func(t *testing.T) *gateway {
	return func(t *testing.T) *gateway {
		return newGateway(t, map[string]string{"/twiml": "<Response>" + verbs + "</Response>"}, stream)
	}
}

// connecting is TwiML that opens a bidirectional stream.
const connecting = `<Connect><Stream url="wss://voice.example.com/stream/abc"/></Connect>`

// media counts the frames of the caller that have arrived.
func (p *peer) media() (n int) {
	for _, m := range p.got {
		if m.Event == "media" {
			n++
		}
	}
	return n
}

// frames reads until n more frames of the caller have arrived.
func (p *peer) frames(n int) bool {
	want := p.media() + n
	return p.until(func(fromPhone) bool { return p.media() >= want })
}

// events returns the record's events of the given names (all without names), each
// as text by which a test can name what it expects.
func events(r *Record, names ...string) (texts []string) {
	for _, e := range r.Events {
		if len(names) == 0 || slices.Contains(names, e.Event) {
			texts = append(texts, strings.TrimSpace(fmt.Sprintf("%s %s", e.Event, strings.Join(slices.DeleteFunc([]string{
				e.Verb, e.State, e.Source, e.Key, e.Name, e.Text,
			}, func(s string) bool { return s == "" }), " "))))
		}
	}
	return texts
}

func script(t *testing.T, lines ...string) *Script {
	t.Helper()
	s, err := ParseScript("test", strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// buzz synthesizes speech for tests: 100 ms of tone for each word.
func buzz(_ context.Context, _, text string) (audio.Clip, error) {
	words := len(strings.Fields(text))
	return audio.Clip{Rate: 8000, Samples: audio.DecodeMuLaw(nil, tone(5*words, 400))}, nil
}

func websocketCode(code int) websocket.StatusCode { return websocket.StatusCode(code) }

func payload(t *testing.T, m fromPhone) []byte {
	mulaw, err := base64.StdEncoding.DecodeString(m.Media.Payload)
	if err != nil {
		t.Errorf("payload %q: %v", m.Media.Payload, err)
	}
	return mulaw
}
