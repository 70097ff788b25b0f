package lex

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// standIn is the far end of a Client's wire in a test: a net/http server that
// is reached over net.Pipe and so runs on a bubble's time.
type standIn struct {
	conns  chan net.Conn
	closed chan struct{} // handlers that hang end here
}

func (s *standIn) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *standIn) Close() error   { return nil }
func (s *standIn) Addr() net.Addr { return &net.IPAddr{} }

func (s *standIn) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case s.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hang holds a request for as long as the test lasts.
func (s *standIn) hang() { <-s.closed }

// listening serves handler until the end of the test and returns the way to
// it. A handler that does not end is a deadlock of its bubble.
func listening(t *testing.T, handler func(s *standIn, w http.ResponseWriter, r *http.Request), with ...func(*standIn)) dialFunc {
	t.Helper()
	s := &standIn{conns: make(chan net.Conn), closed: make(chan struct{})}
	for _, f := range with {
		f(s)
	}
	server := &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler(s, w, r) }),
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(s)
	}()
	t.Cleanup(func() {
		close(s.closed)
		server.Shutdown(context.Background()) // waits for the handlers
		<-served
	})
	return s.dial
}

// newStandIn serves handler and returns a Client of it.
func newStandIn(t *testing.T, limits Deadlines, handler func(s *standIn, w http.ResponseWriter, r *http.Request)) *Client {
	t.Helper()
	client := newClient(t, Config{Deadlines: limits, Dial: listening(t, handler)})
	t.Cleanup(client.Close)
	return client
}

// newClient returns a Client of cfg, filled up to a usable configuration.
func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	if len(cfg.Places) == 0 {
		cfg.Places = []Place{{}}
	}
	for i := range cfg.Places {
		p := &cfg.Places[i]
		p.Region, p.Locale = cmp.Or(p.Region, []string{"us-east-1", "us-west-2", "eu-west-1"}[i]), "en_US"
		p.Bot, p.Alias = cmp.Or(p.Bot, "BOTBOTBOT1"), cmp.Or(p.Alias, "ALIALIALI1")
		p.RuntimeURL = cmp.Or(p.RuntimeURL, "http://127.0.0.1:1")
	}
	if cfg.Limits.Attempts == 0 {
		cfg.Limits.Attempts = 1 // most tests look at one attempt
	}
	cfg.Credentials = Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}
	client, err := NewClient(t.Context(), cfg)
	if err != nil {
		t.Fatalf("NewClient(ids) = %v, want nil", err)
	}
	return client
}

var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// packed is the stand-in's own way to pack a header's value.
func packed(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return packedText(string(text))
}

func packedText(text string) string {
	var out bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	io.WriteString(w, text)
	w.Close()
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

// unpacked is the stand-in's own way to read a request header.
func unpacked(t *testing.T, value string) string {
	t.Helper()
	if value == "" {
		return ""
	}
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(value)))
	if err != nil {
		t.Errorf("request header %q: %v", value, err)
		return ""
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("request header %q: %v", value, err)
	}
	return string(text)
}

type object = map[string]any

// asksForFlowers is the state of a bot that asks for the kind of flowers.
var asksForFlowers = object{
	"dialogAction": object{"type": "ElicitSlot", "slotToElicit": "FlowerType"},
	"intent":       object{"name": "OrderFlowers", "state": "InProgress", "slots": object{"FlowerType": nil}},
}

// answerHead writes the headers of an answer in the given state, without audio.
func answerHead(w http.ResponseWriter, state any) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Amz-Lex-Session-State", packed(state))
	h.Set("X-Amz-Lex-Messages", packed([]object{{"contentType": "PlainText", "content": "Which flowers?"}}))
}

// speakHead is answerHead for an answer of 16 kHz audio.
func speakHead(w http.ResponseWriter, state any) {
	answerHead(w, state)
	w.Header().Set("Content-Type", "audio/pcm")
}

// fail answers with a Lex error.
func fail(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("X-Amzn-ErrorType", kind)
	w.WriteHeader(status)
	io.WriteString(w, `{"message":"no"}`)
}

// voiceBytes is d of a 400 Hz tone as Lex sends it.
func voiceBytes(rate int, d time.Duration) []byte {
	return littleEndian(audio.Tone(rate, d, 0.5, 400))
}

func littleEndian(pcm []int16) []byte {
	out := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		out = binary.LittleEndian.AppendUint16(out, uint16(s))
	}
	return out
}

// talk appends d of speech to a turn in real time and ends it.
func talk(speech *call.Speech, d time.Duration) {
	frame := bytes.Repeat([]byte{0x80, 0x00}, audio.FrameSamples/2)
	for range d / audio.FrameDuration {
		time.Sleep(audio.FrameDuration)
		speech.Append(frame)
	}
	speech.End(nil)
}

// spokenTurn returns a finished turn of 1 s.
func spokenTurn(number int) call.Turn {
	speech := bytes.Repeat([]byte{0x80, 0x00}, audio.SampleRate/2)
	return call.Turn{Number: number, Speech: call.NewFinishedSpeech(speech)}
}

// asked is what became of a question.
type asked struct {
	answer   *call.Answer
	answered time.Duration // from the question to the answer
	returned time.Duration // from the question to Ask's return
	err      error
}

// ask puts a turn to a session and waits until Ask returns.
func ask(ctx context.Context, s *Session, turn call.Turn) asked {
	var a asked
	begun := time.Now()
	a.err = s.Ask(ctx, turn, func(answer *call.Answer) {
		a.answer, a.answered = answer, time.Since(begun)
	})
	a.returned = time.Since(begun)
	return a
}

var caller = call.Info{ID: "CA00000000000000000000000000000001", From: "+15550100", To: "+15550199"}

// bubble runs f as a test of that name on fake time; a goroutine that is left
// over fails it.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// near reports whether two sample levels differ by less than a decibel.
func near(a, b float64) bool { return math.Abs(a-b) < 1 }
