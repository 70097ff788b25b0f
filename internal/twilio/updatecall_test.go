package twilio

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
	"lexline/internal/call"
)

// openPair opens two doors at one public URL that share notes: webhooks are posted to
// the first, and its second takes them too.
func openPair(t *testing.T, serve ServeFunc) (first, second *exchange, calls *updates) {
	t.Helper()
	calls = newUpdates()
	notes := NewNotes()
	config := func(c *Config) {
		c.Calls, c.Notes, c.TokenKey = calls, notes, []byte("0123456789abcdef")
		c.Lines[0].Update = true
	}
	first = openExchange(t, serve, config)
	second = openExchange(t, serve, func(c *Config) {
		config(c)
		c.PublicURL = first.base
	})
	return first, second, calls
}

// ask posts to the door of x what Twilio posts to the public URL of the pair.
func (x *exchange) ask(public *exchange, path, retry string, extra ...string) string {
	x.t.Helper()
	form := callForm("CA1")
	form.Set("CallStatus", "in-progress")
	for i := 0; i < len(extra); i += 2 {
		form.Set(extra[i], extra[i+1])
	}
	status, body := x.request(http.MethodPost, path, form, sign(testToken, public.base+path, form), retryHeader, retry)
	if status != http.StatusOK {
		x.t.Errorf("POST %s = %d %s", path, status, body)
	}
	return body
}

// wantWords checks what a document says, in order.
func wantWords(t *testing.T, document string, want ...string) {
	t.Helper()
	var got []string
	for rest := document; ; {
		_, after, found := strings.Cut(rest, "<Say>")
		if !found {
			break
		}
		words, behind, _ := strings.Cut(after, "</Say>")
		got, rest = append(got, words), behind
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s says (-want +got):\n%s", document, diff)
	}
}

func path(t *testing.T, x *exchange, update string) string {
	t.Helper()
	p, ok := strings.CutPrefix(update, "CA1 POST "+x.base)
	if !ok {
		t.Fatalf("the call was updated with %q; want an address of %s", update, x.base)
	}
	return p
}

var loud = audio.EncodeMuLaw(nil, audio.Tone(8000, 20*time.Millisecond, 0.3, 200, 710))

// farText is a message with what the caller hears.
func farText(chunk int) string {
	return fmt.Sprintf(`{"event":"media","sequenceNumber":"%d","streamSid":"MZ1","media":{"track":"outbound","chunk":"%d","timestamp":"%d","payload":"%s"}}`,
		chunk, chunk, 20*chunk, base64.StdEncoding.EncodeToString(loud))
}

// TestWordsOfACall has the stream at one instance, and Twilio ask the other one.
func TestWordsOfACall(t *testing.T) {
	first, second, calls := openPair(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		if !info.Words {
			t.Error("the call does not know that Twilio speaks")
		}
		for _, out := range []call.Output{{Kind: call.Say, Words: "Which day?"}, {Kind: call.Mark, Mark: 1}} {
			if err := leg.Send(out); err != nil {
				t.Errorf("Send = %v", err)
			}
		}
		var got []string
		for {
			event, err := leg.Next(ctx)
			if err != nil {
				t.Errorf("Next = %v", err)
				return call.Termination{Reason: call.LegLost}
			}
			switch event.Kind {
			case call.MarkReturned:
				got = append(got, "heard")
			case call.Digit:
				got = append(got, string(event.Digit))
			}
			if strings.HasSuffix(strings.Join(got, " "), "1 2 #") {
				break
			}
		}
		if diff := cmp.Diff([]string{"heard", "1", "2", "#"}, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		return call.Termination{Result: call.Success, Reason: call.BotClosed}
	})
	p := first.started(first.greeted("CA1"), "CA1")
	p.say(mediaText(1, numbered(1)))
	words := path(t, first, <-calls.asked)
	wantWords(t, second.ask(first, words, "r1"), "Which day?")
	wantWords(t, second.ask(first, words, "r1"), "Which day?")
	wantWords(t, first.ask(first, words, "r2"))
	wantWords(t, second.ask(first, "/updatecall", "r3"))
	for chunk := range 70 {
		if chunk < 25 {
			p.say(farText(chunk + 1))
		}
		p.say(mediaText(chunk+2, numbered(1)))
	}
	wantWords(t, second.ask(first, "/updatecall", "r4", "Digits", "12"))
	if got := path(t, first, <-calls.asked); got != "/resume" {
		t.Errorf("after the call Twilio was sent to %s; want /resume", got)
	}
	if got := first.ask(first, "/resume", "r5"); !strings.Contains(got, "<Hangup>") {
		t.Errorf("a call that is over goes on: %s", got)
	}
}

func TestCallThatNobodyListensToIsReconnected(t *testing.T) {
	first, second, _ := openPair(t, listen)
	got := second.ask(first, "/updatecall", "r1")
	if !strings.Contains(got, "<Stop>") || streamURL(t, got) == "" {
		t.Errorf("a call without a stream got %s; want its old stream stopped and a new one", got)
	}
	wantWords(t, got, "Hello again.")
	if got := first.ask(first, "/updatecall", "r2", "CallStatus", "completed"); !strings.Contains(got, "<Hangup>") {
		t.Errorf("a call that is over got %s", got)
	}
}

// TestInstanceThatDies leaves its lease, which runs out.
func TestLeaseRunsOut(t *testing.T) {
	now := time.Now()
	d := testDesk(t, newUpdates(), &now)
	d.renew(t.Context(), "CA1")
	if now = now.Add(leaseTime - time.Second); !d.isLive(t.Context(), "CA1") {
		t.Error("a call is taken for dead within its lease")
	}
	if now = now.Add(2 * time.Second); d.isLive(t.Context(), "CA1") {
		t.Error("a call is taken for live after its lease")
	}
}

func TestWordsTokenOpensNoStream(t *testing.T) {
	x, _, calls := openPair(t, func(ctx context.Context, leg call.Leg, info call.Info) call.Termination {
		if err := leg.Send(call.Output{Kind: call.Say, Words: "Which day?"}); err != nil {
			t.Errorf("Send = %v", err)
		}
		return listen(ctx, leg, info)
	})
	x.started(x.greeted("CA1"), "CA1")
	token := strings.TrimPrefix(path(t, x, <-calls.asked), "/updatecall/")
	if _, status := x.dial(strings.Replace(x.base, "http", "ws", 1) + "/stream/" + token); status != http.StatusForbidden {
		t.Errorf("a token for words opened a stream: %d; want 403", status)
	}
}

func TestUpdateNeedsAWayToUpdate(t *testing.T) {
	_, err := New(Config{
		PublicURL: "https://voice.example.com", AuthTokens: []string{testToken}, Serve: listen,
		Lines: []Line{{Name: "flowers", Default: true, Update: true}},
	})
	if err == nil || !strings.Contains(err.Error(), "flowers") {
		t.Errorf("New = %v; want an error that names the line", err)
	}
}
