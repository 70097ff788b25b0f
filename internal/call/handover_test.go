package call

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// flowerShop hands callers over in every way there is.
var flowerShop = Handover{
	Targets: []string{"sales", "desk"}, Redirects: []string{"survey"},
	Intents: map[string]string{"TalkToAgent": "desk"},
	Key:     '0', KeyTo: "desk", KeySlots: []string{"Guests"},
	Failed: "desk", Silent: "desk", TooLong: "desk",
	Goodbye: "GoodbyeIntent",
	Hidden:  []string{"CardNumber", "Address", "Trip.Door"},
}

func TestWhatAnAnswerEndsACallWith(t *testing.T) {
	with := func(attributes ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(attributes); i += 2 {
			all[attributes[i]] = attributes[i+1]
		}
		return all
	}
	goesOn := Termination{Result: Success, Reason: BotClosed} // not looked at
	tests := []struct {
		name   string
		answer Answer
		back   Fruitless
		ends   bool
		want   Termination
	}{
		{"a question", Answer{Intent: "OrderFlowers", State: "InProgress"}, Fruitless{}, false, goesOn},
		{"the dialog is closed", Answer{Intent: "OrderFlowers", State: "Fulfilled", Closed: true}, Fruitless{}, true, Termination{Result: Success, Reason: BotClosed}},
		{"goodbye, and the dialog is left open", Answer{Intent: "GoodbyeIntent", State: "Fulfilled"}, Fruitless{}, true, Termination{Result: Success, Reason: BotClosed}},
		{"goodbye that is not fulfilled", Answer{Intent: "GoodbyeIntent", State: "InProgress"}, Fruitless{}, false, goesOn},
		{"intent fulfilled", Answer{Intent: "TalkToAgent", State: "Fulfilled"}, Fruitless{}, true, transferred("desk")},
		{"intent ready", Answer{Intent: "TalkToAgent", State: "ReadyForFulfillment"}, Fruitless{}, true, transferred("desk")},
		{"intent in progress", Answer{Intent: "TalkToAgent", State: "InProgress"}, Fruitless{}, false, goesOn},
		{"intent in force when the bot closes", Answer{Intent: "TalkToAgent", State: "InProgress", Closed: true}, Fruitless{}, true, transferred("desk")},
		{"the caller said no to being handed over", Answer{Intent: "TalkToAgent", State: "Failed", Closed: true}, Fruitless{}, true, Termination{Result: Success, Reason: BotClosed}},
		{"attribute, in the middle of a dialog", Answer{Intent: "OrderFlowers", State: "InProgress", Attributes: with(TransferAttribute, "sales")}, Fruitless{}, true, transferred("sales")},
		{"attribute goes before intent", Answer{Intent: "TalkToAgent", State: "Fulfilled", Attributes: with(TransferAttribute, "sales")}, Fruitless{}, true, transferred("sales")},
		{"attribute names a number", Answer{Attributes: with(TransferAttribute, "+15550199")}, Fruitless{}, false, goesOn},
		{"attribute names a redirect", Answer{Attributes: with(TransferAttribute, "survey")}, Fruitless{}, false, goesOn},
		{"redirect", Answer{Attributes: with(RedirectAttribute, "survey")}, Fruitless{}, true, Termination{Result: Success, Reason: Redirected, Next: Next{Kind: NextRedirect, Target: "survey"}}},
		{"redirect to an address", Answer{Attributes: with(RedirectAttribute, "https://example.com")}, Fruitless{}, false, goesOn},
		{"hang-up", Answer{Attributes: with(HangUpAttribute, "yes")}, Fruitless{}, true, Termination{Result: Success, Reason: BotHungUp}},
		{"no hang-up", Answer{Attributes: with(HangUpAttribute, "No")}, Fruitless{}, false, goesOn},

		{"back, the attribute is still there", Answer{Intent: "OrderFlowers", State: "InProgress", Attributes: with(TransferAttribute, "sales")}, Fruitless{{"sales", "TalkToSales"}}, false, goesOn},
		{"back, and another intent is closed", Answer{Intent: "OrderFlowers", State: "Fulfilled", Closed: true, Attributes: with(TransferAttribute, "sales")}, Fruitless{{"sales", "TalkToSales"}}, true, Termination{Result: Success, Reason: BotClosed}},
		{"back, and asked for again", Answer{Intent: "TalkToSales", State: "Fulfilled", Closed: true, Attributes: with(TransferAttribute, "sales")}, Fruitless{{"sales", "TalkToSales"}}, true, transferred("sales")},
		{"back, and asked for somebody else", Answer{Attributes: with(TransferAttribute, "desk")}, Fruitless{{"sales", "TalkToSales"}}, true, transferred("desk")},
		{"back from both, the first attribute is still there", Answer{Intent: "OrderFlowers", State: "InProgress", Attributes: with(TransferAttribute, "sales")}, Fruitless{{"desk", "TalkToAgent"}, {"sales", "OrderFlowers"}}, false, goesOn},
		{"back, and asked for by intent", Answer{Intent: "TalkToAgent", State: "Fulfilled"}, Fruitless{{"desk", "TalkToAgent"}}, true, transferred("desk")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ends := flowerShop.after(&test.answer, test.back)
			if ends != test.ends || ends && got != test.want {
				t.Errorf("after(%+v) = %+v, %t; want %+v, %t", test.answer, got, ends, test.want, test.ends)
			}
		})
	}
	if _, ends := new(Handover).after(&Answer{Intent: "TalkToAgent", Attributes: with(TransferAttribute, "desk", RedirectAttribute, "")}, Fruitless{}); ends {
		t.Error("without a configuration a bot ended a call by attribute")
	}
}

