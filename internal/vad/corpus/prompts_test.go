package corpus

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lexline/internal/audio"
)

// promptSet writes recordings of given seconds, a tone between silences of
// 100 ms, and returns their folder.
func promptSet(t *testing.T, seconds map[string]float64) string {
	t.Helper()
	folder := t.TempDir()
	for name, s := range seconds {
		path := filepath.Join(folder, name+".wav")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		frames := int(s * 50)
		pcm := sketch("....."+strings.Repeat("#", frames-10)+".....", 0)
		if err := audio.WriteWAV(f, audio.SampleRate, pcm); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestPromptTexts(t *testing.T) {
	folder := promptSet(t, map[string]float64{
		"vm-intro": 3, "sorry": 1, "followme/options": 2, "vm-and": 0.4, "endless": 13,
		"tt-monkeys": 3, "beep": 1, "silence/5": 5, "digits/4": 0.7,
	})
	texts, err := promptTexts(folder)
	if err != nil {
		t.Fatal(err)
	}
	whole := slices.Sorted(slices.Values(texts[:3]))
	if want := []string{"followme/options", "sorry", "vm-intro"}; !slices.Equal(whole, want) {
		t.Errorf("whole prompts are %q, want %q", whole, want)
	}
	for _, phrase := range texts[3:] {
		if words := strings.Fields(phrase); len(words) < 2 || !strings.Contains(words[0], "/") {
			t.Errorf("%q is no phrase of single words", phrase)
		}
	}
	if _, err := promptTexts(filepath.Join(folder, "none")); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

func TestPromptClipHasGaps(t *testing.T) {
	folder := promptSet(t, map[string]float64{"digits/1": 0.6, "digits/2": 0.6})
	clip, err := promptClip(folder, "digits/1 digits/2 digits/2")
	if err != nil {
		t.Fatal(err)
	}
	gaps := runs(activeFrames(clip.Samples), false)
	if len(gaps) != 4 {
		t.Fatalf("%d silences around three words, want 4", len(gaps))
	}
	for _, gap := range gaps[1:3] {
		if n := gap.end - gap.first; n < 3 || n > 10 {
			t.Errorf("a gap of %d ms, want 80 to 200", n*20)
		}
	}
	if _, err := promptClip(folder, "digits/1 digits/3"); err == nil || !strings.Contains(err.Error(), "3.wav") {
		t.Errorf("a word that is not there: error %v, want one that names its file", err)
	}
}
