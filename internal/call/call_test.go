package call

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lexline/internal/vad"
)

func TestOrderIsTakenAndLastWordsAreHeardBeforeHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 2 {
				return goodbye('b', 2*time.Second), after(ctx, 300*time.Millisecond)
			}
			return says('a', time.Second), after(ctx, 300*time.Millisecond)
		})
		r.speak(time.Second)
		pass(2 * time.Second)
		r.speak(time.Second)
		end := <-r.done
		if want := (Termination{Result: Success, Reason: BotClosed}); end != want {
			t.Errorf("Run = %+v; want %+v", end, want)
		}
		heardUntil := r.leg.playedAt + duration(len(r.leg.playing))
		if now := r.leg.now(); now < heardUntil {
			t.Errorf("hung up at %v, before the last words were heard at %v", now, heardUntil)
		}
		if got, want := r.leg.played('b'), 2000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes of the goodbye; want %d", got, want)
		}
		if r.leg.closed == 0 || r.leg.end != end {
			t.Errorf("leg was closed %d times, with %+v; want it to be told of the end", r.leg.closed, r.leg.end)
		}
		if r.bot.most != 1 {
			t.Errorf("%d questions at the same time; want 1", r.bot.most)
		}
	})
}

func TestUtteranceIncludesPreRollAndStreamsWhileTheCallerTalks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(context.Context, Turn, []byte) (*Answer, error) { return says('a', 0), nil })
		r.leg.talk(2 * time.Second)
		pass(time.Second)
		if r.bot.asked() != 1 {
			t.Error("the bot was not asked while the caller was still talking")
		}
		pass(2 * time.Second)
		utterance := r.bot.heard[0]
		first := bytes.Index(utterance, voiced)
		if got, want := duration(first), 300*time.Millisecond; got != want {
			t.Errorf("speech begins %v into the utterance; want %v of pre-roll", got, want)
		}
		if got, want := bytes.Count(utterance, voiced), 100; got < want-1 {
			t.Errorf("utterance holds %d frames with speech; want %d", got, want)
		}
		if trailing := rounded(duration(len(utterance)) - duration(first) - 2*time.Second); trailing < 780*time.Millisecond || trailing > 840*time.Millisecond {
			t.Errorf("turn ended after %v of silence; want about 800ms", trailing)
		}
		r.stop()
		<-r.done
	})
}

func TestAnswerIsPacedAheadOfTheCallersEar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counters := NewCounters()
		r := start(t, Config{Counters: counters}, func(context.Context, Turn, []byte) (*Answer, error) {
			return says('a', 5*time.Second), nil
		})
		r.speak(time.Second)
		pass(6 * time.Second)
		if ahead := r.leg.maxAhead; ahead < 200*time.Millisecond || ahead > 400*time.Millisecond {
			t.Errorf("the answer ran up to %v ahead of the ear; want 200 to 400ms", ahead)
		}
		if got, want := r.leg.played('a'), 5000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes; want %d", got, want)
		}
		var plays, marks int
		for _, out := range r.leg.outputs {
			switch out.Kind {
			case Play:
				plays++
			case Mark:
				marks++
			}
		}
		if plays != marks || plays < 20 {
			t.Errorf("%d pieces and %d marks; want a mark for each of at least 20", plays, marks)
		}
		if s := counters.Marks(); s.Count != uint64(marks) || s.Sum > 0.02*float64(marks) {
			t.Errorf("%d marks measured, %v s late in all; want all %d, none later than a frame", s.Count, s.Sum, marks)
		}
		r.stop()
		<-r.done
	})
}

func TestCallerInterruptsAPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counters := new(Counters)
		r := start(t, Config{Counters: counters}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 1 {
				return says('a', 10*time.Second), nil
			}
			return says('b', time.Second), nil
		})
		r.speak(time.Second)
		pass(2 * time.Second)
		r.speak(time.Second)
		pass(3 * time.Second)
		cleared := false
		for _, out := range r.leg.outputs {
			cleared = cleared || out.Kind == Clear
			if cleared && out.Kind == Play && out.Audio[0] == 'a' {
				t.Fatalf("%d bytes of the old prompt were sent after the clear", len(out.Audio))
			}
		}
		if !cleared {
			t.Error("the prompt was not cleared")
		}
		if got := r.leg.played('a'); got > 4000*bytesPerMillisecond {
			t.Errorf("%v of the interrupted prompt was sent; want about 3 s", duration(got))
		}
		if got, want := r.leg.played('b'), 1000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes of the second answer; want %d", got, want)
		}
		r.stop()
		<-r.done
		if got := counters.Snapshot(); got.BargeIns != 1 || got.Turns != 2 || got.Calls != 1 {
			t.Errorf("counters = %+v; want 1 barge-in, 2 turns, 1 call", got)
		}
	})
}

