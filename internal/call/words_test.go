package call

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var testWords = Words{Fillers: []string{"One moment.", "Still looking."}, Apology: "Sorry.", StillThere: "Hello?", Goodbye: "Bye."}

// startWords begins a call whose carrier speaks.
func startWords(t *testing.T, cfg Config, answer func(ctx context.Context, turn Turn, heard []byte) (*Answer, error)) *running {
	t.Helper()
	cfg.Words = testWords
	return startAs(t, cfg, Info{Words: true}, answer)
}

// words is an answer of a bot that was asked for text: it has no voice.
func words(messages ...string) *Answer {
	return &Answer{Messages: messages, Speech: NewFinishedSpeech(nil)}
}

// told are the words that the carrier was told to say, with "-" where it was told to stop.
func (r *running) told() (list []string) {
	r.leg.mu.Lock()
	defer r.leg.mu.Unlock()
	for _, out := range r.leg.outputs {
		switch out.Kind {
		case Say:
			list = append(list, out.Words)
		case Clear:
			list = append(list, "-")
		case Play:
			list = append(list, "sound")
		}
	}
	return list
}

func (r *running) wantTold(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.told()); diff != "" {
		t.Errorf("the carrier was told to say (-want +got):\n%s", diff)
	}
}

func TestCarrierSaysWholeAnswersUntilTheLastWordsAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startWords(t, Config{}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 1 {
				return words("What kind of flowers", "would you like?"), nil
			}
			last := words("Thank you. Goodbye.")
			last.Closed = true
			return last, nil
		})
		r.speak(time.Second)
		pass(4 * time.Second)
		r.speak(time.Second)
		began := r.leg.now()
		end := <-r.done
		if end.Result != Success || end.Reason != BotClosed {
			t.Errorf("end = %+v; want the bot to have closed", end)
		}
		if took := r.leg.now() - began; took < time.Second || took > 2*time.Second {
			t.Errorf("the call ended %v after the goodbye; want it heard to its end, 1.7 s", took)
		}
		r.wantTold(t, "What kind of flowers would you like?", "Thank you. Goodbye.")
	})
}

func TestSpeakingOverTheCarrierStopsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startWords(t, Config{}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			return words(strings.Repeat("long words ", 20), turn.Text), nil
		})
		r.speak(time.Second)
		pass(2 * time.Second)
		r.leg.talk(time.Second)
		pass(500 * time.Millisecond)
		long := strings.Repeat("long words ", 20) + " "
		r.wantTold(t, long, "-")
		pass(2 * time.Second)
		r.leg.press("12#")
		pass(time.Second)
		r.wantTold(t, long, "-", long, "-", long+"12")
		r.stop()
		<-r.done
	})
}

func TestWordsOfOurOwnComeWithTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startWords(t, Config{NoInput: 8 * time.Second, MaxSilent: 1}, func(_ context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number == 2 {
				return nil, errors.New("out of order")
			}
			return words("Which day?"), nil
		})
		r.speak(time.Second)
		pass(2 * time.Second)
		r.speak(time.Second)
		pass(2 * time.Second)
		if end := <-r.done; end.Reason != CallerSilent {
			t.Errorf("end = %+v; want a caller who said nothing", end)
		}
		r.wantTold(t, "Which day?", "Sorry. Which day?", "Hello? Which day?", "Bye.")
	})
}

func TestAnswerCutsOffWordsOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startWords(t, Config{}, func(ctx context.Context, _ Turn, _ []byte) (*Answer, error) {
			return words("Which day?"), after(ctx, 4500*time.Millisecond)
		})
		r.speak(time.Second)
		pass(5 * time.Second)
		r.wantTold(t, "One moment.", "Still looking.", "Which day?")
		r.stop()
		<-r.done
	})
}

func TestAnswerWithoutWordsIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startWords(t, Config{}, func(context.Context, Turn, []byte) (*Answer, error) {
			last := words()
			last.Closed = true
			return last, nil
		})
		r.speak(time.Second)
		if end := <-r.done; end.Reason != BotClosed {
			t.Errorf("end = %+v; want the bot to have closed", end)
		}
		r.wantTold(t)
	})
}

func TestQuestionIsSaidAgainFromAWordOn(t *testing.T) {
	asked := words(strings.Repeat("abcdefghi ", 60) + "end")
	got := questionWords(asked)
	if len(got) > maxQuestionWords || !strings.HasPrefix(got, "abcdefghi ") || !strings.HasSuffix(got, " end") {
		t.Errorf("of 603 characters %d are said again: %q", len(got), got)
	}
}

// TestCarriersOwnSoundIsTheFarEnd has the caller's line bring back what the carrier
// says, and nobody speak.
func TestCarriersOwnSoundIsTheFarEnd(t *testing.T) {
	c := New(timed(Config{}), Info{Words: true}, newCarrier(), nil)
	far := &farWitness{}
	c.recorder = far
	c.hear(Event{Kind: Frame, Audio: quiet, Far: voiced})
	c.hear(Event{Kind: Frame, Audio: quiet})
	if far.heard != 1 || far.silent != 1 {
		t.Errorf("the far end sounded in %d frames and was silent in %d; want 1 and 1", far.heard, far.silent)
	}
}

type farWitness struct{ heard, silent int }

func (w *farWitness) Frame(_, far []byte) {
	if far == nil {
		w.silent++
		return
	}
	w.heard++
}

func (*farWitness) Close() error { return nil }

// TestReportTellsWhenTheCarrierIsHeard has the carrier end other words first.
func TestReportTellsWhenTheCarrierIsHeard(t *testing.T) {
	talk := conversation{rules: rules{words: true, giveUp: time.Minute}}
	at := time.Duration(0)
	frame := func(sounds bool) {
		at += 20 * time.Millisecond
		talk.step(at, input{kind: inFrame, sounds: sounds, available: 8000, ended: true})
	}
	frame(true)
	talk.openTurn(owed)
	talk.step(at, input{kind: inAnswer, turn: 1, available: 8000, ended: true})
	frame(true)
	frame(false)
	frame(true)
	if got, want := talk.report.FirstHeard, at; got != want {
		t.Errorf("first heard at %v; want %v, behind the end of the words before", got, want)
	}
}
