package twilio

import (
	"context"
	"encoding/base64"
	"errors"
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
			case call.KeysDone:
				got = append(got, "done")
			}
			if strings.HasSuffix(strings.Join(got, " "), "3 #") {
				break
			}
		}
		if diff := cmp.Diff([]string{"heard", "1", "2", "done", "3", "#"}, got); diff != "" {
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
	wantWords(t, second.ask(first, "/updatecall", "r4", "Digits", "12", "FinishedOnKey", ""))
	wantWords(t, second.ask(first, "/updatecall", "r5", "Digits", "3", "FinishedOnKey", "#"))
	if got := path(t, first, <-calls.asked); got != "/resume" {
		t.Errorf("after the call Twilio was sent to %s; want /resume", got)
	}
	if got := first.ask(first, "/resume", "r6"); !strings.Contains(got, "<Hangup>") {
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

// TestOtherInstanceCannotReadTheStore asks it about a call that is well.
func TestOtherInstanceCannotReadTheStore(t *testing.T) {
	first, _, _ := openPair(t, listen)
	second := openExchange(t, listen, func(c *Config) {
		c.PublicURL, c.TokenKey, c.Calls, c.Notes = first.base, first.door.config.TokenKey, newUpdates(), brokenNotes{}
		c.Lines[0].Update = true
	})
	first.started(first.greeted("CA1"), "CA1")
	for i := range 5 {
		got := second.ask(first, "/updatecall", fmt.Sprint("r", i))
		if !strings.Contains(got, "<Gather") || strings.Contains(got, "<Start>") {
			t.Errorf("question %d got %s; want a wait, and no other stream", i+1, got)
		}
	}
	if got := second.door.Counters().NotesFailed; got == 0 {
		t.Error("no failure was counted")
	}
}

// TestOneInstanceWithoutItsStore has a whole turn while the store fails.
func TestOneInstanceWithoutItsStore(t *testing.T) {
	calls, got := newUpdates(), make(chan call.Event, 9)
	x := openExchange(t, func(ctx context.Context, leg call.Leg, _ call.Info) call.Termination {
		if err := leg.Send(call.Output{Kind: call.Say, Words: "Which day?"}); err != nil {
			t.Errorf("Send = %v", err)
		}
		for {
			event, err := leg.Next(ctx)
			if err != nil {
				t.Errorf("Next = %v", err)
				return call.Termination{Result: call.PeerFault, Reason: call.LegLost, Err: err}
			}
			if event.Kind == call.Digit || event.Kind == call.KeysDone {
				got <- event
			}
			if event.Kind == call.KeysDone {
				return call.Termination{Result: call.Success, Reason: call.BotClosed}
			}
		}
	}, func(c *Config) { c.Calls, c.Notes, c.Lines[0].Update = calls, brokenNotes{}, true })
	x.started(x.greeted("CA1"), "CA1")
	wantWords(t, x.ask(x, path(t, x, <-calls.asked), "r1"), "Which day?")
	x.ask(x, "/updatecall", "r2", "Digits", "7")
	if event := <-got; event.Digit != '7' {
		t.Errorf("the event is %+v; want the key 7", event)
	}
	if to := path(t, x, <-calls.asked); to != "/resume" {
		t.Errorf("after the call Twilio was sent to %s; want /resume", to)
	}
	if c := x.door.Counters(); c.NotesFailed == 0 || c.UpdatesFailed != 0 {
		t.Errorf("counted %d failed notes and %d failed updates; want some and none", c.NotesFailed, c.UpdatesFailed)
	}
}

// TestAfterAFailedUpdate has Twilio take no update: at the end of its wait it asks by
// itself, and the caller gets another stream.
func TestAfterAFailedUpdate(t *testing.T) {
	first, second, calls := openPair(t, func(ctx context.Context, leg call.Leg, _ call.Info) call.Termination {
		if err := leg.Send(call.Output{Kind: call.Say, Words: "Which day?"}); err != nil {
			t.Errorf("Send = %v", err)
		}
		for {
			if _, err := leg.Next(ctx); err != nil {
				return call.Termination{Result: call.PeerFault, Reason: call.LegLost, Err: err}
			}
		}
	})
	calls.fails = errors.New("out of order")
	first.started(first.greeted("CA1"), "CA1")
	path(t, first, <-calls.asked)
	if got := path(t, first, <-calls.asked); got != "/resume" {
		t.Errorf("Twilio was sent to %s; want /resume", got)
	}
	if got := second.ask(first, "/updatecall", "r1"); !strings.Contains(got, "<Start>") {
		t.Errorf("a call whose stream is over got %s; want another stream", got)
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
