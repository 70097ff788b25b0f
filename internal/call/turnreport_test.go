package call

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lexline/internal/secret"
)

// reported runs a call with what the script does to it, and returns what was told of
// its turns. The times of reports are left to the test.
func reported(t *testing.T, cfg Config, answer func(ctx context.Context, turn Turn, heard []byte) (*Answer, error), script func(r *running)) (reports []TurnReport) {
	t.Helper()
	cfg.Report = func(info Info, report TurnReport) {
		if info.ID != "CA1" {
			t.Errorf("report of call %q; want CA1", info.ID)
		}
		reports = append(reports, report)
	}
	r := start(t, cfg, answer)
	script(r)
	r.stop()
	<-r.done
	return reports
}

// near reports whether a time is where it is wanted, to a frame or two: the caller's
// clock, the network's and ours tick apart.
func near(got, want time.Duration) bool {
	return got >= want-60*time.Millisecond && got <= want+60*time.Millisecond
}

// checkTimes compares the times of a report, in the order of TurnReport.
func checkTimes(t *testing.T, r TurnReport, want ...time.Duration) {
	t.Helper()
	names := []string{"Began", "Ended", "Noticed", "Asked", "Answered", "FirstSent", "FirstHeard", "Told", "Length"}
	for i, got := range []time.Duration{r.Began, r.Ended, r.Noticed, r.Asked, r.Answered, r.FirstSent, r.FirstHeard, r.Told, r.Length} {
		if !near(got, want[i]) || (want[i] == 0) != (got == 0) {
			t.Errorf("turn %d: %s = %v; want about %v", r.Number, names[i], got, want[i])
		}
	}
}

const ms = time.Millisecond

func TestReportOfASpokenTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := reported(t, Config{}, func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			a := says('a', time.Second)
			a.Transcript, a.Intent, a.State, a.Elicits, a.Region = "roses please", "OrderFlowers", "InProgress", "PickupDate", "us-west-2"
			a.Messages, a.Slots = []string{"Fine.", "When?"}, map[string]string{"FlowerType": "roses"}
			if turn.Number == 2 {
				a.Closed, a.Elicits = true, ""
			}
			return a, after(ctx, 300*ms)
		}, func(r *running) {
			r.speak(time.Second) // from 500 ms to 1.5 s, noticed 800 ms later
			pass(2 * time.Second)
			r.speak(time.Second)
			pass(3 * time.Second)
		})
		if len(reports) != 2 {
			t.Fatalf("%d reports; want one for each of 2 turns: %+v", len(reports), reports)
		}
		checkTimes(t, reports[0], 500*ms, 1500*ms, 2300*ms, 660*ms, 2600*ms, 2600*ms, 2600*ms, time.Second, time.Second)
		want := []TurnReport{
			{
				Number: 1, Kind: TurnSpoken, Region: "us-west-2", Intent: "OrderFlowers", State: "InProgress", Elicits: "PickupDate",
				Slots: map[string]secret.Text{"FlowerType": secret.New("roses")}, Words: secret.New("roses please"), Said: secret.New("Fine. When?"),
			},
			{
				Number: 2, Kind: TurnSpoken, Region: "us-west-2", Intent: "OrderFlowers", State: "InProgress", Expected: "PickupDate", Closed: true,
				Slots: map[string]secret.Text{"FlowerType": secret.New("roses")}, Words: secret.New("roses please"), Said: secret.New("Fine. When?"),
			},
		}
		if diff := cmp.Diff(want, reports, cmpopts.IgnoreTypes(time.Duration(0))); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestReportsSayWhatBecameOfTurns(t *testing.T) {
	hour := func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) { return nil, after(ctx, time.Hour) }
	long := func(context.Context, Turn, []byte) (*Answer, error) { return says('a', 10*time.Second), nil }
	fails := func(err error) func(context.Context, Turn, []byte) (*Answer, error) {
		return func(context.Context, Turn, []byte) (*Answer, error) { return nil, err }
	}
	sounds := Sounds{Apology: make([]byte, 8000), StillThere: make([]byte, 4000), Fillers: [][]byte{make([]byte, 4000)}}
	tests := []struct {
		name   string
		cfg    Config
		answer func(context.Context, Turn, []byte) (*Answer, error)
		script func(r *running)
		want   []string
	}{
		{"nothing happens", Config{}, long, func(*running) {}, nil},
		{"interrupted by words", Config{}, long, func(r *running) {
			r.speak(time.Second)
			pass(2 * time.Second)
			r.talkFor(time.Second)
		}, []string{"1 speech answered, 2s of 10s, interrupted", "2 speech"}},
		{"interrupted by a key", Config{}, long, func(r *running) {
			r.speak(time.Second)
			pass(2 * time.Second)
			r.leg.press("1")
			pass(100 * ms)
		}, []string{"1 speech answered, 2s of 10s, interrupted"}},
		{"keys", Config{}, long, func(r *running) {
			r.leg.press("12#")
			pass(time.Second)
		}, []string{"1 keys answered, 1s of 10s, 2 keys"}},
		{"keys in place of words", Config{}, hour, func(r *running) {
			r.talkFor(time.Second)
			r.leg.press("12#")
			pass(time.Second)
		}, []string{"1 speech", "2 keys, 2 keys"}},
		{"the bot fails", Config{FailureOf: func(error) string { return "soft" }, Sounds: sounds}, fails(errors.New("x")), func(r *running) {
			r.speak(time.Second)
			pass(2 * time.Second)
		}, []string{"1 speech failed soft, 1s of 1s"}},
		{"the bot fails without a word for it", Config{Sounds: sounds}, fails(errors.New("x")), func(r *running) {
			r.speak(time.Second)
			pass(2 * time.Second)
		}, []string{"1 speech failed failed, 1s of 1s"}},
		{"the bot answers nothing", Config{Sounds: sounds}, fails(nil), func(r *running) {
			r.speak(time.Second)
			pass(2 * time.Second)
		}, []string{"1 speech failed no_answer, 1s of 1s"}},
		{"the bot is late", Config{Sounds: sounds}, hour, func(r *running) {
			r.speak(time.Second)
			pass(8 * time.Second)
		}, []string{"1 speech failed late, 1s of 1s, 2 fillers"}},
		{"the rest of the voice is lost", Config{}, func(context.Context, Turn, []byte) (*Answer, error) {
			return says('a', time.Second), errors.New("x")
		}, func(r *running) {
			r.speak(time.Second)
			pass(2 * time.Second)
		}, []string{"1 speech answered, failed cut, 1s of 1s"}},
		{"hung up while the bot thinks", Config{}, hour, func(r *running) { r.speak(time.Second) }, []string{"1 speech"}},
		{"asked again", Config{NoInput: 3 * time.Second, Sounds: sounds}, long, func(*running) { pass(4 * time.Second) }, []string{"0 none, 500ms of 500ms"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []string
				for _, r := range reported(t, tt.cfg, tt.answer, tt.script) {
					got = append(got, inShort(r))
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("reports (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// talkFor has the caller talk, and looks in the middle of it.
func (r *running) talkFor(d time.Duration) {
	r.leg.talk(d)
	pass(d / 2)
}

// inShort is a report in the words of a test.
func inShort(r TurnReport) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d %s", r.Number, r.Kind)
	if r.Answered != 0 {
		s.WriteString(" answered")
		if r.Failure != "" {
			s.WriteString(",")
		}
	}
	if r.Failure != "" {
		s.WriteString(" failed " + r.Failure)
	}
	if r.Length > 0 {
		unit := 100 * ms
		if r.Interrupted {
			unit = time.Second // how soon a caller is heard is not what is tested here
		}
		fmt.Fprintf(&s, ", %v of %v", r.Told.Round(unit), r.Length)
	}
	for _, count := range []struct {
		n    int
		word string
	}{{r.Fillers, "fillers"}, {r.Keys, "keys"}} {
		if count.n > 0 {
			fmt.Fprintf(&s, ", %d %s", count.n, count.word)
		}
	}
	if r.Interrupted {
		s.WriteString(", interrupted")
	}
	return s.String()
}

// reportWitness checks what must hold of reports in any call.
type reportWitness struct {
	latest int // turn that was told of
	told   int // turns with words or keys
}

func (w *reportWitness) take(r TurnReport, now time.Duration) error {
	if r.Kind != TurnNone {
		w.told++
		if r.Number != w.latest+1 {
			return fmt.Errorf("turn %d is told of after turn %d", r.Number, w.latest)
		}
		w.latest = r.Number
	}
	if r.Told < 0 || r.Told > r.Length || r.Length > 0 && r.FirstSent == 0 && r.Told > 0 {
		return fmt.Errorf("heard %v of %v, from %v on", r.Told, r.Length, r.FirstSent)
	}
	if r.FirstHeard != 0 && (r.FirstSent == 0 || r.FirstHeard < r.FirstSent) {
		return fmt.Errorf("heard at %v, sent at %v", r.FirstHeard, r.FirstSent)
	}
	before := time.Duration(0)
	for i, at := range []time.Duration{r.Began, r.Ended, r.Noticed, r.Answered, r.FirstSent, r.FirstHeard, now} {
		if at != 0 && at < before {
			return fmt.Errorf("time %d of %+v is before the one before it", i, r)
		}
		before = max(before, at)
	}
	if len(r.Keyed.Reveal()) != r.Keys {
		return fmt.Errorf("%d keys, and %d of them are told", r.Keys, len(r.Keyed.Reveal()))
	}
	if (r.Kind == TurnKeyed) != (r.Keys > 0) || r.Kind == TurnSpoken && r.Asked == 0 {
		return fmt.Errorf("%d keys, asked at %v, in a turn of kind %s", r.Keys, r.Asked, r.Kind)
	}
	return nil
}

// over checks, at the end of a call, that each turn was told of.
func (w *reportWitness) over(c *conversation) error {
	for _, act := range c.end(c.now) {
		if err := w.take(*act.report, c.now); err != nil {
			return err
		}
	}
	if w.told != c.counts.turns || len(c.end(c.now)) != 0 {
		return fmt.Errorf("%d turns told of; want all %d, once", w.told, c.counts.turns)
	}
	return nil
}

// TestFollowingATurnAllocatesNothing has frames pass while a turn is followed.
func TestFollowingATurnAllocatesNothing(t *testing.T) {
	for _, p := range []phase{listening, hearing, owed, speaking} {
		c := conversation{rules: testRules, phase: p, now: time.Second}
		c.rules.giveUp = time.Hour
		c.beginReport(TurnSpoken)
		now := time.Second
		c.step(now, input{kind: inFrame})
		if n := testing.AllocsPerRun(100, func() {
			now += 20 * time.Microsecond
			c.step(now, input{kind: inFrame})
		}); n != 0 {
			t.Errorf("a frame in phase %d costs %v allocations; want none", p, n)
		}
	}
}