func TestCallerGoesOnTalkingWhileTheBotThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 1 {
				return says('a', time.Second), after(ctx, 2*time.Second)
			}
			return says('b', time.Second), nil
		})
		r.speak(time.Second)
		pass(time.Second)
		r.speak(3 * time.Second) // the first answer comes in the middle of this
		pass(3 * time.Second)
		if got := r.leg.played('a'); got != 0 {
			t.Errorf("%v of an answer was played over the caller", duration(got))
		}
		if got := bytes.Count(r.bot.heard[1], voiced); got < 149 {
			t.Errorf("second utterance holds %d frames with speech; want all 150, from before the answer came", got)
		}
		if got, want := r.leg.played('b'), 1000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes of the second answer; want %d", got, want)
		}
		r.stop()
		<-r.done
	})
}

func TestShortRemarkWhileTheBotThinksIsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return says('a', time.Second), after(ctx, 3*time.Second)
		})
		r.speak(time.Second)
		r.speak(400 * time.Millisecond)
		pass(5 * time.Second)
		if got := r.bot.asked(); got != 1 {
			t.Errorf("the bot was asked %d times; want once", got)
		}
		if got, want := r.leg.played('a'), 1000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes; want %d", got, want)
		}
		r.stop()
		<-r.done
	})
}

func TestKeys(t *testing.T) {
	tests := []struct {
		name string
		keys string
		wait time.Duration
		want []string
	}{
		{"end key", "12#", 0, []string{"12"}},
		{"time-out", "12", 3 * time.Second, []string{"12"}},
		{"still keying", "12", 2 * time.Second, nil},
		{"end key alone", "#", 4 * time.Second, nil},
		{"star is a digit", "*9#", 0, []string{"*9"}},
		{"too many", strings.Repeat("1", maxKeys+5) + "#", 0, []string{strings.Repeat("1", maxKeys)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{}, func(context.Context, Turn, []byte) (*Answer, error) { return says('a', 0), nil })
				r.leg.press(test.keys)
				pass(test.wait + 100*time.Millisecond)
				var got []string
				for _, turn := range r.bot.turns {
					got = append(got, turn.Text)
				}
				if strings.Join(got, ",") != strings.Join(test.want, ",") {
					t.Errorf("keys %q asked %q; want %q", test.keys, got, test.want)
				}
				r.stop()
				<-r.done
			})
		})
	}
}

func TestKeysStopAPromptAndReplaceAnUtterance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			return says('0'+byte(turn.Number), 5*time.Second), nil
		})
		r.speak(time.Second)
		pass(time.Second)
		r.leg.press("1")
		pass(100 * time.Millisecond)
		if last := r.leg.outputs[len(r.leg.outputs)-1]; last.Kind != Clear {
			t.Errorf("last output after a key = %v; want a clear", last.Kind)
		}
		r.leg.press("#")
		pass(time.Second)
		r.leg.talk(2 * time.Second) // interrupts answer 2 with an utterance ...
		pass(time.Second)
		r.leg.press("7#") // ... which the caller drops for keys
		pass(4 * time.Second)
		if got := r.bot.turns[len(r.bot.turns)-1].Text; got != "7" {
			t.Errorf("last question = %q; want the digits 7", got)
		}
		if r.bot.most != 1 {
			t.Errorf("%d questions at the same time; want 1", r.bot.most)
		}
		r.stop()
		<-r.done
	})
}

