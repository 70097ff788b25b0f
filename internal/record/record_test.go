package record

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/call"
	"lexline/internal/secret"
)

var update = flag.Bool("update", false, "write the golden files anew")

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// somebody calls the flower shop.
var somebody = call.Info{ID: "CA1", Account: "AC1", From: "+15550123467", To: "+15550100", Line: "flowers"}

// keptBy returns the record that a journal leaves of a call.
func keptBy(t *testing.T, keep Keeping, tell func(l *Log)) Record {
	t.Helper()
	store := new(Memory)
	clock := time.Date(2026, 11, 29, 9, 15, 2, 123456789, time.UTC)
	keep.Retention, keep.NumberKey = 100*365*24*time.Hour, []byte("key")
	keep.Ways = map[string]string{"desk": "number"}
	j := New(Config{Store: store, Gateway: "gw1", Now: func() time.Time { clock = clock.Add(time.Second); return clock }})
	l := j.Begin(keep, somebody)
	l.Recording("call.wav")
	tell(l)
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := store.Get(t.Context(), "CA1")
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v; want one", len(entries), err)
	}
	r, err := Parse(entries[0].Record)
	if err != nil {
		t.Fatal(err)
	}
	if entries[0].Line != "flowers" || entries[0].Number != r.From.Hash || entries[0].Result != r.Result || !entries[0].Started.Equal(r.Started) {
		t.Errorf("entry %+v does not fit its record", entries[0])
	}
	return r
}

// order is a call of four turns: answered, moved and interrupted, failed, silent.
func order(l *Log) {
	l.Turn(call.TurnReport{
		Number: 1, Kind: call.TurnSpoken, Began: ms(900), Ended: ms(2000), Noticed: ms(2640), Asked: ms(1100), Answered: ms(2900),
		FirstSent: ms(3000), FirstHeard: ms(3120), Told: ms(2000), Length: ms(2000), Region: "us-east-1", Intent: "OrderFlowers", State: "InProgress", Elicits: "Pin",
		Words: secret.New("i would like roses"), Said: secret.New("Roses. What is your pin?"), Slots: map[string]secret.Text{"Kind": secret.New("roses")},
	})
	l.Turn(call.TurnReport{
		Number: 2, Kind: call.TurnSpoken, Began: ms(6000), Ended: ms(7000), Noticed: ms(7640), Asked: ms(6200), Answered: ms(8900),
		FirstSent: ms(9000), FirstHeard: ms(9120), Told: ms(1000), Length: ms(2000), Interrupted: true, Fillers: 1, Region: "us-west-2",
		Intent: "OrderFlowers", State: "InProgress", Expected: "Pin",
		Words: secret.New("four one two"), Said: secret.New("Your pin is 4 1 2, is it?"), Slots: map[string]secret.Text{"Kind": secret.New("roses"), "Pin": secret.New("412")},
	})
	l.Turn(call.TurnReport{Number: 3, Kind: call.TurnKeyed, Keys: 4, Asked: ms(12000), Failure: "soft", Told: ms(700), Length: ms(700)})
	l.Turn(call.TurnReport{Number: 3, Kind: call.TurnNone, Noticed: ms(20000)})
	l.End(call.Termination{
		Result: call.Success, Reason: call.BotClosed, Err: errors.New("not to be kept"),
		Next: call.Next{Kind: call.NextTransfer, Target: "desk", Context: "roses, pin 412"},
	})
	l.journal.Dialled("CA1", Dialled{Target: "desk", Way: "number", Outcome: "answered", Talked: 42000})
}

// TestRecordIsAsDocumented compares records with golden files, which the documents show.
func TestRecordIsAsDocumented(t *testing.T) {
	for name, keep := range map[string]Keeping{
		"plain":       {},
		"transcripts": {Transcripts: true, FullNumbers: true, Masked: map[string][]string{"flowers": {"Pin"}}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.MarshalIndent(keptBy(t, keep, order), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(text)); diff != "" {
				t.Errorf("record (-want +got); -update writes it anew:\n%s", diff)
			}
		})
	}
}

func TestNothingOfAnybodysIsKeptUnlessSwitchedOn(t *testing.T) {
	text, err := keptBy(t, Keeping{}, order).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"roses", "four one two", "412", "Your pin", "5550123467", "5550100", "not to be kept"} {
		if strings.Contains(string(text), private) {
			t.Errorf("%q is in the record: %s", private, text)
		}
	}
}

