package lexlocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// phone is an HTTP client that keeps its connections, as gateways do, and counts
// those that it opens.
type phone struct {
	*http.Client
	url string

	mu     sync.Mutex
	dialed int
}

func newPhone(t *testing.T, url string) *phone {
	t.Helper()
	p := &phone{url: url}
	dialer := net.Dialer{Timeout: 300 * time.Millisecond}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		p.mu.Lock()
		p.dialed++
		p.mu.Unlock()
		return dialer.DialContext(ctx, network, address)
	}}
	p.Client = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	return p
}

// connections returns how many connections were tried so far.
func (p *phone) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dialed
}

// say sends a text and returns the status of the answer.
func (p *phone) say(ctx context.Context, text string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+sessionPath+"/text", strings.NewReader(`{"text":"`+text+`"}`))
	if err != nil {
		return 0, err
	}
	answer, err := p.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// descriptors returns how many files and sockets this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("descriptors cannot be counted here: %v", err)
	}
	return len(open)
}

// expectDescriptors checks that no more descriptors are open than before. Those
// of closed connections need a moment.
func expectDescriptors(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); descriptors(t) > before; {
		if time.Now().After(deadline) {
			t.Errorf("%d descriptors before, %d after", before, descriptors(t))
			return
		}
		runtime.Gosched()
	}
}

func TestResets(t *testing.T) {
	for _, when := range []string{whenAccept, whenBody, whenAnswer} {
		t.Run(when, func(t *testing.T) {
			before := descriptors(t)
			ts := serve(t, nil)
			caller := newPhone(t, ts.url)
			setFaults(t, ts.Server, `[{"kind":"reset","when":"`+when+`"}]`)
			_, err := caller.say(t.Context(), "order flowers")
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client sees %v, want a reset", err)
			}
			r := ts.records.last()
			if made := r.Intent == "OrderFlowers"; r.Fault != faultReset || r.Session != "CA0123" || r.Status != 0 || made != (when == whenAnswer) {
				t.Errorf("record %+v, want a reset", r)
			}
			setFaults(t, ts.Server, `[]`)
			if code, err := caller.say(t.Context(), "order flowers"); code != http.StatusOK {
				t.Errorf("after the fault %d, %v; want 200", code, err)
			}
			ts.stop()
			caller.CloseIdleConnections()
			expectDescriptors(t, before)
		})
	}
}

func TestBlackHole(t *testing.T) {
	before := descriptors(t)
	ts := serve(t, nil)
	caller, other := newPhone(t, ts.url), newPhone(t, ts.url)
	if code, err := caller.say(t.Context(), "order flowers"); code != http.StatusOK {
		t.Fatal(code, err)
	}
	setFaults(t, ts.Server, `[{"kind":"blackhole"}]`)

	// A request on a connection that is there hangs, one that needs a new
	// connection does not get it: the dial times out.
	hanging := make(chan error, 1)
	go func() {
		code, err := caller.say(context.Background(), "roses")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("status %d", code)
		}
		hanging <- err
	}()
	for range 3 {
		_, err := other.say(t.Context(), "roses")
		if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
			t.Fatalf("a new connection: %v, want a timeout", err)
		}
	}
	if len(hanging) != 0 {
		t.Errorf("a request on an open connection was answered: %v", <-hanging)
	}
	if r := ts.records.last(); r.Op != opFault || r.Fault != faultBlackHole {
		t.Errorf("record %+v, want nothing after the fault", r)
	}

	setFaults(t, ts.Server, `[]`)
	if err := <-hanging; err != nil || caller.connections() != 1 {
		t.Errorf("after the fault the hanging request ends with %v on %d connections, want an answer on the one", err, caller.connections())
	}
	if code, err := other.say(t.Context(), "tomorrow"); code != http.StatusOK {
		t.Errorf("after the fault %d, %v; want 200", code, err)
	}
	ts.stop()
	caller.CloseIdleConnections()
	other.CloseIdleConnections()
	expectDescriptors(t, before)
}