func TestFruitlessHandOvers(t *testing.T) {
	var f Fruitless
	for i, target := range []string{"a", "b", "a", "c", "d", "e"} {
		f = f.With(Returned{Target: target, Intent: strconv.Itoa(i)})
	}
	if want := (Fruitless{{"e", "5"}, {"d", "4"}, {"c", "3"}, {"a", "2"}}); f != want {
		t.Errorf("got %v; want %v: the latest of each target, without the oldest", f, want)
	}
	if got, ok := f.to("a"); !ok || got.Intent != "2" {
		t.Errorf("to a: %v, %t", got, ok)
	}
	for _, target := range []string{"b", ""} {
		if got, ok := f.to(target); ok {
			t.Errorf("to %q: %v; want none", target, got)
		}
	}
}

func TestWhatIsPassedOn(t *testing.T) {
	slots := map[string]string{"FlowerType": "roses", "PickupDate": "2026-12-01", "CardNumber": "4111", "Address.Street": "Elm Street", "Trip": "home, door 4", "Trip.Door": "4", "Trips": "2"}
	tests := []struct {
		name   string
		answer *Answer
		want   string
	}{
		{"nothing is known", nil, ""},
		{"no intent", &Answer{Slots: map[string]string{"a": "b"}}, ""},
		{"intent", &Answer{Intent: "TalkToAgent"}, "TalkToAgent"},
		{"slots in order, without the hidden ones", &Answer{Intent: "OrderFlowers", Slots: slots}, "OrderFlowers; FlowerType: roses; PickupDate: 2026-12-01; Trips: 2"},
		{"the bot's own words", &Answer{Intent: "OrderFlowers", Slots: slots, Attributes: map[string]string{ContextAttribute: "a wedding \xff"}}, "a wedding \uFFFD"},
	}
	for _, test := range tests {
		if got := flowerShop.context(test.answer); got != test.want {
			t.Errorf("%s: context = %q; want %q", test.name, got, test.want)
		}
	}
	long := flowerShop.context(&Answer{Intent: "I", Attributes: map[string]string{ContextAttribute: strings.Repeat("é", MaxContext)}})
	if len(long) > MaxContext || len(long) < MaxContext-1 || !utf8.ValidString(long) {
		t.Errorf("long context has %d bytes, valid %t; want %d at most, cut between letters", len(long), utf8.ValidString(long), MaxContext)
	}
}

// TestLastWordsAreHeardBeforeTheHandOver has the bot ask for it in its second answer.
func TestLastWordsAreHeardBeforeTheHandOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{Handover: flowerShop}, func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			answer := says('a', 2*time.Second)
			answer.Intent, answer.Slots = "OrderFlowers", map[string]string{"FlowerType": "roses"}
			if turn.Number == 2 {
				answer.Attributes = map[string]string{TransferAttribute: "sales"}
			}
			return answer, after(ctx, 300*time.Millisecond)
		})
		r.speak(time.Second)
		pass(3 * time.Second)
		r.speak(time.Second)
		r.leg.talk(time.Second) // into the last words: it changes nothing
		end := <-r.done
		want := transferred("sales")
		want.Next.Context, want.Next.Intent = "OrderFlowers; FlowerType: roses", "OrderFlowers"
		if diff := cmp.Diff(want, end); diff != "" {
			t.Errorf("end (-want +got):\n%s", diff)
		}
		if until := r.leg.playedAt + duration(len(r.leg.playing)); r.leg.now() < until {
			t.Errorf("handed over at %v, before the last words were heard at %v", r.leg.now(), until)
		}
		if got, want := r.leg.played('a'), 4000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes; want both answers whole, %d", got, want)
		}
		if r.leg.end != end {
			t.Errorf("the leg was closed with %+v; want %+v", r.leg.end, end)
		}
	})
}