// TestKeysAreFoundInWhatTheBotSays has a bot refuse a card number and pass it on.
func TestKeysAreFoundInWhatTheBotSays(t *testing.T) {
	r := keptBy(t, Keeping{Transcripts: true}, func(l *Log) {
		l.Turn(call.TurnReport{
			Number: 1, Kind: call.TurnKeyed, Keys: 16, Keyed: secret.New("4111111111111112"), Told: ms(1000), Length: ms(2000),
			Said: secret.New("4111 1111 1111 1112 is not a card number. Not 4111 1111 1111 1112."),
		})
		l.End(call.Termination{Next: call.Next{Kind: call.NextTransfer, Target: "desk", Context: "card 4111111111111112"}})
	})
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "1111") || strings.Count(string(text), "{keys}") != 3 {
		t.Errorf("record = %s; want {keys} for what was keyed, three times", text)
	}
}

func TestRecordIsBounded(t *testing.T) {
	r := keptBy(t, Keeping{Transcripts: true}, func(l *Log) {
		for i := range 700 {
			l.Turn(call.TurnReport{
				Number: i + 1, Kind: call.TurnSpoken, Keys: 1, Region: []string{"a", "b"}[i%2],
				Words: secret.New("w"), Said: secret.New(strings.Repeat("said \xff", 100)),
			})
		}
		l.End(call.Termination{Result: call.CallerEnded, Reason: call.CallerLeft})
	})
	text, err := r.Encode()
	if err != nil || len(text) > 380<<10 || len(r.Turns) != maxTurns || r.LeftOut < 200 || r.Keys != 700 || len(r.Moves) > maxTurns {
		t.Errorf("%d bytes, %d turns, %d left out, %d keys, %d moves, %v; want below 380 KiB, %d turns and all keys", len(text), len(r.Turns), r.LeftOut, r.Keys, len(r.Moves), err, maxTurns)
	}
}

func TestParse(t *testing.T) {
	const least = `{"schema":1,"call":"CA1","started":"2026-11-29T09:15:02Z"}`
	for text, good := range map[string]bool{
		least: true,
		strings.Replace(least, "{", `{"later":{"x":[1]},`, 1): true,
		strings.Replace(least, ":1,", ":2,", 1):               true,
		"{}":                                                  false,
		"":                                                    false,
		"null":                                                false,
		strings.Replace(least, ":1,", ":0,", 1):               false,
		strings.Replace(least, "CA1", "", 1):                  false,
		strings.Replace(least, "{", `{"turns":7,`, 1): false,
	} {
		if _, err := Parse([]byte(text)); (err == nil) != good || err != nil && !errors.Is(err, ErrUnreadable) {
			t.Errorf("Parse(%s) = %v; want good %t", text, err, good)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"plain", "transcripts"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"schema":1,"call":"\ud800","started":"0001-01-01T00:00:01Z","turns":[{"told_ms":-9223372036854775808}],"new":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("error %v is none of ours", err)
			}
			return
		}
		again, err := r.Encode()
		if err != nil {
			t.Fatalf("Encode of %+v = %v", r, err)
		}
		second, err := Parse(again)
		if err != nil {
			t.Fatalf("Parse of %s = %v", again, err)
		}
		if third, err := second.Encode(); err != nil || string(third) != string(again) {
			t.Errorf("written again as %s, %v; want %s", third, err, again)
		}
	})
}

func TestNumbers(t *testing.T) {
	key := []byte("key")
	for number, want := range map[string]string{
		"+15550123467": "***67", "15550123467": "***67", "": "unknown", "anonymous": "***", "sip:alice@example.com": "***",
		"client:bob99": "***", "+1234": "***", "266696687": "***87",
	} {
		n := newNumber(key, number, false)
		if n.String() != want || n.Full != "" || (n.Hash == "") != (number == "") {
			t.Errorf("newNumber(%q) = %+v, shown as %s; want %s", number, n, n, want)
		}
		if full := newNumber(key, number, true); number != "" && full.String() != number {
			t.Errorf("with full numbers %q is shown as %s", number, full)
		}
	}
	if HashNumber(key, "+1555") == HashNumber([]byte("other"), "+1555") || HashNumber(key, "+1555") == HashNumber(key, "+1556") {
		t.Error("hashes of other numbers, or with other keys, are the same")
	}
	out := Record{Direction: Outbound, From: Number{Hash: "a"}, To: Number{Hash: "b"}}
	if out.Outside().Hash != "b" {
		t.Errorf("outside number of a call that we placed = %v; want the called one", out.Outside())
	}
}

func TestNilJournalKeepsNothing(t *testing.T) {
	var j *Journal
	l := j.Begin(Keeping{}, somebody)
	l.Turn(call.TurnReport{})
	l.End(call.Termination{})
	if err := j.Close(t.Context()); err != nil || j.Status() != (Status{}) {
		t.Errorf("Close = %v, Status = %+v", err, j.Status())
	}
}
