package score

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/vad/corpus"
)

// n is s repeated until it has so many letters.
func n(letters int, s string) string { return strings.Repeat(s, letters)[:letters] }

// drawn makes a file from a picture with one letter for each frame: # speech,
// ? unscored, anything else silence. Utterances are given apart, by their frames.
func drawn(picture string, turns ...Span) File {
	f := File{Name: "drawn", Condition: corpus.Clean, SNR: math.Inf(1), Turns: turns}
	for _, letter := range picture {
		label := map[rune]corpus.Label{'#': corpus.Speech, '?': corpus.Unscored}[letter]
		f.Labels = append(f.Labels, label)
	}
	return f
}

// spoken makes a file of so many frames with nothing but the utterances in it.
func spoken(frames int, turns ...Span) File {
	picture := []byte(n(frames, "."))
	for _, turn := range turns {
		copy(picture[turn.First:turn.End], n(turn.End-turn.First, "#"))
	}
	return drawn(string(picture), turns...)
}

// outputs makes what a detector heard: probabilities in tenths, decisions where
// they are over .5, and the turns.
func outputs(tenths string, open ...Span) Output {
	var out Output
	for k, digit := range tenths {
		p := float32(digit-'0') / 10
		isOpen := false
		for _, s := range open {
			isOpen = isOpen || s.First <= k && k < s.End
		}
		out.Probability, out.Decision, out.Open = append(out.Probability, p), append(out.Decision, p > .5), append(out.Open, isOpen)
	}
	return out
}

// heard is the result of a file in which these turns were open.
func heard(t *testing.T, file File, open ...Span) Result {
	t.Helper()
	return judged(t, file, outputs(n(len(file.Labels), "0"), open...))
}

func judged(t *testing.T, file File, out Output) Result {
	t.Helper()
	r, err := Judge(file, out)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// figures are the named quantities of results; a name without a figure is absent.
func figures(results []Result, names ...string) map[string]float64 {
	found := map[string]float64{}
	for _, q := range Quantities() {
		for _, name := range names {
			if value, ok := q.Measure(results); ok && q.Name == name {
				found[name] = math.Round(value*1e4) / 1e4
			}
		}
	}
	return found
}

// framesFile has four frames of speech, four of silence, and two unscored ones.
var framesFile = drawn("..##??##..", Span{First: 2, End: 8})

func TestFramesAreCounted(t *testing.T) {
	// Frame 1 is wrongly taken for speech, 2 and 3 rightly, 6 and 7 are overlooked:
	// 2*2 / (2*2 + 1 + 2). Of the 16 pairs of speech and silence, .9 and .9 win all
	// 4, .5 wins 3, and .4 wins 2 and ties with one.
	r := judged(t, framesFile, outputs("1699094541"))
	want := map[string]float64{"F1": .5714, "AUC": .8438, "F1 speech files": .5714, "F1 clean": .5714}
	got := figures([]Result{r}, "F1", "AUC", "F1 speech files", "F1 clean", "F1 30 dB", "F1 babble", "F1 DTMF")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ten frames (-want +got):\n%s", diff)
	}
}

func TestAreaUnderTheCurve(t *testing.T) {
	tests := []struct {
		name, picture, tenths string
		want                  float64
	}{
		{"apart", "..##", "1289", 1},
		{"upside down", "..##", "8912", 0},
		{"all the same", "..##..", "555555", .5},
		{"binary", "....####", "00010111", .75}, // the mean of the two kinds' shares that are right
	}
	for _, test := range tests {
		got := figures([]Result{judged(t, drawn(test.picture), outputs(test.tenths))}, "AUC")
		if got["AUC"] != test.want {
			t.Errorf("%s: AUC of %s for %s = %v; want %v", test.name, test.tenths, test.picture, got["AUC"], test.want)
		}
	}
	if got := figures([]Result{judged(t, drawn("..??"), outputs("1289"))}, "AUC", "F1"); len(got) > 0 {
		t.Errorf("without speech: %v; want neither AUC nor F1", got)
	}
}

