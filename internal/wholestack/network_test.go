package wholestack

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

// joined returns both ends of a connection of 10 ms each way, in a bubble.
func joined(t *testing.T) (h *Host, near, far net.Conn) {
	t.Helper()
	n := new(Network)
	h = n.Listen("10.0.0.1:80", 10*ms)
	accepted := make(chan net.Conn)
	go func() {
		c, _ := h.Accept()
		accepted <- c
	}()
	near, err := n.Dial(t.Context(), "tcp", "10.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	return h, near, <-accepted
}

func TestConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		h, near, far := joined(t)
		if took := time.Since(begun); took != 20*ms || h.Dials() != 1 || h.Open() != 1 {
			t.Errorf("dialled in %v, %d dials, %d open; want 20ms, 1, 1", took, h.Dials(), h.Open())
		}
		if near.RemoteAddr() != h.Addr() || far.LocalAddr() != h.Addr() || near.LocalAddr() != far.RemoteAddr() {
			t.Errorf("addresses %v to %v and %v to %v do not fit", near.LocalAddr(), near.RemoteAddr(), far.LocalAddr(), far.RemoteAddr())
		}
		begun = time.Now()
		io.WriteString(near, "one ")
		io.WriteString(near, "two")
		near.Close()
		if took := time.Since(begun); took != 0 {
			t.Errorf("writing took %v, want no time", took)
		}
		got, err := io.ReadAll(far)
		if took := time.Since(begun); string(got) != "one two" || err != nil || took != 10*ms {
			t.Errorf("read %q, %v after %v; want all, nil, 10ms", got, err, took)
		}
		if _, err := far.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write to a closed connection = %v, want EPIPE", err)
		}
		far.Close()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) || h.Open() != 0 {
			t.Errorf("read of a closed connection = %v, %d open; want net.ErrClosed, 0", err, h.Open())
		}
	})
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, near, far := joined(t)
		begun := time.Now()
		near.SetDeadline(begun.Add(time.Second))
		_, err := near.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("read = %v after %v; want the deadline after 1s", err, time.Since(begun))
		}
		near.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Hour, func() { far.Write([]byte("x")) })
		if n, err := near.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("read without a deadline = %d, %v; want 1, nil", n, err)
		}
		// A deadline set from outside ends a read that waits: that is how servers stop.
		time.AfterFunc(time.Second, func() { near.SetReadDeadline(time.Unix(1, 0)) })
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read = %v; want the deadline that was set meanwhile", err)
		}
	})
}

func TestWeather(t *testing.T) {
	dial := func(weather Weather, until time.Duration) (took time.Duration, err error) {
		n := new(Network)
		h := n.Listen("10.0.0.1:80", 10*ms)
		go h.Accept()
		defer h.Close()
		h.Set(weather)
		time.AfterFunc(until, func() { h.Set(Clear) })
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err = n.Dial(ctx, "tcp", "10.0.0.1:80")
		return time.Since(begun), err
	}
	tests := []struct {
		name    string
		weather Weather
		until   time.Duration
		took    time.Duration
		err     error
	}{
		{"clear", Clear, time.Minute, 20 * ms, nil},
		{"refusing", Refusing, time.Minute, 20 * ms, syscall.ECONNREFUSED},
		{"black hole", BlackHole, time.Minute, time.Second, context.DeadlineExceeded},
		{"half open", HalfOpen, time.Minute, time.Second, context.DeadlineExceeded},
		{"black hole that ends", BlackHole, 300 * ms, 300 * ms, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took, err := dial(tt.weather, tt.until)
				if !errors.Is(err, tt.err) || (err != nil) != (tt.err != nil) || took != tt.took {
					t.Errorf("dial = %v after %v; want %v after %v", err, took, tt.err, tt.took)
				}
				time.Sleep(time.Minute) // the weather clears
			})
		})
	}
}

// What is lost stays lost, and nothing after it arrives.
func TestLoss(t *testing.T) {
	for weather, wantUp := range map[Weather]bool{BlackHole: false, HalfOpen: true} {
		synctest.Test(t, func(t *testing.T) {
			h, near, far := joined(t)
			h.Set(weather)
			near.Write([]byte("up"))
			far.Write([]byte("down"))
			h.Set(Clear)
			near.Write([]byte("up"))
			far.Write([]byte("down"))
			for _, c := range []net.Conn{near, far} {
				c.SetReadDeadline(time.Now().Add(time.Second))
			}
			if n, _ := far.Read(make([]byte, 8)); (n > 0) != wantUp {
				t.Errorf("weather %d: %d bytes arrived at the host, want some: %v", weather, n, wantUp)
			}
			if n, _ := near.Read(make([]byte, 8)); n > 0 {
				t.Errorf("weather %d: %d bytes arrived from the host, want none", weather, n)
			}
			near.Close()
			far.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := io.ReadAll(far); (err == nil) != wantUp {
				t.Errorf("weather %d: the end arrived: %v, want %v", weather, err == nil, wantUp)
			}
		})
	}
}

func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, near, far := joined(t)
		time.AfterFunc(time.Second, h.ResetAll)
		for _, c := range []net.Conn{near, far} {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read = %v, want ECONNRESET", err)
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("write = %v, want ECONNRESET", err)
			}
		}
		if h.Open() != 0 {
			t.Errorf("%d connections open after a reset, want 0", h.Open())
		}
	})
}

func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(Network)
		if _, err := n.Dial(t.Context(), "tcp", "10.0.0.9:80"); !errors.Is(err, syscall.EHOSTUNREACH) {
			t.Errorf("dial an unknown address = %v, want EHOSTUNREACH", err)
		}
		h := n.Listen("10.0.0.1:80", 0)
		h.Close()
		h.Close()
		if _, err := n.Dial(t.Context(), "tcp", "10.0.0.1:80"); !errors.Is(err, syscall.ECONNREFUSED) || h.Open() != 0 {
			t.Errorf("dial a closed listener = %v, %d open; want ECONNREFUSED, 0", err, h.Open())
		}
		if _, err := h.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept = %v, want net.ErrClosed", err)
		}
	})
}

// The network carries the standard library's HTTP, its idle connections and its
// way of noticing clients that go away.
func TestNetworkCarriesHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(Network)
		h := n.Listen("10.0.0.1:80", 10*ms)
		gone := make(chan time.Time, 1)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path == "/hang" {
				<-r.Context().Done()
				gone <- time.Now()
				return
			}
			w.Write(body)
		})}
		served := make(chan struct{})
		go func() {
			defer close(served)
			server.Serve(h)
		}()
		transport := &http.Transport{DialContext: n.Dial}
		client := &http.Client{Transport: transport}
		large := strings.Repeat("0123456789", 100_000)
		for range 3 {
			resp, err := client.Post("http://10.0.0.1/", "text/plain", strings.NewReader(large))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(resp.Body); string(got) != large || err != nil {
				t.Errorf("echo of %d bytes: %d, %v", len(large), len(got), err)
			}
			resp.Body.Close()
		}
		if h.Dials() != 1 {
			t.Errorf("three requests dialled %d times, want once", h.Dials())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://10.0.0.1/hang", nil)
		if _, err := client.Do(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("request that hangs = %v, want the deadline", err)
		}
		if noticed := (<-gone).Sub(begun); noticed != time.Second+10*ms {
			t.Errorf("the host noticed after %v, want 1.01s", noticed)
		}
		transport.CloseIdleConnections()
		server.Shutdown(t.Context())
		<-served
	})
}
