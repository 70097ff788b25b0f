package attack

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// margin is how much memory may come and go: the heap grows to twice what is live
// before it is looked through, and what was freed goes back to the machine slowly.
const margin = 24 << 20

// caller is a genuine call: what no kind may get, or disturb.
type caller struct {
	*attacker
	*stream
	stop chan struct{}
	done sync.WaitGroup
}

// victim is on the line, and says nothing, until it is asked whether it is served.
func (r *rig) victim(t *testing.T) *caller {
	t.Helper()
	a := r.attacker()
	r.expect(a.sid)
	c := &caller{attacker: a, stream: a.started(), stop: make(chan struct{})}
	_ = c.conn.SetDeadline(time.Time{}) // a connection that was just made
	c.done.Go(func() {
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-c.stop:
				return
			case <-pace.C:
				c.write(silence)
			}
		}
	})
	t.Cleanup(c.leave)
	return c
}

// served has the caller press a key and hear the answer, and hangs up.
func (c *caller) served(t *testing.T) {
	t.Helper()
	defer c.leave()
	_ = c.conn.SetDeadline(time.Now().Add(patience)) // it is open, or reading shows that it is not
	for _, key := range "1#" {
		c.write(textf(`{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"%c"}}`, key))
	}
	if said := c.read(); !strings.HasPrefix(said, `answered: {"event":"media"`) {
		t.Errorf("a genuine call pressed a key, and heard %q; want the bot's voice", said)
	}
}

// leave hangs up. It may be called again.
func (c *caller) leave() {
	select {
	case <-c.stop:
		return
	default:
	}
	close(c.stop)
	c.done.Wait()
	c.end(text(`{"event":"stop"}`))
}

// genuine places a call from the webhook to the bot's answer.
func (r *rig) genuine(t *testing.T, when string) {
	t.Helper()
	defer func() {
		if fault := recover(); fault != nil {
			t.Errorf("%s a genuine call was not served: %v", when, fault)
		}
	}()
	r.victim(t).served(t)
}

// sealed uses a ticket and a token of our own making: kinds that change such prove nothing
// when these are refused, too.
func (r *rig) sealed(t *testing.T) {
	t.Helper()
	a := r.attacker()
	w := newWebhook("/twiml?dial="+seal(tokenKey, ticketPurpose, ticket(lineName, "+15550300").plain()), a.sid)
	w.set("Direction", "outbound-api")
	w.set("To", "+15550300")
	if got := a.post(w); got != "200 stream" {
		t.Errorf("a ticket that is sealed as the gateway does was answered with %s; want a stream: has its format changed?", got)
	}
	if got := a.open(newHandshake(seal(tokenKey, streamPurpose, validClaims(a.sid).plain()))); got != "101" {
		t.Errorf("a token that is sealed as the gateway does was answered with %s; want 101: has its format changed?", got)
	}
}

// load is what the gateway holds at a moment.
type load struct {
	descriptors, goroutines int
	resident                int64
}

func (r *rig) measure(t *testing.T) load {
	t.Helper()
	goroutines := r.goroutines(t) // first: its own connection is a descriptor
	return load{r.gateway.descriptors(t), goroutines, r.gateway.resident(t)}
}

// settle waits until the gateway holds no more connections and goroutines than before,
// and returns what it holds then.
func (r *rig) settle(t *testing.T, before load) load {
	t.Helper()
	deadline := time.Now().Add(patience)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		now := r.measure(t)
		if now.descriptors <= before.descriptors && now.goroutines <= before.goroutines {
			return now
		}
		if time.Now().After(deadline) {
			t.Errorf("the gateway holds %d descriptors and %d goroutines; want no more than the %d and %d before",
				now.descriptors, now.goroutines, before.descriptors, before.goroutines)
			return now
		}
	}
}

var profileTotal = regexp.MustCompile(`goroutine profile: total (\d+)`)

// goroutines is how many the gateway has, by its control listener.
func (r *rig) goroutines(t *testing.T) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+r.control+"/debug/pprof/goroutine?debug=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+controlToken)
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := profileTotal.FindSubmatch(body)
	if found == nil {
		t.Fatalf("the profiler says %q", body)
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
