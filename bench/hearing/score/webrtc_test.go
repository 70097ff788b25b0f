package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/bench/hearing/baseline"
	"lexline/internal/audio"
	"lexline/internal/vad/score"
)

// TestWebRTC knows two things of mode 3: it takes silence for silence, and clean
// speech for speech.
func TestWebRTC(t *testing.T) {
	t.Chdir("../../..")
	hear, remove, err := buildWebRTC(t.Context())
	if errors.Is(err, errNoCompiler) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer remove()

	silence, err := hear(t.Context(), make([]int16, 100*audio.FrameSamples+7), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(silence.Decision) != 100 || count(silence.Decision) != 0 {
		t.Errorf("2 s of silence: %d frames, %d of them speech; want 100 and none", len(silence.Decision), count(silence.Decision))
	}

	speech, err := hear(t.Context(), apology(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(speech.Decision); n < len(speech.Decision)*7/10 {
		t.Errorf("a spoken apology: %d of %d frames are speech; want at least 70 %%", n, len(speech.Decision))
	}
	turns := baseline.Turns{Start: baseline.Start, Stop: baseline.Stop}
	for k, decision := range speech.Decision {
		if open := turns.Frame(decision); open != speech.Open[k] {
			t.Errorf("frame %d: turn open %v; want %v as the other yardsticks", k, speech.Open[k], open)
		}
	}
}

func count(set []bool) (n int) {
	for _, is := range set {
		n += bit(is)
	}
	return n
}

// apology is clean speech of the program's own.
func apology(t *testing.T) []int16 {
	t.Helper()
	mulaw, err := os.ReadFile("cmd/lexline/sounds/apology.ulaw")
	if err != nil {
		t.Fatal(err)
	}
	return audio.DecodeMuLaw(nil, mulaw)
}

func TestReadLines(t *testing.T) {
	got, err := readLines(strings.NewReader("0.25 0 1\n1 1 0\n"))
	want := score.Output{Probability: []float32{.25, 1}, Decision: []bool{false, true}, Open: []bool{true, false}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("two lines: error %v (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{
		"0 0 0\n1 1\n":  `line 2 of a detector: "1 1"`,
		"0 0 0\n\n":     `line 2 of a detector: ""`,
		"x 0 0\n":       "line 1 of a detector: probability",
		"1 yes 0\n":     `line 1 of a detector: "yes"; want 0 or 1`,
		"1 0 2\n":       `line 1 of a detector: "2"; want 0 or 1`,
		"1 0 0 extra\n": "want probability, decision, turn",
	} {
		if _, err := readLines(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("readLines(%q): error %v; want %q", text, err, want)
		}
	}
}

// FuzzReadLines: a line for each frame, or an error.
func FuzzReadLines(f *testing.F) {
	for _, seed := range []string{"", "0 0 0\n", "0.5 1 1\n1e-3 0 0", "NaN 1 1\n", "1 1\n", "\x00 0 0\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, err := readLines(strings.NewReader(text))
		if err != nil {
			return
		}
		lines := strings.Count(text, "\n")
		if text != "" && !strings.HasSuffix(text, "\n") {
			lines++
		}
		if len(out.Probability) != lines || len(out.Decision) != lines || len(out.Open) != lines {
			t.Errorf("%d lines gave %d probabilities, %d decisions, %d turns", lines, len(out.Probability), len(out.Decision), len(out.Open))
		}
	})
}
