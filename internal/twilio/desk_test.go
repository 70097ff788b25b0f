package twilio

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// updates are the updates of calls that Twilio was asked for, oldest first.
type updates struct {
	asked chan string // the call's id and the address
	fails error
}

func newUpdates() *updates { return &updates{asked: make(chan string, 20)} }

func (u *updates) UpdateCall(_ context.Context, sid string, update CallUpdate) error {
	u.asked <- sid + " " + update.Method + " " + update.URL
	return u.fails
}

// testDesk is a desk at a time that the test sets.
func testDesk(t *testing.T, calls CallUpdater, now *time.Time) *desk {
	t.Helper()
	sealer, err := newSealer("test", []byte(testToken))
	if err != nil {
		t.Fatal(err)
	}
	notes := NewNotes()
	notes.now = func() time.Time { return *now }
	return &desk{
		calls: calls, notes: notes, links: updateLinks, sealer: sealer, tickets: sealer, tally: new(tally),
		log: slog.New(slog.DiscardHandler), now: func() time.Time { return *now },
	}
}

// told has words ordered for CA1 and returns their token.
func told(t *testing.T, d *desk, u *updates, words string) string {
	t.Helper()
	if err := d.update(t.Context(), claims{callSID: "CA1"}, words); err != nil {
		t.Fatalf("update = %v", err)
	}
	token, ok := strings.CutPrefix(<-u.asked, "CA1 POST https://voice.example.com/updatecall/")
	if !ok {
		t.Fatalf("Twilio was sent to %s", token)
	}
	return token
}

func TestWordsAreGivenOutOnce(t *testing.T) {
	now, u := time.Now(), newUpdates()
	d := testDesk(t, u, &now)
	token := told(t, d, u, "Which day?")
	for _, test := range []struct {
		name, sid, token, retry, want string
	}{
		{"another call's", "CA2", token, "r1", ""},
		{"no token", "CA1", "x" + token, "r1", ""},
		{"asked", "CA1", token, "r1", "Which day?"},
		{"asked again in the same question", "CA1", token, "r1", "Which day?"},
		{"asked in another question", "CA1", token, "r2", ""},
		{"asked in a question that cannot be told from others", "CA1", token, "", ""},
	} {
		if got := d.words(t.Context(), test.sid, test.token, test.retry); got != test.want {
			t.Errorf("%s: %q; want %q", test.name, got, test.want)
		}
	}
	second := told(t, d, u, "Which time?")
	if got := d.words(t.Context(), "CA1", second, "r3"); got != "Which time?" {
		t.Errorf("the next words are %q", got)
	}
	old := told(t, d, u, "Too late?")
	now = now.Add(wordsKept + clockSkew + time.Second)
	if got := d.words(t.Context(), "CA1", old, "r4"); got != "" {
		t.Errorf("words that expired are given out: %q", got)
	}
}

func TestTokenOfAStreamIsNoneForWords(t *testing.T) {
	now, u := time.Now(), newUpdates()
	d := testDesk(t, u, &now)
	token := d.sealer.seal(claims{callSID: "CA1", expires: now.Add(time.Minute)})
	if err := d.notes.PutNote(t.Context(), wordsKey(token), []byte("secret"), now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := d.words(t.Context(), "CA1", token, "r1"); got != "" {
		t.Errorf("a stream's token was answered with %q", got)
	}
}

func TestSilenceNeedsNoNote(t *testing.T) {
	now, u := time.Now(), newUpdates()
	d := testDesk(t, u, &now)
	if err := d.update(t.Context(), claims{callSID: "CA1"}, ""); err != nil {
		t.Fatal(err)
	}
	if got, want := <-u.asked, "CA1 POST https://voice.example.com/updatecall"; got != want {
		t.Errorf("Twilio was sent to %q; want %q", got, want)
	}
	u.fails = errors.New("out of order")
	if err := d.update(t.Context(), claims{callSID: "CA1"}, ""); !errors.Is(err, u.fails) {
		t.Errorf("update = %v; want %v", err, u.fails)
	}
	if got := d.tally.snapshot(); got.Updates != 2 || got.UpdatesFailed != 1 {
		t.Errorf("counted %+v; want 2 updates, 1 of them failed", got)
	}
}

func TestKeysAreNotedOncePerQuestion(t *testing.T) {
	now := time.Now()
	d := testDesk(t, newUpdates(), &now)
	d.press(t.Context(), "CA1", "12", "r1")
	d.press(t.Context(), "CA1", "12", "r1")
	d.press(t.Context(), "CA1", "3x<4", "r2")
	d.press(t.Context(), "CA1", strings.Repeat("5", 200), "")
	f := d.fetched(t.Context(), "CA1")
	var got []string
	for _, g := range f.since("r1") {
		got = append(got, g.Keys)
	}
	if diff := cmp.Diff([]string{"34", strings.Repeat("5", maxKeys)}, got); diff != "" {
		t.Errorf("keys since the first ones (-want +got):\n%s", diff)
	}
	if got := len(f.since("unknown")); got != 3 {
		t.Errorf("keys came %d times; want 3", got)
	}
	for range 20 {
		d.press(t.Context(), "CA1", "1", "")
	}
	if got := len(d.fetched(t.Context(), "CA1").Gathered); got != maxGathered {
		t.Errorf("%d times are kept; want %d", got, maxGathered)
	}
}

// badNotes cannot be reached.
type badNotes struct{}

func (badNotes) PutNote(context.Context, string, []byte, time.Time) error { return errors.New("gone") }
func (badNotes) Note(context.Context, string) ([]byte, error)             { return nil, errors.New("gone") }

func TestNotesThatAreGone(t *testing.T) {
	now, u := time.Now(), newUpdates()
	d := testDesk(t, u, &now)
	d.notes = badNotes{}
	if err := d.update(t.Context(), claims{callSID: "CA1"}, "Which day?"); err == nil {
		t.Error("words were ordered that nobody can fetch")
	}
	d.renew(t.Context(), "CA1")
	d.press(t.Context(), "CA1", "1", "r1")
	if d.isLive(t.Context(), "CA1") || d.fetched(t.Context(), "CA1").latest() != "" {
		t.Error("something is known of a call whose notes are gone")
	}
}

// TestCallThatWePlacedGoesOnNamingItsLine follows the address by which Twilio comes back.
func TestCallThatWePlacedGoesOnNamingItsLine(t *testing.T) {
	now, u := time.Now(), newUpdates()
	d := testDesk(t, u, &now)
	facts := claims{callSID: "CA1", accountSID: testAccount, line: "reminders", to: "+1 415 555 0100", outbound: true}
	if err := d.update(t.Context(), facts, ""); err != nil {
		t.Fatal(err)
	}
	ticket, ok := strings.CutPrefix(<-u.asked, "CA1 POST https://voice.example.com/updatecall?"+dialParam+"=")
	if !ok {
		t.Fatalf("Twilio was sent to %s; want a ticket", ticket)
	}
	made, _, err := d.tickets.open(ticket, now)
	if err != nil || made.line != "reminders" || made.to != "+14155550100" || made.accountSID != testAccount {
		t.Errorf("the ticket says %+v, %v; want the line, the number and the account", made, err)
	}
}
