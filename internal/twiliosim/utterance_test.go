package twiliosim

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lexline/internal/audio"
)

func pow10(exponent float64) float64 { return math.Pow(10, exponent) }

// clip is sound of whole frames: # is speech, a dot silence.
func clip(frames string) audio.Clip {
	var pcm []int16
	for _, f := range frames {
		frame := make([]int16, audio.FrameSamples)
		if f == '#' {
			frame = audio.DecodeMuLaw(nil, tone(1, 400))
		}
		pcm = append(pcm, frame...)
	}
	return audio.Clip{Rate: audio.SampleRate, Samples: pcm}
}

func TestUtterance(t *testing.T) {
	for _, test := range []struct {
		name                string
		clips               []audio.Clip
		gap                 time.Duration
		frames, first, last int
	}{
		{"speech throughout", []audio.Clip{clip("###")}, 0, 3, 0, 2},
		{"silence before and behind", []audio.Clip{clip("..##.#....")}, 0, 10, 2, 5},
		{"nothing but silence counts as a whole", []audio.Clip{clip("....")}, 0, 4, 0, 3},
		{"two clips and a gap", []audio.Clip{clip("#"), clip(".##")}, 100 * time.Millisecond, 9, 0, 8},
		{"another rate", []audio.Clip{{Rate: 16000, Samples: make([]int16, 3200)}}, 0, 10, 0, 9},
		{"not whole frames", []audio.Clip{{Rate: 8000, Samples: make([]int16, 161)}}, 0, 2, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := newUtterance(test.clips, test.gap, 0)
			if err != nil {
				t.Fatal(err)
			}
			if u.frames() != test.frames || u.first != test.first || u.last != test.last {
				t.Errorf("%d frames with speech from %d to %d, want %d, %d to %d", u.frames(), u.first, u.last, test.frames, test.first, test.last)
			}
		})
	}
}

func TestUtteranceGain(t *testing.T) {
	plain, err := newUtterance([]audio.Clip{clip("##")}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, gain := range []float64{-20, -6, 3} {
		u, err := newUtterance([]audio.Clip{clip("##")}, 0, gain)
		if err != nil {
			t.Fatal(err)
		}
		if got := audio.LevelMuLaw(u.mulaw) - audio.LevelMuLaw(plain.mulaw); math.Abs(got-gain) > 0.3 {
			t.Errorf("gain %.0f dB changes the level by %.2f dB", gain, got)
		}
	}
	loud, err := newUtterance([]audio.Clip{clip("##")}, 0, 40)
	if err != nil {
		t.Fatal(err)
	}
	if level := audio.LevelMuLaw(loud.mulaw); level > 0.1 || level < -2 {
		t.Errorf("clipped sound has %.1f dBov, want close to 0", level)
	}
}

func TestPrepareScript(t *testing.T) {
	dir := t.TempDir()
	writeWAVFile(t, filepath.Join(dir, "a.wav"), clip("##"))
	writeWAVFile(t, filepath.Join(dir, "b.wav"), clip("#"))
	text := "say \"one two\"\nwait\nplay a.wav b.wav gap 40ms\nsay \"three\" voice slt\n"
	if err := os.WriteFile(filepath.Join(dir, "test.script"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := ReadScript(filepath.Join(dir, "test.script"))
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	synthesize := func(ctx context.Context, voice, text string) (audio.Clip, error) {
		asked = append(asked, voice+": "+text)
		return buzz(ctx, voice, text)
	}
	sounds, err := s.prepare(t.Context(), synthesize, "rms")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(asked, "; "), "rms: one two; slt: three"; got != want {
		t.Errorf("asked the synthesizer for %q, want %q", got, want)
	}
	want := []int{10, 0, 5, 5}
	for i, sound := range sounds {
		frames := 0
		if sound != nil {
			frames = sound.frames()
		}
		if frames != want[i] {
			t.Errorf("the sound of step %d has %d frames, want %d", i, frames, want[i])
		}
	}
}

func TestPrepareScriptErrors(t *testing.T) {
	broken := func(context.Context, string, string) (audio.Clip, error) {
		return audio.Clip{}, errors.New("no such voice")
	}
	for _, test := range []struct {
		name, line string
		synthesize Synthesize
		want       string
	}{
		{"no synthesizer", `say "hi"`, nil, `test:1: say "hi": there is no speech synthesizer`},
		{"synthesizer fails", `say "hi"`, broken, `test:1: say "hi": no such voice`},
		{"no file", "play missing.wav", nil, "test:1: play missing.wav: "},
		{"no sound", `say "hi"`, func(context.Context, string, string) (audio.Clip, error) { return audio.Clip{Rate: 8000}, nil }, "there is no sound"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := script(t, test.line).prepare(t.Context(), test.synthesize, "")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("given %q the error is %v, want %q", test.line, err, test.want)
			}
		})
	}
}

func writeWAVFile(t *testing.T, path string, c audio.Clip) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := writeWAV(f, c); err != nil {
		t.Fatal(err)
	}
}

func writeWAV(w io.Writer, c audio.Clip) error { return audio.WriteWAV(w, c.Rate, c.Samples) }
