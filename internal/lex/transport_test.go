package lex

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"lexline/internal/call"
	"lexline/internal/region"
)

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestErrorsAreReadUpToALimit(t *testing.T) {
	for status, want := range map[int]int64{200: 1 << 20, 299: 1 << 20, 300: maxErrorBytes, 500: maxErrorBytes} {
		e := exchange{transport: transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(io.LimitReader(endless{}, 1<<20))}, nil
		})}
		resp, err := e.Do(httptest.NewRequest(http.MethodPost, "http://127.0.0.1:1/", http.NoBody))
		if err != nil {
			t.Fatalf("Do = %v, want nil", err)
		}
		if got, err := io.Copy(io.Discard, resp.Body); got != want || err != nil {
			t.Errorf("status %d with a body of 1 MiB: read %d bytes, %v; want %d, nil", status, got, err, want)
		}
	}
}

// The SDK closes a request's body when the answer is there; the transport may
// not have seen its end by then.
func TestBodyOutlivesTheAnswer(t *testing.T) {
	var sending io.ReadCloser
	e := exchange{transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		sending = r.Body
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})}
	body, closeBody := io.Pipe()
	go func() {
		io.WriteString(closeBody, "a state")
		closeBody.Close()
	}()
	if _, err := e.Do(httptest.NewRequest(http.MethodPost, "http://127.0.0.1:1/", body)); err != nil {
		t.Fatalf("Do = %v, want nil", err)
	}
	body.Close()
	if rest, err := io.ReadAll(sending); string(rest) != "a state" || err != nil {
		t.Errorf("body read after the answer: %q, %v; want all of it", rest, err)
	}

	lost := errors.New("lost")
	broken := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:1/", iotest.ErrReader(lost))
	if _, err := e.Do(broken); !errors.Is(err, lost) {
		t.Errorf("Do with a body that cannot be read = %v, want %v", err, lost)
	}
}

// loopback is a stand-in on a real TCP socket that knows its connections.
type loopback struct {
	*httptest.Server
	mu     sync.Mutex
	change sync.Cond
	opened int
	open   int
}

func newLoopback(t *testing.T, handler http.HandlerFunc) *loopback {
	l := &loopback{Server: httptest.NewUnstartedServer(handler)}
	l.change.L = &l.mu
	l.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch state {
		case http.StateNew:
			l.opened++
			l.open++
		case http.StateClosed, http.StateHijacked:
			l.open--
		}
		l.change.Broadcast()
	}
	l.Start()
	t.Cleanup(l.Close)
	return l
}

// awaitNone waits until no connection is open and returns how many there were.
func (l *loopback) awaitNone() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open > 0 {
		l.change.Wait()
	}
	return l.opened
}

func TestConnectionsAreKeptAndDropped(t *testing.T) {
	const calls, turns = 20, 4
	server := newLoopback(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("protocol %s, want HTTP/1.1", r.Proto)
		}
		io.Copy(io.Discard, r.Body)
		speakHead(w, asksForFlowers)
		w.Write(voiceBytes(16000, 200*time.Millisecond))
	})
	client := newClient(t, Config{Places: []Place{{RuntimeURL: server.URL}}, Deadlines: Deadlines{Dial: 10 * time.Second, FirstByte: time.Minute, Turn: time.Minute, Stall: time.Minute}})
	var all sync.WaitGroup
	for n := range calls {
		all.Go(func() {
			session := client.Session(call.Info{ID: fmt.Sprintf("CA%d", n)})
			for turn := range turns {
				a := ask(t.Context(), session, spokenTurn(turn+1))
				if a.err != nil {
					t.Errorf("call %d, turn %d: %v", n, turn+1, a.err)
					return
				}
				if heard, _ := a.answer.Speech.From(0); len(heard) != 1600 {
					t.Errorf("call %d, turn %d: heard %d bytes, want 1600", n, turn+1, len(heard))
				}
			}
		})
	}
	all.Wait()
	client.Close()
	if opened := server.awaitNone(); opened > 2*calls {
		t.Errorf("%d calls of %d turns opened %d connections, want about one a call", calls, turns, opened)
	}
	if got := client.Counters(); got.Answers != calls*turns || got.Received != calls*turns*6400 || got.Sent != calls*turns*16000 {
		t.Errorf("Counters = %+v; want %d answers, %d bytes sent, %d received", got, calls*turns, calls*turns*16000, calls*turns*6400)
	}
}