// TestFilesOfALine puts one file of each kind into a pool in which only it is
// decided rightly, and looks for it in the lines that are about it.
func TestFilesOfALine(t *testing.T) {
	with := func(condition, noise string, snr float64) File {
		f := framesFile
		f.Condition, f.Noise, f.SNR = condition, noise, snr
		return f
	}
	tests := []struct {
		file File
		line string // that has nothing but this file
	}{
		{with(corpus.Clean, "", math.Inf(1)), "F1 clean"},
		{with("snr30", "sea", 30), "F1 30 dB"},
		{with("snr20", "sea", 20), "F1 20 dB"},
		{with("snr10", "sea", 10), "F1 10 dB"},
		{with("snr5", "sea", 5), "F1 5 dB"},
		{with("snr0", "sea", 0), "F1 0 dB"},
		{with("snr15", "babble", 15), "F1 babble"},
		{with("snr15", "music", 15), "F1 music"},
		{with(corpus.Dialling, "hiss", 20), "F1 DTMF"},
		{with(corpus.Progress, "hiss", 20), "F1 call progress"},
		{with(corpus.LevelStep, "hiss", 20), "F1 level step"},
		{with(corpus.Loss, "babble", 20), "F1 packet loss"},
		{with(corpus.DTX, "hiss", 20), "F1 DTX"},
		{with(corpus.Low, "hiss", 20), "F1 low"},
		{with(corpus.Clipped, "hiss", 20), "F1 clipped"},
	}
	for i, test := range tests {
		var pool []Result
		for j, other := range tests {
			tenths := "9900000099"
			if i == j {
				tenths = "0099009900"
			}
			pool = append(pool, judged(t, other.file, outputs(tenths)))
		}
		for _, q := range Quantities() {
			value, ok := q.Measure(pool)
			if !strings.HasPrefix(q.Name, "F1 ") || strings.Contains(q.Name, "speech files") || !ok {
				continue
			}
			want := 0.0
			if q.Name == test.line {
				want = 1
			}
			if value != want {
				t.Errorf("only %q right: %s = %v; want %v", test.line, q.Name, value, want)
			}
		}
	}
}

func TestVoiceLikeNoiseIsLeftOut(t *testing.T) {
	wrong, right := "9900000099", "0099009900"
	var pool []Result
	for _, noise := range []string{"", "sea", "babble", "music", "talker", Echo} {
		f := framesFile
		f.Noise = noise
		tenths := right
		if noise != "" && noise != "sea" {
			tenths = wrong
		}
		pool = append(pool, judged(t, f, outputs(tenths)))
	}
	noise := drawn("....")
	pool = append(pool, judged(t, noise, outputs("9999")))
	got := figures(pool, "F1", "F1 speech files", "F1 speech files, not voice-like")
	// 2*8 / (2*8 + 16 + 16), and 4 more false ones in the file of noise.
	want := map[string]float64{"F1": .3077, "F1 speech files": .3333, "F1 speech files, not voice-like": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJudgeRefuses(t *testing.T) {
	tests := []struct {
		name, want string
		change     func(*Output)
	}{
		{"a frame too few", "score drawn: 10 labels, but 9 probabilities, 10 decisions and 10 states", func(o *Output) { o.Probability = o.Probability[:9] }},
		{"not a number", "score drawn: probability NaN in frame 3", func(o *Output) { o.Probability[3] = float32(math.NaN()) }},
		{"over one", "score drawn: probability 1.5 in frame 0", func(o *Output) { o.Probability[0] = 1.5 }},
	}
	for _, test := range tests {
		out := outputs(n(10, "5"))
		test.change(&out)
		if _, err := Judge(framesFile, out); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v; want %q", test.name, err, test.want)
		}
	}
}
