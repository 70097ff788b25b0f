package lex

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/region"
)

// What a region can do to a request, and the class of the error that it makes.
func TestClassOfWhatARegionDoes(t *testing.T) {
	failing := func(status int, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			fail(w, status, kind)
		}
	}
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			io.WriteString(conn, text)
			conn.Close()
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    region.Class
	}{
		{"alias gone", failing(404, "ResourceNotFoundException"), region.Hard},
		{"access denied", failing(403, "AccessDeniedException"), region.Hard},
		{"signature refused", failing(403, "InvalidSignatureException"), region.Hard},
		{"validation", failing(400, "ValidationException"), region.Hard},
		{"type with a suffix", failing(400, "ValidationException:http://internal.amazon.com/coral/"), region.Hard},
		{"throttled", failing(429, "ThrottlingException"), region.Load},
		{"throttled with another status", failing(400, "ThrottlingException"), region.Load},
		{"too many requests, not from Lex", failing(429, ""), region.Load},
		{"conflict", failing(409, "ConflictException"), region.Ours},
		{"dependency failed", failing(424, "DependencyFailedException"), region.Bot},
		{"bad gateway from Lex", failing(502, "BadGatewayException"), region.Bot},
		{"bad gateway from a load balancer", raw("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"), region.Soft},
		{"internal error", failing(500, "InternalServerException"), region.Soft},
		{"unavailable in HTML", raw("HTTP/1.1 503 Unavailable\r\nContent-Length: 6\r\n\r\n<html>"), region.Soft},
		{"request timeout", failing(408, ""), region.Soft},
		{"redirect", raw("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), region.Hard},
		{"closed before the answer", raw(""), region.Soft},
		{"closed in the status line", raw("HTTP/1.1 20"), region.Soft},
		{"not HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n"), region.Soft},
		{"headers without end", func(w http.ResponseWriter, r *http.Request) {
			answerHead(w, asksForFlowers)
			w.Header().Set("X-Filler", strings.Repeat("A", 300<<10))
		}, region.Soft},
		{"error without end", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(500)
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 4096))
			}
		}, region.Soft},
		{"an answer of somebody else", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>please log in</html>")
		}, region.Soft},
		{"a header that cannot be read", func(w http.ResponseWriter, r *http.Request) {
			answerHead(w, asksForFlowers)
			w.Header().Set("X-Amz-Lex-Messages", "%")
		}, region.Soft},
		{"a voice that cannot be played", func(w http.ResponseWriter, r *http.Request) {
			answerHead(w, asksForFlowers)
			w.Header().Set("Content-Type", "audio/mpeg")
		}, region.Soft},
		{"a voice cut short", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			speakHead(w, asksForFlowers)
			w.Header().Set("Content-Length", "32000")
			w.Write(make([]byte, 100))
		}, region.Soft},
		{"a voice without end", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			speakHead(w, asksForFlowers)
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 32<<10))
			}
		}, region.Soft},
	}
	for _, tt := range tests {
		bubble(t, tt.name, func(t *testing.T) {
			client := newStandIn(t, Deadlines{}, func(_ *standIn, w http.ResponseWriter, r *http.Request) { tt.handler(w, r) })
			a := ask(t.Context(), client.Session(caller), spokenTurn(1))
			if got := Class(a.err); got != tt.want || a.returned > 100*time.Millisecond {
				t.Errorf("Class(%v) = %q after %v, want %q at once", a.err, got, a.returned, tt.want)
			}
			if got := client.Counters().Errors[tt.want]; tt.want != region.None && got < 1 {
				t.Errorf("errors counted as %q: %d, want 1", tt.want, got)
			}
		})
	}
}

func TestClassOfOtherErrors(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want region.Class
	}{
		{"no error", nil, region.None},
		{"abandoned", context.Canceled, region.Abandoned},
		{"deadline of the caller", context.DeadlineExceeded, region.Soft},
		{"anything before the network", errors.New("sign: no credentials"), region.Ours},
	}
	for _, tt := range tests {
		if got := Class(tt.err); got != tt.want {
			t.Errorf("%s: Class(%v) = %q, want %q", tt.name, tt.err, got, tt.want)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		client := newClient(t, Config{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }})
		a := ask(t.Context(), client.Session(caller), spokenTurn(1))
		if !errors.Is(a.err, refused) || Class(a.err) != region.Soft {
			t.Errorf("Ask = %v (class %q); want %v, class soft", a.err, Class(a.err), refused)
		}
	})
}
