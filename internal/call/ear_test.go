package call

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sound is d of one byte, by which a test knows it again.
func sound(tag byte, d time.Duration) []byte {
	return bytes.Repeat([]byte{tag}, int(d/time.Millisecond)*bytesPerMillisecond)
}

// testSounds are two short fillers and two longer ones, told apart by their bytes.
func testSounds() Sounds {
	return Sounds{
		Fillers: [][]byte{
			sound('1', 900*time.Millisecond), sound('2', 700*time.Millisecond),
			sound('3', 1700*time.Millisecond), sound('4', 1500*time.Millisecond),
		},
		Apology:    sound('s', 800*time.Millisecond),
		StillThere: sound('t', 600*time.Millisecond),
		Goodbye:    sound('g', 900*time.Millisecond),
	}
}

// heardSound is a run of one byte that a carrier was sent.
type heardSound struct {
	tag    byte
	at     time.Duration // when its first piece went out
	length time.Duration
}

// heard lists what was sent to the caller, piece by piece of one kind.
func (l *fakeCarrier) heard() (sounds []heardSound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, out := range l.outputs {
		if out.Kind != Play {
			continue
		}
		for rest := out.Audio; len(rest) > 0; {
			n := len(rest) - len(bytes.TrimLeft(rest, string(rest[:1])))
			if len(sounds) == 0 || sounds[len(sounds)-1].tag != rest[0] {
				sounds = append(sounds, heardSound{tag: rest[0], at: out.at})
			}
			sounds[len(sounds)-1].length += duration(n)
			rest = rest[n:]
		}
	}
	return sounds
}

// tags spells what was heard.
func tags(sounds []heardSound) string {
	var word []byte
	for _, s := range sounds {
		word = append(word, s.tag)
	}
	return string(word)
}

func (l *fakeCarrier) clears() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, out := range l.outputs {
		if out.Kind == Clear {
			n++
		}
	}
	return n
}

// TestSlowBot times what the caller hears from their last word on.
func TestSlowBot(t *testing.T) {
	type at struct {
		tag byte
		at  time.Duration // after the caller's last word
	}
	const end = 800 * time.Millisecond // when the turn is found to be over
	tests := []struct {
		name   string
		answer func(ctx context.Context) (*Answer, error)
		want   []at
	}{
		{
			"in time", func(ctx context.Context) (*Answer, error) {
				return says('a', time.Second), after(ctx, 600*time.Millisecond)
			},
			[]at{{'a', end + 600*time.Millisecond}},
		},
		{
			"a little late: the filler ends first", func(ctx context.Context) (*Answer, error) {
				return says('a', time.Second), after(ctx, 800*time.Millisecond)
			},
			[]at{{'1', 1500 * time.Millisecond}, {'a', 2200 * time.Millisecond}}, // goes out 200 ms ahead of the ear
		},
		{
			"long", func(ctx context.Context) (*Answer, error) {
				return says('a', time.Second), after(ctx, 5900*time.Millisecond)
			},
			[]at{{'1', 1500 * time.Millisecond}, {'3', 4500 * time.Millisecond}, {'a', end + 5900*time.Millisecond}},
		},
		{
			"while a long filler has just begun", func(ctx context.Context) (*Answer, error) {
				return says('a', time.Second), after(ctx, 4*time.Second)
			},
			[]at{{'1', 1500 * time.Millisecond}, {'3', 4500 * time.Millisecond}, {'a', end + 4*time.Second}},
		},
		{
			"failing early", func(ctx context.Context) (*Answer, error) {
				return nil, errors.Join(after(ctx, 100*time.Millisecond), errors.New("region is dark"))
			},
			[]at{{'s', end + 100*time.Millisecond}},
		},
		{
			"never", func(ctx context.Context) (*Answer, error) { return nil, after(ctx, time.Hour) },
			[]at{{'1', 1500 * time.Millisecond}, {'3', 4500 * time.Millisecond}, {'s', end + 6200*time.Millisecond}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{Sounds: testSounds()}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
					return test.answer(ctx)
				})
				spoken := r.leg.now() + time.Second
				r.leg.talk(time.Second)
				pass(11 * time.Second)
				r.stop()
				<-r.done
				got := r.leg.heard()
				if len(got) != len(test.want) {
					t.Fatalf("heard %v; want %v", got, test.want)
				}
				for i, want := range test.want {
					if late := got[i].at - spoken - want.at; got[i].tag != want.tag || late < -2*step || late > 2*step {
						t.Errorf("heard %c at %v; want %c at %v", got[i].tag, got[i].at-spoken, want.tag, want.at)
					}
				}
			})
		})
	}
}

func TestFillersAreSentWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sounds := testSounds()
		r := start(t, Config{Sounds: sounds}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return says('a', time.Second), after(ctx, 5900*time.Millisecond)
		})
		for range 2 {
			r.speak(time.Second)
			pass(8 * time.Second)
		}
		r.stop()
		<-r.done
		got := r.leg.heard()
		if word := tags(got); word != "13a24a" {
			t.Errorf("heard %s; want 13a24a: a short filler, a longer one, and not the same again", word)
		}
		for _, s := range got {
			for _, filler := range sounds.Fillers {
				if filler[0] == s.tag && duration(len(filler)) != s.length {
					t.Errorf("heard %v of filler %c; want all %v", s.length, s.tag, duration(len(filler)))
				}
			}
		}
	})
}

func TestQuestionIsAskedAgainBehindTheApology(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counters := new(Counters)
		r := start(t, Config{Sounds: testSounds(), Counters: counters}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			switch turn.Number {
			case 2:
				return says('q', 1500*time.Millisecond), nil
			case 5:
				return says('r', time.Second), nil
			}
			return nil, errors.New("region is dark")
		})
		for range 8 {
			r.speak(time.Second)
			pass(4 * time.Second)
		}
		if end := <-r.done; end.Reason != BotFailed {
			t.Errorf("Run = %+v; want %s", end, BotFailed)
		}
		got := r.leg.heard()
		// Nothing was asked before the first failure; two failures repeat the first
		// question, two the second one, and the third in a row is the last.
		const pause = "\xff"
		if word, want := tags(got), "sq"+"s"+pause+"q"+"s"+pause+"q"+"r"+"s"+pause+"r"+"s"+pause+"r"+"g"; word != want {
			t.Errorf("heard %q; want %q", word, want)
		}
		for _, s := range got {
			if s.tag == 'q' && s.length != 1500*time.Millisecond || s.tag == 's' && s.length != 800*time.Millisecond {
				t.Errorf("heard %v of %c; want all of it", s.length, s.tag)
			}
		}
		if snapshot := counters.Snapshot(); snapshot.Apologies != 5 || snapshot.BotFailures != 6 {
			t.Errorf("counters = %+v; want 5 apologies for 6 failures", snapshot)
		}
	})
}

func TestCallerInterruptsTheQuestionThatIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{Sounds: testSounds()}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 2 {
				return nil, errors.New("region is dark")
			}
			return says('0'+byte(turn.Number), 8*time.Second), nil
		})
		r.speak(time.Second)
		pass(3 * time.Second)
		r.speak(time.Second)
		pass(2 * time.Second) // in the middle of the question
		r.speak(time.Second)
		pass(time.Second)
		if word := tags(r.leg.heard()); word != "1s\xff13" {
			t.Errorf("heard %q; want the question, the apology, the question, and the next answer", word)
		}
		if got := r.leg.clears(); got != 2 {
			t.Errorf("%d clears; want one for each interruption", got)
		}
		r.stop()
		<-r.done
	})
}

// TestLongQuestionIsCutToItsEnd bounds what a call keeps to say again.
func TestLongQuestionIsCutToItsEnd(t *testing.T) {
	c := New(Config{Sounds: testSounds()}, Info{}, nil, nil)
	c.asked = &Answer{Speech: NewFinishedSpeech(slices.Concat(sound('x', 20*time.Second), sound('q', 30*time.Second)))}
	want := slices.Concat(c.cfg.Sounds.Apology, sound(silence, 300*time.Millisecond), sound('q', 30*time.Second))
	c.askAgain(c.cfg.Sounds.Apology, "")
	if got, _ := c.reply.From(0); !bytes.Equal(got, want) {
		t.Errorf("apology and question last %v; want %v: the last 30 s of the question", duration(len(got)), duration(len(want)))
	}
}

// TestBotThatNeverReturns has a bot that does not even mind being cancelled.
func TestBotThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := make(chan struct{})
		r := start(t, Config{Sounds: testSounds()}, func(context.Context, Turn, []byte) (*Answer, error) {
			<-released
			return nil, errors.New("released")
		})
		for range 3 {
			r.speak(time.Second)
			pass(8 * time.Second)
		}
		if word := tags(r.leg.heard()); word != "13s24s13g" {
			t.Errorf("heard %q; want fillers and an apology, twice, then fillers and the goodbye", word)
		}
		close(released)
		if end := <-r.done; end.Reason != BotFailed {
			t.Errorf("Run = %+v; want %s", end, BotFailed)
		}
	})
}

