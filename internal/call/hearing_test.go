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

// tape is a Recorder that keeps all, and a detector that hears the same.
type tape struct {
	vad.Energy
	near, far   [][]byte // far: nil for a frame of silence
	heard       [][]byte // far, as the detector was given it
	closed      int
	closingWith error
}

func (r *tape) Frame(near, far []byte) vad.Decision {
	r.heard = append(r.heard, bytes.Clone(far))
	return r.Energy.Frame(near, far)
}

// recorder is the tape's other side.
type recorder struct{ *tape }

func (r recorder) Frame(near, far []byte) {
	r.near, r.far = append(r.near, bytes.Clone(near)), append(r.far, bytes.Clone(far))
}

func (r recorder) Close() error {
	r.closed++
	return r.closingWith
}

func (r *tape) config() Config {
	return Config{
		Sounds:      testSounds(),
		NewDetector: func() vad.FrameJudge { return r },
		NewRecorder: func(Info) Recorder { return recorder{r} },
	}
}

// played lists the sounds of the far end, and the frames at which they begin.
func (r *tape) played() (sounds []heardSound) {
	for i, frame := range r.far {
		for _, code := range frame {
			if code == silence {
				continue
			}
			if len(sounds) == 0 || sounds[len(sounds)-1].tag != code {
				sounds = append(sounds, heardSound{tag: code, at: time.Duration(i) * step})
			}
			sounds[len(sounds)-1].length += time.Second / 8000
		}
	}
	return sounds
}

func TestFarEndIsWhatTheCallerIsPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tape := new(tape)
		r := start(t, tape.config(), func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			switch turn.Number {
			case 1:
				return says('a', 1990*time.Millisecond), after(ctx, 5*time.Second)
			case 2:
				return nil, errors.New("region is dark")
			}
			return goodbye('b', 1500*time.Millisecond), nil
		})
		for range 3 {
			r.speak(time.Second)
			pass(9 * time.Second)
		}
		<-r.done
		sent, got := r.leg.heard(), tape.played()
		if tags(got) != "13asab" {
			t.Fatalf("the far end holds %s; want two fillers, the answer, the apology, the answer again, and the last one", tags(got))
		}
		sent = deleteSilence(sent)
		for i, s := range sent {
			if got[i].length != s.length {
				t.Errorf("the far end has %v of %c; the caller was sent %v", got[i].length, s.tag, s.length)
			}
			if early := got[i].at - s.at; early < -2*step || early > 500*time.Millisecond {
				t.Errorf("%c is in the far end %v after it was sent; want at once, behind what was sent before", s.tag, early)
			}
		}
		for i := range tape.far {
			if !bytes.Equal(tape.far[i], tape.heard[i]) || (tape.far[i] == nil) != (tape.heard[i] == nil) {
				t.Fatalf("frame %d: the detector and the recorder were given different far ends", i)
			}
		}
	})
}

func deleteSilence(sounds []heardSound) (kept []heardSound) {
	for _, s := range sounds {
		if s.tag != silence {
			kept = append(kept, s)
		}
	}
	return kept
}

func TestFarEndStopsAtAnInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tape := new(tape)
		r := start(t, tape.config(), func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
			if turn.Number > 1 {
				return says('b', time.Second), after(ctx, time.Second)
			}
			return says('a', 8*time.Second), nil
		})
		r.speak(time.Second)
		pass(time.Second)
		r.leg.talk(time.Second)
		pass(time.Second)
		r.stop()
		<-r.done
		cleared := time.Duration(0)
		for _, out := range r.leg.outputs {
			if out.Kind == Clear {
				cleared = out.at
			}
		}
		last := 0
		for i, frame := range tape.far {
			if frame != nil {
				last = i
			}
		}
		if late := time.Duration(last+1)*step - cleared; cleared == 0 || late < -step || late > step {
			t.Errorf("the far end was last heard %v after the clear at %v; want until then", late, cleared)
		}
	})
}

func TestCallIsRecorded(t *testing.T) {
	tests := []struct {
		name   string
		detect func() vad.FrameJudge // nil: the tape
		want   Reason
	}{
		{"a call that the gateway ends", nil, Shutdown},
		{"a call with a fault of ours", func() vad.FrameJudge { return panickingDetector{} }, Panicked},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tape := &tape{closingWith: errors.New("disk is full")}
				var text bytes.Buffer
				cfg := tape.config()
				cfg.Logger = slog.New(slog.NewTextHandler(&text, nil))
				if test.detect != nil {
					cfg.NewDetector = test.detect
				}
				r := start(t, cfg, func(context.Context, Turn, []byte) (*Answer, error) { return says('a', time.Second), nil })
				r.speak(time.Second)
				r.stop()
				if end := <-r.done; end.Reason != test.want {
					t.Errorf("Run = %+v; want %s", end, test.want)
				}
				if tape.closed != 1 || !strings.Contains(text.String(), `msg="recording incomplete" call=CA1 line=test err="disk is full"`) {
					t.Errorf("the recorder was closed %d times; log: %s; want it closed once, and its error", tape.closed, text.String())
				}
				if len(tape.near) == 0 {
					t.Error("nothing was recorded")
				}
				for i, frame := range tape.near {
					if len(frame) != FrameBytes || tape.far[i] != nil && len(tape.far[i]) != FrameBytes {
						t.Fatalf("frame %d: %d and %d bytes were recorded; want %d", i, len(frame), len(tape.far[i]), FrameBytes)
					}
				}
			})
		})
	}
}

// expecting is an answer to which the caller is expected to say so.
func expecting(answer *Answer, expected vad.Answer) *Answer {
	answer.Expects = expected
	return answer
}

