package lex

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/region"
)

func TestDeadlinesDefaultOneByOne(t *testing.T) {
	got := Deadlines{Stall: 2 * time.Second, Dial: -1}.withDefaults()
	want := Deadlines{
		Dial: 500 * time.Millisecond, TLS: 700 * time.Millisecond, FirstByte: 3 * time.Second, Stall: 2 * time.Second,
		Turn: 6 * time.Second, Utterance: 20 * time.Second, Lookup: 5 * time.Second, Inquiry: 1500 * time.Millisecond,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Deadlines{Stall: 2s, Dial: -1}.withDefaults() (-want +got):\n%s", diff)
	}
}

// Every wait of a turn ends at its own deadline, neither before nor after.
func TestDeadlinesOfATurn(t *testing.T) {
	type handler = func(s *standIn, w http.ResponseWriter, r *http.Request)
	const talking = 10 * time.Second
	hangAfter := func(r *http.Request, s *standIn) {
		io.Copy(io.Discard, r.Body)
		s.hang()
	}
	conflictThenHang := func() handler {
		attempts := 0
		return func(s *standIn, w http.ResponseWriter, r *http.Request) {
			if attempts++; attempts > 1 {
				hangAfter(r, s)
				return
			}
			http.NewResponseController(w).EnableFullDuplex()
			fail(w, 409, "ConflictException")
		}
	}
	tests := []struct {
		name    string
		limits  Deadlines
		endless bool
		handler handler
		want    time.Duration // from the question to Ask's return
		err     string
	}{
		{
			"answer hangs",
			Deadlines{},
			false,
			func(s *standIn, _ http.ResponseWriter, r *http.Request) { hangAfter(r, s) },
			talking + 3*time.Second, "ask the bot: region us-east-1: no answer within 3s",
		},
		{
			"nothing is read",
			Deadlines{},
			false,
			func(s *standIn, _ http.ResponseWriter, _ *http.Request) { s.hang() },
			talking + 3*time.Second, "ask the bot: region us-east-1: no answer within 3s",
		},
		{
			"answer hangs in its headers",
			Deadlines{},
			false,
			func(s *standIn, w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				conn, _, _ := http.NewResponseController(w).Hijack()
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\n")
				s.hang()
				conn.Close()
			},
			talking + 3*time.Second, "ask the bot: region us-east-1: no answer within 3s",
		},
		{
			"error hangs in its body",
			Deadlines{},
			false,
			func(s *standIn, w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				w.WriteHeader(500)
				http.NewResponseController(w).Flush()
				s.hang()
			},
			talking + 3*time.Second, "ask the bot: region us-east-1: no answer within 3s",
		},
		{
			"two attempts in one turn",
			Deadlines{FirstByte: 5 * time.Second},
			false,
			func() handler {
				attempts := 0
				return func(s *standIn, w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					if attempts++; attempts > 1 {
						s.hang()
						return
					}
					time.Sleep(4 * time.Second)
					fail(w, 409, "ConflictException")
				}
			}(),
			talking + 6*time.Second, "ask the bot: no answer within 6s",
		},
		{
			"conflict while the caller speaks",
			Deadlines{},
			false,
			conflictThenHang(),
			talking + 3*time.Second, "ask the bot: region us-east-1: no answer within 3s",
		},
		{
			"caller never ends",
			Deadlines{},
			true,
			func(s *standIn, _ http.ResponseWriter, r *http.Request) { hangAfter(r, s) },
			20 * time.Second, "ask the bot: the utterance did not end within 20s",
		},
		{
			"conflict, and the caller never ends",
			Deadlines{},
			true, conflictThenHang(),
			20 * time.Second, "ask the bot: the utterance did not end within 20s",
		},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			client := newStandIn(t, tt.limits, tt.handler)
			speech := call.NewSpeech(1 << 20)
			if !tt.endless {
				go talk(speech, talking)
				defer func() { <-speech.Done() }()
			}
			a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
			if a.err == nil || a.err.Error() != tt.err || Class(a.err) != region.Soft || a.returned != tt.want {
				t.Errorf("Ask = %v (class %q) after %v; want %v (soft) after %v", a.err, Class(a.err), a.returned, tt.err, tt.want)
			}
			if counted := client.Counters().Errors[region.Soft]; counted != 1 {
				t.Errorf("soft errors counted = %d, want 1", counted)
			}
		})
	}
}

func TestDigitsAreOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newStandIn(t, Deadlines{}, func(s *standIn, _ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			s.hang()
		})
		a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Text: "12"})
		if Class(a.err) != region.Soft || a.returned != 3*time.Second {
			t.Errorf("Ask = %v after %v; want class soft after 3s", a.err, a.returned)
		}
	})
}

