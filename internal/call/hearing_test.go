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