func TestBlackHoleHoldsAnswersThatAreDue(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	ts := serve(t, func(cfg *Config) {
		cfg.Recognizer = &fakeRecognizer{hear: func(context.Context, []int16) (string, error) {
			close(entered)
			<-leave
			return "help", nil
		}}
	})
	answered := make(chan error, 1)
	go func() {
		out, err := ts.runtime.RecognizeUtterance(context.Background(), utter("CA0123", lpcm8k, strings.NewReader("xx")))
		if err == nil {
			_, err = io.Copy(io.Discard, out.AudioStream)
			out.AudioStream.Close()
		}
		answered <- err
	}()
	<-entered
	setFaults(t, ts.Server, `[{"kind":"blackhole"}]`)
	close(leave)
	for ts.records.last().Op != "RecognizeUtterance" {
		runtime.Gosched()
	}
	if r := ts.records.last(); r.Fault != faultBlackHole || len(answered) != 0 {
		t.Errorf("record %+v, answered %v; want an answer that does not get out", r, len(answered) != 0)
	}
	setFaults(t, ts.Server, `[]`)
	if err := <-answered; err != nil {
		t.Errorf("after the fault: %v", err)
	}
}

func TestStopInABlackHole(t *testing.T) {
	before := descriptors(t)
	ts := serve(t, nil)
	caller := newPhone(t, ts.url)
	if _, err := caller.say(t.Context(), "order flowers"); err != nil {
		t.Fatal(err)
	}
	setFaults(t, ts.Server, `[{"kind":"blackhole"},{"kind":"hang"}]`)
	ts.stop()
	caller.CloseIdleConnections()
	expectDescriptors(t, before)
	if faults := ts.Faults(); len(faults) != 0 {
		t.Errorf("faults %+v, want none after the end", faults)
	}
}

func TestRefusal(t *testing.T) {
	before := descriptors(t)
	ts := serve(t, nil)
	caller := newPhone(t, ts.url)
	if _, err := caller.say(t.Context(), "order flowers"); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{`[{"kind":"refuse"}]`, `[{"kind":"blackhole"}]`, `[{"kind":"refuse"}]`} {
		setFaults(t, ts.Server, list)
		caller.CloseIdleConnections() // those that are there just end
		_, err := caller.say(t.Context(), "roses")
		timeout, _ := errors.AsType[net.Error](err)
		if refused := strings.Contains(list, faultRefuse); refused != errors.Is(err, syscall.ECONNREFUSED) || !refused && (timeout == nil || !timeout.Timeout()) {
			t.Errorf("%s: %v", list, err)
		}
	}
	setFaults(t, ts.Server, `[]`)
	if code, err := caller.say(t.Context(), "roses"); code != http.StatusOK {
		t.Errorf("after the fault %d, %v; want 200 on the same port", code, err)
	}
	setFaults(t, ts.Server, `[{"kind":"refuse"}]`)
	ts.stop()
	caller.CloseIdleConnections()
	expectDescriptors(t, before)
}

func TestFaultsSetBeforeServing(t *testing.T) {
	s, _ := localLex(t, nil)
	setFaults(t, s, `[{"kind":"refuse"}]`)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	caller := newPhone(t, "http://"+listener.Addr().String())
	for refused := false; !refused; {
		// Before it serves, the kernel takes connections, which end with the listener.
		_, err := caller.say(t.Context(), "order flowers")
		refused = errors.Is(err, syscall.ECONNREFUSED)
	}
	setFaults(t, s, `[]`)
	if code, err := caller.say(t.Context(), "order flowers"); code != http.StatusOK {
		t.Errorf("after the fault %d, %v; want 200", code, err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestFaultsUnderLoad sets and clears all faults while many clients talk, and
// wants every client to be served again at the end, and nothing left behind.
func TestFaultsUnderLoad(t *testing.T) {
	before := descriptors(t)
	ts := serve(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var phones []*phone
	for range 8 {
		p := newPhone(t, ts.url)
		phones = append(phones, p)
		clients.Go(func() {
			for ctx.Err() == nil {
				turn, done := context.WithTimeout(ctx, 100*time.Millisecond)
				_, _ = p.say(turn, "order flowers") // it may fail in every way
				done()
			}
		})
	}
	for range 3 {
		for _, list := range []string{
			`[{"kind":"blackhole"}]`, `[{"kind":"hang"}]`, `[{"kind":"refuse"},{"kind":"hang"}]`, `[{"kind":"reset","rate":0.5}]`,
			`[{"kind":"truncate"}]`, `[{"kind":"error"},{"kind":"throttle","quota":1}]`, `[]`,
		} {
			setFaults(t, ts.Server, list)
		}
	}
	cancel()
	clients.Wait()
	for _, p := range phones {
		p.CloseIdleConnections()
		if code, err := p.say(t.Context(), "order flowers"); code != http.StatusOK && code != http.StatusConflict {
			t.Errorf("after all faults %d, %v; want an answer", code, err)
		}
		p.CloseIdleConnections()
	}
	ts.stop()
	expectDescriptors(t, before)
}
