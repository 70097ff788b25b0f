package twiliosim

import (
	"io"
	"log"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestTwentyCallsOnLoopback places twenty calls at once over real sockets and in
// real time, and counts what arrives, in whatever order a busy machine makes of
// it. Nothing may be left behind.
func TestTwentyCallsOnLoopback(t *testing.T) {
	const calls = 20
	before := runtime.NumGoroutine()
	var mu sync.Mutex
	received := map[string]int{} // frames by CallSid
	g := &gateway{
		t: t, twiml: map[string]string{"/twiml": `<Response><Connect><Stream url="/stream"/></Connect></Response>`},
		stream: func(p *peer) {
			p.until(event("start"))
			p.play(tone(10, 300))
			p.mark("greeting")
			left := 2 // the mark, and the caller's key behind the words
			p.until(func(m fromPhone) bool {
				if m.Event == "mark" || m.Event == "dtmf" {
					left--
				}
				return left == 0
			})
			checkWords(t, p.caller(), tone(15, 400))
			mu.Lock()
			defer mu.Unlock()
			received[p.got[1].Start.Call] = p.media()
		},
	}
	server := httptest.NewServer(g)
	phone, err := New(t.Context(), Config{
		URL: server.URL + "/twiml", AuthToken: testToken, Seed: 3, Synthesize: buzz,
		Script: script(t, "quiet 100ms", "wait", `say "one two three"`, "press 1", "expect-end"),
	})
	if err != nil {
		t.Fatal(err)
	}
	records := make([]*Record, calls)
	var all sync.WaitGroup
	for i := range records {
		all.Go(func() { records[i] = phone.Call(t.Context(), i+1) })
	}
	all.Wait()
	phone.Close()
	server.Close() // waits for the streams
	for _, r := range records {
		if !r.OK() {
			t.Errorf("call %s ended with %s: %s", r.Call, r.Reason, r.Text)
		}
		got := slices.Sorted(slices.Values(events(r, "speech_start", "speech_end", "mark", "press")))
		if want := []string{"mark heard greeting", "press 1", "speech_end one two three", "speech_start one two three"}; !slices.Equal(got, want) {
			t.Errorf("the events of call %s are %v, want %v", r.Call, got, want)
		}
		// The stream opens some frames after the call began.
		if n := received[r.Call]; n == 0 || n > r.Frames {
			t.Errorf("of call %s, which has %d frames, %d arrived", r.Call, r.Frames, n)
		}
	}
	if len(received) != calls {
		t.Errorf("%d different calls arrived, want %d", len(received), calls)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		runtime.Gosched() // connections that were closed end their goroutines on their own
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// TestTLSFault connects to a certificate that nobody vouches for.
func TestTLSFault(t *testing.T) {
	server := httptest.NewUnstartedServer(&gateway{t: t})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	plain := httptest.NewServer(&gateway{t: t, twiml: map[string]string{
		"/twiml": `<Response><Connect><Stream url="wss` + strings.TrimPrefix(server.URL, "https") + `/s"/></Connect></Response>`,
	}})
	defer plain.Close()
	phone, err := New(t.Context(), Config{URL: plain.URL + "/twiml", Script: script(t, "expect-end")})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	if got := firstFault(phone.Call(t.Context(), 1)); !strings.HasPrefix(got, "31910: ") {
		t.Errorf("the fault is %q, want 31910", got)
	}
}

func TestPhoneOnlyNeedsAURL(t *testing.T) {
	server := httptest.NewServer(&gateway{t: t, twiml: map[string]string{"/twiml": `<Response><Play digits="12w#"/></Response>`}})
	defer server.Close()
	phone, err := New(t.Context(), Config{URL: server.URL + "/twiml"})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	r := phone.Call(t.Context(), 1)
	if !r.OK() || strings.Join(events(r, "heard_start", "heard_end"), ", ") != "heard_start play, heard_end play" {
		t.Errorf("the caller heard %v, and the call ended with %s: %s", events(r, "heard_start", "heard_end"), r.Result, r.Text)
	}
}