// TestKeyForAPerson has callers press keys while the bot speaks: its question about
// guests is one that the key may be a digit of.
func TestKeyForAPerson(t *testing.T) {
	keyed := Termination{Result: Success, Reason: KeyedForPerson, Next: Next{Kind: NextTransfer, Target: "desk", Intent: "OrderFlowers", Context: "OrderFlowers"}}
	tests := []struct {
		name   string
		elicit string
		press  func(r *running)
		asked  string // keys that the bot is asked with
		want   Termination
	}{
		{"alone", "FlowerType", func(r *running) { r.leg.press("0") }, "", keyed},
		{"with the end key", "FlowerType", func(r *running) { r.leg.press("0#") }, "0", Termination{}},
		{"part of a number", "FlowerType", func(r *running) { r.leg.press("10") }, "10", Termination{}},
		{"twice", "FlowerType", func(r *running) { r.leg.press("0"); pass(2 * time.Second); r.leg.press("0") }, "00", Termination{}},
		{"another key", "FlowerType", func(r *running) { r.leg.press("9") }, "9", Termination{}},
		{"while it may be a digit", "Guests", func(r *running) { r.leg.press("0") }, "0", Termination{}},
		{"after the end key of another number", "FlowerType", func(r *running) { r.leg.press("12#"); pass(2 * time.Second); r.leg.press("0") }, "12", keyed},
		{"gathered by the carrier", "FlowerType", func(r *running) { r.leg.gather("0") }, "", keyed},
		{"gathered by the carrier as part of a number", "FlowerType", func(r *running) { r.leg.gather("20") }, "20", Termination{}},
		{"gathered behind a number", "FlowerType", func(r *running) { r.leg.gather("12"); pass(2 * time.Second); r.leg.gather("0") }, "12", keyed},
		{"while it may be a digit, gathered", "Guests", func(r *running) { r.leg.gather("0") }, "0", Termination{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{Handover: flowerShop}, func(context.Context, Turn, []byte) (*Answer, error) {
					answer := says('a', time.Second)
					answer.Intent, answer.Elicits = "OrderFlowers", test.elicit
					return answer, nil
				})
				r.speak(time.Second)
				test.press(r)
				pass(3*time.Second + 100*time.Millisecond)
				r.stop()
				end := <-r.done
				if test.want == (Termination{}) {
					test.want = Termination{Result: ServerFault, Reason: Shutdown} // it went on
				}
				if diff := cmp.Diff(test.want, end); diff != "" {
					t.Errorf("end (-want +got):\n%s", diff)
				}
				asked := ""
				for _, turn := range r.bot.turns {
					asked += turn.Text
				}
				if asked != test.asked {
					t.Errorf("the bot was asked with the keys %q; want %q", asked, test.asked)
				}
			})
		})
	}
}

// TestKeysThatTheCarrierGathered are not waited for once more, and nothing before them is.
func TestKeysThatTheCarrierGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(context.Context, Turn, []byte) (*Answer, error) { return says('a', time.Second), nil })
		r.leg.gather("") // without keys it says nothing
		r.leg.gather("12")
		pass(200 * time.Millisecond)
		r.stop()
		<-r.done
		if len(r.bot.turns) != 1 || r.bot.turns[0].Text != "12" {
			t.Errorf("the bot was asked %+v; want it asked with 12, at once", r.bot.turns)
		}
	})
}

