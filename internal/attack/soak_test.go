package attack

import (
	"bufio"
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	soakFor  = flag.Duration("for", 5*time.Second, "how long TestSoak goes on")
	soakSeed = flag.Uint64("seed", 0, "draws what TestSoak plays; 0 for another one each time")
)

// soak plays kinds in drawn order, and genuine messages with bytes changed at random.
type soak struct {
	*rig
	all []kind
	end time.Time

	mu     sync.Mutex
	played map[string]int
	failed []string
}

// TestSoak plays for -for, some at once, what -seed draws.
func TestSoak(t *testing.T) {
	t.Parallel() // it waits most of the time
	seed := *soakSeed
	if seed == 0 {
		seed = uint64(rand.Uint32())
	}
	t.Logf("seed %d", seed)
	r := newRig(t)
	r.genuine(t, "before anything is played")
	s := &soak{rig: r, end: time.Now().Add(*soakFor), played: map[string]int{}}
	for _, g := range groups() {
		s.all = append(s.all, g.kinds...)
	}
	before := r.measure(t)
	middle := before
	var playing sync.WaitGroup
	for i := range atOnce {
		playing.Go(func() { s.work(rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	half := time.NewTimer(*soakFor / 2)
	defer half.Stop()
	<-half.C
	middle.resident = r.gateway.resident(t)
	playing.Wait()
	after := r.settle(t, before)
	if grown := after.resident - middle.resident; grown > margin {
		t.Errorf("memory grew by %d KiB in the second half, to %d KiB; want at most %d more", grown>>10, after.resident>>10, margin>>10)
	}
	r.genuine(t, "after everything was played")
	right, wrong := r.asked()
	if wrong != 0 || right != 2 {
		t.Errorf("Lex was asked %d times for calls that were not genuine, and %d times for those that were; want 0 and 2", wrong, right)
	}
	for _, failure := range s.failed[:min(len(s.failed), 20)] {
		t.Error(failure)
	}
	t.Logf("played %v; %d failed; memory %d KiB before, %d in the middle, %d after", s.played, len(s.failed), before.resident>>10, middle.resident>>10, after.resident>>10)
}

// work plays until the time is over.
func (s *soak) work(rng *rand.Rand) {
	for time.Now().Before(s.end) && s.gateway.runs() {
		switch rng.IntN(4) {
		case 0:
			s.count("kinds", s.kind(s.all[rng.IntN(len(s.all))], rng))
		case 1:
			s.count("changed webhooks", s.try(func(a *attacker) string { return a.changedWebhook(rng) }))
		case 2:
			s.count("changed handshakes", s.try(func(a *attacker) string { return a.changedHandshake(rng) }))
		case 3:
			s.count("changed streams", s.try(func(a *attacker) string { return a.changedStream(rng) }))
		}
	}
}

// kind plays one; those that wait for a time-out more seldom.
func (s *soak) kind(k kind, rng *rand.Rand) string {
	if k.slow && rng.IntN(10) != 0 {
		return ""
	}
	if got := s.play(k); got != k.want {
		return fmt.Sprintf("%s: came to %q, want %q", k.name, got, k.want)
	}
	return ""
}

// try plays what is no kind, and returns what is wrong with what came of it.
func (s *soak) try(play func(a *attacker) string) string {
	return s.play(kind{try: play})
}

func (s *soak) count(what, failure string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.played[what]++
	if failure != "" {
		s.failed = append(s.failed, failure)
	}
}

// change changes some bytes of b at random.
func change(rng *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + rng.IntN(3) {
		if len(b) == 0 {
			return b
		}
		at := rng.IntN(len(b))
		switch rng.IntN(6) {
		case 0:
			b[at] ^= 1 << rng.IntN(8)
		case 1:
			b[at] = byte(rng.IntN(256))
		case 2:
			b = slices.Insert(b, at, byte(rng.IntN(256)))
		case 3:
			b = slices.Delete(b, at, min(len(b), at+1+rng.IntN(8)))
		case 4:
			piece := bytes.Clone(b[at:min(len(b), at+1+rng.IntN(40))])
			b = slices.Insert(b, rng.IntN(len(b)), piece...)
		case 5:
			b = b[:at]
		}
	}
	return b
}

// hurried is a raw request whose sender does not wait: what is incomplete is an answer
// as well.
func (a *attacker) hurried(method string, raw []byte) string {
	conn := a.dial()
	defer conn.Close()
	if _, err := conn.Write(raw); err != nil {
		return "cut"
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if ok {
		_ = half.CloseWrite() // it is open
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return "cut"
	}
	body, _ := io.ReadAll(answer.Body) // what there is of it
	return strings.TrimSpace(itoa(answer.StatusCode) + " " + gist(string(body)))
}

// changedWebhook must be refused unless what was changed is not signed.
func (a *attacker) changedWebhook(rng *rand.Rand) string {
	raw := change(rng, newWebhook("/twiml", a.sid).build().bytes())
	got := a.hurried("POST", raw)
	if got == "200 stream" && !isSigned(raw) {
		return fmt.Sprintf("a webhook whose signature does not hold was accepted:\n%q", raw)
	}
	return ""
}

// isSigned reports whether the first request in raw has its right signature.
func isSigned(raw []byte) bool {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return false
	}
	var form []param
	for name, all := range values {
		for _, value := range all {
			form = append(form, param{name, value})
		}
	}
	path := strings.TrimRight(r.URL.EscapedPath(), "/")
	for _, address := range []string{path, path + "/"} {
		if r.URL.RawQuery != "" {
			address += "?" + r.URL.RawQuery
		}
		if r.Header.Get(signature) == sign(authToken, publicURL+address, form) {
			return true
		}
	}
	return false
}

// changedHandshake must not open a stream unless the token and its signature are whole.
func (a *attacker) changedHandshake(rng *rand.Rand) string {
	token := a.token(a.sid)
	raw := change(rng, newHandshake(token).build().bytes())
	got := a.hurried("GET", raw)
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if got == "101" && (err != nil || strings.TrimRight(r.URL.EscapedPath(), "/") != "/stream/"+token) {
		return fmt.Sprintf("a handshake was accepted that is not that of a token:\n%q", raw)
	}
	return ""
}

// changedStream may end in any way but with words of the bot.
func (a *attacker) changedStream(rng *rand.Rand) string {
	messages := bytes.Join([][]byte{
		text(connected), text(startMessage(a.sid, account)), silence, numbered(1), silence, numbered(3), numbered(2),
		text(`{"event":"mark","mark":{"name":"m1"}}`), text(`{"event":"dtmf","dtmf":{"digit":"??"}}`), // no key: one would be answered
		frame(opText, []byte(`{"event":"mark",`)), frame(final|opContinuation, []byte(`"mark":{"name":"m2"}}`)),
		frame(final|opPing, []byte("x")), silence, text(`{"event":"stop"}`), closing(1000, ""),
	}, nil)
	changed := change(rng, messages)
	got := a.stream().end(changed)
	if name, _, _ := strings.Cut(cmp.Or(got, "nothing"), " "); name != "closed" && name != "cut" && name != "open" {
		return fmt.Sprintf("a stream came to %q:\n%q", got, changed)
	}
	return ""
}