// TestStopTimeFollowsWhatWasAsked times the ends of turns: 800 ms where any answer is
// expected, 560 ms where a short one is, 1,120 ms for free text.
func TestStopTimeFollowsWhatWasAsked(t *testing.T) {
	const short, free = vad.ShortAnswer, vad.FreeAnswer
	dark := errors.New("region is dark")
	tests := []struct {
		name   string
		answer func(ctx context.Context, turn int) (*Answer, error)
		do     func(r *running, turn int) // in place of the caller's word
		want   []int                      // ms of silence at the end of each turn
	}{
		{"each by its question", func(_ context.Context, turn int) (*Answer, error) {
			return expecting(says('a', time.Second), []vad.Answer{short, free, vad.AnyAnswer, short}[turn-1]), nil
		}, nil, []int{800, 560, 1120, 800}},
		{"after an apology as before it", func(_ context.Context, turn int) (*Answer, error) {
			if turn == 2 {
				return nil, dark
			}
			return expecting(says('a', time.Second), short), nil
		}, nil, []int{800, 560, 560, 560}},
		{"nothing was asked before the apology", func(context.Context, int) (*Answer, error) {
			return nil, dark
		}, nil, []int{800, 800}},
		{"a question that they interrupt", func(_ context.Context, turn int) (*Answer, error) {
			return expecting(says('a', 20*time.Second), short), nil
		}, nil, []int{800, 560, 560}},
		{"what they add while the bot thinks answers nothing", func(ctx context.Context, turn int) (*Answer, error) {
			if turn == 2 {
				return expecting(says('a', time.Second), free), after(ctx, 600*time.Millisecond)
			}
			return expecting(says('a', time.Second), short), nil
		}, func(r *running, turn int) {
			r.speak(time.Second)
			if turn == 1 {
				return
			}
			r.leg.talk(2 * time.Second) // until after the answer has come, which is dropped
			pass(4 * time.Second)
		}, []int{800, 560, 800}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var text bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
				r := start(t, Config{Sounds: testSounds(), Logger: logger}, func(ctx context.Context, turn Turn, _ []byte) (*Answer, error) {
					return test.answer(ctx, turn.Number)
				})
				for turn := 1; len(silences(text.String())) < len(test.want) && turn < 9; turn++ {
					if test.do != nil {
						test.do(r, turn)
					} else {
						r.speak(time.Second)
					}
					pass(3 * time.Second)
				}
				r.stop()
				<-r.done
				got := silences(text.String())
				if len(got) != len(test.want) {
					t.Fatalf("%d turns ended: %v; want %d", len(got), got, len(test.want))
				}
				for i, ms := range test.want {
					if want := time.Duration(ms) * time.Millisecond; got[i] < want-step || got[i] > want+step {
						t.Errorf("turn %d ended after %v of silence; want %v", i+1, got[i], want)
					}
				}
			})
		})
	}
}

// silences reads from a log after which silence each turn was found to be over.
func silences(log string) (found []time.Duration) {
	for line := range strings.SplitSeq(log, "\n") {
		if _, rest, ok := strings.Cut(line, `msg="turn ended"`); ok {
			_, rest, _ = strings.Cut(rest, "silence_ms=")
			d, _ := time.ParseDuration(rest + "ms")
			found = append(found, d)
		}
	}
	return found
}

// TestDecisionLog reads what was heard, and why, from the log.
func TestDecisionLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		counters := new(Counters)
		logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg := Config{Logger: logger, Counters: counters, Hearing: vad.Settings{BargeIn: 320 * time.Millisecond}}
		r := start(t, cfg, func(context.Context, Turn, []byte) (*Answer, error) {
			return expecting(says('a', 5*time.Second), vad.ShortAnswer), nil
		})
		r.speak(time.Second)
		r.leg.talk(220 * time.Millisecond) // too little to interrupt the bot
		pass(time.Second)
		r.speak(time.Second)
		r.stop()
		<-r.done
		at := 0
		for _, want := range []string{
			`level=DEBUG msg="caller began to speak" call=CA1 line=test onset_ms=`,
			`level=DEBUG msg="caller stopped speaking" call=CA1 line=test length_ms=980 silence_ms=800 stop_ms=800 expected=any level_dbov=`,
			`level=DEBUG msg="barge-in decided" call=CA1 line=test taken=false evidence=`,
			`level=DEBUG msg="caller began to speak"`,
			`level=DEBUG msg="barge-in decided" call=CA1 line=test taken=true evidence=`,
			`length_ms=980 silence_ms=560 stop_ms=560 expected=short`,
		} {
			i := strings.Index(text.String()[at:], want)
			if i < 0 {
				t.Fatalf("log lacks %q behind what comes before it:\n%s", want, text.String())
			}
			at += i + len(want)
		}
		for line := range strings.Lines(text.String()) {
			if strings.Count(line, " level=") != 1 {
				t.Errorf("a line has two levels, of which a reader of JSON takes either: %s", line)
			}
		}
		if got := strings.Count(text.String(), "barge-in decided"); got != 2 {
			t.Errorf("%d decisions on barge-in are logged; want 2", got)
		}
		if got := counters.Snapshot(); got.RefusedBargeIns != 1 || got.BargeIns != 1 || got.FarDrops != 0 {
			t.Errorf("counters = %+v; want one barge-in refused and one taken", got)
		}
	})
}

// TestHearingDoesNotAllocate has frames heard while the bot talks, with the detector
// that calls have by default.
func TestHearingDoesNotAllocate(t *testing.T) {
	c := New(Config{Logger: slog.New(slog.DiscardHandler)}, Info{}, nil, nil)
	allocs := testing.AllocsPerRun(200, func() {
		c.far.play(quiet)
		c.hear(Event{Kind: Frame, Audio: quiet})
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a frame; want none", allocs)
	}
}