func TestConnectionIsReset(t *testing.T) {
	gone := make(chan struct{}, 1)
	reset := func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
		gone <- struct{}{}
	}
	tests := []struct {
		name     string
		handler  http.HandlerFunc
		talking  bool // until the connection is gone, and then a little more
		answered bool
	}{
		{"while the caller speaks", func(w http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 1000))
			reset(w)
		}, true, false},
		{"instead of an answer", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			reset(w)
			<-gone
		}, false, false},
		{"in the answer's voice", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			speakHead(w, asksForFlowers)
			w.Write(voiceBytes(16000, time.Second))
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newLoopback(t, tt.handler)
			client := newClient(t, Config{Places: []Place{{RuntimeURL: server.URL}}})
			speech := call.NewSpeech(1 << 20)
			speech.Append(bytes.Repeat([]byte{0x80}, 8000))
			if tt.talking {
				go func() {
					<-gone
					speech.Append(make([]byte, utteranceChunk))
				}()
			} else {
				speech.End(nil)
			}
			a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
			if Class(a.err) != region.Soft || (a.answer != nil) != tt.answered {
				t.Errorf("Ask = %v (class %q), answered %v; want class soft, %v", a.err, Class(a.err), a.answer != nil, tt.answered)
			}
			client.Close()
			server.awaitNone()
		})
	}
}

func TestClosedPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	client := newClient(t, Config{Places: []Place{{RuntimeURL: "http://" + address}}})
	a := ask(t.Context(), client.Session(caller), spokenTurn(1))
	var refused *net.OpError
	if !errors.As(a.err, &refused) || Class(a.err) != region.Soft {
		t.Errorf("Ask of a closed port = %v (class %q); want a refused connection, soft", a.err, Class(a.err))
	}
}

// An answer does not wait for a caller who says nothing more: neither the SDK
// nor the connection may hold on to the body. This needs a real socket: on a
// bubble's pipe the body's writer waits at another place.
func TestEarlyAnswerPassesASilentCaller(t *testing.T) {
	server := newLoopback(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		io.ReadFull(r.Body, make([]byte, 4800))
		speakHead(w, asksForFlowers)
		w.Write(voiceBytes(16000, time.Second))
	})
	client := newClient(t, Config{Places: []Place{{RuntimeURL: server.URL}}})
	defer client.Close()
	speech := call.NewSpeech(1 << 20)
	speech.Append(make([]byte, 2400))
	a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
	if limit := client.waits.Utterance / 2; a.err != nil || a.returned > limit {
		t.Errorf("Ask = %v after %v; want nil, long before the guard at %v", a.err, a.returned, client.waits.Utterance)
	}
}

// Calls do not share a connection: one turn in flight each, also where the
// region would take them all on one.
func TestOneTurnPerConnectionAlsoWithTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("protocol %s, want HTTP/1.1", r.Proto)
		}
		io.Copy(io.Discard, r.Body)
		answerHead(w, asksForFlowers)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := newClient(t, Config{Places: []Place{{RuntimeURL: server.URL}}, Deadlines: Deadlines{Dial: 10 * time.Second, TLS: 10 * time.Second}})
	defer client.Close()
	client.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	if a := ask(t.Context(), client.Session(caller), spokenTurn(1)); a.err != nil {
		t.Errorf("Ask over TLS = %v, want nil", a.err)
	}
}

// BenchmarkTurn is a whole turn over loopback, both sides in this process: 2 s
// of speech, 3 s of answer.
func BenchmarkTurn(b *testing.B) {
	voice := voiceBytes(16000, 3*time.Second)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		speakHead(w, asksForFlowers)
		w.Write(voice)
	}))
	defer server.Close()
	client, err := NewClient(b.Context(), Config{
		Places:      []Place{{Region: "us-east-1", Locale: "en_US", Bot: "BOTBOTBOT1", Alias: "ALIALIALI1", RuntimeURL: server.URL}},
		Credentials: Credentials{AccessKeyID: "a", SecretAccessKey: "s"},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	session := client.Session(caller)
	speech := call.NewFinishedSpeech(make([]byte, 16000))
	b.ReportAllocs()
	turn := 0
	for b.Loop() {
		turn++
		if err := session.Ask(b.Context(), call.Turn{Number: turn, Speech: speech}, func(*call.Answer) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestErrorsQuoteNothing has a server send what is no HTTP.
func TestErrorsQuoteNothing(t *testing.T) {
	const words = "what the caller said"
	for _, sent := range []string{
		words + "\r\n\r\n",
		"HTTP/1.1 2x " + words + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + words + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: " + words + " \"\\\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + words + "\r\n\r\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if conn, err := listener.Accept(); err == nil {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, sent)
				_ = conn.Close()
			}
		}()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		transport := new(http.Transport)
		answer, err := exchange{transport: transport}.Do(request)
		if err == nil {
			answer.Body.Close()
		}
		if err == nil || strings.Contains(err.Error(), "caller") || !strings.Contains(err.Error(), "***") {
			t.Errorf("answered %q: %v; want an error that quotes nothing", sent, err)
		}
		transport.CloseIdleConnections()
		_ = listener.Close()
		<-done
	}
	unknown := errors.New(`lookup "x": no such host`)
	if err := unquoted(&net.OpError{Op: "dial", Net: "tcp", Err: unknown}); !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("unquoted of an error of the network = %v; want it as it is", err)
	}
}
