package twilio

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// testDesk is a desk at a time that the test sets, with notes that others share.
func testDesk(t *testing.T, calls CallUpdater, now *time.Time) *desk {
	t.Helper()
	notes := NewNotes()
	notes.now = func() time.Time { return *now }
	return deskWith(t, calls, notes, now)
}

// deskWith is a desk of an instance with a clock of its own.
func deskWith(t *testing.T, calls CallUpdater, shared Notes, now *time.Time) *desk {
	t.Helper()
	d := &Door{tally: tally{}, log: slog.New(slog.DiscardHandler), links: updateLinks, now: func() time.Time { return *now }}
	d.config.Calls, d.config.Notes = calls, shared
	var err error
	if d.sealer, err = newSealer("test", []byte(testToken)); err != nil {
		t.Fatal(err)
	}
	d.tickets = d.sealer
	return newDesk(d, d.sealer)
}

// listener is a stream that has the lease of CA1.
func listener(t *testing.T, d *desk) *lease {
	t.Helper()
	l := &lease{By: "A"}
	d.renew(t.Context(), "CA1", l)
	return l
}

// takeAll takes what was gathered for a stream.
func takeAll(t *testing.T, d *desk, l *lease) (keys []string) {
	t.Helper()
	for {
		g, found := d.take(t.Context(), *l)
		if !found {
			return keys
		}
		l.Next++
		keys = append(keys, g.Keys)
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
	if got := d.words(t.Context(), "CA1", token, "r9"); got != "" {
		t.Errorf("words are given out again once there are others: %q", got)
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
	if err := d.notes.put(t.Context(), wordsKey(token), wording{Words: "secret"}, now.Add(time.Minute)); err != nil {
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
	d.press(t.Context(), "CA1", "9", false, "r0") // nobody listens yet
	l := listener(t, d)
	d.press(t.Context(), "CA1", "12", false, "r1")
	d.press(t.Context(), "CA1", "12", false, "r1")
	if diff := cmp.Diff([]string{"12"}, takeAll(t, d, l)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	d.press(t.Context(), "CA1", "12", false, "r1") // the lease does not say yet that they were taken
	d.renew(t.Context(), "CA1", l)
	d.press(t.Context(), "CA1", "12", false, "r1")
	d.press(t.Context(), "CA1", "3x<4", true, "r2")
	d.press(t.Context(), "CA1", strings.Repeat("5", 200), false, "")
	if diff := cmp.Diff([]string{"34", strings.Repeat("5", maxKeys)}, takeAll(t, d, l)); diff != "" {
		t.Errorf("keys since the first ones (-want +got):\n%s", diff)
	}
	d.renew(t.Context(), "CA1", l)
	for range 20 {
		d.press(t.Context(), "CA1", "1", false, "")
	}
	if got := len(takeAll(t, d, l)); got != maxGathered {
		t.Errorf("%d times are kept; want %d", got, maxGathered)
	}
}

// TestKeysOfAnotherStream are not told to one that goes on with the call.
func TestKeysOfAnotherStream(t *testing.T) {
	now := time.Now()
	d := testDesk(t, newUpdates(), &now)
	old := listener(t, d)
	d.press(t.Context(), "CA1", "1", false, "r1")
	next := &lease{By: "B"}
	d.renew(t.Context(), "CA1", next)
	d.renew(t.Context(), "CA1", old) // it does not know yet that it was replaced
	d.press(t.Context(), "CA1", "2", false, "r2")
	if diff := cmp.Diff([]string{"2"}, takeAll(t, d, next)); diff != "" {
		t.Errorf("keys of the later stream (-want +got):\n%s", diff)
	}
}

// meanwhile has something happen while a note is being read.
type meanwhile struct {
	Notes
	prefix string
	happen func()
}

func (m *meanwhile) Note(ctx context.Context, key string) ([]byte, error) {
	text, err := m.Notes.Note(ctx, key)
	if happen := m.happen; happen != nil && strings.HasPrefix(key, m.prefix) {
		m.happen = nil
		happen()
	}
	return text, err
}

// TestKeysWhileWordsAreFetched has Twilio bring keys to one instance while it gets words
// of another one, which an update has told it to.
func TestKeysWhileWordsAreFetched(t *testing.T) {
	now, u, shared := time.Now(), newUpdates(), NewNotes()
	a := deskWith(t, u, shared, &now)
	l := listener(t, a)
	token := told(t, a, u, "One moment please.")
	b := deskWith(t, u, &meanwhile{shared, "words/", func() { a.press(t.Context(), "CA1", "4711", true, "r1") }}, &now)
	if got := b.words(t.Context(), "CA1", token, "r2"); got != "One moment please." {
		t.Errorf("the words are %q", got)
	}
	if diff := cmp.Diff([]string{"4711"}, takeAll(t, a, l)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// storedNotes remember all that they ever held, as a file and its log do.
type storedNotes struct {
	Notes
	held []string
}

func (s *storedNotes) PutNote(ctx context.Context, key string, value []byte, until time.Time) error {
	s.held = append(s.held, key, string(value))
	return s.Notes.PutNote(ctx, key, value, until)
}

func TestNotesAreSealed(t *testing.T) {
	now, u, store := time.Now(), newUpdates(), &storedNotes{Notes: NewNotes()}
	d := deskWith(t, u, store, &now)
	l := listener(t, d)
	token := told(t, d, u, "Your code is 5533.")
	if got := d.words(t.Context(), "CA1", token, "r1"); got == "" {
		t.Error("the words are gone")
	}
	d.press(t.Context(), "CA1", "4711081522", true, "r2")
	waiting, _ := store.Note(t.Context(), keysKey("A", 0))
	if keys := takeAll(t, d, l); len(keys) != 1 || keys[0] != "4711081522" {
		t.Errorf("keys %q came", keys)
	}
	for _, held := range store.held {
		for _, secret := range []string{"code", "5533", "4711081522", token} {
			if strings.Contains(held, secret) {
				t.Errorf("the store holds %q in %q", secret, held)
			}
		}
	}
	var left gathered
	if found, err := d.notes.get(t.Context(), keysKey("A", 0), &left); !found || err != nil || left.Keys != "" {
		t.Errorf("keys that were taken left %+v, %v; want no keys", left, err)
	}
	if err := store.Notes.PutNote(t.Context(), keysKey("B", 0), waiting, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if g, found := d.take(t.Context(), lease{By: "B"}); found {
		t.Errorf("a note was moved to another stream, which took %q from it", g.Keys)
	}
}

// faultyNotes fail when they are told to.
type faultyNotes struct {
	Notes
	noPut, noRead bool
}

var errGone = errors.New("the store is gone")

func (f *faultyNotes) PutNote(ctx context.Context, key string, value []byte, until time.Time) error {
	if f.noPut {
		return errGone
	}
	return f.Notes.PutNote(ctx, key, value, until)
}

func (f *faultyNotes) Note(ctx context.Context, key string) ([]byte, error) {
	if f.noRead {
		return nil, errGone
	}
	return f.Notes.Note(ctx, key)
}

// TestStoreIsGone has one instance do all by itself while the store fails in each way.
func TestStoreIsGone(t *testing.T) {
	for name, store := range map[string]*faultyNotes{
		"no store":       nil,
		"works":          {},
		"cannot be read": {noRead: true},
		"takes nothing":  {noPut: true},
		"can do nothing": {noRead: true, noPut: true},
	} {
		t.Run(name, func(t *testing.T) {
			now, u := time.Now(), newUpdates()
			d := deskWith(t, u, nil, &now)
			if store != nil {
				store.Notes = NewNotes()
				d.notes.shared = store
			}
			l := listener(t, d)
			token := told(t, d, u, "Which day?")
			if got := d.words(t.Context(), "CA1", token, "r1"); got != "Which day?" {
				t.Errorf("the words are %q", got)
			}
			if got := d.words(t.Context(), "CA1", token, "r2"); got != "" {
				t.Errorf("words are given out again: %q", got)
			}
			d.press(t.Context(), "CA1", "12", false, "r3")
			d.press(t.Context(), "CA1", "34", false, "r4")
			if diff := cmp.Diff([]string{"12", "34"}, takeAll(t, d, l)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if !d.isLive(t.Context(), "CA1") {
				t.Error("the call is taken for dead")
			}
			d.release(t.Context(), "CA1", *l)
			if d.isLive(t.Context(), "CA1") {
				t.Error("the call is taken for live, though its stream is over")
			}
			broken := store != nil && (store.noPut || store.noRead)
			if got := d.tally.snapshot().NotesFailed; (got > 0) != broken {
				t.Errorf("%d failures were counted", got)
			}
		})
	}
}

// TestStoreComesBack has a lease that only its instance knew of give way to a later one.
func TestStoreComesBack(t *testing.T) {
	now, u, shared := time.Now(), newUpdates(), NewNotes()
	store := &faultyNotes{Notes: shared, noPut: true}
	a, b := deskWith(t, u, store, &now), deskWith(t, u, shared, &now)
	a.release(t.Context(), "CA1", *listener(t, a))
	b.renew(t.Context(), "CA1", &lease{By: "B"})
	if store.noPut = false; !a.isLive(t.Context(), "CA1") {
		t.Error("a call that another instance has now is taken for dead")
	}
}

func TestWordsThatAreTooLong(t *testing.T) {
	now, u := time.Now(), newUpdates()
	d := testDesk(t, u, &now)
	if err := d.update(t.Context(), claims{callSID: "CA1"}, strings.Repeat("x", maxNoteBytes)); !errors.Is(err, errNoteTooLong) {
		t.Errorf("update = %v; want %v", err, errNoteTooLong)
	}
}

// ofClock is how a store holds notes for who reads it by another clock.
type ofClock struct {
	*MemoryNotes
	now *time.Time
}

func (o ofClock) Note(ctx context.Context, key string) ([]byte, error) {
	o.MemoryNotes.now = func() time.Time { return *o.now }
	return o.MemoryNotes.Note(ctx, key)
}

// TestClocksThatAreApart has the instance with the stream be as far behind and ahead of
// the one that is asked as tokens allow.
func TestClocksThatAreApart(t *testing.T) {
	for name, skew := range map[string]time.Duration{"behind": -clockSkew, "ahead": clockSkew, "right": 0} {
		t.Run(name, func(t *testing.T) {
			here, u, shared := time.Now(), newUpdates(), NewNotes()
			there := here.Add(skew)
			a, b := deskWith(t, u, ofClock{shared, &there}, &there), deskWith(t, u, ofClock{shared, &here}, &here)
			l := listener(t, a)
			for second := range 120 {
				if second%leaseEvery == 0 {
					a.renew(t.Context(), "CA1", l)
				}
				if second%10 == 9 && !b.isLive(t.Context(), "CA1") {
					t.Fatalf("a call is taken for dead after %d s", second)
				}
				here, there = here.Add(time.Second), there.Add(time.Second)
			}
			token := told(t, a, u, "Which day?")
			here, there = here.Add(3*time.Second), there.Add(3*time.Second)
			if got := b.words(t.Context(), "CA1", token, "r1"); got != "Which day?" {
				t.Errorf("the words are %q", got)
			}
			b.press(t.Context(), "CA1", "12", false, "r2")
			if diff := cmp.Diff([]string{"12"}, takeAll(t, a, l)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			// The stream's instance dies. Twilio asks every 10 s and a little.
			live := 0
			for ; live < 20 && b.isLive(t.Context(), "CA1"); live++ {
				here, there = here.Add(10*time.Second+50*time.Millisecond), there.Add(10*time.Second+50*time.Millisecond)
			}
			if live != 2 {
				t.Errorf("a dead call was taken for live %d times; want 2, for 20 s", live)
			}
		})
	}
}

// TestLeaseRunsOut asks an instance that was not asked before.
func TestLeaseRunsOut(t *testing.T) {
	now := time.Now()
	d := testDesk(t, newUpdates(), &now)
	listener(t, d)
	if now = now.Add(leaseKept - time.Second); !d.isLive(t.Context(), "CA1") {
		t.Error("a call is taken for dead within its lease")
	}
	if now = now.Add(2 * time.Second); d.isLive(t.Context(), "CA1") {
		t.Error("a call is taken for live after its lease")
	}
}

// TestNobodyCanBeAsked has an instance without a stream that cannot read the store.
func TestNobodyCanBeAsked(t *testing.T) {
	now, u, shared := time.Now(), newUpdates(), NewNotes()
	store := &faultyNotes{Notes: shared, noRead: true}
	a, b := deskWith(t, u, shared, &now), deskWith(t, u, store, &now)
	l := listener(t, a)
	ask := func(want bool) {
		t.Helper()
		a.renew(t.Context(), "CA1", l)
		if got := b.isLive(t.Context(), "CA1"); got != want {
			t.Errorf("taken for live %v; want %v", got, want)
		}
		now = now.Add(10 * time.Second)
	}
	for range 5 {
		ask(true)
	}
	store.noRead = false
	ask(true) // now it is known
	store.noRead = true
	for range 6 { // for a minute
		ask(true)
	}
	ask(false) // nobody may be there, and the caller hears nothing
	ask(true)  // they are reconnected, and not once more at once
}

func TestLeaseIsGivenUp(t *testing.T) {
	now := time.Now()
	d := testDesk(t, newUpdates(), &now)
	old := listener(t, d)
	d.renew(t.Context(), "CA1", &lease{By: "B"})
	if d.release(t.Context(), "CA1", *old); !d.isLive(t.Context(), "CA1") {
		t.Error("a stream gave up the lease of the one that has replaced it")
	}
	if d.release(t.Context(), "CA1", lease{By: "B", Beat: 1}); d.isLive(t.Context(), "CA1") {
		t.Error("a call is taken for live though its stream is over")
	}
	if d.renew(t.Context(), "CA1", &lease{By: "C"}); !d.isLive(t.Context(), "CA1") {
		t.Error("a call that goes on is taken for dead")
	}
}

// TestWordsOfAnUpdateWhoseAnswerIsLost has Twilio take an update, and ask for its words,
// before the answer is lost and the update is repeated.
func TestWordsOfAnUpdateWhoseAnswerIsLost(t *testing.T) {
	asked := make(chan string, 9)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.FormValue("Url")
		if len(asked) == 1 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		_, _ = io.WriteString(w, callAnswer)
	}))
	defer api.Close()
	client, err := NewREST(RESTConfig{AccountSID: restAccount, AuthToken: restToken, BaseURL: api.URL, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	now := time.Now()
	d := testDesk(t, client, &now)
	if err := d.update(t.Context(), claims{callSID: restSID}, "Which day?"); err != nil {
		t.Fatalf("update = %v", err)
	}
	for _, retry := range []string{"r1", "r2"} { // Twilio asks two questions
		_, token, _ := strings.Cut(<-asked, "/updatecall/")
		if got := d.words(t.Context(), restSID, token, retry); got != "Which day?" {
			t.Errorf("%s: the words are %q", retry, got)
		}
		if got := d.words(t.Context(), restSID, token, retry+"x"); got != "" {
			t.Errorf("%s: words are given out to two questions: %q", retry, got)
		}
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
