package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/vad"
	"lexline/internal/vad/corpus"
	"lexline/internal/vad/score"
)

// tone is a file of 6 s of faint noise, in which a loud tone in seconds 2 and 3
// passes for speech.
func tone(name, condition string) file {
	return file{name: name, make: func() take {
		rng := rand.New(rand.NewPCG(1, 2))
		near := make([]int16, 48000)
		for i := range near {
			near[i] = int16(20 * rng.NormFloat64())
			if 16000 <= i && i < 32000 {
				near[i] += int16(8000 * math.Sin(float64(i)/4))
			}
		}
		labels := make([]corpus.Label, 300)
		for k := 100; k < 200; k++ {
			labels[k] = corpus.Speech
		}
		turns := []score.Span{{First: 100, End: 200}}
		return take{near: near, File: score.File{Name: name, Condition: condition, SNR: math.Inf(1), Labels: labels, Turns: turns}}
	}}
}

func parsed(t *testing.T, args ...string) options {
	t.Helper()
	o, err := parse(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// opened are the detectors in Go.
func opened(t *testing.T, o options) []detector {
	t.Helper()
	detectors, done, err := openDetectors(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return detectors
}

func TestCompare(t *testing.T) {
	o := parsed(t, "-detector", "lexline,amplitude,rms", "-json", "-by", "file")
	var files []file
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		files = append(files, tone(name, corpus.Clean))
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := compare(t.Context(), o, opened(t, o), files, "", out, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("the second run differs:\n%s\nfrom the first:\n%s", second.String(), first.String())
	}
	var got score.Report
	if err := json.Unmarshal(first.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string][]float64{ // of amplitude and rms
		"F1": {1, 1}, "missed turns": {0, 0}, "onset p50": {180, 0}, "end delay p50": {800, 2000},
	}
	for _, line := range got.Lines {
		for i, value := range want[line.Name] {
			if at := line.Values[1+i]; at == nil || *at != value {
				t.Errorf("%s of %s: %v; want %v", line.Name, got.Columns[1+i], at, value)
			}
		}
	}
	if len(got.By) != 1 || len(got.By[0].Groups) != len(files) {
		t.Errorf("broken down: %+v; want %d files", got.By, len(files))
	}
}

func TestSave(t *testing.T) {
	name := filepath.Join(t.TempDir(), "frames.tsv")
	o := parsed(t, "-detector", "amplitude,rms", "-save", name)
	if err := compare(t.Context(), o, opened(t, o), []file{tone("a", ""), tone("b", "")}, "", io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(saved), "\n"), "\n")
	if len(lines) != 2*2*300 {
		t.Fatalf("%d lines; want 300 frames of two files by two detectors", len(lines))
	}
	// The peak of the tone is 8000 and a little noise.
	if got, want := lines[120], "amplitude\ta\t120\t1\t0.94"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\t1\t1\t0") {
		t.Errorf("line 120 is %q; want %q and so on", got, want)
	}
}

func TestErrorsEndARun(t *testing.T) {
	broken := errors.New("broken")
	failing := detector{name: "failing", hear: func(context.Context, []int16, []int16) (score.Output, error) { return score.Output{}, broken }}
	short := detector{name: "short", hear: func(context.Context, []int16, []int16) (score.Output, error) { return score.Output{}, nil }}
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	tests := []struct {
		name string
		ctx  context.Context
		d    detector
		want string
	}{
		{"a detector fails", t.Context(), failing, "failing hears a: broken"},
		{"frames are missing", t.Context(), short, "short: score a: 300 labels, but 0 probabilities"},
		{"Ctrl-C", interrupted, failing, "context canceled"},
	}
	for _, test := range tests {
		var out bytes.Buffer
		err := compare(test.ctx, options{cores: 2}, []detector{test.d}, []file{tone("a", ""), tone("a", ""), tone("a", "")}, "", &out, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) || out.Len() > 0 {
			t.Errorf("%s: error %v, output %q; want %q and none", test.name, err, out.String(), test.want)
		}
	}
}

func TestCheck(t *testing.T) {
	o := parsed(t, "-detector", "lexline", "-check")
	deaf := detector{name: "lexline", barred: true, hear: framewise(func() listener {
		return func(_, _ []int16) (float32, bool, bool) { return 0, false, false }
	})}
	for _, barred := range []bool{true, false} {
		deaf.barred = barred
		err := compare(t.Context(), o, []detector{deaf}, []file{tone("a", corpus.Clean)}, "", io.Discard, io.Discard)
		if errors.Is(err, errMissed) != barred {
			t.Errorf("a deaf detector with -check, barred %v: error %v", barred, err)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{"file.wav"}, {"-detector", ""}, {"-detector", "silero"}, {"-talkers", "men"}, {"-threshold", "2"}, {"-by", "mood"}, {"-cores", "0"}, {"-limit", "-1"}, {"-card", "x", "-condition", "low"}, {"-nonsense"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("score %q: error %v; want wrong use", args, err)
		}
	}
}

func TestSettingsReachTheEar(t *testing.T) {
	file := tone("a", "").make()
	opened := map[string]int{}
	for _, args := range [][]string{nil, {"-end-of-speech", "1280ms"}} {
		o := parsed(t, args...)
		known, err := builtIn(o)
		if err != nil {
			t.Fatal(err)
		}
		out, err := framewise(known["energy"])(t.Context(), file.near, nil)
		if err != nil {
			t.Fatal(err)
		}
		opened[strings.Join(args, " ")] = count(out.Open)
	}
	if o := parsed(t, "-threshold", "0.7", "-barge-in", "300ms"); o.settings.Threshold != .7 || o.settings.BargeIn != 300*time.Millisecond {
		t.Errorf("settings %+v; want a threshold of .7 and 300 ms for barge-in", o.settings)
	}
	usual := opened[""]
	want := map[string]int{"": usual, "-end-of-speech 1280ms": usual + 32}
	if diff := cmp.Diff(want, opened); diff != "" || usual < 120 {
		t.Errorf("frames with an open turn (-want +got):\n%s", diff)
	}
}

func TestSelection(t *testing.T) {
	all := corpus.DevelopmentPlan(1)
	for _, s := range []selection{{talkers: "all"}, {talkers: "human"}, {talkers: "synthetic"}, {talkers: "all", condition: "snr"}, {talkers: "human", condition: corpus.Low}} {
		n := 0
		for _, spec := range all {
			if !s.has(spec) {
				continue
			}
			n++
			if s.talkers != "all" && (!spec.Talks || spec.Human != (s.talkers == "human")) || !strings.HasPrefix(spec.Condition, s.condition) {
				t.Errorf("%+v selects %+v", s, spec)
			}
		}
		if n == 0 || (s == selection{talkers: "all"}) != (n == len(all)) {
			t.Errorf("%+v selects %d of %d files", s, n, len(all))
		}
	}
}

func TestNewTake(t *testing.T) {
	item := corpus.Item{
		Spec:   corpus.Spec{Name: "x", Condition: corpus.DoubleTalk},
		Talker: "ann", Near: make([]int16, 480), Far: []int16{159: 0, 160: 32000, 479: 0},
		Labels: []corpus.Label{corpus.Silence, corpus.Speech, corpus.Unscored},
		Turns:  []corpus.Span{{First: 1, End: 2}},
	}
	want := score.File{
		Name: "x", Talker: "ann", Condition: corpus.DoubleTalk, Noise: score.Echo, SNR: math.Inf(1),
		Labels: item.Labels, Turns: []score.Span{{First: 1, End: 2}}, Audible: []bool{false, true, true},
	}
	if diff := cmp.Diff(want, newTake(item).File); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	item.Far, item.Noise, item.SNR = nil, "sea", 5
	if got := newTake(item); got.Noise != "sea" || got.SNR != 5 || got.Audible != nil {
		t.Errorf("over the sea: %+v; want its noise at 5 dB, and no bot", got.File)
	}
}

func TestWeights(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	blank := write("blank.bin", vad.NewNetwork(vad.Features, 8, 8).Append(nil))
	make, err := readWeights(blank)
	if err != nil {
		t.Fatal(err)
	}
	if d := make().Frame(nil, nil); d.Probability != .5 {
		t.Errorf("probability of a network without weights = %v; want one half", d.Probability)
	}
	for name, want := range map[string]string{
		write("other.bin", vad.NewNetwork(7, 8, 8).Append(nil)): "other.bin: 7 inputs",
		write("text.bin", []byte("weights")):                    "text.bin: not a network",
		filepath.Join(dir, "missing.bin"):                       "no such file",
	} {
		if err := run(t.Context(), []string{"-weights", name}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("-weights %s: error %v; want %q", filepath.Base(name), err, want)
		}
	}
}