// TestVoiceStops has the bot answer in time and its voice come late or with a hole.
func TestVoiceStops(t *testing.T) {
	tests := []struct {
		name  string
		first time.Duration // of voice at once
		want  string
	}{
		{"before it begins", 0, "13a"},
		{"in the middle", time.Second, "a13a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{Sounds: testSounds()}, func(context.Context, Turn, []byte) (*Answer, error) {
					voice := NewSpeech(1 << 20)
					_ = voice.Append(sound('a', test.first))
					time.AfterFunc(5*time.Second+test.first, func() {
						_ = voice.Append(sound('a', 2*time.Second))
						voice.End(nil)
					})
					return &Answer{Speech: voice}, nil
				})
				r.speak(time.Second)
				pass(10 * time.Second)
				got := r.leg.heard()
				if word := tags(got); word != test.want {
					t.Errorf("heard %s; want %s", word, test.want)
				}
				if heard, want := r.leg.played('a'), len(sound('a', test.first+2*time.Second)); heard != want {
					t.Errorf("%v of the answer was played; want %v", duration(heard), duration(want))
				}
				r.stop()
				<-r.done
			})
		})
	}
}

func TestCallerTalksOverAFiller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{Sounds: testSounds()}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return says('a', time.Second), after(ctx, 5500*time.Millisecond)
		})
		r.speak(time.Second)
		pass(900 * time.Millisecond) // 300 ms of the filler were heard
		r.leg.talk(time.Second)
		pass(time.Second)
		if got := r.leg.clears(); got != 1 {
			t.Errorf("%d clears; want the filler stopped", got)
		}
		if got := r.leg.heard(); tags(got) != "1" || got[0].length > 800*time.Millisecond {
			t.Errorf("heard %v; want the beginning of one filler and nothing while the caller talks", got)
		}
		pass(6 * time.Second)
		if word := tags(r.leg.heard()); word != "13a" {
			t.Errorf("heard %s; want words again after the remark, then the answer", word)
		}
		if got := r.bot.asked(); got != 1 {
			t.Errorf("the bot was asked %d times; want once", got)
		}
		r.stop()
		<-r.done
	})
}

// TestCallerTalksThenKeysWhileTheBotThinks has them drop what they began to say.
func TestCallerTalksThenKeysWhileTheBotThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{Sounds: testSounds()}, func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 1 {
				return says('a', time.Second), after(ctx, 5500*time.Millisecond)
			}
			return says('b', time.Second), nil
		})
		r.speak(time.Second)
		r.leg.talk(time.Second)
		pass(500 * time.Millisecond)
		r.leg.press("7")
		pass(7 * time.Second)
		if word := tags(r.leg.heard()); word != "13b" {
			t.Errorf("heard %s; want fillers and the answer to the keys", word)
		}
		r.stop()
		<-r.done
	})
}

func TestKeyedTurnIsFilledFromWhenItWasComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{Sounds: testSounds()}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return says('a', time.Second), after(ctx, 3*time.Second)
		})
		complete := r.leg.now()
		r.leg.press("12#")
		pass(6 * time.Second)
		got := r.leg.heard()
		if tags(got) != "1a" || rounded(got[0].at-complete) < 1500*time.Millisecond || rounded(got[0].at-complete) > 1540*time.Millisecond {
			t.Errorf("heard %v after %v; want a filler 1.5 s after the end key, then the answer", got, complete)
		}
		r.stop()
		<-r.done
	})
}

// TestFailureIsNotSaidIntoTheCallersWords has the bot fail while they are talking.
func TestFailureIsNotSaidIntoTheCallersWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, done := newCarrier(), make(chan Termination, 1)
		cfg := Config{Sounds: testSounds(), Logger: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		go func() { done <- New(timed(cfg), Info{}, leg, panickingBot{}).Run(ctx) }()
		pass(500 * time.Millisecond)
		leg.talk(3 * time.Second)
		pass(3*time.Second + 700*time.Millisecond)
		if got := leg.heard(); len(got) > 0 {
			t.Errorf("heard %v while the caller talks; want nothing", got)
		}
		pass(2 * time.Second)
		if word := tags(leg.heard()); word != "s" {
			t.Errorf("heard %q when they are done; want the apology", word)
		}
		stop()
		<-done
	})
}

func TestFillersAreLoggedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		counters := new(Counters)
		r := start(t, Config{Sounds: testSounds(), Logger: logger, Counters: counters}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return goodbye('a', time.Second), after(ctx, 5*time.Second)
		})
		r.speak(time.Second)
		<-r.done
		for _, want := range []string{`msg="filler playing" call=CA1 line=test turn=1 filler=1`, "turn=1 filler=3", "bot_failures=0 fillers=2"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("log lacks %q:\n%s", want, text.String())
			}
		}
		if got := counters.Snapshot(); got.Fillers != 2 || got.Apologies != 0 || got.Gaps != 0 {
			t.Errorf("counters = %+v; want 2 fillers, no apology and no gap", got)
		}
	})
}
