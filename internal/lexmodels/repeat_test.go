package lexmodels

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestsAreRepeated(t *testing.T) {
	const throttled, broken = http.StatusTooManyRequests, http.StatusServiceUnavailable
	for _, test := range []struct {
		name   string
		status int
		times  int // that the region refuses
		sent   int
		want   string // of the error; "" for none
	}{
		{"at once", 0, 0, 1, ""},
		{"throttled some times", throttled, 4, 5, ""},
		{"throttled for ever", throttled, 99, busyAttempts, "ThrottlingException: because"},
		{"broken once", broken, 1, 2, ""},
		{"broken for ever", broken, 99, brokenAttempts, "ThrottlingException: because"},
		{"refused", http.StatusForbidden, 99, 1, "describe bot BOTBOTBOT1: ThrottlingException: because"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, n := newStandIn(), 0
				s.handle("GET "+bot, func(w http.ResponseWriter, _ *http.Request) {
					if n++; n <= test.times {
						refuse(w, test.status, "ThrottlingException")
						return
					}
					w.Write([]byte(`{"botName": "Shop"}`))
				})
				begun := time.Now()
				_, err := s.client(t).Bot(t.Context(), "BOTBOTBOT1")
				if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				if sent := s.requests("GET " + bot); sent != test.sent {
					t.Errorf("the request was sent %d times, want %d", sent, test.sent)
				}
				if d := time.Since(begun); d > time.Minute {
					t.Errorf("it took %v, want an end within a minute", d)
				}
			})
		})
	}
}

func TestOnlyWhatIsSafeIsRepeatedAfterSilence(t *testing.T) {
	for _, safe := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			_, err := do(t.Context(), request[int]{what: "ask", safe: safe, send: func(ctx context.Context) (int, error) {
				n++
				<-ctx.Done()
				return 0, ctx.Err()
			}})
			want := 1
			if safe {
				want = brokenAttempts
			}
			if n != want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("safe %v: sent %d times, error %v; want %d and the deadline", safe, n, err, want)
			}
		})
	}
}

func TestRepeatingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("Ctrl-C")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(700*time.Millisecond, func() { cancel(stop) })
		s := newStandIn()
		s.handle("/", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusTooManyRequests, "ThrottlingException")
		})
		begun := time.Now()
		if _, err := s.client(t).Bot(ctx, "BOTBOTBOT1"); !errors.Is(err, stop) || time.Since(begun) > time.Second {
			t.Errorf("error %v after %v; want the cause at once", err, time.Since(begun))
		}
	})
}
