package call

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// noInput is how long callers of these tests may say nothing.
const noInput = 8 * time.Second

// TestSilentCaller has the caller say and key nothing in every phase of a call.
func TestSilentCaller(t *testing.T) {
	const prompt = 3 * time.Second
	slow := func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
		return says('a', prompt), after(ctx, 20*time.Second)
	}
	prompts := func(context.Context, Turn, []byte) (*Answer, error) { return says('a', prompt), nil }
	tests := []struct {
		name   string
		answer func(context.Context, Turn, []byte) (*Answer, error)
		do     func(r *running)
		quiet  time.Duration // after do, so long nobody is asked again ...
		want   string        // ... and then this is heard from the beginning on
	}{
		{"from the start", prompts, func(*running) {}, noInput - 500*time.Millisecond, "t"},
		{"after a prompt", prompts, func(r *running) { r.speak(time.Second); pass(prompt - 100*time.Millisecond) }, noInput, "at\xffa"},
		{
			"during a long prompt", func(context.Context, Turn, []byte) (*Answer, error) { return says('a', 20*time.Second), nil },
			func(r *running) { r.speak(time.Second) }, 20*time.Second + noInput - 100*time.Millisecond, "at\xffa",
		},
		{
			"while they talk for long", prompts, func(r *running) { r.leg.talk(12 * time.Second); pass(12*time.Second + 800*time.Millisecond) },
			prompt + noInput, "at\xffa",
		},
		{"while the bot thinks", slow, func(r *running) { r.speak(time.Second) }, 6 * time.Second, "13s"},
		{
			"while they key", prompts, func(r *running) {
				pass(7 * time.Second)
				r.leg.press("1")
				pass(2900 * time.Millisecond)
				r.leg.press("2")
			},
			3*time.Second + prompt + noInput - 200*time.Millisecond, "at\xffa",
		},
		{"behind a key that is no digit", prompts, func(r *running) { pass(7 * time.Second); r.leg.press("#") }, noInput - 100*time.Millisecond, "t"},
		{
			"behind an apology", func(context.Context, Turn, []byte) (*Answer, error) { return nil, errors.New("region is dark") },
			func(r *running) { r.speak(time.Second) }, 600*time.Millisecond + noInput, "st",
		},
		{"behind a reminder that they interrupt with a word", prompts, func(r *running) {
			r.speak(time.Second)
			pass(prompt + noInput + 200*time.Millisecond)
			r.speak(time.Second)
		}, prompt + noInput - 100*time.Millisecond, "at\xffat\xffa"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{Sounds: testSounds(), NoInput: noInput}, test.answer)
				test.do(r)
				pass(test.quiet - 200*time.Millisecond)
				before := tags(r.leg.heard())
				pass(600 * time.Millisecond)
				asking := strings.Count(before, "t")
				pass(4 * time.Second)
				if word := tags(r.leg.heard()); word != test.want {
					t.Errorf("heard %q; want %q", word, test.want)
				}
				if want := strings.Count(test.want, "t"); want > 0 && asking != want-1 {
					t.Errorf("%v after they had the word %q was heard; want the last question only then", test.quiet-200*time.Millisecond, before)
				}
				r.stop()
				<-r.done
			})
		})
	}
}

// TestCallerWhoStaysSilentIsGivenUp times a call without a word from the caller.
func TestCallerWhoStaysSilentIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counters := new(Counters)
		r := start(t, Config{Sounds: testSounds(), NoInput: noInput, MaxSilent: 2, Counters: counters}, nil)
		end := <-r.done
		if want := (Termination{Result: CallerEnded, Reason: CallerSilent}); end != want {
			t.Errorf("Run = %+v; want %+v", end, want)
		}
		got := r.leg.heard()
		if word := tags(got); word != "tg" {
			t.Fatalf("heard %q; want the reminder, twice, and the goodbye", word)
		}
		if got[0].length != 1200*time.Millisecond {
			t.Errorf("heard %v of the reminder; want it twice", got[0].length)
		}
		if at, want := rounded(got[1].at), 3*noInput+1200*time.Millisecond; at < want || at > want+6*step {
			t.Errorf("the goodbye came at %v; want it at %v", at, want)
		}
		if now, heard := r.leg.now(), got[1].at+got[1].length; now < heard {
			t.Errorf("the call ended at %v, before the goodbye was heard at %v", now, heard)
		}
		if got := counters.Snapshot(); got.Silences != 3 || got.BotFailures != 0 || got.Turns != 0 {
			t.Errorf("counters = %+v; want 3 silences and nothing else", got)
		}
	})
}

// TestWordResetsTheCount has a caller who speaks now and then.
func TestWordResetsTheCount(t *testing.T) {
	tests := []struct {
		name string
		do   func(r *running)
	}{
		{"word", func(r *running) { r.speak(time.Second) }},
		{"key", func(r *running) { r.leg.press("1#"); pass(step) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{Sounds: testSounds(), NoInput: noInput, MaxSilent: 1}, func(context.Context, Turn, []byte) (*Answer, error) {
					return says('a', time.Second), nil
				})
				for range 4 {
					test.do(r)
					pass(time.Second + noInput + 3*time.Second)
				}
				if word, want := tags(r.leg.heard()), strings.Repeat("at\xffa", 3)+"at\xffa"; squeezed(word) != squeezed(want) {
					t.Errorf("heard %q; want %q", word, want)
				}
				r.stop()
				if end := <-r.done; end.Reason != Shutdown {
					t.Errorf("Run = %+v; want the call to go on", end)
				}
			})
		})
	}
}

// squeezed drops repetitions: an answer behind the same one is heard as one sound.
func squeezed(word string) string {
	for strings.Contains(word, "aa") {
		word = strings.ReplaceAll(word, "aa", "a")
	}
	return word
}

func TestWithoutALimitNobodyIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{Sounds: testSounds()}, func(context.Context, Turn, []byte) (*Answer, error) { return says('a', time.Second), nil })
		r.speak(time.Second)
		pass(10 * time.Minute)
		if word := tags(r.leg.heard()); word != "a" {
			t.Errorf("heard %q; want the answer alone", word)
		}
		r.stop()
		<-r.done
	})
}