func TestBotFails(t *testing.T) {
	down := errors.New("region is dark")
	tests := []struct {
		name  string
		fails int // turns that fail, from the first on
		turns int
		want  Termination
	}{
		{"once", 1, 2, Termination{Result: ServerFault, Reason: Shutdown}},
		{"twice", 2, 3, Termination{Result: ServerFault, Reason: Shutdown}},
		{"three times", 3, 3, Termination{Result: UpstreamFault, Reason: BotFailed}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				apology := bytes.Repeat([]byte{'s'}, 800*bytesPerMillisecond)
				r := start(t, Config{Sounds: Sounds{Apology: apology}}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
					if turn.Number <= test.fails {
						return nil, down
					}
					return says('a', time.Second), nil
				})
				for range test.turns {
					r.speak(time.Second)
					pass(2 * time.Second)
				}
				if got, want := r.leg.played('s'), test.fails*len(apology); got != want {
					t.Errorf("%d bytes of apology; want %d", got, want)
				}
				r.stop()
				if end := <-r.done; end != test.want {
					t.Errorf("Run = %+v; want %+v", end, test.want)
				}
			})
		})
	}
}

// TestAnswerWithoutItsVoice has the bot answer in time, and its voice break off.
func TestAnswerWithoutItsVoice(t *testing.T) {
	cut := errors.New("voice broke off")
	tests := []struct {
		name      string
		voice     time.Duration // of the answer before it breaks off
		apologies int
		want      Termination
	}{
		{"none of it", 0, 3, Termination{Result: UpstreamFault, Reason: BotFailed}},
		{"part of it", 500 * time.Millisecond, 0, Termination{Result: ServerFault, Reason: Shutdown}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				apology := bytes.Repeat([]byte{'s'}, 800*bytesPerMillisecond)
				r := start(t, Config{Sounds: Sounds{Apology: apology}}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
					answer := says('a', test.voice)
					return answer, errors.Join(after(ctx, 50*time.Millisecond), cut)
				})
				for range 3 {
					r.speak(time.Second)
					pass(2 * time.Second)
				}
				if got, want := r.leg.played('s'), test.apologies*len(apology); got != want {
					t.Errorf("%d bytes of apology; want %d", got, want)
				}
				r.stop()
				if end := <-r.done; end != test.want {
					t.Errorf("Run = %+v; want %+v", end, test.want)
				}
			})
		})
	}
}

func TestHowCallsEnd(t *testing.T) {
	slow := func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) { return nil, after(ctx, time.Hour) }
	lostLeg, badPeer := errors.New("reset"), errors.Join(errors.New("frame"), ErrBadPeer)
	tests := []struct {
		name   string
		answer func(context.Context, Turn, []byte) (*Answer, error)
		do     func(r *running)
		want   Termination
	}{
		{"caller hangs up while the bot thinks", slow, func(r *running) { r.leg.set(func() { r.leg.hungUp = true }) }, Termination{Result: CallerEnded, Reason: CallerLeft}},
		{"connection breaks", slow, func(r *running) { r.leg.set(func() { r.leg.broken = lostLeg }) }, Termination{Result: PeerFault, Reason: LegLost, Err: lostLeg}},
		{"peer breaks the protocol", slow, func(r *running) { r.leg.set(func() { r.leg.broken = badPeer }) }, Termination{Result: PeerFault, Reason: BadPeer, Err: badPeer}},
		{"gateway stops", slow, func(r *running) { r.stop() }, Termination{Result: ServerFault, Reason: Shutdown}},
		{"marks never come back", func(context.Context, Turn, []byte) (*Answer, error) { return goodbye('g', time.Second), nil }, func(r *running) {}, Termination{Result: Success, Reason: BotClosed}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{}, test.answer)
				r.leg.noMarks = true
				r.speak(time.Second)
				test.do(r)
				begun := time.Now()
				if end := <-r.done; end != test.want {
					t.Errorf("Run = %+v; want %+v", end, test.want)
				}
				if took := time.Since(begun); took > time.Second+markCap {
					t.Errorf("ended after %v", took)
				}
			})
		})
	}
}