// TestInPlaceOfAGoodbye has calls end that go nowhere: the goodbye is not said to
// callers who are handed over.
func TestInPlaceOfAGoodbye(t *testing.T) {
	dark := func(context.Context, Turn, []byte) (*Answer, error) { return nil, errors.New("region is dark") }
	prompts := func(context.Context, Turn, []byte) (*Answer, error) { return says('a', time.Second), nil }
	tests := []struct {
		name   string
		cfg    Config
		answer func(context.Context, Turn, []byte) (*Answer, error)
		do     func(r *running)
		want   Termination // but for Next
	}{
		{"the bot failed", Config{MaxFailures: 2}, dark, func(r *running) { r.speak(time.Second); pass(time.Second); r.speak(time.Second) }, Termination{Result: UpstreamFault, Reason: BotFailed}},
		{"the caller is silent", Config{NoInput: 3 * time.Second, MaxSilent: 1}, prompts, func(*running) { pass(10 * time.Second) }, Termination{Result: CallerEnded, Reason: CallerSilent}},
		{"too long", Config{MaxTime: 5 * time.Second}, prompts, func(*running) { pass(10 * time.Second) }, Termination{Result: LimitReached, Reason: TooLong}},
	}
	for _, test := range tests {
		for _, way := range []struct {
			name     string
			handover Handover
			back     Fruitless
			desk     bool
		}{
			{"without a target", Handover{}, Fruitless{}, false},
			{"with one", flowerShop, Fruitless{}, true},
			{"back from another", flowerShop, Fruitless{{Target: "sales"}}, true},
			{"back from it", flowerShop, Fruitless{{Target: "sales"}, {Target: "desk"}}, false}, // else the call goes round for ever
		} {
			t.Run(test.name+", "+way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := test.cfg
					cfg.Handover = way.handover
					cfg.Sounds = Sounds{Apology: soundLike('s', 500*time.Millisecond), StillThere: soundLike('t', 500*time.Millisecond), Goodbye: soundLike('g', 2*time.Second)}
					r := startAs(t, cfg, Info{ID: "CA1", Returned: way.back}, test.answer)
					test.do(r)
					want := test.want
					goodbye := 2000 * bytesPerMillisecond
					if way.desk {
						want.Next, goodbye = transferTo("desk"), 0
					}
					if diff := cmp.Diff(want, <-r.done); diff != "" {
						t.Errorf("end (-want +got):\n%s", diff)
					}
					if got := r.leg.played('g'); got != goodbye {
						t.Errorf("played %d bytes of the goodbye; want %d", got, goodbye)
					}
				})
			})
		}
	}
}

func soundLike(tag byte, d time.Duration) []byte {
	mulaw, _ := says(tag, d).Speech.From(0)
	return mulaw
}

// TestLongestTime has a call reach it in every phase: it ends at the next moment in
// which nobody says or owes anything, and half a minute later in any.
func TestLongestTime(t *testing.T) {
	const most = 60 * time.Second
	prompt := func(d time.Duration) func(context.Context, Turn, []byte) (*Answer, error) {
		return func(context.Context, Turn, []byte) (*Answer, error) { return says('a', d), nil }
	}
	tests := []struct {
		name   string
		answer func(context.Context, Turn, []byte) (*Answer, error)
		began  time.Duration // before this stream
		do     func(r *running)
		from   time.Duration // it ends between these
		to     time.Duration
	}{
		{"while the caller is waited for", prompt(time.Second), 0, func(*running) {}, most, most + 100*time.Millisecond},
		{"on an earlier stream", prompt(time.Second), 50 * time.Second, func(*running) {}, 10 * time.Second, 10*time.Second + 100*time.Millisecond},
		{"longer ago", prompt(time.Second), time.Hour, func(*running) {}, 0, 600 * time.Millisecond},
		{"while the caller speaks", prompt(time.Second), 0, func(r *running) { pass(58 * time.Second); r.speak(5 * time.Second) }, 65 * time.Second, 67 * time.Second},
		{"while the bot speaks", prompt(10 * time.Second), 0, func(r *running) { pass(55 * time.Second); r.speak(time.Second) }, 67 * time.Second, 68 * time.Second},
		{"while the bot speaks for ever", prompt(time.Hour), 0, func(r *running) { pass(55 * time.Second); r.speak(time.Second) }, most + overtime, most + overtime + 100*time.Millisecond},
		{"while the bot thinks for ever", func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) { return nil, after(ctx, time.Hour) }, 0, func(r *running) { pass(55 * time.Second); r.speak(time.Second) }, most + overtime, most + overtime + 100*time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startAs(t, Config{MaxTime: most, GiveUp: time.Hour, Handover: flowerShop}, Info{ID: "CA1", Began: beganBefore(test.began)}, test.answer)
				test.do(r)
				end := <-r.done
				if end.Reason != TooLong || end.Next.Target != "desk" {
					t.Errorf("end = %+v; want it too long, and the caller handed over", end)
				}
				if took := r.leg.now(); took < test.from || took > test.to {
					t.Errorf("the stream took %v; want %v to %v", took, test.from, test.to)
				}
			})
		})
	}
}

// beganBefore is when a call began that has gone on for d, or the zero time.
func beganBefore(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(-d)
}
