package corpus

import (
	"math/rand/v2"
	"strings"
	"testing"

	"lexline/internal/audio"
)

// sketch returns a clip of a frame for each character: '#' a loud tone, '-' one
// at half the power of what is still active, anything else nothing. Noise of the
// given amplitude lies below all of it.
func sketch(frames string, noise float64) []int16 {
	loud := audio.Tone(audio.SampleRate, audio.FrameDuration*200, 0.2, 500)
	rng := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, len(frames)*FrameSamples)
	for i := range pcm {
		x := noise * rng.NormFloat64()
		switch frames[i/FrameSamples] {
		case '#':
			x += float64(loud[1000+i%FrameSamples])
		case '-':
			x += float64(loud[1000+i%FrameSamples]) / 25
		}
		pcm[i] = toSample(x)
	}
	return pcm
}

// labelled are the labels of pcm.
func labelled(pcm []int16) []Label {
	labels, _ := labelSpeech(pcm)
	return labels
}

func TestLabelSpeech(t *testing.T) {
	tests := []struct {
		name         string
		frames, want string
	}{
		{"nothing", "", ""},
		{"silence", "..........", ".........."},
		{"a word", "......##########......", ".....??########??....."},
		{"from end to end", "##########", "##########"},
		{"too quiet", "......##########------", ".....??########??....."},
		{"a gap of 60 ms", "....######...######....", "...??#############??..."},
		{"a gap of 80 ms", "....######....######....", "...??####??????####??..."},
		{"a gap of 180 ms", "....######.........######....", "...??####???????????####??..."},
		{"a gap of 200 ms", "....######..........######....", "...??####??........??####??..."},
		{"a click of 40 ms", "....##..........######....", "...............??####??..."},
		{"a run of 60 ms", "....###..........######....", "...??#??........??####??..."},
		{"a plosive", "....######..#......", "...??#######??....."},
		{"only a click", ".......##.......", "................"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := line(labelled(sketch(tt.frames, 0))); got != tt.want {
				t.Errorf("labels of\n%s\n%s, want\n%s", tt.frames, got, tt.want)
			}
		})
	}
}

func line(labels []Label) string {
	var b strings.Builder
	for _, l := range labels {
		b.WriteString(l.String())
	}
	return b.String()
}

// TestLabelSpeechAboveFloor has noise 20 dB below the speech: 25 dB would call
// all of it speech.
func TestLabelSpeechAboveFloor(t *testing.T) {
	const frames = ".................####################................."
	got := line(labelled(sketch(frames, 460)))
	if want := "................??##################??................"; got != want {
		t.Errorf("labels in noise\n%s, want\n%s", got, want)
	}
}

func TestLabelSpeechWholeFrames(t *testing.T) {
	pcm := sketch("..######..", 0)
	if got := len(labelled(pcm[:len(pcm)-1])); got != 9 {
		t.Errorf("%d labels for 9 frames and a part, want 9", got)
	}
}

func FuzzLabelSpeech(f *testing.F) {
	f.Add(int16(0), "")
	f.Add(int16(100), "...####...")
	f.Add(int16(0), "#")
	f.Fuzz(func(t *testing.T, noise int16, frames string) {
		frames = frames[:min(len(frames), 200)]
		labels := labelled(sketch(frames, float64(noise)))
		if len(labels) != len(frames) {
			t.Fatalf("%d labels for %d frames", len(labels), len(frames))
		}
		for k, l := range labels {
			if k > 0 && l != Unscored && labels[k-1] == Silence+Speech-l {
				t.Errorf("frame %d: an edge with no frame unscored: %s", k, line(labels))
			}
		}
	})
}
