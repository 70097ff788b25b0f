package audio

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClipDuration(t *testing.T) {
	cases := []struct {
		clip Clip
		want time.Duration
	}{
		{Clip{8000, make([]int16, 160)}, 20 * time.Millisecond},
		{Clip{44100, make([]int16, 44100*600)}, 10 * time.Minute},
		{Clip{}, 0},
	}
	for _, c := range cases {
		if got := c.clip.Duration(); got != c.want {
			t.Errorf("%d samples at %d: got %v, want %v", len(c.clip.Samples), c.clip.Rate, got, c.want)
		}
	}
}

func TestClipAt(t *testing.T) {
	clip := Clip{8000, []int16{1, 2, 3}}
	if diff := cmp.Diff(clip, clip.At(8000)); diff != "" {
		t.Errorf("at its own rate (-want +got):\n%s", diff)
	}
	if got := clip.At(16000); got.Rate != 16000 || len(got.Samples) != 6 {
		t.Errorf("at 16 kHz: got %d samples at %d, want 6 at 16000", len(got.Samples), got.Rate)
	}
	if got := (Clip{}).At(8000); got.Rate != 8000 || len(got.Samples) != 0 {
		t.Errorf("empty: got %d samples at %d, want 0 at 8000", len(got.Samples), got.Rate)
	}
}

func TestClipMuLawIsTelephoneAudio(t *testing.T) {
	tone := Tone(48000, time.Second, 0.5, 1000)
	got := Clip{48000, tone}.MuLaw()
	if len(got) != SampleRate {
		t.Fatalf("one second: got %d bytes, want %d", len(got), SampleRate)
	}
	if off := LevelMuLaw(got) - Level(tone); off < -0.1 || off > 0.1 {
		t.Errorf("level: got %+.2f dB against the clip, want 0", off)
	}
}