// TestConnectionBreaksInTheLastWords: what was to come after them comes now, as
// nobody wants the caller to go on.
func TestConnectionBreaksInTheLastWords(t *testing.T) {
	broken := errors.New("reset")
	for _, test := range []struct {
		name   string
		answer func() *Answer
		want   Termination
	}{
		{"of a bot that is done", func() *Answer { return goodbye('g', 5*time.Second) }, Termination{Result: Success, Reason: BotClosed, Err: broken}},
		{"of a bot that hands over", func() *Answer {
			answer := says('a', 5*time.Second)
			answer.Attributes = map[string]string{TransferAttribute: "sales"}
			return answer
		}, Termination{Result: Success, Reason: Transferred, Next: Next{Kind: NextTransfer, Target: "sales"}, Err: broken}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, Config{Handover: flowerShop}, func(context.Context, Turn, []byte) (*Answer, error) { return test.answer(), nil })
				r.speak(time.Second)
				pass(2 * time.Second)
				r.leg.set(func() { r.leg.broken = broken })
				if end := <-r.done; end != test.want || !end.Over() {
					t.Errorf("Run = %+v; want %+v", end, test.want)
				}
			})
		})
	}
}

// TestSilentLegStillAnswers has the carrier send nothing while the bot thinks:
// the leg's wakes carry the call on.
func TestSilentLegStillAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, Config{}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return goodbye('g', time.Second), after(ctx, time.Second)
		})
		r.speak(time.Second)
		r.leg.set(func() { r.leg.silent = true })
		if end := <-r.done; end.Reason != BotClosed {
			t.Errorf("Run = %+v; want the bot's own end", end)
		}
		if got, want := r.leg.played('g'), 1000*bytesPerMillisecond; got != want {
			t.Errorf("played %d bytes; want %d", got, want)
		}
	})
}

func TestKeysAreNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		r := start(t, Config{Logger: logger}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			answer := says('a', 0)
			answer.Transcript = turn.Text
			return answer, nil
		})
		r.leg.press("4929#")
		pass(time.Second)
		r.stop()
		<-r.done
		if log := text.String(); strings.Contains(log, "4929") || !strings.Contains(log, "transcript=****") {
			t.Errorf("log at debug = %s; want the turn without its keys", log)
		}
	})
}

type panickingBot struct{}

func (panickingBot) Ask(context.Context, Turn, func(*Answer)) error { panic("broken bot") }

type panickingDetector struct{}

func (panickingDetector) Frame(_, _ []byte) vad.Decision { panic("broken detector") }

func TestPanicsStayInTheirCall(t *testing.T) {
	t.Run("bot", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			leg := newCarrier()
			done := make(chan Termination, 1)
			cfg := Config{Logger: slog.New(slog.DiscardHandler), MaxFailures: 1}
			go func() { done <- New(timed(cfg), Info{}, leg, panickingBot{}).Run(t.Context()) }()
			pass(500 * time.Millisecond)
			leg.talk(time.Second)
			if end := <-done; end.Reason != BotFailed {
				t.Errorf("Run = %+v; want %s", end, BotFailed)
			}
		})
	})
	for name, cfg := range map[string]Config{
		"detector": {NewDetector: func() vad.FrameJudge { return panickingDetector{} }},
		"recorder": {NewRecorder: func(Info) Recorder { panic("a fault of ours") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leg := newCarrier()
				cfg.Logger = slog.New(slog.DiscardHandler)
				end := New(timed(cfg), Info{}, leg, panickingBot{}).Run(t.Context())
				if end.Reason != Panicked || leg.closed == 0 {
					t.Errorf("Run = %+v, leg closed %d times; want %s and a closed leg", end.Reason, leg.closed, Panicked)
				}
			})
		})
	}
}

// TestLogOfACall holds the log at info to two lines without the caller's words or number.
func TestLogOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&text, nil))
		r := start(t, Config{Logger: logger}, func(context.Context, Turn, []byte) (*Answer, error) {
			answer := goodbye('g', time.Second)
			answer.Transcript = "private words"
			return answer, nil
		})
		r.speak(time.Second)
		<-r.done
		lines := strings.Split(strings.TrimSpace(text.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "call started") || !strings.Contains(lines[1], "call ended") {
			t.Errorf("log = %q; want a line at start and one at the end", lines)
		}
		for _, secret := range []string{"private", "555012"} {
			if strings.Contains(text.String(), secret) {
				t.Errorf("log shows %q: %s", secret, text.String())
			}
		}
		for _, want := range []string{"reason=bot_closed", "turns=1", "answer_ms_max=", "from=***67"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("log lacks %q: %s", want, text.String())
			}
		}
	})
}