// A region that cannot be connected to fails while the caller still speaks.
func TestDeadlinesOfAConnection(t *testing.T) {
	blackHole := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	tests := []struct {
		name string
		url  string
		dial func(t *testing.T) dialFunc
		want time.Duration
	}{
		{"black hole", "http://127.0.0.1:1", func(*testing.T) dialFunc { return blackHole }, 500 * time.Millisecond},
		{"silent behind TLS", "https://127.0.0.1:1", func(t *testing.T) dialFunc {
			return func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				t.Cleanup(func() { far.Close() })
				go io.Copy(io.Discard, far)
				return near, nil
			}
		}, 700 * time.Millisecond},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			client := newClient(t, Config{Places: []Place{{RuntimeURL: tt.url}}, Dial: tt.dial(t)})
			speech := call.NewSpeech(1 << 20)
			go talk(speech, 5*time.Second)
			defer func() { <-speech.Done() }()
			a := ask(t.Context(), client.Session(caller), call.Turn{Number: 1, Speech: speech})
			if Class(a.err) != region.Soft || a.returned != tt.want {
				t.Errorf("Ask = %v (class %q) after %v; want class soft after %v", a.err, Class(a.err), a.returned, tt.want)
			}
		})
	}
}

func TestVoiceMustKeepComing(t *testing.T) {
	second := voiceBytes(16000, time.Second)
	tests := []struct {
		name  string
		send  func(write func([]byte) error, hang func())
		want  time.Duration
		heard time.Duration // at least
		class region.Class
	}{
		{"stops before the first byte", func(_ func([]byte) error, hang func()) { hang() }, time.Second, 0, region.Soft},
		{"stops in the middle", func(write func([]byte) error, hang func()) {
			write(second)
			hang()
		}, time.Second, 900 * time.Millisecond, region.Soft},
		{"comes in real time", func(write func([]byte) error, _ func()) {
			for range 100 {
				time.Sleep(100 * time.Millisecond)
				write(second[:3200])
			}
		}, 10 * time.Second, 10 * time.Second, region.None},
		{"pauses of less than the limit", func(write func([]byte) error, _ func()) {
			for range 5 {
				time.Sleep(900 * time.Millisecond)
				write(second)
			}
		}, 4500 * time.Millisecond, 5 * time.Second, region.None},
		{"drips", func(write func([]byte) error, _ func()) {
			for write(second[:320]) == nil { // a tenth of real time
				time.Sleep(100 * time.Millisecond)
			}
		}, 1120 * time.Millisecond, 100 * time.Millisecond, region.Soft},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			client := newStandIn(t, Deadlines{}, func(s *standIn, w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				speakHead(w, asksForFlowers)
				flush := http.NewResponseController(w).Flush
				flush()
				tt.send(func(b []byte) error {
					w.Write(b)
					return flush()
				}, s.hang)
			})
			a := ask(t.Context(), client.Session(caller), spokenTurn(1))
			if a.answer == nil || a.answered != 0 || Class(a.err) != tt.class || a.returned != tt.want {
				t.Fatalf("answered %v after %v, Ask = %v (class %q) after %v; want an answer at once and class %q after %v",
					a.answer != nil, a.answered, a.err, Class(a.err), a.returned, tt.class, tt.want)
			}
			heard, ended := a.answer.Speech.From(0)
			if least := int(tt.heard.Milliseconds()) * 8; len(heard) < least || !ended {
				t.Errorf("heard %d bytes, ended %v; want at least %d, true", len(heard), ended, least)
			}
			if _, err := io.Copy(io.Discard, a.answer.Speech.Reader(t.Context())); Class(err) != tt.class {
				t.Errorf("the voice's reader ends with %v (class %q), want class %q", err, Class(err), tt.class)
			}
		})
	}
}

// A session may have other times than its client.
func TestSessionHasItsOwnTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newStandIn(t, Deadlines{}, func(s *standIn, _ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			s.hang()
		})
		short := client.Session(caller)
		short.Limit(time.Second, 2*time.Second)
		a := ask(t.Context(), short, call.Turn{Number: 1, Text: "12"})
		if a.err == nil || !strings.Contains(a.err.Error(), "no answer within 1s") || a.returned != time.Second {
			t.Errorf("Ask = %v after %v; want no answer within 1s", a.err, a.returned)
		}
		other := caller
		other.ID = "CA9"
		if a := ask(t.Context(), client.Session(other), call.Turn{Number: 1, Text: "12"}); a.returned != 3*time.Second {
			t.Errorf("Ask of another session = %v after %v; want the client's 3s", a.err, a.returned)
		}
	})
}
