package twilio

import (
	"strings"
	"testing"
)

// TestWordsAreHeardToTheirEnd hears frames of sound (x) and of silence (.), each
// letter 200 ms of them, and wants the end at the last of them.
func TestWordsAreHeardToTheirEnd(t *testing.T) {
	const none = -1
	for _, test := range []struct {
		name, words, heard string
		told               bool
		want               int // frames until the end
	}{
		{"words and a pause", "Which day?", "..xxxx.....", true, 60 + pauseFrames},
		{"a pause between two sentences", "Hello. Which day?", "xxxx..xxxx...", true, 100 + pauseFrames},
		{"the end of what was said before", strings.Repeat("long words ", 10), "x....xxxxxxxxxxxxxxxxxxxxxxxxx...", true, 300 + pauseFrames},
		{"silence all the time", "Which day?", ".................", true, none},
		{"nobody told Twilio", "Which day?", "xxxx.....", false, none},
		{"still being said", "Which day?", "xxxxxxxx", true, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSaying(test.words)
			s.mark, s.told = 7, test.told
			got := none
			for i := range 10 * len(test.heard) {
				if s.frame(test.heard[i/10] == 'x') {
					got = i + 1
					break
				}
			}
			if got != test.want {
				t.Errorf("heard %q: over after frame %d; want %d", test.heard, got, test.want)
			}
		})
	}
}

func TestNothingSaidIsNeverOver(t *testing.T) {
	var s saying
	for range 100 {
		if s.frame(true) || s.frame(false) {
			t.Fatal("words are over of which there were none")
		}
	}
}
