package twilio

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// guest is a connection with a name, which notes that it was closed.
type guest struct {
	net.Conn
	name   string
	closed bool
}

func (g *guest) Close() error {
	g.closed = true
	return nil
}

// TestCrowd tells stories of a server with room for two connections: +A one that
// comes, ?A the first byte of its request, !A all of it, =A its answer, ^A that it became
// a stream, -A that it went, and behind a comma who had to go for it.
func TestCrowd(t *testing.T) {
	for name, story := range map[string][]string{
		"the silent ones in their order":     {"+A", "+B", "+C,A", "+D,B"},
		"who comes after half of a request":  {"+A", "?A", "+B", "+C,A", "?C", "+D,B"},
		"not who is being answered":          {"+A", "?A", "!A", "+B", "+C,B", "+D,C"},
		"who was answered long ago":          {"+A", "?A", "!A", "=A", "+B", "?B", "!B", "=B", "?A", "!A", "=A", "+C,B"},
		"of those being answered the oldest": {"+A", "?A", "!A", "+B", "?B", "!B", "+C,A", "?C", "!C", "+D,B"},
		"streams do not count":               {"+A", "?A", "!A", "^A", "+B", "?B", "!B", "^B", "+C", "+D", "+E,C"},
		"nor those that went":                {"+A", "+B", "-A", "+C", "+D,B"},
		"who had to go leaves no trace":      {"+A", "+B", "+C,A", "?A", "!A", "=A", "-A", "+D,B"},
	} {
		t.Run(name, func(t *testing.T) {
			c, guests := newCrowd(2), map[byte]*guest{}
			states := map[byte]http.ConnState{'+': http.StateNew, '?': http.StateActive, '=': http.StateIdle, '^': http.StateHijacked, '-': http.StateClosed}
			for i, step := range story {
				who := step[1]
				if guests[who] == nil {
					guests[who] = &guest{name: string(who)}
				}
				got := ""
				if step[0] == '!' {
					c.heard(guests[who])
				} else if old, _ := c.note(guests[who], states[step[0]]); old != nil {
					got = old.(*guest).name
				}
				want := ""
				if len(step) > 2 {
					want = step[3:]
				}
				if got != want {
					t.Fatalf("step %d of %q: %q had to go, want %q", i+1, story, got, want)
				}
			}
			if n := c.waiting.Len() + c.answering.Len(); n != len(c.members) || n > c.limit {
				t.Errorf("%d in the lists and %d members; want the same, at most %d", n, len(c.members), c.limit)
			}
		})
	}
}

// TestCrowdKeepsPlacesForWhoWaits has four places, and requests that never end.
func TestCrowdKeepsPlacesForWhoWaits(t *testing.T) {
	c := newCrowd(4)
	var all []*guest
	for i := range 6 {
		g := &guest{name: fmt.Sprint(i)}
		all = append(all, g)
		if old, _ := c.note(g, http.StateNew); i >= 4 && old != all[i-4] {
			t.Fatalf("for %s had to go %v, want the oldest request", g.name, old)
		}
		if i < 5 {
			c.heard(g)
		}
	}
	if old, _ := c.note(&guest{name: "new"}, http.StateNew); old != all[2] {
		t.Errorf("beside one that waits, %v had to go; want the oldest request", old)
	}
	if old, _ := c.note(&guest{name: "newer"}, http.StateNew); old != all[5] {
		t.Errorf("beside two that wait, %v had to go; want who waits longest", old)
	}
}

// TestEachHasAWhile has ten connections come at once where there is room for two.
func TestEachHasAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, came := newCrowd(2), map[*guest]time.Time{}
		for range 10 {
			g := &guest{}
			came[g] = time.Now()
			c.follow(g, http.StateNew)
			for old, at := range came {
				if had := time.Since(at); old.closed && had < aWhile {
					t.Errorf("one had to go after %v, want %v or more", had, aWhile)
				} else if old.closed {
					delete(came, old)
				}
			}
		}
		if len(came) != 2 || c.closed.Load() != 8 {
			t.Errorf("%d are there, %d had to go; want 2 and 8", len(came), c.closed.Load())
		}
	})
}

// TestCrowdOfStrangers has hundreds of connections that say nothing, or a byte of a
// request, around a call that talks and webhooks that are answered.
func TestCrowdOfStrangers(t *testing.T) {
	x := openExchange(t, listen, nil)
	// A connection that is kept for the next request may be one that had to go.
	x.server.Client().Transport.(*http.Transport).DisableKeepAlives = true
	p := x.started(x.greeted("CA1"), "CA1")
	before := openDescriptors(t)
	address := x.server.Listener.Addr().String()
	var strangers []net.Conn
	defer func() {
		for _, conn := range strangers {
			conn.Close()
		}
	}()
	for i := range 400 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, conn)
		if i%2 == 0 {
			_, _ = io.WriteString(conn, "P") // it may have been closed
		}
	}
	for i := range 20 {
		x.greeted(fmt.Sprint("CB", i))
	}
	p.say(mediaText(1, noise(160)), stopText)
	p.end()
	for x.door.Counters().LiveStreams > 0 {
		runtime.Gosched()
	}
	if c := x.door.Counters(); c.MediaMessages != 1 || c.LostStreams != 0 {
		t.Errorf("of the call %d frames were heard, %d streams were lost; want its frame, and its own end", c.MediaMessages, c.LostStreams)
	}
	// Both ends of a connection are in this process.
	if now := openDescriptors(t); now > before+400+110 {
		t.Errorf("%d descriptors are open, %d before 400 connections; want no more than 100 of them served", now, before)
	}
	if got := x.web.Crowded(); got < 300 {
		t.Errorf("%d connections had to go, want 300 or more", got)
	}
}

// TestCloseNowDoesNotWait closes a TLS connection whose peer does not read.
func TestCloseNowDoesNotWait(t *testing.T) {
	here, there := net.Pipe()
	closeNow(tls.Server(there, &tls.Config{}))
	if _, err := here.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("Read = %v; want the end", err)
	}
}

// TestCrowdIsResized lowers the limit: of those who are there already one goes for each
// that comes.
func TestCrowdIsResized(t *testing.T) {
	s := NewServer(http.NotFoundHandler(), 3, slog.New(slog.DiscardHandler))
	near := make([]net.Conn, 5)
	for i := range near {
		near[i], _ = net.Pipe()
		if i == 3 {
			s.Limit(2)
		}
		s.ConnState(near[i], http.StateNew)
	}
	if got := s.Crowded(); got != 2 {
		t.Errorf("%d were closed, want 2", got)
	}
	s.Limit(10)
	more, _ := net.Pipe()
	s.ConnState(more, http.StateNew)
	if got := s.Crowded(); got != 2 {
		t.Errorf("%d were closed, want none more", got)
	}
}
